"""The share of a school's near-misses that was lifted, with an interval.

What is estimated is the share of these very works: of K works left below the cut score and L lifted ones, which stand
among the W - K works at the cut score or above it, L / (K + L). Given the school's practice s, L ~ binomial(W - K,
p s / (1 - p + p s)); s has the region's distribution of shares as its prior (practice.py; empirical Bayes, Efron &
Morris 1975). Intervals are the shortest that hold 95 % of the posterior: a share near 0 or 1 gets a one-sided one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

from merilo.methods.arrays import BoolArray, FloatArray
from merilo.methods.lift.practice import NOISE, NOISE_WEIGHTS, Practice
from merilo.methods.lift.schools import SchoolWindows

SHARES = np.append(np.arange(0.0, 0.985, 0.02) + 0.01, 0.995)
BEYOND_FROM = 0.3
"""The share of what is left by habit that a school far beyond the practice lifts: even from here to 1."""

LEVEL = 0.95
TAILS = np.linspace(0.0, 1.0 - LEVEL, 11)
CHUNK = 64


@dataclass(frozen=True, slots=True)
class SchoolShares:
    """For J schools and C cut scores (J, C), shares 0-1; NaN where nothing can be told.

    estimate, lower, upper: posterior mean and 95 % limits of the share of these near-misses that was lifted;
    beyond_limit: probability that the share lifted as practice exceeds the limit asked.
    """

    estimate: FloatArray
    lower: FloatArray
    upper: FloatArray
    beyond_limit: FloatArray


def school_shares(
    works: SchoolWindows, usable: BoolArray, practice: Practice, *, limit: float, region_se: FloatArray
) -> SchoolShares:
    """Share of near-misses lifted in every school over every cut score.

    usable (J, C); limit: share 0-1 for `beyond_limit`; region_se (C,): standard error of the region's log share of
    works left below the cut score: its counterfactual errs for all schools alike.
    """
    result = [np.full(works.near_share.shape, np.nan) for _ in range(4)]
    for c in range(works.near_share.shape[1]):
        prior = _prior(practice, c)
        rows = np.flatnonzero(usable[:, c])
        rows = rows[np.argsort(works.windows_n[rows, c], kind="stable")]
        for start in range(0, len(rows), CHUNK):
            chosen = rows[start : start + CHUNK]
            part = _posterior(works, chosen, c, prior, limit)
            for whole, values in zip(result, part, strict=True):
                whole[chosen, c] = values
    estimate, lower, upper, beyond = result
    lower, upper = _widened(estimate, lower, upper, region_se)
    return SchoolShares(estimate, lower, upper, beyond)


def _prior(practice: Practice, c: int) -> FloatArray:
    """Prior weight of SHARES at a cut score: habit, and far beyond it."""
    logit = np.log(SHARES / (1.0 - SHARES))
    width = np.diff(np.concatenate([[0.0], 0.5 * (SHARES[1:] + SHARES[:-1]), [1.0]]))
    usual = np.exp(-0.5 * ((logit - practice.mean_logit[c]) / practice.spread) ** 2) / (
        SHARES * (1.0 - SHARES)
    )
    usual = usual * width / (usual * width).sum()
    start = practice.share[c] + BEYOND_FROM * (1.0 - practice.share[c])
    beyond = np.where(start <= SHARES, width, 0.0)
    return np.asarray((1.0 - practice.beyond_part) * usual + practice.beyond_part * beyond / beyond.sum())


def _posterior(
    works: SchoolWindows, rows: np.ndarray, c: int, prior: FloatArray, limit: float
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Mean, lower, upper, P(above limit) of chosen schools at one cut score."""
    left = works.remaining_n[rows, c][:, None]
    gone = works.windows_n[rows, c][:, None] - left
    se = works.log_se[rows, c][:, None]
    shares, noise = np.tile(SHARES, len(NOISE)), np.repeat(NOISE, len(SHARES))
    weight = np.outer(NOISE_WEIGHTS, prior).ravel()
    near = np.clip(works.near_share[rows, c][:, None] * np.exp(se * noise - 0.5 * se**2), 1e-9, 0.999)
    log = np.log(weight) + left * np.log(near * (1.0 - shares)) + gone * np.log1p(-near * (1.0 - shares))
    chance = np.exp(log - log.max(axis=1, keepdims=True))
    chance /= chance.sum(axis=1, keepdims=True)
    by_share = chance.reshape(len(rows), len(NOISE), -1).sum(axis=1)
    count = np.arange(int(gone.max(initial=0)) + 1)
    among = near * shares / (1.0 - near + near * shares)
    lifted = _mixed_binomial(count, gone, among, chance)
    share = np.minimum(count / np.maximum(count + left, 1.0), 1.0)
    # Where none remains and none was lifted, there was no near-miss: the practice is all that can be told.
    no_near_miss = chance * (1.0 - among) ** gone * (left == 0)
    lifted[:, 0] = np.maximum(lifted[:, 0] - no_near_miss.sum(axis=1), 0.0)
    low, high = _limits(share, lifted)
    mean = (share * lifted).sum(axis=1) + no_near_miss @ shares
    # With none left below, "all of them" is nearly certain of these works, but says little of the practice.
    low = np.where(left[:, 0] == 0, _limits(np.broadcast_to(SHARES, by_share.shape), by_share)[0], low)
    return mean, low, np.maximum(high, mean), by_share @ (limit < SHARES).astype(np.float64)


def _mixed_binomial(count: np.ndarray, n: FloatArray, chance: FloatArray, weight: FloatArray) -> FloatArray:
    """(R, L) probability of each count, binomial(n, chance) mixed over (R, N) chances with weights."""
    log_choose = gammaln(n + 1.0) - gammaln(count + 1.0) - gammaln(np.maximum(n - count, 0.0) + 1.0)
    odds = np.log(chance) - np.log1p(-chance)
    log = (
        count[None, :, None] * odds[:, None, :] + (n * np.log1p(-chance))[:, None, :] + log_choose[:, :, None]
    )
    mixed = np.einsum("rln,rn->rl", np.exp(np.minimum(log, 0.0)), weight)
    return np.where(count <= n, mixed, 0.0)


def _limits(value: FloatArray, weight: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The shortest interval (R,), (R,) holding LEVEL of the weight of values ascending along the last axis.

    Every value stands for the interval half way to its neighbours, which keeps the level for a few works as well.
    """
    edges = np.concatenate([value[:, :1], 0.5 * (value[:, 1:] + value[:, :-1]), value[:, -1:]], axis=1)
    below = np.concatenate([np.zeros((len(value), 1)), np.cumsum(weight, axis=1)], axis=1)
    low, high = np.empty(len(value)), np.empty(len(value))
    for row in range(len(value)):
        whole = below[row, -1]
        ends = np.interp(np.concatenate([TAILS, TAILS + LEVEL]) * whole, below[row], edges[row])
        start, end = ends[: len(TAILS)], ends[len(TAILS) :]
        # Of intervals equally short the first, whatever the last digit says.
        best = int(np.argmax(end - start <= (end - start).min() + 1e-9))
        low[row], high[row] = start[best], end[best]
    return low, high


def _widened(
    estimate: FloatArray, lower: FloatArray, upper: FloatArray, region_se: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Limits with the uncertainty of the region's counterfactual put in, in squares on the scale of log(1 - share)."""
    extra = 1.96 * np.nan_to_num(region_se)

    def scale(share: FloatArray) -> FloatArray:
        return -np.log(np.maximum(1.0 - share, 1e-9))

    middle = scale(estimate)
    low = middle - np.hypot(middle - scale(lower), extra)
    high = middle + np.hypot(scale(upper) - middle, extra)
    return np.maximum(-np.expm1(-low), 0.0), np.where(upper >= 1.0, 1.0, -np.expm1(-high))
