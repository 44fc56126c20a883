"""Cells of works.csv -> numbers: points, marks, scores, codes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

from merilo.collect.authority.text_table import BLANKS, cleaned
from merilo.methods.arrays import BoolArray, FloatArray
from merilo.tables.works import NOT_ADMINISTERED, NOT_ATTEMPTED

# Latin and Cyrillic, as people type it.
NOT_ATTEMPTED_WORDS = ("X", "x", "Х", "х")
NOT_ADMINISTERED_WORDS = ("не пройд.", "не пройд", "не пройдено")
# Columns of points that are read at the same time: enough to keep the processors busy, few enough for memory.
COLUMNS_AT_ONCE = 8


def read_points(
    frame: pl.DataFrame, max_points: Mapping[str, int]
) -> dict[str, tuple[NDArray[np.int8], BoolArray]]:
    """Points of every item column, int8 (n,) with NOT_ADMINISTERED and NOT_ATTEMPTED; and which cells are no points.

    max_points: item column -> highest points. Plain whole numbers are read column-wise, several columns at once;
    only the distinct other texts are looked at one by one.
    """
    read = {}
    names = list(max_points)
    for start in range(0, len(names), COLUMNS_AT_ONCE):
        some = frame.select(names[start : start + COLUMNS_AT_ONCE])
        texts = [name for name in some.columns if some.schema[name] == pl.String]
        plain = some.select(pl.col(name).cast(pl.Int16, strict=False) for name in texts)
        for name in some.columns:
            points, has_words = (
                _plain_or_words(some[name], plain[name])
                if name in texts
                else (_whole_numbers(some[name]), False)
            )
            read[name] = _within(points, max_points[name], has_words=has_words)
    return read


def _within(points: pl.Series, top: int, *, has_words: bool) -> tuple[NDArray[np.int8], BoolArray]:
    """Points of one column int8, and which of its cells are no points from 0 to `top`."""
    bad = points.is_not_null() & ~points.is_between(0, top)
    if has_words:
        bad = bad & (points != NOT_ATTEMPTED_CODE) & (points != NOT_ADMINISTERED_CODE)
        points = points.replace(
            [NOT_ATTEMPTED_CODE, NOT_ADMINISTERED_CODE], [NOT_ATTEMPTED, NOT_ADMINISTERED]
        )
    points = points.set(bad, NOT_ADMINISTERED).fill_null(NOT_ADMINISTERED).cast(pl.Int8)
    return points.to_numpy(), bad.fill_null(value=False).to_numpy()


# Outside the range of points that anybody types, so that a typed "-1" stays an error.
NOT_ATTEMPTED_CODE, NOT_ADMINISTERED_CODE, NO_POINTS_CODE = -32001, -32002, -32003


def _plain_or_words(cells: pl.Series, plain: pl.Series) -> tuple[pl.Series, bool]:
    """Points Int16, and whether some cells are not plain whole numbers: `X`, `не пройд.`, blanks, 1.0 or 1,0;
    what nobody understands is NO_POINTS_CODE.
    """
    if cells.null_count() == plain.null_count():
        return plain, False
    other = cells.is_not_null() & plain.is_null()
    words = cells.filter(other)
    meaning = {word: _meaning(word.strip(BLANKS)) for word in words.unique().to_list()}
    return plain.scatter(other.arg_true(), words.replace_strict(meaning, return_dtype=pl.Int16)), True


def _meaning(word: str) -> int | None:
    if not word:
        return None
    if word in NOT_ATTEMPTED_WORDS:
        return NOT_ATTEMPTED_CODE
    if word.lower() in NOT_ADMINISTERED_WORDS:
        return NOT_ADMINISTERED_CODE
    try:
        number = float(word.replace(",", "."))
    except ValueError:
        return NO_POINTS_CODE
    return int(number) if number.is_integer() and abs(number) < 1000 else NO_POINTS_CODE


def _whole_numbers(values: pl.Series) -> pl.Series:
    """A numeric column as Int16; fractions, NaN and infinities become NO_POINTS_CODE."""
    if values.dtype.is_integer():
        return values.cast(pl.Int64).clip(-1000, 1000).cast(pl.Int16)
    numbers = values.cast(pl.Float64, strict=False)
    whole = numbers.is_finite() & (numbers == numbers.round()) & (numbers.abs() < 1000)
    points = numbers.set(~whole.fill_null(value=False), None).cast(pl.Int16)
    return points.set(numbers.is_not_null() & ~numbers.is_nan() & ~whole, NO_POINTS_CODE)


def read_number(values: pl.Series) -> tuple[FloatArray, BoolArray]:
    """Numbers (n,), NaN where empty; and which cells are not finite numbers. A decimal comma is a point."""
    if values.dtype.is_numeric():
        numbers = values.cast(pl.Float64).fill_null(float("nan")).to_numpy()
        return numbers, np.isinf(numbers)
    words = cleaned(values)
    parsed = words.str.replace(",", ".", literal=True).cast(pl.Float64, strict=False)
    numbers = parsed.fill_null(float("nan")).to_numpy()
    return numbers, words.is_not_null().to_numpy() & ~np.isfinite(numbers)


def read_mark(values: pl.Series) -> tuple[NDArray[np.int8], BoolArray]:
    """Marks int8 (n,): 2-5, 0 where empty; and which cells are no marks."""
    numbers, bad = read_number(values)
    known = np.isin(numbers, (2, 3, 4, 5))
    return np.where(known, numbers, 0).astype(np.int8), bad | (~known & ~np.isnan(numbers))


def read_codes(values: pl.Series) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    """Text -> codes int32 (n,) of the sorted distinct texts; empty text is "" and takes part."""
    words = cleaned(values).fill_null("")
    names = words.unique().sort()
    codes = words.replace_strict(names, pl.Series(range(len(names)), dtype=pl.Int32), return_dtype=pl.Int32)
    return codes.to_numpy(), tuple(names)
