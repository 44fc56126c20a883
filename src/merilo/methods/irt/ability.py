"""Raw score -> ability: one row per raw score, or one per score cell, whatever the number of pupils."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from merilo.methods.arrays import BoolArray, FloatArray
from merilo.methods.irt.cells import ScoreCells
from merilo.methods.irt.items import PartialCreditItems, administered_mask, as_items
from merilo.methods.irt.likelihood_ability import most_likely, standard_error
from merilo.methods.irt.prior import posterior_by_score

CELLS_AT_ONCE = 8192


@dataclass(frozen=True, slots=True)
class AbilityTable:
    """Ability of a pupil with each raw score 0..S over the administered items, logits.

    ml, ml_se            (S+1,)  maximum likelihood; NaN at the lowest and highest possible score
    wle, wle_se          (S+1,)  Warm's weighted likelihood; finite at the extremes
    eap, posterior_sd    (S+1,)  posterior mean and SD under the normal prior given
    score_share          (S+1,)  P(raw score) under that prior

    NaN where the raw score cannot occur (score_share is 0 there).
    """

    ml: FloatArray
    ml_se: FloatArray
    wle: FloatArray
    wle_se: FloatArray
    eap: FloatArray
    posterior_sd: FloatArray
    score_share: FloatArray


@dataclass(frozen=True, slots=True)
class CellAbilities:
    """Warm's weighted likelihood estimate of the works of each score cell, logits.

    wle, wle_se  (C,)  NaN where an uncalibrated item was administered or the raw score cannot occur
    """

    wle: FloatArray
    wle_se: FloatArray


def ability_table(
    items: PartialCreditItems | ArrayLike,
    *,
    administered: BoolArray | None = None,
    mean: float = 0.0,
    sd: float = 1.0,
) -> AbilityTable:
    """Score table of a partial credit model: ML, WLE (Warm 1989; Penfield & Bergeron 2005), EAP (Bock & Mislevy 1982).

    items: PartialCreditItems or step difficulties (I, M), logits; administered (I,), all by default;
    mean, sd of the ability distribution, logits (sd >= 0). Standard errors of ML and WLE are 1 / sqrt(information).
    """
    known = as_items(items)
    chosen = known.take(administered_mask(known, administered))
    n_scores = int(chosen.max_points.sum()) + 1
    lowest, highest = int(chosen.lowest().sum()), int(chosen.highest().sum())
    ml, wle = np.full(n_scores, np.nan), np.full(n_scores, np.nan)
    met = np.ones((1, chosen.max_points.size), dtype=np.bool_)
    pattern = np.zeros(n_scores, dtype=np.int64)
    inner = slice(lowest + 1, highest)
    ml[inner] = most_likely(chosen, met, pattern[inner], np.arange(lowest + 1.0, highest), warm=False)
    if lowest < highest:
        whole = slice(lowest, highest + 1)
        wle[whole] = most_likely(chosen, met, pattern[whole], np.arange(lowest, highest + 1.0), warm=True)
    posterior = posterior_by_score(chosen, mean=mean, sd=sd)
    return AbilityTable(
        ml,
        standard_error(chosen, met, pattern, ml),
        wle,
        standard_error(chosen, met, pattern, wle),
        posterior.mean(),
        posterior.sd(),
        np.exp(posterior.log_share),
    )


def cell_abilities(items: PartialCreditItems | ArrayLike, cells: ScoreCells) -> CellAbilities:
    """Abilities for all cells at once (Warm 1989): many sets of administered items cost little more than one."""
    known = as_items(items)
    wle, wle_se = np.full(cells.cell_n.size, np.nan), np.full(cells.cell_n.size, np.nan)
    usable = known.calibrated
    if not usable.any():
        return CellAbilities(wle, wle_se)
    scorable = np.asarray(cells.patterns.any(axis=1) & ~(cells.patterns & ~usable).any(axis=1))
    chosen = known.take(usable)
    met = cells.patterns[:, usable]
    lowest, highest = met @ chosen.lowest(), met @ chosen.highest()
    ranging = np.asarray(lowest < highest)
    possible = (
        scorable[cells.cell_pattern]
        & ranging[cells.cell_pattern]
        & (cells.cell_score >= lowest[cells.cell_pattern])
        & (cells.cell_score <= highest[cells.cell_pattern])
    )
    rows = np.flatnonzero(possible)
    for start in range(0, rows.size, CELLS_AT_ONCE):
        here = rows[start : start + CELLS_AT_ONCE]
        pattern = cells.cell_pattern[here]
        theta = most_likely(chosen, met, pattern, cells.cell_score[here].astype(np.float64), warm=True)
        wle[here], wle_se[here] = theta, standard_error(chosen, met, pattern, theta)
    return CellAbilities(wle, wle_se)
