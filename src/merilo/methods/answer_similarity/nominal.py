"""The nominal response model: probability of every option of an item given ability (Bock 1972).

log P(option k | ability t) = slope[k] t + intercept[k] - log sum over the options of the item.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from merilo.methods.arrays import BoolArray, FloatArray, IntArray

OptionCodes = NDArray[np.int16]
NONE_CHOSEN = -1

# An option that fewer works chose than this has no curve of its own.
FEWEST_CHOSEN = 5


@dataclass(frozen=True, slots=True)
class NominalItems:
    """I items with up to K options; padding has the intercept -inf.

    slopes (I, K) per logit of ability, summing to 0 over an item's options; intercepts (I, K) logits, likewise;
    sameness (I, K): chance that two works that chose this option wrote the same text, 1 but for rare options together.
    """

    slopes: FloatArray
    intercepts: FloatArray
    sameness: FloatArray

    def log_probabilities(self, ability: FloatArray) -> FloatArray:
        """Log probabilities (I, K, n) at abilities (n,), logits; -inf for padding."""
        weight = self.slopes[:, :, None] * ability + self.intercepts[:, :, None]
        top = weight.max(axis=1, keepdims=True)
        return np.asarray(weight - top - np.log(np.exp(weight - top).sum(axis=1, keepdims=True)))

    def probabilities(self, ability: FloatArray, answered: BoolArray) -> FloatArray:
        """Probabilities (n, I, K); items that a work did not answer (`answered` (n, I) False) are 0 throughout."""
        chance = np.exp(self.log_probabilities(ability)).transpose(2, 0, 1)
        return np.ascontiguousarray(chance * answered[:, :, None])


@dataclass(frozen=True, slots=True)
class PooledOptions:
    """Answers with the rare options of every item joined into one.

    codes (n, I): row of the item's options, NONE_CHOSEN; options_n (I,): options after pooling;
    sameness (I, K) as in NominalItems; original (I, T): option that each text became, NONE_CHOSEN if never chosen.
    """

    codes: OptionCodes
    options_n: IntArray
    sameness: FloatArray
    original: IntArray

    def take(self, works: IntArray) -> PooledOptions:
        """The answers of some works; options stay as they are."""
        return PooledOptions(self.codes[works], self.options_n, self.sameness, self.original)


def pool_rare_options(chosen: OptionCodes, fewest: int = FEWEST_CHOSEN) -> PooledOptions:
    """Join options chosen by fewer than `fewest` works of `chosen` (n, I) codes >= 0, NONE_CHOSEN.

    Two works that chose among the joined options wrote the same text only sometimes: `sameness` is the share of such
    pairs, without a work's pair with itself.
    """
    n_items = chosen.shape[1]
    texts_n = int(chosen.max(initial=0)) + 1
    counts = np.zeros((n_items, texts_n), np.int64)
    for item in range(n_items):
        column = chosen[:, item]
        counts[item] = np.bincount(column[column >= 0], minlength=texts_n)
    rare = (counts > 0) & (counts < fewest)
    lonely = rare.sum(axis=1) == 1
    rare[lonely] = False
    own = (counts > 0) & ~rare
    original = np.where(own, np.cumsum(own, axis=1) - 1, NONE_CHOSEN)
    pooled_n = own.sum(axis=1)
    original = np.where(rare, pooled_n[:, None], original)
    options_n = pooled_n + rare.any(axis=1)
    sameness = np.ones((n_items, max(int(options_n.max(initial=1)), 1)))
    for item in np.flatnonzero(rare.any(axis=1)).tolist():
        n = counts[item][rare[item]].astype(np.float64)
        sameness[item, pooled_n[item]] = np.sum(n * (n - 1)) / (n.sum() * (n.sum() - 1))
    items = np.arange(n_items)[None, :]
    codes = np.where(chosen >= 0, original[items, np.maximum(chosen, 0)], NONE_CHOSEN)
    return PooledOptions(codes.astype(np.int16), options_n, sameness, original)


def chosen_matrix(codes: OptionCodes, n_options: int) -> NDArray[np.float32]:
    """One-hot answers (n, I, K): 1 at the option chosen, all 0 where none was."""
    matrix = np.zeros((*codes.shape, n_options), np.float32)
    work, item = np.nonzero(codes >= 0)
    matrix[work, item, codes[work, item]] = 1.0
    return matrix
