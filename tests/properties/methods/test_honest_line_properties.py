"""The honest line: invariances, and a slow twin that searches the likelihood of REML."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from merilo.methods.honest_line import fit_honest_line

seeds = st.integers(0, 2**32 - 1)
STOPS = 2e-3  # the loop stops at relative changes of 1e-5 a step


def schools(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(12, 60))
    variance = rng.uniform(0.05, 2.0, n)
    design = np.column_stack([np.ones(n), rng.normal(size=n)])
    y = (
        design @ rng.normal(size=2)
        + rng.normal(0, rng.uniform(0, 1.5), n)
        + np.sqrt(variance) * rng.normal(size=n)
    )
    return y, design, variance


@given(seed=seeds)
@settings(max_examples=30, deadline=None)
def test_order_of_schools_does_not_matter(seed: int) -> None:
    y, design, variance = schools(seed)
    order = np.random.default_rng(seed + 1).permutation(len(y))
    line, shuffled = (
        fit_honest_line(y, design, variance),
        fit_honest_line(y[order], design[order], variance[order]),
    )
    np.testing.assert_allclose(shuffled.z, line.z[order], atol=STOPS)


@given(seed=seeds, scale=st.floats(0.01, 100), shift=st.floats(-50, 50))
@settings(max_examples=30, deadline=None)
def test_units_and_origin_do_not_matter(seed: int, scale: float, shift: float) -> None:
    y, design, variance = schools(seed)
    line = fit_honest_line(y, design, variance)
    other = fit_honest_line(scale * y + shift, design, scale**2 * variance)
    np.testing.assert_allclose(other.z, line.z, atol=STOPS)
    assert other.tau2 == pytest.approx(scale**2 * line.tau2, rel=0.01, abs=STOPS * scale**2)


@given(seed=seeds)
@settings(max_examples=30, deadline=None)
def test_slow_twin_searches_the_restricted_likelihood(seed: int) -> None:
    """Without outliers: the spread that a bounded search of the REML criterion finds."""
    y, design, variance = schools(seed)

    def criterion(tau2: float) -> float:
        weight = 1 / (tau2 + variance)
        information = design.T @ (design * weight[:, None])
        beta = np.linalg.solve(information, design.T @ (weight * y))
        squares = float((weight * (y - design @ beta) ** 2).sum())
        return squares - float(np.log(weight).sum()) + float(np.linalg.slogdet(information)[1])

    line = fit_honest_line(y, design, variance, most_outliers=0.0)
    best = min(
        (minimize_scalar(criterion, bounds=(0, top), method="bounded") for top in (0.3, 3.0, 30.0)),
        key=lambda one: one.fun,
    )
    assert criterion(line.tau2) == pytest.approx(min(best.fun, criterion(0.0)), abs=1e-3)
