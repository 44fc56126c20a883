"""Faults that real files have, planted on purpose and written down.

At mess = 1 about ten times as many as in a real region's export; 0.1 is as in reality. Spellings (X in both alphabets
and cases, class letters in both cases and alphabets) are no faults and not written down.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from merilo.simulate.exchange.protocol import ABSENT, NOT_TAUGHT, ONLY_CLASS, Protocol
from merilo.simulate.exchange.workbook import Cell

SPELLINGS_OF_X = ("X", "x", "Х", "х")
LATIN_TWINS = str.maketrans("АВЕК", "ABEK")
SPELLING_SHARE = 0.3
ROWS_BEYOND = 12


@dataclass(frozen=True, slots=True)
class Fault:
    """A planted fault: row of the protocol (0-based), column as the protocol calls it, what stood there.

    reported: whether an importer must say something (False: it should understand the cell silently).
    """

    row: int
    column: str
    fault: str
    written: Cell
    true_value: Cell
    reported: bool


def plant_faults(protocol: Protocol, level: float, rng: np.random.Generator) -> list[Fault]:
    """Plant faults of every kind; changes the protocol, returns what was done in the order of kinds."""
    if level <= 0 or not len(protocol):
        return []
    _respell(protocol, rng)
    faults: list[Fault] = []
    touched: set[int] = set()
    present = [row for row, variant in enumerate(protocol.variant) if variant != ABSENT]
    for plant, share in _KINDS:
        free = [row for row in present if row not in touched]
        wanted = rng.binomial(len(free), min(1.0, share * level))
        for row in sorted(rng.choice(free, wanted, replace=False).tolist() if wanted else []):
            fault = plant(protocol, row, rng)
            if fault is not None:
                faults.append(fault)
                touched.add(row)
    return faults + _duplicate(protocol, [row for row in present if row not in touched], level, rng)


def _respell(protocol: Protocol, rng: np.random.Generator) -> None:
    """X in any alphabet and case; class letters small or Latin."""
    for cells in protocol.points:
        crosses = [row for row, cell in enumerate(cells) if cell == "X"]
        for row, kind in zip(crosses, rng.integers(0, len(SPELLINGS_OF_X), len(crosses)).tolist()):
            cells[row] = SPELLINGS_OF_X[kind]
    for row in np.flatnonzero(rng.random(len(protocol)) < SPELLING_SHARE).tolist():
        letter = str(protocol.letter[row])
        protocol.letter[row] = (
            letter.lower() if letter == ONLY_CLASS or rng.random() < 0.7 else letter.translate(LATIN_TWINS)
        )


def _wrong_total(protocol: Protocol, row: int, rng: np.random.Generator) -> Fault:
    total = protocol.total[row]
    assert isinstance(total, int)
    highest = sum(item.max_points for item in protocol.items)
    other = total + 1 if total == 0 else total - 1 if total == highest else total + int(rng.choice((-1, 1)))
    return _put(protocol.total, row, "total", "total_mismatch", other, True)


def _huge_total(protocol: Protocol, row: int, rng: np.random.Generator) -> Fault:
    highest = sum(item.max_points for item in protocol.items)
    return _put(protocol.total, row, "total", "total_above_max", highest + int(rng.integers(1, 12)), True)


def _huge_points(protocol: Protocol, row: int, rng: np.random.Generator) -> Fault | None:
    i = _taught_item(protocol, row, rng)
    if i is None:
        return None
    most = protocol.items[i].max_points
    return _put(
        protocol.points[i],
        row,
        protocol.items[i].item_id,
        "points_above_max",
        most + int(rng.integers(1, 4)),
        True,
    )


def _stray_letter(protocol: Protocol, row: int, rng: np.random.Generator) -> Fault | None:
    i = _taught_item(protocol, row, rng)
    return (
        None
        if i is None
        else _put(protocol.points[i], row, protocol.items[i].item_id, "stray_letter", "H", True)
    )


def _blank_before_variant(protocol: Protocol, row: int, rng: np.random.Generator) -> Fault:
    return _put(protocol.variant, row, "variant", "no_break_space", f"\xa0{protocol.variant[row]}", False)


def _odd_variant(protocol: Protocol, row: int, rng: np.random.Generator) -> Fault:
    return _put(protocol.variant, row, "variant", "odd_variant", int(rng.choice((0, 3))), True)


def _impossible_mark(protocol: Protocol, row: int, rng: np.random.Generator) -> Fault:
    return _put(protocol.journal, row, "journal_mark", "impossible_mark", int(rng.choice((1, 8))), True)


def _mark_with_blank(protocol: Protocol, row: int, rng: np.random.Generator) -> Fault | None:
    if not isinstance(protocol.journal[row], int):
        return None
    return _put(
        protocol.journal, row, "journal_mark", "no_break_space", f"{protocol.journal[row]}\xa0", False
    )


def _points_as_text(protocol: Protocol, row: int, rng: np.random.Generator) -> Fault | None:
    i = _taught_item(protocol, row, rng)
    if i is None or not isinstance(protocol.points[i][row], int):
        return None
    text = f"{protocol.points[i][row]}{rng.choice(('', ',0'))}"
    return _put(protocol.points[i], row, protocol.items[i].item_id, "number_as_text", text, False)


_KINDS: tuple[tuple[Callable[[Protocol, int, np.random.Generator], Fault | None], float], ...] = (
    (_wrong_total, 0.01),
    (_huge_total, 0.004),
    (_huge_points, 0.004),
    (_stray_letter, 0.002),
    (_blank_before_variant, 0.02),
    (_odd_variant, 0.004),
    (_impossible_mark, 0.004),
    (_mark_with_blank, 0.01),
    (_points_as_text, 0.03),
)
DUPLICATE_SHARE = 0.005


def _put(cells: list[Cell], row: int, column: str, fault: str, written: Cell, reported: bool) -> Fault:
    true_value, cells[row] = cells[row], written
    return Fault(row, column, fault, written, true_value, reported)


def _taught_item(protocol: Protocol, row: int, rng: np.random.Generator) -> int | None:
    taught = [i for i, cells in enumerate(protocol.points) if cells[row] != NOT_TAUGHT]
    return int(rng.choice(taught)) if taught else None


def _duplicate(protocol: Protocol, rows: list[int], level: float, rng: np.random.Generator) -> list[Fault]:
    """Some rows come twice: the copy stands at the end."""
    wanted = rng.binomial(len(rows), min(1.0, DUPLICATE_SHARE * level))
    faults = []
    for row in sorted(rng.choice(rows, wanted, replace=False).tolist() if wanted else []):
        protocol.school.append(protocol.school[row])
        for column in protocol.columns:
            column.append(column[row])
        faults.append(Fault(len(protocol) - 1, "code", "duplicate_row", protocol.code[row], None, True))
    return faults
