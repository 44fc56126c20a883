"""Robust location and spread with weights."""

from __future__ import annotations

import numpy as np

from merilo.methods.arrays import FloatArray

# Deviations beyond this many standard deviations count as that many (Huber's proposal 2 with Winsorised squares).
CLIP = 2.0
# E[min(Z^2, CLIP^2)] of a standard normal Z.
CLIPPED_SQUARE = 0.920536
STEPS = 60


def weighted_median(values: FloatArray, weights: FloatArray) -> FloatArray:
    """Weighted median along the last axis: smallest value at which half of the weight is reached."""
    order = np.argsort(values, axis=-1, kind="stable")
    ordered = np.take_along_axis(values, order, axis=-1)
    weight = np.cumsum(np.take_along_axis(weights, order, axis=-1), axis=-1)
    place = (weight < 0.5 * weight[..., -1:]).sum(axis=-1)
    place = np.minimum(place, values.shape[-1] - 1)
    result: FloatArray = np.take_along_axis(ordered, place[..., None], axis=-1)[..., 0]
    return result


def robust_variance(
    deviation: FloatArray, noise: FloatArray, *, prior: float = 0.0, prior_n: float = 0.0
) -> tuple[float, float]:
    """Variance t of true deviations seen with known noise: deviation_k ~ N(0, noise_k + t), outliers clipped.

    deviation, noise (K,), the noise a variance. Each counts by how much it can tell, (t / (t + noise))^2; prior counts
    as prior_n fully informative ones. Returns (t, sum of those weights). t solves, by scoring,
    sum w min(d^2, CLIP^2 (noise + t)) = CLIPPED_SQUARE sum w (noise + t) (Huber 1964, proposal 2; Winsorised squares).
    """
    if not deviation.size:
        return prior, 0.0
    square = deviation**2
    found = prior if prior > 0 else float(square.mean())
    informed = 0.0
    for _step in range(STEPS):
        total = noise + found
        weight = ((found + 1e-3) / (total + 1e-3)) ** 2
        informed = float(weight.sum())
        clipped = np.minimum(square, CLIP**2 * total) / CLIPPED_SQUARE
        step = max(float((weight * (clipped - noise)).sum()), 0.0) + prior * prior_n
        last, found = found, step / (informed + prior_n)
        if abs(found - last) < 1e-4 * (found + 1e-3):
            break
    return found, informed
