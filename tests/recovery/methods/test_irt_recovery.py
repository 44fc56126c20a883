"""Simulate, estimate, compare with the truth: bias in standard errors of the mean, spread of z, coverage."""

import numpy as np

from merilo.methods.irt import (
    calibrate_partial_credit,
    calibrate_with_slopes,
    cells_from_matrix,
    estimate_latent_distribution,
    item_fit,
)

REPEATS = 60
# 4.5 standard errors of a mean over the repeats: over some thirty parameters a false alarm once in 5,000 runs
BIAS = 4.5
# variance of about 60 x 20 correlated z values: its SD is below 0.08
SPREAD = (0.78, 1.25)

MAX_POINTS = np.array([1, 1, 1, 1, 2, 2, 2, 3, 3, 1])
SLOPES = np.array([1.0, 0.7, 1.3, 0.9, 1.1, 0.6, 1.5, 0.8, 1.0, 1.2])


def true_steps() -> np.ndarray:
    rng = np.random.default_rng(11)
    steps = np.full((10, 3), np.nan)
    for item, top in enumerate(MAX_POINTS):
        steps[item, :top] = rng.normal(-0.3, 0.8, top)
    return steps


STEPS = true_steps()


def simulate(rng: np.random.Generator, theta: np.ndarray, slopes: np.ndarray) -> np.ndarray:
    rows = np.zeros((theta.size, MAX_POINTS.size), dtype=np.int8)
    for item, top in enumerate(MAX_POINTS):
        summed = np.concatenate([[0.0], np.cumsum(STEPS[item, :top])])
        exponent = slopes[item] * (np.arange(top + 1) * theta[:, None] - summed)
        rows[:, item] = (exponent + rng.gumbel(size=exponent.shape)).argmax(axis=1)
    return rows


def check(z: np.ndarray) -> None:
    """z (repeats, parameters): centred on zero, spread one."""
    centre = z.mean(axis=0) * np.sqrt(z.shape[0])
    assert np.abs(centre).max() < BIAS
    assert SPREAD[0] < z.var() < SPREAD[1]


def test_conditional_calibration_with_two_variants_and_skewed_abilities() -> None:
    """No assumption on abilities: two variants share six items, the weaker pupils get the first."""
    truth = np.nanmean(STEPS, axis=1)
    truth = truth - truth.mean()
    z = []
    for seed in range(REPEATS):
        rng = np.random.default_rng([1, seed])
        theta = rng.gamma(2.0, 0.7, 800) - 1.5
        rows = simulate(rng, theta, np.ones(10))
        weak = theta + rng.normal(size=800) < 0
        rows[np.ix_(weak, [8, 9])] = -1
        rows[np.ix_(~weak, [0, 4])] = -1
        fit = calibrate_partial_credit(cells_from_matrix(rows, MAX_POINTS))
        assert fit.converged and fit.has_difficulty.all()
        z.append((fit.difficulty - truth) / fit.difficulty_se)
    check(np.array(z))


def test_slopes_and_steps_by_marginal_calibration() -> None:
    z = []
    for seed in range(REPEATS // 2):
        rng = np.random.default_rng([2, seed])
        rows = simulate(rng, rng.normal(size=2000), SLOPES)
        rows[rng.random(rows.shape) < 0.05] = -1
        fit = calibrate_with_slopes(rows, MAX_POINTS)
        assert fit.converged
        steps = (fit.step_difficulty - STEPS) / fit.step_difficulty_se
        z.append(np.concatenate([(fit.slope - SLOPES) / fit.slope_se, steps[np.isfinite(steps)]]))
    check(np.array(z))


def test_a_million_works_path_finds_the_truth() -> None:
    """More than forty thousand distinct works: table of totals, start from a part."""
    rng = np.random.default_rng(5)
    rows = np.concatenate([simulate(rng, rng.normal(size=90_000), SLOPES)])
    fit = calibrate_with_slopes(rows, MAX_POINTS)
    assert fit.converged
    z = np.concatenate(
        [
            (fit.slope - SLOPES) / fit.slope_se,
            ((fit.step_difficulty - STEPS) / fit.step_difficulty_se).ravel(),
        ]
    )
    assert np.nanmax(np.abs(z)) < BIAS


def test_latent_mean_and_spread() -> None:
    z = []
    for seed in range(REPEATS):
        rng = np.random.default_rng([3, seed])
        rows = simulate(rng, rng.normal(0.4, 0.9, 500), np.ones(10))
        latent = estimate_latent_distribution(STEPS, cells_from_matrix(rows, MAX_POINTS).works_by_score())
        z.append([(latent.mean - 0.4) / latent.mean_se, (latent.sd - 0.9) / latent.sd_se])
    table = np.array(z)
    assert np.abs(table.mean(axis=0) * np.sqrt(REPEATS)).max() < BIAS
    # 120 independent values: SD of their variance 0.13
    assert 0.6 < table.var() < 1.5


def test_mean_squares_have_expectation_one_and_the_stated_spread() -> None:
    """Also with few items, where the usual mean squares at estimated abilities fall short of one."""
    infit, outfit, at_ability = [], [], []
    for seed in range(REPEATS):
        rng = np.random.default_rng([4, seed])
        rows = simulate(rng, rng.normal(size=600), np.ones(10))
        cells = cells_from_matrix(rows, MAX_POINTS)
        calibration = calibrate_partial_credit(cells)
        fit = item_fit(cells, calibration.items)
        infit.append((fit.infit - 1) / fit.infit_sd)
        outfit.append((fit.outfit - 1) / fit.outfit_sd)
        at_ability.append(item_fit(cells, calibration.items, expectation="wle").infit)
    for z in (np.array(infit), np.array(outfit)):
        assert abs(z.mean()) < 0.15
        assert 0.7 < z.var() < 1.3  # estimated items take up a little of the spread
    assert np.mean(at_ability) < 0.97
