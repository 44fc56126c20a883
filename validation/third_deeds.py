"""What schools of the third simulator do to works, and the lift over cut scores that all of them know."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from merilo.methods.arrays import BoolArray, FloatArray, IntArray

DICTATED_ITEMS, DICTATED_TO = 4, 0.7
COPIERS, COPIED = 0.7, 0.55
RAISED = 0.45
WEAKEST, KEPT_AWAY = 0.25, 0.8
# A point to be found is found in a person-marked answer three times as often as in another.
EXPERT_WEIGHT = 3.0
NEAR = 2


def keep_away(
    kind: NDArray[np.str_],
    strength: FloatArray,
    school: IntArray,
    ability: FloatArray,
    rng: np.random.Generator,
) -> BoolArray:
    """Pupils that were kept away (N,): of the weakest quarter, as their teachers see them."""
    away = np.zeros(len(school), bool)
    for j in np.flatnonzero(kind == "participation"):
        rows = np.flatnonzero(school == j)
        seen = ability[rows] + rng.normal(0, 0.25, len(rows))
        weakest = rows[np.argsort(seen)[: round(WEAKEST * len(rows))]]
        away[weakest] = rng.random(len(weakest)) < KEPT_AWAY * strength[j]
    return away


def apply_deeds(
    kind: NDArray[np.str_],
    strength: FloatArray,
    school: IntArray,
    klass: IntArray,
    present: BoolArray,
    points: IntArray,
    most: IntArray,
    expert: BoolArray,
    copy_rule: str,
    rng: np.random.Generator,
) -> IntArray:
    """Points (N, I) after dictating, copying and raising."""
    points = points.copy()
    for j in np.flatnonzero(kind == "dictated"):
        rows = np.flatnonzero(school == j)
        items = rng.choice(len(most), DICTATED_ITEMS, replace=False)
        told = rows[rng.random(len(rows)) < DICTATED_TO * strength[j]]
        points[np.ix_(told, items)] = most[items]
    for j in np.flatnonzero(kind == "copying"):
        part = np.sqrt(strength[j]) if copy_rule == "root" else strength[j]
        for k in np.unique(klass[school == j]):
            rows = np.flatnonzero((klass == k) & present)
            if len(rows):
                points[rows] = _copied(points[rows], COPIERS * part, COPIED * part, rng)
    for j in np.flatnonzero(kind == "leniency"):
        rows = np.flatnonzero(school == j)
        raised = expert & (rng.random((len(rows), len(most))) < RAISED * strength[j])
        points[rows] = np.minimum(points[rows] + raised, most)
    return points


def _copied(points: IntArray, copiers: float, copied: float, rng: np.random.Generator) -> IntArray:
    """A class (n, I) that copies from its best pupil."""
    best = int(np.argmax(points.sum(axis=1)))
    copying = (rng.random(len(points)) < copiers)[:, None] & (rng.random(points.shape) < copied)
    return np.where(copying, points[best], points)


def lift(
    points: IntArray,
    most: IntArray,
    expert: BoolArray,
    cuts: tuple[int, ...],
    school: IntArray,
    present: BoolArray,
    degree: FloatArray,
    rng: np.random.Generator,
) -> tuple[IntArray, IntArray, IntArray]:
    """Points after the lift of near-misses to the cut score, near-misses and those lifted (3, J).

    degree (J,): chance that a work one or two points below is lifted.
    """
    points, schools = points.copy(), len(degree)
    total = points.sum(axis=1)
    weight = np.log(np.where(expert, EXPERT_WEIGHT, 1.0))
    near_n, lifted_n = (np.zeros((len(cuts), schools), np.int64) for _ in range(2))
    for place, cut in enumerate(cuts):
        near = present & (total < cut) & (total >= cut - NEAR)
        chosen = near & (rng.random(len(total)) < degree[school])
        near_n[place] = np.bincount(school[near], minlength=schools)
        lifted_n[place] = np.bincount(school[chosen], minlength=schools)
        for missing in range(1, NEAR + 1):
            rows = np.flatnonzero(chosen & (cut - total >= missing))
            wish = weight + rng.gumbel(size=(len(rows), len(most)))
            wish = np.where(points[rows] < most, wish, -np.inf)
            points[rows, np.argmax(wish, axis=1)] += 1
    return points, near_n, lifted_n
