"""Random-intercept model y = X b + u_school + e by restricted or full maximum likelihood, from school sums.

Sources: Harville 1977 (REML); Pinheiro & Bates 2000, ch. 2; Searle, Casella & McCulloch 1992, ch. 6
(information). The only search is one-dimensional, in ratio = var_u/var_e, and ends at machine precision by
Newton steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from merilo.errors import DegenerateDataError
from merilo.methods.arrays import FloatArray
from merilo.methods.multilevel.cross_products import StandardizedSums, standardize
from merilo.methods.multilevel.deviance import ProfileDeviance, profile_deviance
from merilo.methods.multilevel.effects import SchoolEffects, school_effects

_LARGEST_RATIO = 1e8
_GRID_POINTS = 160


@dataclass(frozen=True, slots=True)
class RandomInterceptFit:
    """Estimates in the units of the data; k = p + 1 fixed effects, intercept first, J schools."""

    beta: FloatArray  # (k,) fixed effects; NaN for a dropped covariate
    beta_se: FloatArray  # (k,) at the estimated variances, as lme4 prints
    beta_cov: FloatArray  # (k, k)
    var_u: float  # between schools, squared units of y
    var_e: float  # between pupils of one school
    var_u_se: float  # from the expected information; NaN when var_u is 0
    var_e_se: float
    vpc: float  # var_u / (var_u + var_e)
    deviance: float  # -2 log likelihood, restricted if `reml` (lme4's REML criterion)
    reml: bool
    at_boundary: bool  # var_u is estimated as 0
    dropped: tuple[str, ...]  # names (or positions) of covariates left out
    dropped_reasons: tuple[str, ...]  # "constant" or "combination of earlier covariates"
    n_pupils: float
    n_schools: int  # schools with pupils
    effects: SchoolEffects


def fit_random_intercept(
    cross: FloatArray, *, names: Sequence[str] | None = None, reml: bool = True, confidence: float = 0.95
) -> RandomInterceptFit:
    """Estimate the model and the schools' effects from sums z'z (J, p+2, p+2), z = [1, x_1..x_p, y].

    `names` (p,) of the covariates for reporting; `confidence` of the schools' intervals. Raises
    TooFewPupilsError or DegenerateDataError with the reason where a variance is not identified.
    """
    sums = standardize(cross)
    deviance = profile_deviance(sums, reml=reml)
    ratio = best_ratio(deviance)
    at = np.array([ratio])
    b, inverse, rss = (part[0] for part in deviance.fixed(at))
    var_e = float(rss / deviance.freedom)
    var_e_se, var_u_se = _variance_se(deviance, ratio, inverse, var_e)
    unit = float(sums.scale[-1]) ** 2
    beta, beta_cov = _input_units(sums, b, inverse * var_e, len(cross[0]) - 1)
    labels = [str(i) for i in range(len(cross[0]) - 2)] if names is None else list(names)
    return RandomInterceptFit(
        beta=beta,
        beta_se=np.sqrt(np.diag(beta_cov)),
        beta_cov=beta_cov,
        var_u=ratio * var_e * unit,
        var_e=var_e * unit,
        var_u_se=var_u_se * unit,
        var_e_se=var_e_se * unit,
        vpc=ratio / (1.0 + ratio),
        deviance=float(deviance.value(at)[0]),
        reml=reml,
        at_boundary=ratio == 0.0,
        dropped=tuple(labels[i] for i in sums.dropped),
        dropped_reasons=tuple(
            "constant" if constant else "combination of earlier covariates"
            for constant in sums.dropped_constant
        ),
        n_pupils=float(sums.n.sum()),
        n_schools=len(sums.n),
        effects=school_effects(sums, deviance, ratio, n_schools=len(cross), confidence=confidence),
    )


def best_ratio(deviance: ProfileDeviance) -> float:
    """The ratio var_u/var_e of least deviance: every minimum seen on a grid is refined; 0 is one of them."""
    largest = float(deviance.sizes[-1])
    grid = np.r_[0.0, np.geomspace(1e-9 / largest, _LARGEST_RATIO, _GRID_POINTS)]
    slope, _ = deviance.slope(grid)
    if slope[-1] < 0:
        raise DegenerateDataError(
            "Pupils of one school hardly differ: the variance within schools is not identified"
        )
    rises = np.flatnonzero((slope[:-1] < 0) & (slope[1:] >= 0))
    candidates = [_root(deviance, float(grid[i]), float(grid[i + 1])) for i in rises]
    if slope[0] >= 0:
        candidates.insert(0, 0.0)
    return candidates[int(np.argmin(deviance.value(np.array(candidates))))]


def _root(deviance: ProfileDeviance, low: float, high: float) -> float:
    """Zero of the slope between `low` (negative) and `high`: Newton, halving where it leaves them."""
    ratio = 0.5 * (low + high)
    for _ in range(200):
        slope, bend = (float(part[0]) for part in deviance.slope(np.array([ratio])))
        if slope == 0.0:
            return ratio
        low, high = (ratio, high) if slope < 0 else (low, ratio)
        step = -slope / bend if bend > 0 else np.inf
        new = ratio + step if low < ratio + step < high else 0.5 * (low + high)
        # Newton squares the relative error: a step of 1e-9 leaves rounding only.
        if abs(new - ratio) <= 1e-9 * ratio:
            return float(new)
        ratio = float(new)
    return ratio


def _variance_se(
    deviance: ProfileDeviance, ratio: float, inverse: FloatArray, var_e: float
) -> tuple[float, float]:
    """Standard errors of (var_e, var_u) from the expected information, in standard units.

    Element (i, j) is tr(P V_i P V_j)/2 with V_e = I, V_u = ZZ' and P = V^-1 for full maximum likelihood.
    """
    n, schools = deviance.sizes, deviance.schools_of_size
    if ratio == 0.0:
        return float(var_e * np.sqrt(2.0 / deviance.freedom)), float("nan")
    g = n / (1.0 + ratio * n)
    ee = ((n - 1.0 + (g / n) ** 2) * schools).sum()
    eu, uu = ((g**2 / n) * schools).sum(), (g**2 * schools).sum()
    if deviance.reml:
        at, x, C = np.array([ratio]), np.s_[:-1, :-1], inverse
        W = deviance.within[x]
        X2 = W + deviance.matrix(at, 2, 1)[0][x]  # X'V^-2 X
        XuX = deviance.matrix(at, 2)[0][x]  # X'V^-1 ZZ' V^-1 X
        X3 = W + deviance.matrix(at, 3, 2)[0][x]
        Xeu, Xuu = deviance.matrix(at, 3, 1)[0][x], deviance.matrix(at, 3)[0][x]
        ee += np.trace(C @ X2 @ C @ X2) - 2.0 * np.trace(C @ X3)
        eu += np.trace(C @ X2 @ C @ XuX) - 2.0 * np.trace(C @ Xeu)
        uu += np.trace(C @ XuX @ C @ XuX) - 2.0 * np.trace(C @ Xuu)
    covariance = 2.0 * var_e**2 * np.linalg.inv(np.array([[ee, eu], [eu, uu]]))
    return float(np.sqrt(covariance[0, 0])), float(np.sqrt(covariance[1, 1]))


def _input_units(
    sums: StandardizedSums, b: FloatArray, covariance: FloatArray, k: int
) -> tuple[FloatArray, FloatArray]:
    """Undo centring and scaling: b_x in y's units per unit of x, intercept at x = 0; NaN if dropped."""
    unit = sums.scale[-1]
    back = np.diag(np.r_[1.0, unit / sums.scale[:-1]])
    back[0, 0] = unit
    back[0, 1:] = -unit * sums.centre[:-1] / sums.scale[:-1]
    places = np.r_[0, sums.kept + 1]
    beta = np.full(k, np.nan)
    beta[places] = back @ b
    beta[0] += sums.centre[-1]
    beta_cov = np.full((k, k), np.nan)
    beta_cov[np.ix_(places, places)] = back @ covariance @ back.T
    return beta, beta_cov
