"""Moments of points as functions of ability."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from merilo.methods.arrays import FloatArray
from merilo.methods.irt.items import PartialCreditItems


@dataclass(frozen=True, slots=True)
class ThetaMoments:
    """Per ability and item: moments of the points.

    log_normaliser  (Q, I)  log of the sum over x of exp(x * theta + log_weight[x])
    expected        (Q, I)  points
    variance        (Q, I)  points squared = Fisher information about theta, 1 / logits squared
    skew            (Q, I)  third central moment, points cubed = derivative of the information
    """

    log_normaliser: FloatArray
    expected: FloatArray
    variance: FloatArray
    skew: FloatArray


def moments_at(items: PartialCreditItems, theta: FloatArray) -> ThetaMoments:
    """Moments of every item's points at abilities theta (Q,), logits."""
    points = np.arange(items.log_weight.shape[1], dtype=np.float64)
    exponent = theta[:, None, None] * points + items.log_weight
    peak = exponent.max(axis=2)
    share = np.exp(exponent - peak[:, :, None])
    total = share.sum(axis=2)
    share /= total[:, :, None]
    expected = share @ points
    deviation = points - expected[:, :, None]
    squares = share * deviation**2
    return ThetaMoments(
        peak + np.log(total), expected, squares.sum(axis=2), (squares * deviation).sum(axis=2)
    )
