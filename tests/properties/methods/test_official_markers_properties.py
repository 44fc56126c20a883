"""Official markers: invariances, and a slow twin that works pupil by pupil."""

from __future__ import annotations

from statistics import mean, stdev

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from merilo.methods.official_markers import inflated_means, rank_correlations, sharp_changes

seeds = st.integers(0, 2**32 - 1)
SAME = 1e-9


def works(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """School, mark and score of some pupils of a few schools."""
    rng = np.random.default_rng(seed)
    schools, n = int(rng.integers(1, 6)), int(rng.integers(2, 60))
    score = rng.integers(0, rng.integers(2, 30), n).astype(float)
    return rng.integers(0, schools, n), rng.integers(2, 6, n).astype(float), score, schools


@given(seed=seeds)
@settings(max_examples=60, deadline=None)
def test_a_slow_twin_finds_the_same_means(seed: int) -> None:
    org, _mark, score, schools = works(seed)
    found = inflated_means(
        np.bincount(org, minlength=schools),
        np.bincount(org, score, schools),
        np.bincount(org, score**2, schools),
        t=1.96,
        smallest_n=2,
    )
    everyone = score.tolist()
    upper = mean(everyone) + 1.96 * stdev(everyone) / len(everyone) ** 0.5
    for school in range(schools):
        own = score[org == school].tolist()
        if len(set(own)) < 2:
            assert not found.computed[school]
            continue
        lower = mean(own) - 1.96 * stdev(own) / len(own) ** 0.5
        assert found.lower[school] == pytest.approx(lower, abs=SAME)
        assert found.flagged[school] == (lower > upper) or abs(lower - upper) < SAME


@given(seed=seeds)
@settings(max_examples=60, deadline=None)
def test_a_slow_twin_finds_the_same_correlations(seed: int) -> None:
    """Ranks by counting who is below and who is equal, correlation by its definition."""
    org, mark, score, schools = works(seed)
    found = rank_correlations(
        org, mark, score, np.ones(len(org), int), n_schools=schools, limit=0.0, smallest_n=3
    )
    for school in range(schools):
        own = [(m, s) for m, s, o in zip(mark, score, org, strict=True) if o == school]
        ranks = [
            [sum(b[k] < a[k] for b in own) + (sum(b[k] == a[k] for b in own) + 1) / 2 for a in own]
            for k in (0, 1)
        ]
        if len(own) < 3 or any(len(set(side)) < 2 for side in ranks):
            assert np.isnan(found.r[school])
        else:
            assert found.r[school] == pytest.approx(np.corrcoef(*ranks)[0, 1], abs=SAME)


@given(seed=seeds)
@settings(max_examples=40, deadline=None)
def test_counts_in_any_order_and_grouping_are_the_same_works(seed: int) -> None:
    org, mark, score, schools = works(seed)
    rng = np.random.default_rng(seed)
    single = rank_correlations(
        org, mark, score, np.ones(len(org), int), n_schools=schools, limit=0.0, smallest_n=3
    )
    rows, count = np.unique(np.column_stack([org, mark, score]), axis=0, return_counts=True)
    order = rng.permutation(len(rows))
    grouped = rank_correlations(
        rows[order, 0].astype(int),
        rows[order, 1],
        rows[order, 2],
        count[order],
        n_schools=schools,
        limit=0.0,
        smallest_n=3,
    )
    np.testing.assert_array_equal(single.n, grouped.n)
    np.testing.assert_allclose(single.r, grouped.r, atol=SAME)


@given(seed=seeds, slope=st.floats(0.1, 10), shift=st.integers(-50, 50))
@settings(max_examples=40, deadline=None)
def test_markers_do_not_depend_on_the_unit_of_the_score(seed: int, slope: float, shift: int) -> None:
    """A rising line changes no rank; a scaled interval scales with it."""
    org, mark, score, schools = works(seed)
    ones = np.ones(len(org), int)
    plain, moved = (
        rank_correlations(org, mark, values, ones, n_schools=schools, limit=0.0, smallest_n=3)
        for values in (score, slope * score + shift)
    )
    np.testing.assert_array_equal(plain.r, moved.r)
    n, total = np.bincount(org, minlength=schools), np.bincount(org, score, schools)
    square = np.bincount(org, score**2, schools)
    unit, scaled = (inflated_means(n, total * k, square * k**2, t=1.96, smallest_n=2) for k in (1.0, slope))
    np.testing.assert_allclose(unit.lower * slope, scaled.lower, atol=1e-6, rtol=1e-6)


@given(seed=seeds, scale=st.floats(0.2, 5))
@settings(max_examples=40, deadline=None)
def test_a_region_that_changes_as_one_changes_no_marker(seed: int, scale: float) -> None:
    """An easier second work multiplies every ratio by one factor; the fences go with it."""
    rng = np.random.default_rng(seed)
    before, after = rng.uniform(0.2, 0.9, 30), rng.uniform(0.2, 0.9, 30)
    se = np.full(30, 0.03)
    one, other = (
        sharp_changes(
            before, after * k, earlier_se=se, later_se=se * k, iqr_multiplier=0.2, smallest_schools=4
        )
        for k in (1.0, scale)
    )
    edge = np.abs(one.ratio[:, None] - np.array(one.fences)).min(axis=1) < SAME
    np.testing.assert_array_equal(one.fallen[~edge], other.fallen[~edge])
    np.testing.assert_array_equal(one.risen[~edge], other.risen[~edge])
    np.testing.assert_allclose(other.lower * scale, one.lower, rtol=1e-9)
