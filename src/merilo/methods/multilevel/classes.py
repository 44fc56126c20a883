"""School effects as effects of the school, not of the classes it happens to have this year.

The random-intercept model takes pupils of one school as independent. Where classes differ (a teacher, a selection), the
mean of two classes says less about the school than its pupils' number promises, and intervals of the plain model cover
too seldom (0.84-0.89 instead of 0.95 with a class SD of a quarter of the pupils'; validation/recovery.py). The class
variance is estimated from the schools with several classes (nested analysis of variance; Searle, Casella & McCulloch
1992, ch. 3) and enters the sampling variance of every school's mean residual; the means are then shrunken with the
spread between schools averaged over (Morris & Tang 2011, Statistical Science 26, 271-287).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm, t

from merilo.methods.arrays import FloatArray, IntArray
from merilo.methods.intervals import clustered_mean
from merilo.methods.shrinkage import shrink

# With fewer classes beyond the first of their school the class variance itself is hardly known, and intervals built
# on it covered 0.87 where classes differ (validation by simulation, 40 schools); then nothing is said here.
LEAST_CLASS_FREEDOM = 10


@dataclass(frozen=True, slots=True)
class SchoolIntervals:
    """Interval of each school's effect (J,), units of y, NaN for a school without pupils.

    class_variance: between classes of one school, squared units; sampling_se (J,): of the school's mean residual.
    """

    lower: FloatArray
    upper: FloatArray
    sampling_se: FloatArray
    class_variance: float


def school_intervals(
    cross: FloatArray,
    class_school: IntArray,
    beta: FloatArray,
    *,
    n_schools: int,
    confidence: float = 0.95,
) -> SchoolIntervals | None:
    """Intervals that count classes as clusters; None where too few schools have two classes (LEAST_CLASS_FREEDOM).

    cross (L, p+2, p+2): sums z'z by class, z = [1, x_1..x_p, y]; class_school (L,): school of each class;
    beta (p+1,): fixed effects, NaN for a dropped covariate.
    """
    n = cross[:, 0, 0]
    if class_freedom(n, class_school) < LEAST_CLASS_FREEDOM:
        return None
    weights = np.append(-np.nan_to_num(beta), 1.0)
    total = cross[:, 0, :] @ weights
    # A class of pupils with one residual has 0 here but for rounding.
    square = np.maximum(np.einsum("i,lij,j->l", weights, cross, weights), 0.0)
    square = np.maximum(square, np.divide(total**2, n, out=np.zeros_like(total), where=n > 0))
    means = clustered_mean(n, total, square, class_school, n_schools)
    known = np.isfinite(means.mean) & np.isfinite(means.se)
    if not means.class_variance_known or known.sum() < 3:
        return None
    variance = np.where(known, means.se, np.inf) ** 2
    shrunken = shrink(
        np.where(known, means.mean, np.nan),
        variance,
        method="integrated_variance",
        level=confidence,
        deviations=True,
    )
    # The class variance is itself estimated: Student's quantile instead of the normal one, around the same centre.
    wide = t.ppf(0.5 + confidence / 2.0, np.maximum(means.freedom, 1.0)) / norm.ppf(0.5 + confidence / 2.0)
    half = (shrunken.upper - shrunken.lower) / 2.0 * wide
    return SchoolIntervals(
        lower=shrunken.estimate - half,
        upper=shrunken.estimate + half,
        sampling_se=means.se,
        class_variance=means.class_variance,
    )


def class_freedom(class_n: FloatArray, class_school: IntArray) -> int:
    """Classes with pupils beyond the first of each school: the degrees of freedom between classes."""
    filled = class_school[class_n > 0]
    return int(len(filled) - len(np.unique(filled)))
