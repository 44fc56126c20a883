"""Works by whole raw score, of all schools and of each, and the cut scores on that scale.

Not imported by the room itself, so that processes that only count stay light.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from merilo.methods.arrays import IntArray
from merilo.tables.procedure import Procedure
from merilo.tables.works import WorksFile
from merilo.tally.tally import WIDEST_SCORES, Tally, minimum_score


@dataclass(frozen=True, slots=True)
class ScoreCounts:
    """Works by whole score: score (S,) consecutive values from `lowest`, n (S,)."""

    lowest: int
    n: IntArray


def score_counts(works: WorksFile, tally: Tally) -> ScoreCounts | None:
    """Works by raw score; None where scores are fractions or spread too widely for a table."""
    if tally.cells is not None:
        highest = int(works.procedure.highest_score or 0)
        return ScoreCounts(
            0, np.bincount(tally.cells.score, tally.cells.n, minlength=highest + 1).astype(np.int64)
        )
    if not len(tally.scores) or tally.score_n.sum() < tally.n:
        return None
    low = int(min(tally.scores[0], works.procedure.min_score or tally.scores[0]))
    high = int(max(tally.scores[-1], works.procedure.max_score or tally.scores[-1]))
    if high - low > WIDEST_SCORES:
        return None
    n = np.zeros(high - low + 1, np.int64)
    n[tally.scores - low] = tally.score_n
    return ScoreCounts(low, n)


def school_score_counts(works: WorksFile, tally: Tally) -> IntArray | None:
    """(J, S) works of every school by raw score, columns as in `score_counts`; None where there is no such table."""
    whole = score_counts(works, tally)
    if whole is None:
        return None
    if tally.cells is not None:
        org, score, n = tally.cells.org, tally.cells.score[tally.cells.org_cell], tally.cells.org_n
    else:
        org, score, n = tally.org_scores.org, tally.org_scores.score.astype(np.int64), tally.org_scores.n
    width = len(whole.n)
    counts = np.bincount(org * width + score - whole.lowest, n, minlength=len(works.org_ids) * width)
    return counts.reshape(-1, width).astype(np.int64)


def cut_scores_by_mark(procedure: Procedure) -> dict[int, float]:
    """Mark -> lowest raw score; an exam's pass score stands as that of mark 3."""
    if procedure.cut_scores:
        return dict(sorted(procedure.cut_scores.items()))
    minimum = minimum_score(procedure)
    return {} if minimum is None else {3: minimum}


def cut_places(procedure: Procedure, counts: ScoreCounts) -> dict[int, int]:
    """Mark -> column of its cut score in a table of scores; cut scores that are fractions or outside are left out."""
    cuts = cut_scores_by_mark(procedure)
    return {
        mark: int(cut) - counts.lowest
        for mark, cut in cuts.items()
        if cut == round(cut) and 0 <= cut - counts.lowest < len(counts.n)
    }
