"""Every row and cell of a form against the rules; what does not pass is reported."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from merilo.collect.exchange.cells import (
    EMPTY,
    NOT_ATTEMPTED,
    NOT_POINTS,
    NOT_TAUGHT,
    UNREADABLE,
    PointsArray,
    read_words,
)
from merilo.collect.exchange.item_table import ItemTable
from merilo.collect.exchange.protocol import ABSENT_WORD, Protocol
from merilo.collect.exchange.reports import Reports
from merilo.collect.exchange.words import shown
from merilo.methods.arrays import BoolArray, FloatArray, IntArray

_CODE = re.compile(r"\d{3,7}")
_VARIANT = re.compile(r"[1-9]\d{0,3}(?:/[1-9]\d{0,3})?")
# Variants 1 and 2 are usual; another one is believed if this share of the works have it, and more than a slip or two:
# variants are handed out evenly.
COMMON_SHARE = 0.1
COMMON_WORKS = 3


@dataclass(frozen=True, slots=True)
class Verdict:
    """What passed; n rows of the protocol, I items.

    kept, present (n,); points (n, I) with bad cells emptied (only EMPTY and NOT_ATTEMPTED beside points);
    variant (n,) words; journal_mark, mark (n,): 2-5, or 0 where none.
    """

    kept: BoolArray
    present: BoolArray
    points: PointsArray
    variant: list[str]
    journal_mark: IntArray
    mark: IntArray


def check_protocol(protocol: Protocol, table: ItemTable, reports: Reports) -> Verdict:
    """Hold every row against the rules; breaches go to `reports`."""
    _check_identity(protocol, reports)
    present = _check_absence(protocol, reports)
    _check_twins(protocol, reports)
    kept = ~reports.left_out
    alive = kept & present
    points = _check_cells(protocol, table, alive, reports)
    _check_totals(protocol, table, alive, reports)
    return Verdict(
        kept=kept,
        present=present,
        points=points,
        variant=_check_variants(protocol.variant, alive, reports),
        journal_mark=_check_marks(protocol.journal_mark, "journal_mark", kept, reports),
        mark=_check_marks(protocol.mark, "mark", alive, reports),
    )


def _check_identity(protocol: Protocol, reports: Reports) -> None:
    n = len(protocol.code)
    no_code = np.fromiter((not code for code in protocol.code), bool, n)
    odd = np.fromiter(read_words(protocol.code, lambda code: _CODE.fullmatch(code) is None), bool, n)
    reports.note("extra_cells", protocol.overlong)
    reports.note("school_missing", np.fromiter((not org for org in protocol.org_id), bool, n), "org_id")
    reports.note("code_missing", no_code, "code")
    # The code itself is never repeated: within its school it is as good as a name.
    reports.note("code_malformed", odd & ~no_code, "code")


def _check_absence(protocol: Protocol, reports: Reports) -> BoolArray:
    """Present (n,). Absent is who is called so, or who has neither a total nor anything in the item cells."""
    given = (protocol.points >= 0).any(axis=1)
    touched = given | np.isin(protocol.points, (NOT_ATTEMPTED, NOT_TAUGHT)).any(axis=1)
    positive = (protocol.points > 0).any(axis=1)
    no_total = np.isnan(protocol.total)
    alive = ~reports.left_out
    absent = protocol.said_absent | (no_total & ~touched) | (protocol.part_absent & no_total)
    reports.note("part_absent", protocol.part_absent & alive, "variant")
    reports.note("absent_with_points", protocol.said_absent & positive & alive, "variant")
    reports.note("no_item_points", ~absent & ~touched & alive, "score")
    return ~absent


def _check_twins(protocol: Protocol, reports: Reports) -> None:
    """A code stands once in its school; later rows are left out, whether equal or not."""
    n = len(protocol.code)
    if len(set(zip(protocol.org_id, protocol.code))) == n:
        return
    first: dict[tuple[str, str], int] = {}
    same, other = np.zeros(n, bool), np.zeros(n, bool)
    left_out = reports.left_out.tolist()
    for row, key in enumerate(zip(protocol.org_id, protocol.code)):
        if left_out[row]:
            continue
        earlier = first.setdefault(key, row)
        if earlier != row:
            equal = (
                bool(np.array_equal(protocol.points[earlier], protocol.points[row]))
                and protocol.variant[earlier] == protocol.variant[row]
                and np.array_equal(protocol.total[[earlier]], protocol.total[[row]], equal_nan=True)
            )
            (same if equal else other)[row] = True
    reports.note("duplicate_row", same, "code")
    reports.note("code_twice", other, "code")


def _check_cells(protocol: Protocol, table: ItemTable, alive: BoolArray, reports: Reports) -> PointsArray:
    """Points (n, I of the table) with every cell that is no value emptied."""
    columns = [item.column for item in table.items]
    points = protocol.points[:, columns]
    most = table.max_points.astype(np.int16)[None, :]
    for rule, broken in (
        ("item_unreadable", points == UNREADABLE),
        ("item_not_points", points == NOT_POINTS),
        ("item_above_maximum", points > most),
    ):
        broken &= alive[:, None]
        for place in np.flatnonzero(broken.any(axis=0)):
            where = broken[:, place]
            reports.note(rule, where, table.items[place].item_id, _cells(protocol, columns[place], where))
    for column in sorted(set(range(protocol.points.shape[1])) - set(columns)):
        where = (protocol.points[:, column] != EMPTY) & alive
        if where.any():
            reports.note(
                "beyond_items", where, protocol.items[column].item_id, _cells(protocol, column, where)
            )
    usable = ((points >= 0) & (points <= most)) | (points == NOT_ATTEMPTED)
    return np.where(usable & alive[:, None], points, np.int16(EMPTY))


def _cells(protocol: Protocol, column: int, where: BoolArray) -> list[str]:
    cells = protocol.cells[column]
    return [shown(cells[row]) for row in protocol.body_row[where].tolist()]


def _check_totals(protocol: Protocol, table: ItemTable, alive: BoolArray, reports: Reports) -> None:
    """Printed total against the points as printed; every letter and empty cell counts 0 there."""
    printed = protocol.total
    total = np.maximum(protocol.points, 0).sum(axis=1).astype(np.float64)
    number = np.isfinite(printed)
    above = alive & number & (printed > table.max_points.sum())
    differs = alive & number & ~above & (printed != total)
    reports.note("total_missing", alive & np.isnan(printed), "score")
    reports.note("total_unreadable", alive & np.isinf(printed), "score")
    reports.note(
        "total_above_maximum",
        above,
        "score",
        [f"{p:g} ≠ {t:g}" for p, t in zip(printed[above], total[above])],
    )
    reports.note(
        "total_mismatch",
        differs,
        "score",
        [f"{p:g} ≠ {t:g}" for p, t in zip(printed[differs], total[differs])],
    )


def _check_marks(marks: FloatArray, column: str, checked: BoolArray, reports: Reports) -> IntArray:
    known = np.isin(marks, (2.0, 3.0, 4.0, 5.0))
    odd = checked & ~known & ~np.isnan(marks)
    values = [f"{mark:g}" if np.isfinite(mark) else "[…]" for mark in marks[odd]]
    reports.note(
        "journal_mark_impossible" if column == "journal_mark" else "mark_impossible", odd, column, values
    )
    return np.where(known, np.nan_to_num(marks, posinf=0.0, neginf=0.0), 0.0).astype(np.int64)


def _check_variants(variants: list[str], alive: BoolArray, reports: Reports) -> list[str]:
    """The variants as words; «0», an unheard-of number or nothing at all is reported and kept as empty."""
    counts: dict[str, int] = {}
    for word, here in zip(variants, alive.tolist()):
        if here:
            counts[word] = counts.get(word, 0) + 1
    common = max(COMMON_WORKS, COMMON_SHARE * sum(counts.values()))
    silent = set(counts) <= {""}  # a form without variants
    fine = {
        word
        for word, count in counts.items()
        if silent or (_VARIANT.fullmatch(word) and (set(word.split("/")) <= {"1", "2"} or count >= common))
    }
    fine |= {word for word in counts if ABSENT_WORD in word}
    odd = alive & np.fromiter((word not in fine for word in variants), bool, len(variants))
    reports.note("variant_unknown", odd, "variant", [shown(variants[row]) for row in np.flatnonzero(odd)])
    return [word if word in fine and ABSENT_WORD not in word else "" for word in variants]
