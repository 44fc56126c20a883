"""Ability that maximises the likelihood (or Warm's weighted likelihood) of a raw score, for many scores at once."""

from __future__ import annotations

import numpy as np

from merilo.methods.arrays import BoolArray, FloatArray, IntArray
from merilo.methods.irt.items import PartialCreditItems
from merilo.methods.irt.theta_moments import ThetaMoments, moments_at

GRID_STEP = 0.2  # logits; the grid only brackets the maximum, Newton finishes it
GRID_MARGIN = 8.0  # logits beyond the outermost step; Warm's estimate at full score stays well inside
NEWTON_STEPS = 60
TOLERANCE = 1e-11  # logits


def most_likely(
    items: PartialCreditItems, met: BoolArray, pattern: IntArray, scores: FloatArray, *, warm: bool
) -> FloatArray:
    """Abilities (C,), logits, of raw scores (C,) over the items met[pattern] (P, I); all items calibrated.

    Plain likelihood needs scores inside the range of the items; Warm's (1989) is finite at its ends too.
    With partial credit Warm's equation can have several roots, so the highest point of a grid brackets the root.
    """
    if scores.size == 0:
        return scores
    theta, low, high = _bracket(items, met, pattern, scores, warm=warm)
    mine = met[pattern]
    for _ in range(NEWTON_STEPS):
        sums = _Sums.over(moments_at(items, theta), mine)
        slope, curvature = sums.slope(scores, warm=warm)
        low, high = np.where(slope > 0, theta, low), np.where(slope > 0, high, theta)
        new = theta + slope / curvature
        new = np.where((new >= low) & (new <= high), new, (low + high) / 2.0)
        done = bool(np.all(np.abs(new - theta) < TOLERANCE))
        theta = new
        if done:
            break
    return theta


def standard_error(
    items: PartialCreditItems, met: BoolArray, pattern: IntArray, theta: FloatArray
) -> FloatArray:
    """1 / sqrt(information) at each ability (C,), logits; NaN stays NaN."""
    result = np.full(theta.shape, np.nan)
    known = np.isfinite(theta)
    if known.any():
        variance = moments_at(items, theta[known]).variance
        result[known] = 1.0 / np.sqrt(np.einsum("ci,ci->c", variance, met[pattern[known]]))
    return result


def _bracket(
    items: PartialCreditItems, met: BoolArray, pattern: IntArray, scores: FloatArray, *, warm: bool
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Grid point with the highest (weighted) likelihood, and its neighbours, for every score."""
    reach = float(np.abs(items.log_weight[np.isfinite(items.log_weight)]).max()) + GRID_MARGIN
    grid = np.arange(-reach, reach + GRID_STEP, GRID_STEP)
    at = moments_at(items, grid)
    fixed = -(met @ at.log_normaliser.T)
    if warm:
        fixed += 0.5 * np.log(np.maximum(met @ at.variance.T, 1e-300))
    best = (scores[:, None] * grid + fixed[pattern]).argmax(axis=1)
    best = np.clip(best, 1, grid.size - 2)
    return grid[best], grid[best - 1], grid[best + 1]


class _Sums:
    """Cumulants of the raw score at each ability (C,)."""

    __slots__ = ("expected", "fourth", "information", "third")

    def __init__(
        self, expected: FloatArray, information: FloatArray, third: FloatArray, fourth: FloatArray
    ) -> None:
        self.expected, self.information, self.third, self.fourth = expected, information, third, fourth

    @classmethod
    def over(cls, at: ThetaMoments, mine: BoolArray) -> _Sums:
        expected, information, third, fourth = (
            np.einsum("ci,ci->c", moment, mine) for moment in (at.expected, at.variance, at.third, at.fourth)
        )
        return cls(expected, np.maximum(information, 1e-300), third, fourth)

    def slope(self, scores: FloatArray, *, warm: bool) -> tuple[FloatArray, FloatArray]:
        """First derivative and negative second derivative of the (weighted) log-likelihood."""
        slope = scores - self.expected
        if not warm:
            return slope, self.information
        skew = self.third / self.information
        curvature = self.information - (self.fourth / self.information - skew**2) / 2.0
        # where the likelihood is not concave the bracket is halved instead
        return slope + skew / 2.0, np.where(curvature > 0, curvature, 1e-300)
