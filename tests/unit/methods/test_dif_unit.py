"""Differential functioning on tables small enough for a pocket calculator."""

from __future__ import annotations

import numpy as np
import pytest

from merilo.methods.dif import find_dif, general_association


def one_item(reference: list[list[int]], focal: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    counts = np.array([reference, focal])
    return counts, np.array([counts.shape[2] - 1])


def test_one_stratum_is_the_plain_odds_ratio() -> None:
    # wrong, right: reference 10, 30; focal 20, 20: odds 3 against 1, the item is harder for the focal group
    dif = find_dif(*one_item([[10, 30]], [[20, 20]]))
    assert dif.effect[0] == pytest.approx(-np.log(3))
    assert dif.delta[0] == pytest.approx(-2.35 * np.log(3))
    # one table: Robins-Breslow-Greenland is Woolf's 1/a + 1/b + 1/c + 1/d
    assert dif.effect_se[0] == pytest.approx(np.sqrt(1 / 10 + 1 / 30 + 1 / 20 + 1 / 20))
    assert dif.effect_lower[0] == pytest.approx(dif.effect[0] - 1.959963985 * dif.effect_se[0])
    # focal right 20, expected 25, variance 40 * 40 * 50 * 30 / (80^2 * 79)
    variance = 40 * 40 * 50 * 30 / (80**2 * 79)
    assert dif.chi2[0] == pytest.approx(25 / variance)
    assert dif.chi2_corrected[0] == pytest.approx(4.5**2 / variance)
    assert dif.chi2_general[0] == pytest.approx(dif.chi2[0]) and dif.df_general[0] == 1
    assert dif.smd[0] == pytest.approx(-0.25)
    assert dif.smd_se[0] == pytest.approx((1 / 40 + 1 / 40) * np.sqrt(variance))
    assert (dif.n_reference[0], dif.n_focal[0], dif.n_strata[0], dif.reason[0]) == (40, 40, 1, "")


def test_points_in_one_stratum() -> None:
    # points 0 1 2: reference 1 1 2, focal 2 1 1; 16 pairs
    dif = find_dif(*one_item([[1, 1, 2]], [[2, 1, 1]]))
    # focal above by (x - y): 1 over 0 once 1; 2 over 0 once 2, 2 over 1 once 1 -> 4; reference above: 1 over 0 twice 2;
    # 2 over 0: 2 * 2 pairs of 2 -> 8; 2 over 1: 2 -> 12
    assert dif.effect[0] == pytest.approx(np.log(4 / 12))
    assert dif.smd[0] == pytest.approx(0.75 - 1.25)
    # focal sum 3, expected 4; variance 4 * 4 * (8 * (2 + 12) - 64) / (64 * 7)
    variance = 16 * (8 * 14 - 64) / (64 * 7)
    assert dif.chi2[0] == pytest.approx(1 / variance)
    assert np.isnan(dif.delta[0]) and np.isnan(dif.chi2_corrected[0])
    assert dif.df_general[0] == 2


def test_strata_of_one_group_say_nothing() -> None:
    with_lonely = find_dif(*one_item([[10, 30], [5, 0], [0, 9]], [[20, 20], [0, 0], [0, 0]]))
    without = find_dif(*one_item([[10, 30]], [[20, 20]]))
    for name in ("effect", "effect_se", "chi2", "chi2_general", "smd", "smd_se", "n_reference", "n_strata"):
        assert np.array_equal(getattr(with_lonely, name), getattr(without, name)), name


@pytest.mark.parametrize(
    ("reference", "focal", "expected"),
    [
        ([[200, 200]], [[150, 250]], "B"),  # delta 2.35 ln(5/3) = 1.20
        ([[500, 500]], [[480, 520]], "A"),  # delta 0.19
        ([[8, 8]], [[5, 11]], "A"),  # delta 1.85, chance
        ([[400, 400]], [[250, 550]], "C"),  # delta 1.85, se 0.25
        ([[40, 40]], [[25, 55]], "B"),  # delta 1.85, se 0.78: not surely above 1
    ],
    ids=["large, moderate", "large, tiny", "small", "large, strong", "middling"],
)
def test_ets_classes_follow_size_and_test(
    reference: list[list[int]], focal: list[list[int]], expected: str
) -> None:
    assert find_dif(*one_item(reference, focal)).ets_class == (expected,)


@pytest.mark.parametrize(
    ("reference", "focal", "reason"),
    [
        ([[3, 4]], [[0, 0]], "no_common_strata"),
        ([[0, 4]], [[0, 5]], "all_same_points"),
        ([[4, 0], [0, 3]], [[2, 0], [0, 1]], "all_same_points"),
        ([[4, 0]], [[1, 3]], "separated"),
        ([[0, 0]], [[0, 0]], "no_common_strata"),
    ],
    ids=["one group", "all right", "decided by the stratum", "nobody of one group right", "not administered"],
)
def test_what_cannot_be_told_has_a_reason(
    reference: list[list[int]], focal: list[list[int]], reason: str
) -> None:
    dif = find_dif(*one_item(reference, focal))
    assert dif.reason == (reason,)
    assert np.isnan(dif.effect[0]) and np.isnan(dif.effect_se[0]) and dif.ets_class == ("",)
    assert np.isfinite(dif.chi2[0]) == (reason == "separated")


def test_items_are_cut_from_their_own_columns() -> None:
    first, second = np.array([[[10, 30]], [[20, 20]]]), np.array([[[1, 1, 2]], [[2, 1, 1]]])
    both = find_dif(np.concatenate([first, second], axis=2), np.array([1, 2]))
    assert both.effect == pytest.approx([-np.log(3), np.log(1 / 3)])
    with pytest.raises(ValueError, match="counts must be"):
        find_dif(first, np.array([2]))
    with pytest.raises(ValueError, match="negative"):
        find_dif(-first, np.array([1]))


def test_unused_points_cost_no_degrees_of_freedom() -> None:
    with_gap = general_association(np.array([[[1], [0], [2], [4]], [[3], [0], [3], [1]]]))
    without = general_association(np.array([[[1], [2], [4]], [[3], [3], [1]]]))
    assert with_gap.df == without.df == 2
    assert with_gap.chi2 == pytest.approx(without.chi2)
    assert np.isnan(general_association(np.array([[[3]], [[4]]])).chi2)
