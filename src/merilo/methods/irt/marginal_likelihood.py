"""Marginal log-likelihood of the generalised partial credit model with its exact gradient and observed information."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from merilo.methods.arrays import BoolArray, FloatArray, IntArray
from merilo.methods.irt.arranged import ArrangedWorks, gather_evidence
from merilo.methods.irt.evidence import Evidence, Features
from merilo.methods.irt.nodes import AbilityNodes, SlopedItems, model_at

PATTERNS_AT_ONCE = 1024


@dataclass(frozen=True, slots=True)
class ParameterLayout:
    """Order of the parameters: slopes of all items (I), then log weights of all observed points but the lowest (F)."""

    n_items: int
    weight_item: IntArray
    weight_points: IntArray

    @property
    def item(self) -> IntArray:
        """(I+F,) item of each parameter."""
        return np.concatenate([np.arange(self.n_items), self.weight_item])


@dataclass(frozen=True, slots=True)
class LikelihoodAt:
    """Log-likelihood, gradient (K,), negative Hessian (K, K) or None, and the complete-data information (K, K).

    The complete-data information (what it would be were abilities known) is always positive definite.
    """

    value: float
    gradient: FloatArray
    observed: FloatArray | None
    complete: FloatArray


def layout_of(support: BoolArray) -> ParameterLayout:
    """Parameters for observed points (I, M+1)."""
    free = support.copy()
    free[np.arange(support.shape[0]), np.argmax(support, axis=1)] = False
    item, points = np.nonzero(free)
    return ParameterLayout(support.shape[0], item.astype(np.int64), points.astype(np.int64))


def likelihood_at(
    works: ArrangedWorks,
    counts: FloatArray,
    items: SlopedItems,
    grid: tuple[FloatArray, FloatArray],
    layout: ParameterLayout,
    *,
    with_observed: bool,
) -> LikelihoodAt:
    """Evaluate at the items given. counts (I, M+1) works with x points; grid: abilities and log prior weights (Q,)."""
    nodes = model_at(items, *grid)
    share = nodes.share[layout.weight_item, layout.weight_points]
    features = Features(np.concatenate([nodes.theta * nodes.expected, share]), layout.item)
    evidence = gather_evidence(works, items.slope, nodes, features if with_observed else None)
    item_works = works.patterns.T @ evidence.node_works
    expected = np.einsum("kq,kq->k", features.values, item_works[layout.item])
    observed_counts = counts[layout.weight_item, layout.weight_points]
    gradient = np.concatenate([evidence.score_theta, observed_counts]) - expected
    value = evidence.log_integral + float(
        observed_counts @ items.log_weight[layout.weight_item, layout.weight_points]
    )
    complete = _complete_information(nodes, item_works, layout)
    observed = complete - _missing_information(works, evidence, features, layout) if with_observed else None
    return LikelihoodAt(value, gradient, observed, complete)


def _complete_information(nodes: AbilityNodes, item_works: FloatArray, layout: ParameterLayout) -> FloatArray:
    """Information about the item parameters if every work's ability were known at its posterior weights."""
    n_items = layout.n_items
    points = np.arange(nodes.share.shape[1], dtype=np.float64)
    result = np.zeros((layout.item.size, layout.item.size))
    variance = np.einsum("ixq,x->iq", nodes.share, points**2) - nodes.expected**2
    result[np.arange(n_items), np.arange(n_items)] = (variance * item_works) @ nodes.theta**2
    for item in range(n_items):
        own = np.flatnonzero(layout.weight_item == item)
        x = layout.weight_points[own]
        share = nodes.share[item, x]
        counted = share * item_works[item]
        rows = n_items + own
        result[np.ix_(rows, rows)] = np.diag(counted.sum(axis=1)) - counted @ share.T
        with_slope = (counted * (x[:, None] - nodes.expected[item])) @ nodes.theta
        result[item, rows] = with_slope
        result[rows, item] = with_slope
    return result


def _missing_information(
    works: ArrangedWorks, evidence: Evidence, features: Features, layout: ParameterLayout
) -> FloatArray:
    """Posterior covariance of the complete-data score, summed over works (Louis 1982)."""
    spread = evidence.spread
    if spread is None:
        raise AssertionError("the spread was not gathered")
    covariance = _feature_products(works.patterns, evidence.node_works, features) - spread.means
    n_items = layout.n_items
    covariance[:n_items] -= spread.points_feature
    covariance[:, :n_items] -= spread.points_feature.T
    covariance[:n_items, :n_items] += spread.points_theta
    return np.asarray((covariance + covariance.T) / 2.0, dtype=np.float64)


def _feature_products(patterns: BoolArray, node_works: FloatArray, features: Features) -> FloatArray:
    """Sum over works of E[F_k F_l], (K, K); only works to which both items were administered count."""
    values, item = features.values, features.item
    if patterns.shape[0] == 1:
        met = patterns[0][item]
        return np.asarray((values * node_works[0]) @ values.T * np.outer(met, met))
    n_items = patterns.shape[1]
    pairs = np.zeros((n_items * n_items, node_works.shape[1]))
    for start in range(0, patterns.shape[0], PATTERNS_AT_ONCE):
        rows = patterns[start : start + PATTERNS_AT_ONCE].astype(np.float64)
        both = (rows[:, :, None] * rows[:, None, :]).reshape(rows.shape[0], -1)
        pairs += both.T @ node_works[start : start + PATTERNS_AT_ONCE]
    pairs = pairs.reshape(n_items, n_items, -1)
    products = np.empty((item.size, item.size))
    for one in range(n_items):
        own = item == one
        products[own] = values[own] @ (pairs[one][item] * values).T
    return products
