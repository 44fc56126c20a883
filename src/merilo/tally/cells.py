"""Counts by cell: how many works of one sex, variant, set of administered items and raw score gained which points.

This is all that item statistics, calibration and differential functioning need of the works.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from merilo.methods.arrays import BoolArray, IntArray
from merilo.tables.works import NOT_ADMINISTERED, NOT_ATTEMPTED
from merilo.tally.batch import Batch

# Up to this many cells are counted in a dense array; beyond, only the cells that occur.
DENSE_CELLS = 1 << 16
# Codes of a bundle of items fit int16; counters of all cells (8 bytes each) fit the cache next to the core.
MOST_CODES = 1 << 14
MOST_COUNTERS = 1 << 15


@dataclass(frozen=True, slots=True)
class CellCounts:
    """Works by cell. Cells are sorted by (pattern, sex, variant, score); patterns by their bits.

    patterns (P, I) bool, administered items; pattern, sex, variant, score (C,) int64, the cell's key;
    n (C,) works; points (C, K), K = sum(max_points + 1): works with x points on item i at offset[i] + x;
    not_attempted (C, I) works in which item i was not attempted (they are among the 0 points).
    org (R,), org_cell (R,), org_n (R,): works by school and cell, rows sorted by (org, cell).
    """

    patterns: BoolArray
    pattern: IntArray
    sex: IntArray
    variant: IntArray
    score: IntArray
    n: IntArray
    points: IntArray
    not_attempted: IntArray
    org: IntArray
    org_cell: IntArray
    org_n: IntArray


def count_cells(batch: Batch, max_points: IntArray, here: BoolArray | slice, n_variants: int) -> CellCounts:
    """Count the present works of a batch (`here` selects them) by cell."""
    columns = [points[here] for points in batch.points]
    org = batch.org[here]
    score = batch.score[here].astype(np.int64)
    patterns, pattern = _patterns(columns)
    n_scores = int(max_points.sum()) + 1
    key = pattern * 3 + batch.sex[here]
    key = (key * n_variants + batch.variant[here]) * n_scores + score
    keys, cell = _compress(key, len(patterns) * 3 * n_variants * n_scores)
    points, not_attempted = _count_points(columns, cell, len(keys), max_points)
    org_keys, org_n = np.unique(org.astype(np.int64) * len(keys) + cell, return_counts=True)
    rest, cell_score = np.divmod(keys, n_scores)
    rest, variant = np.divmod(rest, n_variants)
    pattern_of, sex = np.divmod(rest, 3)
    return CellCounts(
        patterns=patterns,
        pattern=pattern_of,
        sex=sex,
        variant=variant,
        score=cell_score,
        n=np.bincount(cell, minlength=len(keys)).astype(np.int64),
        points=points,
        not_attempted=not_attempted,
        org=org_keys // len(keys),
        org_cell=org_keys % len(keys),
        org_n=org_n.astype(np.int64),
    )


def merge_cells(left: CellCounts, right: CellCounts) -> CellCounts:
    """Add two counts; patterns and cells are brought to one numbering."""
    patterns, where = np.unique(np.vstack([left.patterns, right.patterns]), axis=0, return_inverse=True)
    where = where.reshape(-1)
    split = len(left.patterns)
    key = np.column_stack(
        [
            np.concatenate([where[:split][left.pattern], where[split:][right.pattern]]),
            np.concatenate([left.sex, right.sex]),
            np.concatenate([left.variant, right.variant]),
            np.concatenate([left.score, right.score]),
        ]
    )
    keys, cell = np.unique(key, axis=0, return_inverse=True)
    cell = cell.reshape(-1)
    n_cells = len(keys)
    pairs, org_n = _merge_sorted(
        (left.org * n_cells + cell[: len(left.n)][left.org_cell], left.org_n),
        (right.org * n_cells + cell[len(left.n) :][right.org_cell], right.org_n),
    )
    return CellCounts(
        patterns=patterns,
        pattern=keys[:, 0],
        sex=keys[:, 1],
        variant=keys[:, 2],
        score=keys[:, 3],
        n=_add(np.concatenate([left.n, right.n]), cell, n_cells),
        points=_add(np.concatenate([left.points, right.points]), cell, n_cells),
        not_attempted=_add(np.concatenate([left.not_attempted, right.not_attempted]), cell, n_cells),
        org=pairs // n_cells,
        org_cell=pairs % n_cells,
        org_n=org_n,
    )


def _merge_sorted(
    left: tuple[IntArray, IntArray], right: tuple[IntArray, IntArray]
) -> tuple[IntArray, IntArray]:
    """Add counts by sorted keys. Only where the keys overlap is there anything to do: row groups follow each
    other by school, so that is the school in which the file was cut.
    """
    if not len(left[0]) or not len(right[0]):
        return left if len(left[0]) else right
    first = int(np.searchsorted(left[0], right[0][0]))
    last = int(np.searchsorted(right[0], left[0][-1], side="right"))
    shared, place = np.unique(np.concatenate([left[0][first:], right[0][:last]]), return_inverse=True)
    counts = np.concatenate([left[1][first:], right[1][:last]])
    return (
        np.concatenate([left[0][:first], shared, right[0][last:]]),
        np.concatenate([left[1][:first], _add(counts, place, len(shared)), right[1][last:]]),
    )


def _patterns(columns: list[np.ndarray]) -> tuple[BoolArray, IntArray]:
    """Distinct sets of administered items (P, I), and each work's set (n,)."""
    n = len(columns[0])
    if not any((column == NOT_ADMINISTERED).any() for column in columns):
        return np.ones((min(n, 1), len(columns)), bool), np.zeros(n, np.int64)
    administered = np.empty((n, len(columns)), bool)
    for k, column in enumerate(columns):
        np.not_equal(column, NOT_ADMINISTERED, out=administered[:, k])
    bits = np.packbits(administered, axis=1)
    packed = np.ascontiguousarray(bits).view(np.dtype((np.void, bits.shape[1]))).ravel()
    _, first, pattern = np.unique(packed, return_index=True, return_inverse=True)
    # In the order of the rows themselves, so that a batch and a merge number patterns alike.
    patterns, rank = np.unique(administered[first], axis=0, return_inverse=True)
    return patterns, rank.reshape(-1)[pattern.reshape(-1)].astype(np.int64)


def _compress(key: IntArray, size: int) -> tuple[IntArray, IntArray]:
    """Keys that occur, sorted, and each work's place among them."""
    if size > DENSE_CELLS:
        keys, cell = np.unique(key, return_inverse=True)
        return keys, cell.reshape(-1)
    occurs = np.bincount(key, minlength=size) > 0
    keys = np.flatnonzero(occurs)
    place = np.cumsum(occurs) - 1
    return keys, place[key]


def _count_points(
    columns: list[np.ndarray], cell: IntArray, n_cells: int, max_points: IntArray
) -> tuple[IntArray, IntArray]:
    """Works of every cell with x points on every item, and those that did not attempt it.

    Several items are read as one number in a mixed base, so that one bincount serves them all: counting is bound by
    the number of bincounts, not by the number of counters, as long as those stay in the processor's cache.
    """
    points = np.zeros((n_cells, int(max_points.sum()) + len(columns)), np.int64)
    not_attempted = np.zeros((n_cells, len(columns)), np.int64)
    starts = np.concatenate([[0], np.cumsum(max_points + 1)])
    lowest = [min(int(column.min(initial=0)), 0) for column in columns]
    for bundle in _bundles(
        [int(top) - low + 1 for top, low in zip(max_points, lowest, strict=True)], n_cells
    ):
        widths = [int(max_points[k]) - lowest[k] + 1 for k in bundle]
        code = np.zeros(len(cell), np.int16)
        for k, width in zip(bundle, widths, strict=True):
            code *= width
            code += columns[k] - np.int8(lowest[k])
        slot = cell * int(np.prod(widths))
        slot += code
        counts = np.bincount(slot, minlength=n_cells * int(np.prod(widths))).reshape(n_cells, *widths)
        for place, k in enumerate(bundle):
            others = tuple(axis + 1 for axis in range(len(bundle)) if axis != place)
            mine = counts.sum(axis=others)
            points[:, starts[k] : starts[k + 1]] = mine[:, -lowest[k] :]
            if lowest[k] == NOT_ATTEMPTED:
                not_attempted[:, k] = mine[:, 0]
                points[:, starts[k]] += mine[:, 0]
    return points, not_attempted


def _bundles(widths: list[int], n_cells: int) -> list[list[int]]:
    """Neighbouring items whose joint counters stay small."""
    bundles: list[list[int]] = []
    size = 0
    for k, width in enumerate(widths):
        if not bundles or size * width > min(MOST_CODES, max(MOST_COUNTERS // max(n_cells, 1), 1)):
            bundles.append([k])
            size = width
        else:
            bundles[-1].append(k)
            size *= width
    return bundles


def _add(values: IntArray, place: IntArray, size: int) -> IntArray:
    """Sum rows that share a place."""
    total = np.zeros((size, *values.shape[1:]), np.int64)
    np.add.at(total, place, values)
    return total
