"""Partial credit model (Rasch model when every item gives one point) by exact conditional maximum likelihood."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from merilo.errors import DegenerateDataError, UsageError
from merilo.methods.arrays import BoolArray, FloatArray, IntArray
from merilo.methods.irt.cells import ScoreCells
from merilo.methods.irt.item_status import ItemStatus, select_informative, status_before_calibration
from merilo.methods.irt.items import PartialCreditItems
from merilo.methods.irt.newton import WeightsAtMaximum, maximise_conditional_likelihood

Identification = Literal["mean", "first"]
WEAK_INFORMATION = (
    1e-3  # a direction with a standard error above 30 logits is not identified by any useful standard
)
LOADING = 0.02  # share of a weak direction from which a parameter counts as part of it


@dataclass(frozen=True, slots=True)
class PartialCreditCalibration:
    """Item parameters of the partial credit model on one logit scale. NaN = unknown, `status` says why.

    difficulty         (I,)    mean of the item's steps, logits; difficulty_se (I,)
    difficulty_cov     (I, I)  logits squared, for the identification used
    step_difficulty    (I, M)  logits; step_difficulty_se (I, M)
    step_cov           (S, S)  steps of all items end to end, S = sum(max_points)
    items              category weights on the same scale, for scoring
    status             (I,)    reason codes
    log_likelihood     conditional log-likelihood given raw scores, nats
    n_parameters       free parameters after identification
    n_works, n_used    works in the cells; works whose raw score leaves something to chance
    """

    difficulty: FloatArray
    difficulty_se: FloatArray
    difficulty_cov: FloatArray
    step_difficulty: FloatArray
    step_difficulty_se: FloatArray
    step_cov: FloatArray
    items: PartialCreditItems
    status: tuple[ItemStatus, ...]
    identification: Identification
    log_likelihood: float
    n_parameters: int
    iterations: int
    converged: bool
    n_works: int
    n_used: int

    @property
    def has_difficulty(self) -> BoolArray:
        """(I,) True where the difficulty is known."""
        return np.array([status.has_difficulty for status in self.status], dtype=np.bool_)


def calibrate_partial_credit(
    cells: ScoreCells, *, identification: Identification = "mean"
) -> PartialCreditCalibration:
    """Calibrate items from score cells (Masters 1982; conditional ML: Andersen 1973).

    identification: "mean" sets the mean difficulty of the items that have one to zero, "first" the first item's.
    Items that the data cannot place get NaN and a status; standard errors are those of the identification used.
    """
    if identification not in ("mean", "first"):
        raise UsageError("identification is 'mean' or 'first'", value=identification)
    part = select_informative(cells)
    status = status_before_calibration(cells, part)
    maximum = maximise_conditional_likelihood(part, cells.max_points)
    inverse = _mark_unplaced(maximum, status)
    difficulty, step = _linear_maps(maximum, status, cells.max_points)
    origin = _origin(difficulty, step, identification)
    free = maximum.log_weight[maximum.free_item, maximum.free_points]
    difficulty_value, difficulty_cov = difficulty.relative_to(origin).apply(free, inverse)
    step_value, step_cov = step.relative_to(origin).apply(free, inverse)
    return PartialCreditCalibration(
        difficulty=difficulty_value,
        difficulty_se=np.sqrt(np.maximum(np.diagonal(difficulty_cov), 0.0)),
        difficulty_cov=difficulty_cov,
        step_difficulty=_by_item(step_value, cells.max_points),
        step_difficulty_se=_by_item(np.sqrt(np.maximum(np.diagonal(step_cov), 0.0)), cells.max_points),
        step_cov=step_cov,
        items=_items_at_level(maximum.log_weight, float(origin @ free), status, cells.max_points),
        status=tuple(status),
        identification=identification,
        log_likelihood=maximum.log_likelihood,
        n_parameters=maximum.free_item.size - maximum.n_shifts,
        iterations=maximum.iterations,
        converged=maximum.converged,
        n_works=cells.n_works,
        n_used=round(float(part.works.sum())),
    )


@dataclass(frozen=True, slots=True)
class _LinearMap:
    """Quantities (R,) that are linear in the free log weights (F,); known (R,) False = the data do not give it."""

    rows: FloatArray
    known: BoolArray

    def relative_to(self, origin: FloatArray) -> _LinearMap:
        return _LinearMap(self.rows - origin, self.known)

    def apply(self, free: FloatArray, inverse: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Values (R,) and their covariance (R, R), NaN where unknown."""
        covariance = self.rows @ inverse @ self.rows.T
        both = self.known[:, None] & self.known
        return np.where(self.known, self.rows @ free, np.nan), np.where(both, covariance, np.nan)


def _mark_unplaced(maximum: WeightsAtMaximum, status: list[ItemStatus]) -> FloatArray:
    """Mark items outside the main set, or on directions without a maximum; inverse information of the rest (F, F)."""
    label = maximum.component
    inverse = np.zeros_like(maximum.information)
    if maximum.free_item.size == 0:
        return inverse
    sizes = np.bincount(label[label >= 0])
    main = int(np.argmax(sizes))
    placed = sizes[main] > 1
    for item in np.flatnonzero((label >= 0) & ((label != main) | (not placed))):
        status[item] = ItemStatus.UNCONNECTED
    chosen = np.flatnonzero(label[maximum.free_item] == main)
    if not placed or chosen.size == 0:
        return inverse
    information = maximum.information[np.ix_(chosen, chosen)]
    lowest = np.argmax(np.isfinite(maximum.log_weight), axis=1)
    shift = (maximum.free_points - lowest[maximum.free_item])[chosen].astype(np.float64)
    shift /= np.linalg.norm(shift)
    scale = np.trace(information) / chosen.size
    values, vectors = np.linalg.eigh(information + scale * np.outer(shift, shift))
    weak = values < WEAK_INFORMATION
    for parameter in np.flatnonzero((np.abs(vectors[:, weak]) > LOADING).any(axis=1)):
        status[maximum.free_item[chosen[parameter]]] = ItemStatus.NOT_IDENTIFIED
    kept = vectors[:, ~weak]
    inverse[np.ix_(chosen, chosen)] = (kept / values[~weak]) @ kept.T
    return inverse


def _linear_maps(
    maximum: WeightsAtMaximum, status: list[ItemStatus], max_points: IntArray
) -> tuple[_LinearMap, _LinearMap]:
    """Difficulties (I) and steps (S, end to end) of the items that are placed on the scale."""
    n_free = maximum.free_item.size
    column = {(int(i), int(x)): k for k, (i, x) in enumerate(zip(maximum.free_item, maximum.free_points))}
    difficulty, step = np.zeros((max_points.size, n_free)), np.zeros((int(max_points.sum()), n_free))
    known_step = np.zeros(int(max_points.sum()), dtype=np.bool_)
    first = (np.cumsum(max_points) - max_points).tolist()
    for item, top in enumerate(max_points.tolist()):
        if not (status[item].has_difficulty or status[item] is ItemStatus.OPEN_RANGE):
            continue
        weight = np.zeros((top + 1, n_free))
        for x in range(top + 1):
            if (item, x) in column:
                weight[x, column[item, x]] = 1.0
        seen = np.isfinite(maximum.log_weight[item, : top + 1])
        known_step[first[item] : first[item] + top] = seen[1:] & seen[:-1]
        step[first[item] : first[item] + top] = weight[:-1] - weight[1:]
        difficulty[item] = (weight[0] - weight[top]) / top
    known_difficulty = np.array([one.has_difficulty for one in status], dtype=np.bool_)
    return _LinearMap(difficulty, known_difficulty), _LinearMap(step, known_step)


def _origin(difficulty: _LinearMap, step: _LinearMap, identification: Identification) -> FloatArray:
    """(F,) the linear function of the log weights that is subtracted to fix the scale."""
    if identification == "first" and difficulty.known.any():
        if not difficulty.known[0]:
            raise DegenerateDataError(
                "the first item has no difficulty, so it cannot be the origin of the scale",
                next_step="Use identification='mean' or put a calibrated item first.",
            )
        return np.asarray(difficulty.rows[0], dtype=np.float64)
    known = difficulty.rows[difficulty.known]
    if known.shape[0] == 0:
        known = step.rows[step.known]
    if known.shape[0] == 0:
        return np.zeros(difficulty.rows.shape[1])
    return np.asarray(known.mean(axis=0), dtype=np.float64)


def _by_item(steps: FloatArray, max_points: IntArray) -> FloatArray:
    """Steps laid end to end -> (I, M), NaN after an item's last step."""
    table = np.full((max_points.size, int(max_points.max())), np.nan)
    table[np.arange(table.shape[1]) < max_points[:, None]] = steps
    return table


def _items_at_level(
    log_weight: FloatArray, level: float, status: list[ItemStatus], max_points: IntArray
) -> PartialCreditItems:
    lowest = np.argmax(np.isfinite(log_weight), axis=1)
    distance = np.arange(log_weight.shape[1]) - lowest[:, None]
    moved = np.where(np.isfinite(log_weight), log_weight + level * distance, -np.inf)
    unknown = np.array([not one.has_weights for one in status]) | ~np.isfinite(moved).any(axis=1)
    moved[unknown] = np.nan
    return PartialCreditItems(moved, max_points)
