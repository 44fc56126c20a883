"""The explanation of one school: the same words on paper and on the terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from merilo.definitions import Definitions, load_definitions
from merilo.errors import OutputError
from merilo.language import language, translator
from merilo.publish.explanation.advice import check_first, does_not_mean
from merilo.publish.explanation.answer import answer, how_sure
from merilo.publish.explanation.detail import at_a_glance, how_to_read, kind_chapters, official
from merilo.publish.explanation.innocent import innocent
from merilo.publish.explanation.reading import find_school, read_run, school_names
from merilo.publish.explanation.school import School, look_at
from merilo.publish.report.blocks import Block
from merilo.publish.report.typesetting import typeset
from merilo.publish.typography import NBSP, day, glue

_ = translator("explanation")

WIDEST = 100  # letters of a line that can still be read

PARTS = (
    answer,
    how_sure,
    innocent,
    check_first,
    does_not_mean,
    at_a_glance,
    kind_chapters,
    official,
    how_to_read,
)


def explain(out: Path, wanted: str, definitions: Definitions | None = None) -> School:
    """The school `wanted` (org_id or exact name) of the run in `out`. Raises InputError, UsageError."""
    run = read_run(out)
    org_id = find_school(run, wanted)
    return look_at(run, org_id, school_names(run)[org_id], definitions or load_definitions())


def blocks_of(school: School) -> list[Block]:
    """Everything that is said, in order."""
    return [block for part in PARTS for block in part(school)]


def default_path(out: Path, org_id: str) -> Path:
    """Beside the folder of the run, which is never changed."""
    out = out.resolve()
    safe = "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in org_id)
    return out.with_name(f"{out.name}_explanations") / f"{safe}.pdf"


def write_explanation(school: School, blocks: Sequence[Block], path: Path) -> Path:
    """Write the PDF; the same run, school and language give the same bytes. Raises OutputError."""
    stamp = school.run.stamp
    years = sorted({row["school_year"] for row in school.procedures if row["school_year"]})
    head = {
        "title": glue(school.name),
        "authority": school.run.authority,
        "years": ", ".join(years),
        "date": day(stamp.made_on),
        "footer": f"{stamp.footer()} · {_('for the centre and the school')}",
        "page": _("page"),
        "of": _("of"),
        "language": language(),
        "empty": "",
    }
    pdf = typeset(blocks, head, stamp.made_on)
    if path.resolve().parent == school.run.out.resolve():
        raise OutputError(
            _("The folder of the run is never changed"),
            file=path,
            next_step=_("Choose another folder for the file."),
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(pdf)
    except OSError as problem:
        raise OutputError(
            _("The explanation cannot be written"),
            file=path,
            value=problem.strerror,
            next_step=_("Close it in its reader, free some space or choose another folder."),
        ) from problem
    return path


def print_explanation(school: School, blocks: Sequence[Block], screen: Console) -> None:
    """The same words on the terminal; of the figures their findings."""
    screen.print(Text(school.name, style="bold"), highlight=False)
    for block in blocks:
        _print_block(block, screen)


def _print_block(block: Block, screen: Console) -> None:
    kind = block["kind"]
    if kind == "heading":
        screen.print()
        _print_text(block["text"], screen, style="bold" if block["level"] == 1 else "italic")
    elif kind == "sentence":
        _print_text(block["text"], screen, style="dim" if block["look"] in ("small", "notice") else "")
    elif kind == "points":
        for item in block["items"]:
            _print_text(item, screen, mark=" • ")
    elif kind == "table":
        screen.print(_table(block), highlight=False)
    elif kind == "picture":
        _print_text(block["title"], screen, style="dim", mark=" ▪ ")


def _print_text(text: str, screen: Console, *, style: str = "", mark: str = "") -> None:
    """A paragraph as wide as the terminal; no line ends within a number or after a short word."""
    lines = textwrap.wrap(
        text,
        min(screen.width, WIDEST),
        initial_indent=mark,
        subsequent_indent=" " * len(mark),
        break_long_words=False,
    )
    for line in lines:
        screen.print(Text(line.replace(NBSP, " "), style=style), highlight=False, soft_wrap=True)


def _table(block: Block) -> Table:
    shown = Table(box=None, header_style="bold", padding=(0, 1, 0, 0), title=None)
    for head, align in zip(block["heads"], block["aligns"], strict=True):
        shown.add_column(head.replace(NBSP, " "), justify=align, overflow="fold")
    for row in block["rows"]:
        shown.add_row(*(Text(cell.replace(NBSP, " ")) for cell in row))
    return shown
