"""Cells of works.csv -> numbers: points, marks, scores, codes."""

from __future__ import annotations

import numpy as np
import polars as pl

from merilo.collect.authority.text_table import cleaned
from merilo.methods.arrays import BoolArray, FloatArray
from merilo.tables.works import NOT_ADMINISTERED, NOT_ATTEMPTED

# Latin and Cyrillic, as people type it.
NOT_ATTEMPTED_WORDS = ("X", "x", "Х", "х")
NOT_ADMINISTERED_WORDS = ("не пройд.", "не пройд", "не пройдено")


def read_points(values: pl.Series, max_points: int) -> tuple[np.ndarray, BoolArray]:
    """Points of one item, int8 (n,), with NOT_ADMINISTERED and NOT_ATTEMPTED; and which cells are no points."""
    if values.dtype.is_integer():
        points = values.cast(pl.Int64)
        bad = (points.is_not_null() & ((points < 0) | (points > max_points))).to_numpy()
        points = points.fill_null(NOT_ADMINISTERED)
        return points.set(pl.Series(bad), NOT_ADMINISTERED).cast(pl.Int8).to_numpy(), bad
    words = cleaned(values)
    points = words.cast(pl.Int16, strict=False)
    other = words.is_not_null() & points.is_null()
    if other.any():
        points = _odd_words(words, points, other)
    bad = (
        words.is_not_null() & (points.is_null() | (points > max_points) | (points < NOT_ATTEMPTED))
    ).to_numpy()
    typed_negative = words.str.starts_with("-").fill_null(value=False).to_numpy()
    bad = bad | typed_negative
    points = points.fill_null(NOT_ADMINISTERED).set(pl.Series(bad), NOT_ADMINISTERED)
    return points.cast(pl.Int8).to_numpy(), bad


def _odd_words(words: pl.Series, points: pl.Series, other: pl.Series) -> pl.Series:
    """`X`, `не пройд.` and whole numbers written as 1.0 or 1,0."""
    number = words.str.replace(",", ".", literal=True).cast(pl.Float64, strict=False)
    whole = number.is_not_null() & (number == number.round()) & (number.abs() <= 1000)
    points = points.zip_with(~(other & whole), number.set(~whole, None).cast(pl.Int16))
    points = points.set(words.is_in(NOT_ATTEMPTED_WORDS).fill_null(value=False), NOT_ATTEMPTED)
    return points.set(words.is_in(NOT_ADMINISTERED_WORDS).fill_null(value=False), NOT_ADMINISTERED)


def read_number(values: pl.Series) -> tuple[FloatArray, BoolArray]:
    """Numbers (n,), NaN where empty; and which cells are not finite numbers. A decimal comma is a point."""
    if values.dtype.is_numeric():
        numbers = values.cast(pl.Float64).fill_null(float("nan")).to_numpy()
        return numbers, np.isinf(numbers)
    words = cleaned(values)
    parsed = words.str.replace(",", ".", literal=True).cast(pl.Float64, strict=False)
    numbers = parsed.fill_null(float("nan")).to_numpy()
    return numbers, words.is_not_null().to_numpy() & ~np.isfinite(numbers)


def read_mark(values: pl.Series) -> tuple[np.ndarray, BoolArray]:
    """Marks int8 (n,): 2-5, 0 where empty; and which cells are no marks."""
    numbers, bad = read_number(values)
    known = np.isin(numbers, (2, 3, 4, 5))
    return np.where(known, numbers, 0).astype(np.int8), bad | (~known & ~np.isnan(numbers))


def read_codes(values: pl.Series) -> tuple[np.ndarray, tuple[str, ...]]:
    """Text -> codes int32 (n,) of the sorted distinct texts; empty text is "" and takes part."""
    words = cleaned(values).fill_null("")
    names = words.unique().sort()
    codes = words.replace_strict(names, pl.Series(range(len(names)), dtype=pl.Int32), return_dtype=pl.Int32)
    return codes.to_numpy(), tuple(names)
