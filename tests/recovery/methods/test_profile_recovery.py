"""Profiles of items from simulated answers whose truth is known (Rasch items, drawn here, not by merilo.simulate)."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from merilo.methods.profile import (
    HonestSpread,
    SchoolShifts,
    cell_moments,
    contrast,
    draw_honest,
    find_leaks,
    honest_spread,
    item_factors,
    null_scores,
    school_shifts,
)

ITEMS, SKILLS = 16, 4
OWN, COMMON = 0.4, 0.25
SIZES = (10, 25, 60, 120)


def simulate(
    schools: int, seed: int, *, leak: float = 0.0, leaky: int = 0
) -> tuple[SchoolShifts, np.ndarray, np.ndarray, np.ndarray]:
    """Shifts, true differences (J, I), sizes (J,), factors; the first `leaky` schools tell four items to `leak`."""
    rng = np.random.default_rng([77, seed])
    difficulty = rng.normal(size=ITEMS)
    factors = item_factors([(f"s{i % SKILLS}",) for i in range(ITEMS)])
    true = OWN * rng.normal(size=(schools, ITEMS)) + COMMON * rng.normal(size=(schools, SKILLS)) @ factors.T
    size = np.resize(SIZES, schools)
    school = np.repeat(np.arange(schools), size)
    theta = 0.4 * rng.normal(size=schools)[school] + rng.normal(size=school.size)
    works = rng.random((school.size, ITEMS)) < 1 / (1 + np.exp(difficulty - theta[:, None] - true[school]))
    for j in range(leaky):
        told = np.flatnonzero((school == j) & (rng.random(school.size) < leak))
        works[np.ix_(told, rng.choice(ITEMS, 4, replace=False))] = True
    score = works.sum(axis=1)
    counts = np.zeros((ITEMS + 1, ITEMS, 2))
    for i in range(ITEMS):
        np.add.at(counts, (score, i, works[:, i].astype(int)), 1)
    n = np.maximum(np.bincount(score, minlength=ITEMS + 1), 1)[:, None]
    expected = counts[:, :, 1] / n
    moments = cell_moments(
        counts.reshape(ITEMS + 1, -1), np.ones(ITEMS, np.int64), expected,
        np.zeros((ITEMS + 1, ITEMS)), np.ones((ITEMS + 1, ITEMS), bool), model_works=0.0,
    )  # fmt: skip

    def by_school(values: np.ndarray) -> np.ndarray:
        total = np.zeros((schools, ITEMS))
        np.add.at(total, school, values)
        return total

    excess = by_school(works - expected[score])
    shifts = school_shifts(excess, by_school(moments.information[score]), by_school(moments.third[score]))
    return shifts, true, size, factors


@lru_cache(maxsize=4)
def honest_world(seed: int) -> tuple[SchoolShifts, np.ndarray, np.ndarray, np.ndarray, HonestSpread]:
    shifts, true, size, factors = simulate(400, seed)
    return shifts, true, size, factors, honest_spread(shifts, factors, np.ones(400, bool))


def test_shifts_estimate_true_differences_without_bias_in_large_schools() -> None:
    _shifts, true, size, _factors, honest = honest_world(1)
    large = size == 120
    centred = true[large] - true[large].mean(axis=1, keepdims=True)
    found = honest.straight[large] - honest.straight[large].mean(axis=1, keepdims=True)
    slope = (found * centred).sum() / (centred**2).sum()
    assert 0.90 < slope < 1.0  # measured 0.94: one step, and extreme differences fall short


def test_noise_of_small_schools_is_as_large_as_claimed() -> None:
    shifts, true, size, _factors, _honest = honest_world(1)
    small = size == 10
    error = shifts.shift[small] - true[small]
    error -= error.mean(axis=1, keepdims=True)
    claimed = shifts.noise[small].mean() * (1 - 1 / ITEMS)
    assert 0.93 < (error**2).mean() / claimed < 1.10  # measured 1.016


def test_spread_between_honest_schools_is_recovered_also_with_a_tenth_of_leaks() -> None:
    honest = honest_world(1)[4]
    assert abs(np.sqrt(honest.own.mean()) - OWN) < 0.05
    assert abs(np.sqrt(honest.common.mean()) - COMMON) < 0.08
    shifts, _true, _size, factors = simulate(400, 2, leak=0.7, leaky=40)
    spoilt = honest_spread(shifts, factors, np.ones(400, bool))
    assert abs(np.sqrt(spoilt.own.mean()) - OWN) < 0.07


def scores(shifts: SchoolShifts, factors: np.ndarray, seed: int) -> np.ndarray:
    usable = np.ones(len(shifts.shift), bool)
    honest = honest_spread(shifts, factors, usable)
    found = find_leaks(honest.straight, shifts.noise, honest, factors)
    rng = np.random.default_rng(seed)
    size = shifts.information.sum(axis=1)
    drawn = [
        find_leaks(draw_honest(shifts.noise, honest, factors, rng), shifts.noise, honest, factors).ratio
        for _draw in range(4)
    ]
    return null_scores(found.ratio, np.concatenate(drawn), size, np.tile(size, 4), usable)


def test_honest_schools_of_every_size_have_near_uniform_p_values() -> None:
    z, sizes = [], []
    for seed in (11, 12, 13):
        shifts, _true, size, factors = simulate(400, seed)
        z.append(scores(shifts, factors, seed))
        sizes.append(size)
    everyone, size = np.concatenate(z), np.concatenate(sizes)
    for one in SIZES:
        below = (everyone[size == one] > 1.645).mean()
        assert 0.02 < below < 0.08, (one, below)  # 300 schools each: standard error 0.013


def test_dictated_items_are_found_in_most_schools_even_from_one_work() -> None:
    shifts, _true, size, factors = simulate(400, 21, leak=0.7, leaky=40)
    z = scores(shifts, factors, 1)
    told = np.arange(400) < 40
    assert (z[told & (size >= 60)] > 1.645).mean() > 0.75  # measured 0.85
    assert (z[told] > 1.645).mean() > 0.6  # measured 0.70
    assert (z[~told] > 1.645).mean() < 0.08


def test_contrast_covers_an_added_difference_and_honest_ones_are_standard_normal() -> None:
    shifts, true, _size, factors, honest = honest_world(1)
    direction = (np.arange(ITEMS) < 6).astype(float)
    usable = np.ones(400, bool)
    found = contrast(honest.straight, shifts.noise, honest.own, factors, honest.common, direction, usable)
    assert 0.9 < found.z.std() < 1.12
    assert 0.025 < (found.z > 1.645).mean() < 0.08
    # sampling alone: the contrast of the true differences is covered
    actual = true[:, :6].mean(axis=1) - true[:, 6:].mean(axis=1)
    covered = np.abs(found.estimate - found.centre - actual) < 1.96 * np.sqrt(found.sampling + found.own)
    assert covered.mean() > 0.95  # measured 0.9925: `own` is for the differences of other items, too
