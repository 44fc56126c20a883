"""Invariants of growth percentiles, and a linear programme as the slow twin."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from merilo.methods.growth import choose_basis, fit_quantiles, growth_percentiles

# HiGHS stops at a dual infeasibility of 1e-7; the losses compared are of order 10-1000.
SAME_LOSS = 1e-7
TAUS = np.array([0.005, 0.25, 0.5, 0.905, 0.995])


def least_loss(design: np.ndarray, score: np.ndarray, weight: np.ndarray, tau: float) -> float:
    """Naive twin: the dual programme max y'a - (1 - tau) w'y, X'a = (1 - tau) X'w, 0 <= a <= w."""
    solved = linprog(
        -score,
        A_eq=design.T,
        b_eq=(1 - tau) * design.T @ weight,
        bounds=np.column_stack([np.zeros_like(weight), weight]),
        method="highs",
    )
    return float(-solved.fun - (1 - tau) * weight @ score)


def short_test(seed: int, n: int, length: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    ability = rng.normal(size=n)
    chance = 1 / (1 + np.exp(-ability))
    prior = rng.binomial(length, chance).astype(float)
    return prior, np.minimum(rng.binomial(length, chance), max(1, 0.8 * length)).astype(float)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(100, 400), st.integers(4, 40))
def test_fits_are_optimal_on_tied_scores(seed: int, n: int, length: int) -> None:
    prior, score = short_test(seed, n, length)
    design, weight = (
        choose_basis(prior).evaluate(prior),
        np.random.default_rng(seed).integers(1, 5, n).astype(float),
    )
    fitted = fit_quantiles(design, score, weight, TAUS)
    for tau, coefficients in zip(TAUS, fitted, strict=True):
        residual = score - design @ coefficients
        loss = float(weight @ (residual * (tau - (residual < 0))))
        best = least_loss(design, score, weight, float(tau))
        assert abs(loss - best) <= SAME_LOSS * (1 + abs(best))


def test_fit_is_optimal_where_only_points_near_the_curve_were_searched() -> None:
    """12,000 different points: thinned start, glued far points, two priors."""
    rng = np.random.default_rng(3)
    prior = rng.normal(size=(12_000, 2))
    score = prior.sum(axis=1) + rng.standard_t(3, size=12_000)
    design = np.hstack(
        [
            choose_basis(prior[:, 0]).evaluate(prior[:, 0]),
            choose_basis(prior[:, 1]).evaluate(prior[:, 1])[:, 1:],
        ]
    )
    taus = np.array([0.005, 0.5, 0.7])
    fitted = fit_quantiles(design, score, np.ones(12_000), taus)
    for tau, coefficients in zip(taus, fitted, strict=True):
        # first-order condition: the pull of the points off the curve is balanced by at most p points on it
        residual = score - design @ coefficients
        on_curve = np.abs(residual) < 1e-8
        assert on_curve.sum() == design.shape[1]
        pull = design[~on_curve].T @ (tau - (residual[~on_curve] < 0))
        dual = np.linalg.solve(design[on_curve].T, -pull)
        assert dual.max() <= tau + 1e-6 and dual.min() >= tau - 1 - 1e-6


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10**6), st.integers(-3, 6), st.integers(-500, 500), st.sampled_from([0.0, 1.0]))
def test_percentiles_do_not_depend_on_the_unit_or_the_order(
    seed: int, power: int, added: int, step: float
) -> None:
    prior, score = short_test(seed, 300, 25)
    plain = growth_percentiles(prior, score, score_step=step)
    unit = 2.0**power
    moved = growth_percentiles(prior, unit * (score + added), score_step=unit * step)
    assert np.array_equal(plain.percentile, moved.percentile)
    order = np.random.default_rng(seed).permutation(len(prior))
    shuffled = growth_percentiles(prior[order], score[order], score_step=step)
    assert np.array_equal(shuffled.percentile, plain.percentile[order])


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.integers(4, 60), st.sampled_from([0.0, 1.0]))
def test_more_points_from_the_same_start_never_mean_less_growth(seed: int, length: int, step: float) -> None:
    prior, score = short_test(seed, 250, length)
    growth = growth_percentiles(prior, score, score_step=step)
    assert growth.percentile.min() >= 1 and growth.percentile.max() <= 99
    assert np.all(np.diff(growth.score_quantiles(np.unique(prior)), axis=1) >= 0)
    order = np.lexsort((score, prior))
    same_start = np.diff(prior[order]) == 0
    assert np.all(np.diff(growth.rank[order])[same_start] >= 0)


def test_the_same_input_gives_the_same_bytes() -> None:
    prior, score = short_test(1, 500, 30)
    first, second = growth_percentiles(prior, score), growth_percentiles(prior, score)
    assert first.coefficients.tobytes() == second.coefficients.tobytes()
