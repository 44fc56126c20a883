"""What share of near-misses schools of the region usually lift, and how far beyond that a school is.

Over a cut score c a school of the region's practice lifts the share s_c = logistic(mu_c + tau y), y ~ N(0, 1) being
the school's habit, the same at all cut scores. A school far beyond it (part pi of all) leaves only (1 - g) of what its
habit would leave, over every cut score or over the lowest only, g being one of BEYOND. mu, tau, pi are the mode of the
posterior: those far beyond do not spoil the practice they are compared with (a two-groups model, Efron 2008).

The evidence is the tail probability of all the near-misses that remain together, among schools of the practice with the
same windows: for few works exactly discrete (taken in the middle of its step), for many the honest spread of habits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import betainc, ndtri

from merilo.methods.arrays import BoolArray, FloatArray
from merilo.methods.lift.schools import SchoolWindows

HABITS, HABIT_WEIGHTS = np.polynomial.hermite_e.hermegauss(13)
NOISE, NOISE_WEIGHTS = np.polynomial.hermite_e.hermegauss(3)
HABIT_WEIGHTS = HABIT_WEIGHTS / HABIT_WEIGHTS.sum()
NOISE_WEIGHTS = NOISE_WEIGHTS / NOISE_WEIGHTS.sum()
FEW_HABITS, FEW_WEIGHTS = NOISE, NOISE_WEIGHTS

BEYOND = np.array([0.4, 0.6, 0.8, 0.92])
"""Shares of what is left by habit that a school far beyond the practice lifts as well."""

BEYOND_WEIGHTS = np.array([0.4, 0.3, 0.2, 0.1])

LOWEST_ONLY = 0.3
"""Prior share of the schools far beyond the practice that are so over the lowest cut score only."""

SHARE_GRID = np.append(np.arange(0.0, 0.975, 0.025), [0.98, 0.995])
MOST_SHARE = float(SHARE_GRID[-1])

PRIOR_MEAN = np.array([-1.5, np.log(0.6), -2.6])
PRIOR_SD = np.array([1.5, 0.4, 0.5])
"""Of mu (share 0.18; 0.01 to 0.8), log tau (a spread of 0.6 on the log odds), log odds of pi (0.07; 0.03 to 0.17)."""


@dataclass(frozen=True, slots=True)
class Practice:
    """mean_logit (C,) mu; spread tau; beyond_part pi; share (C,) median share lifted by schools of the practice."""

    mean_logit: FloatArray
    spread: float
    beyond_part: float

    @property
    def share(self) -> FloatArray:
        """(C,) median share of near-misses lifted by schools of the region's practice."""
        return np.asarray(1.0 / (1.0 + np.exp(-self.mean_logit)))


class _Likelihood:
    """Log-likelihood of every school and cut score on the grid of shares, uncertainty of p integrated out."""

    def __init__(self, works: SchoolWindows, usable: BoolArray) -> None:
        share = np.where(usable, works.near_share, 0.5)[:, :, None, None]
        se = np.where(usable, works.log_se, 0.0)[:, :, None, None]
        chance = share * np.exp(se * NOISE - 0.5 * se**2) * (1.0 - SHARE_GRID[:, None])
        chance = np.clip(chance, 1e-9, 0.999)
        left = np.where(usable, works.remaining_n, 0.0)[:, :, None, None]
        gone = np.where(usable, works.windows_n - works.remaining_n, 0.0)[:, :, None, None]
        log = left * np.log(chance) + gone * np.log1p(-chance)
        self.table = _log_mean(log, NOISE_WEIGHTS)

    def at(self, shares: FloatArray) -> tuple[FloatArray, FloatArray]:
        """(J, N) log-likelihood of N settings of the shares (C, N) at all cut scores, and its slopes (J, C, N)."""
        held = np.clip(shares, 0.0, MOST_SHARE)
        low = np.clip(np.searchsorted(SHARE_GRID, held, side="right") - 1, 0, len(SHARE_GRID) - 2)
        step = SHARE_GRID[low + 1] - SHARE_GRID[low]
        part = (held - SHARE_GRID[low]) / step
        cut = np.arange(shares.shape[0])[:, None]
        below, above = self.table[:, cut, low], self.table[:, cut, low + 1]
        rise = above - below
        return (below + part * rise).sum(axis=1), rise / step


@dataclass(frozen=True, slots=True)
class _Group:
    """N settings of the shares (C, N) with prior weights (N,), and slopes by mu of the same cut and by log tau."""

    shares: FloatArray
    weight: FloatArray
    by_mean: FloatArray
    by_spread: FloatArray


def _usual(mean_logit: FloatArray, spread: float, habits: FloatArray) -> FloatArray:
    return np.asarray(1.0 / (1.0 + np.exp(-(mean_logit[:, None] + spread * habits))))


def _groups(mean_logit: FloatArray, spread: float) -> tuple[_Group, _Group]:
    """Settings of the shares by habit, and far beyond the practice."""
    usual = _usual(mean_logit, spread, HABITS)
    by_mean = usual * (1.0 - usual)
    within = _Group(usual, HABIT_WEIGHTS, by_mean, by_mean * spread * HABITS)
    kept = np.repeat(1.0 - BEYOND, len(FEW_HABITS))
    habits = np.tile(FEW_HABITS, len(BEYOND))
    weight = np.outer(BEYOND_WEIGHTS, FEW_WEIGHTS).ravel()
    few = _usual(mean_logit, spread, habits)
    left = np.broadcast_to(kept, few.shape)
    if len(mean_logit) > 1:
        lowest = np.ones_like(few)
        lowest[0] = kept
        few, left = np.tile(few, 2), np.concatenate([left, lowest], axis=1)
        habits = np.tile(habits, 2)
        weight = np.concatenate([(1.0 - LOWEST_ONLY) * weight, LOWEST_ONLY * weight])
    by_mean = left * few * (1.0 - few)
    return within, _Group(1.0 - left * (1.0 - few), weight, by_mean, by_mean * spread * habits)


def estimate_practice(works: SchoolWindows, usable: BoolArray) -> Practice:
    """The practice of the region from all its schools; usable (J, C): windows that can tell."""
    likelihood = _Likelihood(works, usable)
    cuts = works.near_share.shape[1]
    centre = np.concatenate([np.full(cuts, PRIOR_MEAN[0]), PRIOR_MEAN[1:]])
    scale = np.concatenate([np.full(cuts, PRIOR_SD[0]), PRIOR_SD[1:]])

    def loss(at: FloatArray) -> tuple[float, FloatArray]:
        usual, beyond = _groups(at[:cuts], float(np.exp(at[cuts])))
        pi = 1.0 / (1.0 + np.exp(-at[cuts + 1]))
        log = np.empty((len(works.near_share), 2))
        gradient = np.zeros((len(log), cuts + 1, 2))
        for column, (group, part) in enumerate(((usual, 1.0 - pi), (beyond, pi))):
            value, slopes = likelihood.at(group.shares)
            value += np.log(group.weight)
            top = value.max(axis=1, keepdims=True)
            log[:, column] = np.log(np.exp(value - top).sum(axis=1)) + top[:, 0] + np.log(part)
            belongs = np.exp(value + np.log(part) - log[:, column, None])
            pull = belongs[:, None] * slopes
            gradient[:, :cuts, column] = (pull * group.by_mean).sum(axis=2)
            gradient[:, cuts, column] = (pull * group.by_spread).sum(axis=(1, 2))
        total = np.logaddexp(log[:, 0], log[:, 1])
        chance = np.exp(log - total[:, None])
        off = (at - centre) / scale
        slope = (gradient * chance[:, None]).sum(axis=(0, 2))
        climb = np.append(slope, (chance[:, 1] - pi).sum())
        return float(0.5 * off @ off - total.sum()), off / scale - climb

    found = minimize(
        loss,
        centre,
        jac=True,
        method="L-BFGS-B",
        bounds=[(-6, 4)] * cuts + [(-3, 1), (-7, 0)],
        options={"maxiter": 60, "ftol": 1e-7},
    )
    odds = float(np.exp(found.x[cuts + 1]))
    return Practice(found.x[:cuts], float(np.exp(found.x[cuts])), odds / (1.0 + odds))


def log_bayes_beyond(works: SchoolWindows, usable: BoolArray, practice: Practice) -> FloatArray:
    """(J,) log Bayes factor: far beyond the practice against within it; 0 where nothing can be told."""
    likelihood = _Likelihood(works, usable)
    usual, beyond = (
        _log_mean(likelihood.at(group.shares)[0], group.weight)
        for group in _groups(practice.mean_logit, practice.spread)
    )
    return np.asarray(beyond - usual)


def practice_z(works: SchoolWindows, usable: BoolArray, practice: Practice) -> FloatArray:
    """(J,) distance from schools of the practice, positive = fewer near-misses remain; NaN where none are expected.

    The remaining near-misses of all cut scores together, given the windows and a habit, are a sum of binomials; their
    distribution is that of the binomial with the same mean and variance. Habits and the uncertainty of p are
    integrated out.
    """
    W = np.where(usable, works.windows_n, 0.0)
    p = np.where(usable, works.near_share, 0.5)
    se = np.where(usable, works.log_se, 0.0)
    left = np.where(usable, works.remaining_n, 0.0).sum(axis=1)
    kept = 1.0 - _usual(practice.mean_logit, practice.spread, HABITS)
    chance = p[:, :, None] * kept
    expected = W[:, :, None] * chance
    mean = expected.sum(axis=1)
    noise = np.sqrt(((expected * se[:, :, None]) ** 2).sum(axis=1)) / np.maximum(mean, 1e-9)
    squeeze = (W[:, :, None] * chance**2).sum(axis=1) / np.maximum(mean, 1e-9)
    factor = np.exp(noise[:, :, None] * NOISE - 0.5 * noise[:, :, None] ** 2)
    tails = _middle_tail(
        left[:, None, None], mean[:, :, None] * factor, np.minimum(squeeze[:, :, None] * factor, 0.999)
    )
    tail = tails @ NOISE_WEIGHTS @ HABIT_WEIGHTS
    return np.where(W.sum(axis=1) > 0, -ndtri(np.clip(tail, 1e-15, 1 - 1e-15)), np.nan)


def lasting_part(works: SchoolWindows, usable: BoolArray, practice: Practice) -> FloatArray:
    """(J,) share 0-1 of the variance of `practice_z` over schools of the practice that comes from their habits.

    The rest is the chance of single works. Habits last, chance does not: of the same school, z's of two procedures
    with parts a and b correlate by r sqrt(a b), r being the correlation of its habits.
    """
    W = np.where(usable, works.windows_n, 0.0)
    p = np.where(usable, works.near_share, 0.5)
    se = np.where(usable, works.log_se, 0.0)
    kept = 1.0 - _usual(practice.mean_logit, practice.spread, HABITS)
    chance = p[:, :, None] * kept
    expected = W[:, :, None] * chance
    mean = expected.sum(axis=1)
    overall = mean @ HABIT_WEIGHTS
    by_habit = (mean - overall[:, None]) ** 2 @ HABIT_WEIGHTS
    by_chance = expected * (1.0 - chance) + (expected * se[:, :, None]) ** 2
    by_chance = by_chance.sum(axis=1) @ HABIT_WEIGHTS
    return np.asarray(by_habit / np.maximum(by_habit + by_chance, 1e-12))


def _log_mean(log: FloatArray, weight: FloatArray) -> FloatArray:
    """Log of the weighted mean, along the last axis, of what `log` is the logarithm of."""
    top = log.max(axis=-1)
    return np.asarray(top + np.log(np.exp(log - top[..., None]) @ weight))


def _middle_tail(k: FloatArray, mean: FloatArray, chance: FloatArray) -> FloatArray:
    """P(fewer than k) + P(k) / 2 of a binomial with that mean and chance, its size taken as a real number."""
    size = mean / np.maximum(chance, 1e-9)

    def up_to(count: FloatArray) -> FloatArray:
        rest = np.maximum(size - count, 1e-9)
        value = betainc(rest, np.maximum(count + 1.0, 1e-9), 1.0 - chance)
        return np.where(count < 0, 0.0, np.where(count >= size, 1.0, value))

    return np.asarray(0.5 * (up_to(k) + up_to(k - 1.0)))
