"""A school's mean against another mean of the same school: how far the two part, among honest schools.

Two means per school (mark of the work and journal mark; this year and last year; score and prior attainment), both with
sampling error, and both with an honest error of the school: the work suits it or not, its journal is generous or not,
last year's work suited it or not. Regression of y on x would count such errors of x to the school's true level and
bend down the line: then truly strong schools lie above it. So the line has errors in both means (Deming; Warton et al.
2006, Biological Reviews 81, sections 4-5): of two tests neither is privileged, which makes it the reduced major axis,
slope = ratio of the SDs; of a test and journal marks these hold more that is the school's own. The difference
y - slope * x is then free of the school's level, its sampling variance is known, and its honest spread is estimated
robustly (honest_line). Where the two means hardly go together such a line means nothing: its slope is then at most
twice that of the regression.

`regression` keeps the other view: what x implies for y with regression to the mean, school by school as far as x is
chance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from merilo.errors import DegenerateDataError
from merilo.methods.arrays import FloatArray
from merilo.methods.honest_line import HonestLine, fit_honest_line
from merilo.methods.shrinkage import reml

LEAST_SCHOOLS = 8
LEAST_CORRELATION = 0.5
STEPS = 30
TOLERANCE = 1e-4


@dataclass(frozen=True, slots=True)
class PairedMeans:
    """shift (J,): y beyond the line, unit of y; lower, upper (J,): its 95 % interval from sampling alone (how far this
    school lies off, not whether honest schools do); z (J,): shift in SDs of honest schools, sampling included;
    slope; correlation between true means; spread: SD of honest schools about the line, unit of y; n schools.
    """

    shift: FloatArray
    lower: FloatArray
    upper: FloatArray
    z: FloatArray
    slope: float
    correlation: float
    spread: float
    n: int


def compare_means(
    y: FloatArray,
    x: FloatArray,
    var_y: FloatArray,
    var_x: FloatArray,
    cov: FloatArray,
    *,
    error_ratio: float = 1.0,
    regression: bool = False,
) -> PairedMeans:
    """y, x (J,) means; var_y, var_x, cov (J,) of their sampling errors (cov 0 for different pupils); NaN: left out.
    error_ratio: variance of the school's own error in Y over that in X, both in units of Y.

    Raises DegenerateDataError under 8 schools or where the x do not differ.
    """
    y, x, var_y, var_x, cov = (np.asarray(a, dtype=np.float64) for a in (y, x, var_y, var_x, cov))
    used = np.isfinite(y + x + var_y + var_x + cov)
    if used.sum() < LEAST_SCHOOLS or np.ptp(x[used]) == 0:
        raise DegenerateDataError(
            "Too few schools to tell how honest schools differ",
            value=int(used.sum()),
            next_step="Compare with more schools.",
        )
    x_var = reml(x[used], var_x[used])
    line, shift, noise, slope = _regress(y, x, (var_y, var_x, cov), x_var, used)
    explained = slope**2 * x_var
    total = explained + line.tau2
    correlation = float(np.sign(slope) * np.sqrt(explained / total)) if total > 0 else 0.0
    if not regression:
        slope = _structural(slope, line.tau2 / x_var if x_var > 0 else 0.0, error_ratio)
        noise = np.maximum(var_y + slope**2 * var_x - 2 * slope * cov, 0.0)
        line = fit_honest_line(y - slope * x, np.ones((len(y), 1)), noise)
        shift = y - slope * x - line.expected
    wide = -float(ndtri(0.025)) * np.sqrt(noise)
    return PairedMeans(
        shift=np.where(used, shift, np.nan),
        lower=np.where(used, shift - wide, np.nan),
        upper=np.where(used, shift + wide, np.nan),
        z=line.z,
        slope=slope,
        correlation=correlation,
        spread=float(np.sqrt(line.tau2)),
        n=line.n,
    )


def _structural(slope: float, rest: float, error_ratio: float) -> float:
    """Slope between the true levels. slope: of the regression; rest: tau2 over the variance of X.

    var X = A + e, cov = s A, var Y = s^2 A + error_ratio s^2 e, solved for s.
    """
    size, lam = abs(slope), error_ratio
    root = np.sqrt(((1 - lam) * size) ** 2 + 4 * lam * (size**2 + rest))
    steep = (root - (1 - lam) * size) / (2 * lam)
    return float(np.copysign(min(steep, size / LEAST_CORRELATION), slope))


def _regress(
    y: FloatArray,
    x: FloatArray,
    errors: tuple[FloatArray, FloatArray, FloatArray],
    x_var: float,
    used: np.ndarray,
) -> tuple[HonestLine, FloatArray, FloatArray, float]:
    """E(y | x) = a + (slope * x_var + cov) / (x_var + var_x) * (x - middle); the slope enters the noise, so iterate."""
    var_y, var_x, cov = errors
    total_x = x_var + var_x
    middle = float(np.average(x[used], weights=1 / np.maximum(total_x[used], 1e-300)))
    known = cov / total_x * (x - middle)
    design = np.stack([np.ones(len(x)), x_var / total_x * (x - middle)], axis=1)
    slope = 1.0
    for _step in range(STEPS):
        # What the regression on x leaves of the sampling error of y and of the error in X.
        noise = np.maximum(var_y + slope**2 * x_var - (slope * x_var + cov) ** 2 / total_x, 0.0)
        line = fit_honest_line(y - known, design, noise)
        new = float(line.beta[1]) if x_var > 0 else 0.0
        done = abs(new - slope) < TOLERANCE * (1 + abs(new))
        slope = new
        if done:
            break
    return line, y - known - line.expected, noise, slope


def within_index(
    cross: FloatArray,
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, tuple[float, float, float]]:
    """Several predictors made one: the index that predicts y best among pupils of the same school.

    cross (J, p+2, p+2): cross-products of [1, predictors, y] by school. Returns mean of y and of the index (J,), slopes
    (p,), n (J,), and the pooled within-school (variance of the index, covariance, variance of y); NaN means without
    pupils.
    """
    n = cross[:, 0, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        means = cross[:, 0, 1:] / n[:, None]
    about = cross[:, 1:, 1:] - np.nan_to_num(n[:, None, None] * means[:, :, None] * means[:, None, :])
    pooled = about.sum(axis=0) / max(float(np.maximum(n - 1, 0.0).sum()), 1.0)
    slopes = np.linalg.pinv(pooled[:-1, :-1], hermitian=True) @ pooled[:-1, -1]
    index = means[:, :-1] @ slopes
    return (
        means[:, -1],
        index,
        slopes,
        n,
        (float(slopes @ pooled[:-1, :-1] @ slopes), float(slopes @ pooled[:-1, -1]), float(pooled[-1, -1])),
    )


# Correlations of one pupil's scores in two years that are tried, and what is known of them beforehand.
CORRELATIONS = np.arange(0.0, 0.9, 0.2)
TYPICAL_CORRELATION, CORRELATION_SD = 0.6, 0.2


def compare_cohorts(
    y: FloatArray, x: FloatArray, var_y: FloatArray, var_x: FloatArray, overlap: FloatArray
) -> PairedMeans:
    """compare_means of a cohort's two means whose pupils are not linked: how alike the sampling errors are is learnt.

    overlap (J,): correlation of the two sampling errors in units of that of a pupil's two scores (1: the same pupils).
    That one is chosen by the likelihood of small and large schools' differences, about 0.6 beforehand (the fits are of
    one difference y - slope * x, so that their likelihoods can be compared).
    """
    first = compare_means(y, x, var_y, var_x, TYPICAL_CORRELATION * overlap * np.sqrt(var_y * var_x))
    difference = y - first.slope * x
    best, highest = TYPICAL_CORRELATION, -np.inf
    for correlation in CORRELATIONS:
        cov = correlation * overlap * np.sqrt(var_y * var_x)
        noise = np.maximum(var_y + first.slope**2 * var_x - 2 * first.slope * cov, 0.0)
        line = fit_honest_line(difference, np.ones((len(y), 1)), noise)
        ratio = (difference - line.expected) / np.sqrt(line.tau2 + noise)
        used = np.isfinite(ratio)
        density = (0.95 * np.exp(-(ratio**2) / 2) + 0.05 / 3 * np.exp(-(ratio**2) / 18))[used]
        likelihood = float((np.log(density) - 0.5 * np.log((line.tau2 + noise)[used])).sum())
        likelihood -= 0.5 * ((correlation - TYPICAL_CORRELATION) / CORRELATION_SD) ** 2
        if likelihood > highest:
            best, highest = float(correlation), likelihood
    return compare_means(y, x, var_y, var_x, best * overlap * np.sqrt(var_y * var_x))
