"""The three formulas of the official markers (ФИОКО), for all schools at once, from sums and counts.

(a) inflated mean: the school's interval mean ± t s / sqrt(m) lies above the region's; (b) marks against the work:
Spearman's rank correlation below a limit; (c) sharp change of one cohort: a ratio beyond the outer fences of all
schools' ratios (quartile ± 3 interquartile ranges, "far out" of Tukey 1977).

They are computed as printed. Where the print is silent: standard deviations with n - 1; Spearman with ties as Pearson's
correlation of mid-ranks (Kendall 1945); quartiles by linear interpolation (type 7 of Hyndman & Fan 1996).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from merilo.errors import DegenerateDataError
from merilo.methods.arrays import BoolArray, FloatArray, IntArray

# Two-sided 95 %.
_Z = 1.959963984540054
# A variance below this share of the mean square is rounding of equal scores.
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class MeanMarker:
    """Kind (a). mean, lower, upper (J,): the school's interval; region: (mean, lower, upper) of all works together.

    computed (J,): the formula is defined (enough works, scores differ); flagged (J,): lower above the region's upper.
    """

    mean: FloatArray
    lower: FloatArray
    upper: FloatArray
    region: tuple[float, float, float]
    computed: BoolArray
    flagged: BoolArray


def inflated_means(
    n: IntArray, total: FloatArray, square: FloatArray, *, t: float, smallest_n: int
) -> MeanMarker:
    """Kind (a) from works, sums and sums of squares of the score by school, each (J,).

    t: multiplier of the standard error (printed: 1.96). A school with fewer than smallest_n works or with equal
    scores has no interval (NaN) and is not flagged; its works count for the region all the same.
    """
    works = np.asarray(n, dtype=np.float64)
    if not (works.shape == total.shape == square.shape) or (works < 0).any():
        raise DegenerateDataError("Works, sums and squares need one length, works are not negative")
    mean, half = _interval(works, total, square, t)
    lowest, highest = mean - half, mean + half
    region_mean, region_half = _interval(
        works.sum(keepdims=True), total.sum(keepdims=True), square.sum(keepdims=True), t
    )
    computed = np.isfinite(half) & (works >= smallest_n)
    region = (
        float(region_mean[0]),
        float(region_mean[0] - region_half[0]),
        float(region_mean[0] + region_half[0]),
    )
    with np.errstate(invalid="ignore"):
        flagged = computed & (lowest > region[2])
    return MeanMarker(
        mean,
        np.where(computed, lowest, np.nan),
        np.where(computed, highest, np.nan),
        region,
        computed,
        flagged,
    )


@dataclass(frozen=True, slots=True)
class CorrelationMarker:
    """Kind (b). n (J,): works with both values; r, lower, upper (J,): Spearman's correlation and its 95 % limits, NaN
    undefined (limits: also under 4 works or at ±1); flagged (J,): r below the limit.
    """

    n: IntArray
    r: FloatArray
    lower: FloatArray
    upper: FloatArray
    flagged: BoolArray


def rank_correlations(
    org: IntArray,
    left: FloatArray,
    right: FloatArray,
    count: IntArray,
    *,
    n_schools: int,
    limit: float,
    smallest_n: int,
) -> CorrelationMarker:
    """Kind (b) from counts of works by school, left and right value, each (R,), in any order.

    Mid-ranks are counted in half steps, so sums are whole numbers and the sign of r is exact. Limits by Fisher's z with
    the variance (1 + r²/2) / (n - 3) of Bonett & Wright 2000.
    """
    org, count = np.asarray(org, np.int64), np.asarray(count, np.int64)
    n = np.bincount(org, count, minlength=n_schools).astype(np.int64)
    ranks = [_centred_ranks(org, np.asarray(values), count, n) for values in (left, right)]
    cross, one, two = (
        np.bincount(org, count * a * b, minlength=n_schools)
        for a, b in ((ranks[0], ranks[1]), (ranks[0], ranks[0]), (ranks[1], ranks[1]))
    )
    defined = (one > 0) & (two > 0) & (n >= smallest_n)
    with np.errstate(invalid="ignore", divide="ignore"):
        r = np.where(defined, np.clip(cross / (np.sqrt(one) * np.sqrt(two)), -1.0, 1.0), np.nan)
        half = np.where(
            defined & (n > 3) & (np.abs(r) < 1), _Z * np.sqrt((1.0 + r**2 / 2.0) / (n - 3.0)), np.nan
        )
        lower, upper = np.tanh(np.arctanh(r) - half), np.tanh(np.arctanh(r) + half)
        flagged = defined & (r < limit)
    return CorrelationMarker(n, r, lower, upper, flagged)


@dataclass(frozen=True, slots=True)
class ChangeMarker:
    """Kind (c). ratio, lower, upper (J,): earlier over later mean with 95 % limits; fences: (low, high), NaN too few
    schools; fallen, risen (J,): ratio beyond the high, the low fence.
    """

    ratio: FloatArray
    lower: FloatArray
    upper: FloatArray
    fences: tuple[float, float]
    fallen: BoolArray
    risen: BoolArray


def sharp_changes(
    earlier: FloatArray,
    later: FloatArray,
    *,
    earlier_se: FloatArray,
    later_se: FloatArray,
    iqr_multiplier: float,
    smallest_schools: int,
) -> ChangeMarker:
    """Kind (c) from mean shares of the highest score before and after, each (J,), NaN where a school has none.

    Limits on the logarithm, both means taken as independent: the same pupils wrote twice, so they are on the wide side.
    They are no part of the printed formula.
    """
    earlier, later = np.asarray(earlier, np.float64), np.asarray(later, np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where((later > 0) & np.isfinite(earlier), earlier / later, np.nan)
        half = _Z * np.sqrt((earlier_se / earlier) ** 2 + (later_se / later) ** 2)
        lower, upper = ratio * np.exp(-half), ratio * np.exp(half)
    known = ratio[np.isfinite(ratio)]
    if len(known) < smallest_schools:
        nobody = np.zeros(len(ratio), bool)
        return ChangeMarker(ratio, lower, upper, (float("nan"), float("nan")), nobody, nobody)
    first, third = np.percentile(known, [25, 75])
    reach = iqr_multiplier * (third - first)
    low, high = float(first - reach), float(third + reach)
    with np.errstate(invalid="ignore"):
        return ChangeMarker(ratio, lower, upper, (low, high), ratio > high, ratio < low)


def _interval(
    n: FloatArray, total: FloatArray, square: FloatArray, t: float
) -> tuple[FloatArray, FloatArray]:
    """Mean and t s / sqrt(n), NaN where undefined (n < 2, equal scores)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(n > 0, total / n, np.nan)
        variance = (square - total * mean) / (n - 1.0)
        half = t * np.sqrt(np.maximum(variance, 0.0) / n)
        differ = (n > 1) & (variance > _ROUNDING * square / n)
    return mean, np.where(differ, half, np.nan)


def _centred_ranks(org: IntArray, values: FloatArray, count: IntArray, n: IntArray) -> IntArray:
    """Mid-ranks within school, doubled and centred: 2 * rank - (n + 1), whole numbers, one for each of the R rows."""
    order = np.lexsort((values, org))
    new = np.ones(len(order), bool)
    new[1:] = (np.diff(org[order]) != 0) | (np.diff(values[order]) != 0)
    tie = np.cumsum(new) - 1
    tied = np.bincount(tie, count[order]).astype(np.int64)
    school = org[order][new]
    before = np.concatenate([[0], np.cumsum(n)])[school]
    below = np.cumsum(tied) - tied - before
    rank = 2 * below + tied - n[school]
    ranks = np.empty(len(order), np.int64)
    ranks[order] = rank[tie]
    return ranks
