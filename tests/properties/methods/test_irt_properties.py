"""Invariants, and slow naive twins."""

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.sparse.csgraph import connected_components

from merilo.methods.irt import (
    ability_table,
    calibrate_partial_credit,
    calibrate_with_slopes,
    cell_abilities,
    cells_from_matrix,
    estimate_latent_distribution,
    item_fit,
)
from merilo.methods.irt import arranged as arranged_module
from merilo.methods.irt.arranged import arrange_works
from merilo.methods.irt.marginal_likelihood import LikelihoodAt, layout_of, likelihood_at
from merilo.methods.irt.nodes import SlopedItems, standard_normal_grid
from merilo.methods.irt.packed import pack_works

SAME = 1e-7  # two converged runs of the same likelihood: Newton's last step is smaller
FEW = settings(max_examples=25, deadline=None, derandomize=True)
seeds = st.integers(0, 10_000)


def rasch(seed: int, *, works: int, items: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    theta, b = rng.normal(size=(works, 1)), rng.normal(size=items)
    return (rng.random((works, items)) < 1 / (1 + np.exp(b - theta))).astype(np.int8)


def partial_credit(seed: int, *, works: int, max_points: list[int], missing: float) -> np.ndarray:
    rng = np.random.default_rng(seed)
    theta = rng.normal(size=works)
    rows = np.zeros((works, len(max_points)), dtype=np.int8)
    for item, top in enumerate(max_points):
        summed = np.concatenate([[0.0], np.cumsum(rng.normal(0, 0.7, top))])
        exponent = np.arange(top + 1) * theta[:, None] - summed
        rows[:, item] = (exponent + rng.gumbel(size=exponent.shape)).argmax(axis=1)
    rows[rng.random(rows.shape) < missing] = -1
    return rows


@FEW
@given(seeds)
def test_order_of_pupils_and_items_does_not_matter(seed: int) -> None:
    max_points = np.array([1, 2, 3, 1])
    rows = partial_credit(seed, works=300, max_points=max_points.tolist(), missing=0.15)
    rng = np.random.default_rng(seed)
    people, items = rng.permutation(300), rng.permutation(4)
    plain = calibrate_partial_credit(cells_from_matrix(rows, max_points))
    mixed = calibrate_partial_credit(cells_from_matrix(rows[people][:, items], max_points[items]))
    np.testing.assert_allclose(mixed.difficulty, plain.difficulty[items], atol=SAME)
    np.testing.assert_allclose(mixed.step_difficulty_se, plain.step_difficulty_se[items], atol=SAME)
    same_items = calibrate_partial_credit(cells_from_matrix(rows[people], max_points))
    assert same_items.difficulty.tobytes() == plain.difficulty.tobytes()


@FEW
@given(seeds)
def test_marginal_calibration_does_not_see_the_order_of_pupils(seed: int) -> None:
    rows = partial_credit(seed, works=200, max_points=[1, 2, 1, 1], missing=0.1)
    people = np.random.default_rng(seed).permutation(200)
    plain, mixed = (calibrate_with_slopes(one, [1, 2, 1, 1]) for one in (rows, rows[people]))
    assert plain.slope.tobytes() == mixed.slope.tobytes()


@FEW
@given(seeds)
def test_items_everyone_misses_or_solves_change_nothing(seed: int) -> None:
    rows = rasch(seed, works=60, items=5)
    constant = np.column_stack([rows[:, :2], np.zeros(60), rows[:, 2:], np.full(60, 2)]).astype(np.int8)
    plain = calibrate_partial_credit(cells_from_matrix(rows, [1] * 5))
    padded = calibrate_partial_credit(cells_from_matrix(constant, [1] * 6 + [2]))
    kept = [0, 1, 3, 4, 5]
    np.testing.assert_allclose(padded.difficulty[kept], plain.difficulty, atol=SAME)
    np.testing.assert_allclose(padded.difficulty_se[kept], plain.difficulty_se, atol=SAME)
    assert not padded.has_difficulty[[2, 6]].any()


@FEW
@given(seeds)
def test_reversing_points_reverses_the_scale(seed: int) -> None:
    max_points = np.array([1, 2, 2, 3])
    rows = partial_credit(seed, works=400, max_points=max_points.tolist(), missing=0.0)
    plain = calibrate_partial_credit(cells_from_matrix(rows, max_points))
    turned = calibrate_partial_credit(cells_from_matrix(max_points.astype(np.int8) - rows, max_points))
    np.testing.assert_allclose(turned.difficulty, -plain.difficulty, atol=SAME)
    assert np.isclose(turned.log_likelihood, plain.log_likelihood, atol=1e-7)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.integers(2, 6), st.integers(1, 20), seeds)
def test_rasch_items_are_placed_exactly_when_wins_connect_them(items: int, works: int, seed: int) -> None:
    """Fischer (1981): difficulties exist among items linked both ways by someone solving one and not another."""
    rows = rasch(seed, works=works, items=items)
    beats = np.zeros((items, items))
    for row in rows:
        beats[np.ix_(row == 1, row == 0)] = 1
    _, label = connected_components(beats, directed=True, connection="strong")
    sizes = np.bincount(label)
    placed = calibrate_partial_credit(cells_from_matrix(rows, [1] * items)).has_difficulty
    if sizes.max() == 1:
        assert not placed.any()
    else:
        largest = [label == one for one in np.flatnonzero(sizes == sizes.max())]
        assert any(np.array_equal(placed, one) for one in largest)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.integers(1, 3), min_size=2, max_size=5), st.integers(1, 25), seeds, st.booleans())
def test_no_small_data_set_crashes_anything(
    max_points: list[int], works: int, seed: int, holes: bool
) -> None:
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, np.array(max_points) + 1, (works, len(max_points))).astype(np.int8)
    rows[rng.random(rows.shape) < 0.3] = -1 if holes else 0
    cells = cells_from_matrix(rows, max_points)
    fit = calibrate_partial_credit(cells)
    for value, se in ((fit.difficulty, fit.difficulty_se), (fit.step_difficulty, fit.step_difficulty_se)):
        np.testing.assert_array_equal(np.isnan(value), np.isnan(se))
        assert not np.isinf(value).any()
        assert np.nanmax(se, initial=0.0) < 50
    known = fit.items.calibrated
    item_fit(cells, fit.items)
    cell_abilities(fit.items, cells)
    if known.any():
        table = ability_table(fit.items, administered=known)
        ordered = table.wle[np.isfinite(table.wle)]
        assert (np.diff(ordered) > 0).all()
        whole = ~(cells.patterns & ~known).any(axis=1)
        estimate_latent_distribution(fit.items, cells.works_by_score()[whole], patterns=cells.patterns[whole])


def naive_conditional_log_likelihood(rows: np.ndarray, max_points: list[int], steps: np.ndarray) -> float:
    """Every work against all answers to its own items with the same raw score."""
    total = 0.0
    weights, start = [], 0
    for top in max_points:
        weights.append(np.concatenate([[0.0], -np.cumsum(steps[start : start + top])]))
        start += top
    for row in rows:
        met = [i for i in range(len(max_points)) if row[i] >= 0]
        chosen = sum(weights[i][row[i]] for i in met)
        score = sum(int(row[i]) for i in met)
        others = [
            sum(weights[i][x] for i, x in zip(met, answer))
            for answer in itertools.product(*[range(max_points[i] + 1) for i in met])
            if sum(answer) == score
        ]
        total += chosen - np.log(np.sum(np.exp(others)))
    return total


@settings(max_examples=5, deadline=None, derandomize=True)
@given(seeds)
def test_conditional_calibration_against_enumeration(seed: int) -> None:
    max_points = [1, 2, 1, 2]
    rows = partial_credit(seed, works=80, max_points=max_points, missing=0.1)
    fit = calibrate_partial_credit(cells_from_matrix(rows, max_points), identification="first")
    steps = fit.step_difficulty[np.isfinite(fit.step_difficulty)]
    if steps.size < 6:
        return
    assert np.isclose(
        naive_conditional_log_likelihood(rows, max_points, steps), fit.log_likelihood, atol=1e-8
    )

    def height(free: np.ndarray) -> float:
        return -naive_conditional_log_likelihood(rows, max_points, np.concatenate([[0.0], free]))

    best = minimize(height, np.zeros(5), method="BFGS", options={"gtol": 1e-4})
    # BFGS by differences stops at a gradient of 1e-4
    np.testing.assert_allclose(best.x, steps[1:], atol=1e-4)
    spacing = 1e-3
    shifts = spacing * np.eye(5)
    hessian = np.array(
        [
            [
                height(best.x + a + b)
                - height(best.x + a - b)
                - height(best.x - a + b)
                + height(best.x - a - b)
                for b in shifts
            ]
            for a in shifts
        ]
    ) / (4 * spacing**2)
    np.testing.assert_allclose(fit.step_cov[1:, 1:], np.linalg.inv(hessian), rtol=1e-3, atol=1e-4)


@settings(max_examples=6, deadline=None, derandomize=True)
@given(seeds, st.sampled_from([1, 10_000_000]))
def test_marginal_likelihood_against_plain_integration(seed: int, table_from: int) -> None:
    """Value by a loop over works, gradient and curvature by differences; from the table of totals and one by one."""
    max_points = np.array([1, 2, 3, 1])
    rows = partial_credit(seed, works=150, max_points=max_points.tolist(), missing=0.2)
    packed = pack_works(rows, max_points)
    counts = packed.counts()
    layout = layout_of(counts > 0)
    rng = np.random.default_rng(seed)
    point = np.concatenate([rng.uniform(0.5, 1.6, 4), rng.normal(0, 0.5, layout.weight_item.size)])
    theta, log_prior = grid = standard_normal_grid(81)
    usual, arranged_module.TABLE_FROM = arranged_module.TABLE_FROM, table_from
    try:
        works = arrange_works(packed)
    finally:
        arranged_module.TABLE_FROM = usual
    assert bool(works.tables) == (table_from == 1)

    def items_at(values: np.ndarray) -> SlopedItems:
        weight = np.where(counts > 0, 0.0, -np.inf)
        weight[layout.weight_item, layout.weight_points] = values[4:]
        return SlopedItems(values[:4], weight, max_points)

    def at(values: np.ndarray, *, with_observed: bool = False) -> LikelihoodAt:
        return likelihood_at(works, counts, items_at(values), grid, layout, with_observed=with_observed)

    here = at(point, with_observed=True)
    naive, items = 0.0, items_at(point)
    for row in rows[(rows >= 0).any(axis=1)]:
        density = log_prior.copy()
        for item, x in enumerate(row):
            if x >= 0:
                exponent = items.slope[item] * np.arange(4)[:, None] * theta + items.log_weight[item][:, None]
                density += exponent[x] - np.log(np.exp(exponent).sum(axis=0))
        naive += np.log(np.exp(density).sum())
    assert np.isclose(here.value, naive, atol=1e-7)
    spacing = 1e-4
    for k in range(point.size):
        shift = spacing * np.eye(point.size)[k]
        up, down = at(point + shift), at(point - shift)
        assert np.isclose((up.value - down.value) / (2 * spacing), here.gradient[k], atol=1e-4)
        # the table interpolates covariances linearly
        np.testing.assert_allclose(
            -(up.gradient - down.gradient) / (2 * spacing), here.observed[k], atol=1e-2
        )


@FEW
@given(seeds)
def test_abilities_of_cells_equal_the_tables_of_their_patterns(seed: int) -> None:
    max_points = [1, 2, 3, 1]
    rows = partial_credit(seed, works=120, max_points=max_points, missing=0.2)
    cells = cells_from_matrix(rows, max_points)
    items = calibrate_partial_credit(cells).items
    found = cell_abilities(items, cells)
    for row, pattern in enumerate(cells.patterns):
        here = cells.cell_pattern == row
        if (pattern & ~items.calibrated).any():
            assert np.isnan(found.wle[here]).all()
            continue
        table = ability_table(items, administered=pattern)
        np.testing.assert_allclose(found.wle[here], table.wle[cells.cell_score[here]], atol=SAME)
        np.testing.assert_allclose(found.wle_se[here], table.wle_se[cells.cell_score[here]], atol=SAME)


@FEW
@given(seeds)
def test_moving_all_difficulties_moves_all_abilities(seed: int) -> None:
    steps = np.random.default_rng(seed).normal(size=(6, 2))
    here, moved = ability_table(steps, mean=0.0), ability_table(steps + 0.7, mean=0.7)
    np.testing.assert_allclose(moved.wle, here.wle + 0.7, atol=SAME)
    np.testing.assert_allclose(moved.eap, here.eap + 0.7, atol=SAME)
    np.testing.assert_allclose(moved.ml[1:-1], here.ml[1:-1] + 0.7, atol=SAME)
