"""Solve a work's model so that its marginals are the region's.

Model: P(X_i = k | eta) is proportional to exp(a_i k eta + c_ik), the generalised partial credit model with intercepts
c_ik = -a_i * (sum of the first k step difficulties); eta = ability plus the school's difference on the item.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from merilo.methods.arrays import FloatArray, IntArray
from merilo.simulate.blueprint import Blueprint

NODES = np.linspace(-4.0, 4.0, 33)
WEIGHTS = np.exp(-(NODES**2) / 2) / np.exp(-(NODES**2) / 2).sum()
SLOPE_SD = 0.12
# A near-miss is a work one or two points below a cut score.
NEAR_MISS = 2
LARGEST_ITEM_SD = 0.9
# Topics not taught add variance between classes but take some away within them: tried on the region's mathematics 5.
UNTAUGHT_PART = 0.3


@dataclass(frozen=True, slots=True)
class FittedWork:
    """A work ready to be answered.

    slopes (I,); intercepts (I, M + 1), -inf beyond an item's highest point; ability_sd logits;
    school_part: share of the variance of ability between schools; item_sd (I,) logits, school-by-item differences.
    """

    blueprint: Blueprint
    slopes: FloatArray
    intercepts: FloatArray
    ability_sd: float
    school_part: float
    item_sd: FloatArray


def fit_work(
    blueprint: Blueprint,
    rng: np.random.Generator,
    *,
    lift_mean: float,
    lift_reach: int = NEAR_MISS,
    item_sd: float | None,
    school_part: float | None,
) -> FittedWork:
    """Intercepts and spreads that give the region's category shares and total variance (see module).

    lift_mean: mean share of near-misses that markers lift over the cut score for "3"; lift_reach: points below a cut
    score from which they lift at all. The region's shares hold these lifted points, so the answers before marking must
    be weaker by as much.
    """
    slopes = np.exp(rng.normal(0.0, SLOPE_SD, len(blueprint.items)))
    target = _targets(blueprint)
    sd, intercepts, spread = _solve_spread(blueprint, slopes, target, item_sd)
    lifted = _lifted_points(blueprint, slopes, intercepts, sd, lift_mean, lift_reach)
    target = _tilted(target, blueprint, lifted)
    sd, intercepts, spread = _solve_spread(blueprint, slopes, target, item_sd)
    if school_part is None:
        school_part = _school_part(blueprint, slopes, intercepts, sd, spread)
    return FittedWork(blueprint, slopes, intercepts, sd, school_part, spread)


def category_probabilities(eta: FloatArray, slopes: FloatArray, intercepts: FloatArray) -> FloatArray:
    """P(X_i = k | eta): eta (Q, I) logits -> (Q, I, M + 1)."""
    k = np.arange(intercepts.shape[1])
    logits = (slopes * eta)[:, :, None] * k + intercepts
    power = np.exp(logits - logits.max(axis=2, keepdims=True))
    result: FloatArray = power / power.sum(axis=2, keepdims=True)
    return result


def score_distribution(probabilities: FloatArray, max_points: FloatArray) -> FloatArray:
    """Raw-score distribution at every node (Lord and Wingersky 1984): (Q, I, M + 1) -> (Q, total + 1)."""
    spread = np.zeros((probabilities.shape[0], int(max_points.sum()) + 1))
    spread[:, 0] = 1.0
    for i, most in enumerate(max_points.astype(int)):
        grown = np.zeros_like(spread)
        for k in range(most + 1):
            grown[:, k:] += spread[:, : spread.shape[1] - k] * probabilities[:, i, k, None]
        spread = grown
    return spread


def lift_shares(lift_mean: float) -> dict[int, float]:
    """Mark -> mean share of near-misses lifted to it: weaker for 4 and 5, where less is at stake."""
    return {3: lift_mean, 4: 0.4 * lift_mean, 5: 0.25 * lift_mean}


def reach_share(distance: int | IntArray, reach: int) -> FloatArray:
    """Part of the lift that works so far below a cut score get: 1 for near-misses, then falling to the reach."""
    result: FloatArray = np.clip(
        1 - (np.asarray(distance) - NEAR_MISS) / max(1, reach - NEAR_MISS + 1), 0.0, 1.0
    )
    return result


def _targets(blueprint: Blueprint) -> FloatArray:
    target = np.zeros((len(blueprint.items), int(blueprint.max_points.max()) + 1))
    for i, share in enumerate(blueprint.category_share):
        target[i, : share.size] = share
    return target


def _solve_spread(
    blueprint: Blueprint, slopes: FloatArray, target: FloatArray, item_sd: float | None
) -> tuple[float, FloatArray, FloatArray]:
    """Ability SD by bisection: the variance of the raw score is the region's."""
    wanted = blueprint.within_sd**2 + blueprint.between_sd**2
    wanted -= UNTAUGHT_PART * _untaught_variance(blueprint)
    low, high = 0.3, 3.0
    intercepts, spread = _start(target), np.zeros(len(slopes))
    for _step in range(14):
        sd = (low + high) / 2
        for _again in range(2):
            intercepts = _solve_intercepts(target, slopes, np.hypot(sd, spread), intercepts)
            spread = _item_spread(blueprint, slopes, intercepts, sd, item_sd)
        if _score_variance(target, slopes, intercepts, sd, spread) < wanted:
            low = sd
        else:
            high = sd
    return sd, intercepts, spread


def _start(target: FloatArray) -> FloatArray:
    with np.errstate(divide="ignore"):
        start: FloatArray = np.log(target / target[:, :1])
    return start


def _solve_intercepts(
    target: FloatArray, slopes: FloatArray, sd: FloatArray, start: FloatArray
) -> FloatArray:
    """Multiply category odds by target / model until the marginal shares agree (proportional fitting)."""
    intercepts = start.copy()
    held = target > 0
    for _step in range(200):
        model = np.einsum(
            "q,qik->ik", WEIGHTS, category_probabilities(NODES[:, None] * sd, slopes, intercepts)
        )
        off = np.zeros_like(target)
        off[held] = np.log(target[held] / model[held])
        intercepts[held] += 1.3 * off[held]
        intercepts -= intercepts[:, :1]
        if np.abs(off).max() < 1e-5:
            break
    return intercepts


def _item_moments(slopes: FloatArray, intercepts: FloatArray, sd: float) -> tuple[FloatArray, FloatArray]:
    """Mean (Q, I) and variance (Q, I) of item points at the nodes of ability."""
    p = category_probabilities(np.repeat(NODES[:, None] * sd, len(slopes), axis=1), slopes, intercepts)
    k = np.arange(p.shape[2])
    mean = p @ k
    return mean, p @ k**2 - mean**2


def _item_spread(
    blueprint: Blueprint, slopes: FloatArray, intercepts: FloatArray, sd: float, fixed: float | None
) -> FloatArray:
    """School-by-item SD in logits: the region's SD of shares over the slope of the share at average ability."""
    if fixed is not None:
        return np.full(len(slopes), fixed)
    variance = _item_moments(slopes, intercepts, sd)[1]
    slope = slopes * (WEIGHTS @ variance) / blueprint.max_points
    # Where topics had not been taught, their zeros make most of the difference between schools: leave it to them.
    q = blueprint.not_taught_share
    share = np.sqrt(
        np.maximum(blueprint.school_item_sd**2 - q * (1 - q) * 0.25, 0.25 * blueprint.school_item_sd**2)
    )
    result: FloatArray = np.clip(share / slope, 0.0, LARGEST_ITEM_SD)
    return result


def _score_variance(
    target: FloatArray, slopes: FloatArray, intercepts: FloatArray, sd: float, spread: FloatArray
) -> float:
    """Var(sum) = sum of the items' marginal variances + covariances, which ability alone makes."""
    k = np.arange(target.shape[1])
    own = (target @ k**2 - (target @ k) ** 2).sum()
    mean = _item_moments(slopes, intercepts, sd)[0]
    mean = mean - WEIGHTS @ mean
    covariance = (mean * WEIGHTS[:, None]).T @ mean
    return float(own + covariance.sum() - np.trace(covariance))


def _lifted_points(
    blueprint: Blueprint,
    slopes: FloatArray,
    intercepts: FloatArray,
    sd: float,
    lift_mean: float,
    lift_reach: int,
) -> float:
    """Mean points a work gains by the honest lift, points."""
    p = category_probabilities(np.repeat(NODES[:, None] * sd, len(slopes), axis=1), slopes, intercepts)
    scores = WEIGHTS @ score_distribution(p, blueprint.max_points.astype(float))
    gained, least = 0.0, 0
    for mark, cut in sorted(blueprint.cut_scores.items()):
        for distance in range(1, min(lift_reach, cut - least) + 1):
            share = lift_shares(lift_mean)[mark] * reach_share(distance, lift_reach)
            gained += float(share * distance * scores[cut - distance])
        least = cut
    return gained


def _tilted(target: FloatArray, blueprint: Blueprint, lifted: float) -> FloatArray:
    """Take the lifted points off the items that they fall on (mostly person-marked ones with room)."""
    k = np.arange(target.shape[1])
    mean = target @ k
    weight = np.array([5.0 if item.marking == "expert" else 1.0 for item in blueprint.items])
    room = weight * (blueprint.max_points - mean)
    off = lifted * room / room.sum()
    variance = target @ k**2 - mean**2
    tilt = target * np.exp(-(off / variance)[:, None] * k)
    result: FloatArray = tilt / tilt.sum(axis=1, keepdims=True)
    return result


def _school_part(
    blueprint: Blueprint, slopes: FloatArray, intercepts: FloatArray, sd: float, spread: FloatArray
) -> float:
    """Share of the ability's variance between schools that gives the region's between-school SD of raw scores.

    The items' own differences between schools make a part of that SD; what is left belongs to ability.
    """
    mean, variance = _item_moments(slopes, intercepts, sd)
    total = mean.sum(axis=1)
    true_variance = float(WEIGHTS @ (total - WEIGHTS @ total) ** 2)
    by_items = float(((slopes * (WEIGHTS @ variance) * spread) ** 2).sum())
    left = blueprint.between_sd**2 - 1.3 * by_items - _untaught_variance(blueprint)
    return float(np.clip(left / true_variance, 0.03, 0.4))


def _untaught_variance(blueprint: Blueprint) -> float:
    """Variance between classes of the points lost on topics not taught, nested (the latest topic is missed first)."""
    behind = np.linspace(0.005, 0.995, 100)[:, None]
    points = np.array([share @ np.arange(share.size) for share in blueprint.category_share])
    return float(((behind < blueprint.not_taught_share) * points).sum(axis=1).var())
