"""Symmetric functions and what follows from them, against enumeration of all response patterns."""

import itertools

import numpy as np
import pytest

from merilo.methods.irt import points_given_score, subset_score_distribution
from merilo.methods.irt.items import items_from_steps
from merilo.methods.irt.ladder import climb, joint_counts

EXACT = 1e-12  # sums of a few dozen doubles

STEPS = np.array([[0.3, np.nan, np.nan], [-0.5, 0.9, np.nan], [1.2, -0.4, 0.1], [-1.0, np.nan, np.nan]])
ITEMS = items_from_steps(STEPS)


def enumerate_patterns(administered: np.ndarray, score: int) -> tuple[np.ndarray, np.ndarray]:
    """All answers with that raw score (L, I), and their probabilities given the score."""
    ranges = [range(top + 1) if met else (0,) for top, met in zip(ITEMS.max_points, administered)]
    answers = np.array([x for x in itertools.product(*ranges) if sum(x) == score]).reshape(-1, 4)
    log_weight = np.array([sum(ITEMS.log_weight[i, x] for i, x in enumerate(row)) for row in answers])
    weight = np.exp(log_weight)
    return answers, weight


PATTERNS = np.array([[True] * 4, [True, False, True, True], [False, True, True, False]])


@pytest.mark.parametrize("pattern", range(3))
def test_gamma_expectation_and_variance(pattern: int) -> None:
    administered = PATTERNS[pattern]
    log_gamma = climb(ITEMS.log_weight, ITEMS.max_points, PATTERNS).log_gamma[pattern]
    given = points_given_score(ITEMS, administered=administered)
    for score in range(int(ITEMS.max_points[administered].sum()) + 1):
        answers, weight = enumerate_patterns(administered, score)
        assert np.exp(log_gamma[score]) == pytest.approx(weight.sum(), rel=EXACT)
        share = weight / weight.sum()
        mean = share @ answers
        variance = share @ answers**2 - mean**2
        np.testing.assert_allclose(given.expected[score, administered], mean[administered], atol=EXACT)
        np.testing.assert_allclose(given.variance[score, administered], variance[administered], atol=EXACT)
    assert np.isnan(given.expected[:, ~administered]).all()


def test_joint_counts_are_sums_of_conditional_moments() -> None:
    works = np.random.default_rng(0).integers(0, 5, (3, 8)).astype(float)
    ladder = climb(ITEMS.log_weight, ITEMS.max_points, PATTERNS)
    works[~np.isfinite(ladder.log_gamma)] = 0.0
    expected, information, _ = joint_counts(ladder, works)
    mean_sum, cov_sum = np.zeros(7), np.zeros((7, 7))
    for pattern, score in itertools.product(range(3), range(8)):
        if works[pattern, score] == 0:
            continue
        answers, weight = enumerate_patterns(PATTERNS[pattern], score)
        share = weight / weight.sum()
        columns = [(i, x) for i in range(4) for x in range(1, int(ITEMS.max_points[i]) + 1)]
        hit = np.array([[float(row[i] == x) for i, x in columns] for row in answers])
        mean = share @ hit
        mean_sum += works[pattern, score] * mean
        cov_sum += works[pattern, score] * ((hit * share[:, None]).T @ hit - np.outer(mean, mean))
    np.testing.assert_allclose(expected, mean_sum, atol=10 * EXACT)
    np.testing.assert_allclose(information, cov_sum, atol=10 * EXACT)


def test_subset_score_given_total_by_enumeration() -> None:
    subset = np.array([False, True, False, True])
    table = subset_score_distribution(STEPS, subset)
    assert table.shape == (8, 4)
    for score in range(8):
        answers, weight = enumerate_patterns(np.ones(4, dtype=bool), score)
        on_subset = answers[:, subset].sum(axis=1)
        by_hand = np.bincount(on_subset, weights=weight, minlength=4) / weight.sum()
        np.testing.assert_allclose(table[score], by_hand, atol=EXACT)


def test_sixty_items_of_four_points_neither_overflow_nor_lose_probability() -> None:
    steps = np.linspace(-12, 12, 240).reshape(60, 4)
    given = points_given_score(steps)
    assert np.isfinite(given.expected).all()
    np.testing.assert_allclose(given.expected.sum(axis=1), np.arange(241), atol=1e-9)
