"""z of many procedures and kinds -> per school a probability, the leading kind and a q-value."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from merilo.methods.arrays import BoolArray, FloatArray, IntArray
from merilo.methods.two_groups.discovery import posterior_q_values
from merilo.methods.two_groups.joint_null import JointNull, fit_joint_null
from merilo.methods.two_groups.mixture import Mixture, fit_mixture, shift_log_ratios, what_reviews_leave
from merilo.methods.two_groups.null import (
    StudentNull,
    fit_student,
    lower_half_mirrored,
    normal_scores,
    starting_null,
)
from merilo.methods.two_groups.partial import partial_log_ratios
from merilo.methods.two_groups.pooling import Pooled, honest_correlation, pool
from merilo.methods.two_groups.prior import CombiningPrior
from merilo.methods.two_groups.rows import RowNulls, fit_rows

# Nulls and mixture speak to each other; after four rounds nothing moves any more.
ROUNDS, ROUNDS_WITH_PARTS = 4, 2


@dataclass(frozen=True, slots=True)
class Combined:
    """J schools, P procedures, K kinds.

    rows: nulls of single procedures; calibrated (J, P, K) z against them, as normal scores; correlation (K,) of
    honest schools between procedures; pooled: z over procedures; null: of the pooled z; scores (J, K) pooled z
    against it, as normal scores; joint: how kinds hang together; mixture: shares and shifts of kinds;
    probability (J,) that the school stands out, NaN where nothing is known; kind_probability (J, K) that it does so
    by this kind; leading (J,) the kind that explains the school best if it stands out, -1 unknown; q_value (J,);
    flagged (J,).
    """

    rows: RowNulls
    calibrated: FloatArray
    correlation: FloatArray
    pooled: Pooled
    null: StudentNull
    scores: FloatArray
    joint: JointNull
    mixture: Mixture
    probability: FloatArray
    kind_probability: FloatArray
    leading: IntArray
    q_value: FloatArray
    flagged: BoolArray


def combine(
    kinds_z: FloatArray,
    *,
    prior: CombiningPrior,
    flag_limit: float,
    information: FloatArray | None = None,
    labels: FloatArray | None = None,
) -> Combined:
    """Combine z (J, P, K), NaN missing, positive where something asks to be verified.

    flag_limit: greatest q-value of a flagged school; information (J, P, K) 0-1: how much of a shift shows there;
    labels (J, K): 1 confirmed by a review, 0 not confirmed, NaN not reviewed.
    """
    z = np.asarray(kinds_z, dtype=np.float64)
    fitted = _fit(z, prior, information, labels, None, part=False)
    for left in range(ROUNDS - 2, -1, -1):
        # Whether only some procedures are concerned matters last.
        fitted = _fit(z, prior, information, labels, fitted, part=left < ROUNDS_WITH_PARTS)
    posterior = fitted.mixture.posterior
    known = fitted.pooled.procedures_n.sum(axis=1) > 0
    probability = np.where(known, 1 - posterior[:, 0], np.nan)
    q_value = posterior_q_values(probability)
    return Combined(
        rows=fitted.rows,
        calibrated=fitted.calibrated,
        correlation=fitted.correlation,
        pooled=fitted.pooled,
        null=fitted.null,
        scores=fitted.scores,
        joint=fitted.joint,
        mixture=fitted.mixture,
        probability=probability,
        kind_probability=np.where(known[:, None], posterior[:, 1:], np.nan),
        leading=np.where(known, posterior[:, 1:].argmax(axis=1), -1).astype(np.int64),
        q_value=q_value,
        flagged=np.asarray(
            (np.nan_to_num(q_value, nan=np.inf) <= flag_limit)
            & (np.nan_to_num(probability) >= prior.least_probability),
            dtype=np.bool_,
        ),
    )


@dataclass(frozen=True, slots=True)
class _Fitted:
    rows: RowNulls
    calibrated: FloatArray
    correlation: FloatArray
    pooled: Pooled
    null: StudentNull
    scores: FloatArray
    joint: JointNull
    mixture: Mixture


def _fit(
    z: FloatArray,
    prior: CombiningPrior,
    information: FloatArray | None,
    labels: FloatArray | None,
    last: _Fitted | None,
    *,
    part: bool,
) -> _Fitted:
    """One round: nulls with the honest probabilities of the last round, then the mixture."""
    kinds = z.shape[2]
    if last is not None:
        honest = last.mixture.posterior[:, 0]
    elif labels is not None:
        honest = what_reviews_leave(labels)[:, 0]
    else:
        honest = np.ones(z.shape[0])
    rows = fit_rows(z, honest, prior, None if last is None else last.rows, lower=last is None)
    # No single procedure outweighs all others.
    calibrated = np.clip(rows.scores(z), -prior.most_z, prior.most_z)
    correlation = honest_correlation(
        calibrated, honest, prior.column("correlation"), prior.column("correlation_weight")
    )
    pooled = pool(calibrated, correlation, information)
    null = fit_student(
        *(lower_half_mirrored(pooled.z, honest) if last is None else (pooled.z, honest)),
        starting_null(pooled.z) if last is None else (last.null.mean, last.null.sd),
        (np.zeros(kinds), np.ones(kinds), prior.column("null_weight")),
        (prior.column("tail"), prior.column("tail_sd")),
    )
    scores = normal_scores((pooled.z - null.mean) / null.sd, null.tail)
    joint = fit_joint_null(scores, honest, prior)
    ratios = shift_log_ratios(scores, pooled.reach, joint, prior)
    partial = None
    if part and last is not None:
        shifts = last.mixture.shift_mean, last.mixture.shift_sd
        partial = partial_log_ratios(calibrated, correlation, information, *shifts, prior.most_log_odds)
    mixture = fit_mixture(
        ratios,
        pooled.reach,
        prior,
        partial=partial,
        labels=labels,
        start=None if last is None else last.mixture,
    )
    return _Fitted(rows, calibrated, correlation, pooled, null, scores, joint, mixture)
