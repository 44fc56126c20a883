"""Nulls of single procedures: each kind has a common one, towards which a procedure's own is drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from merilo.methods.arrays import FloatArray
from merilo.methods.two_groups.null import (
    StudentNull,
    fit_location_scale,
    fit_student,
    lower_half_mirrored,
    normal_scores,
    starting_null,
    upper_tail,
)
from merilo.methods.two_groups.prior import CombiningPrior

# The common tail of a kind is told by some thousands of z as well as by all.
MOST_ROWS = 6000


@dataclass(frozen=True, slots=True)
class RowNulls:
    """mean, sd (P, K) nulls of procedures; common: of the K kinds over all procedures, whose tails hold everywhere."""

    mean: FloatArray
    sd: FloatArray
    common: StudentNull

    def scores(self, z: FloatArray) -> FloatArray:
        """Distances z (J, P, K) against these nulls, as normal scores of the same probability."""
        return normal_scores((z - self.mean) / self.sd, self.common.tail)

    def p_values(self, z: FloatArray) -> FloatArray:
        """One-sided p-values (J, P, K) of z against these nulls."""
        return upper_tail((z - self.mean) / self.sd, self.common.tail)


def fit_rows(
    z: FloatArray,
    honest: FloatArray,
    prior: CombiningPrior,
    last: RowNulls | None = None,
    *,
    lower: bool = False,
) -> RowNulls:
    """Nulls of z (J, P, K), NaN missing, each school counting with its probability of being honest (J,).

    lower: from the lower halves alone, before anything is known of who stands out.
    """
    schools, procedures, kinds = z.shape
    flat = z.reshape(schools, procedures * kinds)
    start = starting_null(flat) if last is None else (last.mean.ravel(), last.sd.ravel())
    step = max(1, schools * procedures // MOST_ROWS)
    several = z.reshape(schools * procedures, kinds)[::step], np.repeat(honest, procedures)[::step]
    own = flat, honest
    if lower:
        several, own = lower_half_mirrored(*several), lower_half_mirrored(*own)
    common = fit_student(
        *several,
        (_middle(start[0], kinds), _middle(start[1], kinds)),
        (prior.column("null_mean"), prior.column("null_sd"), prior.column("null_weight")),
        (prior.column("tail"), prior.column("tail_sd")),
    )
    mean, sd = fit_location_scale(
        *own,
        np.tile(common.tail, procedures),
        start,
        (
            np.tile(common.mean, procedures),
            np.tile(common.sd, procedures),
            np.full(procedures * kinds, prior.procedure_weight),
        ),
    )
    return RowNulls(mean.reshape(procedures, kinds), sd.reshape(procedures, kinds), common)


def _middle(start: FloatArray, kinds: int) -> FloatArray:
    result: FloatArray = np.median(start.reshape(-1, kinds), axis=0)
    return result
