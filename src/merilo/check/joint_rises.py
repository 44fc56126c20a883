"""A second walk over the works: which items the same pupils of a school gained together.

`count_rises` counts one row group, `add_rises` adds two counts: additive by school, so that any engine can fold them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from merilo.check.school_profiles import SchoolProfiles
from merilo.check.sitting import Sitting
from merilo.engines.local import fold
from merilo.methods.arrays import FloatArray, IntArray
from merilo.methods.profile import JointRises
from merilo.methods.profile.joint import pair_places
from merilo.tables.works import NOT_ADMINISTERED, WorksFile
from merilo.tally import Batch, read_batch
from merilo.tally.cells import CellCounts

# Draws of honest schools wanted in all; a draw is every school once, with pupils of the whole region.
WANTED_SCHOOLS, MOST_DRAWS = 1200, 24
# Pupils stand in for each other if they gained the same share of points, to this many steps.
SHARE_STEPS = 50


@dataclass(frozen=True, slots=True)
class RiseRules:
    """What a work's cell implies: patterns (P, I); key (C,) sorted keys of (pattern, variant, score), cell (C,) their
    rows in expected and information (C, I): points, points squared; draws; seed; n_orgs; variants.
    """

    patterns: IntArray
    key: IntArray
    cell: IntArray
    expected: FloatArray
    information: FloatArray
    max_points: IntArray
    draws: int
    seed: int
    n_orgs: int
    variants: int


def joint_rises(
    sitting: Sitting, profiles: SchoolProfiles, *, seed: int, workers: int = 1
) -> JointRises | None:
    """Walk over the works file again; None where it is no longer there."""
    if not sitting.works.path.exists() or sitting.tally.cells is None:
        return None
    rules = rise_rules(sitting.tally.cells, profiles, seed=seed)
    return next(iter(fold([sitting.works], partial(count_rises, rules), add_rises, workers=workers)))


def rise_rules(cells: CellCounts, profiles: SchoolProfiles, *, seed: int) -> RiseRules:
    """What `count_rises` must know of the procedure."""
    variants = int(cells.variant.max(initial=0)) + 1
    top = int(profiles.max_points.sum()) + 1
    key = (cells.pattern * variants + cells.variant) * top + cells.score
    keys, cell = np.unique(key, return_index=True)
    schools = len(profiles.n)
    return RiseRules(
        patterns=np.packbits(cells.patterns, axis=1).astype(np.int64),
        key=keys,
        cell=cell.astype(np.int64),
        expected=profiles.expected,
        information=profiles.moments.information,
        max_points=profiles.max_points,
        draws=int(np.clip(np.ceil(WANTED_SCHOOLS / schools), 1, MOST_DRAWS)),
        seed=seed,
        n_orgs=schools,
        variants=variants,
    )


def count_rises(rules: RiseRules, works: WorksFile, row_group: int) -> JointRises:
    """Count one row group. Pupils are exchanged within it, so its draws depend on the seed and the row group only."""
    batch = read_batch(works, row_group)
    here = batch.present == 1
    org = batch.org[here].astype(np.int64)
    points = np.stack([column[here] for column in batch.points], axis=1)
    administered = points != NOT_ADMINISTERED
    cell = _cells(rules, batch, here, administered)
    rest = np.where(administered, np.maximum(points, 0) - rules.expected[cell], 0.0)
    both = np.stack([rest, np.where(administered, rules.information[cell], 0.0)])
    most = np.where(administered, rules.max_points, 0).sum(axis=1)
    share = np.round(SHARE_STEPS * batch.score[here] / np.maximum(most, 1))
    rng = np.random.default_rng([rules.seed, row_group])
    kept = np.argsort(share, kind="stable")
    sums = [_sum(both, org, rules.n_orgs)]
    for _draw in range(rules.draws):
        # Whole steps and a chance below one: by share, and at random within it.
        mixed = np.argsort(share + rng.random(len(org)))
        other = np.empty_like(org)
        other[mixed] = org[kept]
        sums.append(_sum(both, other, rules.n_orgs))
    return JointRises(*(np.stack([one[k] for one in sums]) for k in range(3)))


def add_rises(left: JointRises, right: JointRises) -> JointRises:
    """Add two counts of the same works file."""
    return JointRises(left.excess + right.excess, left.cross + right.cross, left.scale + right.scale)


def _cells(rules: RiseRules, batch: Batch, here: np.ndarray, administered: np.ndarray) -> IntArray:
    """Row of `expected` of each work (n,)."""
    pattern = np.zeros(len(administered), np.int64)
    if len(rules.patterns) > 1:
        rows = np.concatenate([rules.patterns, np.packbits(administered, axis=1).astype(np.int64)])
        _rows, number = np.unique(rows, axis=0, return_inverse=True)
        number = number.reshape(-1)
        known = np.zeros(int(number.max()) + 1, np.int64)
        known[number[: len(rules.patterns)]] = np.arange(len(rules.patterns))
        pattern = known[number[len(rules.patterns) :]]
    top = int(rules.max_points.sum()) + 1
    key = (pattern * rules.variants + batch.variant[here]) * top + batch.score[here].astype(np.int64)
    row: IntArray = rules.cell[np.minimum(np.searchsorted(rules.key, key), len(rules.key) - 1)]
    return row


def _sum(both: FloatArray, org: IntArray, n_orgs: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Sums of residuals, of their products, and of the products of their variances, by school.

    both (2, n, I): residuals and their variances of n works; org (n,) rows of schools.
    """
    items = both.shape[2]
    left, right = pair_places(items)
    rows = both[:, np.argsort(org, kind="stable")]
    works = np.bincount(org, minlength=n_orgs)
    ends = np.cumsum(works).tolist()
    starts = [0, *ends[:-1]]
    products = np.zeros((n_orgs, 2, items, items))
    excess = np.zeros((n_orgs, items))
    for j in np.flatnonzero(works).tolist():
        mine = rows[:, starts[j] : ends[j]]
        np.matmul(mine.transpose(0, 2, 1), mine, out=products[j])
        mine[0].sum(axis=0, out=excess[j])
    pairs = products[:, :, left, right]
    return excess, pairs[:, 0], pairs[:, 1]
