"""Many works with the same administered items, read from a table of the weighted total T.

f is interpolated by quintic Hermite polynomials (value, EAP and posterior variance at the nodes); the adjoint of the
same interpolation spreads the works over the nodes, so a million works cost a few passes of look-ups and counts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from merilo.methods.arrays import FloatArray, IntArray
from merilo.methods.irt.evidence import Evidence, Features, PosteriorMoments, PosteriorSpread, posterior_at
from merilo.methods.irt.packed import ROWS_AT_ONCE, PackedWorks

SPACING = (
    0.1  # of T; times a posterior SD below 1 logit, the sixth power makes the error of f about 1e-12 a work
)
SPACING_OF_SPREAD = 0.02  # covariances are interpolated linearly: relative error about 1e-4
MOST_NODES = 20_000

# Quintic Hermite basis on [0, 1]: powers 0..5 of u; rows value, slope, curvature at the left, then at the right node.
HERMITE = np.array(
    [
        [1.0, 0.0, 0.0, -10.0, 15.0, -6.0],
        [0.0, 1.0, 0.0, -6.0, 8.0, -3.0],
        [0.0, 0.0, 0.5, -1.5, 1.5, -0.5],
        [0.0, 0.0, 0.0, 10.0, -15.0, 6.0],
        [0.0, 0.0, 0.0, -4.0, 7.0, -3.0],
        [0.0, 0.0, 0.0, 0.5, -1.0, 0.5],
    ]
)


@dataclass(frozen=True, slots=True)
class TotalTable:
    """Equally spaced nodes of T (G,) and the posterior at each."""

    first: float
    spacing: float
    posterior: PosteriorMoments

    @property
    def n_cells(self) -> int:
        """Intervals between neighbouring nodes."""
        return int(self.posterior.eap.size) - 1

    def eap_coefficients(self) -> FloatArray:
        """(4, G-1) cubic Hermite coefficients of the EAP in u; its derivative is the posterior variance."""
        return _cubic(self.posterior.eap, self.posterior.variance * self.spacing)

    def variance_coefficients(self, theta: FloatArray) -> FloatArray:
        """(4, G-1) the same for the posterior variance; its derivative is the third central moment."""
        deviation = theta - self.posterior.eap[:, None]
        third = np.einsum("gq,gq->g", self.posterior.weight, deviation**3)
        return _cubic(self.posterior.variance, third * self.spacing)

    def place(self, total: FloatArray) -> tuple[IntArray, FloatArray]:
        """Cell and position 0..1 inside the cell of each total."""
        position = (total - self.first) / self.spacing
        cell = np.minimum(position.astype(np.int64), self.n_cells - 1)
        return cell, position - cell


def _cubic(value: FloatArray, derivative: FloatArray) -> FloatArray:
    rise = value[1:] - value[:-1]
    left, right = derivative[:-1], derivative[1:]
    return np.stack([value[:-1], left, 3 * rise - 2 * left - right, left + right - 2 * rise])


def weight_tables(works: PackedWorks, slope: FloatArray) -> list[FloatArray]:
    """Sum of slope * points for every code of every group of items."""
    tables, item = [], 0
    for state in works.states:
        tables.append(np.maximum(state, 0) @ slope[item : item + state.shape[1]])
        item += state.shape[1]
    return tables


def table_of_totals(
    tables: list[FloatArray], theta: FloatArray, base: FloatArray, *, spacing: float = SPACING
) -> TotalTable:
    """Table that covers every total the codes can give."""
    low, high = sum(float(one.min()) for one in tables), sum(float(one.max()) for one in tables)
    n_cells = min(max(int(np.ceil((high - low) / spacing)), 4), MOST_NODES)
    spacing = max((high - low) / n_cells, 1e-9) * (1.0 + 1e-12)
    total = low + spacing * np.arange(n_cells + 1.0)
    return TotalTable(low, spacing, posterior_at(total, theta, base))


def read_table(
    works: PackedWorks, slope: FloatArray, theta: FloatArray, base: FloatArray, features: Features | None
) -> Evidence:
    """Evidence of works that share their administered items; node_works is (1, Q).

    base (Q,) log prior minus log normalisers of the administered items; features are zero for other items;
    features None = no spread.
    """
    tables = weight_tables(works, slope)
    table = table_of_totals(tables, theta, base, spacing=SPACING if features is None else SPACING_OF_SPREAD)
    coefficients = table.eap_coefficients()
    moments = np.zeros((6, table.n_cells))
    by_code = [np.zeros(one.size) for one in tables]
    spread_sums = _SpreadSums.empty(slope.size, table.n_cells + 1) if features is not None else None
    for start in range(0, works.n_distinct, ROWS_AT_ONCE):
        n = works.n[start : start + ROWS_AT_ONCE]
        codes = works.codes[:, start : start + ROWS_AT_ONCE].astype(np.intp)
        total = tables[0][codes[0]]
        for one, code in zip(tables[1:], codes[1:]):
            total += one[code]
        cell, u = table.place(total)
        power = n.copy()
        for row in moments:
            row += np.bincount(cell, weights=power, minlength=table.n_cells)
            power *= u
        c0, c1, c2, c3 = (one[cell] for one in coefficients)
        eap = n * (c0 + u * (c1 + u * (c2 + u * c3)))
        for sums, code in zip(by_code, codes):
            sums += np.bincount(code, weights=eap, minlength=sums.size)
        if spread_sums is not None:
            spread_sums.add(works, codes, n, cell, u, table.posterior.variance)
    at_node = _spread_to_nodes(moments, table.spacing)
    posterior = table.posterior
    log_integral = float(
        at_node[0] @ posterior.log_integral + at_node[1] @ posterior.eap + at_node[2] @ posterior.variance
    )
    score_theta = np.concatenate([sums @ np.maximum(state, 0) for sums, state in zip(by_code, works.states)])
    spread = (
        None if features is None or spread_sums is None else spread_sums.spread(posterior, theta, features)
    )
    return Evidence(log_integral, _node_works(at_node, posterior, theta)[None, :], score_theta, spread)


def _spread_to_nodes(moments: FloatArray, spacing: float) -> FloatArray:
    """Weights (3, G) of value, slope and curvature at the nodes, from sums of powers of u in the cells (6, G-1)."""
    basis = HERMITE @ moments
    at_node = np.zeros((3, moments.shape[1] + 1))
    at_node[:, :-1] = basis[:3]
    at_node[:, 1:] += basis[3:]
    at_node *= np.array([[1.0], [spacing], [spacing**2]])
    return at_node


def _node_works(at_node: FloatArray, posterior: PosteriorMoments, theta: FloatArray) -> FloatArray:
    """Expected works (Q,) at the abilities: the posterior weights interpolated over T like f."""
    value, slope, curvature = at_node
    eap, variance = posterior.eap, posterior.variance
    # d weight / dT = weight * (theta - eap), d2 weight / dT2 = weight * ((theta - eap)^2 - variance)
    constant = value - slope * eap + curvature * (eap**2 - variance)
    linear = slope - 2.0 * curvature * eap
    weight = posterior.weight
    return np.asarray(constant @ weight + theta * (linear @ weight) + theta**2 * (curvature @ weight))


@dataclass(frozen=True, slots=True)
class _SpreadSums:
    """Running sums for the observed information, each work shared by the two nodes of T around it.

    n (G,) works, points (G, I) sum of points, points_theta (I, I)
    """

    n: FloatArray
    points: FloatArray
    points_theta: FloatArray

    @classmethod
    def empty(cls, n_items: int, n_nodes: int) -> _SpreadSums:
        return cls(np.zeros(n_nodes), np.zeros((n_nodes, n_items)), np.zeros((n_items, n_items)))

    def add(
        self,
        works: PackedWorks,
        codes: IntArray,
        n: FloatArray,
        cell: IntArray,
        u: FloatArray,
        variance: FloatArray,
    ) -> None:
        points = np.concatenate(
            [np.maximum(state.T, 0).astype(np.float64)[:, code] for state, code in zip(works.states, codes)]
        )
        for node, share in ((cell, n * (1.0 - u)), (cell + 1, n * u)):
            self.n[:] += np.bincount(node, weights=share, minlength=self.n.size)
            for item, row in enumerate(points):
                self.points[:, item] += np.bincount(node, weights=share * row, minlength=self.n.size)
        between = variance[cell] * (1.0 - u) + variance[cell + 1] * u
        self.points_theta[:] += (points * (n * between)) @ points.T

    def spread(self, posterior: PosteriorMoments, theta: FloatArray, features: Features) -> PosteriorSpread:
        mean = posterior.weight @ features.values.T
        with_theta = posterior.weight @ (features.values * theta).T - posterior.eap[:, None] * mean
        return PosteriorSpread(
            self.points_theta, self.points.T @ with_theta, (mean * self.n[:, None]).T @ mean
        )
