"""The second walk over the works: what needs pairs of works of a class, and items calibrated before.

Additive sums by class, a row group at a time. A class or a school that a row group cuts is taken as two parts: works
on either side are not compared with each other, and each part has its own item means.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from merilo.check.sitting import Sitting
from merilo.engines.local import fold
from merilo.methods.arrays import BoolArray, FloatArray, IntArray
from merilo.methods.irt import PartialCreditItems
from merilo.methods.irt.given_score import shares_by_pattern
from merilo.methods.similarity import (
    AnswerColumns,
    ClassSums,
    ImpliedShares,
    add_sums,
    compare_classes,
    no_sums,
    own_shares,
)
from merilo.tables.works import NOT_ADMINISTERED, WorksFile
from merilo.tally import Batch, CellCounts, read_batch

# Beyond this many sets of administered items, works with the rarer sets are taken at their ability.
EXACT_PATTERNS = 200
# Works compared at a time, whole schools: bounds the memory of a walk (a few hundred numbers a work).
WORKS_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class SimilarityStep:
    """The step of a walk over one works file: (file, row group) -> sums by class.

    patterns (P, I), variants, scores: how keys of groups (G,) are numbered, as ((pattern * variants) + variant) *
    scores + score; implied: their shares.
    """

    patterns: BoolArray
    variants: int
    scores: int
    keys: IntArray
    implied: ImpliedShares

    @classmethod
    def of(cls, sitting: Sitting) -> SimilarityStep | None:
        """What the procedure's raw scores imply; None for a procedure without calibrated items."""
        cells, items = sitting.tally.cells, sitting.items
        if cells is None or items is None or sitting.ability is None or not len(cells.n):
            return None
        variants = int(cells.variant.max()) + 1
        scores = int(cells.score.max()) + 1
        key = (cells.pattern * variants + cells.variant) * scores + cells.score
        keys, first, group = np.unique(key, return_index=True, return_inverse=True)
        counts = np.zeros((len(keys), cells.points.shape[1]), np.int64)
        np.add.at(counts, group, cells.points)
        works = np.bincount(group, cells.n).astype(np.int64)
        model = _model_shares(cells, items, sitting.ability, first)
        administered = np.repeat(cells.patterns[cells.pattern[first]], items.max_points + 1, axis=1)
        implied = ImpliedShares.of(counts * administered, works, np.where(administered, model, 0.0))
        return cls(cells.patterns, variants, scores, keys, implied)

    def __call__(self, works: WorksFile, row_group: int) -> ClassSums:
        """Compare the works of one row group."""
        batch = read_batch(works, row_group)
        here = np.flatnonzero(batch.present == 1)
        total = no_sums(len(works.class_ids))
        max_points = np.array([item.max_points for item in works.procedure.items], np.int64)
        columns = AnswerColumns.of(max_points)
        for start, stop in _whole_schools(batch.org[here]):
            total = add_sums(total, self._compare(batch, here[start:stop], columns, len(works.class_ids)))
        return total

    def _compare(self, batch: Batch, rows: IntArray, columns: AnswerColumns, classes: int) -> ClassSums:
        points = np.stack([column[rows] for column in batch.points], axis=1)
        administered = points != NOT_ADMINISTERED
        group = self._group(batch, rows, administered)
        answers = columns.one_hot(points, administered)
        org = batch.org[rows]
        starts = np.concatenate([[0], np.flatnonzero(org[1:] != org[:-1]) + 1])
        shares = own_shares(self.implied.without_own(group, answers), answers, columns, starts)
        possible = np.maximum(administered.astype(np.float64) @ columns.max_points.astype(np.float64), 1.0)
        return compare_classes(
            shares,
            answers,
            columns,
            batch.score[rows] / possible,
            batch.klass[rows].astype(np.int64),
            classes,
        )

    def _group(self, batch: Batch, rows: IntArray, administered: BoolArray) -> IntArray:
        """Row of `implied` of every work."""
        pattern: IntArray = np.zeros(len(rows), np.int64)
        if len(self.patterns) > 1:
            bits = [np.packbits(a, axis=1) for a in (self.patterns, administered)]
            kind = np.dtype((np.void, bits[0].shape[1]))
            known, seen = (np.ascontiguousarray(b).view(kind).ravel() for b in bits)
            order = np.argsort(known)
            pattern = order[np.searchsorted(known[order], seen)]
        key = (pattern * self.variants + batch.variant[rows]) * self.scores + batch.score[rows].astype(
            np.int64
        )
        return np.asarray(np.searchsorted(self.keys, key), np.int64)


def walk_classes(
    sittings: list[Sitting], *, workers: int = 1, on_step: Callable[[], None] | None = None
) -> Iterator[ClassSums | None]:
    """Sums by class for every sitting, in order; None for a sitting that has no calibrated items.

    The works files must still be where they were written.
    """
    for sitting in sittings:
        step = SimilarityStep.of(sitting)
        if step is None:
            yield None
            continue
        yield from fold([sitting.works], step, add_sums, workers=workers, on_step=on_step)


def _whole_schools(org: np.ndarray) -> Iterator[tuple[int, int]]:
    """Ranges of rows of about WORKS_AT_ONCE, cut between schools."""
    borders = [*(np.flatnonzero(org[1:] != org[:-1]) + 1).tolist(), len(org)]
    start = 0
    for border, following in zip(borders, [*borders[1:], None]):
        if border > start and (following is None or following - start > WORKS_AT_ONCE):
            yield start, border
            start = border


def _model_shares(
    cells: CellCounts, items: PartialCreditItems, ability: FloatArray, first: IntArray
) -> FloatArray:
    """Shares of answers that calibrated items imply (G, K) in the cells `first`; NaN where they imply nothing.

    Exact given the raw score for the most frequent sets of administered items, else at the cell's ability.
    """
    occurs = np.arange(items.log_weight.shape[1]) <= items.max_points[:, None]
    model = np.full((len(first), *items.log_weight.shape), np.nan)
    scorable: BoolArray = np.asarray(~(cells.patterns & ~items.calibrated).any(axis=1))
    works = np.bincount(cells.pattern, cells.n, minlength=len(cells.patterns))
    frequent = np.argsort(-works, kind="stable")[:EXACT_PATTERNS]
    frequent = frequent[scorable[frequent]]
    pattern, score = cells.pattern[first], cells.score[first]
    if len(frequent):
        given = shares_by_pattern(items, cells.patterns[frequent])
        for place, one in enumerate(frequent):
            model[pattern == one] = given[place][score[pattern == one]]
    rare = ~np.isin(pattern, frequent) & np.isfinite(ability[first])
    if rare.any():
        model[rare] = _shares_at(items, ability[first][rare])
    return model[:, occurs]


def _shares_at(items: PartialCreditItems, ability: FloatArray) -> FloatArray:
    """P(x | ability) (n, I, M + 1); NaN for items that were not calibrated."""
    logits = ability[:, None, None] * np.arange(items.log_weight.shape[1]) + items.log_weight
    weight = np.exp(logits - logits.max(axis=2, keepdims=True))
    return np.asarray(weight / weight.sum(axis=2, keepdims=True))
