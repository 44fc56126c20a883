"""Where lifting can have touched the counts: one window of scores around each cut score.

A window reaches `depth` scores below the cut score (works may have been taken away) and `landing` scores above it
(works may have been put there). Inside a window only the sum of the counts is trusted: lifting moves works within it
and does not change how many they are. Everything outside is left to the counterfactual.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from merilo.methods.arrays import BoolArray, FloatArray

NEAR_MISS_DEPTH = 2
"""A near-miss is a work 1 or 2 points below the cut score."""

ANCHORS = 2
"""Scores left outside the windows at either end of the scale, where there are so many."""


@dataclass(frozen=True, slots=True)
class Zones:
    """Windows of B candidate models, with C = the most windows any of them has.

    windows   (B, C, S + 1)  1 where the score belongs to the window, a row of zeros where a model has fewer windows
    free      (B, S + 1)     True: a score outside all windows that the counterfactual must explain
    ignored   (B, S + 1)     True: an end score (0 or S) with a parameter of its own, no evidence on the shape
    saturated (B,)           parameters spent on windows and ignored ends (count)
    """

    windows: FloatArray
    free: BoolArray
    ignored: BoolArray
    saturated: FloatArray


def near_misses(cut_scores: tuple[int, ...]) -> list[list[int]]:
    """Scores 1 or 2 below each cut score, not below 0 and not at or below the cut score before."""
    floors = (-1, *cut_scores[:-1])
    return [
        [r for r in range(cut - NEAR_MISS_DEPTH, cut) if r > max(floor, -1)]
        for floor, cut in zip(floors, cut_scores, strict=True)
    ]


def spans(top: int, cut_scores: tuple[int, ...], *, depth: int, landing: int) -> list[tuple[int, int]]:
    """First and last score of each window, joined where they overlap (cut scores fewer than 4 points apart).

    A window gives way before it reaches the near-misses of the next cut score or the landing of the one before, and
    before it swallows the ends of the scale; the two near-misses and one landing score above are always inside.
    """
    joined: list[tuple[int, int]] = []
    reach = -1
    for place, cut in enumerate(cut_scores):
        above = cut_scores[place + 1] - cut - 3 if place + 1 < len(cut_scores) else top - cut - ANCHORS
        below = cut - reach - 1 if place else cut - ANCHORS
        first = max(cut - max(min(depth, below), NEAR_MISS_DEPTH), 0)
        last = min(cut + max(min(landing, above), 1), top)
        if joined and first <= joined[-1][1]:
            joined[-1] = (joined[-1][0], last)
        else:
            joined.append((first, last))
        reach = last
    return joined


def candidate_zones(
    top: int, cut_scores: tuple[int, ...], *, depths: tuple[int, ...], landings: tuple[int, ...]
) -> Zones:
    """Every distinct set of windows, each with the ends of the scale explained and (where room is left) ignored."""
    distinct = dict.fromkeys(
        tuple(spans(top, cut_scores, depth=d, landing=j)) for d, j in product(depths, landings)
    )
    rows = []
    for windows in distinct:
        rows.append((windows, False))
        if windows and windows[0][0] > ANCHORS and windows[-1][1] < top - ANCHORS:
            rows.append((windows, True))
    inside = np.zeros((len(rows), max(len(cut_scores), 1), top + 1))
    ignored = np.zeros((len(rows), top + 1), dtype=np.bool_)
    for row, (windows, ends) in enumerate(rows):
        for place, (first, last) in enumerate(windows):
            inside[row, place, first : last + 1] = 1.0
        ignored[row, [0, top]] = ends
    covered = inside.sum(axis=1) > 0
    saturated = covered.sum(axis=1) - (inside.sum(axis=2) > 0).sum(axis=1) + ignored.sum(axis=1)
    return Zones(inside, ~covered & ~ignored, ignored, saturated.astype(np.float64))
