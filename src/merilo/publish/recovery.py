"""Which hidden cells of a table can still be computed from the sums of its rows and columns.

Rows and columns are the nodes of a graph, hidden cells its edges. With every sum known, a cell can be computed
exactly when its edge lies on no cycle (Gusfield 1988, A graph theoretic approach to statistical data security,
SIAM J. Comput. 17).
"""

from __future__ import annotations

import numpy as np

from merilo.methods.arrays import BoolArray, FloatArray


def recoverable(hidden: BoolArray) -> BoolArray:
    """Hidden cells that the sums give away. hidden (R, C); returns (R, C)."""
    rows, _columns = hidden.shape
    neighbours = _neighbours(hidden)
    found = np.zeros_like(hidden)
    entered: dict[int, int] = {}
    lowest: dict[int, int] = {}
    for start in range(rows):
        if start in entered:
            continue
        entered[start] = lowest[start] = len(entered)
        path = [(start, -1, iter(neighbours[start]))]
        while path:
            node, parent, rest = path[-1]
            for other in rest:
                if other == parent:
                    continue
                if other in entered:
                    lowest[node] = min(lowest[node], entered[other])
                    continue
                entered[other] = lowest[other] = len(entered)
                path.append((other, node, iter(neighbours[other])))
                break
            else:
                path.pop()
                if parent >= 0:
                    lowest[parent] = min(lowest[parent], lowest[node])
                    if lowest[node] > entered[parent]:
                        row, column = min(node, parent), max(node, parent) - rows
                        found[row, column] = True
    return found


def close_cycles(counts: FloatArray, hidden: BoolArray, secret: BoolArray, known: BoolArray) -> BoolArray:
    """Hide further cells, smallest first and nobody's last, until no secret cell can be computed.

    counts (R, C) pupils; hidden (R, C) already; secret (R, C) cells that must not come out; known (R, C) cells
    that exist. A cell that nothing more can protect stays as it is: the sum itself is then the secret.
    """
    hidden, secret = hidden.copy(), secret.copy()
    nobody = float(counts.max(initial=0.0)) + 1.0  # an empty cell only where nothing else will do
    price = np.where(counts > 0, counts, nobody)
    while True:
        given_away = np.argwhere(recoverable(hidden) & secret)
        if not len(given_away):
            return hidden
        row, column = given_away[0]
        side = _side_of(hidden, int(row), int(column))
        rows, columns = side[: hidden.shape[0]], side[hidden.shape[0] :]
        candidates = known & ~hidden & (rows[:, None] != columns[None, :])
        if not candidates.any():
            secret[row, column] = False
            continue
        cost = np.where(candidates, price, np.inf)
        hidden[np.unravel_index(int(cost.argmin()), cost.shape)] = True


def _side_of(hidden: BoolArray, row: int, column: int) -> BoolArray:
    """Nodes (R + C,) that hang together with `row` without the edge to `column`."""
    neighbours = _neighbours(hidden)
    cut = column + hidden.shape[0]
    reached = np.zeros(sum(hidden.shape), dtype=bool)
    waiting = [row]
    reached[row] = True
    while waiting:
        node = waiting.pop()
        for other in neighbours[node]:
            if not reached[other] and {node, other} != {row, cut}:
                reached[other] = True
                waiting.append(other)
    return reached


def _neighbours(hidden: BoolArray) -> list[list[int]]:
    rows, columns = hidden.shape
    neighbours: list[list[int]] = [[] for _node in range(rows + columns)]
    for row, column in np.argwhere(hidden).tolist():
        neighbours[row].append(column + rows)
        neighbours[column + rows].append(row)
    return neighbours
