"""Classical statistics of four works on three items, every number by hand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from merilo.methods.classical import describe_items, describe_test, item_curves


@dataclass
class Counts:
    max_points: np.ndarray
    patterns: np.ndarray
    cell_pattern: np.ndarray
    cell_score: np.ndarray
    cell_n: np.ndarray
    points: np.ndarray


def four_works() -> Counts:
    """Points (1, 2, 1), (1, 1, 0), (0, 1, 0), (0, 0, 1): raw scores 4, 2, 1, 1."""
    return Counts(
        max_points=np.array([1, 2, 1]),
        patterns=np.array([[True, True, True]]),
        cell_pattern=np.zeros(3, dtype=np.int64),
        cell_score=np.array([1, 2, 4]),
        cell_n=np.array([2, 1, 1]),
        #                item 1: 0 1 | item 2: 0 1 2 | item 3: 0 1
        points=np.array([[2, 0, 1, 1, 0, 1, 1], [0, 1, 0, 1, 0, 1, 0], [0, 1, 0, 0, 1, 0, 1]]),
    )


def test_items_of_four_works() -> None:
    items = describe_items(four_works())
    assert items.n.tolist() == [4, 4, 4]
    assert items.not_administered_n.tolist() == [0, 0, 0]
    assert items.mean_share.tolist() == [0.5, 0.5, 0.5]
    # points 1 1 0 0: squares about 1/2 are 1, on 3; points 2 1 1 0: 2 on 3
    assert items.sd == pytest.approx(np.sqrt([1 / 3, 2 / 3, 1 / 3]))
    assert items.mean_share_se == pytest.approx(np.sqrt([1 / 12, 2 / 12 / 4, 1 / 12]))
    # item 1 against rests 3 1 1 1: 1 / sqrt(1 * 3); item 2 against 2 1 0 1: 1 / 2; item 3 against 3 2 1 0: 0
    assert items.item_rest == pytest.approx([1 / np.sqrt(3), 0.5, 0])
    assert items.reason == ("", "", "")


def test_alpha_and_measurement_error_of_four_works() -> None:
    test = describe_test(four_works())
    # raw scores 4 2 1 1: mean 2, squares 6, variance 2; item variances 1/3 + 2/3 + 1/3
    assert (test.n[0], test.n_items[0], test.mean[0], test.largest) == (4, 3, 2, 0)
    assert test.sd[0] == pytest.approx(np.sqrt(2))
    assert test.alpha[0] == pytest.approx(3 / 2 * (1 - 4 / 6))
    assert test.sem[0] == pytest.approx(1)
    assert test.alpha_se[0] == pytest.approx(0.5 * np.sqrt(2 * 3 / (2 * 2)))
    assert test.alpha_lower[0] < 0.5 < test.alpha_upper[0] < 1


def test_feldt_interval_of_an_even_number_of_freedoms() -> None:
    # n = 3, k = 2: F(2, 2) has quantile q / (1 - q): 39 at 0.975
    counts = Counts(
        np.array([1, 1]),
        np.array([[True, True]]),
        np.zeros(3, dtype=np.int64),
        np.arange(3),
        np.ones(3, dtype=np.int64),
        np.array([[1, 0, 1, 0], [1, 0, 0, 1], [0, 1, 0, 1]]),
    )
    test = describe_test(counts)
    # points (0,0) (0,1) (1,1): item variances 1/3 + 1/3, total 1
    assert test.alpha[0] == pytest.approx(2 / 3)
    assert test.alpha_lower[0] == pytest.approx(1 - 39 / 3)
    assert test.alpha_upper[0] == pytest.approx(1 - 1 / 39 / 3)


def test_curves_of_four_works() -> None:
    curves = item_curves(four_works())
    assert curves.score.tolist() == [0, 1, 2, 3, 4]
    assert curves.n.tolist() == [0, 2, 1, 0, 1]
    nan = float("nan")
    expected = [[nan, 0, 1, nan, 1], [nan, 0.25, 0.5, nan, 1], [nan, 0.5, 0, nan, 1]]
    assert curves.share == pytest.approx(np.array(expected), nan_ok=True)
    # two works with 0 and 1 points: variance 1/2, of the mean 1/4
    assert curves.se[:, 1] == pytest.approx([0, 0.25, 0.5])
    assert np.isnan(curves.se[:, [0, 2, 3, 4]]).all()


def two_variants() -> Counts:
    """Items 1-2 in the first pattern (three works 00 10 11), items 2-3 in the second (01, 11); item 4 nowhere."""
    return Counts(
        np.array([1, 1, 1, 1]),
        np.array([[True, True, False, False], [False, True, True, False]]),
        np.array([0, 0, 0, 1, 1]),
        np.array([0, 1, 2, 1, 2]),
        np.ones(5, dtype=np.int64),
        np.array(
            [
                [1, 0, 1, 0, 0, 0, 0, 0],
                [0, 1, 1, 0, 0, 0, 0, 0],
                [0, 1, 0, 1, 0, 0, 0, 0],
                [0, 0, 1, 0, 0, 1, 0, 0],
                [0, 0, 0, 1, 0, 1, 0, 0],
            ]
        ),
    )


def test_not_administered_is_not_a_zero() -> None:
    items = describe_items(two_variants())
    assert items.n.tolist() == [3, 5, 2, 0]
    assert items.not_administered_n.tolist() == [2, 0, 3, 5]
    assert items.mean_share[:3] == pytest.approx([2 / 3, 2 / 5, 1])
    assert items.reason == ("", "", "too_few_works", "not_administered")
    # item 2 within patterns: points 0 0 1 about 1/3 against rests 0 1 1, and 0 1 about 1/2 against rests 1 1
    assert items.item_rest[1] == pytest.approx((1 / 3) / np.sqrt((2 / 3 + 1 / 2) * (2 / 3)))
    assert np.isnan(items.item_rest[[2, 3]]).all() and np.isnan(items.mean_share[3])


def test_patterns_have_their_own_reliability() -> None:
    test = describe_test(two_variants())
    assert test.n.tolist() == [3, 2] and test.largest == 0
    assert test.reason == ("", "too_few_works")
    assert test.alpha[0] == pytest.approx(2 * (1 - (1 / 3 + 1 / 3) / 1))
    assert np.isnan([test.alpha[1], test.alpha_se[1], test.alpha_lower[1], test.sem[1]]).all()
    assert np.isnan(item_curves(two_variants()).share[2:]).all()
    assert item_curves(two_variants(), pattern=1).n.tolist() == [0, 1, 1]


@pytest.mark.parametrize(
    ("points", "item_reasons", "test_reason"),
    [
        ([[1, 1], [1, 1], [1, 1]], ["all_same_points", "all_same_points"], "all_same_score"),
        ([[1, 0], [0, 0], [1, 0]], ["all_same_rest", "all_same_points"], ""),
        ([[1], [0], [1]], ["all_same_rest"], "one_item"),
        ([[1, 0], [0, 1]], ["too_few_works", "too_few_works"], "too_few_works"),
        ([], ["not_administered", "not_administered"], "no_works"),
    ],
    ids=["all right", "one item all wrong", "one item", "two works", "no works"],
)
def test_what_cannot_be_told_has_a_reason(
    points: list[list[int]], item_reasons: list[str], test_reason: str
) -> None:
    works = np.array(points, dtype=np.int64).reshape(len(points), len(item_reasons))
    width = works.shape[1]
    counts = Counts(
        np.ones(width, dtype=np.int64),
        np.ones((1, width), dtype=bool),
        np.zeros(len(works), dtype=np.int64),
        works.sum(axis=1),
        np.ones(len(works), dtype=np.int64),
        np.stack([1 - works, works], axis=2).reshape(len(works), 2 * width),
    )
    items, test = describe_items(counts), describe_test(counts)
    assert list(items.reason) == item_reasons
    assert np.isnan(items.item_rest).all()
    assert test.reason == (test_reason,)
    assert np.isnan(test.alpha[0]) == (test_reason != "")
