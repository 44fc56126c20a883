"""Hiding cells of a table so that they cannot be recovered by subtraction from the totals.

A set of hidden cells of one total is *closed* when it is empty, or holds at least two cells that are not
zero and sum to at least the limit: then the total minus everything shown is itself no small cell
(Hundepool et al. 2012, Statistical Disclosure Control, ch. 4). Rows, columns and districts are closed in
turn until nothing changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from merilo.methods.arrays import BoolArray, FloatArray, IntArray
from merilo.publish.recovery import close_cycles


def close_rows(
    counts: FloatArray, hidden: BoolArray, *, limit: int, zeros: BoolArray | None = None
) -> BoolArray:
    """Hide further cells, smallest first, until the hidden set of every row is closed.

    counts (R, C) pupils, zero where there is no cell; hidden (R, C) already hidden; zeros (R, C) cells of
    nobody that may be hidden too: one of them joins a hidden cell that has no other partner.
    A row whose cells are used up stays as it is: its total is then the protected number.
    """
    hidden = hidden.copy()
    every_row = np.arange(counts.shape[0])
    if not counts.size:
        return hidden
    while True:
        candidates = np.where(~hidden & (counts > 0), counts, np.inf)
        if zeros is not None:
            alone = (hidden.sum(axis=1) == 1) & ~np.isfinite(candidates).any(axis=1)
            candidates = np.where(alone[:, None] & zeros & ~hidden, 0.0, candidates)
        smallest = candidates.argmin(axis=1)
        can_close = are_open(counts, hidden, limit=limit) & np.isfinite(candidates[every_row, smallest])
        if not can_close.any():
            return hidden
        hidden[every_row[can_close], smallest[can_close]] = True


def are_open(counts: FloatArray, hidden: BoolArray, *, limit: int) -> BoolArray:
    """Rows whose hidden cells a published total would give away; a hidden zero is a hidden cell. Returns (R,)."""
    cells = (hidden & (counts > 0)).sum(axis=1)
    pupils = np.where(hidden, counts, 0.0).sum(axis=1)
    found: BoolArray = hidden.any(axis=1) & ((cells < 2) | (pupils < limit))
    return found


def close_columns(
    counts: FloatArray,
    hidden: BoolArray,
    partitions: Sequence[IntArray],
    *,
    limit: int,
    zeros: BoolArray | None = None,
) -> BoolArray:
    """The same for columns, within every group of every partition of the rows.

    partitions: arrays (R,) of group numbers; each group has a published total.
    """
    hidden = hidden.copy()
    for partition in partitions:
        for rows in _groups(partition):
            if hidden[rows].any():
                empty = None if zeros is None else zeros[rows].T
                hidden[rows] = close_rows(counts[rows].T, hidden[rows].T, limit=limit, zeros=empty).T
    return hidden


def hide_small_groups(n: FloatArray, partitions: Sequence[IntArray], *, limit: int) -> BoolArray:
    """Which rows to hide: those of 1 to limit - 1 pupils, and those that would give them away.

    n (R,) pupils; partitions as in close_columns. Returns (R,).
    """
    hidden = ((n > 0) & (n < limit))[:, None]
    return close_columns(n[:, None], hidden, partitions, limit=limit)[:, 0]


def hide_by_district(
    n: FloatArray,
    hidden: BoolArray,
    withheld: BoolArray,
    totals: IntArray,
    districts: IntArray,
    *,
    limit: int,
) -> tuple[BoolArray, BoolArray]:
    """Rows of schools to hide where the total and the sums of districts are published.

    n (R,) pupils; hidden (R,) already; totals (R,) group numbers; districts (R,) numbers of districts, each
    within one group; withheld (R,) rows of districts without a published sum. Returns (hidden, withheld).

    A district that cannot be closed by hiding its own schools is withheld itself. What the total leaves for
    the withheld districts together is closed like a district, withholding further districts where need be.
    """
    hidden, withheld = hidden.copy(), withheld.copy()
    for rows in _groups(totals):
        if not hidden[rows].any():
            continue
        hidden[rows], withheld[rows] = _close_group(
            n[rows], hidden[rows], withheld[rows], districts[rows], limit=limit
        )
    return hidden, withheld


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
    zeros = known & (filled == 0)
    while True:
        before = int(hidden.sum())
        if counts.shape[1] > 1:
            hidden = close_rows(filled, hidden, limit=limit, zeros=zeros)
        hidden = close_columns(filled, hidden, partitions, limit=limit, zeros=zeros)
        for rows in (rows for partition in partitions for rows in _groups(partition)):
            if counts.shape[1] > 1 and hidden[rows].any():
                secret = (small | telling)[rows]
                hidden[rows] = close_cycles(filled[rows], hidden[rows], secret, known[rows])
        if int(hidden.sum()) == before:
            return hidden


def _close_group(
    n: FloatArray, hidden: BoolArray, withheld: BoolArray, districts: IntArray, *, limit: int
) -> tuple[BoolArray, BoolArray]:
    every = np.ones(n.size, dtype=bool)
    while True:
        before = int(hidden.sum()) + int(withheld.sum())
        hidden = _closed(n, hidden, every, limit=limit)
        for district in np.unique(districts[~withheld]):
            rows = districts == district
            hidden = _closed(n, hidden, rows, limit=limit)
            withheld = withheld | (rows & _is_open(n, hidden, rows, limit=limit))
        hidden = _closed(n, hidden, withheld, limit=limit)
        if not withheld.all() and _is_open(n, hidden, withheld, limit=limit):
            withheld = withheld | (districts == _smallest(n, districts, ~withheld))
        if int(hidden.sum()) + int(withheld.sum()) == before:
            return hidden, withheld


def _closed(n: FloatArray, hidden: BoolArray, rows: BoolArray, *, limit: int) -> BoolArray:
    hidden = hidden.copy()
    if hidden[rows].any():
        hidden[rows] = close_rows(n[rows][None, :], hidden[rows][None, :], limit=limit)[0]
    return hidden


def _is_open(n: FloatArray, hidden: BoolArray, rows: BoolArray, *, limit: int) -> bool:
    return bool(rows.any() and are_open(n[rows][None, :], hidden[rows][None, :], limit=limit)[0])


def _smallest(n: FloatArray, districts: IntArray, among: BoolArray) -> int:
    """Number of the district with the fewest pupils among these rows."""
    numbers = np.unique(districts[among])
    return int(numbers[np.argmin([n[districts == number].sum() for number in numbers])])


def _groups(partition: IntArray) -> Iterator[IntArray]:
    """Row numbers of every group."""
    order = np.argsort(partition, kind="stable")
    if order.size:
        yield from np.split(order, np.flatnonzero(np.diff(partition[order])) + 1)
