"""One pupil's answers in the works of a whole room: who resembles all the others more than those resemble each other.

Taught together, pupils share mistakes: every pair of a class is a little alike, and equally so. Copying is another
thing: the works resemble one work. For pupil b, s_b is the sum over items and options of b's residual (chosen -
probability) times the others' residuals. Given the others, it has a known variance v_b; what the class shares shifts it
in proportion to v_b, so the median of s_b / v_b over the class takes it off, whatever its size. The greatest of the
standardised s_b in a room is judged as the greatest of so many (Sidak 1967): it needs no other school to compare with.
Where there are many rooms, their median and interquartile range settle what that approximation leaves open.
"""

from __future__ import annotations

import numpy as np
from scipy.special import log_ndtr, ndtri

from merilo.methods.answer_similarity.nominal import NominalItems, chosen_matrix
from merilo.methods.answer_similarity.pairs import Answers
from merilo.methods.answer_similarity.pooled import works_by_group
from merilo.methods.arrays import FloatArray, IntArray

FEWEST_TOGETHER = 6
FARTHEST = 8.0
# From so many rooms on, the middle half of them says what is usual; it is moved and stretched by this much at most.
ENOUGH_ROOMS = 30
FARTHEST_CENTRE = 0.3
WIDEST, NARROWEST = 1.2, 0.85
IQR_OF_NORMAL = 1.3489795003921634


def source_scores(items: NominalItems, answers: Answers, group: IntArray) -> FloatArray:
    """Standardised s_b (n,) of every work within its group (rows from 0, -1 none); NaN in groups of fewer than 6."""
    score = np.full(len(group), np.nan)
    for works in works_by_group(answers, group):
        if len(works) < FEWEST_TOGETHER:
            continue
        some = answers.take(works)
        chance = items.probabilities(some.ability, some.codes >= 0)
        residual = chosen_matrix(some.codes, chance.shape[2]) - chance
        others = (residual.sum(axis=0) - residual) * items.sameness
        product = np.sum(residual * others, axis=(1, 2))
        variance = np.sum(np.sum(chance * others**2, axis=2) - np.sum(chance * others, axis=2) ** 2, axis=1)
        if not (variance > 0).all():
            continue
        shared = float(np.median(product / variance))
        score[works] = (product - shared * variance) / np.sqrt(variance)
    return score


def room_source(score: FloatArray, group: IntArray, n_groups: int) -> FloatArray:
    """Normal score (G,) of the greatest of a group's `source_scores`, NaN without any; high: one work is everywhere."""
    known = np.flatnonzero(~np.isnan(score) & (group >= 0))
    n = np.bincount(group[known], minlength=n_groups)
    greatest = np.full(n_groups, -np.inf)
    np.maximum.at(greatest, group[known], score[known])
    with np.errstate(invalid="ignore", divide="ignore"):
        log_below = n * log_ndtr(greatest)  # log P(all of them lie below the greatest)
        z = np.where(
            log_below > np.log(0.5), -ndtri(-np.expm1(log_below)), ndtri(np.exp(np.minimum(log_below, 0.0)))
        )
    return np.where(n > 0, np.clip(z, -FARTHEST, FARTHEST), np.nan)


def usual_rooms(z: FloatArray) -> FloatArray:
    """Normal scores (G,) of `room_source` on the scale of the middle half of all rooms; NaN stays NaN."""
    known = z[~np.isnan(z)]
    if len(known) < ENOUGH_ROOMS:
        return z
    low, middle, high = np.quantile(known, (0.25, 0.5, 0.75))
    centre = float(np.clip(middle, -FARTHEST_CENTRE, FARTHEST_CENTRE))
    return np.asarray((z - centre) / np.clip((high - low) / IQR_OF_NORMAL, NARROWEST, WIDEST))
