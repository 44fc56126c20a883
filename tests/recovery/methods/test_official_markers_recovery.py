"""What the official markers do to honest schools: the facts that a real region taught, met again in simulation.

Counted on one region (643 schools, ten works of 2020 and 2021; docs/methods.md): kind (a) points at 13-22 % of schools,
kind (b) at 0-5 of 630, nearly all under ten pupils, kind (c) at one or none of 625.
"""

from __future__ import annotations

import numpy as np
import pytest

from merilo.methods.official_markers import inflated_means, rank_correlations, sharp_changes

SCHOOLS = 640


def region(rng: np.random.Generator, icc: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """School of each pupil, ability (variance 1, share icc between schools), works by school (quartiles 10, 22, 57)."""
    n = np.clip(np.round(np.exp(rng.normal(np.log(22), 1.3, SCHOOLS))), 1, 150).astype(int)
    org = np.repeat(np.arange(SCHOOLS), n)
    ability = np.sqrt(icc) * rng.normal(size=SCHOOLS)[org] + np.sqrt(1 - icc) * rng.normal(size=len(org))
    return org, ability, n


def scores(rng: np.random.Generator, ability: np.ndarray, noise: float = 0.45) -> np.ndarray:
    """Whole scores 0-20 with mean 11, SD 4."""
    return np.clip(np.round(11 + 4 * (ability + noise * rng.normal(size=len(ability)))), 0, 20)


@pytest.mark.parametrize("icc", [0.09, 0.17])
def test_inflated_means_are_mostly_those_of_strong_schools(icc: float) -> None:
    rng = np.random.default_rng(31)
    org, ability, n = region(rng, icc)
    score = scores(rng, ability)
    found = inflated_means(
        n, np.bincount(org, score, SCHOOLS), np.bincount(org, score**2, SCHOOLS), t=1.96, smallest_n=2
    )
    assert 0.10 < found.flagged.mean() < 0.25
    strong = np.bincount(org, ability, SCHOOLS) / n
    assert strong[found.flagged].mean() > 0.35


def test_intervals_of_school_means_cover_the_schools_truth() -> None:
    """As printed (t 1.96 for every size): near 95 % from 20 works on, less below: Student's t would be wider."""
    rng = np.random.default_rng(32)
    covered = {5: [], 20: [], 80: []}
    for n, hits in covered.items():
        score = rng.normal(10, 4, (4000, n))
        found = inflated_means(
            np.full(4000, n), score.sum(axis=1), (score**2).sum(axis=1), t=1.96, smallest_n=2
        )
        hits.append(np.mean((found.lower < 10) & (found.upper > 10)))
    assert covered[80][0] == pytest.approx(0.95, abs=0.012)
    assert covered[20][0] == pytest.approx(0.935, abs=0.015)
    assert 0.85 < covered[5][0] < 0.9


def test_honest_journals_hardly_ever_run_against_the_work() -> None:
    rng = np.random.default_rng(33)
    org, ability, n = region(rng, 0.12)
    score = scores(rng, ability)
    generosity = rng.normal(0, 0.3, SCHOOLS)[org]
    mark = np.clip(np.round(3.6 + 0.75 * ability + generosity + 0.5 * rng.normal(size=len(org))), 2, 5)
    found = rank_correlations(
        org, mark, score, np.ones(len(org), int), n_schools=SCHOOLS, limit=0, smallest_n=3
    )
    assert found.flagged.sum() <= 8
    assert not found.flagged[n >= 20].any()


def test_limits_of_a_rank_correlation_cover_it() -> None:
    """Normal pairs with correlation .6 have the rank correlation 6 / pi * asin(.3)."""
    rng = np.random.default_rng(34)
    rho, n, repeats = 0.6, 25, 3000
    left = rng.normal(size=(repeats, n))
    right = rho * left + np.sqrt(1 - rho**2) * rng.normal(size=(repeats, n))
    found = rank_correlations(
        np.repeat(np.arange(repeats), n),
        left.ravel(),
        right.ravel(),
        np.ones(repeats * n, int),
        n_schools=repeats,
        limit=0,
        smallest_n=3,
    )
    truth = 6 / np.pi * np.arcsin(rho / 2)
    assert 0.93 < np.mean((found.lower < truth) & (truth < found.upper)) < 0.97


def test_sharp_changes_of_honest_cohorts_are_rare_and_a_real_one_is_seen() -> None:
    rng = np.random.default_rng(35)
    org, ability, n = region(rng, 0.12)
    shares = []
    for level in (0.6, 0.5):
        score = np.clip(np.round(20 * level + 4 * (ability + 0.45 * rng.normal(size=len(org)))), 0, 20) / 20
        mean = np.bincount(org, score, SCHOOLS) / n
        spread = np.bincount(org, score**2, SCHOOLS) / n - mean**2
        shares.append((mean, np.sqrt(np.maximum(spread, 0) / np.maximum(n - 1, 1))))
    (before, before_se), (after, after_se) = shares
    after[np.flatnonzero(n > 30)[0]] *= 0.35
    found = sharp_changes(
        before, after, earlier_se=before_se, later_se=after_se, iqr_multiplier=3, smallest_schools=4
    )
    assert found.fallen[np.flatnonzero(n > 30)[0]]
    assert (found.fallen | found.risen)[n >= 10].mean() < 0.01
