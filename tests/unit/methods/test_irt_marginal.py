"""Marginal calibration: packing, degenerate data, abilities."""

import numpy as np
import pytest

from merilo.errors import UsageError
from merilo.methods.irt import ItemStatus, abilities_with_slopes, calibrate_with_slopes
from merilo.methods.irt.packed import pack_works


def simulated(n: int, seed: int = 3) -> np.ndarray:
    rng = np.random.default_rng(seed)
    theta = rng.normal(size=(n, 1))
    slope = np.array([0.8, 1.2, 1.0, 1.5, 0.7])
    return (rng.random((n, 5)) < 1 / (1 + np.exp(-slope * (theta - np.linspace(-1, 1, 5))))).astype(np.int8)


def test_packing_keeps_every_work() -> None:
    rng = np.random.default_rng(0)
    max_points = np.array([1, 2, 3, 1, 2] * 8)  # forty items: the key does not fit one integer
    rows = rng.integers(-1, max_points + 1, (200, 40)).astype(np.int8)
    rows = np.concatenate([rows, rows[:50]])
    packed = pack_works(rows, max_points)
    expected = np.unique(rows, axis=0, return_counts=True)
    order = np.lexsort(packed.points().T[::-1])
    np.testing.assert_array_equal(packed.points()[order], expected[0])
    np.testing.assert_array_equal(packed.n[order], expected[1])
    for item in range(40):
        seen = rows[:, item][rows[:, item] >= 0]
        np.testing.assert_array_equal(packed.counts()[item], np.bincount(seen, minlength=4))


def test_constant_and_absent_items_are_named_and_change_nothing() -> None:
    rows = simulated(400)
    padded = np.column_stack([rows, np.zeros(400), np.ones(400), np.full(400, -1)]).astype(np.int8)
    plain = calibrate_with_slopes(rows, [1] * 5)
    fit = calibrate_with_slopes(padded, [1] * 8)
    assert fit.status[5:] == (ItemStatus.ALL_ZERO, ItemStatus.ALL_FULL, ItemStatus.NOT_ADMINISTERED)
    assert np.isnan(fit.slope[5:]).all() and np.isnan(fit.difficulty_se[5:]).all()
    np.testing.assert_allclose(fit.slope[:5], plain.slope, atol=1e-6)
    assert fit.log_likelihood == pytest.approx(plain.log_likelihood, abs=1e-8)
    assert fit.n_parameters == plain.n_parameters == 10


@pytest.mark.parametrize("rows", [np.zeros((0, 3)), np.ones((4, 3)), np.full((4, 3), -1)])
def test_nothing_to_calibrate(rows: np.ndarray) -> None:
    fit = calibrate_with_slopes(rows.astype(np.int8), [1, 1, 1])
    assert np.isnan(fit.slope).all() and np.isnan(fit.log_likelihood) and not fit.converged
    assert np.isnan(abilities_with_slopes(fit.items, rows.astype(np.int8)).eap).all()


def test_two_items_do_not_identify_two_slopes() -> None:
    fit = calibrate_with_slopes(simulated(200)[:, :2], [1, 1])
    assert ItemStatus.NOT_IDENTIFIED in fit.status


def test_a_slope_that_runs_away_is_not_reported() -> None:
    rows = simulated(300)
    # an item that follows the others' sum without error has no finite slope
    rows = np.column_stack([rows, rows.sum(axis=1) >= 3]).astype(np.int8)
    fit = calibrate_with_slopes(rows, [1] * 6)
    assert np.isnan(fit.slope[5]) or fit.slope[5] < 12
    assert np.isfinite(fit.slope[:5]).all()


def test_unknown_slope_mode_is_an_error() -> None:
    with pytest.raises(UsageError):
        calibrate_with_slopes(simulated(20), [1] * 5, slope="two")  # type: ignore[arg-type]


def test_abilities_from_the_table_equal_those_one_by_one() -> None:
    rows = simulated(3000)
    fit = calibrate_with_slopes(rows, [1] * 5)
    many = abilities_with_slopes(fit.items, rows)
    few = abilities_with_slopes(fit.items, rows[:100])
    # cubic interpolation over T at a spacing of 0.1
    np.testing.assert_allclose(many.eap[:100], few.eap, atol=1e-7)
    np.testing.assert_allclose(many.posterior_sd[:100], few.posterior_sd, atol=1e-6)


def test_work_without_items_has_no_ability() -> None:
    fit = calibrate_with_slopes(simulated(300), [1] * 5)
    answer = abilities_with_slopes(fit.items, np.array([[1, 0, 1, 0, 1], [-1, -1, -1, -1, -1]]))
    assert np.isfinite(answer.eap[0]) and np.isnan(answer.eap[1]) and np.isnan(answer.posterior_sd[1])
