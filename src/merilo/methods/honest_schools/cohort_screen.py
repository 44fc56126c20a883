"""A cohort's mean this year against its mean last year: a newspaper's screen, column by column.

Atlanta Journal-Constitution, «Cheating our children» (2012), method as published with its data: within one state,
subject, year group and year, weighted least squares of this year's school means on last year's, weights n1 + n2; the
externally studentised residual as Student's t with min(n1, n2) - 1 degrees of freedom, two-sided; then a binomial test
of the number of flags of a district. Weights n1 + n2 leave out that large schools differ honestly too, so large cohorts
are flagged too often, and small ones hardly ever: 9.2 % over 100 pupils, 0.8 % under 25 (its own data of New Mexico).
paired_means.compare_cohorts is our version.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import binom
from scipy.stats import t as student

from merilo.errors import DegenerateDataError
from merilo.methods.arrays import BoolArray, FloatArray

LEAST_COHORTS = 4


@dataclass(frozen=True, slots=True)
class CohortScreen:
    """predicted (J,): mean this year by last year's; resid_z, resid_t (J,): internally and externally studentised
    residuals; tprob (J,): two-sided p-value, NaN where min(n1, n2) < 2.
    """

    predicted: FloatArray
    resid_z: FloatArray
    resid_t: FloatArray
    tprob: FloatArray


def screen_cohorts(before: FloatArray, after: FloatArray, n1: FloatArray, n2: FloatArray) -> CohortScreen:
    """Means of the same cohorts last year and this (J,), pupils then and now (J,).

    Raises DegenerateDataError under 4 cohorts or where last year's means do not differ.
    """
    before, after, n1, n2 = (np.asarray(a, dtype=np.float64) for a in (before, after, n1, n2))
    if len(before) < LEAST_COHORTS or np.ptp(before) == 0:
        raise DegenerateDataError(
            "Too few schools to tell how honest schools differ",
            value=len(before),
            next_step="Compare with more schools.",
        )
    weight = n1 + n2
    design = np.column_stack([np.ones(len(before)), before - np.average(before, weights=weight)])
    cov = np.linalg.inv(design.T @ (design * weight[:, None]))
    predicted = design @ (cov @ (design.T @ (weight * after)))
    leverage = weight * np.einsum("ij,jk,ik->i", design, cov, design)
    scaled = np.sqrt(weight) * (after - predicted)
    freedom = len(before) - 2
    variance = float((scaled**2).sum()) / freedom
    with np.errstate(divide="ignore", invalid="ignore"):
        internal = scaled / np.sqrt(variance * (1 - leverage))
        external = internal * np.sqrt((freedom - 1) / np.maximum(freedom - internal**2, 0.0))
        own = np.minimum(n1, n2) - 1
        tprob = np.asarray(2 * student.sf(np.abs(external), np.where(own >= 1, own, np.nan)))
    return CohortScreen(predicted, internal, external, tprob)


def district_tail(flagged: BoolArray, district: FloatArray, share: float = 0.05) -> dict[float, float]:
    """District -> probability of so many flagged cohorts or more, each flagged with chance `share`."""
    tails = {}
    for one in np.unique(district):
        mine = flagged[district == one]
        tails[one] = float(binom.sf(int(mine.sum()) - 1, len(mine), share))
    return tails
