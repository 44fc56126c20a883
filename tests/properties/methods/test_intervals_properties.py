"""Intervals: invariants, and a slow twin from pupils."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from merilo.methods.intervals import (
    clustered_mean,
    count_ratio,
    pooled_means,
    share_difference,
    wilson_interval,
)

seeds = st.integers(0, 2**32 - 1)


@given(n=st.integers(1, 500), data=st.data(), confidence=st.floats(0.5, 0.999))
def test_wilson_holds_the_share_within_0_and_1_and_mirrors(
    n: int, data: st.DataObject, confidence: float
) -> None:
    hits = data.draw(st.integers(0, n))
    one, other = wilson_interval(hits, n, confidence), wilson_interval(n - hits, n, confidence)
    assert 0 <= one.lower <= one.share <= one.upper <= 1
    assert one.lower == pytest.approx(1 - other.upper, abs=1e-12)


@given(n=st.integers(2, 200), m=st.integers(2, 200), data=st.data())
def test_difference_changes_sign_with_the_groups(n: int, m: int, data: st.DataObject) -> None:
    k, j = data.draw(st.integers(0, n)), data.draw(st.integers(0, m))
    one, other = share_difference(k, n, j, m), share_difference(j, m, k, n)
    assert one.lower == pytest.approx(-other.upper, abs=1e-12)
    assert -1 - 1e-12 <= one.lower <= one.share <= one.upper <= 1 + 1e-12


def pupils(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Marks of pupils, their class and each class's school."""
    rng = np.random.default_rng(seed)
    school = np.sort(rng.integers(0, 7, int(rng.integers(5, 16))))
    group = np.repeat(np.arange(len(school)), rng.integers(1, 9, len(school)))
    return rng.integers(0, 21, len(group)).astype(float), group, school


def sums(y: np.ndarray, group: np.ndarray, classes: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return tuple(np.bincount(group, weights, minlength=classes) for weights in (np.ones(len(y)), y, y * y))


@given(seed=seeds)
@settings(max_examples=60, deadline=None)
def test_slow_twin_from_pupils(seed: int) -> None:
    """Means and pooled variances by loops over pupils' records."""
    y, group, school = pupils(seed)
    result = clustered_mean(*sums(y, group, len(school)), school, 7)
    within, between, freedom, class_freedom, weight = 0.0, 0.0, 0, 0, 0.0
    for j in range(7):
        classes = [y[group == c] for c in np.flatnonzero(school == j)]
        if not classes:
            assert np.isnan(result.mean[j])
            continue
        everyone = np.concatenate(classes)
        assert result.mean[j] == pytest.approx(everyone.mean(), rel=1e-12)
        within += sum(((c - c.mean()) ** 2).sum() for c in classes)
        freedom += sum(len(c) - 1 for c in classes)
        between += sum(len(c) * (c.mean() - everyone.mean()) ** 2 for c in classes)
        class_freedom += len(classes) - 1
        weight += len(everyone) - sum(len(c) ** 2 for c in classes) / len(everyone)
    if freedom == 0 or class_freedom == 0:
        return
    assert result.pupil_variance == pytest.approx(within / freedom, rel=1e-10)
    expected = max(0.0, (between - class_freedom * within / freedom) / weight)
    assert result.class_variance == pytest.approx(expected, rel=1e-8, abs=1e-10)


@given(seed=seeds, add=st.integers(-500, 2000), unit=st.sampled_from([0.5, 2.0, 10.0]))
@settings(max_examples=60, deadline=None)
def test_other_units_move_only_the_units(seed: int, add: int, unit: float) -> None:
    y, group, school = pupils(seed)
    one = clustered_mean(*sums(y, group, len(school)), school, 7)
    other = clustered_mean(*sums(unit * (y + add), group, len(school)), school, 7)
    assert other.se == pytest.approx(unit * one.se, rel=1e-8, nan_ok=True)
    assert other.lower == pytest.approx(unit * (one.lower + add), rel=1e-8, abs=1e-6, nan_ok=True)


@given(seed=seeds)
@settings(max_examples=60, deadline=None)
def test_error_is_never_below_a_simple_random_sample_of_the_moderated_variance(seed: int) -> None:
    y, group, school = pupils(seed)
    result = clustered_mean(*sums(y, group, len(school)), school, 7)
    some = np.isfinite(result.se) & (result.se > 0)
    assert (result.n_effective[some] <= result.n[some] * (1 + 1e-9)).all()
    assert (result.n_effective[some] >= 1 - 1e-9).all() or result.class_variance == 0


@given(seed=seeds, rows=st.integers(1, 30), groups=st.integers(1, 5), factor=st.floats(0.1, 10))
def test_pooled_means_lie_within_and_know_no_unit_of_weight(
    seed: int, rows: int, groups: int, factor: float
) -> None:
    rng = np.random.default_rng(seed)
    group, estimate = rng.integers(0, groups, rows), rng.normal(size=rows)
    lower, upper = estimate - rng.uniform(0, 2, rows), estimate + rng.uniform(0, 2, rows)
    weight = rng.uniform(0.1, 5, rows)
    one = pooled_means(group, estimate, lower, upper, weight, groups)
    for g in range(groups):
        own = group == g
        if not own.any():
            assert np.isnan(one[0][g])
            continue
        slow = sum(w * e for w, e in zip(weight[own], estimate[own])) / sum(weight[own])
        assert one[0][g] == pytest.approx(slow, abs=1e-9)
        assert one[1][g] <= one[0][g] <= one[2][g]
        assert one[1][g] >= lower[own].min() - 1e-9 and one[2][g] <= upper[own].max() + 1e-9
    other = pooled_means(group, estimate, lower, upper, weight * factor, groups)
    assert np.allclose(one, other, equal_nan=True)


@given(count=st.integers(0, 400), expected=st.floats(0.5, 500))
def test_count_ratio_holds_the_ratio_between_its_limits(count: int, expected: float) -> None:
    ratio = count_ratio(np.array([float(count)]), np.array([expected]))
    assert 0 <= ratio.lower[0] <= ratio.share[0] < ratio.upper[0]
