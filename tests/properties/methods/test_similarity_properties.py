"""Similarity: what holds for whatever works there are."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from merilo.methods.similarity import AnswerColumns, ClassSums, add_sums, compare_classes, own_shares

SEEDS = st.integers(0, 2**32 - 1)


def world(seed: int) -> tuple[np.ndarray, np.ndarray, AnswerColumns, np.ndarray, np.ndarray]:
    """A few classes of 1-15 works: shares, answers, columns, part of the points, class."""
    rng = np.random.default_rng(seed)
    max_points = rng.integers(1, 4, rng.integers(2, 8))
    columns = AnswerColumns.of(max_points)
    klass = np.repeat(np.arange(4), rng.integers(1, 16, 4))
    points = rng.integers(0, max_points + 1, (klass.size, max_points.size))
    answers = columns.one_hot(points, rng.random(points.shape) < 0.9)
    weight = rng.gamma(2.0, size=answers.shape).astype(np.float32) * columns.spread(columns.by_item(answers))
    total = columns.spread(columns.by_item(weight))
    shares = np.where(total > 0, weight / np.where(total > 0, total, 1), 0).astype(np.float32)
    return shares, answers, columns, points.sum(axis=1) / max_points.sum(), klass


def same(left: ClassSums, right: ClassSums, tolerance: float = 1e-4) -> None:
    for field in fields(ClassSums):
        np.testing.assert_allclose(
            getattr(left, field.name),
            getattr(right, field.name),
            rtol=tolerance,
            atol=tolerance,
            err_msg=field.name,
        )


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_classes_counted_apart_add_up_to_all(seed: int) -> None:
    shares, answers, columns, part, klass = world(seed)
    cut = int(np.searchsorted(klass, 2))
    left, right = (
        compare_classes(shares[rows], answers[rows], columns, part[rows], klass[rows], 4)
        for rows in (slice(0, cut), slice(cut, None))
    )
    same(add_sums(left, right), compare_classes(shares, answers, columns, part, klass, 4))


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_order_of_works_in_a_class_does_not_matter(seed: int) -> None:
    """But for ties beyond the third of the best works, which are not all held against honest works."""
    shares, answers, columns, part, klass = world(seed)
    part = part + 1e-6 * np.random.default_rng(seed).permutation(part.size)
    order = np.lexsort((np.random.default_rng(seed + 1).random(part.size), klass))
    same(
        compare_classes(shares, answers, columns, part, klass, 4),
        compare_classes(shares[order], answers[order], columns, part[order], klass, 4),
    )


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_every_pair_stands_in_one_bin_of_likeness(seed: int) -> None:
    shares, answers, columns, part, klass = world(seed)
    sums = compare_classes(shares, answers, columns, part, klass, 4)
    np.testing.assert_array_equal(sums.likeness.sum(axis=1), sums.pairs)
    assert (sums.agreeing <= sums.compared + 1e-9).all()
    assert (sums.by_chance + sums.room >= sums.alike - 1e-4).all()


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_shares_of_a_school_are_shares(seed: int) -> None:
    shares, answers, columns, _part, klass = world(seed)
    tilted = own_shares(shares, answers, columns, np.flatnonzero(np.diff(klass, prepend=-1)))
    assert (tilted >= 0).all()
    np.testing.assert_allclose(columns.by_item(tilted), columns.by_item(shares), atol=1e-5)


@settings(max_examples=25, deadline=None)
@given(SEEDS, st.integers(4, 20))
def test_copies_of_one_work_are_more_than_honest_works_imply(seed: int, size: int) -> None:
    """A whole class with the answers of one unlikely work."""
    rng = np.random.default_rng(seed)
    columns = AnswerColumns.of(np.ones(12, np.int64))
    points = np.tile(rng.integers(0, 2, 12), (size, 1))
    answers = columns.one_hot(points, np.ones_like(points, dtype=bool))
    shares = np.full(answers.shape, 0.5, np.float32)
    sums = compare_classes(shares, answers, columns, np.full(size, 0.5), np.zeros(size, int), 1)
    # Each of the others adds log((1 + 1.5^12) / 2), whoever of them is the source.
    assert sums.evidence[0] > sums.expected[0]
    np.testing.assert_allclose(sums.evidence[0], (size - 1) * np.log(0.5 + 0.5 * 1.5**12), rtol=1e-4)
