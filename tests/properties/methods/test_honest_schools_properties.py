"""Honest schools: invariances, and slow twins that count every draw."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from merilo.methods.honest_schools import (
    AbsenceModel,
    MarksTilt,
    absence_scores,
    compare_agreement,
    compare_means,
    marks_scores,
    screen_cohorts,
    selection_allowance,
)
from merilo.methods.honest_schools.participation import sum_law, sum_moments

seeds = st.integers(0, 2**32 - 1)
MARKS = np.arange(2.0, 6.0)


@given(counts=st.lists(st.integers(0, 3), min_size=4, max_size=4), absent=st.integers(1, 4))
@settings(max_examples=60, deadline=None)
def test_slow_twin_draws_every_set_of_absent_pupils(counts: list[int], absent: int) -> None:
    pupils = np.repeat(np.arange(4), counts)
    if len(pupils) < absent:
        return
    law = sum_law(np.array([float(absent)]), np.array([counts], dtype=float), MARKS)[0]
    sums = [int(pupils[list(chosen)].sum()) for chosen in combinations(range(len(pupils)), absent)]
    expected = np.bincount(sums, minlength=law.size) / len(sums)
    np.testing.assert_allclose(law, expected, atol=1e-12)


@given(seed=seeds)
@settings(max_examples=30, deadline=None)
def test_moments_of_the_tilted_sum_equal_the_exact_law(seed: int) -> None:
    """With 8 to 12 absent of 60 and more: mean within 6 % of its SD, variance within 6 %."""
    rng = np.random.default_rng(seed)
    everyone = rng.integers(15, 40, (1, 4)).astype(float)
    absent = np.array([float(rng.integers(8, 13))])
    tilt = float(rng.uniform(-0.5, 1.0))
    law = sum_law(absent, everyone, MARKS)[0]
    value = np.arange(law.size) + 2 * absent[0]
    tilted = law * np.exp(-tilt * (value - value[0]))
    tilted /= tilted.sum()
    mean, variance = sum_moments(absent, everyone, MARKS, tilt)
    exact = float(tilted @ value)
    spread = float(tilted @ (value - exact) ** 2)
    assert mean[0] == pytest.approx(exact, abs=0.06 * spread**0.5)
    assert variance[0] == pytest.approx(spread, rel=0.06)


@given(entered=st.integers(8, 150), share=st.floats(0.02, 0.3), precision=st.floats(5, 500))
@settings(max_examples=40, deadline=None)
def test_mean_of_mid_p_of_absence_is_a_half(entered: int, share: float, precision: float) -> None:
    """Mid-p values are fair whatever the size: their mean under the model is exactly 0.5."""
    from scipy.stats import betabinom, norm

    k = np.arange(entered + 1.0)
    z = absence_scores(k, np.full(entered + 1, float(entered)), AbsenceModel(share, precision, 0.0))
    weight = betabinom.pmf(k, entered, share * precision, (1 - share) * precision)
    assert float(weight @ norm.cdf(z)) == pytest.approx(0.5, abs=1e-6)
    assert (np.diff(z) >= 0).all()


@given(seed=seeds)
@settings(max_examples=30, deadline=None)
def test_a_weaker_absent_pupil_raises_the_score(seed: int) -> None:
    rng = np.random.default_rng(seed)
    present = rng.integers(1, 12, (1, 4)).astype(float)
    absent = rng.integers(0, 4, (1, 4)).astype(float)
    absent[0, 3] += 1
    weaker, present_after = absent.copy(), present.copy()
    weaker[0, 3] -= 1
    weaker[0, 0] += 1
    present_after[0, 3] += 1
    present_after[0, 0] = max(present_after[0, 0] - 1, 0)
    model = MarksTilt(0.3, 0.2)
    one = marks_scores(absent, present, MARKS, model)[0]
    two = marks_scores(weaker, present_after, MARKS, model)[0]
    assert two > one


@given(seed=seeds, scale=st.floats(0.1, 20), shift=st.floats(-30, 30))
@settings(max_examples=30, deadline=None)
def test_units_of_either_mean_do_not_matter(seed: int, scale: float, shift: float) -> None:
    rng = np.random.default_rng(seed)
    level = rng.normal(size=30)
    x, y = level + 0.3 * rng.normal(size=30), level + 0.3 * rng.normal(size=30)
    error = rng.uniform(0.01, 0.1, 30)
    found = compare_means(y, x, error, error, error / 2)
    other = compare_means(y, scale * x + shift, error, scale**2 * error, scale * error / 2)
    np.testing.assert_allclose(other.z, found.z, atol=0.02)
    assert other.slope == pytest.approx(found.slope / scale, rel=0.01)


@given(seed=seeds)
@settings(max_examples=20, deadline=None)
def test_order_of_schools_does_not_matter_to_agreement(seed: int) -> None:
    rng = np.random.default_rng(seed)
    both = rng.poisson(2 + 4 * np.eye(4), (15, 4, 4)).astype(float)
    order = rng.permutation(15)
    np.testing.assert_allclose(
        compare_agreement(both[order], MARKS).z, compare_agreement(both, MARKS).z[order], atol=5e-3
    )


@given(seed=seeds)
@settings(max_examples=20, deadline=None)
def test_screen_is_blind_to_the_origin_of_scores(seed: int) -> None:
    rng = np.random.default_rng(seed)
    before, after, n = rng.normal(40, 5, 20), rng.normal(40, 5, 20), rng.integers(10, 90, 20)
    one, two = screen_cohorts(before, after, n, n), screen_cohorts(before + 7, after - 3, n, n)
    np.testing.assert_allclose(two.resid_t, one.resid_t, atol=1e-9)
    np.testing.assert_allclose(two.predicted, one.predicted - 3, atol=1e-9)


@given(excess=st.floats(0, 2.5), more=st.floats(0.01, 0.5))
@settings(max_examples=40, deadline=None)
def test_stronger_selection_allows_a_narrower_school(excess: float, more: float) -> None:
    one, two = selection_allowance(np.array([excess, excess + more]))
    assert two > one >= 0
