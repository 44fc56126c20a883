"""Markers who add a point or two to works just below a cut score."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from merilo.methods.arrays import BoolArray, FloatArray, IntArray
from merilo.simulate.answers import Points, score
from merilo.simulate.blueprint import Blueprint
from merilo.simulate.fitting import NEAR_MISS, lift_shares, reach_share
from merilo.simulate.settings import AuthoritySettings

FULL_LIFT = 0.85
HABIT_CONCENTRATION = 4.0
HABIT_PART = 0.7
EXPERT_WEIGHT = 5.0


@dataclass(frozen=True, slots=True)
class Lift:
    """What the lifting did.

    lifted_to (N,) mark whose cut score the work was lifted to, 0 for none; degree, near_miss_n, lifted_n: mark -> (J,)
    intended share, works 1-2 points below the cut score, those of them lifted onto it.
    """

    lifted_to: NDArray[np.int8]
    degree: dict[int, FloatArray]
    near_miss_n: dict[int, IntArray]
    lifted_n: dict[int, IntArray]


def draw_habits(settings: AuthoritySettings, rng: np.random.Generator, *, size: int) -> FloatArray:
    """Honest schools' shares of near-misses lifted over the cut score for "3": Beta on 0..lift_most (J,)."""
    if not settings.lift_most or not settings.lift_mean:
        return np.zeros(size)
    mean = min(settings.lift_mean / settings.lift_most, 0.99)
    drawn = rng.beta(mean * HABIT_CONCENTRATION, (1 - mean) * HABIT_CONCENTRATION, size)
    result: FloatArray = settings.lift_most * drawn
    return result


def lift_degrees(
    habit: FloatArray, strength: dict[int, FloatArray], settings: AuthoritySettings, rng: np.random.Generator
) -> dict[int, FloatArray]:
    """Mark -> (J,) share to lift: the school's habit (with this procedure's own part), drawn towards FULL_LIFT."""
    today = HABIT_PART * habit + (1 - HABIT_PART) * draw_habits(settings, rng, size=habit.size)
    relative = lift_shares(1.0)
    degrees = {}
    for mark in (3, 4, 5):
        honest = relative[mark] * today
        degrees[mark] = honest + np.maximum(FULL_LIFT - honest, 0.0) * strength[mark]
    return degrees


def lift_works(
    points: Points,
    present: BoolArray,
    school: IntArray,
    degree: dict[int, FloatArray],
    blueprint: Blueprint,
    rng: np.random.Generator,
    *,
    reach: int = NEAR_MISS,
) -> Lift:
    """Lift near-misses onto the cut scores, by points in person-marked items where there is room; changes points.

    reach: points below a cut score from which works are lifted; beyond near-misses less and less.
    """
    schools = len(next(iter(degree.values())))
    total = score(points)
    lifted_to = np.zeros(school.size, np.int8)
    near_n, lifted_n, least = {}, {}, 0
    for mark, cut in sorted(blueprint.cut_scores.items()):
        below = np.flatnonzero(present & (total < cut) & (total >= max(least, cut - reach)))
        # Where topics were not taught, the cut score may be out of reach altogether.
        room = np.where(points[below] >= 0, blueprint.max_points - points[below], 0).sum(axis=1)
        near = below[total[below] >= cut - NEAR_MISS]
        near_n[mark] = np.bincount(school[near], minlength=schools)
        chance = degree[mark][school[below]] * reach_share(cut - total[below], reach)
        chosen = below[(rng.random(below.size) < chance) & (room >= cut - total[below])]
        _add_points(points, chosen, cut - total[chosen], blueprint, rng)
        lifted_to[chosen] = mark
        lifted_n[mark] = np.bincount(school[chosen[total[chosen] >= cut - NEAR_MISS]], minlength=schools)
        least = cut
    return Lift(lifted_to, degree, near_n, lifted_n)


def _add_points(
    points: Points, rows: IntArray, wanted: IntArray, blueprint: Blueprint, rng: np.random.Generator
) -> None:
    """Add `wanted` points to each row, one at a time, to an item drawn among those with room (enough in all)."""
    weight = np.array([EXPERT_WEIGHT if item.marking == "expert" else 1.0 for item in blueprint.items])
    for step in range(int(wanted.max(initial=0))):
        needy = rows[wanted > step]
        cells = points[needy]
        room = (cells >= 0) & (cells < blueprint.max_points)
        # The smallest of exponential waiting times falls on an item with probability in proportion to its weight.
        waiting = np.where(room, rng.exponential(size=cells.shape) / weight, np.inf)
        item = waiting.argmin(axis=1)
        points[needy, item] += 1
