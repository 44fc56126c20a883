"""Lift over cut scores: simulated truth is inside the intervals as often as promised.

The long run is validation/lift.py.
"""

from __future__ import annotations

import numpy as np
import pytest

from merilo.methods.lift import estimate_lift, lift_operator

ABILITY = np.linspace(-6, 6, 81)
REPEATS = 100

COVERAGE = (0.91, 0.995)
"""200-300 intervals of about 0.95, those of one test correlated: three standard errors either way are 0.91-0.99."""


def kernel_of(max_points: list[int], rng: np.random.Generator) -> np.ndarray:
    """P(raw score | ability) of a partial credit test with random steps and slopes."""
    kernel = np.ones((1, len(ABILITY)))
    for points in max_points:
        steps = rng.normal(0, 1) + np.sort(rng.normal(0, 0.6, points))
        logits = np.vstack(
            [0 * ABILITY, np.cumsum(np.exp(rng.normal(0, 0.25)) * (ABILITY - steps[:, None]), axis=0)]
        )
        category = np.exp(logits) / np.exp(logits).sum(axis=0)
        wider = np.zeros((len(kernel) + points, len(ABILITY)))
        for k in range(points + 1):
            wider[k : k + len(kernel)] += kernel * category[k]
        kernel = wider
    return kernel


def ability(shape: int) -> np.ndarray:
    """Normal, skewed, bimodal."""
    density = [
        np.exp(-0.5 * ((ABILITY - 0.2) / 1.1) ** 2),
        np.exp(-0.5 * (ABILITY - 0.9) ** 2) / (1 + np.exp(3 * (ABILITY - 0.9))),
        0.6 * np.exp(-0.5 * ((ABILITY + 1.1) / 0.6) ** 2) + np.exp(-0.5 * ((ABILITY - 0.9) / 0.7) ** 2),
    ][shape % 3]
    return density / density.sum()


def recover(
    max_points: list[int], cuts: tuple[int, ...], works: int, share: float, *, with_kernel: bool = False
) -> tuple[float, float, np.ndarray]:
    """Coverage of the shares at the cut scores and of the overall share; errors of the overall share."""
    inside, inside_overall, error = [], [], []
    for repeat in range(REPEATS):
        rng = np.random.default_rng([20, works, int(100 * share), repeat])
        kernel = kernel_of(max_points, rng)
        landing = (1.0,) if repeat % 2 else (0.75, 0.25)
        operator = lift_operator(len(kernel) - 1, cuts, np.full((len(cuts), 2), share), landing=landing)
        counts = rng.multinomial(works, operator @ kernel @ ability(repeat))
        estimate = estimate_lift(counts, cuts, kernel=kernel if with_kernel else None)
        inside.append((estimate.lower <= share) & (share <= estimate.upper))
        inside_overall.append(estimate.overall_lower <= share <= estimate.overall_upper)
        error.append(estimate.overall_share - share)
    return float(np.mean(inside)), float(np.mean(inside_overall)), np.array(error)


SHORT = ([1] * 10 + [2] * 5, (6, 10, 15))
LONG = ([1] * 6 + [2] * 13 + [3] * 2, (14, 24, 33))


@pytest.mark.parametrize(("test", "works"), [(SHORT, 1_000), (LONG, 2_500), (LONG, 25_000)])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.85])
def test_intervals_cover(test: tuple[list[int], tuple[int, ...]], works: int, share: float):
    """Partial credit scores, three shapes of ability, landing on the cut score or one above."""
    cut_coverage, overall_coverage, error = recover(*test, works, share)
    assert COVERAGE[0] <= cut_coverage <= 1.0
    assert 0.88 <= overall_coverage <= 1.0
    if share:  # at 0 an estimate can only err upwards
        assert cut_coverage <= COVERAGE[1]
        assert abs(error.mean()) < 4 * error.std() / np.sqrt(REPEATS) + 0.01


def test_intervals_cover_on_a_short_test_of_many_works():
    """16 points, cut scores 4 apart: windows leave five scores free, calibrated items supply the shape."""
    cut_coverage, overall_coverage, error = recover(
        [1] * 10 + [2] * 3, (6, 10, 14), 25_000, 0.6, with_kernel=True
    )
    assert COVERAGE[0] <= cut_coverage <= COVERAGE[1]
    assert overall_coverage >= 0.88
    assert abs(error.mean()) < 0.01


def test_no_lift_where_no_cut_score_is():
    """Placebo: the works are lifted at 14, the question is asked at 24 and 33 as well."""
    excluded = 0
    for repeat in range(REPEATS):
        rng = np.random.default_rng([21, repeat])
        honest = kernel_of(LONG[0], rng) @ ability(repeat)
        counts = rng.multinomial(
            10_000, lift_operator(len(honest) - 1, [14], np.array([[0.8, 0.8]])) @ honest
        )
        estimate = estimate_lift(counts, LONG[1])
        excluded += int(np.count_nonzero(estimate.lower[1:] > 0))
        assert estimate.lower[0] > 0.5
    assert excluded <= 0.05 * 2 * REPEATS + 3 * np.sqrt(0.05 * 0.95 * 2 * REPEATS)


@pytest.mark.parametrize("seed", range(6))
def test_uneven_scores_are_no_lift(seed: int):
    """Items of 2 points that one in ten solves by half: even scores are common, odd ones rare, and that is no lift."""
    rng = np.random.default_rng(seed)
    kernel = np.ones((1, len(ABILITY)))
    for _ in range(12):
        right = 1 / (1 + np.exp(-(ABILITY - rng.normal())))
        wider = np.zeros((len(kernel) + 2, len(ABILITY)))
        for k, category in enumerate((0.9 * (1 - right), 0.1 * np.ones(len(ABILITY)), 0.9 * right)):
            wider[k : k + len(kernel)] += kernel * category
        kernel = wider
    counts = rng.multinomial(25_000, kernel @ ability(0))
    knowing = estimate_lift(counts, [8, 16], kernel=kernel)
    blind = estimate_lift(counts, [8, 16])
    assert counts[10] > 1.1 * counts[9]
    np.testing.assert_array_less(blind.lower, 0.01)
    np.testing.assert_array_less(knowing.lower, 0.01)
    assert np.all(knowing.upper < 0.12)
    assert np.all(
        knowing.upper < blind.upper + 0.02
    )  # to know the items' unevenness is worth a narrower interval
