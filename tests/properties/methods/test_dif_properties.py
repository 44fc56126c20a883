"""Symmetries of differential functioning, and a twin over single pairs of works."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from merilo.methods.dif import find_dif

SAME = 1e-8


def tables(seed: int, categories: int) -> np.ndarray:
    """Counts (2, 5, J); few enough that empty cells and strata of one group occur."""
    rng = np.random.default_rng(seed)
    return rng.poisson(rng.uniform(0.3, 4, (2, 5, categories)))


def close(a: float, b: float) -> bool:
    return bool(np.isclose(a, b, rtol=SAME, atol=SAME, equal_nan=True))


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 5))
def test_swapping_the_groups_turns_the_sign(seed: int, categories: int) -> None:
    counts, points = tables(seed, categories), np.array([categories - 1])
    one, other = find_dif(counts, points), find_dif(counts[::-1], points)
    assert one.reason == other.reason and one.n_focal[0] == other.n_reference[0]
    assert close(one.effect[0], -other.effect[0]) and close(one.effect_se[0], other.effect_se[0])
    for name in ("chi2", "chi2_corrected", "p_value", "chi2_general", "df_general"):
        assert close(getattr(one, name)[0], getattr(other, name)[0])


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 5))
def test_reading_points_backwards_turns_the_sign(seed: int, categories: int) -> None:
    counts, points = tables(seed, categories), np.array([categories - 1])
    one, other = find_dif(counts, points), find_dif(counts[:, :, ::-1], points)
    assert close(one.effect[0], -other.effect[0]) and close(one.effect_se[0], other.effect_se[0])
    assert close(one.smd[0], -other.smd[0]) and close(one.chi2_general[0], other.chi2_general[0])


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(3, 4))
def test_effect_is_a_sum_over_pairs_of_works(seed: int, categories: int) -> None:
    counts = tables(seed, categories)
    dif = find_dif(counts, np.array([categories - 1]))
    above, below = 0.0, 0.0
    for reference, focal in zip(*counts, strict=True):
        n = reference.sum() + focal.sum()
        for x in np.repeat(np.arange(categories), focal):
            for y in np.repeat(np.arange(categories), reference):
                above, below = above + max(x - y, 0) / n, below + max(y - x, 0) / n
    if above > 0 and below > 0:
        assert close(dif.effect[0], float(np.log(above / below)))
    else:
        assert np.isnan(dif.effect[0])


def test_mantel_variance_is_that_of_all_deals() -> None:
    """Focal sums over all ways to deal 6 works of one stratum into groups of 3: mean and variance by enumeration."""
    from itertools import combinations

    works = [0, 0, 1, 2, 2, 3]
    sums = np.array([sum(works[i] for i in hand) for hand in combinations(range(6), 3)], dtype=float)
    focal = np.bincount([0, 2, 3], minlength=4)
    reference = np.bincount(works, minlength=4) - focal
    dif = find_dif(np.stack([reference[None], focal[None]]), np.array([3]))
    assert close(dif.chi2[0], float((5 - sums.mean()) ** 2 / sums.var()))
