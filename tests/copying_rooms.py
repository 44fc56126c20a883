"""Schools where answers are copied, by a generator of its own: plain Rasch items, copied in one run of neighbours.

Shares nothing with merilo.simulate: 0/1 items of one slope; a copier takes consecutive items, wrong answers too; the
source may be the best or the second best work of the class.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from merilo.methods.irt import points_given_score
from merilo.methods.similarity import (
    AnswerColumns,
    ClassSums,
    ImpliedShares,
    compare_classes,
    own_shares,
)


@dataclass(frozen=True)
class Rooms:
    """points (n, I) 0/1, sorted by school and class; school, klass (n,); difficulty (I,) logits; copying (J,) bool."""

    points: np.ndarray
    school: np.ndarray
    klass: np.ndarray
    difficulty: np.ndarray
    copying: np.ndarray


def draw_rooms(
    rng: np.random.Generator,
    *,
    schools: int = 120,
    items: int = 22,
    copying: int = 0,
    copiers: float = 0.7,
    taken: float = 0.55,
    rank: int = 0,
    school_sd: float = 0.5,
) -> Rooms:
    """Schools of 1-4 classes of 6-26 pupils. copiers: share of pupils; taken: share of items; rank: 0 best work."""
    classes = rng.integers(1, 5, schools)
    class_school = np.repeat(np.arange(schools), classes)
    size = rng.integers(6, 27, class_school.size)
    klass = np.repeat(np.arange(class_school.size), size)
    school = class_school[klass]
    theta = 0.5 * rng.normal(size=schools)[school] + 0.3 * rng.normal(size=class_school.size)[klass]
    theta = theta + rng.normal(size=klass.size)
    difficulty = np.linspace(-2.2, 1.8, items)
    own = school_sd * rng.normal(size=(schools, items))
    logits = theta[:, None] - difficulty + own[school]
    points = (rng.random(logits.shape) < 1 / (1 + np.exp(-logits))).astype(np.int64)
    marked = np.zeros(schools, bool)
    marked[rng.choice(schools, copying, replace=False)] = True
    for room in np.flatnonzero(marked[class_school]):
        rows = np.flatnonzero(klass == room)
        source = rows[np.argsort(-points[rows].sum(axis=1), kind="stable")[rank]]
        for row in rows[(rows != source) & (rng.random(rows.size) < copiers)]:
            length = round(taken * items)
            first = rng.integers(0, items - length + 1)
            points[row, first : first + length] = points[source, first : first + length]
    return Rooms(points, school, klass, difficulty, marked)


def sums_of(rooms: Rooms) -> ClassSums:
    """Sums by class with the shares of plain raw scores."""
    columns = AnswerColumns.of(np.ones(rooms.points.shape[1], np.int64))
    score = rooms.points.sum(axis=1)
    answers = columns.one_hot(rooms.points, np.ones_like(rooms.points, dtype=bool))
    groups = rooms.points.shape[1] + 1
    counts = np.zeros((groups, columns.n), np.int64)
    np.add.at(counts, score, answers.astype(np.int64))
    model = points_given_score(rooms.difficulty).category_share.reshape(groups, -1)
    implied = ImpliedShares.of(counts, np.bincount(score, minlength=groups), model)
    starts = np.flatnonzero(np.diff(rooms.school, prepend=-1))
    shares = own_shares(implied.without_own(score, answers), answers, columns, starts)
    part = score / rooms.points.shape[1]
    return compare_classes(shares, answers, columns, part, rooms.klass, int(rooms.klass.max()) + 1)
