"""Lift over cut scores: small cases worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from merilo.errors import DegenerateDataError
from merilo.methods.lift import bounded_interval, candidate_zones, estimate_lift, lift_operator, near_misses
from merilo.methods.lift.counterfactual import polynomial_design
from merilo.methods.lift.scale import recognised_gaps
from merilo.methods.lift.zones import spans

NORMAL = 1000 * np.exp(-0.5 * ((np.arange(21) - 10) / 4.0) ** 2)
"""A normal shape on 0..20, about 10,000 works: a square in the log counts, the easiest counterfactual."""

EXACT = 1e-9
SMOOTH = 0.02
"""Shares from counts without noise: what the averaging over models and the half work cost."""


def test_operator_moves_shares_by_hand():
    """Of 100 works at 4 half go up, of 50 at 3 a fifth; a quarter of them land one point above 5."""
    after = lift_operator(7, [5], np.array([[0.5, 0.2]]), landing=(0.75, 0.25)) @ [
        0,
        0,
        0,
        50,
        100,
        10,
        10,
        0,
    ]
    np.testing.assert_allclose(after, [0, 0, 0, 40, 50, 10 + 45, 10 + 15, 0], atol=EXACT)


def test_operator_keeps_what_lands_above_the_top():
    """Nothing can stand above the highest score."""
    after = lift_operator(3, [3], np.array([[1.0]]), landing=(0.5, 0.5)) @ [0, 0, 8, 1]
    np.testing.assert_allclose(after, [0, 0, 0, 9], atol=EXACT)


@pytest.mark.parametrize(
    ("shares", "landing"),
    [([[1.2]], (1.0,)), ([[-0.1]], (1.0,)), ([[0.5]], (0.9,)), ([[0.5], [0.5]], (1.0,))],
)
def test_operator_refuses_what_is_no_share(shares: list[list[float]], landing: tuple[float, ...]):
    """Shares outside 0-1, landings that do not sum to 1, a row too many."""
    with pytest.raises(DegenerateDataError):
        lift_operator(10, [5], np.array(shares), landing=landing)


def test_operator_refuses_a_score_below_two_cut_scores():
    """With cut scores 5 and 6 a work at 4 would be moved twice."""
    with pytest.raises(DegenerateDataError):
        lift_operator(10, [5, 6], np.array([[0.5, 0.5], [0.0, 0.5]]))


def test_near_misses_stop_at_the_cut_score_before():
    """Cut scores 1, 5, 7: one score below 1, only one between 5 and 7."""
    assert near_misses((1, 5, 7)) == [[0], [3, 4], [6]]


def test_windows_give_way_to_each_other():
    """Cut scores 6, 10, 15 of 20: one landing score in a gap of 4, two in a gap of 5; the lowest may reach deep."""
    assert spans(20, (6, 10, 15), depth=4, landing=2) == [(2, 7), (8, 12), (13, 17)]
    assert spans(20, (6, 10, 15), depth=2, landing=1) == [(4, 7), (8, 11), (13, 16)]


def test_windows_join_where_cut_scores_are_three_apart():
    """The point above one cut score is a near-miss of the next."""
    assert spans(18, (5, 8, 11), depth=2, landing=1) == [(3, 12)]


def test_zones_count_their_parameters():
    """One window of 4 scores costs 3 parameters; ends of their own two more."""
    zones = candidate_zones(20, (8,), depths=(2,), landings=(1,))
    np.testing.assert_array_equal(zones.windows[0, 0].nonzero()[0], [6, 7, 8, 9])
    np.testing.assert_array_equal(zones.saturated, [3, 5])
    assert zones.free.sum(axis=1).tolist() == [17, 15]


def test_design_is_orthogonal():
    """Mean square 1, no correlation: coefficients of different orders do not disturb each other."""
    design = polynomial_design(30, 6)
    np.testing.assert_allclose(design.T @ design / 31, np.eye(7), atol=EXACT)


def test_smooth_counts_show_no_lift():
    """A normal shape: nothing was lifted anywhere."""
    estimate = estimate_lift(NORMAL, [6, 10, 15])
    np.testing.assert_allclose(estimate.share, 0, atol=SMOOTH)
    assert np.all(estimate.lower == 0) and np.all(estimate.upper > 0)
    np.testing.assert_allclose(estimate.counterfactual, NORMAL, rtol=0.02)


def test_lifted_counts_show_their_share():
    """60 % of 1-2 points below moved: shares, expected and moved works, overall share weighted by near-misses."""
    shares = np.array([0.6, 0.3, 0.0])
    counts = lift_operator(20, [6, 10, 15], np.repeat(shares[:, None], 2, axis=1)) @ NORMAL
    estimate = estimate_lift(counts, [6, 10, 15])
    near = np.array([NORMAL[[4, 5]].sum(), NORMAL[[8, 9]].sum(), NORMAL[[13, 14]].sum()])
    np.testing.assert_allclose(estimate.share, shares, atol=SMOOTH)
    np.testing.assert_allclose(estimate.near_miss_n, near, rtol=SMOOTH)
    np.testing.assert_allclose(estimate.moved_n[:2], (shares * near)[:2], rtol=2 * SMOOTH)
    assert estimate.overall_share == pytest.approx((shares * near).sum() / near.sum(), abs=SMOOTH)
    assert np.all((estimate.lower <= shares) & (shares <= estimate.upper))
    assert estimate.crowded.tolist() == [False, True, False]
    assert estimate.fitted.sum() == pytest.approx(counts.sum(), rel=0.01)


def test_everybody_lifted_leaves_1_in_the_interval():
    """With nobody left below, a share of 1 cannot be excluded; an empty score below a cut score is no gap."""
    counts = np.round(lift_operator(20, [6], np.array([[1.0, 1.0]])) @ NORMAL)
    estimate = estimate_lift(counts, [6])
    assert estimate.share[0] > 0.99
    assert estimate.upper[0] == 1.0
    assert estimate.lower[0] > 0.95


def test_landing_beside_the_next_near_misses_is_taken_out():
    """Cut scores 3 points apart, a quarter lands one point above: the next share is not understated."""
    counts = lift_operator(20, [7, 10, 13], np.full((3, 2), 0.6), landing=(0.75, 0.25)) @ NORMAL
    np.testing.assert_allclose(estimate_lift(counts, [7, 10, 13]).share, 0.6, atol=2 * SMOOTH)


def test_gaps_of_a_conversion_table_are_no_lift():
    """Every second score of 0..40 impossible, the score below the cut score among them: found, or given."""
    counts = np.zeros(41)
    counts[::2] = NORMAL
    found = estimate_lift(counts, [16])
    given = estimate_lift(counts, [16], possible=np.arange(41) % 2 == 0)
    assert found.share[0] == pytest.approx(0, abs=SMOOTH)
    assert found.share[0] == given.share[0]
    assert np.all(found.counterfactual[1::2] == 0)


def test_a_run_of_empty_scores_below_the_cut_score_is_lift():
    """Three empty scores under each of two cut scores are works taken away, not gaps."""
    counts = np.round(lift_operator(20, [6, 14], np.full((2, 3), 1.0)) @ NORMAL)
    assert not recognised_gaps(counts, (6, 14)).any()
    assert np.all(estimate_lift(counts, [6, 14]).share > 0.98)


def test_an_empty_tail_is_no_gap():
    """Few works: zeros that chance explains stay possible scores."""
    counts = np.array([0, 1, 0, 3, 9, 20, 31, 25, 14, 6, 0, 1.0])
    assert not recognised_gaps(counts, (5,)).any()


@pytest.mark.parametrize(
    ("counts", "cuts", "reason"),
    [
        (np.full(11, 5.0), [5], "too_few_works"),
        (np.r_[np.zeros(5), 400.0, np.zeros(6)], [5], "too_few_free_scores"),
        (np.array([100.0, 200.0, 100.0]), [1], "too_few_free_scores"),
        (NORMAL, [0], "no_score_below"),
        (np.r_[np.zeros(8), NORMAL], [3], "too_few_near_misses"),
    ],
)
def test_what_cannot_be_told_is_nan_with_a_reason(counts: np.ndarray, cuts: list[int], reason: str):
    """No garbage: NaN everywhere and the key of the reason."""
    estimate = estimate_lift(counts, cuts)
    assert estimate.reason == (reason,)
    assert estimate.overall_reason == reason
    for value in (estimate.share[0], estimate.lower[0], estimate.upper[0], estimate.overall_share):
        assert np.isnan(value)


def test_one_cut_score_without_near_misses_does_not_spoil_the_others():
    """Nobody near the cut score for 5: the other shares and the overall share stand."""
    counts = np.r_[NORMAL, np.zeros(12)]
    estimate = estimate_lift(counts, [6, 30])
    assert estimate.reason[1] == "too_few_near_misses"
    assert np.isnan(estimate.share[1])
    assert not np.isnan(estimate.share[0])
    assert not np.isnan(estimate.overall_share)


@pytest.mark.parametrize(
    ("counts", "cuts"),
    [
        (-NORMAL, [5]),
        (NORMAL * np.nan, [5]),
        (NORMAL[:, None], [5]),
        (NORMAL, []),
        (NORMAL, [6, 6]),
        (NORMAL, [10, 6]),
        (NORMAL, [21]),
        (NORMAL, [-1]),
    ],
)
def test_input_that_is_no_distribution_is_refused(counts: np.ndarray, cuts: list[int]):
    """Counts below 0 or not numbers; cut scores missing, equal, descending or off the scale."""
    with pytest.raises(DegenerateDataError):
        estimate_lift(counts, cuts)


def test_works_at_impossible_scores_are_refused():
    """The caller's mask contradicts the counts."""
    with pytest.raises(DegenerateDataError, match="impossible"):
        estimate_lift(NORMAL, [6], possible=np.arange(21) != 7)


def test_interval_far_from_zero_is_the_normal_one():
    """Ten standard errors away nothing is held back."""
    lower, upper = bounded_interval(np.array([10.0]), np.array([1.0]))
    np.testing.assert_allclose([lower[0], upper[0]], [10 - 1.959964, 10 + 1.959964], atol=1e-6)


def test_interval_at_zero_is_one_sided():
    """At 0 exactly the upper limit is 1.96 standard errors; 1.64 below which 0 belongs to the interval."""
    lower, upper = bounded_interval(np.array([0.0, 1.6, 1.7]), np.ones(3))
    np.testing.assert_allclose(upper[0], 1.959964, atol=1e-6)
    assert lower[1] == 0.0
    assert lower[2] > 0.0
    assert np.isnan(bounded_interval(np.array([np.nan]), np.array([1.0]))[0][0])
