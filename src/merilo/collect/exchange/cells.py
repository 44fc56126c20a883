"""Columns of raw cells -> numbers and words, each distinct cell read once.

A region's export has 900,000 cells but a few hundred different ones, so a cell's meaning is looked up by value.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from merilo.collect.exchange.words import squeezed
from merilo.collect.exchange.workbook import Cell
from merilo.methods.arrays import FloatArray

# Codes of item cells beside points >= 0.
EMPTY = -1  # nothing in the cell: not administered
NOT_ATTEMPTED = -2  # X: 0 points
NOT_TAUGHT = -3  # «не пройд.»: not administered
UNREADABLE = -4  # a stray letter, a date, a word
NOT_POINTS = -5  # a negative or broken number

MOST_POINTS = 100
_USUAL_CELLS = (*range(10), *map(str, range(10)), "", None, "X", "x", "Х", "х", "не пройд.")

# Points (n, I) or (n,): small numbers, many of them.
PointsArray = NDArray[np.int16]

_T = TypeVar("_T")


def read_item_columns(columns: Sequence[Sequence[Cell]]) -> PointsArray:
    """Points (n, I) of the item columns, with the codes above for everything that is not points."""
    if not columns:
        return np.empty((0, 0), dtype=np.int16)
    n = len(columns[0])
    meanings = {cell: points_of(cell) for cell in _USUAL_CELLS}
    found = np.empty((n, len(columns)), dtype=np.int16, order="F")
    for place, cells in enumerate(columns):
        try:
            found[:, place] = np.fromiter(map(meanings.__getitem__, cells), dtype=np.int16, count=n)
        except KeyError:
            meanings.update({cell: points_of(cell) for cell in set(cells) - meanings.keys()})
            found[:, place] = np.fromiter(map(meanings.__getitem__, cells), dtype=np.int16, count=n)
    return found


def read_numbers(cells: Sequence[Cell]) -> FloatArray:
    """Numbers (n,): NaN where empty, infinity where the cell is no number."""
    return np.fromiter(read_words(cells, number_of), dtype=np.float64, count=len(cells))


def read_marks(cells: Sequence[Cell]) -> FloatArray:
    """Marks (n,): as numbers; «нет отметки» and the like are as good as empty."""
    return np.fromiter(read_words(cells, _mark_of), dtype=np.float64, count=len(cells))


def read_words(cells: Sequence[Cell], meaning: Callable[[Cell], _T]) -> list[_T]:
    """The meaning of each cell, found once for each distinct one."""
    meanings = {cell: meaning(cell) for cell in set(cells)}
    return list(map(meanings.__getitem__, cells))


def points_of(cell: Cell) -> int:
    """Points of an item cell, or one of the codes."""
    number = number_of(cell)
    if math.isnan(number):
        return EMPTY
    if math.isfinite(number):
        return int(number) if number.is_integer() and 0 <= number <= 1000 else NOT_POINTS
    word = squeezed(cell).lower()
    if word in ("x", "х"):
        return NOT_ATTEMPTED
    return NOT_TAUGHT if re.fullmatch(r"не\s*пр(?:ой|ох)\S*|не изуч\S*", word) else UNREADABLE


def number_of(cell: Cell) -> float:
    """A cell as a number: NaN empty, infinity no number; text, decimal comma and no-break spaces are read."""
    if isinstance(cell, bool | date):
        return math.inf
    if isinstance(cell, int | float):
        return float(cell)
    text = squeezed(cell).lstrip("'").replace(",", ".")
    if text in ("", "-", "–", "—"):
        return math.nan
    return float(text) if re.fullmatch(r"[+-]?\d{1,12}(?:\.\d{1,12})?", text) else math.inf


def _mark_of(cell: Cell) -> float:
    number = number_of(cell)
    return (
        math.nan
        if math.isinf(number) and squeezed(cell).lower().startswith(("нет", "н/а", "осв"))
        else number
    )


def item_id_of(cell: Cell) -> str:
    """№ КИМ as text: 5.1 stays 5.1 although a spreadsheet made it a number or the 5th of January; К is Cyrillic."""
    if isinstance(cell, date):
        return f"{cell.day}.{cell.month}"
    text = squeezed(cell).replace(",", ".").replace(" ", "").rstrip(".").upper()
    return re.sub(r"(?<=\d)K(?=\d)", "К", text)
