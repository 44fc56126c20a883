"""Intervals against published tables, statsmodels and scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from merilo.methods.intervals import binomial_tail, share_difference, wilson_interval

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
