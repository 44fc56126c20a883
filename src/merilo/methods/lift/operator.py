"""Lifting as a linear map of score distributions: what is taken away below a cut score is put down at it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from merilo.errors import DegenerateDataError
from merilo.methods.arrays import FloatArray


def lift_operator(
    top: int,
    cut_scores: Sequence[int],
    shares: FloatArray,
    *,
    landing: Sequence[float] = (1.0,),
) -> FloatArray:
    """(S + 1, S + 1) matrix M with columns summing to 1: M @ honest counts = expected counts after lifting.

    shares (cuts, D): share 0-1 of the works 1, 2, ... D points below each cut score that are lifted;
    landing: shares of them that come to stand 0, 1, ... points above the cut score (sum 1; what would go beyond
    the highest score stays at it). A work is lifted once: moves start from the honest score.
    """
    shares = np.atleast_2d(np.asarray(shares, dtype=np.float64))
    if shares.shape[0] != len(cut_scores) or np.any((shares < 0) | (shares > 1)):
        raise DegenerateDataError("shares lifted must be between 0 and 1, one row for each cut score")
    if abs(sum(landing) - 1.0) > 1e-9 or min(landing) < 0:
        raise DegenerateDataError("the landing shares must not be negative and must sum to 1", value=landing)
    operator = np.eye(top + 1)
    for cut, row in zip(cut_scores, shares, strict=True):
        for depth, share in enumerate(row, start=1):
            origin = cut - depth
            if origin < 0 or share == 0:
                continue
            if operator[origin, origin] < 1.0:
                raise DegenerateDataError("a score may lie below one cut score only", value=origin)
            operator[origin, origin] -= share
            for above, part in enumerate(landing):
                operator[min(cut + above, top), origin] += share * part
    return operator
