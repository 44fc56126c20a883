"""A Tally without some schools: what a review set aside tells nothing of items, effects and the authority's shape.

Not imported by the room itself, so that processes that only count stay light.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields, replace

import numpy as np
import polars as pl

from merilo.methods.arrays import IntArray
from merilo.tables.works import WorksFile
from merilo.tally.batch import batch_of
from merilo.tally.cells import CellCounts
from merilo.tally.pairs import PairCounts
from merilo.tally.schools import SchoolSums
from merilo.tally.tally import Tally, count

_BY_CLASS = ("class_n", "class_sum", "class_square", "prior", "full")


def excluding(works: WorksFile, tally: Tally, org_ids: Collection[str]) -> Tally:
    """The tally of all works but those of these schools; `tally` itself where none of them is there.

    Schools, classes and cells keep their rows (with counts of 0), so whatever is aligned with the one tally is aligned
    with the other. Only the works of these schools are read again.
    """
    rows = np.flatnonzero(np.isin(np.array(works.org_ids), sorted(org_ids)))
    if not len(rows):
        return tally
    theirs = pl.scan_parquet(works.path).filter(pl.col("org").is_in(rows.tolist())).collect()
    part = count(works, batch_of(works, theirs))
    gone = np.zeros(len(works.org_ids), bool)
    gone[rows] = True
    scores_n = tally.score_n.copy()
    np.subtract.at(scores_n, np.searchsorted(tally.scores, part.scores), part.score_n)
    return Tally(
        cells=None
        if tally.cells is None or part.cells is None
        else _cells_without(tally.cells, part.cells, gone),
        schools=_schools_without(tally.schools, gone, gone[np.array(works.class_org, np.int64)]),
        pairs=_pairs_without(tally.pairs, gone),
        journal=_pairs_without(tally.journal, gone),
        org_scores=_pairs_without(tally.org_scores, gone),
        scores=tally.scores,
        score_n=scores_n,
    )


def _cells_without(cells: CellCounts, part: CellCounts, gone: np.ndarray) -> CellCounts:
    """Cells of all works less those of the schools that are gone; their cells are among all cells."""
    _all, where = np.unique(np.vstack([cells.patterns, part.patterns]), axis=0, return_inverse=True)
    where = where.reshape(-1)
    widths = (int(cells.variant.max(initial=0)) + 1, int(cells.score.max(initial=0)) + 1)
    key = _keys(cells, where[: len(cells.patterns)], widths)
    order = np.argsort(key, kind="stable")
    place = order[np.searchsorted(key, _keys(part, where[len(cells.patterns) :], widths), sorter=order)]
    left = {name: getattr(cells, name).copy() for name in ("n", "points", "not_attempted")}
    for name, values in left.items():
        values[place] -= getattr(part, name)
    kept = ~gone[cells.org]
    return replace(cells, **left, org=cells.org[kept], org_cell=cells.org_cell[kept], org_n=cells.org_n[kept])


def _keys(cells: CellCounts, pattern: IntArray, widths: tuple[int, int]) -> IntArray:
    """One number for each cell; pattern (P,): number of each of its patterns among all."""
    key = pattern[cells.pattern].astype(np.int64) * 3 + cells.sex
    return np.asarray((key * widths[0] + cells.variant) * widths[1] + cells.score)


def _schools_without(schools: SchoolSums, gone: np.ndarray, gone_class: np.ndarray) -> SchoolSums:
    """Sums with the rows of these schools and classes set to 0."""
    left = {}
    for f in fields(SchoolSums):
        values = getattr(schools, f.name)
        mask = gone_class if f.name in _BY_CLASS else gone
        if len(values):  # cross-products are (0, 0, 0) where there are no covariates
            values = values.copy()
            values[mask] = 0
        left[f.name] = values
    return SchoolSums(**left)


def _pairs_without(pairs: PairCounts, gone: np.ndarray) -> PairCounts:
    kept = ~gone[pairs.org]
    return PairCounts(pairs.org[kept], pairs.prior[kept], pairs.score[kept], pairs.n[kept])
