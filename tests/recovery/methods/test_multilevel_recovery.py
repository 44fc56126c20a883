"""Random-intercept model: known schools are found again, and intervals hold what they promise."""

from __future__ import annotations

import numpy as np
import pytest

from merilo.methods.multilevel import cross_products, fit_random_intercept

# 80 authorities of 41 schools: the standard error of a coverage near 0.95 is about 0.005.
REPEATS = 80
PROMISED = (0.93, 0.975)


def simulate(
    rng: np.random.Generator, sizes: list[int], sd_u: float, schools: int = 41
) -> tuple[np.ndarray, np.ndarray]:
    """Sums of one authority with a prior score that differs between schools, and the true effects."""
    n = rng.choice(sizes, schools)
    school = np.repeat(np.arange(schools), n)
    u = rng.normal(0, sd_u, schools)
    x = rng.normal(size=len(school)) + rng.normal(0, 0.4, schools)[school]
    y = 0.6 * x + u[school] + rng.normal(size=len(school))
    return cross_products(y, x[:, None], school, schools), u


@pytest.mark.parametrize(
    ("sizes", "sd_u", "schools"),
    [
        ([60], 0.35, 41),
        ([3, 5, 10, 22, 57], 0.35, 41),
        ([5, 8], 0.35, 41),
        ([25], 0.15, 41),
        ([10, 25], 0.35, 12),
    ],
    ids=["large", "mixed", "small", "alike", "twelve-schools"],
)
def test_interval_covers_the_true_effect(sizes: list[int], sd_u: float, schools: int) -> None:
    rng = np.random.default_rng(5)
    covered, conditional = [], []
    for _ in range(REPEATS):
        cross, u = simulate(rng, sizes, sd_u, schools)
        effects = fit_random_intercept(cross).effects
        covered.append((effects.lower <= u) & (u <= effects.upper))
        conditional.append(np.abs(effects.blup - u) <= 1.96 * effects.conditional_se)
    assert PROMISED[0] <= np.mean(covered) <= PROMISED[1]
    assert np.mean(conditional) < np.mean(covered), "the narrow standard error must cover less"


def test_interval_is_cautious_where_schools_hardly_differ() -> None:
    """With var_u near 0 the estimate is often 0: the interval may cover too much, never too little."""
    rng = np.random.default_rng(6)
    covered = []
    for _ in range(REPEATS):
        cross, u = simulate(rng, [5, 8], 0.05)
        effects = fit_random_intercept(cross).effects
        covered.append((effects.lower <= u) & (u <= effects.upper))
    assert np.mean(covered) >= PROMISED[0]


def test_variances_and_their_standard_errors_are_right_on_average() -> None:
    rng = np.random.default_rng(7)
    fits = [fit_random_intercept(simulate(rng, [10, 25, 60], 0.5, 60)[0]) for _ in range(150)]
    for name, truth in [("var_u", 0.25), ("var_e", 1.0)]:
        values = np.array([getattr(fit, name) for fit in fits])
        stated = np.array([getattr(fit, name + "_se") for fit in fits])
        assert abs(values.mean() - truth) < 4 * values.std() / np.sqrt(len(values))
        # An SD of 150 values is itself known to 6 %; 4 times that.
        assert stated.mean() == pytest.approx(values.std(), rel=0.24)


def test_prediction_se_is_the_spread_of_errors() -> None:
    """With many schools the variances are known well: errors of the effect have unit variance in prediction SEs."""
    rng = np.random.default_rng(8)
    z = []
    for _ in range(40):
        cross, u = simulate(rng, [10, 25, 60], 0.5, 200)
        effects = fit_random_intercept(cross).effects
        z.append((effects.blup - u) / effects.prediction_se)
    assert np.std(z) == pytest.approx(1.0, abs=0.04)
