"""Mean and spread of ability in a population, from raw-score counts alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import logsumexp

from merilo.errors import UsageError
from merilo.methods.arrays import BoolArray, FloatArray, IntArray
from merilo.methods.irt.items import PartialCreditItems, administered_mask, as_items
from merilo.methods.irt.ladder import climb
from merilo.methods.irt.prior import prior_grid
from merilo.methods.irt.theta_moments import moments_at

MAX_ITERATIONS = 200
PATTERNS_AT_ONCE = 128
DECREMENT = 1e-11  # expected further gain of log-likelihood at which Newton stops
NO_SPREAD = 1e-3  # logits; below this the raw scores vary less than chance alone makes them


@dataclass(frozen=True, slots=True)
class LatentDistribution:
    """Normal ability distribution, logits.

    mean_se, sd_se are NaN when the estimate lies on the border sd = 0 (`sd_at_border`), or when it is not identified.
    n works counted; n_left_out works whose raw score the calibrated items cannot give (their points were never seen
    among informative works); log_likelihood is of the raw scores, nats.
    """

    mean: float
    sd: float
    mean_se: float
    sd_se: float
    log_likelihood: float
    n: int
    n_left_out: int
    sd_at_border: bool
    iterations: int
    converged: bool


def estimate_latent_distribution(
    items: PartialCreditItems | ArrayLike, works_by_score: ArrayLike, *, patterns: BoolArray | None = None
) -> LatentDistribution:
    """Maximum likelihood of mean and SD of ability given item parameters (Andersen & Madsen 1977).

    items: PartialCreditItems or step difficulties (I, M), logits; works_by_score (P, S+1) works with each raw score,
    or (S+1,) for one pattern; patterns (P, I) of administered items, complete by default. Fewer than two works, or
    all works at one extreme of the scale, give NaN.
    """
    known = as_items(items)
    works = np.atleast_2d(np.asarray(works_by_score, dtype=np.float64))
    if patterns is None:
        patterns = np.ones((works.shape[0], known.max_points.size), dtype=np.bool_)
    if patterns.shape != (works.shape[0], known.max_points.size) or np.any(works < 0):
        raise UsageError("works_by_score must hold counts, one row per pattern of administered items")
    counted = _counted(known, works, patterns)
    n = round(float(counted.n.sum()))
    left_out = round(float(works.sum())) - n
    if n < 2 or counted.at_lowest.all() or counted.at_highest.all():
        return LatentDistribution(
            np.nan,
            np.nan,
            np.nan,
            np.nan,
            np.nan,
            n,
            left_out,
            sd_at_border=False,
            iterations=0,
            converged=False,
        )
    return _maximise(counted, left_out)


@dataclass(frozen=True, slots=True)
class _Counted:
    """Cells that hold works. patterns (P, I); pattern, score, n, log_gamma, at_lowest, at_highest (C,)."""

    items: PartialCreditItems
    patterns: BoolArray
    pattern: IntArray
    score: IntArray
    n: FloatArray
    log_gamma: FloatArray
    at_lowest: BoolArray
    at_highest: BoolArray


def _counted(items: PartialCreditItems, works: FloatArray, patterns: BoolArray) -> _Counted:
    """Keep what holds works and items that were administered; log gamma does not depend on the abilities."""
    used = works.sum(axis=1) > 0
    works, patterns = works[used], patterns[used]
    met = np.asarray(patterns.any(axis=0))
    if not met.any():
        met = items.calibrated
    administered_mask(items, met)
    items, patterns = items.take(met), patterns[:, met]
    pattern, score = np.nonzero(works)
    n_scores = int(items.max_points.sum()) + 1
    log_gamma = np.full(pattern.size, -np.inf)
    inside = score < n_scores
    for start in range(0, patterns.shape[0], PATTERNS_AT_ONCE):
        ladder = climb(items.log_weight, items.max_points, patterns[start : start + PATTERNS_AT_ONCE])
        here = inside & (pattern >= start) & (pattern < start + PATTERNS_AT_ONCE)
        log_gamma[here] = ladder.log_gamma[pattern[here] - start, score[here]]
    possible = np.isfinite(log_gamma)
    pattern, score, log_gamma = pattern[possible], score[possible], log_gamma[possible]
    return _Counted(
        items,
        patterns,
        pattern.astype(np.int64),
        score.astype(np.int64),
        works[pattern, score],
        log_gamma,
        score == (patterns @ items.lowest())[pattern],
        score == (patterns @ items.highest())[pattern],
    )


def _maximise(counted: _Counted, left_out: int) -> LatentDistribution:
    """Newton on (mean, log SD) with Louis' observed information, damped where it is not positive definite."""
    n = round(float(counted.n.sum()))
    point = np.zeros(2)
    value, gradient, information = _derivatives(counted, point)
    damping = 0.0
    converged = False
    iterations = 0
    while iterations < MAX_ITERATIONS and not converged and point[1] > np.log(NO_SPREAD):
        iterations += 1
        lift = damping + max(0.0, 1e-6 * n - float(np.linalg.eigvalsh(information)[0]))
        step = np.linalg.solve(information + lift * np.eye(2), gradient)
        decrement = float(gradient @ step) / 2.0
        step *= min(1.0, 1.0 / max(float(np.abs(step).max()), 1e-300))
        new = _derivatives(counted, point + step)
        if new[0] < value - 1e-12 * abs(value):
            damping = max(4.0 * damping, 1e-3 * n)
            continue
        damping /= 8.0
        point = point + step
        value, gradient, information = new
        converged = decrement < DECREMENT
    at_border = bool(point[1] <= np.log(NO_SPREAD))
    variance = np.full(2, np.nan) if at_border else np.diagonal(np.linalg.inv(information))
    mean_se, log_sd_se = np.sqrt(np.where(variance > 0, variance, np.nan)).tolist()
    sd = 0.0 if at_border else float(np.exp(point[1]))
    return LatentDistribution(
        mean=float(point[0]),
        sd=sd,
        mean_se=mean_se,
        sd_se=sd * log_sd_se,
        log_likelihood=value,
        n=n,
        n_left_out=left_out,
        sd_at_border=at_border,
        iterations=iterations,
        converged=converged or at_border,
    )


def _derivatives(counted: _Counted, point: FloatArray) -> tuple[float, FloatArray, FloatArray]:
    """Log-likelihood, gradient and observed information in (mean, log SD), from posterior moments of z."""
    mean, sd = float(point[0]), float(np.exp(point[1]))
    theta, log_prior = prior_grid(counted.items, mean=mean, sd=sd)
    normaliser = counted.patterns @ moments_at(counted.items, theta).log_normaliser.T
    exponent = (
        counted.log_gamma[:, None]
        + counted.score[:, None] * theta
        + (log_prior - normaliser)[counted.pattern]
    )
    log_share = logsumexp(exponent, axis=1)
    weight = np.exp(exponent - log_share[:, None])
    z = (theta - mean) / sd
    m1, m2, m3, m4 = (weight @ np.stack([z, z**2, z**3, z**4], axis=1)).T
    n = counted.n
    gradient = np.array([n @ m1 / sd, n @ (m2 - 1.0)])
    # expected complete information minus the posterior variance of the complete score
    cross = n @ (2.0 * m1 - (m3 - m1 * m2)) / sd
    information = np.array(
        [[n @ (1.0 - (m2 - m1**2)) / sd**2, cross], [cross, n @ (2.0 * m2 - (m4 - m2**2))]]
    )
    return float(n @ log_share), gradient, information
