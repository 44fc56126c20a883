"""Newton's method for the marginal likelihood of the generalised partial credit model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from merilo.methods.arrays import BoolArray, FloatArray, IntArray
from merilo.methods.irt.arranged import ArrangedWorks, arrange_works
from merilo.methods.irt.marginal_likelihood import LikelihoodAt, ParameterLayout, layout_of, likelihood_at
from merilo.methods.irt.nodes import SlopedItems, nodes_needed, standard_normal_grid
from merilo.methods.irt.packed import PackedWorks

Slope = Literal["free", "common", "one"]
MAX_ITERATIONS = 200
DECREMENT = 1e-9  # expected further gain of log-likelihood at which Newton stops
ROUGH_DECREMENT = 1e-4  # the same for the part of the works that only gives a start
LARGEST_STEP = 1.0
STEEPEST = 12.0  # per logit; a slope that reaches it has no maximum below any useful value
WEAK_INFORMATION = 1e-3  # a direction with a standard error above 30 is not identified by any useful standard
LOADING = 0.02  # share of a weak direction from which a parameter counts as part of it
PART = 20_000  # works that give the start for larger sets


@dataclass(frozen=True, slots=True)
class SlopedMaximum:
    """Where Newton stopped.

    covariance  (K, K) of slopes (I) and free log weights in the order of `layout`; zero for fixed parameters
    unplaced    (I,) items with a slope that ran into the bound, or with parameters the data do not identify
    n_nodes     of the ability grid
    """

    items: SlopedItems
    layout: ParameterLayout
    covariance: FloatArray
    unplaced: BoolArray
    log_likelihood: float
    n_parameters: int
    n_nodes: int
    iterations: int
    converged: bool


@dataclass(slots=True)
class _Climber:
    """State of the search: parameters (K,) = slopes, free log weights; `design` (K, free) spreads the free ones."""

    max_points: IntArray
    support: BoolArray
    layout: ParameterLayout
    slope_mode: Slope
    active: BoolArray
    parameters: FloatArray
    steep: BoolArray
    n_nodes: int
    iterations: int = 0

    def items(self, parameters: FloatArray) -> SlopedItems:
        weight = np.where(self.support, 0.0, -np.inf)
        weight[self.layout.weight_item, self.layout.weight_points] = parameters[self.layout.n_items :]
        # an item never administered has no observed points; zero weights keep it harmless
        weight[~self.support.any(axis=1), 0] = 0.0
        return SlopedItems(parameters[: self.layout.n_items], weight, self.max_points)

    def design(self) -> FloatArray:
        n_items, n_weights = self.layout.n_items, self.layout.weight_item.size
        movable = self.active & ~self.steep
        if self.slope_mode == "free":
            slopes = np.eye(n_items)[:, movable]
        elif self.slope_mode == "common" and movable.any():
            slopes = movable.astype(np.float64)[:, None]
        else:
            slopes = np.zeros((n_items, 0))
        design = np.zeros((n_items + n_weights, slopes.shape[1] + n_weights))
        design[:n_items, : slopes.shape[1]] = slopes
        design[n_items:, slopes.shape[1] :] = np.eye(n_weights)
        return design


def maximise_marginal_likelihood(packed: PackedWorks, *, slope: Slope) -> SlopedMaximum:
    """Newton on all works; large sets start from the maximum for an evenly spread part of their works."""
    counts = packed.counts()
    support = counts > 0
    climber = _start(packed.max_points, counts, slope)
    curvature = None
    if packed.n_distinct > 2 * PART:
        part = packed.sample(PART)
        part_counts = part.counts()
        if np.array_equal(part_counts > 0, support):
            at, _ = _climb(climber, arrange_works(part), part_counts, ROUGH_DECREMENT, None)
            if at.observed is not None:
                curvature = at.observed * (float(packed.n.sum()) / float(part.n.sum()))
    works = arrange_works(packed)
    at, converged = _climb(climber, works, counts, DECREMENT, curvature)
    return _finish(climber, works, counts, at, converged=converged)


def _start(max_points: IntArray, counts: FloatArray, slope: Slope) -> _Climber:
    support = counts > 0
    layout = layout_of(support)
    active = support.sum(axis=1) > 1
    lowest = np.maximum(counts[np.arange(max_points.size), np.argmax(support, axis=1)], 0.5)
    weight = np.log(counts[layout.weight_item, layout.weight_points] / lowest[layout.weight_item])
    parameters = np.concatenate([active.astype(np.float64), weight])
    steep = np.zeros(max_points.size, dtype=np.bool_)
    climber = _Climber(max_points, support, layout, slope, active, parameters, steep, 0)
    climber.n_nodes = nodes_needed(climber.items(parameters))
    return climber


def _climb(
    climber: _Climber,
    works: ArrangedWorks,
    counts: FloatArray,
    tolerance: float,
    curvature: FloatArray | None,
) -> tuple[LikelihoodAt, bool]:
    """Move `climber` to the maximum. A curvature given is kept instead of the exact one, and renewed when slow."""
    at = _evaluate(climber, works, counts, climber.parameters, with_observed=curvature is None)
    last_decrement = np.inf
    for _ in range(MAX_ITERATIONS):
        information = at.observed if curvature is None else curvature
        if information is None:
            raise AssertionError("neither a kept nor an exact curvature")
        step = _step(climber.design(), at.gradient, information)
        decrement = float(at.gradient @ step) / 2.0
        if decrement < tolerance:
            return at, True
        if curvature is not None and decrement > 0.2 * last_decrement:
            at = _evaluate(climber, works, counts, climber.parameters, with_observed=True)
            curvature, last_decrement = at.observed, np.inf
            continue
        last_decrement = decrement
        climber.iterations += 1
        moved = _line_search(climber, works, counts, at, step, with_observed=curvature is None)
        if moved is None:
            return at, False
        at = moved
        if _bound_slopes(climber) or _refine_grid(climber):
            at = _evaluate(climber, works, counts, climber.parameters, with_observed=curvature is None)
    return at, False


def _line_search(
    climber: _Climber,
    works: ArrangedWorks,
    counts: FloatArray,
    at: LikelihoodAt,
    step: FloatArray,
    *,
    with_observed: bool,
) -> LikelihoodAt | None:
    """Halve the step until the log-likelihood does not fall; None when no step helps."""
    step = step * min(1.0, LARGEST_STEP / max(float(np.abs(step).max()), 1e-300))
    slack = 1e-12 * abs(at.value)
    for _ in range(30):
        moved = _evaluate(climber, works, counts, climber.parameters + step, with_observed=with_observed)
        if moved.value >= at.value - slack:
            climber.parameters = climber.parameters + step
            return moved
        step = step / 2.0
    return None


def _evaluate(
    climber: _Climber,
    works: ArrangedWorks,
    counts: FloatArray,
    parameters: FloatArray,
    *,
    with_observed: bool,
) -> LikelihoodAt:
    grid = standard_normal_grid(climber.n_nodes)
    return likelihood_at(
        works, counts, climber.items(parameters), grid, climber.layout, with_observed=with_observed
    )


def _step(design: FloatArray, gradient: FloatArray, information: FloatArray) -> FloatArray:
    """Newton step (K,). Curvature of the wrong sign is turned round; flat directions are walked with care."""
    values, vectors = np.linalg.eigh(design.T @ information @ design)
    curvature = np.maximum(np.abs(values), 0.1 * WEAK_INFORMATION)
    return np.asarray(
        design @ (vectors @ ((vectors.T @ (design.T @ gradient)) / curvature)), dtype=np.float64
    )


def _bound_slopes(climber: _Climber) -> bool:
    """Hold slopes that ran away at the bound; True when one was caught now."""
    n_items = climber.layout.n_items
    slope = climber.parameters[:n_items]
    caught = (np.abs(slope) > STEEPEST) & ~climber.steep
    if not caught.any():
        return False
    climber.steep = climber.steep | (climber.active if climber.slope_mode == "common" else caught)
    climber.parameters = climber.parameters.copy()
    climber.parameters[:n_items] = np.clip(slope, -STEEPEST, STEEPEST)
    return True


def _refine_grid(climber: _Climber) -> bool:
    """More ability nodes when the items have become sharper; True when the grid changed."""
    needed = nodes_needed(climber.items(climber.parameters))
    if needed <= climber.n_nodes:
        return False
    climber.n_nodes = int(needed * 1.2) | 1
    return True


def _finish(
    climber: _Climber, works: ArrangedWorks, counts: FloatArray, at: LikelihoodAt, *, converged: bool
) -> SlopedMaximum:
    if at.observed is None:
        at = _evaluate(climber, works, counts, climber.parameters, with_observed=True)
    if at.observed is None:
        raise AssertionError("the observed information was asked for")
    design = climber.design()
    values, vectors = np.linalg.eigh(design.T @ at.observed @ design)
    weak = values < WEAK_INFORMATION
    loaded = (np.abs(design @ vectors[:, weak]) > LOADING).any(axis=1)
    unplaced = climber.steep.copy()
    unplaced[climber.layout.item[loaded]] = True
    inverse = (vectors[:, ~weak] / values[~weak]) @ vectors[:, ~weak].T
    return SlopedMaximum(
        items=climber.items(climber.parameters),
        layout=climber.layout,
        covariance=design @ inverse @ design.T,
        unplaced=unplaced,
        log_likelihood=at.value,
        n_parameters=design.shape[1],
        n_nodes=climber.n_nodes,
        iterations=climber.iterations,
        converged=converged,
    )
