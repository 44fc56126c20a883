"""What is known before a run: of honest schools' nulls and of the schools that stand out, kind by kind."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from merilo.methods.arrays import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class KindPrior:
    """Prior of one kind of evidence; weights count as so many schools.

    null_mean, null_sd: centre and Student scale of honest schools' z in one procedure, of weight null_weight; tail,
    tail_sd: normal prior of 1 / degrees of freedom; correlation: of one honest school's z in two procedures, of weight
    correlation_weight; share: of schools where this kind is the main one; shift_mean, shift_sd: shift of z in one
    procedure in such schools, of weight shift_weight.
    """

    null_mean: float = 0.0
    null_sd: float = 1.0
    null_weight: float = 30.0
    tail: float = 0.02
    tail_sd: float = 0.03
    correlation: float = 0.15
    correlation_weight: float = 30.0
    share: float = 0.01
    shift_mean: float = 2.4
    shift_sd: float = 1.2
    shift_weight: float = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CombiningPrior:
    """Priors of K kinds and what they have in common.

    signature, signature_sd (K, K): by which fraction of the shift of the main kind (row) the z of another kind (column)
    shifts with it, and how much that fraction differs between schools; kinds_correlation (K, K): of the kinds in
    honest schools, of weight kinds_weight in schools; share_weight: schools behind the prior shares;
    procedure_weight: schools that the common null of a kind counts for in the null of one procedure; joint_tail,
    joint_tail_sd: 1 / degrees of freedom of all kinds together; label_doubt: factor that a review leaves to what it
    speaks against; most_log_odds: greatest log likelihood ratio of one school; partial_share: of the schools with
    findings, those with findings in some procedures only; most_z: greatest z that one procedure may have;
    least_probability: of a flagged school.
    """

    kinds: tuple[KindPrior, ...]
    signature: FloatArray
    signature_sd: FloatArray
    kinds_correlation: FloatArray
    kinds_weight: float = 60.0
    share_weight: float = 60.0
    procedure_weight: float = 30.0
    joint_tail: float = 0.02
    joint_tail_sd: float = 0.02
    label_doubt: float = 0.01
    most_log_odds: float = 14.0
    partial_share: float = 0.2
    most_z: float = 4.5
    least_probability: float = 0.5

    def column(self, name: str) -> FloatArray:
        """One field of all kinds (K,)."""
        return np.array([getattr(kind, name) for kind in self.kinds], dtype=np.float64)


def plain_prior(kinds: int) -> CombiningPrior:
    """The same prior for each of K kinds, which neither move along nor hang together."""
    nothing = np.zeros((kinds, kinds))
    return CombiningPrior(
        kinds=(KindPrior(),) * kinds,
        signature=nothing,
        signature_sd=nothing,
        kinds_correlation=np.eye(kinds),
    )
