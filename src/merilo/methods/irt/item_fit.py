"""Infit and outfit of items, from score cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from merilo.errors import UsageError
from merilo.methods.arrays import BoolArray, FloatArray, IntArray
from merilo.methods.irt.ability import ability_table
from merilo.methods.irt.cells import ScoreCells
from merilo.methods.irt.given_score import shares_by_pattern
from merilo.methods.irt.items import PartialCreditItems
from merilo.methods.irt.theta_moments import moments_at

Expectation = Literal["conditional", "wle", "ml"]
PATTERNS_AT_ONCE = 128
SMALLEST_VARIANCE = 1e-12  # points squared; below this the raw score fixes the item's points


@dataclass(frozen=True, slots=True)
class ItemFit:
    """Mean squares of item residuals; 1 = as the model says, above = noisier, below = more predictable than the model.

    infit, outfit          (I,)  information-weighted and unweighted mean square
    infit_sd, outfit_sd    (I,)  their standard deviation if the model holds (expectation 1)
    infit_z, outfit_z      (I,)  standardised by the cube-root transformation (Wright & Masters 1982)
    n                      (I,)  works that entered

    NaN where the item has no calibration or no work entered.
    """

    infit: FloatArray
    outfit: FloatArray
    infit_sd: FloatArray
    outfit_sd: FloatArray
    infit_z: FloatArray
    outfit_z: FloatArray
    n: IntArray


def item_fit(
    cells: ScoreCells, items: PartialCreditItems, *, expectation: Expectation = "conditional"
) -> ItemFit:
    """Infit and outfit from cells; works with an extreme raw score are left out.

    expectation says what an item's points are compared with:
    "conditional"  mean and variance given the raw score, exact; the mean squares then have expectation 1 for any
                   number of items (Christensen & Kreiner 2013; Mueller 2020). The default;
    "wle", "ml"    mean and variance at the ability estimated for the raw score, as most programs print them.
    Works in whose pattern an uncalibrated item was administered are left out: their raw score contains it.
    """
    if expectation not in ("conditional", "wle", "ml"):
        raise UsageError("expectation is 'conditional', 'wle' or 'ml'", value=expectation)
    usable = np.asarray(~(cells.patterns & ~items.calibrated).any(axis=1))
    patterns = cells.patterns[usable]
    place = np.cumsum(usable) - 1
    kept = usable[cells.cell_pattern] & (cells.cell_n > 0)
    cell_shares = np.zeros((int(kept.sum()), *items.log_weight.shape))
    pattern, score = place[cells.cell_pattern[kept]], cells.cell_score[kept]
    for start in range(0, patterns.shape[0], PATTERNS_AT_ONCE):
        part = patterns[start : start + PATTERNS_AT_ONCE]
        here = (pattern >= start) & (pattern < start + part.shape[0])
        shares = (
            shares_by_pattern(items, part)
            if expectation == "conditional"
            else _at_ability(items, part, expectation)
        )
        cell_shares[here] = shares[pattern[here] - start, score[here]]
    kept_counts = cells.points[kept]
    pieces = []
    for item, (start, top) in enumerate(zip(cells.offsets, cells.max_points)):
        pieces.append(_mean_squares(cell_shares[:, item, : top + 1], kept_counts[:, start : start + top + 1]))
    infit, outfit, infit_sd, outfit_sd, n = np.array(pieces).T
    return ItemFit(
        infit,
        outfit,
        infit_sd,
        outfit_sd,
        _cube_root_z(infit, infit_sd),
        _cube_root_z(outfit, outfit_sd),
        n.astype(np.int64),
    )


def _mean_squares(share: FloatArray, counts: IntArray) -> tuple[float, float, float, float, float]:
    """Infit, outfit, their SDs and n of one item from category shares and counts (C, m+1)."""
    points = np.arange(share.shape[1])
    deviation = points - (share @ points)[:, None]
    variance = (share * deviation**2).sum(axis=1)
    n = counts.sum(axis=1).astype(np.float64)
    used = (np.nan_to_num(variance) > SMALLEST_VARIANCE) & (n > 0)
    if not used.any():
        return np.nan, np.nan, np.nan, np.nan, 0.0
    deviation, variance, n, share = deviation[used], variance[used], n[used], share[used]
    squares = (counts[used] * deviation**2).sum(axis=1)
    fourth = (share * deviation**4).sum(axis=1)
    total, information = n.sum(), n @ variance
    outfit_variance = n @ (fourth / variance**2 - 1.0) / total**2
    infit_variance = n @ (fourth - variance**2) / information**2
    return (
        float(squares.sum() / information),
        float((squares / variance).sum() / total),
        float(np.sqrt(infit_variance)),
        float(np.sqrt(outfit_variance)),
        float(total),
    )


def _cube_root_z(mean_square: FloatArray, sd: FloatArray) -> FloatArray:
    sd = np.where(sd > 0, sd, np.nan)
    return (np.cbrt(mean_square) - 1.0) * 3.0 / sd + sd / 3.0


def _at_ability(items: PartialCreditItems, patterns: BoolArray, expectation: Expectation) -> FloatArray:
    """P(x_i = x | theta estimated for the raw score), (P, S+1, I, M+1); NaN for scores without an inner estimate."""
    shares = np.full((patterns.shape[0], int(items.max_points.sum()) + 1, *items.log_weight.shape), np.nan)
    points = np.arange(items.log_weight.shape[1])
    for row, pattern in enumerate(patterns):
        table = ability_table(items, administered=pattern)
        inner = np.flatnonzero(np.isfinite(table.ml))
        theta = (table.wle if expectation == "wle" else table.ml)[inner]
        chosen = np.flatnonzero(pattern)
        weight = items.log_weight[chosen]
        log_normaliser = moments_at(items, theta).log_normaliser[:, chosen]
        exponent = theta[:, None, None] * points + weight - log_normaliser[:, :, None]
        shares[row, inner[:, None], chosen[None, :]] = np.exp(exponent)
    return shares
