"""Profiles of schools' items: degenerate input, small cases by hand, what cannot be told."""

from __future__ import annotations

import numpy as np
import pytest

from merilo.methods.profile import (
    HonestSpread,
    JointRises,
    cell_moments,
    contrast,
    factor_skills,
    find_leaks,
    honest_spread,
    item_factors,
    null_scores,
    pair_scores,
    robust_variance,
    school_shifts,
    separate,
    weighted_median,
)
from merilo.methods.profile.joint import pair_places
from merilo.methods.profile.leaks import PairModel
from merilo.methods.profile.shifts import NOTHING_KNOWN, straighten

ONES3 = np.ones(3, np.int64)


def spread_of(own: float, items: int, factors: int = 0, schools: int = 1) -> HonestSpread:
    return HonestSpread(
        np.zeros(items), np.full(items, own), np.full(factors, 0.04), np.zeros((schools, items))
    )


def test_information_of_one_point_on_binary_items_is_the_share_itself() -> None:
    share = np.array([[0.5, 0.3, 0.2]])
    counts = np.stack([1 - share, share], axis=2).reshape(1, 6) * 100
    moments = cell_moments(counts, ONES3, share, np.zeros((1, 3)), np.ones((1, 3), bool), model_works=0.0)
    assert moments.variance == pytest.approx(share * (1 - share))
    assert moments.information == pytest.approx(share, abs=1e-4)
    assert moments.third == pytest.approx(share * (1 - share) * (1 - 2 * share))


def test_no_points_and_all_points_leave_nothing_to_tell() -> None:
    expected = np.array([[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]])
    counts = np.array([[9.0, 0, 9, 0, 9, 0], [0.0, 9, 0, 9, 0, 9]])
    moments = cell_moments(
        counts, ONES3, expected, np.full((2, 3), 0.2), np.ones((2, 3), bool), model_works=5.0
    )
    assert (moments.variance == 0).all() and (moments.information == 0).all()


def test_an_item_not_administered_has_no_moments() -> None:
    administered = np.array([[True, True, False]])
    counts = np.array([[5.0, 5, 5, 5, 0, 0]])
    moments = cell_moments(
        counts, ONES3, np.array([[0.5, 0.5, 0.0]]), np.full((1, 3), 0.2), administered, model_works=0.0
    )
    assert moments.information[0, 2] == 0 and moments.information[0, 0] > 0


def test_items_without_information_are_unknown_not_infinite() -> None:
    shifts = school_shifts(np.array([[1.0, 0.0]]), np.array([[4.0, 0.0]]), np.zeros((1, 2)))
    assert shifts.shift.tolist() == [[0.25, 0.0]]
    assert shifts.noise.tolist() == [[0.25, NOTHING_KNOWN]]


def test_straightening_turns_a_skewed_shift_to_its_short_side() -> None:
    # an easy item (negative third cumulant): a rise counts for more than the same fall
    rise, fall = (
        straighten(
            school_shifts(np.array([[sign * 4.0, 0.0, 0.0]]), np.full((1, 3), 4.0), np.full((1, 3), -3.0)),
            np.zeros(3),
            np.full(3, 0.2),
        )[0, 0]
        for sign in (1, -1)
    )
    assert rise > 1.0 and -1.0 < fall < 0


def test_skills_that_all_items_have_are_no_factor() -> None:
    skills = [("read", "all"), ("write", "all"), ("read", "write", "all")]
    assert factor_skills(skills) == ["read", "write"]
    assert item_factors(skills).tolist() == [[1, 0], [0, 1], [1, 1]]
    assert item_factors(skills, np.array([0.0, 2.0, 4.0]))[:, 2].tolist() == [0, 2 / 3, 4 / 3]
    assert item_factors([("a",), ("a",)], np.array([1.0, 1.0])).shape == (2, 0)


def test_robust_variance_without_data_is_the_prior() -> None:
    assert robust_variance(np.zeros(0), np.zeros(0), prior=0.3) == (0.3, 0.0)


def test_robust_variance_is_not_moved_far_by_a_tenth_of_outliers() -> None:
    values = np.random.default_rng(1).normal(size=2000)
    clean, _weight = robust_variance(values, np.zeros(2000))
    values[:200] = 30.0
    spoilt, _weight = robust_variance(values, np.zeros(2000))
    assert clean == pytest.approx(1.0, abs=0.08)
    assert spoilt < 1.9  # the plain variance is 91


def test_weighted_median_follows_the_weight() -> None:
    assert weighted_median(np.array([3.0, 1.0, 2.0]), np.array([5.0, 1.0, 1.0])) == 3.0
    assert weighted_median(np.array([[1.0, 2.0, 9.0]]), np.ones((1, 3))).tolist() == [2.0]


def test_a_common_rise_of_all_items_is_no_leak() -> None:
    honest, noise = spread_of(0.16, 10), np.full((1, 10), 0.02)
    none = np.zeros((10, 0))
    plain = find_leaks(np.zeros((1, 10)), noise, honest, none)
    raised = find_leaks(np.full((1, 10), 2.0), noise, honest, none)
    assert raised.ratio == pytest.approx(plain.ratio)
    assert (raised.chance < 0.2).all()


def test_two_of_ten_items_that_rise_are_named() -> None:
    honest, noise = spread_of(0.16, 10), np.full((1, 10), 0.02)
    shift = np.zeros((1, 10))
    shift[0, [2, 7]] = 1.8
    leaks = find_leaks(shift, noise, honest, np.zeros((10, 0)))
    assert leaks.ratio[0] > 3
    assert np.flatnonzero(leaks.chance[0] > 0.5).tolist() == [2, 7]


def test_a_whole_skill_that_rises_is_taken_out_as_a_skill() -> None:
    factors = np.kron(np.eye(4), np.ones((4, 1)))
    shift = factors @ np.array([0.9, 0.0, 0.0, 0.0])
    parts = separate(shift[None], np.full((1, 16), 0.1), factors, np.full(4, 0.04), steps=30)
    assert parts.coefficients[0, 1] - parts.coefficients[0, 2] == pytest.approx(0.9, abs=0.15)
    leaks = find_leaks(shift[None], np.full((1, 16), 0.04), spread_of(0.16, 16, 4), factors)
    assert leaks.ratio[0] < 0.5


def test_pairs_that_rise_together_raise_the_ratio_and_pairs_that_do_not_leave_little() -> None:
    items, honest, noise = 8, spread_of(0.16, 8), np.full((1, 8), 0.05)
    left, right = pair_places(items)
    shift = np.where(np.arange(items) < 3, 0.6, 0.0)[None]
    together = np.where((left < 3) & (right < 3), 2.5, 0.0)[None]
    model = [PairModel(score, np.full(left.size, 0.2), np.array([6.0])) for score in (together, 0 * together)]
    with_pairs, without = (find_leaks(shift, noise, honest, np.zeros((8, 0)), one) for one in model)
    assert with_pairs.ratio[0] > without.ratio[0] + 1.5
    assert np.flatnonzero(with_pairs.chance[0] > 0.5).tolist() == [0, 1, 2]


def test_pair_scores_are_nothing_where_items_were_not_administered() -> None:
    rng = np.random.default_rng(2)
    cross = rng.normal(size=(3, 20, 3)) * 2
    scale = np.full((3, 20, 3), 4.0)
    scale[:, :, 0] = 0
    cross[:, :, 0] = 0
    scores = pair_scores(JointRises(np.zeros((3, 20, 3)), cross, scale), np.full(20, 10.0), np.ones(20, bool))
    assert (scores.observed[:, 0] == 0).all()
    assert np.sqrt((scores.honest[:, :, 1:] ** 2).mean()) == pytest.approx(1.0, abs=0.01)


def test_null_scores_of_unusable_schools_are_not_told() -> None:
    z = null_scores(np.zeros(2), np.arange(50.0), np.zeros(2), np.zeros(50), np.array([True, False]))
    assert np.isfinite(z[0]) and np.isnan(z[1])
    assert np.isnan(null_scores(np.zeros(1), np.zeros(0), np.zeros(1), np.zeros(0), np.ones(1, bool))).all()


def test_contrast_is_not_told_where_a_group_is_empty() -> None:
    noise = np.full((3, 4), 0.1)
    noise[1, :2] = NOTHING_KNOWN
    direction = np.array([1.0, 1.0, 0.0, 0.0])
    usable = np.array([True, True, False])
    found = contrast(
        np.zeros((3, 4)), noise, np.full(4, 0.2), np.zeros((4, 0)), np.zeros(0), direction, usable
    )
    assert np.isfinite(found.z).tolist() == [True, False, False]


def test_spread_of_a_single_school_is_what_is_usual() -> None:
    shifts = school_shifts(np.ones((1, 4)), np.full((1, 4), 9.0), np.zeros((1, 4)))
    honest = honest_spread(shifts, np.zeros((4, 0)), np.array([True]))
    assert (honest.own == 0.2).all() and honest.straight.shape == (1, 4)
