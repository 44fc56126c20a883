"""Works packed for marginal likelihood: equal works collapsed, several items in one code.

A code numbers the joint answers to a few neighbouring items, so one table look-up adds up the weights of all of
them and one weighted count spreads a quantity back over them. Distinct works are sorted, which makes every
result independent of the order of the pupils.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from merilo.methods.arrays import BoolArray, FloatArray, IntArray
from merilo.methods.irt.cells import distinct_patterns

STATES_PER_CODE = 4096  # a table of doubles of this length stays in the first-level cache
EXACT_INTEGER = 2**52  # largest key a double holds exactly
ROWS_AT_ONCE = 32_768


@dataclass(frozen=True, slots=True)
class PackedWorks:
    """U distinct works of I items.

    states   G arrays (codes, items of the group) of points, -1 = not administered; groups are neighbouring items
    codes    (G, U)  code of each distinct work in each group
    n        (U,)    works like this
    """

    max_points: IntArray
    states: tuple[NDArray[np.int8], ...]
    codes: NDArray[np.uint16]
    n: FloatArray

    @property
    def n_distinct(self) -> int:
        """Number of distinct works."""
        return int(self.n.size)

    def take(self, rows: IntArray | slice) -> PackedWorks:
        """The chosen distinct works."""
        return PackedWorks(
            self.max_points, self.states, np.ascontiguousarray(self.codes[:, rows]), self.n[rows]
        )

    def sample(self, n_works: int) -> PackedWorks:
        """Every k-th work in sorted order, n_works in all: a representative part without chance."""
        ends = np.cumsum(self.n)
        picked = np.searchsorted(ends, (np.arange(n_works) + 0.5) * (ends[-1] / n_works))
        rows, n = np.unique(picked, return_counts=True)
        part = self.take(rows)
        return PackedWorks(part.max_points, part.states, part.codes, n.astype(np.float64))

    def points(self) -> NDArray[np.int8]:
        """(U, I) points, -1 = not administered."""
        return np.concatenate([state[code] for state, code in zip(self.states, self.codes)], axis=1)

    def counts(self) -> FloatArray:
        """(I, M+1) works with x points on each item."""
        table = np.zeros((self.max_points.size, int(self.max_points.max()) + 1))
        item = 0
        for state, code in zip(self.states, self.codes):
            by_code = np.bincount(code, weights=self.n, minlength=state.shape[0])
            for column in state.T:
                seen = column >= 0
                top = int(self.max_points[item])
                table[item, : top + 1] = np.bincount(column[seen], weights=by_code[seen], minlength=top + 1)
                item += 1
        return table


def pack_works(responses: NDArray[np.integer], max_points: IntArray) -> PackedWorks:
    """Pack responses (N, I), -1 = not administered; works without any administered item are left out."""
    missing = np.array([bool((responses[:, item] < 0).any()) for item in range(max_points.size)])
    radix = max_points + 1 + missing
    groups = _groups(radix)
    first_digit = missing.astype(np.int64)  # -1 becomes digit 0 where the item has missing answers
    states = tuple(_states(radix[group], first_digit[group]) for group in groups)
    codes = np.empty((len(groups), responses.shape[0]), dtype=np.uint16)
    strides = np.zeros((max_points.size, len(groups)))
    for column, group in enumerate(groups):
        strides[group, column] = np.cumprod(np.concatenate([[1], radix[group][:-1]]))
    shift = first_digit @ strides
    for start in range(0, responses.shape[0], ROWS_AT_ONCE):
        rows = slice(start, start + ROWS_AT_ONCE)
        codes[:, rows] = (responses[rows].astype(np.float64) @ strides + shift).T
    codes, n = _collapse(codes, np.array([state.shape[0] for state in states], dtype=np.int64))
    packed = PackedWorks(max_points, states, codes, n)
    if missing.all():
        packed = packed.take(np.flatnonzero((packed.points() >= 0).any(axis=1)))
    return packed


def _groups(radix: IntArray) -> list[slice]:
    """Neighbouring items whose joint answers number at most STATES_PER_CODE (an item alone may have more)."""
    groups, start, size = [], 0, 1
    for item, base in enumerate(radix.tolist()):
        if item > start and size * base > STATES_PER_CODE:
            groups.append(slice(start, item))
            start, size = item, 1
        size *= base
    return [*groups, slice(start, radix.size)]


def _states(radix: IntArray, first_digit: IntArray) -> NDArray[np.int8]:
    """Points of each item for every code of a group (the first item is the lowest digit)."""
    code = np.arange(int(np.prod(radix)))[:, None]
    strides = np.cumprod(np.concatenate([[1], radix[:-1]]))
    return ((code // strides) % radix - first_digit).astype(np.int8)


def _collapse(codes: NDArray[np.uint16], sizes: IntArray) -> tuple[NDArray[np.uint16], FloatArray]:
    """Distinct columns of codes in the order of their key, and how often each occurs."""
    if codes.shape[1] == 0:
        return codes, np.zeros(0)
    if float(np.prod(sizes.astype(np.float64))) < EXACT_INTEGER:
        strides = np.cumprod(np.concatenate([[1], sizes[:-1]]))
        key = codes[0].astype(np.int64)
        for code, stride in zip(codes[1:], strides[1:]):
            key += code * stride
        distinct, n = np.unique(key, return_counts=True)
        unpacked = [(distinct // stride) % size for stride, size in zip(strides, sizes)]
        return np.array(unpacked, dtype=np.uint16), n.astype(np.float64)
    order = np.lexsort(codes)
    ordered = codes[:, order]
    new = np.concatenate([[True], (ordered[:, 1:] != ordered[:, :-1]).any(axis=0)])
    starts = np.flatnonzero(new)
    n = np.diff(np.append(starts, codes.shape[1]))
    return np.ascontiguousarray(ordered[:, starts]), n.astype(np.float64)


def administered_patterns(packed: PackedWorks) -> tuple[BoolArray, IntArray]:
    """Distinct sets of administered items (P, I) and the set of every distinct work (U,)."""
    if all(int(state.min()) >= 0 for state in packed.states):
        return np.ones((1, packed.max_points.size), dtype=np.bool_), np.zeros(
            packed.n_distinct, dtype=np.int64
        )
    return distinct_patterns(packed.points() >= 0)
