"""Moments of points as functions of ability."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from merilo.methods.arrays import FloatArray
from merilo.methods.irt.items import PartialCreditItems


@dataclass(frozen=True, slots=True)
class ThetaMoments:
    """Per ability and item: cumulants of the points, each the derivative of the one before.

    log_normaliser  (Q, I)  log of the sum over x of exp(x * theta + log_weight[x])
    expected        (Q, I)  points
    variance        (Q, I)  points squared = Fisher information about theta, 1 / logits squared
    third, fourth   (Q, I)  third and fourth cumulant
    """

    log_normaliser: FloatArray
    expected: FloatArray
    variance: FloatArray
    third: FloatArray
    fourth: FloatArray


def moments_at(items: PartialCreditItems, theta: FloatArray) -> ThetaMoments:
    """Moments of every item's points at abilities theta (Q,), logits."""
    # points first: sums over them then run along whole (Q, I) planes
    points = np.arange(items.log_weight.shape[1], dtype=np.float64)[:, None, None]
    share = points * theta[:, None] + items.log_weight.T[:, None, :]
    peak = share.max(axis=0)
    share -= peak
    np.exp(share, out=share)
    total = share.sum(axis=0)
    share /= total
    expected = (points * share).sum(axis=0)
    deviation = points - expected
    powered = share * deviation**2
    variance = powered.sum(axis=0)
    powered *= deviation
    third = powered.sum(axis=0)
    powered *= deviation
    return ThetaMoments(
        peak + np.log(total), expected, variance, third, powered.sum(axis=0) - 3.0 * variance**2
    )
