"""The shape that calibrated items imply: a normal ability seen through P(raw score | ability)."""

from __future__ import annotations

import numpy as np

from merilo.methods.arrays import FloatArray


def reference_offset(works: FloatArray, kernel: FloatArray | None) -> FloatArray:
    """(S + 1,) log of the reference distribution, up to a constant; zeros without a kernel.

    works (S + 1,); kernel (S + 1, Q) on equally spaced abilities. The normal ability is the one whose raw scores have
    the mean and variance of the counts; what it gets wrong the polynomial tilt puts right, while the unevenness
    from score to score (items of several points) stays.
    """
    if kernel is None:
        return np.zeros(len(works))
    grid = np.linspace(-1.0, 1.0, kernel.shape[1])
    share = works / works.sum()
    score = np.arange(len(works), dtype=np.float64)
    target = _moments(share, score)
    location, log_spread = 0.0, np.log(0.3)
    for _ in range(30):
        now = _moments(_implied(kernel, grid, location, log_spread), score)
        step = 1e-4
        columns = [
            (_moments(_implied(kernel, grid, location + step, log_spread), score) - now) / step,
            (_moments(_implied(kernel, grid, location, log_spread + step), score) - now) / step,
        ]
        move = np.linalg.lstsq(np.stack(columns, axis=1), target - now, rcond=None)[0]
        location = float(np.clip(location + np.clip(move[0], -0.3, 0.3), -1.0, 1.0))
        log_spread = float(np.clip(log_spread + np.clip(move[1], -0.5, 0.5), np.log(0.02), np.log(2.0)))
        if np.abs(target - now).max() < 1e-6:
            break
    return np.log(np.maximum(_implied(kernel, grid, location, log_spread), 1e-12))


def _implied(kernel: FloatArray, grid: FloatArray, location: float, log_spread: float) -> FloatArray:
    weight = np.exp(-0.5 * ((grid - location) / np.exp(log_spread)) ** 2)
    implied = kernel @ (weight / weight.sum())
    return np.asarray(implied / implied.sum())


def _moments(share: FloatArray, score: FloatArray) -> FloatArray:
    """Mean and log standard deviation."""
    mean = share @ score
    return np.array([mean, 0.5 * np.log(max(float(share @ (score - mean) ** 2), 1e-12))])
