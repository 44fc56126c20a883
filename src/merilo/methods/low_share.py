"""Low results by shares: how probable is it that a school's *true* share of low results reaches the limit.

The official rule lists a school when in at least `min_procedures` procedures at least `threshold_share` of
its participants are below the minimum. With 12 participants and a true share of 20 % that happens by chance
in a fifth of cases, so beside the listing stands its probability given all the school's counts and the
spread between schools.

Model. In procedure p of school s, low ~ Binomial(n, share) and share ~ Beta with mean m_ps and precision;
the mean is logit m_ps = location_p + school_sd * z_s, z_s ~ N(0, 1): procedures of one school are alike.
Given z_s everything is closed (beta-binomial likelihood, beta posterior), so only one integral is left,
taken on a grid. Beta-binomial: Griffiths 1973; random effect with conjugate inner level: Molenberghs,
Verbeke & Demetrio 2007.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_array
from scipy.special import betainc, digamma, expit, gammaln, logsumexp

from merilo.errors import DegenerateDataError, TooFewPupilsError
from merilo.methods.arrays import BoolArray, FloatArray, IntArray

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
# Schools taken at once, to bound memory (a few grids of this many rows).
_BATCH = 4096


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


@dataclass(frozen=True, slots=True)
class LowShares:
    """Per school (S,) and per school and procedure (S, P); NaN where a procedure was not held or may not count."""

    share: FloatArray  # (S, P) low / n
    probability_each: FloatArray  # (S, P) that the true share reaches the limit
    expected_share: FloatArray  # (S, P) posterior mean of the true share
    n_eligible: FloatArray  # (S,) procedures that count for the rule
    n_low: FloatArray  # (S,) procedures whose observed share reaches the limit
    listed: BoolArray  # (S,) the official rule on the observed shares
    probability: FloatArray  # (S,) of min_procedures true shares at the limit; NaN if fewer are eligible
    steady: BoolArray  # (S,) the probability clearly agrees with the listing; False elsewhere (borderline)


def fit_low_shares(low: FloatArray, n: FloatArray, *, correlated: bool = True) -> LowShareModel:
    """Estimate the spread of true shares from `low` of `n`, both (S, P); n = 0 where a school had no procedure.

    Maximum likelihood with weak priors (named above), so that few schools, n = 1 and all-zero columns give finite,
    plausible values. `low` may be fractional (discounted works). Under 8 schools only the procedures' locations are
    estimated. `correlated=False` leaves the school's common part out: a beta-binomial per procedure.
    """
    low, n = checked_counts(low, n)
    S, P = low.shape
    held = n.sum(axis=0) > 0
    schools = int((n.sum(axis=1) > 0).sum())
    if schools == 0:
        raise TooFewPupilsError("No school has participants in any procedure", value=0)
    few = schools < _FEW_SCHOOLS
    z, log_weight = _nodes(correlated)
    columns = [_cells(low[:, p], n[:, p]) for p in range(P)]
    with np.errstate(invalid="ignore", divide="ignore"):
        crude = (low.sum(axis=0) + 0.5) / (n.sum(axis=0) + 1.0)
    start = np.r_[np.log(crude / (1 - crude)), np.full(P + 1, _LOG_PRECISION_PRIOR[0]), _LOG_SD_PRIOR[0]]

    def objective(x: FloatArray) -> tuple[float, FloatArray]:
        value, gradient = _log_posterior(x, columns, S, z, log_weight)
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
    _, logs = _school_weights(x[:P], np.exp(x[P : 2 * P]), school_sd, columns, S, z, log_weight)
    return LowShareModel(
        location=np.where(held, x[:P], np.nan),
        school_sd=school_sd,
        precision=np.where(held, np.exp(x[P : 2 * P]), np.nan),
        log_likelihood=float(logs.sum()),
        n_schools=schools,
        from_prior=few,
        converged=bool(found.success),
    )


def assess_low_shares(
    low: FloatArray,
    n: FloatArray,
    model: LowShareModel,
    *,
    threshold_share: float = 0.30,
    min_procedures: int = 2,
    min_participants: float = 1.0,
    steady_above: float = 0.9,
    steady_below: float = 0.1,
) -> LowShares:
    """Listing by the official rule, its probability, and whether they agree; `low` of `n` (S, P), may be fractional.

    A procedure with fewer than `min_participants` does not count for the rule but still tells about the
    school. The probability is that at least `min_procedures` true shares are at or above `threshold_share`.
    """
    low, n = checked_counts(low, n)
    if low.shape[1] != len(model.location) or np.isnan(model.location[n.sum(axis=0) > 0]).any():
        raise DegenerateDataError("The model was estimated from other procedures", value=low.shape[1])
    eligible = (n > 0) & (n >= min_participants)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(n > 0, low / n, np.nan)
    # Whole counts meet the limit exactly: 21 of 70 is 30 %, whatever 0.3 * 70 is in floating point.
    reached = eligible & (low >= threshold_share * n - 1e-9 * n)
    n_eligible, n_low = eligible.sum(axis=1).astype(np.float64), reached.sum(axis=1).astype(np.float64)
    each, expected, several = _posterior(low, n, eligible, model, threshold_share, min_procedures)
    probability = np.where(n_eligible >= min_procedures, several, np.nan)
    listed = n_low >= min_procedures
    with np.errstate(invalid="ignore"):
        steady = np.where(listed, probability >= steady_above, probability <= steady_below)
    return LowShares(
        share=share,
        probability_each=np.where(eligible, each, np.nan),
        expected_share=np.where(n > 0, expected, np.nan),
        n_eligible=n_eligible,
        n_low=n_low,
        listed=listed,
        probability=probability,
        steady=steady,
    )


def discounted_low(
    low: FloatArray, n: FloatArray, lifted: FloatArray, weight: FloatArray | float = 1.0
) -> FloatArray:
    """Low counts without the suspect part: `weight` (0..1) of the `lifted` works moved back below the minimum."""
    low, n, lifted = (np.asarray(a, dtype=np.float64) for a in (low, n, lifted))
    weight = np.asarray(weight, dtype=np.float64)
    if (weight < 0).any() or (weight > 1).any() or (lifted < 0).any():
        raise DegenerateDataError("A discount lies between 0 and 1, lifted works are not negative")
    return np.asarray(np.minimum(n, low + weight * lifted))


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
class _Cells:
    """Distinct (low, n) of one procedure: likelihoods are computed once for each, whatever the number of schools."""

    low: FloatArray  # (U, 1)
    n: FloatArray  # (U, 1)
    cell: IntArray  # (S,) which cell a school is in
    members: csr_array  # (U, S) ones: adds schools up into cells


def _cells(low: FloatArray, n: FloatArray) -> _Cells:
    # n = 0 is a cell like any other: its likelihood is 1.
    pairs, cell = np.unique(np.column_stack([low, n]), axis=0, return_inverse=True)
    cell = cell.reshape(-1).astype(np.int64)
    S = len(low)
    members = csr_array((np.ones(S), (cell, np.arange(S))), shape=(len(pairs), S))
    return _Cells(low=pairs[:, :1], n=pairs[:, 1:], cell=cell, members=members)


def _nodes(correlated: bool) -> tuple[FloatArray, FloatArray]:
    """Grid (Q,) for the school's standard normal part, and log weights; the single point 0 without such a part."""
    z = np.linspace(-5.0, 5.0, _NODES) if correlated else np.zeros(1)
    log_weight = -0.5 * z**2
    return z, log_weight - logsumexp(log_weight)


def _school_weights(
    location: FloatArray,
    precision: FloatArray,
    school_sd: float,
    columns: list[_Cells],
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
    x: FloatArray, columns: list[_Cells], S: int, z: FloatArray, log_weight: FloatArray
) -> tuple[float, FloatArray]:
    """Log likelihood plus log priors and the gradient, x = [location (P,), log precision (P,), their mean, log sd]."""
    P = len(columns)
    location, precision, common, school_sd = x[:P], np.exp(x[P : 2 * P]), x[2 * P], float(np.exp(x[-1]))
    weights, logs = _school_weights(location, precision, school_sd, columns, S, z, log_weight)
    value, gradient = float(logs.sum()), np.zeros(len(x))
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


def _posterior(
    low: FloatArray, n: FloatArray, eligible: BoolArray, model: LowShareModel, threshold: float, at_least: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Per procedure P(share >= threshold) and mean share (S, P), and P(at least so many of the eligible) (S,)."""
    S, P = low.shape
    each, expected, several = np.zeros((S, P)), np.zeros((S, P)), np.zeros(S)
    location = np.where(np.isnan(model.location), 0.0, model.location)
    precision = np.where(np.isnan(model.precision), 1.0, model.precision)
    z, log_weight = _nodes(model.school_sd > 0)
    for first in range(0, S, _BATCH):
        rows = np.s_[first : min(first + _BATCH, S)]
        columns = [_cells(low[rows, p], n[rows, p]) for p in range(P)]
        weights, _ = _school_weights(
            location, precision, model.school_sd, columns, len(low[rows]), z, log_weight
        )
        # exactly[c]: probability, at each node, that c procedures reach the threshold, c < at_least.
        exactly = np.zeros((at_least, *weights.shape))
        exactly[:1] = 1.0
        for p, cells in enumerate(columns):
            mean = expit(location[p] + model.school_sd * z)
            a, b = cells.low + mean * precision[p], cells.n - cells.low + (1.0 - mean) * precision[p]
            above = (1.0 - betainc(a, b, threshold))[cells.cell]
            each[rows, p] = (weights * above).sum(axis=1)
            expected[rows, p] = (weights * (a / (a + b))[cells.cell]).sum(axis=1)
            above = np.where(eligible[rows, p, None], above, 0.0)
            exactly[1:] = exactly[1:] * (1.0 - above) + exactly[:-1] * above
            exactly[:1] *= 1.0 - above
        several[rows] = np.clip(1.0 - (weights * exactly.sum(axis=0)).sum(axis=1), 0.0, 1.0)
    return each, expected, several
