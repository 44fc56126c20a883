"""Intervals for shares and means that hold for small schools.

Shares: Wilson 1927 (Brown, Cai & DasGupta 2001 recommend it for small n); differences of shares: Newcombe
1998, method 10. Means: `clustered_mean` treats the pupils of a school as ones that could have been others,
and its classes as clusters: pupils of one class share a teacher and a marker, so more pupils of the same
class say less than n of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import betainc, digamma, gammaincinv, polygamma
from scipy.stats import norm, t

from merilo.errors import DegenerateDataError
from merilo.methods.arrays import FloatArray, IntArray

# Beyond this many degrees of freedom Student's quantile equals the normal one to 4 digits.
_MANY = 1e6


@dataclass(frozen=True, slots=True)
class ShareInterval:
    """Shares 0..1 with limits, shapes as broadcast; NaN where n is 0."""

    share: FloatArray
    lower: FloatArray
    upper: FloatArray


def wilson_interval(hits: FloatArray, n: FloatArray, confidence: float = 0.95) -> ShareInterval:
    """Score interval for a share: `hits` of `n`, any equal shapes, fractions allowed (weighted or adjusted counts)."""
    hits, n = np.broadcast_arrays(np.asarray(hits, dtype=np.float64), np.asarray(n, dtype=np.float64))
    if (hits < 0).any() or (hits > n).any():
        raise DegenerateDataError("A count must lie between 0 and n")
    z2 = float(norm.ppf(0.5 + confidence / 2.0)) ** 2
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(n > 0, hits / n, np.nan)
        centre = (hits + z2 / 2.0) / (n + z2)
        half = np.sqrt(z2 * (hits * (n - hits) / n + z2 / 4.0)) / (n + z2)
    # At 0 and n the limit is exactly 0 and 1; rounding would leave 1e-17.
    lower = np.where(hits == 0, 0.0, centre - half)
    upper = np.where(hits == n, 1.0, centre + half)
    return ShareInterval(
        share=share, lower=np.where(n > 0, lower, np.nan), upper=np.where(n > 0, upper, np.nan)
    )


def share_difference(
    hits: FloatArray, n: FloatArray, hits_other: FloatArray, n_other: FloatArray, confidence: float = 0.95
) -> ShareInterval:
    """Difference hits/n - hits_other/n_other of independent groups, -1..1, from their Wilson limits (Newcombe)."""
    one = wilson_interval(hits, n, confidence)
    two = wilson_interval(hits_other, n_other, confidence)
    difference = one.share - two.share
    return ShareInterval(
        share=difference,
        lower=difference - np.hypot(one.share - one.lower, two.upper - two.share),
        upper=difference + np.hypot(one.upper - one.share, two.share - two.lower),
    )


def binomial_tail(hits: FloatArray, n: FloatArray, share: FloatArray, *, mid: bool = True) -> FloatArray:
    """P(count >= hits) of `n` independent pupils with true `share`; `mid` (Lancaster 1961) halves P(count = hits)."""
    hits, n, share = (np.asarray(a, dtype=np.float64) for a in (hits, n, share))

    def at_least(k: FloatArray) -> FloatArray:
        inside = betainc(np.maximum(k, 1e-300), np.maximum(n - k + 1.0, 1e-300), share)
        return np.asarray(np.where(k <= 0, 1.0, np.where(k > n, 0.0, inside)))

    tail = at_least(hits)
    return 0.5 * (tail + at_least(hits + 1.0)) if mid else tail


@dataclass(frozen=True, slots=True)
class ClusteredMean:
    """Means of schools (J,) in units of y; NaN where nothing can be said."""

    n: FloatArray  # pupils
    n_classes: FloatArray
    mean: FloatArray  # per pupil, not per class
    se: FloatArray
    freedom: FloatArray  # Satterthwaite's degrees of freedom of se
    lower: FloatArray
    upper: FloatArray
    class_variance: float  # between classes of one school, pooled; 0 if unknown
    class_variance_known: bool  # False: cannot be estimated (no school has two classes); se then ignores it
    pupil_variance: float  # within classes, pooled
    n_effective: FloatArray  # pupils of a simple random sample that would give the same se


def clustered_mean(
    class_n: FloatArray,
    class_sum: FloatArray,
    class_sum_squares: FloatArray,
    school: IntArray,
    n_schools: int,
    *,
    class_variance: float | None = None,
    least_freedom: int = 1,
    confidence: float = 0.95,
) -> ClusteredMean:
    """Mean per school with a standard error that counts classes as clusters. Input per class: (C,) sums of y.

    se^2 = class_variance * sum(n_c^2)/N^2 + s^2/N. A school has 1-4 classes, too few for its own class
    variance, so it is pooled over schools by analysis of variance (unbalanced nested, Searle et al. 1992,
    ch. 3); one class alone then still carries its class's uncertainty. s^2 is the school's own within-class
    variance, moderated towards the pooled one (Smyth 2004), so that three pupils who chance to agree do not
    get a zero error. Student's t with Satterthwaite's degrees of freedom. With fewer than
    `least_freedom` classes beyond the first of each school the class variance counts as unknown. It may be given
    from outside where no school has two classes. Classes formed by ability (streams) differ more than chance
    would have it: they raise the pooled class variance and widen everyone's interval.
    """
    n, sums, squares = (np.asarray(a, dtype=np.float64) for a in (class_n, class_sum, class_sum_squares))
    filled = n > 0
    n, sums, squares, school = n[filled], sums[filled], squares[filled], np.asarray(school)[filled]

    def per_school(values: FloatArray) -> FloatArray:
        return np.bincount(school, weights=values, minlength=n_schools).astype(np.float64)

    N, C = per_school(n), np.bincount(school, minlength=n_schools).astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = per_school(sums) / N
        concentration = per_school(n**2) / N
    # (n*squares - sums^2)/n is exact for whole scores, however large their mean.
    inside = np.maximum((n * squares - sums**2) / n, 0.0)
    freedom = per_school(n - 1.0)
    own = per_school(inside)
    moderated, prior_freedom, pooled = moderate_variances(own, freedom)
    between_freedom = float(np.maximum(C - 1.0, 0.0).sum())
    known = class_variance is not None or (
        between_freedom >= max(least_freedom, 1) and bool(np.isfinite(pooled))
    )
    noise = 0.0
    if class_variance is None and known:
        # Expected square between classes: pooled + per_class * class_variance (Searle et al. 1992, ch. 3.6).
        per_class = float((N - concentration)[C > 1].sum()) / between_freedom
        square = float((n * (sums / n - mean[school]) ** 2).sum()) / between_freedom
        class_variance = max(0.0, (square - pooled) / per_class)
        noise = (square / per_class) ** 2 / between_freedom
    class_variance = class_variance or 0.0
    with np.errstate(invalid="ignore", divide="ignore"):
        from_pupils = moderated / N
        variance = class_variance * concentration / N + from_pupils
        parts = from_pupils**2 / (freedom + prior_freedom) + noise * (concentration / N) ** 2
        satterthwaite = np.clip(variance**2 / parts, 1.0, _MANY)
        se = np.sqrt(variance)
        wide = t.ppf(0.5 + confidence / 2.0, satterthwaite) * se
        n_effective = (class_variance + moderated) / variance
    return ClusteredMean(
        n=N,
        n_classes=C,
        mean=mean,
        se=se,
        freedom=satterthwaite,
        lower=mean - wide,
        upper=mean + wide,
        class_variance=class_variance,
        class_variance_known=known,
        pupil_variance=pooled,
        n_effective=n_effective,
    )


def moderate_variances(squares: FloatArray, freedom: FloatArray) -> tuple[FloatArray, float, float]:
    """Variances of groups pulled to their common value: (moderated (J,), prior degrees of freedom, pooled).

    `squares` (J,) sums of squares about the mean with `freedom` (J,). True variances are taken as scaled
    inverse chi-squared over groups; its two parameters come from the mean and variance of log variances
    (Smyth 2004, section 6.2). No spread beyond sampling gives the pooled variance to all.
    """
    if freedom.sum() <= 0:
        return np.full(len(squares), np.nan), 0.0, float("nan")
    pooled = float(squares.sum() / freedom.sum())
    # Below 3 degrees of freedom a variance may be exactly 0 by the coarseness of marks: no logarithm.
    usable = (freedom >= 3) & (squares > 0)
    if pooled == 0 or usable.sum() < 3:
        return np.full(len(squares), pooled), _MANY, pooled
    half = freedom[usable] / 2.0
    logs = np.log(squares[usable] / freedom[usable]) - digamma(half) + np.log(half)
    extra = float(np.var(logs, ddof=1) - polygamma(1, half).mean())
    if extra <= 2.0 / _MANY:
        return np.full(len(squares), pooled), _MANY, pooled
    half_prior = inverse_trigamma(extra)
    common = float(np.exp(logs.mean() + digamma(half_prior) - np.log(half_prior)))
    prior = 2.0 * half_prior
    return (prior * common + squares) / (prior + freedom), prior, pooled


def inverse_trigamma(value: float) -> float:
    """The x > 0 with trigamma(x) = value, by Newton on 1/trigamma (nearly linear; Smyth 2004, appendix)."""
    x = 0.5 + 1.0 / value
    for _ in range(50):
        trigamma = float(polygamma(1, x))
        step = trigamma * (1.0 - trigamma / value) / float(polygamma(2, x))
        x += step
        if abs(step) < 1e-12 * x:
            break
    return x


def pooled_means(
    group: IntArray,
    estimate: FloatArray,
    lower: FloatArray,
    upper: FloatArray,
    weight: FloatArray,
    groups: int,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Weighted means of independent estimates by group, with limits recovered from theirs (G,) each; NaN for none.

    group (R,) numbers from 0, estimate with limits (R,), weight (R,) > 0. The variance of each estimate is taken from
    its own limit on either side, so that lopsided intervals stay so: MOVER, Zou & Donner 2008, Statistics in Medicine
    27. Rows without a finite estimate or limit are left out.
    """
    told = np.isfinite(estimate) & np.isfinite(lower) & np.isfinite(upper) & (weight > 0)
    group = group[told]
    estimate, lower, upper, weight = (a[told] for a in (estimate, lower, upper, weight))
    total = np.bincount(group, weight, minlength=groups)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(total > 0, np.bincount(group, weight * estimate, minlength=groups) / total, np.nan)
        below = np.sqrt(np.bincount(group, (weight * (estimate - lower)) ** 2, minlength=groups)) / total
        above = np.sqrt(np.bincount(group, (weight * (upper - estimate)) ** 2, minlength=groups)) / total
    return mean, mean - below, mean + above


def count_ratio(count: FloatArray, expected: FloatArray, confidence: float = 0.95) -> ShareInterval:
    """Poisson counts over what was expected of them, with exact limits: Garwood 1936, Biometrika 28. NaN where 0 is.

    `expected` counts as known; equal shapes.
    """
    count, expected = (np.asarray(a, dtype=np.float64) for a in (count, expected))
    if (count < 0).any() or (expected < 0).any():
        raise DegenerateDataError("A count must not be negative")
    tail = (1.0 - confidence) / 2.0
    low = np.where(count > 0, gammaincinv(np.maximum(count, 1e-300), tail), 0.0)
    high = gammaincinv(count + 1.0, 1.0 - tail)
    known = np.where(expected > 0, expected, np.nan)
    return ShareInterval(share=count / known, lower=low / known, upper=high / known)
