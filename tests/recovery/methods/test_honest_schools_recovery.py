"""Honest schools keep their 5 % at every size, distorted ones stand out: absences, pairs of means, spread, agreement.

Every world is drawn otherwise than the model says: logits of absence are normal, not beta; marks are cut from normal
abilities; errors of schools have heavier tails.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.special import expit

from merilo.methods.honest_schools import (
    absence_scores,
    combined_scores,
    compare_agreement,
    compare_cohorts,
    compare_means,
    fit_absence,
    fit_marks_tilt,
    log_variance,
    marks_scores,
    reference_weights,
    shift_and_agreement,
    spread_shortfall,
)

MARKS = np.arange(2.0, 6.0)
CUTS = (-1.2, 0.2, 1.3)
SCHOOLS, WORLDS = 200, 25
SIZES = ((8, 15), (15, 40), (40, 999))
Drawn = tuple[np.ndarray, np.ndarray, np.ndarray]


def sizes(rng: np.random.Generator) -> np.ndarray:
    return np.exp(rng.normal(3.1, 1.0, SCHOOLS)).clip(8, 250).astype(int)


def shares(draw: Callable[[np.random.Generator], Drawn], seed: int) -> tuple[np.ndarray, float]:
    """draw gives z, size, distorted (J,). Share of honest z above 1.645 by size; of distorted ones."""
    rng = np.random.default_rng(seed)
    z, n, odd = (np.concatenate(part) for part in zip(*(draw(rng) for _world in range(WORLDS)), strict=True))
    told = np.isfinite(z)
    honest = [np.mean(z[told & ~odd & (n >= low) & (n < high)] > 1.645) for low, high in SIZES]
    return np.array(honest), float(np.mean(z[told & odd] > 1.645)) if odd.any() else np.nan


def participation(rng: np.random.Generator, part: float) -> Drawn:
    """Normal logits of absence between schools; weaker pupils absent more; some keep half of the weakest fifth away."""
    n = sizes(rng)
    odd = rng.random(SCHOOLS) < part
    away, here = np.zeros((SCHOOLS, 4)), np.zeros((SCHOOLS, 4))
    for j, size in enumerate(n):
        ability = rng.normal(0, 1, size) + rng.normal(0, 0.35)
        gone = rng.random(size) < expit(-2.4 + rng.normal(0, 0.35) - 0.3 * ability)
        if odd[j]:
            weak = np.argsort(ability)[: round(size / 5)]
            gone[weak] |= rng.random(len(weak)) < 0.5
        mark = np.searchsorted(CUTS, ability + rng.normal(0, 0.6, size))
        away[j], here[j] = np.bincount(mark[gone], minlength=4), np.bincount(mark[~gone], minlength=4)
    absent, entered = away.sum(axis=1), n.astype(float)
    model, tilt = fit_absence(absent, entered), fit_marks_tilt(away, here, MARKS)
    weights = reference_weights(entered, away + here, MARKS, model, tilt)
    z = combined_scores(
        absence_scores(absent, entered, model), marks_scores(away, here, MARKS, tilt), *weights
    )
    return z, n, odd


def marks(rng: np.random.Generator, part: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Works by journal mark and mark: generosity of schools has heavy tails; some raise their works by 0.6 SD."""
    n = sizes(rng)
    odd = rng.random(SCHOOLS) < part
    both = np.zeros((SCHOOLS, 4, 4))
    for j, size in enumerate(n):
        ability = rng.normal(0, 1, size) + rng.normal(0, 0.35)
        journal = np.searchsorted(CUTS, ability + rng.normal(0, 0.5, size) + 0.2 * rng.standard_t(6))
        work = np.searchsorted(CUTS, ability + rng.normal(0, 0.5, size) + rng.normal(0, 0.15) + 0.6 * odd[j])
        np.add.at(both[j], (journal, work), 1)
    return both, n, odd


def journal(rng: np.random.Generator, part: float) -> Drawn:
    both, n, odd = marks(rng, part)
    x, y = both.sum(axis=2) @ MARKS / n, both.sum(axis=1) @ MARKS / n
    about = np.stack([both.sum(axis=2) @ MARKS**2 - n * x**2,
                      np.einsum("jab,a,b->j", both, MARKS, MARKS) - n * x * y,
                      both.sum(axis=1) @ MARKS**2 - n * y**2]).sum(axis=1) / (n - 1).sum()  # fmt: skip
    found = compare_means(y, x, about[2] / n, about[0] / n, about[1] / n)
    return shift_and_agreement(found.z, compare_agreement(both, MARKS).z), n, odd


def cohort(rng: np.random.Generator, part: float) -> Drawn:
    """Two means of nine tenths the same pupils whose scores go together 0.7; some jump by half an SD."""
    n = sizes(rng)
    odd = rng.random(SCHOOLS) < part
    level = rng.normal(0, 0.4, SCHOOLS)
    before = level + rng.normal(0, 0.15, SCHOOLS)
    after = level + 0.15 * rng.standard_t(6, SCHOOLS) + 0.5 * odd
    for j, size in enumerate(n):
        stayed = rng.random(size) < 0.9
        first = rng.normal(size=size)
        second = np.where(stayed, 0.7 * first, 0) + rng.normal(size=size) * np.where(stayed, 0.714, 1)
        before[j] += first.mean()
        after[j] += second.mean()
    return compare_cohorts(after, before, 1 / n, 1 / n, np.ones(SCHOOLS)).z, n, odd


def spread(rng: np.random.Generator, part: float) -> Drawn:
    """Short-tailed scores; true SDs differ by a tenth between schools; some have six tenths of it."""
    n = sizes(rng)
    odd = rng.random(SCHOOLS) < part
    variance = np.empty(SCHOOLS)
    for j, size in enumerate(n):
        sd = np.exp(rng.normal(0, 0.1)) * (0.6 if odd[j] else 1.0)
        variance[j] = (sd * (rng.beta(3, 3, size) - 0.5)).var(ddof=1)
    own = log_variance(n.astype(float), variance, kurtosis=2.33)
    allowance = np.zeros(SCHOOLS)
    return spread_shortfall(own, np.zeros((SCHOOLS, 0)), allowance=allowance).z, n, odd


@pytest.mark.parametrize(
    ("draw", "least", "most"),
    [(participation, 0.03, 0.06), (journal, 0.03, 0.06), (cohort, 0.035, 0.065), (spread, 0.03, 0.07)],
)
def test_honest_schools_keep_five_percent_at_every_size(
    draw: Callable[[np.random.Generator, float], Drawn], least: float, most: float
) -> None:
    by_size, _odd = shares(lambda rng: draw(rng, 0.0), 31)
    assert (by_size > least).all()
    assert (by_size < most).all()


@pytest.mark.parametrize(
    ("draw", "most", "seen"),
    [(participation, 0.06, 0.32), (journal, 0.06, 0.32), (cohort, 0.065, 0.3), (spread, 0.07, 0.6)],
)
def test_distorted_schools_stand_out_of_honest_ones(
    draw: Callable[[np.random.Generator, float], Drawn], most: float, seen: float
) -> None:
    """A tenth is distorted (mildly, schools from 8 pupils on): the honest are not flagged for it.

    Seen: 0.38 of those who kept pupils away, 0.37 raised above the journal, 0.34 of jumps, 0.75 of narrowed ones.
    """
    by_size, odd = shares(lambda rng: draw(rng, 0.1), 32)
    assert (by_size < most).all()
    assert odd > seen


def test_strong_schools_do_not_lie_above_the_line() -> None:
    """A tenth of schools is 0.9 SD stronger. Seen: the axis flags 0.04 of them, the regression 0.15."""
    rng = np.random.default_rng(33)
    axis, line = [], []
    for _world in range(WORLDS):
        n = sizes(rng)
        strong = rng.random(SCHOOLS) < 0.1
        level = rng.normal(0, 0.35, SCHOOLS) + 0.9 * strong
        error = 1 / n
        x = level + rng.normal(0, 0.2, SCHOOLS) + rng.normal(size=SCHOOLS) * np.sqrt(error)
        y = level + rng.normal(0, 0.2, SCHOOLS) + rng.normal(size=SCHOOLS) * np.sqrt(error)
        nothing = np.zeros(SCHOOLS)
        axis.append(compare_means(y, x, error, error, nothing).z[strong] > 1.645)
        line.append(compare_means(y, x, error, error, nothing, regression=True).z[strong] > 1.645)
    assert np.concatenate(axis).mean() < 0.075
    assert np.concatenate(line).mean() > np.concatenate(axis).mean() + 0.03
