"""Slopes of the items (generalised partial credit): how sharply each tells stronger pupils from weaker ones.

Unlike everything else here this needs whole works, not sums: a second walk over the file, taken only when asked.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from merilo.errors import EstimationError
from merilo.methods.arrays import FloatArray
from merilo.methods.irt import calibrate_with_slopes
from merilo.tables.works import NOT_ATTEMPTED, WorksFile
from merilo.tally import read_batch

# Slopes of 100,000 works have standard errors of about 0.01; more works cost time and say nothing new.
MOST_WORKS = 100_000


@dataclass(frozen=True, slots=True)
class ItemSlopes:
    """slope, slope_se (I,) per SD of ability; works_n: works used (every k-th of the file when it is larger)."""

    slope: FloatArray
    slope_se: FloatArray
    works_n: int


def item_slopes(works: WorksFile, set_aside: Collection[str] = ()) -> ItemSlopes | None:
    """Calibrate slopes by marginal maximum likelihood; None where the data do not allow it.

    set_aside: ids of schools whose works are left out.
    """
    if works.procedure.score_only:
        return None
    every = -(-works.rows // MOST_WORKS)
    left_out = np.flatnonzero(np.isin(np.array(works.org_ids), sorted(set_aside)))
    parts = []
    for group in range(works.row_groups):
        batch = read_batch(works, group)
        rows = np.flatnonzero((batch.present == 1) & ~np.isin(batch.org, left_out))[::every]
        parts.append(np.stack([points[rows] for points in batch.points], axis=1))
    responses = np.concatenate(parts)
    responses = np.where(responses == NOT_ATTEMPTED, np.int8(0), responses)
    max_points = np.array([item.max_points for item in works.procedure.items], np.int64)
    try:
        found = calibrate_with_slopes(responses, max_points)
    except EstimationError:
        return None
    return ItemSlopes(found.slope, found.slope_se, found.n_works)
