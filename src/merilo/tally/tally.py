"""The Tally of one procedure, its step and its merge."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from merilo.methods.arrays import BoolArray, IntArray
from merilo.tables.procedure import Procedure
from merilo.tables.works import WorksFile
from merilo.tally.batch import Batch, read_batch
from merilo.tally.cells import CellCounts, count_cells, merge_cells
from merilo.tally.pairs import EMPTY_PAIRS, PairCounts, count_journal, count_pairs, count_scores, merge_pairs
from merilo.tally.schools import SchoolSums, sum_schools

# A score-only procedure has a table of scores when they are whole numbers over at most this range.
WIDEST_SCORES = 2000


@dataclass(frozen=True, slots=True)
class Tally:
    """Everything the stages need of the works of one procedure.

    cells: None for a score-only procedure; schools: sums by school and class;
    pairs: works by school, prior score and score (empty without a pupil-level prior);
    journal: works by school, journal mark (as `prior`) and score (empty without journal marks);
    org_scores: works by school and score (prior 0) of a score-only procedure, empty otherwise;
    scores (S,): values of whole-number scores of a score-only procedure, score_n (S,): works; empty otherwise.
    """

    cells: CellCounts | None
    schools: SchoolSums
    pairs: PairCounts
    journal: PairCounts
    org_scores: PairCounts
    scores: IntArray
    score_n: IntArray

    @property
    def n(self) -> int:
        """Works scored."""
        return int(self.schools.class_n.sum())


def minimum_score(procedure: Procedure) -> float | None:
    """The score below which a work is below the minimum; None when only given marks can say."""
    return procedure.cut_scores.get(3) if procedure.pass_score is None else procedure.pass_score


def growth_column(works: WorksFile) -> int | None:
    """The covariate that holds the same pupil's earlier score, or None."""
    for column, covariate in enumerate(works.covariates):
        if covariate.role == "prior" and covariate.level == "pupil":
            return column
    return None


def step(works: WorksFile, row_group: int) -> Tally:
    """Count one row group of a works file."""
    return count(works, read_batch(works, row_group))


def count(works: WorksFile, batch: Batch) -> Tally:
    """Count one batch of a works file."""
    procedure = works.procedure
    # A slice copies nothing; most files have no absent pupils or few.
    here: BoolArray | slice = slice(None) if batch.present.all() else batch.present == 1
    column = growth_column(works)
    scores, score_n = _count_scores(batch, here) if procedure.score_only else (_NO_SCORES, _NO_SCORES)
    max_points = np.array([item.max_points for item in procedure.items], np.int64)
    return Tally(
        cells=None if procedure.score_only else count_cells(batch, max_points, here, len(works.variants)),
        schools=sum_schools(
            batch,
            here,
            n_orgs=len(works.org_ids),
            n_classes=len(works.class_ids),
            low_below=None if procedure.cut_scores else minimum_score(procedure),
            covariates=works.covariates,
        ),
        pairs=EMPTY_PAIRS if column is None else count_pairs(batch, here, column),
        journal=count_journal(batch, here),
        org_scores=count_scores(batch, here) if procedure.score_only else EMPTY_PAIRS,
        scores=scores,
        score_n=score_n,
    )


def merge(left: Tally, right: Tally) -> Tally:
    """Add two tallies of the same works file (associative; commutative but for rounding of float sums)."""
    if (left.cells is None) != (right.cells is None):
        raise ValueError("a tally of items and a tally of scores cannot be added")
    scores, place = np.unique(np.concatenate([left.scores, right.scores]), return_inverse=True)
    score_n = np.bincount(place, np.concatenate([left.score_n, right.score_n]), minlength=len(scores))
    return Tally(
        cells=None if left.cells is None or right.cells is None else merge_cells(left.cells, right.cells),
        schools=SchoolSums(
            **{
                f.name: getattr(left.schools, f.name) + getattr(right.schools, f.name)
                for f in fields(SchoolSums)
            }
        ),
        pairs=merge_pairs(left.pairs, right.pairs),
        journal=merge_pairs(left.journal, right.journal),
        org_scores=merge_pairs(left.org_scores, right.org_scores),
        scores=scores,
        score_n=score_n.astype(np.int64),
    )


_NO_SCORES = np.zeros(0, np.int64)


def _count_scores(batch: Batch, here: BoolArray | slice) -> tuple[IntArray, IntArray]:
    """Whole-number scores and their counts; fractions are left to the sums."""
    score = batch.score[here]
    whole = score[score == np.round(score)].astype(np.int64)
    return np.unique(whole, return_counts=True)
