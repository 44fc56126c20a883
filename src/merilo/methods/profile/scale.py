"""Robust location and spread with weights."""

from __future__ import annotations

import numpy as np

from merilo.methods.arrays import FloatArray

# Deviations beyond this many standard deviations count as that many (Huber's proposal 2 with Winsorised squares).
CLIP = 2.0
# E[min(Z^2, CLIP^2)] of a standard normal Z.
CLIPPED_SQUARE = 0.920536
HALVINGS = 40


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
    as prior_n fully informative ones. Returns (t, sum of those weights). t solves
    sum w min(d^2 / (noise + t), CLIP^2) = CLIPPED_SQUARE sum w (Huber 1964, proposal 2; Winsorised squares).
    """
    if not deviation.size:
        return prior, 0.0
    square = deviation**2
    guess = prior if prior > 0 else float(max(np.median(square) - np.median(noise), 0.0)) + 1e-3
    weight = np.zeros_like(noise)
    for _step in range(12):
        weight = ((guess + 1e-3) / (guess + 1e-3 + noise)) ** 2
        found = _solve(square, noise, weight)
        found = (found * weight.sum() + prior * prior_n) / (weight.sum() + prior_n)
        if abs(found - guess) < 1e-4 * (1 + guess):
            break
        guess = 0.5 * (guess + found)
    return float(guess), float(weight.sum())


def _solve(square: FloatArray, noise: FloatArray, weight: FloatArray) -> float:
    low, high = 0.0, float(square.max()) + 1.0
    wanted = CLIPPED_SQUARE * weight.sum()
    for _step in range(HALVINGS):
        middle = 0.5 * (low + high)
        if (weight * np.minimum(square / (noise + middle), CLIP**2)).sum() > wanted:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)
