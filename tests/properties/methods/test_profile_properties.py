"""What must hold for any profile of items."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from merilo.methods.profile import contrast, find_leaks, null_scores, robust_variance, weighted_median
from merilo.methods.profile.moments import information
from merilo.methods.profile.spread import HonestSpread

FINITE = st.floats(-3, 3)
POSITIVE = st.floats(0.05, 2)
NONE = np.zeros((6, 0))


@given(arrays(float, (2, 6), elements=st.floats(0.01, 0.25)))
def test_information_gives_the_conditional_variance_back_where_items_are_balanced(v: np.ndarray) -> None:
    w = information(v)
    assert (w >= v - 1e-12).all()
    balanced = (v <= 0.3 * v.sum(axis=1, keepdims=True)).all(axis=1)
    back = w - w**2 / w.sum(axis=1, keepdims=True)
    assert np.allclose(back[balanced], v[balanced], rtol=2e-2)


@given(arrays(float, 9, elements=FINITE), arrays(float, 9, elements=POSITIVE))
def test_weighted_median_is_one_of_the_values_and_halves_the_weight(x: np.ndarray, w: np.ndarray) -> None:
    median = weighted_median(x, w)
    assert median in x
    assert w[x < median].sum() <= w.sum() / 2 + 1e-9
    assert w[x > median].sum() <= w.sum() / 2 + 1e-9


@given(arrays(float, 30, elements=FINITE), st.floats(0.5, 4))
def test_robust_variance_scales_with_the_square_of_the_unit(x: np.ndarray, unit: float) -> None:
    if np.median(x**2) < 0.01:
        return
    one, _w = robust_variance(x, np.zeros(30))
    other, _w = robust_variance(unit * x, np.zeros(30))
    assert np.isclose(other, unit**2 * one, rtol=0.02)


@given(arrays(float, (3, 6), elements=FINITE), st.floats(-2, 2))
def test_a_constant_added_to_a_school_changes_neither_leaks_nor_contrast(x: np.ndarray, c: float) -> None:
    noise, own = np.full((3, 6), 0.1), np.full(6, 0.2)
    honest = HonestSpread(np.zeros(6), own, np.zeros(0), x)
    direction = np.array([1.0, 1, 0, 0, 0, 0])
    usable = np.ones(3, bool)
    assert np.allclose(
        find_leaks(x, noise, honest, NONE).ratio, find_leaks(x + c, noise, honest, NONE).ratio, atol=1e-4
    )
    one = contrast(x, noise, own, NONE, np.zeros(0), direction, usable)
    other = contrast(x + c, noise, own, NONE, np.zeros(0), direction, usable)
    assert np.allclose(one.z, other.z, atol=1e-4)


@given(arrays(float, 20, elements=FINITE), arrays(float, 80, elements=FINITE))
def test_null_scores_rise_with_the_statistic(observed: np.ndarray, drawn: np.ndarray) -> None:
    z = null_scores(observed, drawn, np.zeros(20), np.zeros(80), np.ones(20, bool))
    order = np.argsort(observed)
    assert (np.diff(z[order]) >= -1e-9).all()
    assert np.isfinite(z).all()
