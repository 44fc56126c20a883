"""Similarity against other programs: SciPy 1.17 (Poisson-binomial, quadrature), statsmodels 0.15 (robust line)."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.integrate import quad
from scipy.stats import norm, poisson_binom, skew

from merilo.methods.similarity import AnswerColumns, compare_classes
from merilo.methods.similarity.comparing import NODES, WEIGHTS, _mixed
from merilo.methods.similarity.schools import SKEW, _design, _unskewed, _usual


def test_answers_shared_by_chance_have_the_moments_of_scipys_poisson_binomial() -> None:
    rng = np.random.default_rng(7)
    columns = AnswerColumns.of(np.ones(15, np.int64))
    points = rng.integers(0, 2, (5, 15))
    points[0] = 1
    answers = columns.one_hot(points, np.ones_like(points, dtype=bool))
    right = rng.uniform(0.05, 0.95, (5, 15)).astype(np.float32)
    shares = np.stack([1 - right, right], axis=2).reshape(5, -1)
    sums = compare_classes(shares, answers, columns, points.mean(axis=1), np.zeros(5, int), 1)
    # The best work has everything right: v agrees with it on an item with its own chance to be right.
    law = [poisson_binom(right[v].astype(float)) for v in range(1, 5)]
    assert sums.by_chance[0] == pytest.approx(sum(one.mean() for one in law), rel=1e-5)
    assert sums.noise[0] == pytest.approx(sum(one.var() for one in law), rel=1e-5)


@pytest.mark.parametrize("mean", [-4.0, -1.5, 0.0])
@pytest.mark.parametrize("sd", [0.5, 1.5, 2.5])
def test_five_nodes_give_what_scipys_quadrature_gives(mean: float, sd: float) -> None:
    at = (mean + sd * NODES).astype(np.float32)
    ours = float(WEIGHTS @ _mixed(at))
    theirs, _error = quad(
        lambda x: np.log(0.5 + 0.5 * np.exp(mean + sd * x)) * norm.pdf(x), -10, 10, epsabs=1e-10
    )
    # Beyond 0.01 a pair the line through honest classes would have to take it up.
    assert ours == pytest.approx(theirs, abs=0.01)


def test_line_of_honest_classes_is_that_of_statsmodels() -> None:
    """Bisquare regression as statsmodels' RLM, on so many classes that the usual line weighs nothing."""
    rng = np.random.default_rng(11)
    n = 40_000
    design = _design(rng.integers(5, 30, n).astype(float), rng.uniform(0.3, 0.9, n), rng.uniform(0.6, 1, n))
    y = design @ np.array([-0.1, 0.02, -1.2, 0.1, -1.0]) + 0.3 * rng.standard_t(4, n)
    beta, scale = _usual(y, design)
    theirs = sm.RLM(y, design, M=sm.robust.norms.TukeyBiweight(c=4.0)).fit()
    np.testing.assert_allclose(beta, theirs.params, atol=0.003)
    assert scale == pytest.approx(theirs.scale, rel=0.002)


def test_skewed_values_become_scipys_normal_quantiles() -> None:
    """Round trip of the g distribution (Hoaglin 1985) at the quantiles of SciPy's normal."""
    z = norm.ppf(np.linspace(0.01, 0.99, 99))
    for works in (8.0, 20.0, 90.0):
        g = SKEW / np.sqrt(works)
        u = (np.exp(g * z) - 1) / g
        np.testing.assert_allclose(_unskewed(u, np.full(99, works)), z, atol=1e-12)
        assert skew(u) > 0
