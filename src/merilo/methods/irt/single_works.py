"""Works integrated one by one: small sets of data, and works with rare sets of administered items."""

from __future__ import annotations

import numpy as np

from merilo.methods.arrays import BoolArray, FloatArray, IntArray
from merilo.methods.irt.evidence import Evidence, Features, PosteriorSpread, posterior_at
from merilo.methods.irt.packed import PackedWorks

WORKS_AT_ONCE = 2048


def integrate_works(
    works: PackedWorks,
    pattern_of: IntArray,
    patterns: BoolArray,
    slope: FloatArray,
    theta: FloatArray,
    base: FloatArray,
    features: Features | None,
) -> Evidence:
    """Evidence of works with the pattern numbers pattern_of (U,), ascending.

    base (P, Q) log prior minus log normalisers of the administered items; features None = no spread.
    """
    evidence = []
    for start in range(0, works.n_distinct, WORKS_AT_ONCE):
        rows = slice(start, start + WORKS_AT_ONCE)
        evidence.append(
            _integrate(works.take(rows), pattern_of[rows], patterns, slope, theta, base, features)
        )
    spreads = [one.spread for one in evidence if one.spread is not None]
    return Evidence(
        sum(one.log_integral for one in evidence),
        np.sum([one.node_works for one in evidence], axis=0) if len(evidence) > 1 else evidence[0].node_works,
        np.sum([one.score_theta for one in evidence], axis=0),
        sum(spreads[1:], start=spreads[0]) if spreads else None,
    )


def _integrate(
    works: PackedWorks,
    pattern_of: IntArray,
    patterns: BoolArray,
    slope: FloatArray,
    theta: FloatArray,
    base: FloatArray,
    features: Features | None,
) -> Evidence:
    points = np.maximum(works.points(), 0).astype(np.float64)
    posterior = posterior_at(points @ slope, theta, base[pattern_of])
    weighted = posterior.weight * works.n[:, None]
    node_works = np.zeros(base.shape)
    starts = np.flatnonzero(np.diff(pattern_of, prepend=-1))
    node_works[pattern_of[starts]] = np.add.reduceat(weighted, starts, axis=0)
    spread = None
    if features is not None:
        met = patterns[np.ix_(np.arange(patterns.shape[0]), features.item)][pattern_of]
        mean = posterior.weight @ features.values.T * met
        with_theta = posterior.weight @ (features.values * theta).T * met - posterior.eap[:, None] * mean
        counted = points * works.n[:, None]
        spread = PosteriorSpread(
            (counted * posterior.variance[:, None]).T @ points,
            counted.T @ with_theta,
            (mean * works.n[:, None]).T @ mean,
        )
    return Evidence(
        float(works.n @ posterior.log_integral), node_works, points.T @ (works.n * posterior.eap), spread
    )
