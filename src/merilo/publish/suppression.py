"""Hiding cells of a table so that they cannot be recovered by subtraction from the totals.

A set of hidden cells of one total is *closed* when it is empty, or holds at least two cells that are not
zero and sum to at least the limit: then the total minus everything shown is itself no small cell
(Hundepool et al. 2012, Statistical Disclosure Control, ch. 4). Rows, columns and districts are closed in
turn until nothing changes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from merilo.methods.arrays import BoolArray, FloatArray, IntArray


def close_rows(counts: FloatArray, hidden: BoolArray, *, limit: int) -> BoolArray:
    """Hide further cells, smallest first, until the hidden set of every row is closed.

    counts (R, C) pupils, zero where there is no cell; hidden (R, C) already hidden.
    A row whose cells are used up stays as it is: its total is then the protected number.
    """
    hidden = hidden.copy()
    every_row = np.arange(counts.shape[0])
    if not counts.size:
        return hidden
    while True:
        cells = (hidden & (counts > 0)).sum(axis=1)
        pupils = np.where(hidden, counts, 0.0).sum(axis=1)
        is_open = (cells > 0) & ((cells < 2) | (pupils < limit))
        candidates = np.where(~hidden & (counts > 0), counts, np.inf)
        smallest = candidates.argmin(axis=1)
        can_close = is_open & np.isfinite(candidates[every_row, smallest])
        if not can_close.any():
            return hidden
        hidden[every_row[can_close], smallest[can_close]] = True


def close_columns(
    counts: FloatArray, hidden: BoolArray, partitions: Sequence[IntArray], *, limit: int
) -> BoolArray:
    """The same for columns, within every group of every partition of the rows.

    partitions: arrays (R,) of group numbers; each group has a published total (authority, district).
    """
    hidden = hidden.copy()
    for partition in partitions:
        order = np.argsort(partition, kind="stable")
        borders = np.flatnonzero(np.diff(partition[order])) + 1
        for rows in np.split(order, borders):
            if hidden[rows].any():
                hidden[rows] = close_rows(counts[rows].T, hidden[rows].T, limit=limit).T
    return hidden


def hide_small_groups(n: FloatArray, partitions: Sequence[IntArray], *, limit: int) -> BoolArray:
    """Which rows to hide: those of fewer than `limit` pupils, and those that would give them away.

    n (R,) pupils; partitions as in close_columns. Returns (R,).
    """
    hidden = (n < limit)[:, None]
    return _until_stable(n[:, None], hidden, partitions, limit=limit, rows_have_totals=False)[:, 0]


def hide_small_cells(
    counts: FloatArray,
    n: FloatArray,
    hidden_rows: BoolArray,
    partitions: Sequence[IntArray],
    *,
    limit: int,
    small_group: int,
) -> BoolArray:
    """Which category cells to hide: counts of 1 to limit - 1, none or all of a small group, and their partners.

    counts (R, C) pupils by category, NaN where unknown; n (R,) pupils of the row; hidden_rows (R,);
    small_group: below this size "nobody" and "everybody" are hidden too. Returns (R, C).
    """
    known = np.isfinite(counts)
    filled = np.where(known, counts, 0.0)
    small = known & (filled > 0) & (filled < limit)
    telling = known & (n < small_group)[:, None] & ((filled == 0) | (filled == n[:, None]))
    hidden = small | telling | (hidden_rows[:, None] & known)
    return _until_stable(filled, hidden, partitions, limit=limit, rows_have_totals=counts.shape[1] > 1)


def _until_stable(
    counts: FloatArray,
    hidden: BoolArray,
    partitions: Sequence[IntArray],
    *,
    limit: int,
    rows_have_totals: bool,
) -> BoolArray:
    while True:
        before = int(hidden.sum())
        if rows_have_totals:
            hidden = close_rows(counts, hidden, limit=limit)
        hidden = close_columns(counts, hidden, partitions, limit=limit)
        if int(hidden.sum()) == before:
            return hidden
