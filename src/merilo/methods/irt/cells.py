"""Score cells: all that conditional calibration needs to know of the works, whatever their number.

A cell is (which items were administered, raw score over them). Within a cell only counts are kept: how many
works, and how many of them have x points on item i. By sufficiency (Andersen 1973; Masters 1982) the
conditional likelihood of the partial credit model needs nothing more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from merilo.errors import UsageError
from merilo.methods.arrays import BoolArray, IntArray

NOT_ADMINISTERED = -1


@dataclass(frozen=True, slots=True)
class ScoreCells:
    """Counts of works by administered items and raw score.

    max_points    (I,)    highest points of each item, >= 1
    patterns      (P, I)  True where the item was administered
    cell_pattern  (C,)    row of `patterns`
    cell_score    (C,)    raw score over the administered items, points
    cell_n        (C,)    works in the cell, >= 0
    points        (C, K)  works of the cell with x points on item i, in column `offsets[i] + x`;
                          K = sum(max_points + 1); zero where the item was not administered

    Two cells may share pattern and score; they are added up. Contradictions (points that do not add up to the
    cell's works or to its raw score) raise UsageError.
    """

    max_points: IntArray
    patterns: BoolArray
    cell_pattern: IntArray
    cell_score: IntArray
    cell_n: IntArray
    points: IntArray

    def __post_init__(self) -> None:
        _check_shapes(self)
        _check_counts(self)

    @property
    def offsets(self) -> IntArray:
        """(I,) column of `points` where item i starts (its 0 points)."""
        return category_offsets(self.max_points)

    @property
    def n_items(self) -> int:
        """Number of items."""
        return int(self.max_points.size)

    @property
    def n_works(self) -> int:
        """Number of works in all cells."""
        return int(self.cell_n.sum())

    def works_by_score(self) -> IntArray:
        """(P, S+1) works with each pattern and raw score, S = sum(max_points)."""
        table = np.zeros((self.patterns.shape[0], int(self.max_points.sum()) + 1), dtype=np.int64)
        np.add.at(table, (self.cell_pattern, self.cell_score), self.cell_n)
        return table


def category_offsets(max_points: IntArray) -> IntArray:
    """(I,) where the categories 0..max_points of each item start when laid end to end."""
    ends = np.cumsum(max_points + 1)
    return np.asarray(ends - (max_points + 1), dtype=np.int64)


def checked_max_points(max_points: ArrayLike) -> IntArray:
    """The points as an integer vector; every item must be able to give at least one point."""
    result = np.asarray(max_points)
    if result.ndim != 1 or result.size == 0 or not np.issubdtype(result.dtype, np.integer):
        raise UsageError("max_points must be a vector of integers, one per item", value=np.shape(max_points))
    if result.min() < 1:
        raise UsageError("every item must give at least one point", column=f"item {int(result.argmin())}")
    return result.astype(np.int64)


def checked_responses(responses: NDArray[np.integer], max_points: IntArray) -> NDArray[np.integer]:
    """Responses (N, I), -1 = not administered, refused when a value is outside -1..max_points."""
    if responses.ndim != 2 or responses.shape[1] != max_points.size:
        raise UsageError("responses must be works x items, one column per item", value=responses.shape)
    if not np.issubdtype(responses.dtype, np.integer):
        raise UsageError("responses must be whole points (-1 = not administered)", value=str(responses.dtype))
    if responses.shape[0] == 0:
        return responses
    for item in range(max_points.size):
        column = responses[:, item]
        lowest, highest = int(column.min()), int(column.max())
        if lowest < NOT_ADMINISTERED or highest > max_points[item]:
            raise UsageError(
                f"points must lie in 0..{int(max_points[item])} (-1 = not administered)",
                column=f"item {item}",
                value=lowest if lowest < NOT_ADMINISTERED else highest,
            )
    return responses


def cells_from_matrix(responses: NDArray[np.integer], max_points: ArrayLike) -> ScoreCells:
    """Count the works of a response matrix into score cells.

    responses (N, I) whole points, -1 = not administered; max_points (I,). Works with no item administered are left out.
    """
    points_of = checked_max_points(max_points)
    checked = checked_responses(responses, points_of)
    administered = checked >= 0
    checked = checked[administered.any(axis=1)]
    patterns, pattern_of = distinct_patterns(checked >= 0)
    score = np.where(checked >= 0, checked, 0).sum(axis=1, dtype=np.int64)
    width = int(points_of.sum()) + 1
    keys, cell_of, cell_n = np.unique(pattern_of * width + score, return_inverse=True, return_counts=True)
    offsets = category_offsets(points_of)
    points = np.zeros((keys.size, int((points_of + 1).sum())), dtype=np.int64)
    for item, top in enumerate(points_of):
        # column 0 collects the works to which the item was not administered
        code = cell_of * (top + 2) + checked[:, item] + 1
        table = np.bincount(code, minlength=keys.size * (top + 2)).reshape(keys.size, top + 2)
        points[:, offsets[item] : offsets[item] + top + 1] = table[:, 1:]
    return ScoreCells(points_of, patterns, keys // width, keys % width, cell_n.astype(np.int64), points)


def merge_cells(parts: Sequence[ScoreCells]) -> ScoreCells:
    """Add up cells of the same items (schools, batches, groups) into one table without repeated cells."""
    if not parts:
        raise UsageError("merging needs at least one table of cells")
    first = parts[0].max_points
    if any(not np.array_equal(part.max_points, first) for part in parts):
        raise UsageError("cells can be merged only when they count the same items with the same points")
    stacked = np.concatenate([part.patterns for part in parts])
    patterns, row_of = distinct_patterns(stacked)
    starts = np.cumsum([0] + [part.patterns.shape[0] for part in parts[:-1]])
    pattern = np.concatenate([row_of[part.cell_pattern + start] for part, start in zip(parts, starts)])
    score = np.concatenate([part.cell_score for part in parts])
    width = int(first.sum()) + 1
    keys, cell_of = np.unique(pattern * width + score, return_inverse=True)
    cell_n = np.zeros(keys.size, dtype=np.int64)
    points = np.zeros((keys.size, int((first + 1).sum())), dtype=np.int64)
    np.add.at(cell_n, cell_of, np.concatenate([part.cell_n for part in parts]))
    np.add.at(points, cell_of, np.concatenate([part.points for part in parts]))
    return ScoreCells(first, patterns, keys // width, keys % width, cell_n, points)


def distinct_patterns(administered: BoolArray) -> tuple[BoolArray, IntArray]:
    """Distinct rows (P, I), complete ones first, and the row number of every input row."""
    if administered.all():
        rows = min(1, administered.shape[0])
        return administered[:rows].copy(), np.zeros(administered.shape[0], dtype=np.int64)
    packed = np.ascontiguousarray(np.packbits(administered, axis=1))
    keys = packed.view(np.dtype((np.void, packed.shape[1]))).ravel()
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    order = np.argsort(-administered[first].sum(axis=1), kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(order.size)
    return administered[first][order], place[inverse].astype(np.int64)


def _check_shapes(cells: ScoreCells) -> None:
    checked_max_points(cells.max_points)
    n_cells = cells.cell_n.size
    columns = int((cells.max_points + 1).sum())
    if (
        cells.patterns.ndim != 2
        or cells.patterns.shape[1] != cells.max_points.size
        or cells.patterns.dtype != np.bool_
    ):
        raise UsageError("patterns must be booleans, patterns x items", value=cells.patterns.shape)
    if cells.cell_pattern.shape != (n_cells,) or cells.cell_score.shape != (n_cells,):
        raise UsageError("cell_pattern, cell_score and cell_n must have one entry per cell")
    if cells.points.shape != (n_cells, columns):
        raise UsageError(f"points must have one row per cell and {columns} columns", value=cells.points.shape)
    for name in ("cell_pattern", "cell_score", "cell_n", "points"):
        if not np.issubdtype(getattr(cells, name).dtype, np.integer):
            raise UsageError("cells hold whole counts", column=name)


def _check_counts(cells: ScoreCells) -> None:
    if cells.cell_n.size == 0:
        return
    if cells.cell_pattern.min() < 0 or cells.cell_pattern.max() >= cells.patterns.shape[0]:
        raise UsageError("cell_pattern must be a row of patterns", column="cell_pattern")
    if cells.cell_n.min() < 0 or cells.points.min() < 0:
        raise UsageError("counts cannot be negative")
    administered = cells.patterns[cells.cell_pattern]
    highest = administered @ cells.max_points
    if cells.cell_score.min() < 0 or np.any(cells.cell_score > highest):
        raise UsageError("a raw score lies outside what its administered items can give", column="cell_score")
    answered = np.add.reduceat(cells.points, cells.offsets, axis=1)
    if np.any(answered != administered * cells.cell_n[:, None]):
        raise UsageError(
            "points of every administered item must add up to the works of the cell", column="points"
        )
    worth = np.concatenate([np.arange(top + 1) for top in cells.max_points])
    if np.any(cells.points @ worth != cells.cell_n * cells.cell_score):
        raise UsageError("points must add up to raw score x works in every cell", column="points")
