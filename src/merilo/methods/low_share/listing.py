"""The official listing, its probability, and the same where some counts are in doubt."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import betainc, expit

from merilo.errors import DegenerateDataError
from merilo.methods.arrays import BoolArray, FloatArray, IntArray
from merilo.methods.low_share.model import (
    LowShareModel,
    cells_of,
    checked_counts,
    fit_low_shares,
    nodes,
    school_weights,
)

# Schools taken at once, to bound memory (a few grids of this many rows).
_BATCH = 4096
_DOUBT_STEPS = 20


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


@dataclass(frozen=True, slots=True)
class DoubtfulCases:
    """What may be left of a school's counts: R cases of S schools. school (R,); weight (R,), adding up to 1 for each
    school; trusted (R, P): counts that hold in this case.
    """

    school: IntArray
    weight: FloatArray
    trusted: BoolArray


def doubtful_cases(n: FloatArray, doubt: FloatArray) -> DoubtfulCases:
    """Cases of counts of which each holds only with probability 1 - doubt, both (S, P); n = 0 where not held.

    Doubts of one school go together, the most doubtful counts fail first (a school lifts by habit, not by lot), so a
    school has one case more than it has different doubts. Doubts are rounded to twentieths.
    """
    if not ((doubt >= 0) & (doubt <= 1)).all():
        raise DegenerateDataError("A doubt lies between 0 and 1")
    rounded = np.where(n > 0, np.round(doubt * _DOUBT_STEPS) / _DOUBT_STEPS, 0.0)
    edges = np.sort(np.hstack([np.zeros((len(n), 1)), rounded, np.ones((len(n), 1))]), axis=1)
    weight = np.diff(edges, axis=1)
    school, case = np.nonzero(weight > 0)
    middle = (edges[school, case] + edges[school, case + 1]) / 2
    return DoubtfulCases(school.astype(np.int64), weight[school, case], rounded[school] < middle[:, None])


def fit_doubtful_shares(low: FloatArray, n: FloatArray, cases: DoubtfulCases) -> LowShareModel:
    """The model of `fit_low_shares` from counts that hold in their cases only, each case by its weight."""
    low, n = checked_counts(low, n)
    trusted = cases.trusted
    return fit_low_shares(
        np.where(trusted, low[cases.school], 0.0),
        np.where(trusted, n[cases.school], 0.0),
        weight=cases.weight,
    )


def cleaned_probability(
    low: FloatArray,
    n: FloatArray,
    cases: DoubtfulCases,
    model: LowShareModel,
    *,
    threshold_share: float = 0.30,
    min_procedures: int = 2,
    min_participants: float = 1.0,
) -> FloatArray:
    """The probability of `assess_low_shares` (S,), averaged over what may be left of a school's counts.

    Where a count does not hold it tells nothing: the true share is then expected from the school's other procedures
    and from the authority; the procedure counts for the rule all the same, unless no school's count holds. NaN where
    fewer than `min_procedures` count. `model`: of `fit_doubtful_shares`.
    """
    low, n = checked_counts(low, n)
    eligible = (n > 0) & (n >= min_participants) & ~np.isnan(model.location)
    trusted, school = cases.trusted, cases.school
    left_low, left = np.where(trusted, low[school], 0.0), np.where(trusted, n[school], 0.0)
    *_each, several = _posterior(left_low, left, eligible[school], model, threshold_share, min_procedures)
    cleaned = np.bincount(school, cases.weight * several, minlength=len(low))
    return np.where(eligible.sum(axis=1) >= min_procedures, np.clip(cleaned, 0.0, 1.0), np.nan)


def _posterior(
    low: FloatArray, n: FloatArray, eligible: BoolArray, model: LowShareModel, threshold: float, at_least: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Per procedure P(share >= threshold) and mean share (S, P), and P(at least so many of the eligible) (S,)."""
    S, P = low.shape
    each, expected, several = np.zeros((S, P)), np.zeros((S, P)), np.zeros(S)
    location = np.where(np.isnan(model.location), 0.0, model.location)
    precision = np.where(np.isnan(model.precision), 1.0, model.precision)
    z, log_weight = nodes(model.school_sd > 0)
    for first in range(0, S, _BATCH):
        rows = np.s_[first : min(first + _BATCH, S)]
        columns = [cells_of(low[rows, p], n[rows, p]) for p in range(P)]
        weights, _ = school_weights(
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
