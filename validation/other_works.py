"""What is done to the works of other_region.py: help, copying, marking, lifting, absences, and marks of the journal.

Arrays: points (N, I); school, klass (N,); force (J,) strength 0-1 of the manipulation in every school.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from merilo.methods.arrays import BoolArray, FloatArray, IntArray

KINDS = ("threshold", "dictated", "copying", "leniency", "participation", "inflation")
CUT_SHARES = (0.10, 0.45, 0.80)
JOURNAL_SHARES = (0.05, 0.40, 0.82)  # of pupils at most at mark 2, 3, 4


def dictate(
    points: IntArray, top: IntArray, school: IntArray, force: FloatArray, rng: np.random.Generator
) -> IntArray:
    """Four items are told to 70 % of a school's pupils."""
    points = points.copy()
    for j in np.flatnonzero(force):
        rows = np.flatnonzero(school == j)
        told = rows[rng.random(len(rows)) < 0.7 * force[j]]
        items = rng.choice(len(top), 4, replace=False)
        points[np.ix_(told, items)] = top[items]
    return points


def copy(
    points: IntArray,
    present: BoolArray,
    school: IntArray,
    klass: IntArray,
    force: FloatArray,
    rule: str,
    rng: np.random.Generator,
) -> IntArray:
    """70 % of a class take 55 % of the answers of its best work."""
    points = points.copy()
    for room in np.unique(klass[force[school] > 0]):
        rows = np.flatnonzero((klass == room) & present)
        if len(rows) < 2:
            continue
        s = float(force[school[rows[0]]])
        s = np.sqrt(s) if rule == "root" else s
        best = rows[np.argmax(points[rows].sum(axis=1))]
        copying = rows[(rows != best) & (rng.random(len(rows)) < 0.7 * s)]
        taken = rng.random((len(copying), points.shape[1])) < 0.55 * s
        points[copying] = np.where(taken, points[best], points[copying])
    return points


def mark(
    points: IntArray,
    top: IntArray,
    expert: BoolArray,
    school: IntArray,
    force: FloatArray,
    control: NDArray[np.str_],
    rng: np.random.Generator,
) -> IntArray:
    """A point more in 45 % of a lenient school's person-marked cells; city-wide leniency or strictness in 15 %."""
    more = 0.45 * force + 0.15 * (control == "lenient_city")
    less = 0.15 * (control == "strict_city")
    up = (rng.random(points.shape) < more[school][:, None]) & expert & (points < top)
    down = (rng.random(points.shape) < less[school][:, None]) & expert & (points > 0)
    return np.asarray(points + up - down)


def choose_cuts(score: IntArray) -> tuple[int, int, int]:
    """Cut scores at 10, 45 and 80 % of honest works, at least three points apart."""
    third = max(3, int(np.quantile(score, CUT_SHARES[0])))
    fourth = max(third + 3, int(np.quantile(score, CUT_SHARES[1])))
    return third, fourth, max(fourth + 3, int(np.quantile(score, CUT_SHARES[2])))


def lift_shares(habit: FloatArray, force: FloatArray, rule: str) -> FloatArray:
    """Share of near-misses that a school lifts (J,)."""
    if rule == "towards":
        return habit + np.maximum(0.85 - habit, 0) * force
    return np.maximum(habit, 0.85 * force)


def lift(
    points: IntArray,
    present: BoolArray,
    school: IntArray,
    cuts: tuple[int, int, int],
    share: FloatArray,
    top: IntArray,
    expert: BoolArray,
    rng: np.random.Generator,
) -> tuple[IntArray, IntArray, IntArray]:
    """Works 1-2 points below a cut score get what they lack, in person-marked items while there is room.

    Returns points; near_n and lifted_n (3, J): near-misses and those of them that were lifted.
    """
    points, schools = points.copy(), len(share)
    score = points.sum(axis=1)
    near_n, lifted_n = np.zeros((3, schools), np.int64), np.zeros((3, schools), np.int64)
    for k, cut in enumerate(cuts):
        near = np.flatnonzero(present & (score >= cut - 2) & (score < cut))
        chosen = near[rng.random(len(near)) < share[school[near]]]
        near_n[k] = np.bincount(school[near], minlength=schools)
        lifted_n[k] = np.bincount(school[chosen], minlength=schools)
        lacking = cut - score[chosen]
        for step in range(2):
            rows = chosen[lacking > step]
            room = points[rows] < top
            # Any item with room may be raised; a person-marked one is preferred.
            wish = rng.random(room.shape) + expert
            item = np.argmax(np.where(room, wish, -1.0), axis=1)
            points[rows, item] += 1
    return points, near_n, lifted_n


def keep_away(
    ability: FloatArray, school: IntArray, force: FloatArray, rng: np.random.Generator
) -> BoolArray:
    """80 % of the weakest quarter are told to stay at home (N,)."""
    away = np.zeros(len(school), bool)
    for j in np.flatnonzero(force):
        rows = np.flatnonzero(school == j)
        weakest = rows[np.argsort(ability[rows])[: int(np.ceil(len(rows) / 4))]]
        away[weakest] = rng.random(len(weakest)) < 0.8 * force[j]
    return away


def journal_marks(
    ability: FloatArray,
    effect: FloatArray,
    generosity: FloatArray,
    school: IntArray,
    present: BoolArray,
    rng: np.random.Generator,
) -> IntArray:
    """Marks 2-5 from what teachers know of the pupil, partly against the school's own level; 0 unknown.

    3 % of the present and 8 % of the absent have none.
    """
    seen = ability - 0.12 * effect[school] + 0.6 * rng.normal(size=len(ability)) + generosity[school]
    mark = 2 + np.searchsorted(np.quantile(seen, JOURNAL_SHARES), seen)
    unknown = rng.random(len(mark)) < np.where(present, 0.03, 0.08)
    return np.where(unknown, 0, mark)
