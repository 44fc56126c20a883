"""Intervals hold what they promise in simulated authorities."""

from __future__ import annotations

import numpy as np
import pytest

from merilo.methods.intervals import (
    clustered_mean,
    count_ratio,
    moderate_variances,
    pooled_means,
    wilson_interval,
)

# 80 authorities of 41 schools; errors of classes are common to few schools: SE of a coverage about 0.006.
REPEATS = 80
PROMISED = (0.93, 0.975)


def simulate(
    rng: np.random.Generator,
    schools: int,
    classes: list[int],
    size: float,
    class_variance: float,
    spread: float,
) -> tuple[tuple[np.ndarray, ...], np.ndarray, np.ndarray]:
    """Class sums of scores about 500 +- 50, true school means, and the number of classes."""
    C = rng.choice(classes, schools)
    school = np.repeat(np.arange(schools), C)
    n = np.maximum(1, rng.poisson(size, len(school)))
    group = np.repeat(np.arange(len(school)), n)
    truth = 500 + 150 * rng.normal(size=schools)
    class_part = rng.normal(0, np.sqrt(class_variance), len(school))
    sd = np.exp(rng.normal(0, spread, schools))
    y = np.round(
        truth[school][group] + 50 * (class_part[group] + sd[school][group] * rng.normal(size=len(group)))
    )
    return (n, np.bincount(group, y), np.bincount(group, y * y), school), truth, C


@pytest.mark.parametrize(
    ("classes", "size", "class_variance", "spread"),
    [
        ([1, 2, 3], 25, 0.05, 0.0),
        ([1, 2, 3], 25, 0.05, 0.25),
        ([1, 2, 3], 6, 0.10, 0.2),
        ([1, 2], 25, 0.0, 0.2),
    ],
    ids=["usual", "unequal-spread", "small-classes", "classes-alike"],
)
def test_clustered_mean_covers_also_in_schools_of_one_class(
    classes: list[int], size: float, class_variance: float, spread: float
) -> None:
    rng = np.random.default_rng(12)
    covered, single = [], []
    for _ in range(REPEATS):
        sums, truth, C = simulate(rng, 41, classes, size, class_variance, spread)
        mean = clustered_mean(*sums, 41)
        inside = (mean.lower <= truth) & (truth <= mean.upper)
        covered.append(inside)
        single.append(inside[C == 1])
    assert PROMISED[0] <= np.mean(covered) <= PROMISED[1]
    assert PROMISED[0] - 0.01 <= np.mean(np.concatenate(single)) <= PROMISED[1] + 0.01


def test_ignoring_classes_would_cover_far_less() -> None:
    """The reason for the clustered error: s/sqrt(N) covers about 80 % where classes differ by 5 % of variance."""
    rng = np.random.default_rng(13)
    covered = []
    for _ in range(30):
        sums, truth, _ = simulate(rng, 41, [1, 2, 3], 25, 0.05, 0.0)
        mean = clustered_mean(*sums, 41)
        covered.append(np.abs(mean.mean - truth) <= 1.96 * np.sqrt(mean.pupil_variance / mean.n))
    assert np.mean(covered) < 0.87


def test_class_variance_is_right_on_average() -> None:
    rng = np.random.default_rng(14)
    values = [
        clustered_mean(*simulate(rng, 60, [1, 2, 3], 25, 0.1, 0.0)[0], 60).class_variance for _ in range(100)
    ]
    assert abs(np.mean(values) - 250.0) < 4 * np.std(values) / 10


def test_prior_of_variances_is_recovered() -> None:
    """True variances scaled inverse chi-squared with 8 degrees of freedom about 2."""
    rng = np.random.default_rng(15)
    freedom = rng.integers(5, 40, 20_000).astype(float)
    true = 2.0 * 8.0 / rng.chisquare(8.0, 20_000)
    moderated, prior, _ = moderate_variances(true * rng.chisquare(freedom), freedom)
    assert prior == pytest.approx(8.0, rel=0.06)
    assert np.corrcoef(np.log(moderated), np.log(true))[0, 1] > 0.8


def test_wilson_covers_small_schools() -> None:
    """True shares 0.05-0.95, n = 5-60: average coverage within 1.5 points of 95 %."""
    rng = np.random.default_rng(16)
    share, n = rng.uniform(0.05, 0.95, 200_000), rng.integers(5, 61, 200_000)
    interval = wilson_interval(rng.binomial(n, share), n)
    covered = np.mean((interval.lower <= share) & (share <= interval.upper))
    assert covered == pytest.approx(0.95, abs=0.015)


def test_pooled_means_and_count_ratios_cover_their_truth() -> None:
    """4000 groups of 6 estimates of unlike precision; 4000 counts about 12 (exact limits cover a little more)."""
    rng = np.random.default_rng(27)
    group, sd = np.repeat(np.arange(4000), 6), rng.uniform(0.2, 2.0, 24000)
    weight = rng.uniform(1, 40, 24000)
    estimate = rng.normal(0.3, sd)
    _mean, lower, upper = pooled_means(
        group, estimate, estimate - 1.96 * sd, estimate + 1.96 * sd, weight, 4000
    )
    assert 0.94 <= ((lower <= 0.3) & (upper >= 0.3)).mean() <= 0.96
    expected = rng.uniform(5, 60, 4000)
    ratio = count_ratio(rng.poisson(0.4 * expected).astype(float), expected)
    assert 0.95 <= ((ratio.lower <= 0.4) & (ratio.upper >= 0.4)).mean() <= 0.985
