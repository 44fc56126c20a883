"""Score cells counted by hand, refused when they contradict themselves, merged."""

import dataclasses

import numpy as np
import pytest

from merilo.errors import UsageError
from merilo.methods.irt import ScoreCells, cells_from_matrix, merge_cells

# five pupils, one item of 1 point and one of 2; the last pupil was not given the second item
RESPONSES = np.array([[0, 0], [1, 1], [0, 2], [1, 1], [1, -1]], dtype=np.int8)


def as_table(cells: ScoreCells) -> set[tuple[object, ...]]:
    return {
        (tuple(cells.patterns[p].tolist()), int(s), int(n), tuple(row.tolist()))
        for p, s, n, row in zip(cells.cell_pattern, cells.cell_score, cells.cell_n, cells.points)
    }


def test_counts_of_five_pupils() -> None:
    cells = cells_from_matrix(RESPONSES, [1, 2])
    assert as_table(cells) == {
        ((True, True), 0, 1, (1, 0, 1, 0, 0)),
        ((True, True), 2, 3, (1, 2, 0, 2, 1)),
        ((True, False), 1, 1, (0, 1, 0, 0, 0)),
    }
    assert cells.n_works == 5
    assert cells.works_by_score().sum() == 5


def test_works_without_any_item_are_left_out() -> None:
    cells = cells_from_matrix(np.array([[-1, -1], [1, 2]]), [1, 2])
    assert cells.n_works == 1


def test_no_works_give_no_cells() -> None:
    cells = cells_from_matrix(np.zeros((0, 2), dtype=np.int8), [1, 2])
    assert cells.n_works == 0
    assert cells.cell_n.size == 0


def test_merging_parts_equals_counting_the_whole() -> None:
    parts = [cells_from_matrix(RESPONSES[:2], [1, 2]), cells_from_matrix(RESPONSES[2:], [1, 2])]
    assert as_table(merge_cells(parts)) == as_table(cells_from_matrix(RESPONSES, [1, 2]))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("cell_score", [0, 2, 2]),  # points no longer add up to the score
        ("cell_n", [1, 3, 2]),  # points no longer add up to the works
        ("cell_pattern", [0, 0, 5]),  # no such pattern
        ("cell_n", [1, 3, -1]),
        ("max_points", [0, 2]),
    ],
)
def test_contradictions_are_refused(field: str, value: list[int]) -> None:
    cells = cells_from_matrix(RESPONSES, [1, 2])
    with pytest.raises(UsageError):
        dataclasses.replace(cells, **{field: np.array(value)})


@pytest.mark.parametrize("bad", [2, -2])
def test_points_outside_the_item_are_refused(bad: int) -> None:
    with pytest.raises(UsageError, match="item 0"):
        cells_from_matrix(np.array([[bad, 0]]), [1, 2])


def test_cells_of_other_items_are_not_merged() -> None:
    with pytest.raises(UsageError):
        merge_cells([cells_from_matrix(RESPONSES, [1, 2]), cells_from_matrix(RESPONSES, [2, 2])])
