"""Which scores can occur: a conversion table leaves gaps that must not pass for works taken away."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from merilo.errors import DegenerateDataError
from merilo.methods.arrays import BoolArray, FloatArray, IntArray
from merilo.methods.lift.zones import NEAR_MISS_DEPTH

SURE_OF_GAP = 12.0
"""Works expected from the neighbours at a score nobody has: chance gives none with probability exp(-12)."""

GAPS_OF_A_TABLE = 2
"""So many gaps away from the cut scores show a conversion table; then an empty score below one is a gap, too."""


@dataclass(frozen=True, slots=True)
class ScoreScale:
    """The scores that can occur, and the cut scores as places among them.

    scores (s,) raw scores that can occur, ascending; cuts: index of the first possible score at or above each cut score
    """

    scores: IntArray
    cuts: tuple[int, ...]


def possible_scores(
    counts: FloatArray, cut_scores: tuple[int, ...], *, kernel: FloatArray | None, possible: BoolArray | None
) -> ScoreScale:
    """Scores that can occur: as given, else as the kernel says, else recognised from the counts."""
    if possible is not None:
        able = np.asarray(possible, dtype=np.bool_)
        if able.shape != counts.shape:
            raise DegenerateDataError("possible scores must be given for every score of the counts")
    elif kernel is not None:
        able = np.asarray(kernel).sum(axis=1) > 0
        if able.shape != counts.shape:
            raise DegenerateDataError("the kernel must have one row for every score of the counts")
    else:
        able = ~recognised_gaps(counts, cut_scores)
    if np.any(counts[~able] > 0):
        raise DegenerateDataError(
            "works stand at scores said to be impossible", value=np.flatnonzero((counts > 0) & ~able).tolist()
        )
    scores = np.flatnonzero(able)
    places = tuple(int(x) for x in np.searchsorted(scores, cut_scores))
    if not len(scores) or places[-1] >= len(scores) or len(set(places)) < len(places):
        raise DegenerateDataError("every cut score needs a possible score of its own", value=cut_scores)
    return ScoreScale(scores, places)


def recognised_gaps(counts: FloatArray, cut_scores: tuple[int, ...]) -> BoolArray:
    """(S + 1,) True at scores that no work has although the neighbours leave no room for chance.

    An empty score 1-2 points below a cut score, or in an unbroken run of empty scores that ends there, can also be a
    score from which every work was lifted; it is taken for a gap only where gaps elsewhere show that the scores
    come from a conversion table.
    """
    filled = np.flatnonzero(counts > 0)
    gaps = np.zeros(len(counts), dtype=np.bool_)
    if len(filled) < 3:
        return gaps
    below = np.zeros(len(counts), dtype=np.bool_)
    for cut in cut_scores:
        lowest = max(cut - NEAR_MISS_DEPTH, 0)
        while lowest > 0 and not counts[lowest - 1 : cut - 1].any():
            lowest -= 1
        below[lowest:cut] = True
    for score in range(int(filled[0]) + 1, int(filled[-1])):
        if counts[score] == 0:
            left = filled[filled < score][-2:]
            right = filled[filled > score][:2]
            gaps[score] = min(counts[left].min(), counts[right].min()) > SURE_OF_GAP
    elsewhere = np.count_nonzero(gaps & ~below)
    return gaps if elsewhere >= GAPS_OF_A_TABLE else gaps & ~below
