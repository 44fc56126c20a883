"""Calibration of one procedure: items and abilities on one scale, from the Tally's cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from merilo.measure.tally import CellCounts
from merilo.methods.arrays import BoolArray, FloatArray, IntArray
from merilo.methods.irt import (
    PartialCreditCalibration,
    ScoreCells,
    ability_table,
    calibrate_partial_credit,
    estimate_latent_distribution,
)

# Rare sets of administered items add time, not knowledge, to the ability distribution.
MOST_PATTERNS = 50


@dataclass(frozen=True, slots=True)
class Calibration:
    """Items on the logit scale and the ability behind every cell of the Tally.

    cells: cells of all works (sexes and variants apart, as in the Tally); scorable (P,): patterns whose items
    are all calibrated; wle, wle_se (C,): ability of the cell's works, NaN where not scorable;
    mean, sd: the ability distribution, logits (NaN where it cannot be told).
    """

    pcm: PartialCreditCalibration
    cells: ScoreCells
    scorable: BoolArray
    wle: FloatArray
    wle_se: FloatArray
    mean: float
    sd: float


def calibrate(cells: CellCounts, max_points: IntArray) -> Calibration:
    """Calibrate by exact conditional maximum likelihood; abilities by Warm's weighted likelihood."""
    counts = ScoreCells(max_points, cells.patterns, cells.pattern, cells.score, cells.n, cells.points)
    pcm = calibrate_partial_credit(counts)
    usable = pcm.items.calibrated
    scorable: BoolArray = np.asarray(~(cells.patterns & ~usable).any(axis=1))
    wle = np.full(len(cells.n), np.nan)
    wle_se = np.full(len(cells.n), np.nan)
    for pattern in np.flatnonzero(scorable):
        table = ability_table(pcm.items, administered=cells.patterns[pattern])
        here = cells.pattern == pattern
        wle[here], wle_se[here] = table.wle[cells.score[here]], table.wle_se[cells.score[here]]
    mean, sd = _latent(pcm, counts, scorable)
    return Calibration(pcm, counts, scorable, wle, wle_se, mean, sd)


def _latent(pcm: PartialCreditCalibration, counts: ScoreCells, scorable: BoolArray) -> tuple[float, float]:
    """Mean and SD of ability, from the raw scores of the most frequent sets of administered items."""
    works = counts.works_by_score()
    frequent = np.argsort(-works.sum(axis=1), kind="stable")[:MOST_PATTERNS]
    chosen = np.sort(frequent[scorable[frequent]])
    if not len(chosen):
        return float("nan"), float("nan")
    latent = estimate_latent_distribution(pcm.items, works[chosen], patterns=counts.patterns[chosen])
    return latent.mean, latent.sd
