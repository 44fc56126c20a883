"""Intervals against published tables, statsmodels and scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from merilo.methods.intervals import (
    binomial_tail,
    count_ratio,
    pooled_means,
    share_difference,
    wilson_interval,
)

PROGRAM = 1e-10


def test_wilson_equals_statsmodels() -> None:
    """statsmodels >= 0.14, proportion_confint(method="wilson")."""
    proportion = pytest.importorskip("statsmodels.stats.proportion", reason="needs statsmodels")
    n = np.array([1, 2, 5, 10, 28, 60, 1000])
    hits = np.array([0, 1, 5, 3, 9, 1, 300])
    ours = wilson_interval(hits, n, 0.9)
    lower, upper = proportion.proportion_confint(hits, n, alpha=0.1, method="wilson")
    assert ours.lower == pytest.approx(lower, abs=PROGRAM)
    assert ours.upper == pytest.approx(upper, abs=PROGRAM)


@pytest.mark.parametrize(
    ("hits", "n", "other", "n_other", "lower", "upper"),
    [
        (56, 70, 48, 80, 0.0524, 0.3339),
        (9, 10, 3, 10, 0.1705, 0.8090),
        (10, 10, 0, 20, 0.6791, 1.0000),
    ],
)
def test_difference_equals_newcombe_1998_table_2(
    hits: int, n: int, other: int, n_other: int, lower: float, upper: float
) -> None:
    """Newcombe 1998, Statistics in Medicine 17, 873-890, table II, method 10, printed to 4 digits."""
    ours = share_difference(np.array(hits), np.array(n), np.array(other), np.array(n_other))
    assert ours.lower == pytest.approx(lower, abs=6e-5)
    assert ours.upper == pytest.approx(upper, abs=6e-5)


def test_binomial_tail_equals_scipy() -> None:
    n = np.arange(1, 40)[:, None]
    hits = np.minimum(np.arange(0, 40)[None, :], n)
    for share in (0.02, 0.3, 0.9):
        exact = binom.sf(hits - 1, n, share)
        assert binomial_tail(hits, n, np.array(share), mid=False) == pytest.approx(exact, abs=PROGRAM)
        assert binomial_tail(hits, n, np.array(share)) == pytest.approx(
            exact - 0.5 * binom.pmf(hits, n, share), abs=PROGRAM
        )


def test_pooled_limits_give_newcombe_of_1998_for_a_difference() -> None:
    """MOVER of half p1 and half -p2, doubled, is method 10: 56/70 against 48/80 has 0.0524 to 0.3339."""
    one, two = wilson_interval(np.array(56), np.array(70)), wilson_interval(np.array(48), np.array(80))
    mean, lower, upper = pooled_means(
        np.zeros(2, np.int64),
        np.array([one.share, -two.share]),
        np.array([one.lower, -two.upper]),
        np.array([one.upper, -two.lower]),
        np.ones(2),
        1,
    )
    assert 2 * lower[0] == pytest.approx(0.0524, abs=5e-5)
    assert 2 * upper[0] == pytest.approx(0.3339, abs=5e-5)
    assert 2 * mean[0] == pytest.approx(0.2, abs=1e-12)


def test_counts_have_the_limits_of_garwoods_table_of_1936() -> None:
    """Garwood 1936, table I, 95 %: 0, 1, 5, 10 seen."""
    ratio = count_ratio(np.array([0.0, 1.0, 5.0, 10.0]), np.ones(4))
    assert ratio.lower == pytest.approx([0.0, 0.0253, 1.62, 4.80], abs=0.006)
    assert ratio.upper == pytest.approx([3.69, 5.57, 11.67, 18.39], abs=0.006)
