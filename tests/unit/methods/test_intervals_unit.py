"""Intervals for shares and means: hand-computed values and edges."""

from __future__ import annotations

import numpy as np
import pytest

from merilo.errors import DegenerateDataError
from merilo.methods.intervals import (
    binomial_tail,
    clustered_mean,
    count_ratio,
    moderate_variances,
    pooled_means,
    share_difference,
    wilson_interval,
)

EXACT = 1e-12
Z2 = 3.841458820694124  # square of the normal quantile 0.975


def test_wilson_at_none_and_all_has_closed_form() -> None:
    """0 of 10: upper = z^2/(n + z^2); 10 of 10 is its mirror; the other limit is exactly 0 or 1."""
    interval = wilson_interval(np.array([0, 10]), np.array([10, 10]))
    assert interval.lower[0] == 0.0
    assert interval.upper[1] == 1.0
    assert interval.upper[0] == pytest.approx(Z2 / (10 + Z2), rel=EXACT)
    assert interval.lower[1] == pytest.approx(10 / (10 + Z2), rel=EXACT)


def test_wilson_limits_solve_the_score_equation() -> None:
    """At a limit p the score (share - p)^2 equals z^2 p (1 - p)/n."""
    interval = wilson_interval(np.array(7), np.array(25))
    for p in (interval.lower, interval.upper):
        assert (0.28 - p) ** 2 == pytest.approx(Z2 * p * (1 - p) / 25, rel=1e-10)


def test_wilson_without_pupils_is_nan() -> None:
    interval = wilson_interval(np.array([0, 1]), np.array([0, 1]))
    assert np.isnan([interval.share[0], interval.lower[0], interval.upper[0]]).all()
    assert interval.share[1] == 1.0


def test_wilson_refuses_more_hits_than_pupils() -> None:
    with pytest.raises(DegenerateDataError, match="between 0 and n"):
        wilson_interval(np.array([3]), np.array([2]))


def test_binomial_tail_by_hand() -> None:
    """2 of 3 at one half: P(>=2) = 1/2, P(=2) = 3/8, so mid-p is 1/2 - 3/16."""
    assert binomial_tail(2, 3, 0.5, mid=False) == pytest.approx(0.5, rel=EXACT)
    assert binomial_tail(2, 3, 0.5) == pytest.approx(0.5 - 3 / 16, rel=EXACT)
    assert binomial_tail(0, 3, 0.5, mid=False) == 1.0
    assert binomial_tail(3, 3, 0.5) == pytest.approx(1 / 16, rel=EXACT)


def test_clustered_mean_by_hand() -> None:
    """Schools {1,3}{5,7} and {2,4}{2,4} and one class {1,5}.

    Within: five classes, squares 2+2+2+2+8 = 16 on 5 degrees: 16/5. Between classes of a school: 2*(2^2+2^2) = 16 on
    2 degrees: 8. n0 = (4 - 8/4)/1 = 2. Class variance (8 - 16/5)/2 = 2.4.
    """
    n, sums, squares = np.full(5, 2.0), np.array([4.0, 12, 6, 6, 6]), np.array([10.0, 74, 20, 20, 26])
    result = clustered_mean(n, sums, squares, np.array([0, 0, 1, 1, 2]), 3)
    assert result.mean.tolist() == [4, 3, 3]
    assert result.n.tolist() == [4, 4, 2]
    assert result.pupil_variance == pytest.approx(3.2, rel=EXACT)
    assert result.class_variance == pytest.approx(2.4, rel=EXACT)
    assert result.se**2 == pytest.approx([2.4 / 2 + 3.2 / 4] * 2 + [2.4 + 3.2 / 2], rel=EXACT)
    assert result.n_effective[2] == pytest.approx((2.4 + 3.2) / 4.0, rel=EXACT)
    assert result.class_variance_known


def test_school_without_pupils_has_no_mean() -> None:
    result = clustered_mean(np.array([2, 0]), np.array([4, 0]), np.array([10, 0]), np.array([0, 1]), 3)
    assert np.isnan(result.mean[1:]).all() and np.isnan(result.se[1:]).all()
    assert np.isfinite(result.lower[0])


def test_single_classes_everywhere_say_that_class_variance_is_unknown() -> None:
    args = (np.full(6, 3), np.arange(6.0) * 3, np.arange(6.0) ** 2 * 3 + 2, np.arange(6), 6)
    unknown, given = clustered_mean(*args), clustered_mean(*args, class_variance=0.5)
    assert not unknown.class_variance_known
    assert given.se**2 == pytest.approx(unknown.se**2 + 0.5, rel=EXACT)


def test_single_pupils_have_a_mean_without_error() -> None:
    result = clustered_mean(np.ones(4), np.arange(4.0), np.arange(4.0) ** 2, np.arange(4), 4)
    assert result.mean.tolist() == [0, 1, 2, 3]
    assert np.isnan(result.se).all() and np.isnan(result.upper).all()
    assert not clustered_mean(
        np.ones(4), np.arange(4.0), np.arange(4.0) ** 2, np.zeros(4, int), 1
    ).class_variance_known


def test_pupils_who_agree_by_chance_keep_an_error() -> None:
    """One school of three equal results among varied ones: its variance is pulled up, the others' hardly down."""
    rng = np.random.default_rng(0)
    squares = rng.chisquare(20, 30)
    squares[0] = 0.0
    freedom = np.full(30, 20.0)
    freedom[0] = 2.0
    moderated, prior, _ = moderate_variances(squares, freedom)
    assert prior > 2
    assert 0.5 < moderated[0] < 1.5


def test_difference_of_equal_shares_is_symmetric() -> None:
    interval = share_difference(np.array(5), np.array(20), np.array(5), np.array(20))
    assert interval.share == 0
    assert interval.lower == pytest.approx(-interval.upper, rel=1e-12)


def test_pooled_mean_weighs_and_keeps_lopsided_limits() -> None:
    """Weights 1 and 3: mean .75; below sqrt((1*.1)^2 + (3*.2)^2)/4, above sqrt(0 + (3*.1)^2)/4; group 1 is empty."""
    mean, lower, upper = pooled_means(
        np.array([0, 0, 1]),
        np.array([0.0, 1.0, np.nan]),
        np.array([-0.1, 0.8, 0.0]),
        np.array([0.0, 1.1, 1.0]),
        np.array([1.0, 3.0, 1.0]),
        2,
    )
    assert mean[0] == pytest.approx(0.75, rel=EXACT)
    assert mean[0] - lower[0] == pytest.approx(np.sqrt(0.01 + 0.36) / 4, rel=EXACT)
    assert upper[0] - mean[0] == pytest.approx(0.3 / 4, rel=1e-9)
    assert np.isnan([mean[1], lower[1], upper[1]]).all()


def test_count_ratio_of_nothing_seen_starts_at_zero() -> None:
    """0 of 10 expected: the upper limit solves exp(-10 u) = .025; nothing expected tells nothing."""
    ratio = count_ratio(np.array([0.0, 3.0]), np.array([10.0, 0.0]))
    assert ratio.share[0] == ratio.lower[0] == 0.0
    assert np.exp(-10 * ratio.upper[0]) == pytest.approx(0.025, rel=1e-9)
    assert np.isnan(ratio.share[1])
    with pytest.raises(DegenerateDataError):
        count_ratio(np.array([-1.0]), np.array([1.0]))
