"""The official markers small enough to be done by hand."""

from __future__ import annotations

import numpy as np
import pytest

from merilo.errors import DegenerateDataError
from merilo.methods.official_markers import inflated_means, rank_correlations, sharp_changes


def sums(*schools: list[float]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Works, sums and sums of squares of lists of scores."""
    n = np.array([len(s) for s in schools])
    return (
        n,
        np.array([float(sum(s)) for s in schools]),
        np.array([sum(x * x for x in s) for s in schools], float),
    )


def counts(*schools: list[tuple[float, float]]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """One row a work: school, left value, right value, 1."""
    rows = [(j, a, b) for j, school in enumerate(schools) for a, b in school]
    org, left, right = (np.array(column) for column in zip(*rows, strict=True))
    return org, left.astype(float), right.astype(float), np.ones(len(rows), int)


def test_mean_marker_by_hand() -> None:
    """Scores 8 10 12: mean 10, s = 2, half = 1.96 * 2 / sqrt 3; the region is all six works."""
    found = inflated_means(*sums([8, 10, 12], [0, 2, 4]), t=1.96, smallest_n=2)
    assert found.mean.tolist() == [10, 2]
    assert found.upper[0] - 10 == pytest.approx(1.96 * 2 / np.sqrt(3)) == 10 - found.lower[0]
    s = np.std([8, 10, 12, 0, 2, 4], ddof=1)
    assert found.region == pytest.approx((6, 6 - 1.96 * s / np.sqrt(6), 6 + 1.96 * s / np.sqrt(6)))
    # 10 - 2.26 = 7.74 lies below 6 + 3.79 = 9.79
    assert found.flagged.tolist() == [False, False]


def test_only_a_lower_end_above_the_regions_upper_end_is_a_marker() -> None:
    low, high = [0, 2, 4, 2] * 30, [9, 10, 11, 10] * 3
    found = inflated_means(*sums(high, low), t=1.96, smallest_n=2)
    assert found.flagged.tolist() == [True, False]
    assert found.lower[0] > found.region[2] > found.region[0] > found.lower[1]


def test_one_work_or_equal_scores_have_no_interval() -> None:
    found = inflated_means(*sums([9], [9, 9, 9], [], [0, 1, 2] * 20, [0.1, 0.1, 0.1]), t=1.96, smallest_n=2)
    assert found.computed.tolist() == [False, False, False, True, False]
    assert np.isnan(found.lower[[0, 1, 2, 4]]).all()
    assert not found.flagged.any()
    assert found.mean[:2].tolist() == [9, 9] and np.isnan(found.mean[2])
    # they count for the region all the same
    assert found.region[0] == pytest.approx((9 + 27 + 60 + 0.3) / 67)


def test_smallest_number_of_works_is_a_choice() -> None:
    given = sums([9, 10], [0, 1, 2] * 20)
    assert inflated_means(*given, t=1.96, smallest_n=2).flagged[0]
    assert not inflated_means(*given, t=1.96, smallest_n=3).flagged[0]


def test_one_school_alone_is_its_own_region() -> None:
    found = inflated_means(*sums([1, 2, 3]), t=1.96, smallest_n=2)
    assert found.region == pytest.approx((found.mean[0], found.lower[0], found.upper[0]))
    assert not found.flagged[0]


def test_unequal_lengths_are_refused() -> None:
    with pytest.raises(DegenerateDataError):
        inflated_means(np.array([1, 2]), np.array([1.0]), np.array([1.0]), t=1.96, smallest_n=2)


def test_rank_correlation_by_the_printed_formula() -> None:
    """d = 1, -1, 0, 0: 1 - 6 * 2 / (4 * 15) = 0.8; in the second school reversed: -1."""
    found = rank_correlations(
        *counts([(1, 20), (2, 10), (3, 30), (4, 40)], [(2, 9), (3, 5), (4, 1)]),
        n_schools=3,
        limit=0.0,
        smallest_n=3,
    )
    assert found.r[:2] == pytest.approx([0.8, -1.0]) and np.isnan(found.r[2])
    assert found.n.tolist() == [4, 3, 0]
    assert found.flagged.tolist() == [False, True, False]
    half = 1.959963984540054 * np.sqrt((1 + 0.32) / 1)
    assert np.arctanh(found.lower[0]) == pytest.approx(np.arctanh(0.8) - half)
    assert np.isnan(found.lower[1:]).all()


def test_ties_share_the_middle_rank() -> None:
    """Marks 3 3 4 4, scores 1 2 3 4: ranks 1.5 1.5 3.5 3.5 against 1 2 3 4: r = 4 / sqrt(4 * 5)."""
    found = rank_correlations(*counts([(3, 1), (3, 2), (4, 3), (4, 4)]), n_schools=1, limit=0.0, smallest_n=3)
    assert found.r[0] == pytest.approx(4 / np.sqrt(20))


def test_no_relation_at_all_is_zero_and_no_marker() -> None:
    """Every mark with every score: r is exactly 0, which is not below 0."""
    pairs = [(mark, score) for mark in (2, 3, 4, 5) for score in (1, 4, 5, 9, 10)]
    found = rank_correlations(*counts(pairs), n_schools=1, limit=0.0, smallest_n=3)
    assert found.r[0] == 0 and not found.flagged[0]


def test_without_differences_there_is_no_correlation() -> None:
    found = rank_correlations(
        *counts([(3, 1), (3, 2), (3, 3)], [(3, 5), (4, 5), (5, 5)], [(5, 1), (2, 9)]),
        n_schools=3,
        limit=0.0,
        smallest_n=3,
    )
    assert np.isnan(found.r).all() and not found.flagged.any()


def test_sharp_changes_by_hand() -> None:
    """Ratios 1, 1.1, 1.2, 1.3, 1.4 and 9: quartiles 1.125 and 1.375, fences 0.375 and 2.125."""
    later = np.full(6, 0.1)
    earlier = later * [1, 1.1, 1.2, 1.3, 1.4, 9]
    none = np.full(6, 0.0)
    found = sharp_changes(
        earlier, later, earlier_se=none, later_se=none, iqr_multiplier=3, smallest_schools=4
    )
    assert found.ratio == pytest.approx([1, 1.1, 1.2, 1.3, 1.4, 9])
    assert found.fences == pytest.approx((0.375, 2.125))
    assert found.fallen.tolist() == [False] * 5 + [True] and not found.risen.any()
    assert found.lower == pytest.approx(found.ratio) == found.upper


def test_a_rise_is_a_small_ratio() -> None:
    earlier, later = np.array([0.5, 0.5, 0.5, 0.5, 0.1]), np.array([0.5, 0.51, 0.49, 0.5, 0.9])
    se = np.full(5, 0.02)
    found = sharp_changes(earlier, later, earlier_se=se, later_se=se, iqr_multiplier=3, smallest_schools=4)
    assert found.risen.tolist() == [False] * 4 + [True] and not found.fallen.any()
    assert np.all((found.lower < found.ratio) & (found.ratio < found.upper))


def test_absent_schools_and_zero_means_have_no_ratio() -> None:
    earlier, later = np.array([np.nan, 0.5, 0.5, 0.0, 0.5]), np.array([0.5, np.nan, 0.0, 0.5, 0.5])
    se = np.full(5, 0.02)
    found = sharp_changes(earlier, later, earlier_se=se, later_se=se, iqr_multiplier=3, smallest_schools=4)
    assert np.isnan(found.ratio).tolist() == [True, True, True, False, False]
    assert np.isnan(found.fences).all() and not (found.fallen | found.risen).any()
