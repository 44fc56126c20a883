"""Classical item statistics and reliability, from counts alone.

The arguments are the fields of the score cells: a cell is a raw score within one pattern of administered
items.

max_points    (I,)    highest points of each item, >= 1
patterns      (P, I)  True where the item was administered
cell_pattern  (C,)    row of `patterns`
cell_score    (C,)    raw score over the administered items, points
cell_n        (C,)    works in the cell
points        (C, K)  works of the cell with x points on item i, column offset[i] + x, K = sum(max_points + 1)

Every moment that follows is exact, not an approximation from grouped data: within a cell the raw score is one
number, so sum(x * raw score) needs only these counts. Covariances of two items are not in them, nor needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.special import fdtri

from merilo.methods.arrays import BoolArray, FloatArray, IntArray

MIN_WORKS = 3


class Cells(Protocol):
    """What is read here: `merilo.methods.irt` ScoreCells or anything with these fields (see the module)."""

    @property
    def max_points(self) -> IntArray: ...  # noqa: D102
    @property
    def patterns(self) -> BoolArray: ...  # noqa: D102
    @property
    def cell_pattern(self) -> IntArray: ...  # noqa: D102
    @property
    def cell_score(self) -> IntArray: ...  # noqa: D102
    @property
    def cell_n(self) -> IntArray: ...  # noqa: D102
    @property
    def points(self) -> IntArray: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class ItemStatistics:
    """Items, in their order.

    n                  (I,)  works in which the item was administered
    not_administered_n (I,)  works in which it was not
    mean_share         (I,)  0-1, mean points over the highest points
    mean_share_se      (I,)  its standard error for independent works
    sd                 (I,)  standard deviation, points, n - 1
    item_rest          (I,)  correlation of the item with the raw score without it, -1 to 1, over the works
    where it was
                             administered; with several patterns both are taken from the mean of their
                             pattern, so that a harder variant does not pass for discrimination
    reason             (I,)  "" or why item_rest is NaN: "not_administered", "too_few_works",
    "all_same_points",
                             "all_same_rest"
    """

    n: IntArray
    not_administered_n: IntArray
    mean_share: FloatArray
    mean_share_se: FloatArray
    sd: FloatArray
    item_rest: FloatArray
    reason: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TestStatistics:
    """The test as a whole, one entry per pattern of administered items, in the order given.

    n           (P,)  works
    n_items     (P,)  items administered
    mean        (P,)  raw score, points
    sd          (P,)  standard deviation of the raw score, points, n - 1
    alpha       (P,)  Cronbach's alpha of the pattern's items
    alpha_se    (P,)  standard error: (1 - alpha) sqrt(2 k / ((k - 1)(n - 2))) (Bonett 2002; parallel items,
    normal scores) alpha_lower (P,)  interval of the asked level from the F distribution (Feldt 1965)
    alpha_upper (P,) sem         (P,)  standard error of measurement, points: sd sqrt(1 - alpha) reason
    (P,)  "" or why alpha is NaN: "no_works", "too_few_works", "one_item", "all_same_score" largest
    pattern with the most works: the one to quote where one alpha is wanted
    """

    n: IntArray
    n_items: IntArray
    mean: FloatArray
    sd: FloatArray
    alpha: FloatArray
    alpha_se: FloatArray
    alpha_lower: FloatArray
    alpha_upper: FloatArray
    sem: FloatArray
    reason: tuple[str, ...]
    largest: int


@dataclass(frozen=True, slots=True)
class ItemCurves:
    """Mean share of every item by raw score, within one pattern of administered items.

    score   (S,)    raw scores 0 ... highest possible, points
    n       (S,)    works with the score
    share   (I, S)  0-1, mean share of the item; NaN where nobody has the score or the item was not
    administered se      (I, S)  its standard error; NaN under two works pattern         row of `patterns`
    """

    score: IntArray
    n: IntArray
    share: FloatArray
    se: FloatArray
    pattern: int


def describe_items(cells: Cells) -> ItemStatistics:
    """Mean share, spread and item-rest correlation of every item (Lord & Novick 1968, ch. 15)."""
    sums = _PatternSums.of(cells)
    n = sums.n_item.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = sums.x.sum(axis=0) / n
        variance = np.maximum(sums.xx.sum(axis=0) - n * mean**2, 0.0) / (n - 1)
    variance = np.where(n > 1, variance, np.nan)
    item_rest, reason = _item_rest(sums, n)
    return ItemStatistics(
        n.astype(np.int64),
        (int(np.asarray(cells.cell_n).sum()) - n).astype(np.int64),
        mean / cells.max_points,
        np.sqrt(variance / np.maximum(n, 1)) / cells.max_points,
        np.sqrt(variance),
        item_rest,
        reason,
    )


def describe_test(cells: Cells, *, level: float = 0.95) -> TestStatistics:
    """Mean, spread, alpha and SEM of every pattern (Cronbach 1951); patterns are never pooled into one
    alpha.
    """
    sums = _PatternSums.of(cells)
    patterns = np.asarray(cells.patterns, dtype=bool)
    n, k = sums.n, patterns.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = sums.r / n
        total = np.where(n > 1, np.maximum(sums.rr - n * mean**2, 0.0) / (n - 1), np.nan)
        items = np.maximum(sums.xx - sums.x**2 / n[:, None], 0.0) / (n - 1)[:, None]
        item_sum = np.where(patterns, items, 0.0).sum(axis=1)
        alpha = k / (k - 1) * (1 - item_sum / total)
    reason = tuple(_why_no_alpha(float(n[p]), int(k[p]), float(total[p])) for p in range(len(n)))
    alpha = np.where(np.array([code == "" for code in reason]), alpha, np.nan)
    lower, upper = _feldt_interval(alpha, n, k, level)
    with np.errstate(invalid="ignore", divide="ignore"):
        alpha_se = (1 - alpha) * np.sqrt(2 * k / ((k - 1) * (n - 2)))
    return TestStatistics(
        n.astype(np.int64),
        k.astype(np.int64),
        mean,
        np.sqrt(total),
        alpha,
        alpha_se,
        lower,
        upper,
        # alpha may be negative, never above 1
        np.sqrt(total * (1 - alpha)),
        reason,
        int(np.argmax(n)),
    )


def item_curves(cells: Cells, *, pattern: int | None = None) -> ItemCurves:
    """Mean share of each item by raw score: the picture on which an item's behaviour is read.

    pattern: row of `patterns`; the largest one by default.
    """
    max_points = np.asarray(cells.max_points)
    if pattern is None:
        works = np.bincount(cells.cell_pattern, cells.cell_n, minlength=len(cells.patterns))
        pattern = int(np.argmax(works))
    administered = np.asarray(cells.patterns, dtype=bool)[pattern]
    score = np.arange(int(max_points[administered].sum()) + 1)
    here = np.asarray(cells.cell_pattern) == pattern
    counts = np.zeros((len(score), int((max_points + 1).sum())))
    np.add.at(counts, np.asarray(cells.cell_score)[here], np.asarray(cells.points)[here])
    n = np.bincount(np.asarray(cells.cell_score)[here], np.asarray(cells.cell_n)[here], minlength=len(score))
    per_point, item = _points_of_columns(max_points)
    x, xx = _by_item(counts * per_point, item), _by_item(counts * per_point**2, item)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = x / n[:, None]
        variance = np.maximum(xx - n[:, None] * mean**2, 0.0) / (n - 1)[:, None]
        se = np.where(n[:, None] > 1, np.sqrt(variance / n[:, None]), np.nan)
    blank = np.where(administered, 1.0, np.nan) / max_points
    return ItemCurves(score, n.astype(np.int64), (mean * blank).T, (se * blank).T, pattern)


@dataclass(frozen=True, slots=True)
class _PatternSums:
    """Sums over works: n, r, rr (P,) of the raw score r; n_item, x, xx, xr (P, I) of the item's points x."""

    n: FloatArray
    r: FloatArray
    rr: FloatArray
    n_item: FloatArray
    x: FloatArray
    xx: FloatArray
    xr: FloatArray

    @classmethod
    def of(cls, cells: Cells) -> _PatternSums:
        n_patterns, score = len(cells.patterns), np.asarray(cells.cell_score, dtype=np.float64)
        works = np.asarray(cells.cell_n, dtype=np.float64)
        per_point, item = _points_of_columns(np.asarray(cells.max_points))
        counts = np.asarray(cells.points, dtype=np.float64)

        def gather(per_cell: FloatArray) -> FloatArray:
            sums = np.zeros((n_patterns, *per_cell.shape[1:]))
            np.add.at(sums, np.asarray(cells.cell_pattern), per_cell)
            return sums

        x = _by_item(counts * per_point, item)
        return cls(
            gather(works),
            gather(works * score),
            gather(works * score**2),
            gather(_by_item(counts, item)),
            gather(x),
            gather(_by_item(counts * per_point**2, item)),
            gather(x * score[:, None]),
        )


def _points_of_columns(max_points: IntArray) -> tuple[FloatArray, IntArray]:
    """Points that each column of `points` stands for (K,), and the first column of each item (I,)."""
    width = max_points + 1
    first = np.cumsum(width) - width
    return (np.arange(int(width.sum())) - np.repeat(first, width)).astype(np.float64), first.astype(np.int64)


def _by_item(columns: FloatArray, first: IntArray) -> FloatArray:
    sums: FloatArray = np.add.reduceat(columns, first, axis=1)
    return sums


def _item_rest(sums: _PatternSums, n: FloatArray) -> tuple[FloatArray, tuple[str, ...]]:
    """Correlation with the rest from sums of squares about the mean of each pattern."""
    here = sums.n_item > 0
    with np.errstate(invalid="ignore", divide="ignore"):
        share = 1 / sums.n_item
        r, rr = sums.r[:, None], sums.rr[:, None]
        xx = np.where(here, sums.xx - sums.x**2 * share, 0.0).sum(axis=0)
        xr = np.where(here, sums.xr - sums.x * r * share, 0.0).sum(axis=0)
        raw = np.where(here, rr - r**2 * share, 0.0).sum(axis=0)
        rest = raw - 2 * xr + xx
        # sums of whole numbers: what is left of rounding is below any true sum of squares
        nothing = 1e-9 * (1 + np.where(here, rr, 0.0).sum(axis=0))
        correlation = (xr - xx) / np.sqrt(xx * rest)
    codes = np.select(
        [n == 0, n < MIN_WORKS, xx <= nothing, rest <= nothing],
        ["not_administered", "too_few_works", "all_same_points", "all_same_rest"],
        default="",
    )
    return np.where(codes == "", np.clip(correlation, -1.0, 1.0), np.nan), tuple(str(code) for code in codes)


def _why_no_alpha(n: float, k: int, variance: float) -> str:
    if n == 0:
        return "no_works"
    if n < MIN_WORKS:
        return "too_few_works"
    if k < 2:
        return "one_item"
    return "all_same_score" if not variance > 0 else ""


def _feldt_interval(
    alpha: FloatArray, n: FloatArray, k: IntArray, level: float
) -> tuple[FloatArray, FloatArray]:
    """Interval of alpha (P,): (1 - alpha) / (1 - alpha hat) is F with n - 1 and (n - 1)(k - 1) degrees of
    freedom.
    """
    tail = (1 - level) / 2
    d1, d2 = np.maximum(n - 1, 1), np.maximum((n - 1) * (k - 1), 1)
    return 1 - (1 - alpha) * fdtri(d1, d2, 1 - tail), 1 - (1 - alpha) * fdtri(d1, d2, tail)
