"""Newton's method for the conditional likelihood of category log weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.sparse.csgraph import connected_components

from merilo.methods.arrays import BoolArray, FloatArray, IntArray
from merilo.methods.irt.item_status import InformativeCells
from merilo.methods.irt.ladder import ScoreLadder, climb, joint_counts

MAX_ITERATIONS = 100
DECREMENT = 1e-10  # expected further gain of log-likelihood at which Newton stops
LARGEST_STEP = 3.0  # logits; Newton overshoots from poor starts
PATTERNS_AT_ONCE = 32  # bounds memory and keeps the arrays near the processor
COUPLED = 1e-6  # works: smallest |covariance| of two items' points, summed over works, that links them


@dataclass(frozen=True, slots=True)
class WeightsAtMaximum:
    """Where Newton stopped.

    log_weight   (I, M+1)  relative to each item's lowest observed points, -inf for points not observed
    free_item    (F,)      item of each free parameter; free_points (F,) its points
    information  (F, F)    negative Hessian, free parameters
    component    (I,)      number of the connected set the item belongs to at the maximum, -1 without variation
    """

    log_weight: FloatArray
    free_item: IntArray
    free_points: IntArray
    information: FloatArray
    component: IntArray
    n_shifts: int
    log_likelihood: float
    iterations: int
    converged: bool


@dataclass(frozen=True, slots=True)
class _Problem:
    """Constant parts of the likelihood of one set of cells; rows = categories 1..m of all items end to end."""

    part: InformativeCells
    max_points: IntArray
    free_item: IntArray
    free_points: IntArray
    free_row: IntArray
    observed: FloatArray
    slope: FloatArray  # (F,) change of the log weight when all difficulties fall by one logit


def maximise_conditional_likelihood(part: InformativeCells, max_points: IntArray) -> WeightsAtMaximum:
    """Exact Newton with step halving; stops also where the likelihood only approaches its supremum."""
    problem = _problem(part, max_points)
    log_weight = _start(part)
    if problem.free_item.size == 0:
        none = np.full(max_points.size, -1, dtype=np.int64)
        empty = np.zeros((0, 0))
        return WeightsAtMaximum(
            log_weight, problem.free_item, problem.free_points, empty, none, 0, np.nan, 0, converged=False
        )
    ladders, value = _log_likelihood(problem, log_weight)
    gradient, information = _derivatives(problem, ladders)
    shifts = _shift_directions(problem, information)
    converged = False
    iterations = 0
    while iterations < MAX_ITERATIONS and not converged:
        iterations += 1
        step = _newton_step(gradient, information, shifts)
        decrement = float(gradient @ step) / 2.0
        step *= min(1.0, LARGEST_STEP / max(float(np.abs(step).max()), 1e-300))
        # rounding of a sum of n terms: a smaller loss than this is no loss
        slack = 1e-13 * abs(value)
        for _ in range(30):
            candidate = log_weight.copy()
            candidate[problem.free_item, problem.free_points] += step
            ladders, new_value = _log_likelihood(problem, candidate)
            if new_value >= value - slack:
                break
            step /= 2.0
        else:
            break
        log_weight, value = candidate, new_value
        gradient, information = _derivatives(problem, ladders)
        converged = decrement < DECREMENT
    component = _components(problem, information)
    return WeightsAtMaximum(
        log_weight,
        problem.free_item,
        problem.free_points,
        information,
        component,
        shifts.shape[1],
        value,
        iterations,
        converged,
    )


def _problem(part: InformativeCells, max_points: IntArray) -> _Problem:
    support: BoolArray = part.support
    lowest = np.argmax(support, axis=1)
    free = support.copy()
    free[np.arange(max_points.size), lowest] = False
    item, points = (index.astype(np.int64) for index in np.nonzero(free))
    row = (np.cumsum(max_points) - max_points)[item] + points - 1
    slope = (points - lowest[item]).astype(np.float64)
    return _Problem(part, max_points, item, points, row, part.counts[item, points], slope)


def _start(part: InformativeCells) -> FloatArray:
    """Log ratio of counts to the lowest observed category: the answer if everybody had the same ability."""
    weight = np.full(part.counts.shape, -np.inf)
    lowest = np.argmax(part.support, axis=1)
    reference = np.maximum(part.counts[np.arange(lowest.size), lowest], 0.5)
    np.divide(part.counts, reference[:, None], out=weight, where=part.support)
    np.log(weight, out=weight, where=part.support)
    return weight


def _log_likelihood(problem: _Problem, log_weight: FloatArray) -> tuple[list[ScoreLadder], float]:
    value = float(problem.observed @ log_weight[problem.free_item, problem.free_points])
    ladders = []
    for chunk in _chunks(problem.part):
        ladder = climb(log_weight, problem.max_points, problem.part.patterns[chunk])
        works = problem.part.works[chunk]
        value -= float(np.sum(works * np.where(works > 0, ladder.log_gamma, 0.0)))
        ladders.append(ladder)
    return ladders, value


def _derivatives(problem: _Problem, ladders: list[ScoreLadder]) -> tuple[FloatArray, FloatArray]:
    rows = problem.free_row
    gradient = problem.observed.copy()
    information = np.zeros((rows.size, rows.size))
    for chunk, ladder in zip(_chunks(problem.part), ladders):
        expected, part, _ = joint_counts(ladder, problem.part.works[chunk])
        gradient -= expected[rows]
        information += part[np.ix_(rows, rows)]
    return gradient, information


def _chunks(part: InformativeCells) -> list[slice]:
    return [slice(k, k + PATTERNS_AT_ONCE) for k in range(0, part.patterns.shape[0], PATTERNS_AT_ONCE)]


def _components(problem: _Problem, information: FloatArray) -> IntArray:
    """Sets of items whose points compete for the same raw scores; -1 for items without free parameters."""
    n_items = problem.max_points.size
    membership = np.zeros((problem.free_item.size, n_items))
    membership[np.arange(problem.free_item.size), problem.free_item] = problem.slope
    coupling = np.abs(membership.T @ information @ membership) > COUPLED
    np.fill_diagonal(coupling, val=False)
    _, label = connected_components(coupling, directed=False)
    has_parameters = np.bincount(problem.free_item, minlength=n_items) > 0
    return np.where(has_parameters, label, -1).astype(np.int64)


def _shift_directions(problem: _Problem, information: FloatArray) -> FloatArray:
    """(F, number of sets) unit vectors along which the likelihood is flat: all difficulties of a set move together."""
    label = _components(problem, information)
    columns = []
    for component in np.unique(label[label >= 0]):
        direction = problem.slope * (label[problem.free_item] == component)
        columns.append(direction / np.linalg.norm(direction))
    return np.array(columns).T


def _newton_step(gradient: FloatArray, information: FloatArray, shifts: FloatArray) -> FloatArray:
    scale = float(np.trace(information)) / gradient.size
    matrix = information + scale * (shifts @ shifts.T)
    try:
        step = cho_solve(cho_factor(matrix), gradient)
    except LinAlgError:
        # a direction in which the likelihood is all but flat: it runs to its supremum in steps of bounded length
        values, vectors = np.linalg.eigh(matrix)
        floor = max(1e-12 * scale, 1e-300)
        step = vectors @ ((vectors.T @ gradient) / np.maximum(values, floor))
    return np.asarray(step, dtype=np.float64)
