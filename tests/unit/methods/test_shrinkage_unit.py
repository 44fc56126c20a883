"""Shrinkage of estimates small enough to shrink by hand."""

from __future__ import annotations

import numpy as np
import pytest

from merilo.errors import DegenerateDataError
from merilo.methods.shrinkage import paule_mandel, reml, shrink

EXACT = 1e-9


def test_equal_variances_by_hand() -> None:
    # 0 4 8 with variance 4: squares 32 on 2 are 16 = tau2 + 4; a share 12 / 16 of each deviation is kept
    estimate, variance = np.array([0.0, 4.0, 8.0]), np.full(3, 4.0)
    for method in ("reml", "paule_mandel"):
        shrunken = shrink(estimate, variance, method=method)
        assert shrunken.tau2 == pytest.approx(12, rel=EXACT)
        assert shrunken.mean == pytest.approx(4)
        assert shrunken.mean_se == pytest.approx(np.sqrt(16 / 3))
        assert shrunken.reliability == pytest.approx([0.75] * 3)
        assert shrunken.estimate == pytest.approx([1, 4, 7])
        # 3/4 of the variance 4, and 1/16 of the mean's 16/3
        assert shrunken.se == pytest.approx([np.sqrt(3 + 1 / 3)] * 3)
        assert shrunken.upper - shrunken.estimate == pytest.approx(1.959963985 * shrunken.se)
        assert (shrunken.n, shrunken.note) == (3, "")


def test_no_spread_beyond_sampling_gives_everybody_the_mean() -> None:
    shrunken = shrink(np.array([1.0, 2.0, 3.0]), np.full(3, 5.0), method="reml")
    assert shrunken.tau2 == 0 == paule_mandel(np.array([1.0, 2.0, 3.0]), np.full(3, 5.0))
    assert shrunken.estimate == pytest.approx([2, 2, 2])
    assert shrunken.se == pytest.approx([np.sqrt(5 / 3)] * 3)


def test_averaged_over_tau_an_estimated_zero_is_not_taken_for_certain() -> None:
    estimate, variance = np.array([1.0, 2.0, 3.0, 2.0]), np.full(4, 5.0)
    averaged, plugged = shrink(estimate, variance), shrink(estimate, variance, method="reml")
    assert averaged.tau2 == plugged.tau2 == 0
    assert np.all(averaged.se > plugged.se)
    assert 1 < averaged.estimate[0] < 2 < averaged.estimate[2] < 3


def test_an_exact_estimate_is_kept() -> None:
    for method in ("integrated", "reml", "paule_mandel"):
        shrunken = shrink(np.array([5.0, 1.0, 2.0, 0.0]), np.array([0.0, 1.0, 1.0, 1.0]), method=method)
        assert shrunken.estimate[0] == pytest.approx(5)
        assert shrunken.se[0] == pytest.approx(0, abs=1e-6)
        assert shrunken.reliability[0] == pytest.approx(1)
        assert np.isfinite(shrunken.se).all() and shrunken.tau2 > 0


def test_exact_estimates_are_not_shrunken() -> None:
    for method in ("integrated", "reml", "paule_mandel"):
        same = shrink(np.array([2.0, 2.0, 2.0]), np.zeros(3), method=method)
        assert same.estimate == pytest.approx([2, 2, 2]) and same.se == pytest.approx([0, 0, 0])
        apart = shrink(np.array([1.0, 2.0, 6.0]), np.zeros(3), method=method)
        assert apart.estimate == pytest.approx([1, 2, 6]) and apart.se == pytest.approx([0, 0, 0], abs=1e-6)
        assert apart.tau2 == pytest.approx(7, rel=1e-6)  # squares 4 + 1 + 9 on 2


def test_one_estimate_is_returned_as_it_is_with_the_reason() -> None:
    shrunken = shrink(np.array([np.nan, 3.0]), np.array([1.0, 4.0]))
    assert np.isnan(shrunken.estimate[0]) and shrunken.estimate[1] == 3
    assert shrunken.se[1] == 2 and shrunken.reliability[1] == 1
    assert np.isnan(shrunken.tau2) and (shrunken.n, shrunken.note) == (1, "one_estimate")


def test_missing_entries_stay_missing_and_do_not_count() -> None:
    estimate = np.array([0.0, np.nan, 4.0, 8.0, 3.0, 1.0])
    variance = np.array([4.0, 4.0, 4.0, 4.0, np.inf, np.nan])
    shrunken = shrink(estimate, variance, method="reml")
    assert shrunken.n == 3
    assert shrunken.estimate == pytest.approx([1, np.nan, 4, 7, np.nan, np.nan], nan_ok=True)
    assert np.isnan(shrunken.lower[[1, 4, 5]]).all()


def test_two_estimates_fall_back_to_reml() -> None:
    estimate, variance = np.array([0.0, 10.0]), np.array([1.0, 1.0])
    assert shrink(estimate, variance).se.tolist() == shrink(estimate, variance, method="reml").se.tolist()
    assert reml(estimate, variance) == pytest.approx(49)


def test_bad_input_is_an_error() -> None:
    with pytest.raises(DegenerateDataError, match="no estimate"):
        shrink(np.array([np.nan]), np.array([1.0]))
    with pytest.raises(DegenerateDataError, match="negative"):
        shrink(np.array([1.0, 2.0]), np.array([1.0, -1.0]))
    with pytest.raises(ValueError, match="one length"):
        shrink(np.array([1.0, 2.0]), np.array([1.0]))
    with pytest.raises(ValueError, match="method"):
        shrink(np.array([1.0, 2.0]), np.array([1.0, 1.0]), method="bayes")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="level"):
        shrink(np.array([1.0, 2.0]), np.array([1.0, 1.0]), level=95)
