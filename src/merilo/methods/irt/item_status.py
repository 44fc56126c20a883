"""Why an item has a difficulty or has none; which works and categories carry information."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from merilo.methods.arrays import BoolArray, FloatArray
from merilo.methods.irt.cells import ScoreCells


class ItemStatus(StrEnum):
    """Outcome of calibration for one item."""

    CALIBRATED = "calibrated"
    EMPTY_CATEGORY = (
        "empty_category"  # inner points never seen: those steps are unknown, the difficulty is known
    )
    OPEN_RANGE = "open_range"  # zero or full points never seen: those steps and the difficulty are unknown
    NOT_ADMINISTERED = "not_administered"
    ALL_ZERO = "all_zero"  # nobody (with an informative raw score) got a point
    ALL_FULL = "all_full"  # everybody (with an informative raw score) got full points
    ALL_EQUAL = "all_equal"  # everybody (with an informative raw score) got the same points in between
    NO_INFORMATIVE_WORKS = "no_informative_works"  # only extreme raw scores (or one item alone) met this item
    UNCONNECTED = "unconnected"  # cannot be compared with the main set of items
    NOT_IDENTIFIED = "not_identified"  # the likelihood has no maximum in a parameter of this item

    @property
    def has_difficulty(self) -> bool:
        """True when the item's difficulty is known."""
        return self in (ItemStatus.CALIBRATED, ItemStatus.EMPTY_CATEGORY)

    @property
    def has_weights(self) -> bool:
        """True when the item can be used for scoring (possibly with points that cannot occur)."""
        return self.has_difficulty or self in (
            ItemStatus.OPEN_RANGE,
            ItemStatus.ALL_ZERO,
            ItemStatus.ALL_FULL,
            ItemStatus.ALL_EQUAL,
        )


@dataclass(frozen=True, slots=True)
class InformativeCells:
    """The part of the cells on which the conditional likelihood depends.

    patterns  (P, I)    patterns of administered items that remain
    works     (P, S+1)  informative works by raw score
    counts    (I, M+1)  informative works with x points on each item
    support   (I, M+1)  True where such works exist
    """

    patterns: BoolArray
    works: FloatArray
    counts: FloatArray
    support: BoolArray


def select_informative(cells: ScoreCells) -> InformativeCells:
    """Drop works whose raw score fixes their points (lowest, highest, a single varying item), until none is left.

    Dropping a work may leave a category or an item without variation, which makes further raw scores extreme; the
    limit of the conditional likelihood along that direction is the likelihood of what remains.
    """
    alive = cells.cell_n > 0
    administered = cells.patterns[cells.cell_pattern]
    while True:
        counts = counts_by_item(cells, alive)
        support = counts > 0
        varying = support.sum(axis=1) > 1
        columns = np.arange(support.shape[1])
        low = np.where(support, columns, columns.size).min(axis=1) * support.any(axis=1)
        high = np.where(support, columns, 0).max(axis=1)
        keep = (
            alive
            & (cells.cell_score > administered @ low)
            & (cells.cell_score < administered @ high)
            & ((administered & varying).sum(axis=1) > 1)
        )
        if np.array_equal(keep, alive):
            break
        alive = keep
    used = np.unique(cells.cell_pattern[alive])
    works = np.zeros((cells.patterns.shape[0], int(cells.max_points.sum()) + 1))
    np.add.at(works, (cells.cell_pattern[alive], cells.cell_score[alive]), cells.cell_n[alive])
    return InformativeCells(cells.patterns[used], works[used], counts, support)


def counts_by_item(cells: ScoreCells, chosen: BoolArray) -> FloatArray:
    """(I, M+1) works of the chosen cells with x points on each item."""
    total = cells.points[chosen].sum(axis=0)
    counts = np.zeros((cells.n_items, int(cells.max_points.max()) + 1))
    for item, (start, top) in enumerate(zip(cells.offsets, cells.max_points)):
        counts[item, : top + 1] = total[start : start + top + 1]
    return counts


def status_before_calibration(cells: ScoreCells, part: InformativeCells) -> list[ItemStatus]:
    """Status of every item as far as the counts alone decide it."""
    everyone = counts_by_item(cells, np.ones(cells.cell_n.size, dtype=np.bool_))
    return [
        _status_of_counts(everyone[item], part.counts[item], int(top))
        for item, top in enumerate(cells.max_points)
    ]


def _status_of_counts(everyone: FloatArray, informative: FloatArray, top: int) -> ItemStatus:
    if everyone.sum() == 0:
        return ItemStatus.NOT_ADMINISTERED
    seen = np.flatnonzero(informative)
    if seen.size == 0:
        seen = np.flatnonzero(everyone)
        if seen.size > 1:
            return ItemStatus.NO_INFORMATIVE_WORKS
    if seen.size == 1:
        ends = {0: ItemStatus.ALL_ZERO, top: ItemStatus.ALL_FULL}
        return ends.get(int(seen[0]), ItemStatus.ALL_EQUAL)
    if seen[0] > 0 or seen[-1] < top:
        return ItemStatus.OPEN_RANGE
    return ItemStatus.CALIBRATED if seen.size == top + 1 else ItemStatus.EMPTY_CATEGORY
