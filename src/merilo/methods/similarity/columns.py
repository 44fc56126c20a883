"""Answers of works as columns: one for every number of points of every item."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from merilo.methods.arrays import BoolArray, IntArray

SingleArray = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class AnswerColumns:
    """Columns of I items: item i with max_points[i] has the columns starts[i] … starts[i] + max_points[i], K in all.

    belongs (K, I): 1 where the column is one of the item.
    """

    max_points: IntArray
    starts: IntArray
    belongs: SingleArray

    @property
    def n(self) -> int:
        """Columns (K)."""
        return len(self.belongs)

    @classmethod
    def of(cls, max_points: IntArray) -> AnswerColumns:
        """max_points (I,)."""
        starts = np.concatenate([[0], np.cumsum(max_points + 1)[:-1]]).astype(np.int64)
        return cls(
            max_points, starts, np.repeat(np.eye(len(starts), dtype=np.float32), max_points + 1, axis=0)
        )

    def one_hot(self, points: IntArray, administered: BoolArray) -> SingleArray:
        """(n, K): 1 in the column of the points that a work has; nothing where the item was not administered.

        points (n, I), below 0 counts as 0; administered (n, I).
        """
        item = np.repeat(np.arange(len(self.starts)), self.max_points + 1)
        number = (np.arange(self.n) - self.starts[item]).astype(points.dtype)
        held = np.where(administered, np.maximum(points, 0), -1).astype(points.dtype)
        answers: SingleArray = (held[:, item] == number).astype(np.float32)
        return answers

    def by_item(self, values: SingleArray) -> SingleArray:
        """Sums over the columns of every item (…, I); a product is several times faster than sums of short runs."""
        return values @ self.belongs

    def spread(self, values: SingleArray) -> SingleArray:
        """Values of items (…, I) repeated over their columns (…, K)."""
        return values @ self.belongs.T
