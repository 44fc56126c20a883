"""An interval for a quantity that cannot be negative (Feldman & Cousins 1998, Physical Review D 57, 3873)."""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

from merilo.methods.arrays import FloatArray

CONFIDENCE = 0.95


def bounded_interval(estimate: FloatArray, se: FloatArray) -> tuple[FloatArray, FloatArray]:
    """95 % limits of a mean known to be >= 0, from a normal estimate that may fall below 0.

    estimate, se (any shape). The plain normal interval far from 0; near 0 the lower limit is 0, the upper limit never
    below it, and the coverage stays 0.95 (a plain interval cut off at 0 would cover 0.975 there, or be empty).
    """
    mean, low_edge, high_edge = _acceptance()
    with np.errstate(invalid="ignore", divide="ignore"):
        y = estimate / se
    half = -ndtri((1.0 - CONFIDENCE) / 2.0)
    lower = np.where(y > high_edge[-1], y - half, np.interp(y, high_edge, mean))
    upper = np.where(y > low_edge[-1], y + half, np.interp(y, low_edge, mean))
    return np.where(np.isnan(y), np.nan, lower * se), np.where(np.isnan(y), np.nan, upper * se)


@cache
def _acceptance() -> tuple[FloatArray, FloatArray, FloatArray]:
    """For means 0..1.96: the edges of the 95 % acceptance region ordered by the likelihood ratio (unit variance)."""
    half = float(-ndtri((1.0 - CONFIDENCE) / 2.0))
    means = np.append(np.arange(0.005, half, 0.005), half)
    reach = np.empty_like(means)
    edge = np.empty_like(means)
    for place, mean in enumerate(means):

        def low_edge(above: float, mean: float = mean) -> float:
            return (mean * mean - above * above) / (2.0 * mean) if above > mean else mean - above

        def excess(above: float, mean: float = mean) -> float:
            return float(ndtr(above) - ndtr(low_edge(above, mean) - mean)) - CONFIDENCE

        reach[place] = brentq(excess, 1.6, 2.0)
        edge[place] = low_edge(reach[place])
    high = np.concatenate([[float(ndtri(CONFIDENCE))], means + reach])
    low = np.concatenate([[-1e6], edge])
    return np.concatenate([[0.0], means]), np.maximum.accumulate(low), np.maximum.accumulate(high)
