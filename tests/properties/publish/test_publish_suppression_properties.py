"""What is hidden cannot be had by subtraction, whatever the town looks like."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from merilo.publish.suppression import close_rows, hide_small_cells, hide_small_groups

LIMIT, SMALL_GROUP = 5, 10


def naive_close(counts: list[int], hidden: list[bool]) -> list[bool]:
    """One row, one cell at a time, as a person with a pencil would do it."""
    hidden = list(hidden)
    while True:
        inside = [c for c, h in zip(counts, hidden) if h and c > 0]
        if not any(hidden) or (len(inside) >= 2 and sum(inside) >= LIMIT):
            return hidden
        free = [(c, k) for k, (c, h) in enumerate(zip(counts, hidden)) if not h and c > 0]
        if not free:
            return hidden
        hidden[min(free)[1]] = True


def is_closed(counts: np.ndarray, hidden: np.ndarray) -> bool:
    inside = counts[hidden & (counts > 0)]
    return (
        inside.size == 0 or (inside.size >= 2 and inside.sum() >= LIMIT) or not (~hidden & (counts > 0)).any()
    )


rows = st.lists(st.tuples(st.integers(0, 30), st.booleans()), min_size=1, max_size=8)


@given(rows)
def test_rows_agree_with_the_pencil(cells):
    counts, hidden = [c for c, _ in cells], [h for _, h in cells]
    closed = close_rows(np.array([counts], float), np.array([hidden]), limit=LIMIT)[0]
    assert closed.tolist() == naive_close(counts, hidden)


@settings(max_examples=60)
@given(st.lists(st.integers(0, 60), min_size=1, max_size=14), st.integers(1, 4))
def test_no_school_can_be_subtracted_from_authority_or_district(sizes, districts):
    n = np.array(sizes, float)
    place = np.arange(n.size) % districts
    hidden = hide_small_groups(n, [np.zeros(n.size, int), place], limit=LIMIT)
    assert hidden[(n > 0) & (n < LIMIT)].all()
    assert is_closed(n, hidden)
    for district in range(districts):
        assert is_closed(n[place == district], hidden[place == district])


@settings(max_examples=60)
@given(
    st.lists(st.lists(st.integers(0, 25), min_size=4, max_size=4), min_size=1, max_size=10), st.integers(1, 3)
)
def test_no_mark_can_be_subtracted(marks, districts):
    counts = np.array(marks, float)
    n = counts.sum(axis=1)
    place = np.arange(n.size) % districts
    partitions = [np.zeros(n.size, int), place]
    rows_hidden = hide_small_groups(n, partitions, limit=LIMIT)
    hidden = hide_small_cells(counts, n, rows_hidden, partitions, limit=LIMIT, small_group=SMALL_GROUP)
    assert hidden[(counts > 0) & (counts < LIMIT)].all()
    for row, cells in zip(counts, hidden):
        assert is_closed(row, cells)
    for group in (np.ones(n.size, bool), *(place == d for d in range(districts))):
        for mark in range(4):
            assert is_closed(counts[group, mark], hidden[group, mark])


@settings(max_examples=40)
@given(st.lists(st.integers(0, 60), min_size=1, max_size=12), st.randoms())
def test_order_of_schools_does_not_matter_for_different_sizes(sizes, random):
    sizes = list(dict.fromkeys(sizes))
    order = list(range(len(sizes)))
    random.shuffle(order)
    everybody = [np.zeros(len(sizes), int)]
    straight = hide_small_groups(np.array(sizes, float), everybody, limit=LIMIT)
    mixed = hide_small_groups(np.array([sizes[k] for k in order], float), everybody, limit=LIMIT)
    assert mixed.tolist() == [bool(straight[k]) for k in order]
