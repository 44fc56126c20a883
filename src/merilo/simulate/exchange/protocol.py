"""The rows of a protocol before they are laid out: one list per column, so that faults can be planted in them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from merilo.methods.arrays import IntArray
from merilo.simulate.authority import World
from merilo.simulate.cohorts import CLASS_LETTERS
from merilo.simulate.exchange.workbook import Cell
from merilo.simulate.folder import pupil_codes
from merilo.simulate.sitting import SimulatedProcedure
from merilo.tables.procedure import Item
from merilo.tables.works import NOT_ADMINISTERED, NOT_ATTEMPTED

ABSENT = "отсутствовал"
NOT_TAUGHT = "не пройд."
ONLY_CLASS = "НЕТ"
NO_MARK = "нет отметки"


@dataclass(slots=True)
class Protocol:
    """Rows of pupils; every list has one cell per row, items one list per item.

    school: row of Schools; letter: class letter or НЕТ; mark is the mark of the work (only some forms print it).
    """

    items: tuple[Item, ...]
    school: list[int]
    code: list[Cell]
    letter: list[Cell]
    sex: list[Cell]
    variant: list[Cell]
    journal: list[Cell]
    mark: list[Cell]
    total: list[Cell]
    points: list[list[Cell]]

    def __len__(self) -> int:
        return len(self.school)

    @property
    def columns(self) -> list[list[Cell]]:
        """Every column that a row consists of, for copying rows."""
        return [
            self.code,
            self.letter,
            self.sex,
            self.variant,
            self.journal,
            self.mark,
            self.total,
            *self.points,
        ]


def protocol_of(world: World, held: SimulatedProcedure, rows: IntArray | None = None) -> Protocol:
    """The protocol of a procedure as it would be printed; rows: only these pupils (default all)."""
    cohort = held.cohort
    rows = np.arange(cohort.size) if rows is None else rows
    present = held.present[rows]
    return Protocol(
        items=held.planned.blueprint.items,
        school=cohort.school[rows].tolist(),
        code=pupil_codes(cohort)[rows].tolist(),
        letter=_letters(held)[cohort.klass[rows]].tolist(),
        sex=np.where(cohort.girl[rows], "Ж", "М").tolist(),
        variant=_cells(held.variant[rows], present, ABSENT),
        journal=[
            None if not here else mark if mark else NO_MARK
            for here, mark in zip(present.tolist(), held.journal[rows].tolist())
        ],
        mark=_cells(held.mark[rows], present, None),
        total=_cells(held.score[rows], present, None),
        points=[_item_cells(held.points[rows, i], present) for i in range(held.points.shape[1])],
    )


def _letters(held: SimulatedProcedure) -> np.ndarray:
    cohort = held.cohort
    alone = np.bincount(cohort.class_school)[cohort.class_school] == 1
    letters = np.array(list(CLASS_LETTERS))[cohort.class_letter % len(CLASS_LETTERS)]
    return np.where(alone, ONLY_CLASS, letters)


def _cells(values: np.ndarray, known: np.ndarray, otherwise: Cell) -> list[Cell]:
    return [value if here else otherwise for value, here in zip(values.tolist(), known.tolist())]


def _item_cells(points: np.ndarray, present: np.ndarray) -> list[Cell]:
    words: dict[int, Cell] = {NOT_ATTEMPTED: "X", NOT_ADMINISTERED: NOT_TAUGHT}
    return [words.get(p, p) if here else None for p, here in zip(points.tolist(), present.tolist())]
