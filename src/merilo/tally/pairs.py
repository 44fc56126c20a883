"""Counts by school, prior score and score: what growth percentiles need of the works."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from merilo.methods.arrays import BoolArray, FloatArray, IntArray
from merilo.tally.batch import Batch


@dataclass(frozen=True, slots=True)
class PairCounts:
    """Works by (org, prior, score), rows sorted by it: org (R,), prior (R,), score (R,), n (R,)."""

    org: IntArray
    prior: FloatArray
    score: FloatArray
    n: IntArray


EMPTY_PAIRS = PairCounts(np.zeros(0, np.int64), np.zeros(0), np.zeros(0), np.zeros(0, np.int64))


def count_pairs(batch: Batch, here: BoolArray | slice, column: int) -> PairCounts:
    """Count the present works whose prior score (covariate `column`) is known."""
    prior = batch.covariates[column][here]
    known = ~np.isnan(prior)
    return _gather(
        batch.org[here][known].astype(np.int64),
        prior[known],
        batch.score[here][known],
        np.ones(int(known.sum()), np.int64),
    )


def merge_pairs(left: PairCounts, right: PairCounts) -> PairCounts:
    """Add two counts."""
    return _gather(
        np.concatenate([left.org, right.org]),
        np.concatenate([left.prior, right.prior]),
        np.concatenate([left.score, right.score]),
        np.concatenate([left.n, right.n]),
    )


def _gather(org: IntArray, prior: FloatArray, score: FloatArray, n: IntArray) -> PairCounts:
    if not len(org):
        return EMPTY_PAIRS
    order = np.lexsort((score, prior, org))
    org, prior, score, n = org[order], prior[order], score[order], n[order]
    new = (np.diff(org) != 0) | (np.diff(prior) != 0) | (np.diff(score) != 0)
    starts = np.concatenate([[0], np.flatnonzero(new) + 1])
    return PairCounts(org[starts], prior[starts], score[starts], np.add.reduceat(n, starts))
