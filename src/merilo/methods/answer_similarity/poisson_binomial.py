"""Exact number of matches when every item matches with its own probability (Poisson-binomial)."""

from __future__ import annotations

import numpy as np

from merilo.methods.arrays import FloatArray, IntArray

PAIRS_AT_ONCE = 4096


def poisson_binomial(chance: FloatArray) -> FloatArray:
    """Probabilities (I + 1, m) of 0 … I matches for m pairs; chance (I, m) per item.

    By adding the items one after another (van der Linden & Sotaridona 2006, equation 8): only sums of non-negative
    terms, so that small tails keep their digits.
    """
    n_items, m = chance.shape
    density = np.zeros((n_items + 1, m))
    density[0] = 1.0
    for item in range(n_items):
        p = chance[item]
        moved = density[: item + 1] * p
        density[: item + 1] *= 1.0 - p
        density[1 : item + 2] += moved
    return density


def matches_tail(chance: FloatArray, matches: IntArray) -> tuple[FloatArray, FloatArray]:
    """P(at least `matches`) and the mid-p value P(more) + P(exactly) / 2 of m pairs; chance (I, m), matches (m,)."""
    at_least = np.empty(len(matches))
    middle = np.empty(len(matches))
    for start in range(0, len(matches), PAIRS_AT_ONCE):
        some = slice(start, start + PAIRS_AT_ONCE)
        density = poisson_binomial(chance[:, some])
        upper = np.cumsum(density[::-1], axis=0)[::-1]
        pair = np.arange(upper.shape[1])
        at_least[some] = upper[matches[some], pair]
        middle[some] = at_least[some] - 0.5 * density[matches[some], pair]
    return np.minimum(at_least, 1.0), np.clip(middle, 0.0, 1.0)
