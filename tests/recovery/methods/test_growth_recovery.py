"""Simulate growth, estimate it, compare with the truth."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from merilo.methods.growth import growth_percentiles, summarise_schools

# 5,000 pupils in five prior groups of 1,000: a mean of uniform percentiles has standard error 28.9 / sqrt(1000) = 0.9.
GROUP_MEAN = 3.0
# Error of a fitted quantile near the median: sqrt(8 / 4 * 5000) ... about 2 percentiles for 8 coefficients.
PERCENTILE_RMSE = 2.0
# 100 schools x 10 repeats: the standard error of a coverage of 0.95 is 0.007.
COVERAGE = (0.925, 0.975)


def test_percentiles_are_the_true_conditional_ones() -> None:
    rng = np.random.default_rng(5)
    prior = rng.normal(size=5000)
    spread = 0.6 + 0.2 * prior**2 / (1 + prior**2)
    deviation = rng.normal(size=5000)
    growth = growth_percentiles(prior, np.sin(prior) + prior + spread * deviation)
    truth = 100 * norm.cdf(deviation)
    assert np.sqrt(np.mean((growth.rank - truth) ** 2)) < PERCENTILE_RMSE
    group = np.digitize(prior, np.quantile(prior, [0.2, 0.4, 0.6, 0.8]))
    for fifth in range(5):
        assert growth.percentile[group == fifth].mean() == pytest.approx(50, abs=GROUP_MEAN)


def test_on_a_short_test_points_drift_and_spread_scores_do_not() -> None:
    rng = np.random.default_rng(6)
    ability = rng.normal(size=3000)
    prior = rng.binomial(20, norm.cdf(ability)).astype(float)
    score = rng.binomial(20, norm.cdf(ability + 0.3)).astype(float)
    as_points, spread = growth_percentiles(prior, score), growth_percentiles(prior, score, score_step=1.0)
    assert spread.percentile.mean() == pytest.approx(50, abs=0.3)
    assert abs(as_points.percentile.mean() - 50) > 1


@pytest.mark.parametrize("pupils", [6, 30])
@pytest.mark.parametrize("class_sd", [0.0, 0.4])
def test_intervals_of_schools_cover_the_truth(pupils: int, class_sd: float) -> None:
    rng = np.random.default_rng(pupils)
    mean_hit, median_hit = [], []
    size = max(pupils // 3, 2)
    for _ in range(10):
        school = np.repeat(np.arange(100), pupils)
        classroom = np.tile(np.arange(pupils) // size, 100)
        effect = rng.normal(0, 0.3, 100)
        of_class = rng.normal(0, class_sd, (100, classroom.max() + 1))
        z = effect[school] + of_class[school, classroom] + rng.normal(size=len(school))
        total = np.sqrt(1 + 0.09 + class_sd**2)
        schools = summarise_schools(
            100 * norm.cdf(z / total), school, n_schools=100, classroom=classroom if class_sd else None
        )
        true_mean = 100 * norm.cdf(effect / np.sqrt(total**2 + 1 + class_sd**2))
        mean_hit.append(np.abs(schools.mean - true_mean) < 1.96 * schools.se_mean)
        median_hit.append(np.abs(schools.median - 100 * norm.cdf(effect / total)) < 1.96 * schools.se_median)
    assert COVERAGE[0] <= np.mean(mean_hit) <= COVERAGE[1]
    # the median's error is the large-sample one for evenly spread percentiles in small schools: not below, but above
    assert COVERAGE[0] - 0.02 <= np.mean(median_hit) <= 0.995
