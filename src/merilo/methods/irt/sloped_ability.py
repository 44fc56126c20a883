"""Abilities of pupils from items with different slopes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from merilo.methods.arrays import FloatArray
from merilo.methods.irt.cells import checked_responses, distinct_patterns
from merilo.methods.irt.evidence import posterior_at
from merilo.methods.irt.nodes import SlopedItems, model_at, nodes_needed, standard_normal_grid
from merilo.methods.irt.packed import ROWS_AT_ONCE
from merilo.methods.irt.score_table import table_of_totals

TABLE_FROM = 2000  # works of one pattern of administered items; below, one by one is as fast


@dataclass(frozen=True, slots=True)
class SlopedAbilities:
    """One entry per work, in SDs of ability of the calibration sample (prior N(0, 1)).

    eap, posterior_sd  (N,)  NaN where no calibrated item was administered
    """

    eap: FloatArray
    posterior_sd: FloatArray


def abilities_with_slopes(items: SlopedItems, responses: NDArray[np.integer]) -> SlopedAbilities:
    """Posterior mean and SD of ability (Bock & Mislevy 1982), from a table of the weighted total.

    responses (N, I) whole points, -1 = not administered. Items without calibration are ignored.
    """
    checked = checked_responses(responses, items.max_points)
    usable = ~np.isnan(items.slope)
    eap, sd = np.full(checked.shape[0], np.nan), np.full(checked.shape[0], np.nan)
    if not usable.any() or checked.shape[0] == 0:
        return SlopedAbilities(eap, sd)
    chosen = SlopedItems(items.slope[usable], items.log_weight[usable], items.max_points[usable])
    checked = checked[:, usable] if not usable.all() else checked
    grid = standard_normal_grid(nodes_needed(chosen))
    nodes = model_at(chosen, *grid)
    patterns, pattern_of = distinct_patterns(checked >= 0)
    base = nodes.log_prior - patterns @ nodes.log_normaliser
    total = _weighted_totals(checked, chosen.slope)
    order = np.argsort(pattern_of, kind="stable") if patterns.shape[0] > 1 else np.arange(pattern_of.size)
    ends = np.cumsum(np.bincount(pattern_of, minlength=patterns.shape[0]))
    for pattern, (start, end) in enumerate(zip(np.concatenate([[0], ends[:-1]]).tolist(), ends.tolist())):
        if not patterns[pattern].any():
            continue
        rows = order[start:end] if patterns.shape[0] > 1 else slice(None)
        eap[rows], sd[rows] = _posterior(total[rows], grid[0], base[pattern])
    return SlopedAbilities(eap, sd)


def _weighted_totals(responses: NDArray[np.integer], slope: FloatArray) -> FloatArray:
    """Sum of slope * points over administered items, (N,)."""
    total = np.empty(responses.shape[0])
    for start in range(0, responses.shape[0], ROWS_AT_ONCE):
        rows = slice(start, start + ROWS_AT_ONCE)
        total[rows] = np.maximum(responses[rows], 0).astype(np.float64) @ slope
    return total


def _posterior(total: FloatArray, theta: FloatArray, base: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Posterior mean and SD at each total; from a table, by cubic interpolation, when there are many."""
    if total.size < TABLE_FROM:
        direct = posterior_at(total, theta, base)
        return direct.eap, np.sqrt(direct.variance)
    table = table_of_totals([np.array([total.min(), total.max()])], theta, base)
    cell, u = table.place(total)
    values = []
    for coefficients in (table.eap_coefficients(), table.variance_coefficients(theta)):
        c0, c1, c2, c3 = (one[cell] for one in coefficients)
        values.append(c0 + u * (c1 + u * (c2 + u * c3)))
    return values[0], np.sqrt(np.maximum(values[1], 0.0))
