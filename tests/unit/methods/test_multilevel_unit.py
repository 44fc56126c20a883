"""Random-intercept model: hand-computed balanced case, edges, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from merilo.errors import DegenerateDataError, TooFewPupilsError
from merilo.methods.multilevel import (
    add_school_covariates,
    cross_products,
    fit_random_intercept,
    school_means,
)

EXACT = 1e-12  # closed formulas: only rounding may differ


def sums_of(*schools: list[float]) -> np.ndarray:
    """Sums of a model without covariates from lists of results."""
    y = np.concatenate([np.asarray(s, dtype=float) for s in schools])
    school = np.repeat(np.arange(len(schools)), [len(s) for s in schools])
    return cross_products(y, None, school, len(schools))


def test_cross_products_hold_count_sum_and_squares() -> None:
    cross = cross_products(np.array([1.0, 3.0, 5.0]), np.array([[2.0], [0.0], [1.0]]), np.array([0, 2, 0]), 3)
    assert cross[0].tolist() == [[2, 3, 6], [3, 5, 7], [6, 7, 26]]
    assert cross[1].tolist() == np.zeros((3, 3)).tolist()
    assert cross[2].tolist() == [[1, 0, 3], [0, 0, 0], [3, 0, 9]]


def test_balanced_schools_give_the_anova_estimates() -> None:
    """Schools {1,3} {4,6} {9,11}: means 2, 5, 10 about 17/3; MSW = 6/3 = 2; MSB = 2 * 98/3 / 2 = 98/3."""
    msw, msb = 2.0, 98 / 3
    fit = fit_random_intercept(sums_of([1, 3], [4, 6], [9, 11]))
    assert fit.beta == pytest.approx([17 / 3], abs=EXACT)
    assert fit.beta_se == pytest.approx([np.sqrt(msb / 6)], abs=EXACT)
    assert fit.var_e == pytest.approx(msw, abs=EXACT)
    assert fit.var_u == pytest.approx((msb - msw) / 2, rel=EXACT)
    assert fit.vpc == pytest.approx(fit.var_u / (fit.var_u + fit.var_e), rel=EXACT)
    reliability = 1 - msw / msb
    assert fit.effects.reliability == pytest.approx([reliability] * 3, rel=EXACT)
    assert fit.effects.blup == pytest.approx(reliability * (np.array([2, 5, 10]) - 17 / 3), rel=EXACT)
    assert fit.effects.mean_residual == pytest.approx(np.array([2, 5, 10]) - 17 / 3, rel=EXACT)
    assert fit.effects.conditional_se == pytest.approx([np.sqrt(msw * reliability / 2)] * 3, rel=EXACT)


def test_balanced_ml_shrinks_the_between_square_by_the_lost_school() -> None:
    """Full ML replaces MSB by SSB/J = 2 * 98/3 / 3."""
    fit = fit_random_intercept(sums_of([1, 3], [4, 6], [9, 11]), reml=False)
    assert fit.var_u == pytest.approx((2 * 98 / 9 - 2) / 2, rel=EXACT)
    assert fit.var_e == pytest.approx(2.0, rel=EXACT)


def test_equal_school_means_give_zero_between_variance_and_say_so() -> None:
    """All school means are 2: var_u = 0, var_e = 14 * 1/(N-1) over all pupils, and the effects are zero."""
    fit = fit_random_intercept(sums_of(*[[1, 3]] * 7))
    assert fit.at_boundary
    assert fit.var_u == 0.0
    assert fit.var_e == pytest.approx(14 / 13, rel=EXACT)
    assert np.isnan(fit.var_u_se)
    assert fit.effects.blup == pytest.approx(np.zeros(7), abs=EXACT)
    assert fit.effects.conditional_se == pytest.approx(np.zeros(7), abs=EXACT)
    assert (fit.effects.upper - fit.effects.lower > 0.3).all(), "zero variance is not certainty"


def test_few_schools_have_no_interval() -> None:
    effects = fit_random_intercept(sums_of([1, 3], [4, 6], [9, 11])).effects
    assert np.isnan(effects.lower).all() and np.isnan(effects.upper).all()
    assert np.isfinite(effects.prediction_se).all()


def test_school_without_pupils_gets_no_effect_and_changes_nothing() -> None:
    schools = [[1, 3], [4, 6], [9, 11], [2, 3, 9], [5, 7], [1, 1, 8]]
    without = fit_random_intercept(sums_of(*schools))
    fit = fit_random_intercept(sums_of(*schools[:1], [], *schools[1:]))
    assert fit.n_schools == 6
    assert fit.var_u == without.var_u
    assert np.isnan(fit.effects.blup[1]) and np.isnan(fit.effects.lower[1])
    assert fit.effects.n[1] == 0
    assert np.delete(fit.effects.upper, 1) == pytest.approx(without.effects.upper, rel=EXACT)


def test_school_of_one_pupil_is_fine_and_shrunk_most() -> None:
    effects = fit_random_intercept(sums_of([1, 3], [4, 6], [9, 11], [30])).effects
    assert effects.reliability.argmin() == 3
    assert 0 < effects.blup[3] < effects.mean_residual[3]


def test_constant_and_repeated_covariates_are_left_out_by_name() -> None:
    rng = np.random.default_rng(1)
    school = np.repeat(np.arange(8), 6)
    x = rng.normal(size=48)
    y = x + school * 0.5 + rng.normal(size=48)
    X = np.column_stack([x, np.full(48, 0.1), 3 * x - 7, rng.normal(size=48)])
    fit = fit_random_intercept(cross_products(y, X, school, 8), names=["prior", "year", "twice", "noise"])
    plain = fit_random_intercept(cross_products(y, X[:, [0, 3]], school, 8))
    assert fit.dropped == ("year", "twice")
    assert fit.dropped_reasons == ("constant", "combination of earlier covariates")
    assert np.isnan(fit.beta[[2, 3]]).all()
    assert fit.beta[[0, 1, 4]] == pytest.approx(plain.beta, rel=1e-9)
    assert fit.deviance == pytest.approx(plain.deviance, rel=1e-12)
    assert np.isnan(fit.beta_cov[2]).all()


def test_school_covariates_from_sums_equal_a_second_pass() -> None:
    rng = np.random.default_rng(2)
    school = rng.integers(0, 9, 70)
    x, y = rng.normal(size=70), rng.normal(size=70)
    folded = cross_products(y, x[:, None], school, 9)
    prior = school_means(folded)[:, 0]
    kind = np.arange(9.0) % 2
    twice = cross_products(y, np.column_stack([x, prior[school], kind[school]]), school, 9)
    assert add_school_covariates(folded, np.column_stack([prior, kind])) == pytest.approx(twice, abs=1e-12)


def test_large_means_cost_no_digits() -> None:
    """Scores about 500 and prior about 2000 give what the same numbers about 0 give, to 1e-9."""
    rng = np.random.default_rng(3)
    school = np.repeat(np.arange(20), 30)
    x = np.round(rng.normal(0, 10, 600))
    y = np.round(50 * (0.05 * x + rng.normal(0, 0.4, 20)[school] + rng.normal(size=600)))
    near = fit_random_intercept(cross_products(y, x[:, None], school, 20))
    far = fit_random_intercept(cross_products(y + 500, x[:, None] + 2000, school, 20))
    assert far.var_u == pytest.approx(near.var_u, rel=1e-9)
    assert far.var_e == pytest.approx(near.var_e, rel=1e-9)
    assert far.deviance == pytest.approx(near.deviance, rel=1e-11)
    assert far.effects.blup == pytest.approx(near.effects.blup, abs=1e-8)
    assert far.effects.prediction_se == pytest.approx(near.effects.prediction_se, rel=1e-8)


@pytest.mark.parametrize(
    ("schools", "error", "words"),
    [
        ([[1, 2, 3]], TooFewPupilsError, "at least two schools"),
        ([[1, 2, 3], []], TooFewPupilsError, "at least two schools"),
        ([[1], [2], [3]], TooFewPupilsError, "Pupils of one school"),
        ([[2, 2], [2, 2]], DegenerateDataError, "All results are equal"),
        ([[1, 1], [2, 2], [5, 5]], DegenerateDataError, "exactly"),
    ],
)
def test_data_that_tell_nothing_are_refused_with_the_reason(
    schools: list[list[float]], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        fit_random_intercept(sums_of(*schools))


def test_as_many_school_covariates_as_schools_are_refused() -> None:
    cross = add_school_covariates(sums_of([1, 3], [4, 6]), np.array([0.0, 1.0]))
    with pytest.raises(TooFewPupilsError, match="as many school covariates"):
        fit_random_intercept(cross)


def test_missing_values_in_sums_are_refused() -> None:
    cross = sums_of([1, 3], [4, 6])
    cross[1, 1, 1] = np.nan
    with pytest.raises(DegenerateDataError, match="missing or infinite"):
        fit_random_intercept(cross)


def test_input_is_not_changed() -> None:
    cross = sums_of([1, 3], [4, 6], [9, 11])
    before = cross.copy()
    fit_random_intercept(cross)
    assert (cross == before).all()
