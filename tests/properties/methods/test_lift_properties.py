"""Lift over cut scores: what must hold for any counts, and slow twins of the fast solvers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.stats import norm

from merilo.methods.lift import (
    bounded_interval,
    candidate_zones,
    estimate_lift,
    fit_tilted,
    lift_operator,
    near_misses,
    polynomial_design,
)
from merilo.methods.lift.region import coefficient_precision
from merilo.methods.lift.remaining import remaining_near_misses

TWIN = 1e-4
"""Relative: the slow twin stops at the gradient tolerance of a general optimiser."""

NUDGE = 2e-3
"""Relative: influence is a derivative, the twin a finite difference."""


@st.composite
def bunched(draw: st.DrawFn) -> tuple[np.ndarray, list[int]]:
    """Counts of a skewed shape with lift at one or two cut scores, noise of a multinomial."""
    top = draw(st.integers(14, 40))
    first = draw(st.integers(4, top // 2))
    cuts = [first, *([first + 5] if draw(st.booleans()) and first + 8 < top else [])]
    works = draw(st.sampled_from([300, 3_000, 30_000]))
    centre, skew = draw(st.floats(0.3, 0.7)), draw(st.floats(-1, 1))
    x = np.arange(top + 1) / top
    shape = np.exp(-0.5 * ((x - centre) / 0.22) ** 2 + skew * x)
    shares = np.full((len(cuts), 2), draw(st.floats(0, 1)))
    after = lift_operator(top, cuts, shares) @ (shape / shape.sum())
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    return rng.multinomial(works, after / after.sum()).astype(float), cuts


@settings(max_examples=60, deadline=None)
@given(bunched())
def test_estimates_are_shares_inside_their_intervals(case: tuple[np.ndarray, list[int]]):
    """0 <= lower <= share <= upper <= 1 or all NaN with a reason; works are neither lost nor made."""
    counts, cuts = case
    kept = counts.copy()
    estimate = estimate_lift(counts, cuts)
    np.testing.assert_array_equal(counts, kept)
    told = np.array([not why for why in estimate.reason])
    np.testing.assert_array_equal(told, ~np.isnan(estimate.share))
    for lower, share, upper in zip(
        estimate.lower[told], estimate.share[told], estimate.upper[told], strict=True
    ):
        assert 0 <= lower <= share <= upper <= 1
    assert estimate.dispersion >= 1
    assert np.all(estimate.counterfactual >= 0)
    assert abs(estimate.counterfactual.sum() / counts.sum() - 1) < 0.05


@settings(max_examples=20, deadline=None)
@given(bunched(), st.integers(2, 4))
def test_spreading_scores_over_a_conversion_table_changes_nothing(
    case: tuple[np.ndarray, list[int]], gap: int
):
    """Scores multiplied by 2-4 with the mask given: the same shares, expected counts at the possible scores."""
    counts, cuts = case
    wide = np.zeros(gap * (len(counts) - 1) + 1)
    wide[::gap] = counts
    possible = np.arange(len(wide)) % gap == 0
    tight = estimate_lift(counts, cuts, possible=np.ones(len(counts), dtype=bool))
    spread = estimate_lift(wide, [gap * cut for cut in cuts], possible=possible)
    np.testing.assert_array_equal(spread.share, tight.share)
    np.testing.assert_array_equal(spread.upper, tight.upper)
    np.testing.assert_array_equal(spread.counterfactual[::gap], tight.counterfactual)


@settings(max_examples=10, deadline=None)
@given(bunched())
def test_same_counts_same_bytes(case: tuple[np.ndarray, list[int]]):
    """No chance and no order of sets inside."""
    first, second = estimate_lift(*case), estimate_lift(*case)
    assert first.share.tobytes() == second.share.tobytes()
    assert first.upper.tobytes() == second.upper.tobytes()
    assert first.fitted.tobytes() == second.fitted.tobytes()


@settings(max_examples=40, deadline=None)
@given(
    st.integers(8, 30),
    st.lists(st.floats(0, 1), min_size=1, max_size=3),
    st.floats(0, 1),
)
def test_operator_keeps_every_work(top: int, shares: list[float], above: float):
    """Columns sum to 1, nothing below 0, scores outside the reach untouched."""
    operator = lift_operator(top, [5], np.array([shares]), landing=(1 - above, above))
    np.testing.assert_allclose(operator.sum(axis=0), 1.0)
    assert np.all(operator >= 0)
    np.testing.assert_array_equal(operator[:, 5:], np.eye(top + 1)[:, 5:])


def _setting() -> tuple[np.ndarray, tuple[int, ...], np.ndarray, np.ndarray]:
    """Lifted counts of 2,000 works, cut scores, and design and prior of fifth order."""
    rng = np.random.default_rng(3)
    x = np.arange(25)
    shape = np.exp(-0.5 * ((x - 12) / 5.0) ** 2)
    after = lift_operator(24, [8, 15], np.array([[0.7, 0.5], [0.3, 0.3]])) @ (shape / shape.sum())
    return (
        rng.multinomial(2000, after).astype(float),
        (8, 15),
        polynomial_design(24, 5),
        coefficient_precision(5),
    )


def test_newton_agrees_with_a_general_optimiser():
    """Every zone's fit against scipy's minimiser on the grouped Poisson likelihood, written out cell by cell."""
    counts, cuts, design, prior = _setting()
    zones = candidate_zones(24, cuts, depths=(2, 3), landings=(1, 2))
    B = len(zones.saturated)
    fits = fit_tilted(counts, zones, design=design, precision=np.tile(prior, (B, 1)), offset=np.zeros(25))
    assert fits.converged.all()
    for b in range(B):
        cells = [[r] for r in np.flatnonzero(zones.free[b])]
        cells += [np.flatnonzero(w).tolist() for w in zones.windows[b] if w.any()]

        def loss(beta: np.ndarray, cells: list[list[int]] = cells) -> float:
            m = np.exp(design @ beta)
            value = sum(m[c].sum() - counts[c].sum() * np.log(m[c].sum()) for c in cells)
            return float(value + 0.5 * (prior * beta**2).sum())

        start = np.linalg.lstsq(design, np.log(counts + 1.0), rcond=None)[0]
        slow = minimize(loss, start, method="BFGS", options={"gtol": 1e-5, "maxiter": 2000})
        np.testing.assert_allclose(fits.expected[b], np.exp(design @ slow.x), rtol=100 * TWIN, atol=0.05)
        assert loss(slow.x) >= _loss_of(fits.expected[b], design, loss) - TWIN


def _loss_of(expected: np.ndarray, design: np.ndarray, loss: Callable[[np.ndarray], float]) -> float:
    return float(loss(np.linalg.lstsq(design, np.log(expected), rcond=None)[0]))


def test_influence_agrees_with_refitting():
    """One more work at a score: log(1 - share) moves as its influence says, so the variance is right."""
    counts, cuts, design, prior = _setting()
    zones = candidate_zones(24, cuts, depths=(2,), landings=(1,))
    precision = np.tile(prior, (len(zones.saturated), 1))

    def logs(changed: np.ndarray) -> np.ndarray:
        fits = fit_tilted(changed, zones, design=design, precision=precision, offset=np.zeros(25))
        return remaining_near_misses(changed, fits, design, zones, cuts).log_remaining

    step = 0.05
    slope = np.stack(
        [(logs(counts + step * e) - logs(counts - step * e)) / (2 * step) for e in np.eye(25)], axis=-1
    )
    spread = counts.copy()
    for scores in near_misses(cuts):
        spread[scores] += 0.25
    fits = fit_tilted(counts, zones, design=design, precision=precision, offset=np.zeros(25))
    quick = remaining_near_misses(counts, fits, design, zones, cuts).variance
    # The information is the expected one, the refit follows the observed one: they differ by the misfit of a window.
    np.testing.assert_allclose(quick, slope**2 @ spread, rtol=0.02)


def test_influence_of_landing_agrees_with_refitting():
    """The same where cut scores are 3 points apart and works that landed are taken out."""
    x = np.arange(25)
    shape = 3000 * np.exp(-0.5 * ((x - 12) / 5.0) ** 2)
    cuts, design, prior = (9, 12, 15), polynomial_design(24, 3), coefficient_precision(3)
    counts = lift_operator(24, cuts, np.full((3, 2), 0.5), landing=(0.7, 0.3)) @ shape
    zones = candidate_zones(24, cuts, depths=(2,), landings=(1,))
    precision = np.tile(prior, (len(zones.saturated), 1))

    def logs(changed: np.ndarray) -> np.ndarray:
        fits = fit_tilted(changed, zones, design=design, precision=precision, offset=np.zeros(25))
        return remaining_near_misses(changed, fits, design, zones, cuts).log_remaining

    slope = np.stack([(logs(counts + e) - logs(counts - e)) / 2 for e in np.eye(25)], axis=-1)
    fits = fit_tilted(counts, zones, design=design, precision=precision, offset=np.zeros(25))
    quick = remaining_near_misses(counts, fits, design, zones, cuts).variance
    np.testing.assert_allclose(quick, slope**2 @ counts, rtol=NUDGE)


def test_bounded_interval_agrees_with_its_definition():
    """The acceptance regions built by brute force on a grid of results give the same limits."""
    grid = np.arange(-8.0, 12.0, 0.004)
    means = np.arange(0.0, 6.0, 0.01)
    accepted = np.zeros((len(means), len(grid)), dtype=bool)
    for row, mean in enumerate(means):
        density = norm.pdf(grid - mean)
        order = np.argsort(-(density / norm.pdf(grid - np.maximum(grid, 0.0))), kind="stable")
        enough = np.searchsorted(np.cumsum(density[order]) * 0.004, 0.95) + 1
        accepted[row, order[:enough]] = True
    tried = np.array([-3.0, -1.0, -0.2, 0.0, 0.7, 1.5, 1.9, 2.5, 3.5])
    lower, upper = bounded_interval(tried, np.ones(len(tried)))
    for y, low, high in zip(tried, lower, upper, strict=True):
        belongs = means[accepted[:, np.argmin(np.abs(grid - y))]]
        assert abs(belongs[0] - low) < 0.02
        assert abs(belongs[-1] - high) < 0.02
