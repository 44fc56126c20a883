"""One recognised sheet of results -> rows of works, items, schools and reports, ready for the folder."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from merilo.collect.exchange.cells import MOST_POINTS, NOT_ATTEMPTED
from merilo.collect.exchange.checks import Verdict, check_protocol
from merilo.collect.exchange.classes import class_ids, class_letter
from merilo.collect.exchange.identity import Identity
from merilo.collect.exchange.item_table import ItemTable, settle_items
from merilo.collect.exchange.layouts import Header
from merilo.collect.exchange.plans import Plan
from merilo.collect.exchange.protocol import Protocol
from merilo.collect.exchange.pupils import work_ids
from merilo.collect.exchange.reports import Reports
from merilo.collect.exchange.schools import School
from merilo.collect.exchange.words import squeezed
from merilo.collect.exchange.workbook import Workbook
from merilo.language import translator

if TYPE_CHECKING:
    from merilo.definitions import Definitions

_ = translator("exchange")

SUSPECT_SHARE = 0.2
# Text of the codes NOT_ATTEMPTED (-2), EMPTY (-1) and of points 0 … MOST_POINTS.
_POINTS_AS_TEXT = pl.Series(["X", None, *map(str, range(MOST_POINTS + 1))], dtype=pl.String)


@dataclass(frozen=True, slots=True)
class SheetWorks:
    """What one sheet gives to one procedure.

    frame: works.csv as formats.md has it (item columns are integers, or text where an X occurs), sorted;
    score: the printed total. counts as in FileOutcome. sheet: its place among the sheets of its file.
    """

    label: str
    sha256: str
    sheet: int
    layout: str
    identity: Identity
    table: ItemTable
    frame: pl.DataFrame
    schools: list[School]
    rejected: pl.DataFrame
    rows_n: int
    absent_n: int
    rejected_n: int
    adjusted_n: int
    warnings: tuple[str, ...]


def build_works(
    book: Workbook,
    sheet: int,
    header: Header,
    protocol: Protocol,
    identity: Identity,
    *,
    plan: Plan | None,
    definitions: Definitions,
    key: bytes,
) -> SheetWorks:
    """Check a protocol and turn it into works. Raises TableError if the plan is of another work."""
    table, warnings = settle_items(
        protocol.items, protocol.points, identity, plan=plan, definitions=definitions, label=book.label
    )
    reports = Reports(protocol.file_row, label=book.label, source=book.sha256[:12])
    classes, unreadable, unknown_n = _classes(book, header, protocol, identity)
    verdict = check_protocol(protocol, table, reports)
    reports.note("class_unreadable", unreadable & verdict.kept, "class_id")
    kept = np.flatnonzero(verdict.kept).tolist()
    written = {protocol.org_id[row] for row in kept}
    return SheetWorks(
        label=book.label,
        sha256=book.sha256,
        sheet=sheet,
        layout=header.layout.name,
        identity=identity,
        table=table,
        frame=_frame(protocol, verdict, table, classes, kept, identity, key),
        schools=[school for school in protocol.schools if school.org_id in written],
        rejected=reports.frame(),
        rows_n=len(protocol.code),
        absent_n=int((verdict.kept & ~verdict.present).sum()),
        rejected_n=int(reports.left_out.sum()),
        adjusted_n=int(reports.adjusted.sum()),
        warnings=(*warnings, *_warnings(book.label, header, reports, protocol, unknown_n)),
    )


def _frame(
    protocol: Protocol,
    verdict: Verdict,
    table: ItemTable,
    classes: list[str | None],
    kept: list[int],
    identity: Identity,
    key: bytes,
) -> pl.DataFrame:
    orgs = [protocol.org_id[row] for row in kept]
    ids = work_ids(identity.procedure_id, orgs, [protocol.code[row] for row in kept], key=key)
    # By pseudonym within a class: the order of the list, often the alphabet, is not carried over.
    order = np.lexsort(
        (np.array(ids, dtype="S"), _ranks([classes[row] or "\uffff" for row in kept]), _ranks(orgs))
    )
    rows = np.array(kept, dtype=np.int64)[order]
    places = rows.tolist()
    present = verdict.present[rows]
    total = protocol.total[rows]
    columns: dict[str, pl.Series] = {
        "work_id": pl.Series([ids[place] for place in order.tolist()], dtype=pl.String),
        "org_id": pl.Series([protocol.org_id[row] for row in places], dtype=pl.String),
        "class_id": pl.Series([classes[row] for row in places], dtype=pl.String),
        "pupil_id": _words([protocol.pupil_id[row] if protocol.pupil_id else "" for row in places]),
        "variant": _words([verdict.variant[row] for row in places]),
        "status": pl.Series(np.where(present, "present", "absent").tolist(), dtype=pl.String),
        "sex": _words([protocol.sex[row] for row in places]),
        "journal_mark": _marks(verdict.journal_mark[rows]),
        "mark": _marks(np.where(present, verdict.mark[rows], 0)),
        "score": _totals(np.where(present & np.isfinite(total), total, np.nan)),
    }
    for place, item in enumerate(table.items):
        columns[item.item_id] = points_series(verdict.points[rows, place])
    return pl.DataFrame(columns)


def points_series(points: np.ndarray) -> pl.Series:
    """An item column: empty where not administered; whole numbers, or text where an `X` occurs."""
    if (points == NOT_ATTEMPTED).any():
        return _POINTS_AS_TEXT.gather(points.astype(np.int64) + 2)
    given = pl.Series(points.astype(np.int8))
    return given.set(given < 0, None)


def _ranks(words: list[str]) -> np.ndarray:
    """Place of each word among the sorted distinct ones."""
    rank = {word: place for place, word in enumerate(sorted(set(words)))}
    return np.fromiter(map(rank.__getitem__, words), dtype=np.int64, count=len(words))


def _totals(totals: np.ndarray) -> pl.Series:
    series = pl.Series(totals).fill_nan(None)
    return series.cast(pl.Int32) if (totals[~np.isnan(totals)] % 1 == 0).all() else series


def _words(words: list[str]) -> pl.Series:
    series = pl.Series(words, dtype=pl.String)
    return series.set(series == "", None)


def _marks(marks: np.ndarray) -> pl.Series:
    series = pl.Series(marks.astype(np.int8))
    return series.set(series == 0, None)


def _classes(
    book: Workbook, header: Header, protocol: Protocol, identity: Identity
) -> tuple[list[str | None], np.ndarray, int]:
    """class_id of each row, which cells hold no class letter, and how many «нет» stand beside letters."""
    group = identity.year_group
    if header.layout.name == "form2026":
        listed = _listed_classes(book)
        letters = {word: listed.get(word) or (f"-{word}" if word else "") for word in set(protocol.klass)}
        read = {word: class_letter(text, group) if word in listed else text for word, text in letters.items()}
        read = {
            word: letter if word in listed or re.fullmatch(r"-?\d{0,2}", word) else None
            for word, letter in read.items()
        }
    else:
        read = {word: class_letter(word, group) for word in set(protocol.klass)}
    printed = list(zip(protocol.org_id, protocol.klass))
    ids = class_ids([(org, read[word]) for org, word in set(printed)], group)
    spelt = {(org, word): ids[org, read[word]] for org, word in set(printed)}
    classes = [spelt[pair] for pair in printed]
    unreadable = np.fromiter((read[word] is None for word in protocol.klass), bool, len(printed))
    unknown_n = classes.count(None) - int(unreadable.sum())
    return classes, unreadable, unknown_n


def _listed_classes(book: Workbook) -> dict[str, str]:
    """The sheet «Порядковый номер класса»: number -> class as the school calls it, where it is filled in."""
    listed: dict[str, str] = {}
    for sheet in book.sheets:
        if "номер класса" in sheet.name.lower():
            for row in sheet.rows[:200]:
                words = [squeezed(cell) for cell in row if squeezed(cell)]
                if len(words) >= 2 and re.fullmatch(r"\d{1,2}", words[0]) and len(words[1]) <= 8:
                    listed.setdefault(words[0], words[1])
    return listed


def _warnings(label: str, header: Header, reports: Reports, protocol: Protocol, unknown_n: int) -> list[str]:
    found = reports.frame()
    mismatches = found.filter(pl.col("rule").is_in(["total_mismatch", "total_above_maximum"])).height
    warnings = []
    if header.personal_n:
        warnings.append(
            _("{file}: {n} columns of personal data (names, documents) were not read.").format(
                file=label, n=header.personal_n
            )
        )
    if unknown_n:
        warnings.append(
            _(
                "{file}: {n} rows say «нет» for the class in schools that have several; their class stays unknown."
            ).format(file=label, n=unknown_n)
        )
    if mismatches > SUSPECT_SHARE * max(1, len(protocol.code)):
        warnings.append(
            _(
                "{file}: in {n} rows the points do not add up to the total. Perhaps the columns are shifted."
            ).format(file=label, n=mismatches)
        )
    return warnings
