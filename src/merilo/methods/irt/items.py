"""Items of a partial credit model, as category weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from merilo.errors import DegenerateDataError, UsageError
from merilo.methods.arrays import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class PartialCreditItems:
    """Items whose points x have probability proportional to exp(x * theta + log_weight[x]).

    log_weight  (I, M+1)  minus the sum of the first x step difficulties, logits; -inf where the points cannot occur
                          (beyond max_points, or never observed); a row of NaN = the item was not calibrated
    max_points  (I,)      points
    """

    log_weight: FloatArray
    max_points: IntArray

    def __post_init__(self) -> None:
        if self.log_weight.shape != (self.max_points.size, int(self.max_points.max(initial=0)) + 1):
            raise UsageError("log_weight must be items x (highest points + 1)", value=self.log_weight.shape)

    @property
    def calibrated(self) -> BoolArray:
        """(I,) True where the item has weights."""
        return np.asarray(~np.isnan(self.log_weight).any(axis=1))

    def lowest(self) -> IntArray:
        """(I,) lowest possible points."""
        return np.asarray(np.argmax(np.isfinite(self.log_weight), axis=1), dtype=np.int64)

    def highest(self) -> IntArray:
        """(I,) highest possible points."""
        flipped = np.isfinite(self.log_weight)[:, ::-1]
        return np.asarray(self.log_weight.shape[1] - 1 - np.argmax(flipped, axis=1), dtype=np.int64)

    def take(self, chosen: BoolArray) -> PartialCreditItems:
        """The chosen items only."""
        max_points = self.max_points[chosen]
        return PartialCreditItems(self.log_weight[chosen, : int(max_points.max(initial=0)) + 1], max_points)


def items_from_steps(step_difficulty: ArrayLike) -> PartialCreditItems:
    """Items from step difficulties (I, M) in logits, NaN after an item's last step; a vector means 0/1 items."""
    steps = np.asarray(step_difficulty, dtype=np.float64)
    if steps.ndim == 1:
        steps = steps[:, None]
    known = np.isfinite(steps)
    tops = known.sum(axis=1)
    leading = np.arange(steps.shape[1]) < tops[:, None]
    if steps.size == 0 or np.any(tops == 0) or np.any(known != leading):
        raise UsageError(
            "every item needs finite step difficulties from its first step on, NaN only after its last",
            next_step="Leave out items that were not calibrated, or pass the items of the calibration itself.",
        )
    width = int(tops.max())
    weights = np.full((tops.size, width + 1), -np.inf)
    weights[:, 0] = 0.0
    summed = -np.cumsum(np.where(leading, steps, 0.0), axis=1)[:, :width]
    weights[:, 1:] = np.where(leading[:, :width], summed, -np.inf)
    return PartialCreditItems(weights, tops.astype(np.int64))


def as_items(items: PartialCreditItems | ArrayLike) -> PartialCreditItems:
    """Items as they are, or built from step difficulties."""
    return items if isinstance(items, PartialCreditItems) else items_from_steps(items)


def administered_mask(items: PartialCreditItems, administered: BoolArray | None) -> BoolArray:
    """(I,) mask of administered items; all by default. Refuses items that have no calibration."""
    mask = np.ones(items.max_points.size, dtype=np.bool_) if administered is None else administered
    if mask.shape != items.max_points.shape or mask.dtype != np.bool_ or not mask.any():
        raise UsageError("administered must mark at least one item, one boolean per item", value=mask.shape)
    if np.any(mask & ~items.calibrated):
        missing = np.flatnonzero(mask & ~items.calibrated).tolist()
        raise DegenerateDataError(
            "some administered items have no calibration",
            value=missing,
            next_step="Leave them out of the administered items and of the raw score.",
        )
    return mask
