"""Growth percentiles of a school: mean and median with standard errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import betainc

from merilo.errors import DegenerateDataError
from merilo.methods.arrays import FloatArray, IntArray
from merilo.methods.intervals import moderate_variances

# From this number of pupils on the median's error is read off the school's own percentiles.
OWN_MEDIAN_PUPILS = 10


@dataclass(frozen=True, slots=True)
class SchoolGrowth:
    """Growth of J schools, percentile points (50 = as elsewhere from the same start; higher is better).

    n               (J,)  pupils with a growth percentile
    mean            (J,)  mean growth percentile; NaN where n = 0
    se_mean         (J,)  its standard error
    median          (J,)  median growth percentile; NaN where n = 0
    se_median       (J,)  its standard error
    class_variance        variance between classes of a school, points squared; 0 where classes were not
    given, NaN where no
                          school has two of them (then the errors are those without classes)
    pupil_variance        variance between pupils of a class (of a school, without classes), points squared
    """

    n: IntArray
    mean: FloatArray
    se_mean: FloatArray
    median: FloatArray
    se_median: FloatArray
    class_variance: float
    pupil_variance: float


def summarise_schools(
    rank: FloatArray, school: IntArray, *, n_schools: int, classroom: IntArray | None = None
) -> SchoolGrowth:
    """Mean and median growth percentile of every school.

    rank (n,) `GrowthPercentiles.rank`; school (n,) 0 ... n_schools - 1; classroom (n,) integers, distinct
    within a school.

    se_mean = s / sqrt(n), s^2 the school's variance moderated by that of all schools (Smyth 2004), so that three
    chance-alike pupils do not look exact. se_median is Maritz & Jarrett's (1978): the limit of the bootstrap,
    without drawing; under 10 pupils the large-sample value for evenly spread percentiles, sqrt(3) se_mean. With
    classes both grow by the design effect of the variance between classes, estimated over all schools (ANOVA;
    one school's two classes cannot tell it).
    """
    rank = np.asarray(rank, dtype=np.float64)
    _check(rank, school, n_schools)
    n = np.bincount(school, minlength=n_schools).astype(np.int64)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(school, rank, minlength=n_schools) / n
    squares: FloatArray = np.bincount(school, weights=(rank - mean[school]) ** 2, minlength=n_schools).astype(
        np.float64
    )
    spread, _, pooled = moderate_variances(squares, np.maximum(n - 1, 0).astype(np.float64))
    effect, class_variance, pupil_variance = _design_effect(rank, school, classroom, n, squares, pooled)
    with np.errstate(divide="ignore", invalid="ignore"):
        se_plain = np.where(n > 0, np.sqrt(spread / n), np.nan)
    median, own = _medians(rank, school, n)
    se_median = np.where(n >= OWN_MEDIAN_PUPILS, own, np.sqrt(3.0) * se_plain)
    return SchoolGrowth(
        n,
        mean,
        se_plain * np.sqrt(effect),
        median,
        se_median * np.sqrt(effect),
        class_variance,
        pupil_variance,
    )


def _check(rank: FloatArray, school: IntArray, n_schools: int) -> None:
    if rank.shape != school.shape:
        raise ValueError(f"rank {rank.shape} and school {school.shape} must have one entry per pupil")
    if len(rank) and not 0 <= int(school.min()) <= int(school.max()) < n_schools:
        raise ValueError(f"school numbers must lie between 0 and {n_schools - 1}")
    if not np.isfinite(rank).all():
        raise DegenerateDataError(
            "A school's growth is made of pupils who have a growth percentile",
            next_step="Leave out pupils without one.",
        )


def _medians(rank: FloatArray, school: IntArray, n: IntArray) -> tuple[FloatArray, FloatArray]:
    """Medians (J,) and Maritz-Jarrett standard errors (J,); NaN where there is nobody.

    The r-th of n ordered values is the bootstrap's median with probability B(r/n) - B((r-1)/n), B the
    distribution of Beta((n+1)/2, (n+1)/2).
    """
    order = np.lexsort((rank, school))
    ordered, home = rank[order], school[order]
    first = np.cumsum(n) - n
    filled = np.flatnonzero(n)
    median = np.full(len(n), np.nan)
    low, high = first[filled] + (n[filled] - 1) // 2, first[filled] + n[filled] // 2
    median[filled] = (ordered[low] + ordered[high]) / 2
    place = np.arange(len(rank)) - first[home]
    half = (n[home] + 1) / 2
    chance = betainc(half, half, (place + 1) / n[home]) - betainc(half, half, place / n[home])
    centred = ordered - median[home]
    first_moment = np.bincount(home, chance * centred, minlength=len(n))
    second_moment = np.bincount(home, chance * centred**2, minlength=len(n))
    se = np.sqrt(np.maximum(second_moment - first_moment**2, 0.0))
    return median, np.where(n > 0, se, np.nan)


def _design_effect(
    rank: FloatArray,
    school: IntArray,
    classroom: IntArray | None,
    n: IntArray,
    squares: FloatArray,
    pooled: float,
) -> tuple[FloatArray, float, float]:
    """Factor (J,) on the squared standard error, variance between classes, variance within them."""
    if classroom is None or len(rank) == 0:
        return np.ones(len(n)), 0.0, pooled
    pairs, group = np.unique(np.column_stack([school, classroom]), axis=0, return_inverse=True)
    home, size = pairs[:, 0], np.bincount(group)
    class_mean = np.bincount(group, rank) / size
    within = float(((rank - class_mean[group]) ** 2).sum())
    between = float(squares.sum()) - within
    classes, schools = len(size), int(np.count_nonzero(n))
    pupil_variance = _ratio(within, len(rank) - classes)
    squared_sizes = np.bincount(home, size.astype(np.float64) ** 2, minlength=len(n))
    filled = n > 0
    effective = len(rank) - float((squared_sizes[filled] / n[filled]).sum())
    class_variance = max(_ratio(between - (classes - schools) * pupil_variance, effective), 0.0)
    if not np.isfinite(class_variance):
        # one class in every school: its effect is the school's, and nothing tells them apart
        return np.ones(len(n)), float("nan"), pupil_variance
    # against sd/sqrt(n) from pupils about the *school* mean, whose expectation holds most of the class
    # variance too
    share = _ratio(class_variance, class_variance + pupil_variance)
    with np.errstate(invalid="ignore", divide="ignore"):
        crowding = squared_sizes / n
    return np.where(filled, 1 + (crowding - 1) * share, 1.0), class_variance, pupil_variance


def _ratio(above: float, below: float) -> float:
    return above / below if below > 0 else float("nan")
