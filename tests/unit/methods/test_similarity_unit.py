"""Similarity of works within a class: edge cases, and a slow twin written as loops over pairs."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from copying_rooms import draw_rooms, sums_of

from merilo.errors import DegenerateDataError
from merilo.methods.similarity import (
    LIKENESS_EDGES,
    AnswerColumns,
    ClassSums,
    ImpliedShares,
    add_sums,
    compare_classes,
    judge_schools,
    no_sums,
    own_shares,
)
from merilo.methods.similarity.comparing import BEST_PRIOR, FOLLOWING, MOST_WORKS, NODES, TAKEN, WEIGHTS

MAX_POINTS = np.array([1, 2, 1, 3, 1])


def works(
    seed: int, klass: np.ndarray, missing: float = 0.0
) -> tuple[np.ndarray, np.ndarray, AnswerColumns, np.ndarray]:
    """Random answers one-hot, random shares of answers, columns and parts of the points."""
    rng = np.random.default_rng(seed)
    columns = AnswerColumns.of(MAX_POINTS)
    points = rng.integers(0, MAX_POINTS + 1, (klass.size, MAX_POINTS.size))
    administered = rng.random(points.shape) >= missing
    answers = columns.one_hot(points, administered)
    weight = rng.gamma(2.0, size=answers.shape).astype(np.float32) * columns.spread(columns.by_item(answers))
    total = columns.spread(columns.by_item(weight))
    shares = np.where(total > 0, weight / np.where(total > 0, total, 1), 0).astype(np.float32)
    return answers, shares, columns, (points * administered).sum(axis=1) / MAX_POINTS.sum()


def slow_twin(
    answers: np.ndarray, shares: np.ndarray, columns: AnswerColumns, score: np.ndarray
) -> dict[str, float | np.ndarray]:
    """All sums of one class, pair by pair and item by item, in double precision."""
    n = len(answers)
    ends = [*columns.starts[1:], columns.n]
    items = [slice(a, b) for a, b in zip(columns.starts, ends, strict=True)]
    log_ratio, found = np.zeros((n, n)), {"agreeing": 0.0, "agreeing_expected": 0.0, "compared": 0.0}
    honest, alike, chance, noise = np.zeros((n, n)), np.zeros((n, n)), np.zeros((n, n)), np.zeros((n, n))
    both = np.zeros((n, n))
    likeness = np.zeros(len(LIKENESS_EDGES) + 1, int)
    for v in range(n):
        for w in range(n):
            if v == w:
                continue
            mean = variance = expected = 0.0
            for item in items:
                own, theirs = answers[v, item].astype(float), answers[w, item].astype(float)
                if not own.any() or not theirs.any():
                    continue
                p = float(shares[v, item] @ theirs)
                same = float(own @ theirs)
                log_ratio[v, w] += np.log(1 - TAKEN + TAKEN * same / p)
                hit, miss = np.log(1 - TAKEN + TAKEN / p), np.log(1 - TAKEN)
                mean += p * hit + (1 - p) * miss
                variance += p * (1 - p) * (hit - miss) ** 2
                alike[v, w] += same
                chance[v, w] += p
                noise[v, w] += p * (1 - p)
                both[v, w] += 1
                expected += float(shares[v, item].astype(float) @ shares[w, item])
            at = mean + np.sqrt(variance) * NODES
            honest[v, w] = float(WEIGHTS @ np.log(1 - FOLLOWING + FOLLOWING * np.exp(at)))
            if v < w:
                found["agreeing"] += alike[v, w]
                found["agreeing_expected"] += expected
                found["compared"] += both[v, w]
                spread = max(expected * (1 - expected / max(both[v, w], 1)), 0.05)
                z = (alike[v, w] - expected) / np.sqrt(spread)
                likeness[np.searchsorted(LIKENESS_EDGES, z, side="right")] += 1
    mixed = np.log(1 - FOLLOWING + FOLLOWING * np.exp(log_ratio))
    best = score == score.max()
    prior = BEST_PRIOR * best / best.sum() + (1 - BEST_PRIOR) / n
    found["evidence"] = np.log(prior @ np.exp(mixed.sum(axis=0)))
    found["expected"] = np.log(np.exp(honest.sum(axis=0))[best].mean())
    for name, values in (
        ("alike", alike),
        ("by_chance", chance),
        ("room", both - chance),
        ("noise", noise),
    ):
        found[name] = values.sum(axis=0)[best].mean()
    return {**found, "likeness": likeness, "works": n, "followers": n - 1, "pairs": n * (n - 1) // 2}


@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_sums_agree_with_loops_over_pairs(missing: float) -> None:
    sizes = np.array([4, 7, 5, 13])
    klass = np.repeat(np.arange(4), sizes)
    answers, shares, columns, score = works(3, klass, missing)
    sums = compare_classes(shares, answers, columns, score, klass, 4)
    for one in range(4):
        rows = klass == one
        twin = slow_twin(answers[rows], shares[rows], columns, score[rows])
        for name, value in twin.items():
            np.testing.assert_allclose(getattr(sums, name)[one], value, rtol=2e-5, atol=2e-5, err_msg=name)


def test_classes_of_fewer_than_four_works_say_nothing() -> None:
    klass = np.array([0, 0, 0, 1, 1, 1, 1, 2])
    answers, shares, columns, score = works(1, klass)
    sums = compare_classes(shares, answers, columns, score, klass, 3)
    assert sums.works.tolist() == [0, 4, 0]
    assert sums.pairs.tolist() == [0, 6, 0]


def test_a_group_beyond_the_limit_is_compared_in_equal_parts() -> None:
    n = 2 * MOST_WORKS + 1
    klass = np.zeros(n, int)
    answers, shares, columns, score = works(1, klass)
    sums = compare_classes(shares, answers, columns, score, klass, 1)
    parts = [(i + 1) * n // 3 - i * n // 3 for i in range(3)]
    assert sums.works[0] == n
    assert sums.followers[0] == n - 3
    assert sums.pairs[0] == sum(m * (m - 1) // 2 for m in parts)


def test_no_works_give_the_empty_sums() -> None:
    answers, shares, columns, score = works(1, np.zeros(0, int))
    sums = compare_classes(shares, answers, columns, score, np.zeros(0, int), 2)
    for field in fields(ClassSums):
        assert not getattr(sums, field.name).any(), field.name


def test_own_work_is_left_out_of_what_its_raw_score_implies() -> None:
    columns = AnswerColumns.of(np.array([1]))
    answers = columns.one_hot(np.array([[1], [1], [0], [0]]), np.ones((4, 1), bool))
    implied = ImpliedShares.of(np.array([[2, 2]]), np.array([4]), np.full((1, 2), np.nan))
    shares = implied.without_own(np.zeros(4, int), answers)
    np.testing.assert_allclose(shares, [[2 / 3, 1 / 3], [2 / 3, 1 / 3], [1 / 3, 2 / 3], [1 / 3, 2 / 3]])


def test_an_item_that_was_not_administered_has_no_shares() -> None:
    columns = AnswerColumns.of(np.array([1, 1]))
    answers = columns.one_hot(np.array([[1, -1], [0, -1]]), np.array([[True, False], [True, False]]))
    implied = ImpliedShares.of(np.array([[1, 1, 0, 0]]), np.array([2]), np.array([[0.5, 0.5, 0.0, 0.0]]))
    shares = implied.without_own(np.zeros(2, int), answers)
    assert shares[:, 2:].tolist() == [[0, 0], [0, 0]]
    tilted = own_shares(shares, answers, columns, np.array([0]))
    np.testing.assert_allclose(columns.by_item(tilted), [[1, 0], [1, 0]], atol=1e-6)


def test_a_school_that_is_good_at_an_item_is_expected_to_be() -> None:
    columns = AnswerColumns.of(np.array([1]))
    answers = columns.one_hot(np.ones((20, 1), int), np.ones((20, 1), bool))
    shares = np.full((20, 2), 0.5, np.float32)
    tilted = own_shares(shares, answers, columns, np.array([0]))
    # 19 others, all right, 9.5 expected, 6 works of prior opinion: (25 / 15.5) against (6 / 15.5).
    np.testing.assert_allclose(tilted, np.tile([6 / 31, 25 / 31], (20, 1)), rtol=1e-6)


def test_schools_with_few_works_get_no_value() -> None:
    rooms = draw_rooms(np.random.default_rng(2), schools=40)
    sums = sums_of(rooms)
    org = rooms.school[np.flatnonzero(np.diff(rooms.klass, prepend=-1))]
    found = judge_schools(sums, org, 41)
    n = np.bincount(org, sums.works, minlength=41)
    assert found.n.tolist() == n.tolist()
    assert (np.isfinite(found.z) == (n >= 8)).all()
    assert (np.isfinite(found.estimate) == (n >= 8)).all()


def test_works_that_are_all_perfect_are_no_evidence() -> None:
    """Where nobody could have answered otherwise, agreement says nothing: the school is in the middle."""
    rooms = draw_rooms(np.random.default_rng(3), schools=60)
    first = np.flatnonzero(np.diff(rooms.klass, prepend=-1))
    org = rooms.school[first]
    perfect = int(np.bincount(rooms.school).argmax())
    rooms.points[rooms.school == perfect] = 1
    z = judge_schools(sums_of(rooms), org, 60).z
    assert abs(z[perfect]) < 2.0


def test_two_schools_cannot_be_judged_among_themselves() -> None:
    rooms = draw_rooms(np.random.default_rng(4), schools=2)
    first = np.flatnonzero(np.diff(rooms.klass, prepend=-1))
    with pytest.raises(DegenerateDataError):
        judge_schools(sums_of(rooms), rooms.school[first], 2)


def test_adding_nothing_changes_no_sums() -> None:
    sums = sums_of(draw_rooms(np.random.default_rng(5), schools=5))
    added = add_sums(sums, no_sums(len(sums.works)))
    for field in fields(ClassSums):
        np.testing.assert_array_equal(getattr(added, field.name), getattr(sums, field.name))
