"""Growth percentiles on numbers that can be followed by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import betainc

from merilo.errors import DegenerateDataError, TooFewPupilsError
from merilo.methods.growth import choose_basis, fit_quantiles, growth_percentiles, summarise_schools

# Coefficients come from one 2 x 2 or 8 x 8 solve of numbers of order 1-1000.
EXACT = 1e-9


def hundred_from_each_of_two_starts() -> tuple[np.ndarray, np.ndarray]:
    prior = np.repeat([3.0, 7.0], 100)
    score = np.concatenate([np.arange(100.0), 500 + 2 * np.arange(100.0)])
    return prior, score


def test_of_a_hundred_pupils_with_one_start_the_best_but_ten_has_89_below() -> None:
    prior, score = hundred_from_each_of_two_starts()
    growth = growth_percentiles(prior, score)
    # the k-th of 100 scores is the fitted quantile (k - 1/2) / 100: k - 1 quantiles lie below it, k not above it
    place = np.tile(np.arange(1, 101), 2)
    assert growth.rank == pytest.approx(place - 0.5)
    assert np.array_equal(growth.percentile, np.clip(place - 1, 1, 99))
    assert growth.n == 200


def test_fitted_quantiles_of_a_start_are_its_order_statistics() -> None:
    prior, score = hundred_from_each_of_two_starts()
    growth = growth_percentiles(prior, score)
    quantiles = growth.score_quantiles(np.array([3.0, 7.0]))
    assert quantiles[0] == pytest.approx(np.arange(100.0), abs=EXACT * 100)
    assert quantiles[1] == pytest.approx(500 + 2 * np.arange(100.0), abs=EXACT * 1000)


def test_a_short_test_puts_every_score_in_the_middle_of_its_pupils() -> None:
    # two starts; of 60 pupils each, a third have 4, 5 and 6 points: their middles stand at 1/6, 1/2 and 5/6
    prior, score = np.repeat([0.0, 1.0], 60), np.tile(np.repeat([4.0, 5.0, 6.0], 20), 2)
    growth = growth_percentiles(prior, score, score_step=1.0)
    for points, middle in ((4, 100 / 6), (5, 50), (6, 500 / 6)):
        # half a percentile: quantiles are a grid of 100
        assert growth.rank[score == points] == pytest.approx(middle, abs=0.5)
    assert growth.rank.mean() == pytest.approx(50, abs=0.1)


def test_weighted_median_of_a_constant_design() -> None:
    score, weight = np.array([1.0, 2.0, 10.0]), np.array([1.0, 1.0, 3.0])
    fitted = fit_quantiles(np.ones((3, 1)), score, weight, np.array([0.1, 0.3, 0.5]))
    assert fitted[:, 0].tolist() == [1.0, 2.0, 10.0]


def test_knots_stand_at_the_fifths_and_boundaries_a_tenth_outside() -> None:
    basis = choose_basis(np.arange(101.0))
    assert basis.knots.tolist() == [20, 40, 60, 80]
    assert (basis.lower, basis.upper, basis.width) == (-10, 110, 8)
    assert basis.evaluate(np.array([-50.0, 0.0, 33.3, 1e9])).sum(axis=1) == pytest.approx(1)


def test_a_prior_of_few_values_gets_no_more_freedom_than_values() -> None:
    assert choose_basis(np.repeat([1.0, 2.0], 50)).width == 2
    assert choose_basis(np.repeat([1.0, 2.0, 3.0], 50)).width == 3
    six = choose_basis(np.repeat(np.arange(6.0), [1, 1, 96, 1, 1, 1]))
    assert six.width <= 6
    assert np.linalg.matrix_rank(six.evaluate(np.arange(6.0))) == six.width


@pytest.mark.parametrize(
    ("prior", "score", "error"),
    [
        (np.arange(99.0), np.arange(99.0), TooFewPupilsError),
        (np.random.default_rng(0).normal(size=(140, 2)), np.arange(140.0), TooFewPupilsError),
        (np.ones(200), np.arange(200.0), DegenerateDataError),
        (np.arange(200.0), np.ones(200), DegenerateDataError),
        (np.where(np.arange(200) == 7, np.nan, 1.0), np.arange(200.0), DegenerateDataError),
        (np.column_stack([np.arange(300.0), np.arange(300.0)]), np.arange(300.0) % 7, DegenerateDataError),
    ],
    ids=[
        "99 pupils",
        "140 for two priors",
        "one prior",
        "one score",
        "a prior missing",
        "priors repeat each other",
    ],
)
def test_what_cannot_be_told_is_an_error_with_a_way_out(
    prior: np.ndarray, score: np.ndarray, error: type[Exception]
) -> None:
    with pytest.raises(error) as caught:
        growth_percentiles(prior, score)
    assert caught.value.next_step  # type: ignore[attr-defined]


def test_arguments_are_checked_and_not_changed() -> None:
    prior, score = hundred_from_each_of_two_starts()
    before = prior.copy(), score.copy()
    growth_percentiles(prior, score)
    assert np.array_equal(prior, before[0]) and np.array_equal(score, before[1])
    with pytest.raises(ValueError, match="rows"):
        growth_percentiles(prior[:-1], score)
    with pytest.raises(ValueError, match="score_step"):
        growth_percentiles(prior, score, score_step=-1)


def test_school_means_and_their_errors_by_hand() -> None:
    schools = summarise_schools(np.array([40.0, 60.0, 20.0, 30.0]), np.array([0, 0, 2, 2]), n_schools=3)
    # squares about the means 200 and 50, pooled (200 + 50) / 2 = 125: two schools cannot tell their variances apart
    assert schools.n.tolist() == [2, 0, 2]
    assert schools.mean[[0, 2]].tolist() == [50, 25]
    assert schools.median[[0, 2]].tolist() == [50, 25]
    assert schools.se_mean[[0, 2]] == pytest.approx(np.sqrt([62.5, 62.5]))
    assert schools.se_median[[0, 2]] == pytest.approx(np.sqrt(3) * schools.se_mean[[0, 2]])
    for nothing in (schools.mean, schools.median, schools.se_mean, schools.se_median):
        assert np.isnan(nothing[1])


def test_one_pupil_has_the_error_of_the_authority_not_zero() -> None:
    schools = summarise_schools(np.array([40.0, 60.0, 90.0]), np.array([0, 0, 1]), n_schools=2)
    assert schools.se_mean[1] == pytest.approx(np.sqrt(200.0))
    assert schools.se_median[1] == pytest.approx(np.sqrt(600.0))


def test_one_pupil_in_every_school_has_no_error() -> None:
    schools = summarise_schools(np.array([40.0, 60.0]), np.array([0, 1]), n_schools=2)
    assert np.isnan(schools.se_mean).all()


def test_classes_that_differ_widen_the_error() -> None:
    # two schools of two classes of ten; classes 30 points apart, pupils of a class 0 or 10 points about 5
    pupils = np.tile([0.0, 10.0], 5)
    rank = np.concatenate([pupils + 30, pupils + 60, pupils + 20, pupils + 50])
    school, classroom = np.repeat([0, 1], 20), np.repeat([0, 1, 0, 1], 10)
    plain = summarise_schools(rank, school, n_schools=2)
    clustered = summarise_schools(rank, school, n_schools=2, classroom=classroom)
    # within: 40 * 25 = 1000 on 36; between: 2 * 20 * 15^2 = 9000, less 2 * 27.8, over 40 - 2 * (200 / 20) = 20
    within = 1000 / 36
    assert clustered.pupil_variance == pytest.approx(within)
    assert clustered.class_variance == pytest.approx((9000 - 2 * within) / 20)
    effect = 1 + 9 * clustered.class_variance / (clustered.class_variance + within)
    assert clustered.se_mean == pytest.approx(plain.se_mean * np.sqrt(effect))
    assert clustered.se_median == pytest.approx(plain.se_median * np.sqrt(effect))


def test_one_class_in_every_school_leaves_the_plain_error() -> None:
    rank, school = np.array([40.0, 60.0, 20.0, 30.0]), np.array([0, 0, 1, 1])
    plain = summarise_schools(rank, school, n_schools=2)
    clustered = summarise_schools(rank, school, n_schools=2, classroom=school)
    assert np.isnan(clustered.class_variance)
    assert np.array_equal(clustered.se_mean, plain.se_mean)


def test_pupils_without_a_percentile_or_a_school_are_refused() -> None:
    with pytest.raises(DegenerateDataError):
        summarise_schools(np.array([50.0, np.nan]), np.array([0, 0]), n_schools=1)
    with pytest.raises(ValueError, match="between 0 and 1"):
        summarise_schools(np.array([50.0, 40.0]), np.array([0, 2]), n_schools=2)
    with pytest.raises(ValueError, match="one entry"):
        summarise_schools(np.array([50.0, 40.0]), np.array([0]), n_schools=2)


def test_nobody_at_all() -> None:
    schools = summarise_schools(np.empty(0), np.empty(0, dtype=np.int64), n_schools=2)
    assert schools.n.tolist() == [0, 0]
    assert np.isnan(schools.mean).all() and np.isnan(schools.se_median).all()


def test_median_error_is_the_bootstrap_without_drawing() -> None:
    # of 11 values the r-th is a bootstrap sample's median with probability P(Beta(6, 6) in ((r-1)/11, r/11])
    values = np.array([3.0, 8, 15, 22, 40, 48, 51, 66, 80, 93, 98])
    schools = summarise_schools(values, np.zeros(11, dtype=np.int64), n_schools=1)
    chance = np.diff(betainc(6, 6, np.arange(12) / 11))
    assert schools.median[0] == 48
    assert schools.se_median[0] == pytest.approx(np.sqrt(chance @ values**2 - (chance @ values) ** 2))
