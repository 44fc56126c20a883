"""What a school is better and worse at than others: its own item means, taken out before works are compared.

Honest schools differ item by item by about half a logit at equal raw score; that alone makes works of a school alike.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

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
    ends = np.append(starts, len(shares))
    sizes = np.diff(ends)
    # A product with a sparse matrix of ones adds up the rows of every school faster than reduceat does.
    of_school = csr_array((np.ones(len(shares), np.float32), np.arange(len(shares)), ends))
    prior = np.float32(PRIOR_WORKS)
    tilted: SingleArray = np.repeat(of_school @ answers + prior, sizes, axis=0)
    tilted -= answers
    tilted *= shares
    expected = np.repeat(of_school @ shares + prior, sizes, axis=0)
    expected -= shares
    tilted /= expected
    total = columns.by_item(tilted)
    tilted /= columns.spread(np.where(total > 0, total, np.float32(1.0)))
    return tilted
