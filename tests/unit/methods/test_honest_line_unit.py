"""The honest line by hand: medians, outliers, degenerate inputs."""

from __future__ import annotations

import numpy as np
import pytest

from merilo.errors import DegenerateDataError
from merilo.methods.honest_line import FARTHEST, fit_honest_line, normal_score


def ones(n: int) -> np.ndarray:
    return np.ones((n, 1))


def test_equal_schools_have_no_spread_and_no_distance() -> None:
    line = fit_honest_line(np.full(10, 3.0), ones(10), np.full(10, 0.04))
    assert line.beta[0] == pytest.approx(3.0)
    assert line.tau2 == 0.0
    assert np.abs(line.z).max() < 1e-6


def test_equal_schools_without_sampling_error_are_no_trouble() -> None:
    line = fit_honest_line(np.full(10, 3.0), ones(10), np.zeros(10))
    assert np.isfinite(line.z).all()


def test_one_far_school_neither_moves_nor_widens_the_line() -> None:
    rng = np.random.default_rng(1)
    y, variance = rng.normal(0, 1, 60), np.full(60, 0.25)
    calm = fit_honest_line(y[1:], ones(59), variance[1:])
    y[0] = 40.0
    line = fit_honest_line(y, ones(60), variance)
    assert line.honest[0] < 1e-6
    assert line.z[0] == pytest.approx(FARTHEST)
    assert line.beta[0] == pytest.approx(calm.beta[0], abs=0.05)
    assert line.tau2 == pytest.approx(calm.tau2, rel=0.25)


def test_unknown_schools_stay_unknown_and_change_nothing() -> None:
    y = np.arange(12.0)
    variance = np.full(12, 1.0)
    line = fit_honest_line(np.append(y, [np.nan, 5.0]), ones(14), np.append(variance, [1.0, np.nan]))
    assert np.isnan(line.z[12:]).all()
    assert line.n == 12
    np.testing.assert_allclose(line.z[:12], fit_honest_line(y, ones(12), variance).z)


def test_two_schools_are_too_few_for_a_line() -> None:
    with pytest.raises(DegenerateDataError) as refused:
        fit_honest_line(np.array([1.0, 2.0]), ones(2), np.ones(2))
    assert refused.value.value == 2


def test_normal_score_of_many_degrees_of_freedom_is_the_ratio() -> None:
    np.testing.assert_allclose(normal_score(np.array([-2.0, 0.0, 1.5]), 1e9), [-2.0, 0.0, 1.5], atol=1e-6)


def test_few_schools_make_a_ratio_less_surprising() -> None:
    assert 1.0 < normal_score(np.array([3.0]), 5.0)[0] < 2.5
