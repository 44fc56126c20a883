"""The spread of true low shares over schools, by maximum likelihood with weak priors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_array
from scipy.special import digamma, expit, gammaln, logsumexp

from merilo.errors import DegenerateDataError, TooFewPupilsError
from merilo.methods.arrays import FloatArray, IntArray

# z_s is integrated on an even grid of -5..5 sd: exact to 1e-6 while a school's posterior sd is above a
# tenth of an sd.
_NODES = 81
# Weak prior knowledge that keeps the estimate inside the possible with few schools (region of 640 schools,
# 2021: intra-class correlation of scores 0.09-0.17): log school_sd ~ N(log 0.6, 1), log precision ~ N(log
# 20, 1.5).
_LOG_SD_PRIOR = (np.log(0.6), 1.0)
_LOG_PRECISION_PRIOR = (np.log(20.0), 1.5)
_LOCATION_PRIOR = (-1.5, 2.0)
# Procedures share a common precision up to this sd of its logarithm.
_PRECISION_SPREAD = 0.5
# With fewer schools the correlation of procedures is not estimated but taken from the prior.
_FEW_SCHOOLS = 8


@dataclass(frozen=True, slots=True)
class LowShareModel:
    """Spread of true low shares over schools; P procedures."""

    location: FloatArray  # (P,) logit of the typical share
    school_sd: float  # of a school's common part, logits; 0 = procedures independent
    precision: FloatArray  # (P,) of the beta distribution around the school's mean: larger is tighter
    log_likelihood: float  # without the binomial coefficients
    n_schools: int
    from_prior: bool  # too few schools: school_sd and precision are the prior's
    converged: bool


def fit_low_shares(
    low: FloatArray, n: FloatArray, *, weight: FloatArray | None = None, correlated: bool = True
) -> LowShareModel:
    """Estimate the spread of true shares from `low` of `n`, both (S, P); n = 0 where a school had no procedure.

    Maximum likelihood with weak priors (named above), so that few schools, n = 1 and all-zero columns give finite,
    plausible values. `low` may be fractional. Under 8 schools only the procedures' locations are estimated.
    `weight` (S,): how often each row counts (default once). `correlated=False` leaves the school's common part out: a
    beta-binomial per procedure.
    """
    low, n = checked_counts(low, n)
    S, P = low.shape
    held = n.sum(axis=0) > 0
    times = np.ones(S) if weight is None else np.asarray(weight, dtype=np.float64)
    schools = round(float(times[n.sum(axis=1) > 0].sum()))
    if schools == 0:
        raise TooFewPupilsError("No school has participants in any procedure", value=0)
    few = schools < _FEW_SCHOOLS
    z, log_weight = nodes(correlated)
    columns = [cells_of(low[:, p], n[:, p]) for p in range(P)]
    with np.errstate(invalid="ignore", divide="ignore"):
        crude = (times @ low + 0.5) / (times @ n + 1.0)
    start = np.r_[np.log(crude / (1 - crude)), np.full(P + 1, _LOG_PRECISION_PRIOR[0]), _LOG_SD_PRIOR[0]]

    def objective(x: FloatArray) -> tuple[float, FloatArray]:
        value, gradient = _log_posterior(x, columns, times, z, log_weight)
        if few:
            gradient[P:] = 0.0
        return -value, -gradient

    # A first step of the line search may go where exponentials overflow; it is taken back.
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        found = minimize(
            objective,
            start,
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": 500, "ftol": 1e-13, "gtol": 1e-6},
        )
    x = np.asarray(found.x, dtype=np.float64)
    school_sd = float(np.exp(x[-1])) if correlated else 0.0
    _, logs = school_weights(x[:P], np.exp(x[P : 2 * P]), school_sd, columns, S, z, log_weight)
    return LowShareModel(
        location=np.where(held, x[:P], np.nan),
        school_sd=school_sd,
        precision=np.where(held, np.exp(x[P : 2 * P]), np.nan),
        log_likelihood=float(times @ logs),
        n_schools=schools,
        from_prior=few,
        converged=bool(found.success),
    )


def checked_counts(low: FloatArray, n: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Both as floats (S, P); raises unless 0 <= low <= n and nothing is missing."""
    low, n = np.asarray(low, dtype=np.float64), np.asarray(n, dtype=np.float64)
    if low.shape != n.shape or low.ndim != 2:
        raise DegenerateDataError(
            "Low counts and participants need one shape: schools x procedures", value=low.shape
        )
    if not (np.isfinite(low).all() and np.isfinite(n).all()):
        raise DegenerateDataError(
            "A count is missing", next_step="Give n = 0 where a school had no procedure."
        )
    wrong = (low < 0) | (low > n)
    if wrong.any():
        school = int(np.flatnonzero(wrong.any(axis=1))[0])
        raise DegenerateDataError("A low count must lie between 0 and the participants", row=school)
    return low, n


@dataclass(frozen=True, slots=True)
class Cells:
    """Distinct (low, n) of one procedure: likelihoods are computed once for each, whatever the number of schools."""

    low: FloatArray  # (U, 1)
    n: FloatArray  # (U, 1)
    cell: IntArray  # (S,) which cell a school is in
    members: csr_array  # (U, S) ones: adds schools up into cells


def cells_of(low: FloatArray, n: FloatArray) -> Cells:
    """Distinct pairs of low and n, both (S,)."""
    # n = 0 is a cell like any other: its likelihood is 1.
    pairs, cell = np.unique(np.column_stack([low, n]), axis=0, return_inverse=True)
    cell = cell.reshape(-1).astype(np.int64)
    S = len(low)
    members = csr_array((np.ones(S), (cell, np.arange(S))), shape=(len(pairs), S))
    return Cells(low=pairs[:, :1], n=pairs[:, 1:], cell=cell, members=members)


def nodes(correlated: bool) -> tuple[FloatArray, FloatArray]:
    """Grid (Q,) for the school's standard normal part, and log weights; the single point 0 without such a part."""
    z = np.linspace(-5.0, 5.0, _NODES) if correlated else np.zeros(1)
    log_weight = -0.5 * z**2
    return z, log_weight - logsumexp(log_weight)


def school_weights(
    location: FloatArray,
    precision: FloatArray,
    school_sd: float,
    columns: list[Cells],
    S: int,
    z: FloatArray,
    log_weight: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Posterior weights of the grid per school (S, Q) and log likelihood per school (S,)."""
    logs = np.tile(log_weight, (S, 1))
    for at, spread, cells in zip(location, precision, columns):
        mean = expit(at + school_sd * z)
        a, b = mean * spread, (1.0 - mean) * spread
        part = gammaln(cells.low + a) - gammaln(a) + gammaln(cells.n - cells.low + b) - gammaln(b)
        part += gammaln(spread) - gammaln(cells.n + spread)
        logs += part[cells.cell]
    total = logsumexp(logs, axis=1)
    return np.exp(logs - total[:, None]), np.asarray(total, dtype=np.float64)


def _log_posterior(
    x: FloatArray, columns: list[Cells], times: FloatArray, z: FloatArray, log_weight: FloatArray
) -> tuple[float, FloatArray]:
    """Log likelihood plus log priors and the gradient, x = [location (P,), log precision (P,), their mean, log sd]."""
    P = len(columns)
    location, precision, common, school_sd = x[:P], np.exp(x[P : 2 * P]), x[2 * P], float(np.exp(x[-1]))
    weights, logs = school_weights(location, precision, school_sd, columns, len(times), z, log_weight)
    value, gradient = float(times @ logs), np.zeros(len(x))
    weights = weights * times[:, None]
    for p, cells in enumerate(columns):
        spread, together = precision[p], cells.members @ weights
        mean = expit(location[p] + school_sd * z)
        a, b = mean * spread, (1.0 - mean) * spread
        by_a = digamma(cells.low + a) - digamma(a)
        by_b = digamma(cells.n - cells.low + b) - digamma(b)
        by_both = digamma(spread) - digamma(cells.n + spread)
        by_logit = (together * (mean * b * (by_a - by_b))).sum(axis=0)
        gradient[p] = by_logit.sum()
        gradient[P + p] = spread * (together * (mean * by_a + (1.0 - mean) * by_b + by_both)).sum()
        gradient[-1] += school_sd * (by_logit * z).sum()
    off_location = (location - _LOCATION_PRIOR[0]) / _LOCATION_PRIOR[1]
    off_precision = (x[P : 2 * P] - common) / _PRECISION_SPREAD
    off_common = (common - _LOG_PRECISION_PRIOR[0]) / _LOG_PRECISION_PRIOR[1]
    off_sd = (x[-1] - _LOG_SD_PRIOR[0]) / _LOG_SD_PRIOR[1]
    value -= 0.5 * float((off_location**2).sum() + (off_precision**2).sum() + off_common**2 + off_sd**2)
    gradient[:P] -= off_location / _LOCATION_PRIOR[1]
    gradient[P : 2 * P] -= off_precision / _PRECISION_SPREAD
    gradient[2 * P] += off_precision.sum() / _PRECISION_SPREAD - off_common / _LOG_PRECISION_PRIOR[1]
    gradient[-1] -= off_sd / _LOG_SD_PRIOR[1]
    return value, gradient
