"""Schools' effects (empirical Bayes, BLUP) of a random-intercept model, with three standard errors.

`conditional_se` is what lme4 prints (variances and fixed effects taken as known). `prediction_se` adds the
uncertainty of the fixed effects (Goldstein 1995, appendix 2.2; Henderson 1975). The interval also adds the
uncertainty of the variances: the effect is averaged over ratio = var_u/var_e, each value weighted by its
restricted likelihood with a uniform prior of var_u (Morris & Tang 2011, Statistical Science 26, 271-287).
It therefore stays honest with few schools, and does not shrink to a point when var_u is estimated as 0.
Among 41 schools of 5-8 pupils `blup +- 1.96 conditional_se` covers the true effect in 89 % of schools (50 %
where schools hardly differ), this interval in 94-97 % (more where schools hardly differ); tests/recovery
holds it to that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from merilo.methods.arrays import FloatArray
from merilo.methods.multilevel.cross_products import StandardizedSums
from merilo.methods.multilevel.deviance import ProfileDeviance, between_freedom, profile_deviance

_NODES = 24
# Ratios whose likelihood is exp(-12) of the best carry under 1e-4 of the weight.
_DEPTH = 12.0
# With fewer schools (less their covariates), the uniform prior of var_u leaves the school mean's variance
# infinite.
_LEAST_FREEDOM = 5


@dataclass(frozen=True, slots=True)
class SchoolEffects:
    """Per school (J,), units of y; NaN for a school without pupils."""

    n: FloatArray  # pupils
    mean_residual: FloatArray  # mean of y - X b, not shrunken
    reliability: FloatArray  # n var_u / (n var_u + var_e), 0..1
    blup: FloatArray  # reliability * mean residual
    conditional_se: FloatArray  # sd of the effect given the data, b and variances known (lme4's condVar)
    prediction_se: FloatArray  # with the uncertainty of b
    interval_se: FloatArray  # with the uncertainty of b and of the variances
    lower: FloatArray  # interval for the true effect; NaN with fewer than 6 schools (+ school covariates)
    upper: FloatArray


def school_effects(
    sums: StandardizedSums,
    deviance: ProfileDeviance,
    ratio: float,
    *,
    n_schools: int,
    confidence: float = 0.95,
) -> SchoolEffects:
    """Effects at the estimated `ratio`, intervals over all plausible ones; arrays of length `n_schools`."""
    b, inverse, rss = deviance.fixed(np.array([ratio]))
    var_e = rss / deviance.freedom
    blup, conditional, fixed = (part[0] for part in _at_ratios(sums, np.array([ratio]), b, inverse, var_e))
    residual = sums.means[:, -1] - sums.means[:, :-1] @ b[0]
    middle, spread = _over_ratios(sums, deviance)
    wide = float(ndtri(0.5 + confidence / 2.0)) * spread
    unit = float(sums.scale[-1])

    def all_schools(values: FloatArray) -> FloatArray:
        full = np.full(n_schools, np.nan)
        full[sums.schools] = values
        return full

    n = np.zeros(n_schools)
    n[sums.schools] = sums.n
    return SchoolEffects(
        n=n,
        mean_residual=all_schools(unit * residual),
        reliability=all_schools(sums.n * ratio / (1.0 + sums.n * ratio)),
        blup=all_schools(unit * blup),
        conditional_se=all_schools(unit * np.sqrt(conditional)),
        prediction_se=all_schools(unit * np.sqrt(conditional + fixed)),
        interval_se=all_schools(unit * spread),
        lower=all_schools(unit * (middle - wide)),
        upper=all_schools(unit * (middle + wide)),
    )


def _at_ratios(
    sums: StandardizedSums, ratio: FloatArray, b: FloatArray, inverse: FloatArray, var_e: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Mean of the effects, their variance with b known, and the part from b; each (Q, J), standard units."""
    shrink = sums.n * ratio[:, None] / (1.0 + sums.n * ratio[:, None])
    X = sums.means[:, :-1]
    mean = shrink * (sums.means[:, -1] - b @ X.T)
    conditional = var_e[:, None] * ratio[:, None] / (1.0 + sums.n * ratio[:, None])
    squares = (X[:, :, None] * X[:, None, :]).reshape(len(X), -1)
    fixed = (inverse.reshape(len(ratio), -1) @ squares.T) * shrink**2 * var_e[:, None]
    return mean, conditional, fixed


def _over_ratios(sums: StandardizedSums, deviance: ProfileDeviance) -> tuple[FloatArray, FloatArray]:
    """Mean and standard deviation (J,) of each effect over the plausible ratios, standard units."""
    if between_freedom(sums) < _LEAST_FREEDOM:
        missing = np.full(len(sums.n), np.nan)
        return missing, missing
    if not deviance.reml:
        deviance = profile_deviance(sums, reml=True)
    ratio, weight = ratio_distribution(deviance)
    b, inverse, rss = deviance.fixed(ratio)
    # Given the ratio, var_e is scaled inverse chi-squared: the effect is Student with this many degrees of
    # freedom.
    heavy = deviance.freedom / (deviance.freedom - 2.0) if deviance.freedom > 2 else 1.0
    mean, conditional, fixed = _at_ratios(sums, ratio, b, inverse, heavy * rss / deviance.freedom)
    middle = weight @ mean
    variance = weight @ (conditional + fixed + (mean - middle) ** 2)
    return middle, np.sqrt(variance)


def ratio_distribution(deviance: ProfileDeviance) -> tuple[FloatArray, FloatArray]:
    """Nodes and weights (Q,) for ratio = var_u/var_e given the data, by restricted likelihood, var_u uniform.

    With root = sqrt(ratio) = scale sinh(s), s is equally spaced (linear near 0, logarithmic in the tail);
    the range is narrowed until the nodes fill the part that carries weight.
    """
    scale = 1.0 / np.sqrt(np.median(deviance.sizes))
    low, high = 0.0, float(np.arcsinh(1e4 / scale))
    s = np.linspace(low, high, 4 * _NODES)
    for _ in range(6):
        root = scale * np.sinh(s)
        # Uniform in ratio = root^2: the step in s carries root * d root, d root = cosh(s) ds; nothing at
        # root 0.
        size = np.log(np.where(root > 0, root * np.cosh(s), 1.0))
        density = np.where(root > 0, size - 0.5 * deviance.value(root**2), -np.inf)
        inside = np.flatnonzero(density > density.max() - _DEPTH)
        if len(inside) >= _NODES // 2:
            break
        low, high = s[max(inside[0] - 1, 0)], s[min(inside[-1] + 1, len(s) - 1)]
        s = np.linspace(low, high, _NODES)
    weight = np.exp(density - density.max())
    weight[[0, -1]] *= 0.5
    return root**2, weight / weight.sum()
