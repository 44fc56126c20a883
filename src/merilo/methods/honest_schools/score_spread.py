"""Spread of the scores of a school: too small for its mean and for what else is known of the same pupils.

A sample variance is about chi-squared, with more degrees of freedom where tails are short and fewer where they are
heavy (Box 1953, Biometrika 40, section 2). Its logarithm is compared with the region's relation of log variance to mean
(floors and ceilings of the test) and, where the pupils' journal marks or earlier scores are known, with the log
variance of these: an intake of equals shows in both.

Without them a selective school cannot be told from one whose weak works were mended, so what selection could do is
allowed for: pupils taken from above some level a of a normal population have a mean higher by h = phi(a) / (1 - Phi(a))
and a variance smaller by the factor 1 - h (h - a) (moments of the truncated normal distribution).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammainc, gammaincc, log_ndtr, polygamma, psi

from merilo.methods.arrays import FloatArray
from merilo.methods.honest_line import fit_honest_line, normal_score
from merilo.methods.honest_schools.participation import score_of_tails
from merilo.methods.intervals import inverse_trigamma

LEAST_FREEDOM = 2.0


@dataclass(frozen=True, slots=True)
class LogVariance:
    """value (J,): unbiased log variance; error (J,): its sampling variance; NaN where there is no spread at all."""

    value: FloatArray
    error: FloatArray


@dataclass(frozen=True, slots=True)
class SpreadShortfall:
    """ratio (J,): SD of the school over the SD expected; lower, upper (J,): 95 % interval from sampling; z (J,):
    positive where the spread is too small; spread: honest SD of log variances between schools.
    """

    ratio: FloatArray
    lower: FloatArray
    upper: FloatArray
    z: FloatArray
    spread: float


def log_variance(n: FloatArray, variance: FloatArray, kurtosis: float = 3.0) -> LogVariance:
    """Of n (J,) pupils, variance (J,) with n - 1; kurtosis of scores about their school's mean (3: normal)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        freedom = 2 / (2 / (n - 1) + (kurtosis - 3) / n)
        known = (n > LEAST_FREEDOM) & (variance > 0) & (freedom > 0)
        half = np.where(known, freedom, np.nan) / 2
        return LogVariance(
            np.log(np.where(known, variance, np.nan)) - psi(half) + np.log(half), polygamma(1, half)
        )


def selection_allowance(excess: FloatArray) -> FloatArray:
    """Fall of the log variance (J,) >= 0 that selection from a normal population explains; excess (J,): the school's
    mean above the population's, in its SDs (at or below 0: none).
    """
    level = np.linspace(-5.0, 6.0, 1101)
    h = np.exp(-(level**2) / 2 - log_ndtr(-level)) / np.sqrt(2 * np.pi)
    fall = -np.log(1 - h * (h - level))
    return np.asarray(np.where(excess > h[0], np.interp(excess, h, fall), 0.0))


def spread_shortfall(
    own: LogVariance,
    covariates: FloatArray,
    reference: LogVariance | None = None,
    common: float = 0.0,
    allowance: FloatArray | None = None,
) -> SpreadShortfall:
    """Compare log variances of scores with what the covariates (J, p; without a constant) imply.

    reference: of another measure of the same pupils; common: correlation of the two sampling errors.
    allowance (J,): shortfall that has an innocent explanation: only what is beyond counts.
    Raises DegenerateDataError with too few schools.
    """
    value, error = own.value, own.error
    if reference is not None:
        value = value - reference.value
        error = error + reference.error - 2 * common * np.sqrt(error * reference.error)
    design = np.column_stack([np.ones(len(value)), covariates])
    line = fit_honest_line(-value, design, error, upwards=False)
    shortfall = -value - line.expected
    beyond = shortfall
    if allowance is not None:
        beyond = np.where(shortfall > 0, np.maximum(shortfall - allowance, 0.0), shortfall)
    # The difference of two log variances is about symmetric; one alone is not.
    z = _skewed_score(beyond, line.se) if reference is None else normal_score(beyond / line.se, line.freedom)
    wide = 1.959964 * np.sqrt(error)
    return SpreadShortfall(
        ratio=np.exp(-shortfall / 2),
        lower=np.exp(-(shortfall + wide) / 2),
        upper=np.exp(-(shortfall - wide) / 2),
        z=np.where(np.isfinite(shortfall), z, np.nan),
        spread=float(np.sqrt(line.tau2)),
    )


def _skewed_score(shortfall: FloatArray, se: FloatArray) -> FloatArray:
    """Normal score of a shortfall of log variance: chi-squared with the freedom that has this standard error."""
    half = np.array([inverse_trigamma(float(v)) if np.isfinite(v) else np.nan for v in se**2])
    # value = log(chi2 / freedom) without its bias; a small value is a large shortfall.
    place = np.exp(-shortfall + psi(half))
    return score_of_tails(gammaincc(half, place), gammainc(half, place))
