"""Ability of every work from its options: maximum likelihood under the nominal response model, bounded."""

from __future__ import annotations

import numpy as np

from merilo.methods.answer_similarity.nominal import NominalItems, OptionCodes, chosen_matrix
from merilo.methods.arrays import FloatArray

LARGEST_ABILITY = 4.0
GRID = 81
NEWTON_STEPS = 4
WORKS_AT_ONCE = 8192


def nominal_abilities(items: NominalItems, codes: OptionCodes) -> FloatArray:
    """Abilities (n,), logits, in -4 … 4; NaN for a work without any answer. codes (n, I) as pooled."""
    nodes = np.linspace(-LARGEST_ABILITY, LARGEST_ABILITY, GRID)
    log_chance = items.log_probabilities(nodes).reshape(-1, GRID)
    log_chance = np.where(np.isfinite(log_chance), log_chance, 0.0)
    ability = np.full(len(codes), np.nan)
    for start in range(0, len(codes), WORKS_AT_ONCE):
        some = codes[start : start + WORKS_AT_ONCE]
        chosen = chosen_matrix(some, items.slopes.shape[1]).reshape(len(some), -1)
        near = nodes[np.argmax(chosen.astype(np.float64) @ log_chance, axis=1)]
        ability[start : start + len(some)] = _climb(items, some, near)
    ability[(codes < 0).all(axis=1)] = np.nan
    return ability


def _climb(items: NominalItems, codes: OptionCodes, ability: FloatArray) -> FloatArray:
    """Newton from the best node of the grid, never farther than one step of the grid."""
    answered = codes >= 0
    rows = np.arange(items.slopes.shape[0])
    score = (items.slopes[rows, np.maximum(codes, 0)] * answered).sum(axis=1)
    width = 2 * LARGEST_ABILITY / (GRID - 1)
    low, high = ability - width, ability + width
    for _step in range(NEWTON_STEPS):
        chance = np.exp(items.log_probabilities(ability))
        mean = np.einsum("ik,ikn->ni", items.slopes, chance)
        square = np.einsum("ik,ikn->ni", items.slopes**2, chance)
        gradient = score - (mean * answered).sum(axis=1)
        information = ((square - mean**2) * answered).sum(axis=1)
        ability = np.clip(ability + gradient / np.maximum(information, 1e-9), low, high)
    return np.clip(ability, -LARGEST_ABILITY, LARGEST_ABILITY)
