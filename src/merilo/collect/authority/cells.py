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


def read_points(
    frame: pl.DataFrame, max_points: Mapping[str, int]
) -> dict[str, tuple[NDArray[np.int8], BoolArray]]:
    """Points of every item column, int8 (n,) with NOT_ADMINISTERED and NOT_ATTEMPTED; and which cells are no points.

    max_points: item column -> highest points. Plain whole numbers are read column-wise, all columns at once; only
    the distinct other texts are looked at one by one.
    """
    texts = [name for name in max_points if frame.schema[name] == pl.String]
    words = frame.select(pl.col(name).str.strip_chars(BLANKS) for name in texts)
    plain = words.select(pl.col(name).cast(pl.Int16, strict=False) for name in texts)
    odd = words.select(
        (pl.col(name).is_not_null() & pl.col(name).cast(pl.Int16, strict=False).is_null()).any()
        for name in texts
    )
    read = {}
    for name, top in max_points.items():
        if name in texts:
            points = _other_words(words[name], plain[name]) if odd[name][0] else plain[name]
        else:
            points = _whole_numbers(frame[name])
        bad = points.is_not_null() & ~points.is_between(0, top)
        if name in texts and odd[name][0]:
            bad = bad & (points != NOT_ATTEMPTED_CODE) & (points != NOT_ADMINISTERED_CODE)
            points = points.replace(
                [NOT_ATTEMPTED_CODE, NOT_ADMINISTERED_CODE], [NOT_ATTEMPTED, NOT_ADMINISTERED]
            )
        points = points.set(bad, NOT_ADMINISTERED).fill_null(NOT_ADMINISTERED).cast(pl.Int8)
        read[name] = (points.to_numpy(), bad.fill_null(value=False).to_numpy())
    return read


# Outside the range of points that anybody types, so that a typed "-1" stays an error.
NOT_ATTEMPTED_CODE, NOT_ADMINISTERED_CODE, NO_POINTS_CODE = -32001, -32002, -32003


def _other_words(words: pl.Series, plain: pl.Series) -> pl.Series:
    """`X`, `не пройд.`, empty text, whole numbers written as 1.0 or 1,0; anything else is NO_POINTS_CODE."""
    other = words.is_not_null() & plain.is_null()
    meaning = {word: _meaning(word) for word in words.filter(other).unique().to_list()}
    found = words.filter(other).replace_strict(meaning, return_dtype=pl.Int16)
    return plain.scatter(other.arg_true(), found)


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
