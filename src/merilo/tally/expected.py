"""Points expected on each item in each cell of a Tally: what a work's raw score implies, all schools together.

Not imported by the room itself, so that processes that only count stay light.
"""

from __future__ import annotations

import numpy as np

from merilo.methods.arrays import BoolArray, FloatArray, IntArray
from merilo.methods.irt import PartialCreditItems, points_given_score
from merilo.methods.irt.theta_moments import moments_at
from merilo.tally.cells import CellCounts

# The model counts as this many works beside those observed with a raw score.
MODEL_WORKS = 5.0
# Beyond this many sets of administered items, works with the rarer sets are taken at their ability.
EXACT_PATTERNS = 200


def expected_points(
    cells: CellCounts, max_points: IntArray, items: PartialCreditItems, ability: FloatArray
) -> FloatArray:
    """Points expected on each item in each cell, (C, I): observed over schools, steadied by the model.

    max_points (I,); items: calibrated items, logits; ability (C,) of the cells, logits, NaN unknown. Sexes are put
    together (a girl and a boy with one total are compared with the same curve), variants are not.
    """
    gained = np.empty((len(cells.n), len(max_points)))
    start = 0
    for item, top in enumerate(max_points):
        gained[:, item] = cells.points[:, start : start + top + 1] @ np.arange(top + 1)
        start += int(top) + 1
    variants = int(cells.variant.max(initial=0)) + 1
    key = (cells.pattern * variants + cells.variant) * (cells.score.max(initial=0) + 1) + cells.score
    _keys, group = np.unique(key, return_inverse=True)
    n = np.bincount(group, cells.n)
    pooled = np.stack([np.bincount(group, gained[:, i]) for i in range(len(max_points))], axis=1)
    model = _model_points(cells, items, ability)
    steadied = (pooled[group] + MODEL_WORKS * model) / (n[group][:, None] + MODEL_WORKS)
    with np.errstate(invalid="ignore"):  # cells without works (of schools set aside) expect nothing
        observed = pooled / n[:, None]
    expected = np.where(np.isfinite(model), steadied, observed[group])
    return np.where(cells.patterns[cells.pattern], expected, 0.0)


def _model_points(cells: CellCounts, items: PartialCreditItems, ability: FloatArray) -> FloatArray:
    """Points that the calibrated items imply in each cell (C, I); NaN where they imply nothing.

    Exact given the raw score for the most frequent sets of administered items; for the rare rest at the cell's
    ability, which costs nothing per set.
    """
    model = np.full((len(cells.n), len(items.max_points)), np.nan)
    scorable: BoolArray = np.asarray(~(cells.patterns & ~items.calibrated).any(axis=1))
    works = np.bincount(cells.pattern, cells.n, minlength=len(cells.patterns))
    frequent = np.argsort(-works, kind="stable")[:EXACT_PATTERNS]
    for pattern in frequent[scorable[frequent]]:
        here = cells.pattern == pattern
        given = points_given_score(items, administered=cells.patterns[pattern])
        model[here] = given.expected[cells.score[here]]
    rare = ~np.isin(cells.pattern, frequent) & np.isfinite(ability)
    if rare.any():
        model[rare] = moments_at(items, ability[rare]).expected
    return model
