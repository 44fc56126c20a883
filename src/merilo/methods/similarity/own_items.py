"""What a school is better and worse at than others: its own item means, taken out before works are compared.

Honest schools differ item by item by about half a logit at equal raw score; that alone makes works of a school alike.
"""

from __future__ import annotations

import numpy as np

from merilo.methods.arrays import IntArray
from merilo.methods.similarity.columns import AnswerColumns, SingleArray

# Works of prior opinion beside a school's own: about what a spread of half a logit between schools is worth
# (information 4 for an item of middle difficulty, split over its answers).
PRIOR_WORKS = 6.0


def own_shares(
    shares: SingleArray, answers: SingleArray, columns: AnswerColumns, starts: IntArray
) -> SingleArray:
    """Shares of answers as the rest of the school suggests them (n, K).

    shares (n, K) implied by raw scores; answers (n, K) one-hot; starts: first row of every school (rows are sorted by
    school). Every answer's share is multiplied by (its works in the school without this one + PRIOR_WORKS) / (their
    expected number + PRIOR_WORKS), item by item brought back to 1: answer-wise, since generous marking is no shift in
    logits.
    """
    sizes = np.diff(np.append(starts, len(shares)))
    seen = np.repeat(np.add.reduceat(answers, starts, axis=0), sizes, axis=0)
    expected = np.repeat(np.add.reduceat(shares, starts, axis=0), sizes, axis=0)
    seen -= answers
    expected -= shares
    seen += np.float32(PRIOR_WORKS)
    expected += np.float32(PRIOR_WORKS)
    tilted: SingleArray = shares * seen
    tilted /= expected
    total = columns.by_item(tilted)
    tilted /= columns.spread(np.where(total > 0, total, np.float32(1.0)))
    return tilted
