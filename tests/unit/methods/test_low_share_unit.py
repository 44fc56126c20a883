"""Low results: the official rule at its limits, the probability by hand, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import betainc
from scipy.stats import beta

from merilo.errors import DegenerateDataError, TooFewPupilsError
from merilo.methods.low_share import (
    LowShareModel,
    assess_low_shares,
    cleaned_probability,
    doubtful_cases,
    fit_doubtful_shares,
    fit_low_shares,
)

EXACT = 1e-12


def independent(mean: list[float], precision: float) -> LowShareModel:
    """A known model without a school's common part: shares are Beta(mean*precision, (1-mean)*precision)."""
    m = np.array(mean)
    return LowShareModel(
        location=np.log(m / (1 - m)),
        school_sd=0.0,
        precision=np.full(len(m), precision),
        log_likelihood=0.0,
        n_schools=0,
        from_prior=False,
        converged=True,
    )


def test_rule_lists_at_the_limit_exactly() -> None:
    """30 % of 10, 30 and 70 are 3, 9 and 21 pupils: equal counts as reached; one pupil fewer does not."""
    n = np.array([[10.0, 30], [70, 30], [10, 30], [70, 10]])
    low = np.array([[3.0, 9], [21, 9], [2, 9], [20, 3]])
    result = assess_low_shares(low, n, independent([0.2, 0.2], 10))
    assert result.listed.tolist() == [True, True, False, False]
    assert result.n_low.tolist() == [2, 2, 1, 1]


def test_probability_of_two_procedures_by_hand() -> None:
    """Beta posteriors: P(share >= 0.3) each, both for two, at least one for one."""
    low, n = np.array([[4.0, 10.0]]), np.array([[12.0, 25.0]])
    model = independent([0.2, 0.25], 10)
    p = 1 - betainc([2 + 4, 2.5 + 10], [8 + 8, 7.5 + 15], 0.3)
    both = assess_low_shares(low, n, model)
    assert both.probability_each[0] == pytest.approx(p, rel=EXACT)
    assert both.probability[0] == pytest.approx(p[0] * p[1], rel=1e-10)
    assert both.expected_share[0] == pytest.approx([6 / 22, 12.5 / 35], rel=EXACT)
    one = assess_low_shares(low, n, model, min_procedures=1)
    assert one.probability[0] == pytest.approx(1 - (1 - p[0]) * (1 - p[1]), rel=1e-10)


def test_too_small_procedures_do_not_count_and_too_few_give_no_probability() -> None:
    low = np.array([[3.0, 5, 0], [3, 5, 5]])
    n = np.array([[4.0, 10, 0], [10, 10, 10]])
    result = assess_low_shares(low, n, independent([0.2] * 3, 10), min_participants=5)
    assert result.n_eligible.tolist() == [1, 3]
    assert not result.listed[0] and result.listed[1]
    assert np.isnan(result.probability[0]) and not result.steady[0]
    assert np.isnan(result.probability_each[0, [0, 2]]).all()
    assert np.isnan(result.share[0, 2])
    assert np.isfinite(result.probability[1])


def test_steady_needs_a_clear_probability_on_the_side_of_the_listing() -> None:
    low = np.array([[45.0, 45], [31, 31], [2, 2]])
    n = np.full((3, 2), 100.0)
    result = assess_low_shares(low, n, independent([0.2, 0.2], 10))
    assert result.listed.tolist() == [True, True, False]
    assert result.steady.tolist() == [True, False, True]
    assert assess_low_shares(low, n, independent([0.2, 0.2], 10), steady_above=0.1).steady[1]


def test_clear_probability_against_the_listing_is_borderline() -> None:
    """3 of 10 twice is listed, but where nobody else is low the true shares are hardly that high: not steady."""
    result = assess_low_shares(np.array([[3.0, 3]]), np.full((1, 2), 10.0), independent([0.05, 0.05], 100))
    assert result.listed[0]
    assert result.probability[0] < 0.1
    assert not result.steady[0]


def test_without_doubt_the_cleaned_probability_is_the_plain_one() -> None:
    low, n = np.array([[3.0, 5, 0], [9, 1, 4]]), np.array([[10.0, 12, 0], [30, 9, 10]])
    model = fit_low_shares(low, n)
    plain = assess_low_shares(low, n, model).probability
    np.testing.assert_allclose(
        cleaned_probability(low, n, doubtful_cases(n, np.zeros((2, 3))), model), plain, rtol=1e-12
    )


def test_a_count_in_full_doubt_is_as_if_nobody_had_looked() -> None:
    """Independent procedures, mean .3 and precision 10: each unseen share reaches .3 with P(Beta(3, 7) >= .3)."""
    model = independent([0.3, 0.3], 10)
    unseen = float(beta(3, 7).sf(0.3))
    low, n = np.zeros((1, 2)), np.full((1, 2), 50.0)
    assert cleaned_probability(low, n, doubtful_cases(n, np.ones((1, 2))), model) == pytest.approx(unseen**2)
    seen = float(beta(3, 57).sf(0.3))
    for doubt in (0.0, 0.25, 1.0):
        cleaned = cleaned_probability(low, n, doubtful_cases(n, np.array([[doubt, 0.0]])), model)
        assert cleaned == pytest.approx(seen * ((1 - doubt) * seen + doubt * unseen))


def test_doubts_of_a_school_go_together() -> None:
    """Doubts .6 and .2: both counts fail in .2 of cases, only the first in .4, none in .4."""
    model = independent([0.3, 0.3], 10)
    unseen, seen = float(beta(3, 7).sf(0.3)), float(beta(3, 57).sf(0.3))
    cleaned = cleaned_probability(
        np.zeros((1, 2)),
        np.full((1, 2), 50.0),
        doubtful_cases(np.full((1, 2), 50.0), np.array([[0.6, 0.2]])),
        model,
    )
    assert cleaned == pytest.approx(0.2 * unseen**2 + 0.4 * unseen * seen + 0.4 * seen**2)


def test_doubt_about_a_procedure_that_was_not_held_says_nothing() -> None:
    low, n = np.array([[3.0, 5, 0]]), np.array([[10.0, 12, 0]])
    model = independent([0.3, 0.3, 0.3], 10)
    plain = cleaned_probability(low, n, doubtful_cases(n, np.zeros((1, 3))), model)
    assert cleaned_probability(low, n, doubtful_cases(n, np.array([[0, 0, 1.0]])), model) == pytest.approx(
        plain
    )


def test_a_procedure_without_trusted_works_anywhere_does_not_count() -> None:
    """Its location is unknown to the model: with one procedure left, two cannot be low."""
    low, n, doubt = np.array([[3.0, 5], [2, 1]]), np.full((2, 2), 10.0), np.array([[0, 1.0], [0, 1.0]])
    model = fit_doubtful_shares(low, n, doubtful_cases(n, doubt))
    assert np.isnan(cleaned_probability(low, n, doubtful_cases(n, doubt), model)).all()


def test_doubts_outside_the_unit_interval_are_refused() -> None:
    for wrong in (-0.1, 1.5, np.nan):
        with pytest.raises(DegenerateDataError, match="between 0 and 1"):
            doubtful_cases(np.full((1, 2), 5.0), np.full((1, 2), wrong))


def test_cases_of_a_school_add_up_to_one() -> None:
    """Doubts .6, .2 and, not held, .9: all hold .4, the first fails .4, both fail .2; none in doubt: one case."""
    cases = doubtful_cases(np.array([[5.0, 5, 0], [5, 5, 5]]), np.array([[0.6, 0.2, 0.9], [0, 0, 0]]))
    assert cases.school.tolist() == [0, 0, 0, 1]
    assert cases.weight == pytest.approx([0.2, 0.4, 0.4, 1])
    assert cases.trusted[:3, :2].tolist() == [[False, False], [False, True], [True, True]]
    assert cases.trusted[3].all()


def test_a_row_of_weight_two_counts_like_two_rows() -> None:
    low, n = np.array([[3.0, 5], [2, 1], [7, 4]]), np.full((3, 2), 12.0)
    twice = fit_low_shares(np.vstack([low, low[:1]]), np.full((4, 2), 12.0))
    weighted = fit_low_shares(low, n, weight=np.array([2.0, 1, 1]))
    assert weighted.location == pytest.approx(twice.location, abs=1e-6)
    assert weighted.log_likelihood == pytest.approx(twice.log_likelihood)


def test_few_schools_take_the_spread_from_prior_knowledge() -> None:
    model = fit_low_shares(np.array([[1.0, 2], [0, 3]]), np.array([[10.0, 10], [12, 9]]))
    assert model.from_prior
    assert model.school_sd == pytest.approx(0.6)
    assert np.isfinite(model.location).all()


@pytest.mark.parametrize("low", [0.0, 1.0], ids=["nobody-low", "everybody-low"])
def test_single_pupils_and_equal_columns_stay_finite(low: float) -> None:
    n = np.ones((12, 3))
    model = fit_low_shares(np.full((12, 3), low), n)
    result = assess_low_shares(np.full((12, 3), low), n, model)
    assert np.isfinite(result.probability).all()
    assert (result.probability[0] > 0.5) == (low == 1.0)


def test_procedure_that_nobody_had_stays_empty() -> None:
    rng = np.random.default_rng(0)
    low, n = rng.binomial(20, 0.3, (15, 3)).astype(float), np.full((15, 3), 20.0)
    low[:, 1] = n[:, 1] = 0
    model = fit_low_shares(low, n)
    result = assess_low_shares(low, n, model)
    assert np.isnan(model.location[1])
    assert np.isnan(result.probability_each[:, 1]).all()
    two = fit_low_shares(low[:, [0, 2]], n[:, [0, 2]])
    assert result.probability == pytest.approx(
        assess_low_shares(low[:, [0, 2]], n[:, [0, 2]], two).probability, abs=1e-4
    )


@pytest.mark.parametrize(
    ("low", "n", "error", "words"),
    [
        ([[3.0]], [[2.0]], DegenerateDataError, "between 0 and the participants"),
        ([[np.nan]], [[2.0]], DegenerateDataError, "missing"),
        ([[1.0, 2.0]], [[2.0]], DegenerateDataError, "one shape"),
        ([[0.0]], [[0.0]], TooFewPupilsError, "No school has participants"),
    ],
)
def test_impossible_counts_are_refused(low: list, n: list, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        fit_low_shares(np.array(low), np.array(n))
