"""What a raw score implies for every answer: shares observed over all schools, steadied by the calibrated items."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from merilo.methods.arrays import FloatArray, IntArray
from merilo.methods.similarity.columns import SingleArray

# The model counts as this many works beside those observed with a raw score.
MODEL_WORKS = 5.0
LEAST_SHARE = 0.002


@dataclass(frozen=True, slots=True)
class ImpliedShares:
    """G groups of works that share administered items, variant and raw score; K answers (columns.AnswerColumns).

    weight (G, K): works with the answer, MODEL_WORKS of the model among them; total (G,) their number.
    """

    weight: SingleArray
    total: SingleArray

    @classmethod
    def of(cls, counts: IntArray, works: IntArray, model: FloatArray) -> ImpliedShares:
        """Counts (G, K) works with each answer; works (G,); model (G, K) shares, NaN where nothing is implied."""
        known = np.isfinite(model)
        weight = counts + np.where(known, MODEL_WORKS * np.nan_to_num(model), 0.0)
        total = works + np.where(known.any(axis=1), MODEL_WORKS, 0.0)
        return cls(weight.astype(np.float32), total.astype(np.float32))

    def without_own(self, group: IntArray, answers: SingleArray) -> SingleArray:
        """Share of each answer among the *other* works of a work's group (n, K), at least LEAST_SHARE.

        group (n,) rows; answers (n, K) one-hot. 0 where the item was not administered to the group.
        """
        share = self.weight[group]
        known = share > 0
        share -= answers
        share /= np.maximum(self.total[group] - np.float32(1.0), np.float32(1e-3))[:, None]
        np.maximum(share, np.float32(LEAST_SHARE), out=share)
        share *= known
        return share
