"""Works of a class or room alike beyond their abilities: the excess of identical answers, pooled over all pairs.

For two works with known abilities the products of residuals, sum over items and options of (chosen - probability) of
the one times that of the other, have the mean 0 and known variance if the works are independent, and products of
different pairs are uncorrelated. Their mean is the excess share of identical answers: so all pairs are summed without
looking at any, and the sum has an exact standard error (a degenerate U-statistic; Serfling 1980, section 5.3).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from merilo.methods.answer_similarity.nominal import NominalItems, chosen_matrix
from merilo.methods.answer_similarity.pairs import Answers
from merilo.methods.arrays import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class PooledSimilarity:
    """G groups of works. excess (G,): sum over pairs and items of identical answers beyond expectation;
    variance (G,) of it if works are independent; comparisons (G,): pairs times items that both answered.
    """

    excess: FloatArray
    variance: FloatArray
    comparisons: FloatArray


def pooled_similarity(
    items: NominalItems, answers: Answers, group: IntArray, n_groups: int
) -> PooledSimilarity:
    """Pool all pairs within groups; group (n,) row of the groups, -1 for none. Unknown abilities are left out."""
    excess, variance, comparisons = np.zeros(n_groups), np.zeros(n_groups), np.zeros(n_groups)
    for works in works_by_group(answers, group):
        some = answers.take(works)
        answered = some.codes >= 0
        chance = items.probabilities(some.ability, answered)
        root = np.sqrt(items.sameness)
        residual = (chosen_matrix(some.codes, chance.shape[2]) - chance) * root
        row = group[works[0]]
        excess[row] = 0.5 * (np.sum(residual.sum(axis=0) ** 2) - np.sum(residual**2))
        variance[row] = _variance(chance * root, chance * items.sameness)
        both = answered.sum(axis=0).astype(np.float64)
        comparisons[row] = 0.5 * np.sum(both * (both - 1.0))
    return PooledSimilarity(excess, variance, comparisons)


def works_by_group(answers: Answers, group: IntArray) -> list[IntArray]:
    """Rows of the works of every group (group (n,), -1 none) with a known ability; groups without any are left out."""
    usable = np.flatnonzero((group >= 0) & ~np.isnan(answers.ability))
    order = usable[np.argsort(group[usable], kind="stable")]
    if not len(order):
        return []
    return np.split(order, np.flatnonzero(np.diff(group[order])) + 1)


def _variance(scaled: FloatArray, diagonal: FloatArray) -> FloatArray:
    """Sum over pairs and items of the product of the two works' covariance matrices of options."""
    covariance = -np.einsum("nik,nil->nikl", scaled, scaled)
    options = np.arange(scaled.shape[2])
    covariance[:, :, options, options] += diagonal
    return np.asarray(0.5 * (np.sum(covariance.sum(axis=0) ** 2) - np.sum(covariance**2)))
