"""The generalised partial credit model on a grid of abilities."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp

from merilo.methods.arrays import FloatArray, IntArray

REACH = 7.5  # prior SDs on each side; the mass outside is below 1e-13
FEWEST_NODES = 61


@dataclass(frozen=True, slots=True)
class SlopedItems:
    """Items whose points x have probability proportional to exp(slope * x * theta + log_weight[x]).

    slope (I,) per logit of theta; log_weight (I, M+1), 0 at the lowest observed points, -inf where points do not occur.
    """

    slope: FloatArray
    log_weight: FloatArray
    max_points: IntArray


@dataclass(frozen=True, slots=True)
class AbilityNodes:
    """Grid of abilities with the model's values at each node; theta ~ N(0, 1).

    theta, log_prior (Q,); log_normaliser (I, Q); share (I, M+1, Q) category probabilities; expected (I, Q) points
    """

    theta: FloatArray
    log_prior: FloatArray
    log_normaliser: FloatArray
    share: FloatArray
    expected: FloatArray


def standard_normal_grid(n_nodes: int) -> tuple[FloatArray, FloatArray]:
    """Equally spaced abilities and their log weights (trapezoid rule, weights add up to 1)."""
    theta = np.linspace(-REACH, REACH, n_nodes)
    log_prior = -0.5 * theta**2
    return theta, log_prior - logsumexp(log_prior)


def nodes_needed(items: SlopedItems) -> int:
    """Nodes that put the spacing at 0.7 of the smallest posterior SD: relative error of the integral near exp(-40)."""
    theta, log_prior = standard_normal_grid(FEWEST_NODES)
    at = model_at(items, theta, log_prior)
    points = np.arange(items.log_weight.shape[1])
    variance = np.einsum("ixq,x->iq", at.share, points**2) - at.expected**2
    precision = 1.0 + float((items.slope**2 @ variance).max())
    return max(FEWEST_NODES, int(np.ceil(2.0 * REACH * np.sqrt(precision) / 0.7)) | 1)


def model_at(items: SlopedItems, theta: FloatArray, log_prior: FloatArray) -> AbilityNodes:
    """Category probabilities of every item at the abilities theta (Q,)."""
    points = np.arange(items.log_weight.shape[1], dtype=np.float64)
    exponent = items.slope[:, None, None] * points[:, None] * theta + items.log_weight[:, :, None]
    peak = exponent.max(axis=1)
    share = np.exp(exponent - peak[:, None, :])
    total = share.sum(axis=1)
    share /= total[:, None, :]
    return AbilityNodes(theta, log_prior, peak + np.log(total), share, np.einsum("ixq,x->iq", share, points))
