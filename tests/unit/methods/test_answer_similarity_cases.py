"""Answer similarity: small cases worked by hand, and what happens at the edges."""

from __future__ import annotations

import numpy as np
import pytest

from merilo.errors import DegenerateDataError
from merilo.methods.answer_similarity import (
    NONE_CHOSEN,
    Answers,
    NominalItems,
    against_honest,
    benjamini_hochberg,
    compare_pairs,
    fit_nominal_response,
    gbt_p,
    holm,
    join_pairs,
    matches_tail,
    nominal_abilities,
    option_spectrum,
    point_upward,
    pool_rare_options,
    pooled_similarity,
    room_source,
    source_scores,
    usual_rooms,
)

HALVES = NominalItems(np.zeros((3, 2)), np.zeros((3, 2)), np.ones((3, 2)))


def answers_of(codes: list[list[int]], right: int = 0) -> Answers:
    chosen = np.array(codes, np.int16)
    return Answers(chosen, chosen, chosen == right, np.zeros(len(chosen)))


def test_three_coins_match_as_three_coins_do():
    """Two works, three items, options at evens: matches are binomial with 3 and 1/2."""
    answers = answers_of([[0, 1, 0], [0, 1, 0]])
    pairs = compare_pairs(HALVES, answers, np.arange(2))
    assert (pairs.common[0], pairs.identical[0], pairs.identical_wrong[0]) == (3, 3, 1)
    assert pairs.expected[0] == pytest.approx(1.5, abs=1e-6)
    # (3 - 1.5) / sqrt(0.75)
    assert pairs.omega_first[0] == pytest.approx(1.7320508, abs=1e-6)
    assert pairs.omega_second[0] == pytest.approx(1.7320508, abs=1e-6)
    at_least, middle = gbt_p(HALVES, answers, pairs.first, pairs.second)
    assert at_least[0] == pytest.approx(1 / 8, abs=1e-12)
    assert middle[0] == pytest.approx(1 / 16, abs=1e-12)


def test_item_left_empty_by_one_does_not_count():
    answers = answers_of([[0, 1, NONE_CHOSEN], [0, 0, 0], [NONE_CHOSEN] * 3])
    pairs = compare_pairs(HALVES, answers, np.arange(3))
    assert pairs.common.tolist() == [2, 0, 0]
    assert pairs.identical.tolist() == [1, 0, 0]
    assert pairs.expected[0] == pytest.approx(1.0)
    assert np.isnan(pairs.gbt_z[1])
    assert np.isnan(pairs.omega[1])


def test_identical_right_answers_are_no_identical_wrong_ones():
    answers = answers_of([[0, 1, 1], [0, 1, 0]])
    pairs = compare_pairs(HALVES, answers, np.arange(2))
    assert (pairs.identical[0], pairs.identical_wrong[0]) == (2, 1)


def test_work_without_known_ability_has_no_index():
    answers = answers_of([[0, 1, 1], [0, 1, 0]])
    blind = Answers(answers.chosen, answers.codes, answers.right, np.array([np.nan, 0.0]))
    pairs = compare_pairs(HALVES, blind, np.arange(2))
    assert np.isnan(pairs.omega[0])
    assert np.isnan(pairs.expected[0])
    assert pairs.identical[0] == 2


def test_one_work_alone_has_no_pairs():
    pairs = compare_pairs(HALVES, answers_of([[0, 1, 1]]), np.arange(1))
    assert len(pairs.first) == 0
    assert len(join_pairs([pairs, pairs]).omega) == 0


def test_rare_options_are_pooled_and_their_sameness_counted():
    column = [0] * 50 + [1] * 30 + [2] * 3 + [3] * 2 + [4]
    pooled = pool_rare_options(np.array(column, np.int16)[:, None], fewest=5)
    assert pooled.options_n.tolist() == [3]
    assert np.bincount(pooled.codes[:, 0]).tolist() == [50, 30, 6]
    # pairs of one text among pairs of the six: (3*2 + 2*1 + 1*0) / (6*5)
    assert pooled.sameness[0].tolist() == pytest.approx([1.0, 1.0, 8 / 30])


def test_single_rare_option_keeps_a_curve_of_its_own():
    pooled = pool_rare_options(np.array([0] * 50 + [1] * 2, np.int16)[:, None])
    assert pooled.options_n.tolist() == [2]
    assert pooled.sameness.tolist() == [[1.0, 1.0]]


def test_pooled_texts_match_only_when_they_are_the_same():
    items = NominalItems(np.zeros((1, 2)), np.zeros((1, 2)), np.array([[1.0, 0.25]]))
    chosen = np.array([[5], [6], [5]], np.int16)
    codes = np.array([[1], [1], [1]], np.int16)
    answers = Answers(chosen, codes, np.zeros((3, 1), bool), np.zeros(3))
    pairs = compare_pairs(items, answers, np.arange(3))
    assert pairs.identical.tolist() == [0, 1, 0]
    assert pairs.expected.tolist() == pytest.approx([0.25 + 0.25 * 0.25] * 3)


def test_item_that_nobody_answered_cannot_be_fitted():
    codes = np.array([[0, NONE_CHOSEN], [1, NONE_CHOSEN]], np.int16)
    with pytest.raises(DegenerateDataError):
        fit_nominal_response(pool_rare_options(codes))


def test_item_on_which_all_agree_stays_finite():
    rng = np.random.default_rng(1)
    codes = rng.integers(0, 3, (200, 6)).astype(np.int16)
    codes[:, 2] = 0
    pooled = pool_rare_options(codes)
    items = fit_nominal_response(pooled).items
    ability = nominal_abilities(items, pooled.codes)
    assert np.isfinite(items.slopes).all()
    assert np.isfinite(ability).all()
    pairs = compare_pairs(items, Answers(codes, pooled.codes, codes == 0, ability), np.arange(20))
    assert np.isfinite(pairs.gbt_z).all()


def test_ability_of_an_empty_work_is_unknown():
    items = NominalItems(np.array([[1.0, -1.0]]), np.zeros((1, 2)), np.ones((1, 2)))
    assert np.isnan(nominal_abilities(items, np.array([[NONE_CHOSEN]], np.int16))[0])
    # one right answer to one item: the likelihood has no maximum, the bound holds
    assert nominal_abilities(items, np.array([[0], [1]], np.int16)).tolist() == [4.0, -4.0]


def test_ability_points_towards_right_options():
    items = NominalItems(np.array([[-1.0, 1.0]]), np.zeros((1, 2)), np.ones((1, 2)))
    assert point_upward(items, np.array([[1.0, 0.0]])).slopes.tolist() == [[1.0, -1.0]]
    assert point_upward(items, np.array([[0.0, 1.0]])).slopes.tolist() == [[-1.0, 1.0]]


def test_tails_reach_both_ends():
    chance = np.full((4, 2), 0.5)
    at_least, middle = matches_tail(chance, np.array([0, 4]))
    assert at_least.tolist() == pytest.approx([1.0, 1 / 16])
    assert middle.tolist() == pytest.approx([1 - 1 / 32, 1 / 32])


def test_adjusted_p_values_by_hand():
    p = np.array([0.04, 0.01, 0.03, 0.02])
    # Benjamini-Hochberg: 0.01*4/1, 0.02*4/2, 0.03*4/3, 0.04*4/4; Holm: 0.01*4, 0.02*3, then the largest so far
    assert benjamini_hochberg(p).tolist() == pytest.approx([0.04, 0.04, 0.04, 0.04])
    assert holm(p).tolist() == pytest.approx([0.06, 0.04, 0.06, 0.06])
    assert benjamini_hochberg(np.array([0.9, 0.001])).tolist() == pytest.approx([0.9, 0.002])


def test_pooled_excess_of_two_equal_works_by_hand():
    """Residuals of a coin are 1/2 and -1/2: the product is 1/2 an item, its variance 1/4."""
    pooled = pooled_similarity(HALVES, answers_of([[0, 1, 0], [0, 1, 0], [1, 1, 1]]), np.array([0, 0, -1]), 2)
    assert pooled.excess.tolist() == pytest.approx([1.5, 0.0])
    assert pooled.variance.tolist() == pytest.approx([0.75, 0.0])
    assert pooled.comparisons.tolist() == [3.0, 0.0]


def test_room_of_few_works_has_no_source():
    answers = answers_of([[0, 1, 0]] * 5)
    score = source_scores(HALVES, answers, np.zeros(5, np.int64))
    assert np.isnan(score).all()
    assert np.isnan(room_source(score, np.zeros(5, np.int64), 2)).all()


def test_greatest_score_is_judged_as_the_greatest_of_many():
    score = np.array([1.0, 2.0, -1.0, np.nan])
    z = room_source(score, np.array([0, 0, 0, 0]), 1)
    # Phi(2) ** 3 = 0.93329; its normal score
    assert z[0] == pytest.approx(1.5007, abs=2e-4)


def test_far_source_stays_finite():
    z = room_source(np.array([40.0, 0.0, -40.0, -40.0]), np.array([0, 0, 1, 1]), 2)
    assert z.tolist() == [8.0, -8.0]


def test_spectrum_of_coins_is_one_half():
    assert option_spectrum(HALVES).tolist() == pytest.approx([0.5, 0.5, 0.5])


def test_too_few_schools_cannot_say_what_is_honest():
    with pytest.raises(DegenerateDataError):
        against_honest(np.array([0.1, np.nan]), np.array([0.01, np.nan]), np.full(3, 0.5), 3)


def test_many_rooms_settle_what_is_usual():
    rng = np.random.default_rng(2)
    z = rng.normal(0.2, 1.1, 4000)
    z[::7] = np.nan
    level = usual_rooms(z)
    assert np.nanmedian(level) == pytest.approx(0.0, abs=1e-9)
    assert np.nanstd(level) == pytest.approx(1.0, abs=0.04)
    assert (np.isnan(level) == np.isnan(z)).all()


def test_rooms_are_moved_and_stretched_a_little_at_most():
    z = np.linspace(5.0, 25.0, 100)
    assert usual_rooms(z).tolist() == pytest.approx(((z - 0.3) / 1.2).tolist())
    few = np.linspace(5.0, 25.0, 20)
    assert usual_rooms(few) is few
