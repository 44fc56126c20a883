"""Every pair of works of a class, by batched products of one-hot matrices; one exponential and one logarithm a pair.

Work v followed w with probability FOLLOWING; a follower took each answer from w with probability TAKEN, else answered
as its raw score and its school imply (share P). The ratio of likelihoods of v's answers is 1 - FOLLOWING + FOLLOWING *
prod_i (1 - TAKEN + TAKEN [same] / P): the general form of omega and GBT (Wollack 1997; van der Linden & Sotaridona
2006) put together over a whole class as a mixture. Logs are added over the class for every w, and w itself is unknown:
nearly always the best work (BEST_PRIOR), else anyone. A likelihood ratio of that kind is the best combination there is
of who agrees, on what and how unlikely that was; a mixture, since not all take part.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from merilo.methods.arrays import BoolArray, FloatArray, IntArray
from merilo.methods.similarity.columns import AnswerColumns, SingleArray
from merilo.methods.similarity.sums import LIKENESS_EDGES, ClassSums, no_sums

TAKEN = 0.5
FOLLOWING = 0.5
BEST_PRIOR = 0.9999
LOG_NOT_TAKEN = np.float32(np.log(1 - TAKEN))
# Works that share the best score: so many of them are held against what honest works imply.
BEST_WORKS = 3
# A class of fewer works says nothing; a group of more (no classes named) is compared in parts of this size.
LEAST_WORKS, MOST_WORKS = 4, 256
# Numbers in one batch of padded classes: what fits a processor's cache.
BATCH_NUMBERS = 1 << 18
# Five-point Gauss-Hermite rule for a standard normal.
NODES, WEIGHTS = (a.astype(np.float32) for a in np.polynomial.hermite_e.hermegauss(5))
WEIGHTS = WEIGHTS / WEIGHTS.sum()
MOST_LOG = 60.0


def compare_classes(
    shares: SingleArray,
    answers: SingleArray,
    columns: AnswerColumns,
    part_of_score: FloatArray,
    klass: IntArray,
    classes: int,
) -> ClassSums:
    """Sums over pairs by class, `classes` of them.

    shares, answers (n, K), see own_items; part_of_score (n,) points over points that could be had; klass (n,) row of
    the class, rows sorted by it.
    """
    sums = no_sums(classes)
    first, size = _parts(klass)
    held = size >= LEAST_WORKS
    first, size = first[held], size[held]
    order = np.argsort(size, kind="stable")
    start = 0
    while start < len(order):
        # Classes of nearly one size share a batch, so that little of it is padding.
        widest = int(size[order[start]]) + 3
        most = max(1, BATCH_NUMBERS // (widest * columns.n))
        stop = min(int(np.searchsorted(size[order], widest, side="right")), start + most)
        chosen = order[start:stop]
        _compare_batch(sums, shares, answers, columns, part_of_score, klass, first[chosen], size[chosen])
        start = stop
    return sums


def _parts(klass: IntArray) -> tuple[IntArray, IntArray]:
    """First row and size of every class; one of more than MOST_WORKS in equal parts."""
    if not len(klass):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    first = np.concatenate([[0], np.flatnonzero(klass[1:] != klass[:-1]) + 1])
    size = np.diff(np.append(first, len(klass)))
    if (size <= MOST_WORKS).all():
        return first, size
    borders = [
        start + np.arange(parts + 1) * count // parts
        for start, count, parts in zip(first, size, -(-size // MOST_WORKS))
    ]
    return np.concatenate([b[:-1] for b in borders]), np.concatenate([np.diff(b) for b in borders])


def _compare_batch(
    sums: ClassSums,
    shares: SingleArray,
    answers: SingleArray,
    columns: AnswerColumns,
    part_of_score: FloatArray,
    klass: IntArray,
    first: IntArray,
    size: IntArray,
) -> None:
    """Add B classes to the sums. Rows beyond a class are zeros: they agree with nobody and are expected not to."""
    width = int(size.max())
    place = np.arange(width)
    here: BoolArray = place < size[:, None]
    row = np.where(here, first[:, None] + place, 0)
    own, given = answers[row], shares[row]
    if size.min() < width:
        own[~here] = 0.0
        given[~here] = 0.0
    score = np.where(here, part_of_score[row], -1.0)
    rows = klass[first]
    gain = _gain(given)
    items = columns.by_item(own)
    compared = items @ items.transpose(0, 2, 1)
    # [v, w]: log likelihood ratio of v's answers if v had taken each from w with probability TAKEN.
    log_ratio = np.matmul(own * gain, own.transpose(0, 2, 1), dtype=np.float32)
    log_ratio += LOG_NOT_TAKEN * compared
    log_ratio[:, place, place] = 0.0
    mixed = _mixed(log_ratio)
    best = score == score.max(axis=1, keepdims=True)
    prior = BEST_PRIOR * best / best.sum(axis=1, keepdims=True) + (1 - BEST_PRIOR) * here / size[:, None]
    np.add.at(sums.evidence, rows, _log_mean(mixed.sum(axis=1).astype(np.float64), prior))
    np.add.at(sums.works, rows, size)
    np.add.at(sums.followers, rows, size - 1)
    np.add.at(sums.level, rows, (score * here).sum(axis=1))
    np.add.at(sums.best, rows, (size - 1) * score.max(axis=1))

    source = np.argsort(-score, axis=1, kind="stable")[:, :BEST_WORKS]
    tied = np.take_along_axis(best, source, axis=1)
    _against_best(sums, rows, given, gain, own, compared, source, tied)
    _all_pairs(sums, rows, given, own, items, compared, size)


def _gain(given: SingleArray) -> SingleArray:
    """Log of the ratio that an answer shared with the source has over one that is not (…, K); 0 outside the items."""
    ratio = np.zeros_like(given)
    np.divide(np.float32(TAKEN / (1 - TAKEN)), given, out=ratio, where=given > 0)
    ratio += np.float32(1.0)
    return np.log(ratio, out=ratio)


def _mixed(log_ratio: SingleArray) -> SingleArray:
    """Log of 1 - FOLLOWING + FOLLOWING * ratio."""
    np.minimum(log_ratio, MOST_LOG, out=log_ratio)
    np.exp(log_ratio, out=log_ratio)
    log_ratio *= np.float32(FOLLOWING)
    log_ratio += np.float32(1 - FOLLOWING)
    return np.log(log_ratio, out=log_ratio)


def _log_mean(values: FloatArray, prior: FloatArray) -> FloatArray:
    """Log of the sum of prior * exp(values) along the last axis."""
    top = np.where(prior > 0, values, -np.inf).max(axis=-1, keepdims=True)
    total = (prior * np.exp(np.minimum(values - top, 0.0))).sum(axis=-1)
    return np.asarray(np.log(total) + top[..., 0])


def _against_best(
    sums: ClassSums,
    rows: IntArray,
    given: SingleArray,
    gain: SingleArray,
    own: SingleArray,
    compared: SingleArray,
    source: IntArray,
    tied: BoolArray,
) -> None:
    """What honest works imply when held against the best works (B, c): moments of the log ratio, taken as normal."""
    theirs = np.take_along_axis(own, source[:, :, None], axis=1).transpose(0, 2, 1)
    items = np.take_along_axis(compared, source[:, None, :], axis=2)
    chance = given @ theirs
    expected_gain = given * gain
    mean = expected_gain @ theirs + LOG_NOT_TAKEN * items
    variance = (expected_gain * (gain - expected_gain)) @ theirs
    sd = np.sqrt(np.maximum(variance, 0.0))
    mixed = sum(w * _mixed(mean + x * sd) for x, w in zip(NODES, WEIGHTS, strict=True))
    weight = tied / tied.sum(axis=1, keepdims=True)
    np.add.at(sums.expected, rows, _log_mean(_over_others(np.asarray(mixed), source), weight))
    for name, values in (
        ("alike", own @ theirs),
        ("by_chance", chance),
        ("room", items - chance),
        ("noise", (given * (1 - given)) @ theirs),
    ):
        np.add.at(getattr(sums, name), rows, (_over_others(np.asarray(values), source) * weight).sum(axis=1))


def _over_others(values: NDArray[Any], source: IntArray) -> FloatArray:
    """Sums (B, c) over the works of a class but the source itself of values (B, n, c)."""
    itself = np.take_along_axis(values, source[:, None, :], axis=1)[:, 0]
    return np.asarray(values.sum(axis=1) - itself, np.float64)


def _all_pairs(
    sums: ClassSums,
    rows: IntArray,
    given: SingleArray,
    own: SingleArray,
    items: SingleArray,
    compared: SingleArray,
    size: IntArray,
) -> None:
    """Agreement of all pairs, and how many are how alike (variance of the agreement as of a binomial, the most)."""
    np.add.at(sums.pairs, rows, size * (size - 1) // 2)
    for name, values in (("agreeing", own), ("agreeing_expected", given), ("compared", items)):
        np.add.at(getattr(sums, name), rows, _over_pairs(values))
    expected = given @ given.transpose(0, 2, 1)
    variance = expected / np.maximum(compared, np.float32(1))
    np.subtract(np.float32(1), variance, out=variance)
    variance *= expected
    np.maximum(variance, np.float32(0.05), out=variance)
    z = own @ own.transpose(0, 2, 1)
    z -= expected
    z /= np.sqrt(variance, out=variance)
    # A work with itself is no pair, nor is padding, where z is 0 as well: their known number is taken off.
    place = np.arange(own.shape[1])
    z[:, place, place] = 0.0
    count = len(LIKENESS_EDGES) + 1
    bins = _bin_of(z)
    bins += np.arange(len(rows), dtype=np.int32)[:, None, None] * np.int32(count)
    seen = np.bincount(bins.ravel(), minlength=len(rows) * count).reshape(len(rows), count)
    seen[:, int(_bin_of(np.zeros(1))[0])] -= len(place) ** 2 - size * (size - 1)
    np.add.at(sums.likeness, rows, seen // 2)


def _over_pairs(values: SingleArray) -> FloatArray:
    """Sums (B,) over the pairs of works of the products of their rows of values (B, n, K): square of the sum."""
    whole = np.asarray(values.sum(axis=1), np.float64)
    return np.asarray(((whole**2).sum(axis=1) - np.einsum("bvk,bvk->b", values, values)) / 2)


def _bin_of(z: SingleArray | FloatArray) -> NDArray[np.int32]:
    """Place among equally wide bins (as searchsorted over LIKENESS_EDGES, several times faster)."""
    step = LIKENESS_EDGES[1] - LIKENESS_EDGES[0]
    raised = z * np.float32(1 / step)
    raised += np.float32(1 - LIKENESS_EDGES[0] / step)
    return np.clip(raised, 0, len(LIKENESS_EDGES), out=raised).astype(np.int32)
