"""Elementary symmetric functions of partial credit items, climbed item by item.

gamma_r, the sum over all response patterns with raw score r of the product of category weights, grows by one item at a
time. Two choices keep it exact and safe: gamma itself is kept as a logarithm, and everything else is expressed by

    share_k[s, x] = P(x points on item k | score s over items 0..k),

a probability. Expected and joint counts of categories are then sums of products of probabilities: no division by
small numbers, no differences, no overflow for any number of items (compare the summation algorithm of Andersen 1972 and
Verhelst, Glas & van der Sluis 1984; the chain view is forward-backward on the partial score).
All arrays carry a first axis of patterns of administered items, so many small patterns cost one pass.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from merilo.methods.arrays import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class ScoreLadder:
    """Symmetric functions of P patterns of the same I items; S = highest raw score of all items together.

    log_gamma  (P, S+1)  log of the symmetric function of each raw score, -inf where the score cannot occur
    shares     I arrays (P, S_k+1, m_k+1): P(x points on item k | score s over items 0..k); S_k = highest score of 0..k
    first_row  (I,)      row of an item's 1 point when the categories 1..m of all items are laid end to end
    """

    log_gamma: FloatArray
    shares: tuple[FloatArray, ...]
    first_row: IntArray


def climb(log_weight: FloatArray, max_points: IntArray, patterns: BoolArray) -> ScoreLadder:
    """Symmetric functions of every pattern. log_weight (I, M+1); max_points (I,); patterns (P, I)."""
    n_patterns = patterns.shape[0]
    log_gamma = np.zeros((n_patterns, 1))
    shares: list[FloatArray] = []
    tops = max_points.tolist()
    skipped = np.full(max(tops) + 1, -np.inf)
    skipped[0] = 0.0
    everyone = np.asarray(patterns.all(axis=0))
    for item, top in enumerate(tops):
        weight = log_weight[item, : top + 1]
        if not everyone[item]:
            weight = np.where(patterns[:, item, None, None], weight, skipped[: top + 1])
        width = log_gamma.shape[1]
        terms = np.full((n_patterns, width + top, top + 1), -np.inf)
        for x in range(top + 1):
            terms[:, x : x + width, x] = log_gamma
        terms += weight
        peak = terms.max(axis=2)
        peak[peak == -np.inf] = 0.0
        share = np.exp(terms - peak[:, :, None])
        total = share.sum(axis=2)
        possible = total > 0.0
        share /= np.where(possible, total, 1.0)[:, :, None]
        log_gamma = np.where(possible, peak + np.log(np.where(possible, total, 1.0)), -np.inf)
        shares.append(share)
    first_row = np.cumsum(max_points) - max_points
    return ScoreLadder(log_gamma, tuple(shares), first_row.astype(np.int64))


def works_on_the_way(ladder: ScoreLadder, works: FloatArray) -> list[FloatArray]:
    """Expected works with score s over items 0..k, one (P, S_k+1) per item, given works (P, S+1) by final raw score."""
    current = works
    result = [current] * len(ladder.shares)
    for item in range(len(ladder.shares) - 1, 0, -1):
        share = ladder.shares[item]
        width = ladder.shares[item - 1].shape[1]
        flow = current[:, :, None] * share
        previous = flow[:, :width, 0].copy()
        for x in range(1, share.shape[2]):
            previous += flow[:, x : x + width, x]
        result[item - 1] = current = previous
    return result


def category_shares(ladder: ScoreLadder) -> FloatArray:
    """P(x points on item | raw score): (P, R, S+1), rows = categories 1..m of all items end to end, R = sum of m."""
    return _spread(ladder, None)[0]


def joint_counts(ladder: ScoreLadder, works: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Expected counts (R,), information (R, R) of the log weights, and category shares (P, R, S+1).

    works (P, S+1) by raw score. The information is the sum over works of the conditional covariance of
    category indicators given the raw score: the exact negative Hessian of the conditional log-likelihood.
    """
    shares, joint = _spread(ladder, works_on_the_way(ladder, works))
    rows = shares.shape[1]
    expected = np.diagonal(joint).copy()
    flat = np.ascontiguousarray(shares.transpose(1, 0, 2)).reshape(rows, -1)
    information = joint - (flat * works.ravel()) @ flat.T
    return expected, (information + information.T) / 2.0, shares


def _spread(ladder: ScoreLadder, on_the_way: list[FloatArray] | None) -> tuple[FloatArray, FloatArray]:
    """Carry P(category | partial score) up the ladder; with works on the way also collect joint counts."""
    n_patterns, width_all = ladder.log_gamma.shape
    rows = width_all - 1
    given = np.zeros((n_patterns, rows, width_all))
    joint = np.zeros((rows, rows))
    width = 1
    for item, share in enumerate(ladder.shares):
        top = share.shape[2] - 1
        row = int(ladder.first_row[item])
        before = given[:, :row, :width].copy()
        if on_the_way is not None:
            flow = on_the_way[item][:, :, None] * share
            for x in range(1, top + 1):
                pair = (before @ flow[:, x : x + width, x, None]).sum(axis=0)[:, 0]
                joint[:row, row + x - 1] = pair
                joint[row + x - 1, :row] = pair
                joint[row + x - 1, row + x - 1] = flow[:, :, x].sum()
        given[:, :row, :width] = before * share[:, None, :width, 0]
        for x in range(1, top + 1):
            given[:, :row, x : x + width] += before * share[:, None, x : x + width, x]
        width += top
        given[:, row : row + top, :width] = share[:, :, 1:].transpose(0, 2, 1)
    return given, joint
