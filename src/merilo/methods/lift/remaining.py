"""Near-misses that remain below each cut score against those expected there, with the influence of every count.

Landing may reach one point above a cut score. Where cut scores are only 3 points apart that point is a near-miss of the
next one, and works that landed there would pass for near-misses left alone. They are taken out in proportion to the
share of landing one point up at the highest cut score, the only place where it can be seen.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from merilo.methods.arrays import BoolArray, FloatArray
from merilo.methods.lift.counterfactual import TiltedFits
from merilo.methods.lift.zones import Zones, near_misses

HALF_WORK = 0.5
"""Added to remaining works so that the logarithm of none is finite (Anscombe)."""


@dataclass(frozen=True, slots=True)
class Remaining:
    """For B models and C cut scores; the last of C + 1 entries is all cut scores together.

    remaining, expected (B, C)      works 1-2 points below: that are there, that the counterfactual expects
    log_remaining       (B, C + 1)  log of remaining over expected works
    variance            (B, C + 1)  its variance with Poisson counts
    possible            (C,)        False where no score lies 1-2 points below (and above the cut score before)
    """

    remaining: FloatArray
    expected: FloatArray
    log_remaining: FloatArray
    variance: FloatArray
    possible: BoolArray


@dataclass(frozen=True, slots=True)
class _Quantity:
    """A number per model (B,) and its change for one more work at each score (B, S + 1)."""

    value: FloatArray
    influence: FloatArray

    def __add__(self, other: _Quantity) -> _Quantity:
        return _Quantity(self.value + other.value, self.influence + other.influence)

    def __sub__(self, other: _Quantity) -> _Quantity:
        return _Quantity(self.value - other.value, self.influence - other.influence)

    def __mul__(self, other: _Quantity) -> _Quantity:
        change = self.influence * other.value[:, None] + other.influence * self.value[:, None]
        return _Quantity(self.value * other.value, change)

    def held(self, low: float, high: float) -> _Quantity:
        """Within limits; at a limit it no longer moves."""
        inside = (self.value > low) & (self.value < high)
        return _Quantity(np.clip(self.value, low, high), self.influence * inside[:, None])


class _Counts:
    """Reads observed and expected works at some scores as quantities."""

    def __init__(self, works: FloatArray, fits: TiltedFits, design: FloatArray) -> None:
        self.works, self.fits, self.design = works, fits, design

    def observed(self, scores: list[int]) -> _Quantity:
        models = len(self.fits.deviance)
        at = np.zeros(len(self.works))
        at[scores] = 1.0
        return _Quantity(np.full(models, self.works @ at), np.broadcast_to(at, (models, len(at))))

    def expected(self, scores: list[int]) -> _Quantity:
        m = self.fits.expected[:, scores]
        gradient = m @ self.design[scores]
        return _Quantity(m.sum(axis=1), np.einsum("bk,bks->bs", gradient, self.fits.influence))


def remaining_near_misses(
    works: FloatArray, fits: TiltedFits, design: FloatArray, zones: Zones, cut_scores: tuple[int, ...]
) -> Remaining:
    """Remaining and expected near-misses of every model, works that landed among them taken out."""
    read = _Counts(works, fits, design)
    near = near_misses(cut_scores)
    expected = [read.expected(scores) for scores in near]
    left = [read.observed(scores) for scores in near]
    if any(cut + 1 in scores for cut, scores in zip(cut_scores, near[1:], strict=False)):
        stray = _landing_above(read, cut_scores[-1], len(works) - 1)
        for place, cut in enumerate(cut_scores[:-1]):
            if cut + 1 in near[place + 1]:
                moved = (expected[place] - left[place]).held(0.0, np.inf)
                left[place + 1] = (left[place + 1] - stray * moved).held(0.0, np.inf)
    variance_of_count = works.copy()
    for scores in near:
        if scores:
            variance_of_count[scores] += HALF_WORK / len(scores)
    logs = [
        _log_ratio(k, m, variance_of_count)
        for k, m in zip([*left, _total(left)], [*expected, _total(expected)], strict=True)
    ]
    return Remaining(
        remaining=np.stack([k.value for k in left], axis=1),
        expected=np.stack([m.value for m in expected], axis=1),
        log_remaining=np.stack([value for value, _ in logs], axis=1),
        variance=np.stack([variance for _, variance in logs], axis=1),
        possible=np.array([bool(scores) for scores in near]),
    )


def _landing_above(read: _Counts, cut: int, top: int) -> _Quantity:
    """Share of the works lifted over the highest cut score that landed one point above it."""
    if cut + 1 > top:
        return read.observed([])
    first = read.observed([cut]) - read.expected([cut])
    second = read.observed([cut + 1]) - read.expected([cut + 1])
    both = first + second
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(both.value > 0, second.value / both.value, 0.0)
        change = (second.influence - share[:, None] * both.influence) / both.value[:, None]
    return _Quantity(share, np.where(both.value[:, None] > 0, change, 0.0)).held(0.0, 0.9)


def _total(parts: list[_Quantity]) -> _Quantity:
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total


def _log_ratio(
    left: _Quantity, expected: _Quantity, variance_of_count: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Log of remaining over expected works, and its variance by the influence of every count."""
    k, m = left.value + HALF_WORK, np.maximum(expected.value, 1e-12)
    influence = left.influence / k[:, None] - expected.influence / m[:, None]
    return np.log(k / m), influence**2 @ variance_of_count
