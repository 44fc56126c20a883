"""Works arranged by the way their likelihood is integrated: common patterns from a table, the others one by one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from merilo.methods.arrays import BoolArray, FloatArray, IntArray
from merilo.methods.irt.evidence import Evidence, Features, PosteriorSpread
from merilo.methods.irt.nodes import AbilityNodes
from merilo.methods.irt.packed import PackedWorks, administered_patterns
from merilo.methods.irt.score_table import read_table
from merilo.methods.irt.single_works import integrate_works

TABLE_FROM = 3000  # distinct works of one pattern; below, one by one is as fast


@dataclass(frozen=True, slots=True)
class ArrangedWorks:
    """Works split by the way they are integrated.

    patterns (P, I) sets of administered items; tables: (pattern number, works) read from a table of T;
    singles: the other works, with their pattern numbers in ascending order.
    """

    patterns: BoolArray
    tables: tuple[tuple[int, PackedWorks], ...]
    singles: PackedWorks
    single_pattern: IntArray


def arrange_works(packed: PackedWorks) -> ArrangedWorks:
    """Split works by pattern of administered items."""
    patterns, pattern_of = administered_patterns(packed)
    sizes = np.bincount(pattern_of, minlength=patterns.shape[0])
    tables = []
    for pattern in np.flatnonzero(sizes >= TABLE_FROM).tolist():
        whole = int(sizes[pattern]) == packed.n_distinct
        tables.append((pattern, packed if whole else packed.take(np.flatnonzero(pattern_of == pattern))))
    rest = np.flatnonzero(sizes[pattern_of] < TABLE_FROM)
    rest = rest[np.argsort(pattern_of[rest], kind="stable")]
    return ArrangedWorks(patterns, tuple(tables), packed.take(rest), pattern_of[rest])


def gather_evidence(
    works: ArrangedWorks, slope: FloatArray, nodes: AbilityNodes, features: Features | None
) -> Evidence:
    """Evidence of all works; node_works (P, Q). features None = no spread."""
    base = nodes.log_prior - works.patterns @ nodes.log_normaliser
    node_works = np.zeros(base.shape)
    parts: list[Evidence] = []
    for pattern, packed in works.tables:
        masked = features
        if features is not None:
            masked = Features(features.values * works.patterns[pattern][features.item, None], features.item)
        part = read_table(packed, slope, nodes.theta, base[pattern], masked)
        node_works[pattern] += part.node_works[0]
        parts.append(part)
    if works.singles.n_distinct:
        single = integrate_works(
            works.singles, works.single_pattern, works.patterns, slope, nodes.theta, base, features
        )
        node_works += single.node_works
        parts.append(single)
    return Evidence(
        sum(part.log_integral for part in parts),
        node_works,
        np.sum([part.score_theta for part in parts], axis=0),
        _total_spread([part.spread for part in parts if part.spread is not None]),
    )


def _total_spread(spreads: list[PosteriorSpread]) -> PosteriorSpread | None:
    return sum(spreads[1:], start=spreads[0]) if spreads else None
