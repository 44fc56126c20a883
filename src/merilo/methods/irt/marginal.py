"""Generalised partial credit model (2PL when every item gives one point) by marginal maximum likelihood."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from merilo.errors import UsageError
from merilo.methods.arrays import FloatArray, IntArray
from merilo.methods.irt.cells import checked_max_points, checked_responses
from merilo.methods.irt.item_status import ItemStatus
from merilo.methods.irt.marginal_newton import Slope, SlopedMaximum, maximise_marginal_likelihood
from merilo.methods.irt.nodes import SlopedItems
from merilo.methods.irt.packed import pack_works


@dataclass(frozen=True, slots=True)
class SlopedCalibration:
    """Item parameters with ability N(0, 1): P(x) proportional to exp(slope * x * theta + log_weight[x]). NaN = unknown.

    slope               (I,)      per SD of ability; slope_se (I,), 0 where the slope is fixed
    step_difficulty     (I, M)    on the ability scale (SD = 1); step_difficulty_se (I, M)
    difficulty          (I,)      mean of the item's steps; difficulty_se (I,)
    log_weight          (I, M+1)  intercepts, logits; log_weight_se (I, M+1), 0 for the lowest points
    covariance          (K, K)    of slopes, then of the free log weights in item order
    items               slopes and weights, for scoring (NaN where not calibrated)
    n_nodes             ability nodes of the integration
    """

    slope: FloatArray
    slope_se: FloatArray
    step_difficulty: FloatArray
    step_difficulty_se: FloatArray
    difficulty: FloatArray
    difficulty_se: FloatArray
    log_weight: FloatArray
    log_weight_se: FloatArray
    covariance: FloatArray
    items: SlopedItems
    status: tuple[ItemStatus, ...]
    slope_mode: Slope
    log_likelihood: float
    n_parameters: int
    n_nodes: int
    iterations: int
    converged: bool
    n_works: int


def calibrate_with_slopes(
    responses: NDArray[np.integer], max_points: ArrayLike, *, slope: Slope = "free"
) -> SlopedCalibration:
    """Calibrate items from a response matrix (Muraki 1992; Bock & Aitkin 1981; information: Louis 1982).

    responses (N, I) whole points, -1 = not administered; max_points (I,).
    slope: "free" one per item, "common" one for all, "one" fixed at 1 (partial credit model with ability SD 1).
    """
    if slope not in ("free", "common", "one"):
        raise UsageError("slope is 'free', 'common' or 'one'", value=slope)
    points = checked_max_points(max_points)
    packed = pack_works(checked_responses(responses, points), points)
    status = _status(packed.counts(), points)
    n_works = round(float(packed.n.sum()))
    if not any(one.has_difficulty or one is ItemStatus.OPEN_RANGE for one in status):
        return _nothing_calibrated(points, status, slope, n_works)
    maximum = maximise_marginal_likelihood(packed, slope=slope)
    for item in np.flatnonzero(maximum.unplaced):
        status[item] = ItemStatus.NOT_IDENTIFIED
    return _report(maximum, points, status, slope, n_works)


def _status(counts: FloatArray, max_points: IntArray) -> list[ItemStatus]:
    result = []
    for row, top in zip(counts, max_points.tolist()):
        seen = np.flatnonzero(row)
        if seen.size == 0:
            result.append(ItemStatus.NOT_ADMINISTERED)
        elif seen.size == 1:
            ends = {0: ItemStatus.ALL_ZERO, top: ItemStatus.ALL_FULL}
            result.append(ends.get(int(seen[0]), ItemStatus.ALL_EQUAL))
        elif seen[0] > 0 or seen[-1] < top:
            result.append(ItemStatus.OPEN_RANGE)
        else:
            result.append(ItemStatus.CALIBRATED if seen.size == top + 1 else ItemStatus.EMPTY_CATEGORY)
    return result


def _report(
    maximum: SlopedMaximum, max_points: IntArray, status: list[ItemStatus], slope: Slope, n_works: int
) -> SlopedCalibration:
    placed = np.array([one.has_difficulty or one is ItemStatus.OPEN_RANGE for one in status])
    a, weight = maximum.items.slope, maximum.items.log_weight
    variance = np.diagonal(maximum.covariance)
    n_items = max_points.size
    weight_se = np.where(np.isfinite(weight), 0.0, np.nan)
    weight_se[maximum.layout.weight_item, maximum.layout.weight_points] = np.sqrt(variance[n_items:])
    step, step_se = _contrasts(maximum, 1)
    difficulty, difficulty_se = np.full(n_items, np.nan), np.full(n_items, np.nan)
    for item, top in enumerate(max_points.tolist()):
        if status[item].has_difficulty:
            wide, wide_se = _contrasts(maximum, top)
            difficulty[item], difficulty_se[item] = wide[item, 0] / top, wide_se[item, 0] / top
    step[~placed], step_se[~placed], weight_se[~placed] = np.nan, np.nan, np.nan
    known = np.where(placed, a, np.nan)
    return SlopedCalibration(
        slope=known,
        slope_se=np.where(placed, np.sqrt(variance[:n_items]), np.nan),
        step_difficulty=step,
        step_difficulty_se=step_se,
        difficulty=difficulty,
        difficulty_se=difficulty_se,
        log_weight=np.where(placed[:, None], weight, np.nan),
        log_weight_se=weight_se,
        covariance=maximum.covariance,
        items=SlopedItems(known, np.where(placed[:, None], weight, np.nan), max_points),
        status=tuple(status),
        slope_mode=slope,
        log_likelihood=maximum.log_likelihood,
        n_parameters=maximum.n_parameters,
        n_nodes=maximum.n_nodes,
        iterations=maximum.iterations,
        converged=maximum.converged,
        n_works=n_works,
    )


def _contrasts(maximum: SlopedMaximum, width: int) -> tuple[FloatArray, FloatArray]:
    """(log_weight[x] - log_weight[x + width]) / slope and its delta-method SE, (I, M+1-width); NaN where unknown."""
    weight, slope = maximum.items.log_weight, maximum.items.slope
    place = np.full(weight.shape, -1)
    n_items = slope.size
    place[maximum.layout.weight_item, maximum.layout.weight_points] = n_items + np.arange(
        maximum.layout.weight_item.size
    )
    shape = (n_items, weight.shape[1] - width)
    value, se = np.full(shape, np.nan), np.full(shape, np.nan)
    for item, x in np.argwhere(np.isfinite(weight[:, :-width]) & np.isfinite(weight[:, width:])):
        if slope[item] == 0.0:
            continue
        value[item, x] = (weight[item, x] - weight[item, x + width]) / slope[item]
        gradient = np.zeros(maximum.covariance.shape[0])
        gradient[item] = -value[item, x] / slope[item]
        for points, sign in ((x, 1.0), (x + width, -1.0)):
            if place[item, points] >= 0:
                gradient[place[item, points]] = sign / slope[item]
        se[item, x] = np.sqrt(gradient @ maximum.covariance @ gradient)
    return value, se


def _nothing_calibrated(
    max_points: IntArray, status: list[ItemStatus], slope: Slope, n_works: int
) -> SlopedCalibration:
    by_item = np.full(max_points.size, np.nan)
    by_step = np.full((max_points.size, int(max_points.max())), np.nan)
    by_points = np.full((max_points.size, int(max_points.max()) + 1), np.nan)
    return SlopedCalibration(
        slope=by_item,
        slope_se=by_item,
        step_difficulty=by_step,
        step_difficulty_se=by_step,
        difficulty=by_item,
        difficulty_se=by_item,
        log_weight=by_points,
        log_weight_se=by_points,
        covariance=np.zeros((0, 0)),
        items=SlopedItems(by_item, by_points, max_points),
        status=tuple(status),
        slope_mode=slope,
        log_likelihood=np.nan,
        n_parameters=0,
        n_nodes=0,
        iterations=0,
        converged=False,
        n_works=n_works,
    )
