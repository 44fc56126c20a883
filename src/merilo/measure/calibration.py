"""Calibration of one procedure: items and abilities on one scale, from the Tally's cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from merilo.methods.arrays import BoolArray, FloatArray, IntArray
from merilo.methods.irt import (
    PartialCreditCalibration,
    ScoreCells,
    calibrate_partial_credit,
    cell_abilities,
    estimate_latent_distribution,
)
from merilo.tally import CellCounts


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
    abilities = cell_abilities(pcm.items, counts)
    mean, sd = _latent(pcm, counts, scorable)
    return Calibration(pcm, counts, scorable, abilities.wle, abilities.wle_se, mean, sd)


def _latent(pcm: PartialCreditCalibration, counts: ScoreCells, scorable: BoolArray) -> tuple[float, float]:
    """Mean and SD of ability, from the raw scores over each set of administered items."""
    if not scorable.any():
        return float("nan"), float("nan")
    works = counts.works_by_score()[scorable]
    latent = estimate_latent_distribution(pcm.items, works, patterns=counts.patterns[scorable])
    return latent.mean, latent.sd
