"""Low results against scipy's beta-binomial and a direct integration over the school's common part."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import minimize
from scipy.special import expit
from scipy.stats import beta, betabinom, norm

from merilo.methods.intervals import binomial_tail
from merilo.methods.low_share import LowShareModel, assess_low_shares, fit_low_shares

GRID = 1e-6  # our grid of 81 nodes against adaptive integration


def test_rule_of_thumb_of_small_schools() -> None:
    """12 participants with a true share of 20 % show 30 % or more in 21 % of years (scipy.stats.binom: 0.2054)."""
    assert binomial_tail(4, 12, 0.2, mid=False) == pytest.approx(0.2054, abs=5e-5)


def test_likelihood_and_posterior_equal_direct_integration() -> None:
    """Three procedures of one school; scipy's betabinom and beta under an adaptive integral over z."""
    low, n = np.array([[4.0, 7.0, 1.0]]), np.array([[12.0, 20.0, 9.0]])
    location, precision, sd = np.array([-1.5, -1.0, -0.8]), np.array([15.0, 25.0, 8.0]), 0.8
    model = LowShareModel(location, sd, precision, 0.0, 1, False, True)

    def given(z: float) -> tuple[float, np.ndarray]:
        m = expit(location + sd * z)
        a, b = m * precision, (1 - m) * precision
        likelihood = betabinom.pmf(low[0], n[0], a, b).prod() * norm.pdf(z)
        return likelihood, beta.sf(0.3, a + low[0], b + n[0] - low[0])

    def at_least_two(p: np.ndarray) -> float:
        q = 1 - p
        return float(1 - q.prod() - sum(p[i] * np.delete(q, i).prod() for i in range(3)))

    total = quad(lambda z: given(z)[0], -8, 8, epsabs=1e-14)[0]
    exact = quad(lambda z: given(z)[0] * at_least_two(given(z)[1]), -8, 8, epsabs=1e-14)[0] / total
    first = quad(lambda z: given(z)[0] * given(z)[1][0], -8, 8, epsabs=1e-14)[0] / total
    ours = assess_low_shares(low, n, model)
    assert ours.probability[0] == pytest.approx(exact, abs=GRID)
    assert ours.probability_each[0, 0] == pytest.approx(first, abs=GRID)


def test_uncorrelated_fit_is_the_beta_binomial_of_scipy() -> None:
    """400 schools, one procedure: our weak priors move scipy's maximum likelihood by less than its standard error."""
    rng = np.random.default_rng(3)
    n = rng.integers(5, 80, 400)
    low = rng.binomial(n, rng.beta(3, 9, 400))
    ours = fit_low_shares(low[:, None].astype(float), n[:, None].astype(float), correlated=False)
    found = minimize(lambda x: -betabinom.logpmf(low, n, *np.exp(x)).sum(), [0.0, 0.0], method="Nelder-Mead")
    a, b = np.exp(found.x)
    assert expit(ours.location[0]) == pytest.approx(a / (a + b), abs=0.002)
    assert ours.precision[0] == pytest.approx(a + b, rel=0.03)
    assert ours.school_sd == 0.0
