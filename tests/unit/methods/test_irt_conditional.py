"""Conditional calibration where the answer can be written down, and where the data cannot give one."""

import numpy as np
import pytest

from merilo.errors import DegenerateDataError, UsageError
from merilo.methods.irt import ItemStatus, calibrate_partial_credit, cells_from_matrix, compare_groups

CLOSE = 1e-9  # Newton stops at a decrement of 1e-10; quadratic convergence leaves far less


def repeat(rows: list[list[int]], times: list[int]) -> np.ndarray:
    return np.repeat(np.array(rows), times, axis=0)


# 30 solved only the first item, 10 only the second; the others say nothing about the difference
TWO_ITEMS = repeat([[1, 0], [0, 1], [1, 1], [0, 0]], [30, 10, 7, 5])


def test_two_items_by_hand() -> None:
    fit = calibrate_partial_credit(cells_from_matrix(TWO_ITEMS, [1, 1]))
    difference = np.log(30 / 10)
    se = np.sqrt(1 / 30 + 1 / 10)
    np.testing.assert_allclose(fit.difficulty, [-difference / 2, difference / 2], atol=CLOSE)
    np.testing.assert_allclose(fit.difficulty_se, [se / 2, se / 2], atol=CLOSE)
    assert fit.log_likelihood == pytest.approx(30 * np.log(0.75) + 10 * np.log(0.25), abs=CLOSE)
    assert (fit.n_parameters, fit.n_used, fit.n_works, fit.converged) == (1, 40, 52, True)


def test_first_item_as_origin() -> None:
    fit = calibrate_partial_credit(cells_from_matrix(TWO_ITEMS, [1, 1]), identification="first")
    np.testing.assert_allclose(fit.difficulty, [0.0, np.log(3)], atol=CLOSE)
    np.testing.assert_allclose(fit.difficulty_se, [0.0, np.sqrt(1 / 30 + 1 / 10)], atol=CLOSE)


def test_three_points_by_hand() -> None:
    # raw score 1: (1,0) 12, (0,1) 8; raw score 2: (2,0) 9, (1,1) 6; one work each at the ends
    rows = repeat([[1, 0], [0, 1], [2, 0], [1, 1], [0, 0], [2, 1]], [12, 8, 9, 6, 1, 1])
    fit = calibrate_partial_credit(cells_from_matrix(rows, [2, 1]), identification="first")
    # odds at score 1 = exp(w1 - v), at score 2 = exp(w2 - w1 - v), with log weights w of item 0 and v of item 1
    first, second = np.log(12 / 8), np.log(9 / 6)
    relative = np.array([-first, -second])  # steps of item 0 minus the difficulty of item 1
    centre = relative.mean()
    np.testing.assert_allclose(fit.step_difficulty[0], relative - centre, atol=CLOSE)
    np.testing.assert_allclose(fit.difficulty, [0.0, -centre], atol=CLOSE)


def test_works_weigh_as_counts_not_as_rows() -> None:
    ten_times = calibrate_partial_credit(cells_from_matrix(np.repeat(TWO_ITEMS, 10, axis=0), [1, 1]))
    once = calibrate_partial_credit(cells_from_matrix(TWO_ITEMS, [1, 1]))
    np.testing.assert_allclose(ten_times.difficulty, once.difficulty, atol=CLOSE)
    np.testing.assert_allclose(ten_times.difficulty_se * np.sqrt(10), once.difficulty_se, atol=CLOSE)


def statuses(rows: list[list[int]], max_points: list[int]) -> list[str]:
    fit = calibrate_partial_credit(cells_from_matrix(np.array(rows), max_points))
    unknown = ~fit.has_difficulty
    assert np.isnan(fit.difficulty[unknown]).all() and np.isnan(fit.difficulty_se[unknown]).all()
    assert np.isfinite(fit.difficulty[~unknown]).all() and np.isfinite(fit.difficulty_se[~unknown]).all()
    return [str(one) for one in fit.status]


@pytest.mark.parametrize(
    ("rows", "max_points", "expected"),
    [
        pytest.param(
            [[1, 0, 0], [0, 1, 0]], [1, 1, 1], ["calibrated", "calibrated", "all_zero"], id="all wrong"
        ),
        pytest.param(
            [[1, 0, 1], [0, 1, 1]], [1, 1, 1], ["calibrated", "calibrated", "all_full"], id="all right"
        ),
        pytest.param(
            [[1, 0, 1], [0, 1, 1]], [1, 1, 2], ["calibrated", "calibrated", "all_equal"], id="all equal"
        ),
        pytest.param(
            [[1, 0, -1], [0, 1, -1]],
            [1, 1, 1],
            ["calibrated", "calibrated", "not_administered"],
            id="not given",
        ),
        pytest.param([[1, 1], [0, 0]], [1, 1], ["no_informative_works"] * 2, id="only extreme scores"),
        pytest.param(
            [[1, 0, 0, 0], [0, 1, 0, 0], [1, 1, 1, 0], [1, 1, 0, 1], [1, 0, 0, 0]],
            [1, 1, 1, 1],
            ["calibrated", "calibrated", "unconnected", "unconnected"],
            id="easy items all solved before any hard one",
        ),
        pytest.param(
            [[1, 0, -1, -1], [0, 1, -1, -1], [-1, -1, 1, 0], [-1, -1, 0, 1]],
            [1, 1, 1, 1],
            ["calibrated", "calibrated", "unconnected", "unconnected"],
            id="two booklets without a common item",
        ),
        pytest.param(
            [[2, 0], [0, 1], [2, 0], [0, 1], [0, 0], [1, 0]],
            [2, 1],
            ["not_identified", "not_identified"],
            id="one point and one point never seen together",
        ),
        pytest.param(
            [[2, 0], [0, 1], [2, 0], [0, 1], [0, 0], [2, 1]],
            [2, 1],
            ["unconnected", "unconnected"],
            id="every score leaves one possibility",
        ),
        pytest.param(
            [
                [3, 0, 0],
                [0, 2, 1],
                [1, 2, 0],
                [0, 2, 1],
                [3, 0, 0],
                [1, 1, 1],
                [1, 0, 0],
                [0, 1, 0],
                [0, 0, 1],
            ],
            [3, 2, 1],
            ["empty_category", "calibrated", "calibrated"],
            id="two points never seen",
        ),
        pytest.param(
            [[1, 0], [0, 1], [1, 1], [2, 0], [0, 0]],
            [3, 1],
            ["open_range", "calibrated"],
            id="full points never seen",
        ),
        pytest.param([[1, 0]], [1, 1], ["all_full", "all_zero"], id="one pupil"),
    ],
)
def test_degenerate_items_are_named(
    rows: list[list[int]], max_points: list[int], expected: list[str]
) -> None:
    assert statuses(rows, max_points) == expected


def test_no_works_at_all() -> None:
    fit = calibrate_partial_credit(cells_from_matrix(np.zeros((0, 3), dtype=np.int8), [1, 1, 1]))
    assert set(fit.status) == {ItemStatus.NOT_ADMINISTERED}
    assert np.isnan(fit.difficulty).all() and np.isnan(fit.log_likelihood) and not fit.converged


def test_empty_category_keeps_the_difficulty_and_drops_its_steps() -> None:
    rows = [[3, 0, 0], [0, 2, 1], [1, 2, 0], [0, 2, 1], [3, 0, 0], [1, 1, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1]]
    fit = calibrate_partial_credit(cells_from_matrix(np.array(rows), [3, 2, 1]))
    assert np.isfinite(fit.step_difficulty[0, 0]) and np.isnan(fit.step_difficulty[0, 1:]).all()
    assert fit.items.log_weight[0, 2] == -np.inf


def test_unusable_origin_is_an_error() -> None:
    rows = np.array([[0, 1, 0], [0, 0, 1]])
    with pytest.raises(DegenerateDataError, match="first item"):
        calibrate_partial_credit(cells_from_matrix(rows, [1, 1, 1]), identification="first")


def test_unknown_identification_is_an_error() -> None:
    with pytest.raises(UsageError):
        calibrate_partial_credit(cells_from_matrix(TWO_ITEMS, [1, 1]), identification="last")  # type: ignore[arg-type]


def test_comparing_groups_by_hand() -> None:
    other = repeat([[1, 0], [0, 1]], [10, 20])
    test = compare_groups([cells_from_matrix(TWO_ITEMS, [1, 1]), cells_from_matrix(other, [1, 1])])

    def log_likelihood(a: int, b: int) -> float:
        return a * np.log(a / (a + b)) + b * np.log(b / (a + b))

    expected = 2 * (log_likelihood(30, 10) + log_likelihood(10, 20) - log_likelihood(40, 30))
    assert test.statistic == pytest.approx(expected, abs=1e-8)
    assert test.degrees_of_freedom == 1
    assert 0 < test.p_value < 1


def test_groups_with_other_degenerate_items_are_not_compared() -> None:
    constant = repeat([[1, 0]], [5])
    with pytest.raises(DegenerateDataError):
        compare_groups([cells_from_matrix(TWO_ITEMS, [1, 1]), cells_from_matrix(constant, [1, 1])])
