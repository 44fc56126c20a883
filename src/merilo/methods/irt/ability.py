"""Raw score -> ability: one row per raw score, whatever the number of pupils."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from merilo.methods.arrays import BoolArray, FloatArray
from merilo.methods.irt.items import PartialCreditItems, administered_mask, as_items
from merilo.methods.irt.prior import posterior_by_score
from merilo.methods.irt.theta_moments import moments_at

GRID_STEP = 0.2  # logits; the grid only brackets the maximum, Newton finishes it
GRID_MARGIN = 8.0  # logits beyond the outermost step; Warm's estimate at full score stays well inside
NEWTON_STEPS = 60
TOLERANCE = 1e-12  # logits


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
    ml[lowest + 1 : highest] = _most_likely(chosen, np.arange(lowest + 1.0, highest), warm=False)
    if lowest < highest:
        wle[lowest : highest + 1] = _most_likely(chosen, np.arange(lowest, highest + 1.0), warm=True)
    posterior = posterior_by_score(chosen, mean=mean, sd=sd)
    return AbilityTable(
        ml,
        _standard_error(chosen, ml),
        wle,
        _standard_error(chosen, wle),
        posterior.mean(),
        posterior.sd(),
        np.exp(posterior.log_share),
    )


def _most_likely(items: PartialCreditItems, scores: FloatArray, *, warm: bool) -> FloatArray:
    """Ability that maximises the likelihood of each score, times the square root of the information for Warm's.

    With partial credit Warm's equation can have several roots, so the highest point of a grid brackets the root.
    """
    if scores.size == 0:
        return scores
    reach = float(np.abs(items.log_weight[np.isfinite(items.log_weight)]).max()) + GRID_MARGIN
    grid = np.arange(-reach, reach + GRID_STEP, GRID_STEP)
    height, _, _ = _slope(items, grid, scores[:, None], warm=warm)
    best = np.clip(height.argmax(axis=1), 1, grid.size - 2)
    low, high, theta = grid[best - 1], grid[best + 1], grid[best]
    for _ in range(NEWTON_STEPS):
        _, slope, information = _slope(items, theta, scores, warm=warm)
        low, high = np.where(slope > 0, theta, low), np.where(slope > 0, high, theta)
        new = theta + slope / information
        new = np.where((new > low) & (new < high), new, (low + high) / 2.0)
        done = bool(np.all(np.abs(new - theta) < TOLERANCE))
        theta = new
        if done:
            break
    return np.asarray(theta, dtype=np.float64)


def _slope(
    items: PartialCreditItems, theta: FloatArray, scores: FloatArray, *, warm: bool
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """(Penalised) log-likelihood, its derivative, and the information at theta; scores broadcast against theta."""
    at = moments_at(items, theta)
    information = np.maximum(at.variance.sum(axis=1), 1e-300)
    height = scores * theta - at.log_normaliser.sum(axis=1)
    slope = scores - at.expected.sum(axis=1)
    if warm:
        height = height + 0.5 * np.log(information)
        slope = slope + at.skew.sum(axis=1) / (2.0 * information)
    return height, slope, information


def _standard_error(items: PartialCreditItems, theta: FloatArray) -> FloatArray:
    """1 / sqrt(information) at each ability; NaN stays NaN."""
    result = np.full(theta.shape, np.nan)
    known = np.isfinite(theta)
    if known.any():
        result[known] = 1.0 / np.sqrt(moments_at(items, theta[known]).variance.sum(axis=1))
    return result
