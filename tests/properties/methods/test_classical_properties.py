"""Statistics from counts equal those from the matrix of works, whatever the works."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from merilo.methods.classical import describe_items, describe_test, item_curves
from merilo.methods.irt.cells import cells_from_matrix

# Sums of whole numbers up to 1e6, divided: a few bits.
SAME = 1e-9


def works(seed: int, n: int, n_items: int) -> tuple[np.ndarray, np.ndarray]:
    """Points (n, I), each item 0 to max_points (I,)."""
    rng = np.random.default_rng(seed)
    max_points = rng.integers(1, 5, n_items)
    chance = 1 / (1 + np.exp(-rng.normal(size=(n, 1)) - rng.normal(size=n_items)))
    return rng.binomial(max_points, chance), max_points


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(3, 200), st.integers(2, 12))
def test_counts_and_matrix_agree(seed: int, n: int, n_items: int) -> None:
    matrix, max_points = works(seed, n, n_items)
    cells = cells_from_matrix(matrix, max_points)
    items, test = describe_items(cells), describe_test(cells)
    raw = matrix.sum(axis=1)
    assert np.allclose(items.mean_share, matrix.mean(axis=0) / max_points, atol=SAME)
    assert np.allclose(items.sd, matrix.std(axis=0, ddof=1), atol=SAME)
    for i in range(n_items):
        rest = raw - matrix[:, i]
        if matrix[:, i].std() == 0 or rest.std() == 0:
            assert np.isnan(items.item_rest[i]) and items.reason[i]
        else:
            assert abs(items.item_rest[i] - np.corrcoef(matrix[:, i], rest)[0, 1]) < 1e-7
    assert abs(test.mean[0] - raw.mean()) < SAME and abs(test.sd[0] - raw.std(ddof=1)) < SAME
    if raw.std() > 0:
        covariance = np.cov(matrix.T)
        alpha = n_items / (n_items - 1) * (1 - np.trace(covariance) / covariance.sum())
        assert abs(test.alpha[0] - alpha) < 1e-8 * (1 + abs(alpha))
        assert test.alpha_lower[0] <= test.alpha[0] <= 1 and test.alpha_upper[0] <= 1 + SAME


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(3, 120))
def test_curves_are_means_at_equal_raw_score(seed: int, n: int) -> None:
    matrix, max_points = works(seed, n, 5)
    curves = item_curves(cells_from_matrix(matrix, max_points))
    raw = matrix.sum(axis=1)
    for score in curves.score:
        here = matrix[raw == score] / max_points
        assert curves.n[score] == len(here)
        if len(here):
            assert np.allclose(curves.share[:, score], here.mean(axis=0), atol=SAME)
            # points of all items add up to the raw score
            assert abs(float(curves.share[:, score] @ max_points) - score) < SAME
        else:
            assert np.isnan(curves.share[:, score]).all()
        if len(here) > 1:
            assert np.allclose(curves.se[:, score], here.std(axis=0, ddof=1) / np.sqrt(len(here)), atol=1e-7)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6))
def test_a_pattern_is_described_as_if_it_were_alone(seed: int) -> None:
    matrix, max_points = works(seed, 150, 6)
    holes = matrix.copy()
    holes[:60, 4:] = -1
    whole, alone = cells_from_matrix(holes, max_points), cells_from_matrix(matrix[60:], max_points)
    both, one = describe_test(whole), describe_test(alone)
    assert both.n[both.largest] == 90
    assert np.allclose(both.alpha[both.largest], one.alpha[0], atol=SAME)
    items = describe_items(whole)
    assert items.n.tolist() == [150] * 4 + [90] * 2
    # the last two items were seen in one pattern only: nothing else can have touched them
    assert np.allclose(items.item_rest[4:], describe_items(alone).item_rest[4:], atol=1e-7, equal_nan=True)
