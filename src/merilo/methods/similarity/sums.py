"""Additive sums by class over pairs of its works."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from merilo.methods.arrays import FloatArray, IntArray

# Borders of standardised likeness of pairs; the first and last bin are open.
LIKENESS_EDGES = np.arange(-2.0, 4.01, 0.5)


@dataclass(frozen=True, slots=True)
class ClassSums:
    """Sums over L classes; a class compared in several parts has the sum of its parts.

    works (L,) compared; followers (L,): works that could follow another, one less per part;
    level, best (L,): works times the mean part of the points that they have, followers times that of the best work;
    evidence (L,): log of the likelihood ratio of "many took answers from one work", expected (L,) by honest works;
    alike, by_chance, room, noise (L,): answers that followers share with the best work, their expected number, that
    of answers that they could share beyond, and the variance of `alike`;
    pairs (L,); agreeing, agreeing_expected, compared (L,): over all pairs, answers in common, their expected number,
    items that both had; likeness (L, B): pairs by standardised agreement, bins of LIKENESS_EDGES.
    """

    works: IntArray
    followers: IntArray
    level: FloatArray
    best: FloatArray
    evidence: FloatArray
    expected: FloatArray
    alike: FloatArray
    by_chance: FloatArray
    room: FloatArray
    noise: FloatArray
    pairs: IntArray
    agreeing: FloatArray
    agreeing_expected: FloatArray
    compared: FloatArray
    likeness: IntArray


def no_sums(classes: int) -> ClassSums:
    """Sums of nothing: the neutral element of add_sums."""
    whole = {"works", "followers", "pairs"}
    sums = {
        f.name: np.zeros(classes, np.int64 if f.name in whole else np.float64)
        for f in fields(ClassSums)
        if f.name != "likeness"
    }
    return ClassSums(**sums, likeness=np.zeros((classes, len(LIKENESS_EDGES) + 1), np.int64))  # type: ignore[arg-type]


def add_sums(left: ClassSums, right: ClassSums) -> ClassSums:
    """Add two sums of the same classes."""
    return ClassSums(**{f.name: getattr(left, f.name) + getattr(right, f.name) for f in fields(ClassSums)})
