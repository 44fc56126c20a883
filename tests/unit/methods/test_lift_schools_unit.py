"""Lifting school by school: small cases worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from merilo.errors import DegenerateDataError
from merilo.methods.lift import estimate_lift, lift_operator
from merilo.methods.lift.practice import (
    Practice,
    estimate_practice,
    lasting_part,
    log_bayes_beyond,
    practice_z,
)
from merilo.methods.lift.realised import school_shares
from merilo.methods.lift.schools import SchoolWindows, cut_windows, school_windows

SHAPE = np.exp(-0.5 * ((np.arange(21) - 10) / 4.0) ** 2)
REGION = 20_000 * SHAPE / SHAPE.sum()
USUAL = Practice(np.array([-1.4]), 0.5, 0.05)


def windows(remaining: list[int], works: list[int], *, near: float = 0.5, se: float = 0.0) -> SchoolWindows:
    """One cut score, a school per entry."""
    W, K = np.array(works, float)[:, None], np.array(remaining, float)[:, None]
    return SchoolWindows((), W, K, np.full(W.shape, near), np.full(W.shape, se), np.zeros((len(W), 1)))


def told(works: SchoolWindows) -> np.ndarray:
    return np.isfinite(works.near_share)


def test_window_holds_near_misses_and_two_scores():
    """Nothing is lifted: cut scores 6, 10 and 13 get the narrowest windows, none of which share a score."""
    lift = estimate_lift(REGION, [6, 10, 13])
    found = cut_windows(REGION, lift)
    assert [one.near for one in found] == [(4, 5), (8, 9), (11, 12)]
    assert [one.reached for one in found] == [(4, 5, 6, 7), (8, 9, 10), (11, 12, 13, 14)]


def test_window_grows_where_the_region_lifts_further():
    """Half of the works 1-4 points below 10 are lifted: all four belong to the window."""
    lifted = lift_operator(20, [10], np.array([[0.5] * 4])) @ REGION
    found = cut_windows(lifted, estimate_lift(lifted, [10]))
    assert found[0].near == (8, 9)
    assert set(range(6, 12)) <= set(found[0].reached)


def test_cut_score_next_to_another_has_no_near_miss():
    """Between 9 and 10 there is no score: the second cut score can tell nothing and says so."""
    lift = estimate_lift(REGION, [9, 10])
    works = school_windows(np.stack([REGION, REGION]), lift, cut_windows(REGION, lift))
    assert np.isnan(works.near_share[:, 1]).all()
    assert np.isfinite(works.near_share[:, 0]).all()
    assert estimate_practice(works, told(works)).mean_logit.shape == (2,)


def test_counts_need_a_column_for_every_score():
    """A table that is too narrow is refused."""
    lift = estimate_lift(REGION, [10])
    with pytest.raises(DegenerateDataError):
        school_windows(REGION[None, :-1], lift, cut_windows(REGION, lift))


def test_windows_that_cover_every_score_are_refused():
    """On a scale of five scores nothing is left to tell a school's shape."""
    lift = estimate_lift(REGION, [10])
    everything = replace(cut_windows(REGION, lift)[0], reached=tuple(range(20)))
    with pytest.raises(DegenerateDataError):
        school_windows(REGION[None], lift, (everything,))


def test_schools_like_the_region_expect_what_the_region_has():
    """Stronger and weaker schools as well: the tilt of a normal shape is exact."""
    score = np.arange(21)
    schools = np.stack([REGION * np.exp(b * (score - 10)) / 100 for b in (-0.15, 0.0, 0.15)])
    lift = estimate_lift(REGION, [7, 13])
    found = school_windows(schools, lift, cut_windows(REGION, lift))
    true = np.stack([schools[:, [5, 6]].sum(axis=1), schools[:, [11, 12]].sum(axis=1)], axis=1)
    np.testing.assert_allclose(found.windows_n * found.near_share, true, rtol=0.03)
    np.testing.assert_allclose(found.remaining_n, true)
    np.testing.assert_allclose(found.expected.sum(axis=1), schools.sum(axis=1), rtol=1e-3)


def test_school_without_works_expects_nothing():
    """A row of zeros does not spoil the others."""
    lift = estimate_lift(REGION, [10])
    found = school_windows(np.stack([REGION, 0 * REGION]), lift, cut_windows(REGION, lift))
    assert found.expected[1].sum() < 0.6
    assert np.isnan(practice_z(found, told(found), USUAL)[1])


def test_z_rises_as_fewer_works_remain():
    """Of 20 works, half expected below: 10 to 0 remain."""
    works = windows(list(range(10, -1, -1)), [20] * 11)
    z = practice_z(works, told(works), USUAL)
    assert (np.diff(z) > 0).all()
    assert z[0] < 0 < z[-1]


def test_z_of_one_work_is_the_middle_of_its_step():
    """One work, half a chance to remain if nothing is lifted: 0.4 of practice remain, z = Phi^-1 of half steps."""
    works = windows([0, 1], [1, 1])
    nothing_varies = Practice(np.array([np.log(0.2 / 0.8)]), 1e-9, 0.05)
    z = practice_z(works, told(works), nothing_varies)
    np.testing.assert_allclose(z, [0.5244, -0.8416], atol=1e-3)  # Phi(-z) = 0.3 and 0.8


def test_doubt_about_the_expectation_brings_z_nearer_to_zero():
    """Two works of thirty remain: less surprising where the expectation is known to a third only."""
    sure, unsure = (windows([2], [30], se=se) for se in (0.0, 0.35))
    assert practice_z(unsure, told(unsure), USUAL)[0] < practice_z(sure, told(sure), USUAL)[0]


def test_bayes_factor_speaks_for_practice_and_against():
    """Nothing of 15 remaining speaks for lifting far beyond; all remaining against; no works, nothing."""
    works = windows([0, 15, 0], [30, 30, 0])
    log_bayes = log_bayes_beyond(works, told(works), USUAL)
    assert log_bayes[0] > 3
    assert log_bayes[1] < -1
    assert abs(log_bayes[2]) < 1e-9


def test_practice_is_not_spoilt_by_a_tenth_far_beyond():
    """90 schools lift a quarter, 10 nearly all: the practice stays a quarter, the rest is told apart."""
    works = windows([15] * 90 + [1] * 10, [40] * 100)
    practice = estimate_practice(works, told(works))
    assert practice.share[0] == pytest.approx(0.25, abs=0.02)
    assert practice.spread < 0.8
    assert 0.04 < practice.beyond_part < 0.25


def test_habits_make_more_of_z_in_large_schools():
    """Chance of single works rules in small schools."""
    works = windows([3, 30, 300], [10, 100, 1000])
    part = lasting_part(works, told(works), USUAL)
    assert (np.diff(part) > 0).all()
    assert part[0] < 0.2
    assert part[2] > 0.8


def test_share_of_a_large_school_is_what_is_gone():
    """Of 1,000 works 500 expected below, 100 there: four fifths, within a few per cent."""
    works = windows([100], [1000])
    found = school_shares(works, told(works), USUAL, limit=0.5, region_se=np.array([0.0]))
    assert found.estimate[0, 0] == pytest.approx(0.8, abs=0.02)
    assert 0.74 < found.lower[0, 0] < 0.8 < found.upper[0, 0] < 0.86
    assert found.beyond_limit[0, 0] > 0.99


def test_nothing_left_of_a_few_works_says_little_of_the_practice():
    """Three works in the window, none below: all near-misses were lifted if there were any; the limits stay wide."""
    works = windows([0], [3])
    found = school_shares(works, told(works), USUAL, limit=0.5, region_se=np.array([0.0]))
    assert found.lower[0, 0] < 0.2
    assert found.upper[0, 0] == pytest.approx(1.0)
    assert found.beyond_limit[0, 0] < 0.5


def test_doubt_about_the_region_widens_the_limits():
    """The region's counterfactual errs for all schools alike."""
    works = windows([100], [1000])
    sure, unsure = (
        school_shares(works, told(works), USUAL, limit=0.5, region_se=np.array([se])) for se in (0.0, 0.1)
    )
    assert unsure.lower[0, 0] < sure.lower[0, 0]
    assert unsure.upper[0, 0] > sure.upper[0, 0]
    assert unsure.estimate[0, 0] == sure.estimate[0, 0]


def test_unusable_windows_have_no_share():
    """A school that is left out stays NaN."""
    works = windows([5, 5], [20, 20])
    found = school_shares(works, np.array([[True], [False]]), USUAL, limit=0.5, region_se=np.array([0.0]))
    assert np.isfinite(found.estimate[0, 0])
    assert np.isnan([found.estimate[1, 0], found.lower[1, 0], found.upper[1, 0]]).all()
