"""What the command says: results in sentences, progress bars on the side."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from merilo.language import translator

if TYPE_CHECKING:
    import merilo
    from merilo.collect.exchange import FileOutcome, ImportOutcome, OfficialListOutcome

_ = translator("cli")

screen = Console()
complaints = Console(stderr=True)


def grouped(n: int) -> str:
    """47948 -> «47 948»."""
    return f"{n:,}".replace(",", "\u00a0")


def say_result(result: merilo.RunResult) -> None:
    """What was run, and where everything is."""
    from merilo.cycle import REPORT, WORKBOOK

    out = result.out
    assert out is not None
    rejected = result.tables["rejected_rows"].height
    procedures, schools = result.tables["procedures"], result.tables["school_results"]["org_id"].n_unique()
    screen.print(
        _(
            "Procedures: {procedures}, schools: {schools}, works: {works}, remarks on rows: {rejected}."
        ).format(
            procedures=procedures.height,
            schools=schools,
            works=grouped(int(procedures["n"].sum())),
            rejected=grouped(rejected),
        )
    )
    for name, words in (
        (WORKBOOK, _("workbook")),
        (REPORT, _("report")),
        ("manifest.json", _("what was run on what")),
    ):
        if (out / name).is_file():
            screen.print(f"  {out / name}  — {words}", soft_wrap=True)
    screen.print(
        "  " + _("{folder}/*.csv, *.parquet  — tables (docs/tables.md)").format(folder=out), soft_wrap=True
    )


def say_import(outcome: ImportOutcome) -> None:
    """What became of every file, and what to do next."""
    for one in outcome.files:
        screen.print(f"[bold]{one.file}[/bold]: {_import_sentence(one)}", soft_wrap=True, highlight=False)
    for warning in outcome.warnings:
        screen.print(f"  {warning}", soft_wrap=True, highlight=False, markup=False)
    if outcome.rejected_rows.height:
        screen.print(
            _("What was reported stands row by row in {file}.").format(
                file=outcome.folder / "rejected_rows.csv"
            ),
            soft_wrap=True,
        )
    screen.print(
        _("Next: merilo run {folder} --out RESULT").format(folder=shlex.quote(str(outcome.folder))),
        soft_wrap=True,
    )


def say_official_list(outcome: OfficialListOutcome) -> None:
    """What became of an official list."""
    if outcome.unchanged:
        words = _("the same list was imported before; nothing to do.")
    else:
        words = _(
            "«{title}»: schools in the list {schools}, entries written {entries}, schools not known here {unknown}."
        ).format(
            title=outcome.title,
            schools=grouped(outcome.schools_n),
            entries=grouped(outcome.entries_n),
            unknown=grouped(outcome.unknown_n),
        )
    screen.print(f"{outcome.file}: {words}", soft_wrap=True, highlight=False, markup=False)
    if outcome.rejected_rows.height and not outcome.unchanged:
        screen.print(
            _("What was reported stands row by row in {file}.").format(
                file=outcome.folder / "rejected_rows.csv"
            ),
            soft_wrap=True,
        )


def _import_sentence(one: FileOutcome) -> str:
    if one.unchanged:
        return _("the same content was imported before; nothing to do ({procedure}).").format(
            procedure=one.procedure_id
        )
    if not one.rows_n:
        return _("recognised as {layout}.").format(layout=one.layout)
    return _(
        "{layout} → {procedure}: pupils in the file {rows}, rows written {works}, absent among them {absent}; "
        "not accepted {rejected}, accepted with a remark {adjusted}."
    ).format(
        layout=one.layout,
        procedure=one.procedure_id,
        rows=grouped(one.rows_n),
        works=grouped(one.works_n),
        absent=grouped(one.absent_n),
        rejected=grouped(one.rejected_n),
        adjusted=grouped(one.adjusted_n),
    )


_STAGES = {
    "simulate": _("Simulating"),
    "import": _("Importing"),
    "collect": _("Reading works"),
    "measure": _("Measuring"),
    "appraise": _("Appraising"),
    "publish": _("Writing"),
}


@contextmanager
def progress_bars() -> Iterator[Callable[[str, int, int], None]]:
    """A progress bar per stage; nothing when the output is no terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    shown = complaints.is_terminal
    with Progress(*columns, console=complaints, transient=True, disable=not shown) as bars:
        tasks: dict[str, int] = {}

        def tell(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(_STAGES.get(stage, stage), total=total)
            bars.update(tasks[stage], completed=done, total=total)  # type: ignore[arg-type]

        yield tell
