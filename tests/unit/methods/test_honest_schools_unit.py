"""Statistics of honest schools by hand: small tables, ends of ranges, refusals."""

from __future__ import annotations

import numpy as np
import pytest

from merilo.errors import DegenerateDataError
from merilo.methods.honest_schools import (
    AbsenceModel,
    MarksTilt,
    absence_scores,
    combined_scores,
    compare_agreement,
    compare_means,
    district_tail,
    fit_absence,
    fit_marks_tilt,
    log_variance,
    marks_scores,
    reference_weights,
    screen_cohorts,
    selection_allowance,
    shift_and_agreement,
    spread_shortfall,
    within_index,
)
from merilo.methods.honest_schools.participation import score_of_tails, sum_law

MARKS = np.arange(2.0, 6.0)
USUAL = AbsenceModel(share=0.1, precision=80.0, outliers=0.0)


def test_more_absent_pupils_are_more_unusual() -> None:
    z = absence_scores(np.array([0.0, 3, 6, 12, 30]), np.full(5, 30.0), USUAL)
    assert (np.diff(z) > 0).all()
    assert abs(z[1]) < 0.5


def test_a_school_with_nobody_entered_has_no_score() -> None:
    assert np.isnan(absence_scores(np.zeros(1), np.zeros(1), USUAL)[0])


def test_equal_tails_score_nought_and_far_tails_are_bounded() -> None:
    z = score_of_tails(np.array([0.5, 1.0, 0.0]), np.array([0.5, 0.0, 1.0]))
    np.testing.assert_allclose(z, [0.0, 8.0, -8.0])


def test_absence_of_four_schools_cannot_be_fitted() -> None:
    with pytest.raises(DegenerateDataError):
        fit_absence(np.ones(4), np.full(4, 20.0))


def test_law_of_one_absent_pupil_is_the_shares_of_marks() -> None:
    law = sum_law(np.array([1.0]), np.array([[2.0, 3.0, 4.0, 1.0]]), MARKS)
    np.testing.assert_allclose(law[0], [0.2, 0.3, 0.4, 0.1])


def test_law_of_two_absent_pupils_by_counting_pairs() -> None:
    """One pupil of mark 2 and two of mark 3: pairs 2+3 twice of three, 3+3 once."""
    law = sum_law(np.array([2.0]), np.array([[1.0, 2.0, 0.0, 0.0]]), MARKS)
    np.testing.assert_allclose(law[0, :3], [0.0, 2 / 3, 1 / 3])


def test_absent_weak_pupils_score_above_absent_strong_ones() -> None:
    present = np.tile([2.0, 8, 8, 2], (2, 1))
    absent = np.array([[3.0, 1, 0, 0], [0.0, 0, 1, 3]])
    weak, strong = marks_scores(absent, present, MARKS, MarksTilt(0.0, 0.0))
    assert weak > 2
    assert strong == pytest.approx(-weak)


def test_marks_of_absent_need_two_kinds_of_marks_and_somebody_absent() -> None:
    absent = np.array([[0.0, 2, 0, 0], [0.0, 0, 0, 0]])
    present = np.array([[0.0, 9, 0, 0], [2.0, 2, 2, 2]])
    assert np.isnan(marks_scores(absent, present, MARKS, MarksTilt(0.0, 0.0))).all()
    with pytest.raises(DegenerateDataError):
        fit_marks_tilt(absent, present, MARKS)


def test_without_marks_of_absent_their_number_alone_counts() -> None:
    z = combined_scores(np.array([1.5, 1.0]), np.array([np.nan, 1.0]), np.ones(2), np.ones(2))
    np.testing.assert_allclose(z, [1.5, np.sqrt(2)])


def test_schools_without_marks_give_no_weight_to_marks() -> None:
    _absence, marks = reference_weights(
        np.array([30.0, 30.0]), np.array([[0.0, 0, 0, 0], [6.0, 12, 9, 3]]), MARKS, USUAL, MarksTilt(0.3, 0.1)
    )
    assert marks[0] == 0
    assert marks[1] > 0.5


def test_means_on_one_line_part_by_nothing() -> None:
    x, error = np.linspace(2.5, 4.5, 20), np.full(20, 1e-6)
    found = compare_means(0.5 + 0.8 * x, x, error, error, error / 2)
    np.testing.assert_allclose(found.shift, 0.0, atol=1e-4)
    assert found.slope == pytest.approx(0.8, abs=1e-4)
    assert found.correlation == pytest.approx(1.0, abs=1e-4)


def test_equal_predictors_are_refused() -> None:
    with pytest.raises(DegenerateDataError):
        compare_means(np.arange(10.0), np.ones(10), np.ones(10), np.ones(10), np.zeros(10))


def test_index_of_one_predictor_is_its_within_school_regression() -> None:
    rng = np.random.default_rng(2)
    cross = np.zeros((6, 3, 3))
    for j in range(6):
        x = rng.normal(j, 1, 12)
        rows = np.column_stack([np.ones(12), x, 5 * j + 2 * x])
        cross[j] = rows.T @ rows
    y, index, slopes, n, within = within_index(cross)
    assert slopes[0] == pytest.approx(2.0)
    np.testing.assert_allclose(n, 12)
    np.testing.assert_allclose(y - index, 5 * np.arange(6), atol=1e-9)
    assert within[0] == pytest.approx(within[2])


def test_a_school_without_pupils_has_no_index() -> None:
    cross = np.zeros((2, 3, 3))
    rows = np.column_stack([np.ones(5), np.arange(5.0), np.arange(5.0) ** 2])
    cross[0] = rows.T @ rows
    assert np.isnan(within_index(cross)[0][1])


def test_screen_needs_four_cohorts_that_differ() -> None:
    with pytest.raises(DegenerateDataError):
        screen_cohorts(np.arange(3.0), np.arange(3.0), np.full(3, 20), np.full(3, 20))
    with pytest.raises(DegenerateDataError):
        screen_cohorts(np.ones(9), np.arange(9.0), np.full(9, 20), np.full(9, 20))


def test_district_with_every_cohort_flagged() -> None:
    tails = district_tail(np.array([True, True, False]), np.array([7, 7, 8]))
    assert tails == {7: pytest.approx(0.05**2), 8: pytest.approx(1.0)}


def test_no_log_variance_without_spread_or_pupils() -> None:
    found = log_variance(np.array([20.0, 20.0, 1.0]), np.array([4.0, 0.0, np.nan]))
    assert found.value[0] == pytest.approx(np.log(4.0), abs=0.06)
    assert np.isnan(found.value[1:]).all()


def test_selection_allows_nothing_at_or_below_the_mean() -> None:
    """The upper half of a normal population: mean 0.798 higher, variance 1 - 2/pi."""
    allowed = selection_allowance(np.array([-1.0, 0.0, np.sqrt(2 / np.pi)]))
    np.testing.assert_allclose(allowed, [0.0, 0.0, -np.log(1 - 2 / np.pi)], atol=1e-4)


def test_an_allowed_shortfall_is_no_shortfall() -> None:
    rng = np.random.default_rng(4)
    variance = 10 * rng.chisquare(29, 40) / 29
    variance[0] = 3.0
    own = log_variance(np.full(40, 30.0), variance)
    plain = spread_shortfall(own, np.zeros((40, 0)))
    allowed = spread_shortfall(own, np.zeros((40, 0)), allowance=np.append(2.0, np.zeros(39)))
    assert plain.z[0] > 2.5
    assert abs(allowed.z[0]) < 0.1
    assert plain.ratio[0] == pytest.approx(np.sqrt(0.3), abs=0.08)


def test_marks_that_agree_less_than_elsewhere() -> None:
    rng = np.random.default_rng(3)
    both = np.stack([rng.multinomial(30, np.outer([1, 3, 3, 1], [1, 3, 3, 1]).ravel() / 64).reshape(4, 4)
                     for _school in range(20)]).astype(float)  # fmt: skip
    both[:19] += 8 * np.eye(4)
    found = compare_agreement(both, MARKS)
    assert found.z[19] == np.nanmax(found.z)
    assert found.correlation[19] < found.expected[19]


def test_shift_stands_alone_where_agreement_is_unknown() -> None:
    shift = np.array([2.0, 1.0, -1.0, 0.5])
    assert shift_and_agreement(shift, np.array([np.nan, 1.0, 0.0, 1.0]))[0] == 2.0
    np.testing.assert_array_equal(shift_and_agreement(shift, np.full(4, np.nan)), shift)
