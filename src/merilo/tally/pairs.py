"""Counts by school, an earlier result and the score: what growth percentiles and rank correlations need."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from merilo.methods.arrays import BoolArray, FloatArray, IntArray
from merilo.tally.batch import Batch

# A dense table of journal marks and scores may have this many counters for each work of a batch.
COUNTERS_A_WORK = 16
# Journal marks are 2 to 5.
MARK_BITS, LOWEST_MARK = 2, 2


@dataclass(frozen=True, slots=True)
class PairCounts:
    """Works by (org, prior, score), rows sorted by it: org (R,), prior (R,), score (R,), n (R,).

    prior: the same pupil's score in an earlier procedure, or the journal mark, or 0 (only scores are counted).
    """

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


def count_journal(batch: Batch, here: BoolArray | slice) -> PairCounts:
    """Count the present works whose journal mark is known, by school, journal mark (as prior) and score."""
    org, mark, score = batch.org[here], batch.journal_mark[here], batch.score[here]
    known = mark > 0
    if not known.any():
        return EMPTY_PAIRS
    if not known.all():
        org, mark, score = org[known], mark[known], score[known]
    lowest, first = np.float64(score.min()), int(org.min())
    # Widths are powers of two, so that codes are put together and taken apart by shifts.
    score_bits = max(int(score.max() - lowest), 1).bit_length()
    size = (int(org.max()) - first + 1) << (MARK_BITS + score_bits)
    points = (score - lowest).astype(np.int64)
    if size > COUNTERS_A_WORK * len(org) or not np.array_equal(points, score - lowest):
        ones = np.ones(len(org), np.int64)
        return _gather(org.astype(np.int64), mark.astype(np.float64), score, ones)
    # The works are sorted by school, so the counters in use stay in the processor's cache.
    key = org.astype(np.int64)
    key -= first
    key <<= MARK_BITS
    key |= mark - LOWEST_MARK
    key <<= score_bits
    key |= points
    table = np.bincount(key, minlength=size)
    keys = np.flatnonzero(table)
    return PairCounts(
        org=(keys >> (MARK_BITS + score_bits)) + first,
        prior=(LOWEST_MARK + ((keys >> score_bits) & ((1 << MARK_BITS) - 1))).astype(np.float64),
        score=(keys & ((1 << score_bits) - 1)) + lowest,
        n=table[keys].astype(np.int64),
    )


def count_scores(batch: Batch, here: BoolArray | slice) -> PairCounts:
    """Count the present works by school and score; there is no earlier result, so `prior` is 0."""
    org, score = batch.org[here].astype(np.int64), batch.score[here]
    return _gather(org, np.zeros(len(org)), score, np.ones(len(org), np.int64))


def merge_pairs(left: PairCounts, right: PairCounts) -> PairCounts:
    """Add two counts. Only schools in both have anything to add: row groups follow each other by school, so that is
    the school in which the file was cut.
    """
    if not len(left.org) or not len(right.org):
        return left if len(left.org) else right
    first = int(np.searchsorted(left.org, right.org[0]))
    last = int(np.searchsorted(right.org, left.org[-1], side="right"))
    shared = _gather(
        *(
            np.concatenate([getattr(left, name)[first:], getattr(right, name)[:last]])
            for name in ("org", "prior", "score", "n")
        )
    )
    return PairCounts(
        *(
            np.concatenate([getattr(left, name)[:first], getattr(shared, name), getattr(right, name)[last:]])
            for name in ("org", "prior", "score", "n")
        )
    )


def _gather(org: IntArray, prior: FloatArray, score: FloatArray, n: IntArray) -> PairCounts:
    if not len(org):
        return EMPTY_PAIRS
    order = np.lexsort((score, prior, org))
    org, prior, score, n = org[order], prior[order], score[order], n[order]
    new = (np.diff(org) != 0) | (np.diff(prior) != 0) | (np.diff(score) != 0)
    starts = np.concatenate([[0], np.flatnonzero(new) + 1])
    return PairCounts(org[starts], prior[starts], score[starts], np.add.reduceat(n, starts))
