"""Random-intercept model: invariances, and a slow twin that builds the whole covariance matrix."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from merilo.errors import EstimationError
from merilo.methods.multilevel import RandomInterceptFit, cross_products, fit_random_intercept

SAME = 1e-7  # rounding grows with the condition of the covariates
DENSE = 1e-9  # the twin inverts 100 x 100 matrices

seeds = st.integers(0, 2**32 - 1)


def authority(seed: int, covariates: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """Random authority of 6-15 schools with 1-12 pupils: y, X, school, number of schools."""
    rng = np.random.default_rng(seed)
    schools = int(rng.integers(6, 16))
    n = rng.integers(1, 13, schools)
    n[0] += 3
    school = np.repeat(np.arange(schools), n)
    X = rng.normal(size=(len(school), covariates))
    u = rng.normal(0, rng.choice([0.0, 0.3, 2.0]), schools)
    return X.sum(axis=1) + u[school] + rng.normal(size=len(school)), X, school, schools


def dense_deviance(
    y: np.ndarray, X: np.ndarray, school: np.ndarray, var_u: float, var_e: float, *, reml: bool
) -> float:
    """-2 log (restricted) likelihood with the covariance matrix of all pupils written out."""
    Z = np.eye(school.max() + 1)[school]
    V = var_e * np.eye(len(y)) + var_u * Z @ Z.T
    X1 = np.column_stack([np.ones(len(y)), X])
    inverse = np.linalg.inv(V)
    information = X1.T @ inverse @ X1
    r = y - X1 @ np.linalg.solve(information, X1.T @ inverse @ y)
    k = X1.shape[1] if reml else 0
    value = (len(y) - k) * np.log(2 * np.pi) + np.linalg.slogdet(V)[1] + r @ inverse @ r
    return float(value + (np.linalg.slogdet(information)[1] if reml else 0.0))


@given(seed=seeds, reml=st.booleans())
@settings(max_examples=25, deadline=None)
def test_dense_twin_agrees_and_knows_no_better_point(seed: int, reml: bool) -> None:
    y, X, school, schools = authority(seed, 2)
    fit = fit_random_intercept(cross_products(y, X, school, schools), reml=reml)
    best = dense_deviance(y, X, school, fit.var_u, fit.var_e, reml=reml)
    assert fit.deviance == pytest.approx(best, rel=DENSE)
    for factor_u in (0.0, 0.5, 0.99, 1.01, 2.0, 10.0):
        for factor_e in (0.8, 0.99, 1.0, 1.01, 1.2):
            var_u = fit.var_u * factor_u if fit.var_u > 0 else (factor_u * 0.1)
            assert dense_deviance(y, X, school, var_u, fit.var_e * factor_e, reml=reml) >= best - 1e-8


@given(seed=seeds)
@settings(max_examples=25, deadline=None)
def test_dense_twin_gives_the_same_effects_and_errors(seed: int) -> None:
    """Henderson's mixed-model equations: effects, prediction and conditional errors; information by traces."""
    y, X, school, schools = authority(seed)
    fit = fit_random_intercept(cross_products(y, X, school, schools))
    assume(not fit.at_boundary)
    Z = np.eye(schools)[school]
    W = np.column_stack([np.ones(len(y)), X, Z])
    M = W.T @ W / fit.var_e
    M[2:, 2:] += np.eye(schools) / fit.var_u
    inverse = np.linalg.inv(M)
    solution = inverse @ W.T @ y / fit.var_e
    assert fit.beta == pytest.approx(solution[:2], abs=SAME)
    assert fit.beta_cov == pytest.approx(inverse[:2, :2], abs=SAME)
    assert fit.effects.blup == pytest.approx(solution[2:], abs=SAME)
    assert fit.effects.prediction_se == pytest.approx(np.sqrt(np.diag(inverse)[2:]), abs=SAME)
    assert fit.effects.conditional_se == pytest.approx(1 / np.sqrt(np.diag(M)[2:]), abs=SAME)
    V = fit.var_e * np.eye(len(y)) + fit.var_u * Z @ Z.T
    Vi, X1 = np.linalg.inv(V), W[:, :2]
    P = Vi - Vi @ X1 @ np.linalg.solve(X1.T @ Vi @ X1, X1.T @ Vi)
    parts = [np.eye(len(y)), Z @ Z.T]
    information = [[0.5 * np.trace(P @ a @ P @ b) for b in parts] for a in parts]
    stated = np.sqrt(np.diag(np.linalg.inv(np.array(information))))
    assert [fit.var_e_se, fit.var_u_se] == pytest.approx(stated, rel=1e-6)


def close(one: RandomInterceptFit, other: RandomInterceptFit, unit: float = 1.0) -> None:
    """Effects, errors and intervals of `one` times `unit` are those of `other`."""
    for name in ("mean_residual", "blup", "conditional_se", "prediction_se", "lower", "upper"):
        assert getattr(other.effects, name) == pytest.approx(
            unit * getattr(one.effects, name), abs=unit * 1e-6
        ), name
    assert other.vpc == pytest.approx(one.vpc, abs=1e-8)


@given(seed=seeds, add=st.floats(-1000, 1000), unit=st.floats(0.01, 100))
@settings(max_examples=25, deadline=None)
def test_other_units_of_results_move_only_the_units(seed: int, add: float, unit: float) -> None:
    y, X, school, schools = authority(seed)
    one = fit_random_intercept(cross_products(y, X, school, schools))
    other = fit_random_intercept(cross_products(unit * (y + add), X, school, schools))
    close(one, other, unit)


@given(seed=seeds)
@settings(max_examples=25, deadline=None)
def test_covariates_recombined_give_the_same_effects_and_ml_deviance(seed: int) -> None:
    y, X, school, schools = authority(seed, 2)
    mixed = X @ np.array([[2.0, 0.3], [0.7, -1.0]]) + [10.0, -40.0]
    one = fit_random_intercept(cross_products(y, X, school, schools), reml=False)
    other = fit_random_intercept(cross_products(y, mixed, school, schools), reml=False)
    assert other.deviance == pytest.approx(one.deviance, rel=1e-9)
    close(one, other)


@given(seed=seeds)
@settings(max_examples=25, deadline=None)
def test_schools_in_another_order_are_the_same_schools(seed: int) -> None:
    y, X, school, schools = authority(seed)
    order = np.random.default_rng(seed).permutation(schools)
    one = fit_random_intercept(cross_products(y, X, school, schools))
    other = fit_random_intercept(cross_products(y, X, order[school], schools))
    assert other.effects.blup[order] == pytest.approx(one.effects.blup, abs=SAME)
    assert other.effects.lower[order] == pytest.approx(one.effects.lower, abs=1e-6)


@given(seed=seeds, parts=st.integers(2, 5))
@settings(max_examples=25, deadline=None)
def test_sums_of_batches_add_up(seed: int, parts: int) -> None:
    y, X, school, schools = authority(seed, 2)
    batch = np.random.default_rng(seed).integers(0, parts, len(y))
    added = sum(
        cross_products(y[batch == b], X[batch == b], school[batch == b], schools) for b in range(parts)
    )
    assert added == pytest.approx(cross_products(y, X, school, schools), abs=1e-10)


@given(
    results=st.lists(st.lists(st.integers(0, 3), min_size=0, max_size=4), min_size=1, max_size=7),
)
@settings(max_examples=150, deadline=None)
def test_any_marks_give_finite_estimates_or_a_reason(results: list[list[int]]) -> None:
    y = np.array([mark for school in results for mark in school], dtype=float)
    school = np.repeat(np.arange(len(results)), [len(s) for s in results])
    try:
        fit = fit_random_intercept(cross_products(y, None, school, len(results)))
    except EstimationError as error:
        assert error.rule
        return
    filled = fit.effects.n > 0
    assert np.isfinite([fit.var_u, fit.var_e, fit.deviance, *fit.beta, *fit.beta_se]).all()
    assert np.isfinite(fit.effects.blup[filled]).all()
    assert (fit.effects.prediction_se[filled] >= fit.effects.conditional_se[filled]).all()
    assert (fit.effects.reliability[filled] >= 0).all() and (fit.effects.reliability[filled] <= 1).all()
