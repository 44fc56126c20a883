"""What a raw score implies for items and for subsets of items. Ability plays no part."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from merilo.errors import UsageError
from merilo.methods.arrays import BoolArray, FloatArray
from merilo.methods.irt.items import PartialCreditItems, administered_mask, as_items
from merilo.methods.irt.ladder import category_shares, climb


@dataclass(frozen=True, slots=True)
class PointsGivenScore:
    """Distribution of the points on each item given the raw score r over the administered items.

    category_share  (S+1, I, M+1)  P(x_i = x | r), S = sum of max_points of the administered items
    expected        (S+1, I)       E[x_i | r], points
    variance        (S+1, I)       Var[x_i | r], points squared

    NaN where the raw score cannot occur or the item was not administered.
    """

    category_share: FloatArray
    expected: FloatArray
    variance: FloatArray


def points_given_score(
    items: PartialCreditItems | ArrayLike, *, administered: BoolArray | None = None
) -> PointsGivenScore:
    """Exact conditional distribution of item points given the raw score (symmetric functions; Andersen 1973).

    items: PartialCreditItems or step difficulties (I, M), logits; administered (I,) all by default.
    """
    known = as_items(items)
    mask = administered_mask(known, administered)
    height = int(known.max_points[mask].sum()) + 1
    shares = shares_by_pattern(known, mask[None, :])[0, :height]
    points = np.arange(shares.shape[2])
    expected = shares @ points
    variance = np.einsum("rix,rix->ri", shares, (points - expected[:, :, None]) ** 2)
    return PointsGivenScore(shares, expected, variance)


def shares_by_pattern(items: PartialCreditItems, patterns: BoolArray) -> FloatArray:
    """P(x_i = x | r) for every pattern: (P, S+1, I, M+1); NaN where impossible or not administered."""
    ladder = climb(items.log_weight, items.max_points, patterns)
    rows = category_shares(ladder)
    n_patterns, _, n_scores = rows.shape
    shares = np.zeros((n_patterns, n_scores, *items.log_weight.shape))
    for item, (start, top) in enumerate(zip(ladder.first_row, items.max_points)):
        shares[:, :, item, 1 : top + 1] = rows[:, start : start + top].transpose(0, 2, 1)
    shares[:, :, :, 0] = np.maximum(1.0 - shares[:, :, :, 1:].sum(axis=3), 0.0)
    shares[~np.isfinite(ladder.log_gamma)] = np.nan
    shares[np.broadcast_to(~patterns[:, None, :], shares.shape[:3])] = np.nan
    return shares


def subset_score_distribution(
    items: PartialCreditItems | ArrayLike, subset: BoolArray, *, administered: BoolArray | None = None
) -> FloatArray:
    """P(score y on the subset | raw score r over all administered items): (S+1, m+1).

    subset (I,) True for the items of the subset; S and m are the highest scores of the administered items and of
    those in the subset. Row r is NaN where that raw score cannot occur.
    P = gamma_subset(y) * gamma_rest(r - y) / gamma_all(r).
    """
    known = as_items(items)
    mask = administered_mask(known, administered)
    if subset.shape != mask.shape or subset.dtype != np.bool_:
        raise UsageError("subset must be one boolean per item", value=subset.shape)
    inside, rest = mask & subset, mask & ~subset
    log_gamma = climb(known.log_weight, known.max_points, np.stack([inside, rest, mask])).log_gamma
    log_gamma = log_gamma[:, : int(known.max_points[mask].sum()) + 1]
    top = int(known.max_points[inside].sum())
    scores = np.arange(log_gamma.shape[1])
    remaining = scores[:, None] - np.arange(top + 1)
    log_rest = np.where(remaining >= 0, log_gamma[1][np.maximum(remaining, 0)], -np.inf)
    possible = np.isfinite(log_gamma[2])
    result = np.full((scores.size, top + 1), np.nan)
    result[possible] = np.exp((log_gamma[0][: top + 1] + log_rest)[possible] - log_gamma[2][possible, None])
    return result
