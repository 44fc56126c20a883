"""Empirical-Bayes shrinkage of many noisy estimates towards their common mean.

Model: estimate_j ~ N(theta_j, variance_j), theta_j ~ N(mean, tau2), variances known.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtri

from merilo.errors import DegenerateDataError
from merilo.methods.arrays import BoolArray, FloatArray

Method = Literal["integrated", "reml", "paule_mandel", "integrated_variance"]

# Under three estimates the likelihood of tau does not fall off, and there is no average over it.
MIN_INTEGRATED = 3
MIN_ESTIMATES = 2
GRID_POINTS = 200
# The grid of tau goes to this many times the widest plausible spread.
GRID_REACH = 10.0
ROOT_TOLERANCE = 1e-14


@dataclass(frozen=True, slots=True)
class ShrunkenEstimates:
    """Shrunken estimates, J entries in the order given, in the unit of the estimates.

    estimate     (J,)  posterior mean; NaN where the input was NaN
    se           (J,)  posterior standard deviation, the uncertainty of the mean (and, integrated, of tau)
    included lower, upper (J,)  normal interval of the asked level around `estimate` reliability  (J,)  0-1,
    share of the raw deviation from the mean that is kept mean               common mean mean_se
    its standard error; for a new group add tau2 tau2               variance between the true values, unit
    squared: REML or Paule-Mandel; NaN for one estimate n                  number of estimates used note
    reason code where something could not be told: "" or "one_estimate"
    """

    estimate: FloatArray
    se: FloatArray
    lower: FloatArray
    upper: FloatArray
    reliability: FloatArray
    mean: float
    mean_se: float
    tau2: float
    n: int
    note: str


def shrink(
    estimate: FloatArray,
    variance: FloatArray,
    *,
    method: Method = "integrated",
    level: float = 0.95,
    deviations: bool = False,
) -> ShrunkenEstimates:
    """Shrink estimates (J,) of known sampling variances (J,) >= 0 towards their common mean.

    method "reml" or "paule_mandel" plugs in one tau2 (Paule & Mandel 1982; Raudenbush & Bryk 2002, ch. 3):
    with few groups it is often exactly 0, and then all intervals are too short. "integrated" (default)
    averages over tau by its restricted likelihood under a flat prior on tau (Gelman et al., Bayesian Data
    Analysis, 3rd ed., section 5.4); two estimates fall back to REML. "integrated_variance" takes the flat prior
    on tau2 instead: wider, and right for intervals of single effects where true values differ little (Morris &
    Tang 2011). The mean is estimated in every case and its uncertainty is in every `se`.

    deviations: estimate true values minus the mean of all possible ones, not the values themselves.

    Entries that are NaN or have an infinite variance stay NaN and do not count. One usable estimate is
    returned as it is.
    """
    y, v = np.asarray(estimate, dtype=np.float64), np.asarray(variance, dtype=np.float64)
    _check(y, v, method, level)
    used = np.isfinite(y) & np.isfinite(v)
    n = int(used.sum())
    if n == 0:
        raise DegenerateDataError(
            "There is no estimate with a known variance to shrink",
            value=len(y),
            next_step="Leave this quantity out.",
        )
    if n < MIN_ESTIMATES:
        alone, own_se = float(y[used][0]), float(np.sqrt(v[used][0]))
        one = np.ones(1)
        return _assemble(used, y[used], one * own_se, one, alone, own_se, float("nan"), level, "one_estimate")
    tau2 = paule_mandel(y[used], v[used]) if method == "paule_mandel" else reml(y[used], v[used])
    if method.startswith("integrated") and n >= MIN_INTEGRATED:
        power = 1.0 if method == "integrated_variance" else 0.0
        post, se, kept, mean, mean_se = _average_over_tau(y[used], v[used], power, deviations=deviations)
    else:
        post, se, kept, mean, mean_se = _posterior(y[used], v[used], tau2, deviations=deviations)
    return _assemble(used, post, se, kept, mean, mean_se, tau2, level, "")


def reml(estimate: FloatArray, variance: FloatArray) -> float:
    """Restricted maximum-likelihood variance between true values (unit squared), 0 at the boundary."""
    grid = _tau_grid(estimate, variance) ** 2
    likelihood = _restricted_log_likelihood(estimate, variance, grid)
    best = int(np.argmax(likelihood))
    low, high = float(grid[max(best - 1, 0)]), float(grid[min(best + 1, len(grid) - 1)])

    def slope(tau2: float) -> float:
        weight = _weights(variance, tau2)
        mean = weight @ estimate / weight.sum()
        return float(
            weight**2 @ (estimate - mean) ** 2
            - weight.sum()
            + weight**2 @ np.ones(len(weight)) / weight.sum()
        )

    return _root(slope, low, high)


def paule_mandel(estimate: FloatArray, variance: FloatArray) -> float:
    """Variance between true values at which the weighted squares about the mean equal J - 1 (Paule & Mandel
    1982).
    """

    def surplus(tau2: float) -> float:
        weight = _weights(variance, tau2)
        mean = weight @ estimate / weight.sum()
        return float(weight @ (estimate - mean) ** 2) - (len(estimate) - 1)

    # at this value every weighted square is at most 1 / J of what it may be
    return _root(surplus, 0.0, float(np.ptp(estimate)) ** 2 * len(estimate))


def _check(estimate: FloatArray, variance: FloatArray, method: str, level: float) -> None:
    if estimate.shape != variance.shape or estimate.ndim != 1:
        raise ValueError(
            f"estimate {estimate.shape} and variance {variance.shape} must be vectors of one length"
        )
    if method not in get_args(Method):
        raise ValueError(f"unknown method {method!r}")
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, not {level}")
    if np.any(variance < 0):
        raise DegenerateDataError(
            "A sampling variance cannot be negative",
            value=float(np.nanmin(variance)),
            next_step="Give the squared standard errors.",
        )


def _floor(variance: FloatArray) -> float:
    """What stands for a variance of zero: too small to be seen in any result, large enough to divide by."""
    return 1e-14 * max(float(variance.max()), 1e-100)


def _weights(variance: FloatArray, tau2: float) -> FloatArray:
    weights: FloatArray = 1.0 / np.maximum(variance + tau2, _floor(variance))
    return weights


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    """Root of a function falling from positive to negative; the lower end where it is negative from the
    start.
    """
    if high <= low or function(low) <= 0:
        return low
    while function(high) > 0:
        high *= 2
    return float(brentq(function, low, high, xtol=ROOT_TOLERANCE * high, rtol=ROOT_TOLERANCE))


def _tau_grid(estimate: FloatArray, variance: FloatArray) -> FloatArray:
    """Standard deviations (G,), 0 first, denser near 0, past every spread that the estimates allow."""
    reach = float(np.std(estimate)) + float(np.sqrt(variance.mean())) * 0.1
    return GRID_REACH * max(reach, 1e-150) * np.linspace(0.0, 1.0, GRID_POINTS) ** 2


def _restricted_log_likelihood(y: FloatArray, v: FloatArray, tau2: FloatArray) -> FloatArray:
    total = np.maximum(v[None, :] + tau2[:, None], _floor(v))
    weight = 1.0 / total
    mass = weight.sum(axis=1)
    mean = weight @ y / mass
    squares = (weight * (y[None, :] - mean[:, None]) ** 2).sum(axis=1)
    likelihood: FloatArray = -0.5 * (np.log(total).sum(axis=1) + np.log(mass) + squares)
    return likelihood


def _posterior(
    y: FloatArray, v: FloatArray, tau2: float, *, deviations: bool
) -> tuple[FloatArray, FloatArray, FloatArray, float, float]:
    """Posterior means, their errors, shares kept (J,), common mean and its error at one tau2 (flat prior on
    the mean).
    """
    weight = _weights(v, tau2)
    mean = float(weight @ y / weight.sum())
    mean_variance = float(1.0 / weight.sum())
    kept = np.where(v > 0, tau2 / np.maximum(tau2 + v, _floor(v)), 1.0)
    # A value leans on the mean by 1 - kept; a deviation is measured from it, and only `kept` of that error reaches it.
    leans = kept if deviations else 1 - kept
    se = np.sqrt(kept * v + leans**2 * mean_variance)
    return (0.0 if deviations else mean) + kept * (y - mean), se, kept, mean, float(np.sqrt(mean_variance))


def _average_over_tau(
    y: FloatArray, v: FloatArray, power: float, *, deviations: bool
) -> tuple[FloatArray, FloatArray, FloatArray, float, float]:
    """As `_posterior`, averaged over tau by the law of total variance; prior of tau proportional to tau^power."""
    tau = _tau_grid(y, v)
    likelihood = _restricted_log_likelihood(y, v, tau**2)
    chance = np.exp(likelihood - likelihood.max()) * np.gradient(tau) * tau**power
    chance /= chance.sum()
    # the last entry of `centre` and `spread` is the common mean's; running updates (West 1979) do not cancel digits
    centre, spread = np.zeros(len(y) + 1), np.zeros(len(y) + 1)
    share, mass = np.zeros(len(y)), 0.0
    for g in np.flatnonzero(chance > 1e-12):
        post, se, kept, mean, mean_se = _posterior(y, v, float(tau[g] ** 2), deviations=deviations)
        mass += chance[g]
        step = np.append(post, mean) - centre
        centre += step * (chance[g] / mass)
        spread += chance[g] * (step * (np.append(post, mean) - centre) + np.append(se, mean_se) ** 2)
        share += chance[g] * kept
    spread = np.sqrt(np.maximum(spread / mass, 0.0))
    return centre[:-1], spread[:-1], share / mass, float(centre[-1]), float(spread[-1])


def _assemble(
    used: BoolArray,
    post: FloatArray,
    se: FloatArray,
    kept: FloatArray,
    mean: float,
    mean_se: float,
    tau2: float,
    level: float,
    note: str,
) -> ShrunkenEstimates:
    def spread_out(values: FloatArray) -> FloatArray:
        whole = np.full(len(used), np.nan)
        whole[used] = values
        return whole

    half = float(ndtri(0.5 + level / 2)) * se
    return ShrunkenEstimates(
        spread_out(post),
        spread_out(se),
        spread_out(post - half),
        spread_out(post + half),
        spread_out(kept),
        mean,
        mean_se,
        tau2,
        int(used.sum()),
        note,
    )
