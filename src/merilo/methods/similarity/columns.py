"""Answers of works as columns: one for every number of points of every item."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from merilo.methods.arrays import BoolArray, IntArray

SingleArray = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class AnswerColumns:
    """Columns of I items: item i with max_points[i] has the columns starts[i] … starts[i] + max_points[i], K in all."""

    max_points: IntArray
    starts: IntArray
    n: int

    @classmethod
    def of(cls, max_points: IntArray) -> AnswerColumns:
        """max_points (I,)."""
        ends = np.cumsum(max_points + 1)
        return cls(max_points, np.concatenate([[0], ends[:-1]]).astype(np.int64), int(ends[-1]))

    def one_hot(self, points: IntArray, administered: BoolArray) -> SingleArray:
        """(n, K): 1 in the column of the points that a work has; nothing where the item was not administered.

        points (n, I), below 0 counts as 0; administered (n, I).
        """
        answers = np.zeros((len(points), self.n), np.float32)
        row, item = np.nonzero(administered)
        answers[row, self.starts[item] + np.maximum(points[row, item], 0)] = 1.0
        return answers

    def by_item(self, values: SingleArray) -> SingleArray:
        """Sums over the columns of every item (n, I)."""
        return np.asarray(np.add.reduceat(values, self.starts, axis=1))

    def spread(self, values: SingleArray) -> SingleArray:
        """Values of items (n, I) repeated over their columns (n, K)."""
        return np.asarray(np.repeat(values, self.max_points + 1, axis=1))
