"""Help during the work and generous marking; at full strength as the constants say."""

from __future__ import annotations

import numpy as np

from merilo.methods.arrays import BoolArray, FloatArray, IntArray
from merilo.simulate.answers import Points, score
from merilo.simulate.blueprint import Blueprint

DICTATED_ITEMS, DICTATED_PUPILS = 4, 0.70
COPYING_PUPILS, COPIED_ANSWERS = 0.70, 0.55
LENIENT_CELLS = 0.45
KEPT_AWAY_PART, KEPT_AWAY_SHARE = 0.25, 0.80
INFLATION_LOGITS = 0.8
CITY_CELLS = 0.20


def dictate(
    points: Points, school: IntArray, strength: FloatArray, blueprint: Blueprint, rng: np.random.Generator
) -> dict[int, IntArray]:
    """Some items are dictated to a share of a school's pupils; changes points, returns school -> its items."""
    dictated = {}
    for j in np.flatnonzero(strength):
        items = np.sort(
            rng.choice(len(blueprint.items), min(DICTATED_ITEMS, len(blueprint.items)), replace=False)
        )
        told = np.flatnonzero(school == j)
        told = told[rng.random(told.size) < DICTATED_PUPILS * strength[j]]
        for i in items:
            rows = told[points[told, i] >= 0]
            points[rows, i] = blueprint.max_points[i]
        dictated[int(j)] = items
    return dictated


def copy_answers(
    points: Points, school: IntArray, klass: IntArray, strength: FloatArray, rng: np.random.Generator
) -> IntArray:
    """A share of each class takes a share of its answers from the best work; changes points.

    Returns (N,) row of the work copied from, -1 for none. Strength s: shares of pupils and answers times sqrt(s).
    """
    source = np.full(school.size, -1)
    rows = np.flatnonzero(strength[school] > 0)
    if not rows.size:
        return source
    order = rows[np.lexsort((-score(points[rows]), klass[rows]))]
    _unused, first, inverse = np.unique(klass[order], return_index=True, return_inverse=True)
    best = order[first][inverse]
    force = np.sqrt(strength[school[order]])
    copies = (rng.random(order.size) < COPYING_PUPILS * force) & (order != best)
    taken = rng.random((order.size, points.shape[1])) < COPIED_ANSWERS * force[:, None]
    taken &= copies[:, None] & (points[order] >= 0)
    points[order] = np.where(taken, np.maximum(points[best], 0), points[order])
    source[order[copies]] = best[copies]
    return source


def raise_cells(
    points: Points,
    chance: FloatArray,
    items: BoolArray,
    blueprint: Blueprint,
    rng: np.random.Generator,
    *,
    by: int = 1,
) -> None:
    """Add a point (by = -1: take one off) in the given items (I,) with the chance of each work (N,); changes points."""
    rows = np.flatnonzero(chance > 0)
    if not rows.size:
        return
    for i in np.flatnonzero(items):
        cell = points[rows, i]
        room = (cell >= 0) & (cell < blueprint.max_points[i]) if by > 0 else cell > 0
        hit = rows[room & (rng.random(rows.size) < chance[rows])]
        points[hit, i] += np.int8(by)


def keep_away(
    theta: FloatArray, school: IntArray, strength: FloatArray, rng: np.random.Generator
) -> BoolArray:
    """Which pupils are told to stay at home: most of the weakest quarter of the school (N,)."""
    away = np.zeros(school.size, bool)
    for j in np.flatnonzero(strength):
        rows = np.flatnonzero(school == j)
        weak = rows[np.argsort(theta[rows], kind="stable")[: round(KEPT_AWAY_PART * rows.size)]]
        away[weak] = rng.random(weak.size) < KEPT_AWAY_SHARE * strength[j]
    return away
