"""The three formulas against published examples and another program.

The markers themselves (ФИОКО) come without a worked example; each formula is an old one and has.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from merilo.methods.official_markers import inflated_means, rank_correlations, sharp_changes


def test_interval_of_a_mean_in_the_nist_handbook() -> None:
    """NIST/SEMATECH e-Handbook of Statistical Methods (2012), 1.3.5.2, ZARR13: n 195, mean 9.261460, SD .022789,
    t 1.9723: 9.258242 to 9.264679. Printed to six digits.
    """
    n, mean, sd = 195, 9.261460, 0.022789
    total, square = n * mean, (n - 1) * sd**2 + n * mean**2
    found = inflated_means(np.array([n]), np.array([total]), np.array([square]), t=1.9723, smallest_n=2)
    assert found.lower[0] == pytest.approx(9.258242, abs=1.5e-6)
    assert found.upper[0] == pytest.approx(9.264679, abs=1.5e-6)


def test_rank_correlation_in_hollander_and_wolfe() -> None:
    """Hollander & Wolfe 1973, p. 187, tuna: R 4 (cor.test, method "spearman") gives S = 48, so
    rho = 1 - 6 * 48 / (9 * 80) = 0.6.
    """
    lightness = [44.4, 45.9, 41.9, 53.3, 44.7, 44.1, 50.7, 45.2, 60.1]
    quality = [2.6, 3.1, 2.5, 5.0, 3.6, 4.0, 5.2, 2.8, 3.8]
    found = rank_correlations(
        np.zeros(9, int),
        np.array(lightness),
        np.array(quality),
        np.ones(9, int),
        n_schools=1,
        limit=0.0,
        smallest_n=3,
    )
    assert found.r[0] == pytest.approx(0.6, abs=1e-12)


def test_rank_correlation_with_ties_as_scipy_has_it() -> None:
    """scipy 1.11 and later, stats.spearmanr: marks 2-5 against scores, 300 random schools."""
    rng = np.random.default_rng(5)
    for _ in range(300):
        n = int(rng.integers(3, 60))
        score = rng.integers(0, 20, n)
        mark = np.clip(np.round(2 + score / 7 + rng.normal(0, 1, n)), 2, 5)
        found = rank_correlations(
            np.zeros(n, int),
            mark,
            score.astype(float),
            np.ones(n, int),
            n_schools=1,
            limit=0.0,
            smallest_n=3,
        )
        if len(set(mark)) > 1 and len(set(score)) > 1:
            assert found.r[0] == pytest.approx(stats.spearmanr(mark, score).statistic, abs=1e-12)
        else:
            assert np.isnan(found.r[0])


def test_quartiles_are_those_of_r() -> None:
    """Type 7 of Hyndman & Fan 1996 of 1 2 4 8 16 32: places 2.25 and 4.75, so 2.5 and 14; 3 IQR = 34.5."""
    ratio = np.array([1, 2, 4, 8, 16, 32.0])
    se = np.zeros(6)
    found = sharp_changes(
        ratio / 32, np.full(6, 1 / 32), earlier_se=se, later_se=se, iqr_multiplier=3, smallest_schools=4
    )
    assert found.fences == pytest.approx((2.5 - 34.5, 14 + 34.5), abs=1e-12)
