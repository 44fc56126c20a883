"""Intervals of shrunken estimates hold the truth, over schools, at the promised rate."""

from __future__ import annotations

import numpy as np
import pytest

from merilo.methods.shrinkage import shrink

# 100 towns: the coverage's standard error is about 0.01, schools of a town sharing tau and mean.
LOWEST, LEVEL = 0.915, 0.95


@pytest.mark.parametrize("schools", [10, 41, 200])
@pytest.mark.parametrize("tau", [0.3, 1.0, 3.0])
def test_coverage_and_gain(schools: int, tau: float) -> None:
    rng = np.random.default_rng(schools)
    covered, shrunken_error, raw_error = [], [], []
    for _ in range(100):
        variance = rng.uniform(0.2, 3, schools)
        truth = 1 + tau * rng.normal(size=schools)
        raw = truth + np.sqrt(variance) * rng.normal(size=schools)
        shrunken = shrink(raw, variance)
        covered.append(np.mean((shrunken.lower <= truth) & (truth <= shrunken.upper)))
        shrunken_error.append(np.mean((shrunken.estimate - truth) ** 2))
        raw_error.append(np.mean((raw - truth) ** 2))
    assert np.mean(covered) >= LOWEST
    if tau * np.sqrt(schools) > 6:  # with little spread or few schools the intervals are wider than promised
        assert np.mean(covered) == pytest.approx(LEVEL, abs=LEVEL - LOWEST)
    assert np.mean(shrunken_error) < np.mean(raw_error)


def test_tau2_is_unbiased_where_it_is_far_from_zero() -> None:
    rng = np.random.default_rng(3)
    variance = rng.uniform(0.2, 1, 60)
    for method in ("reml", "paule_mandel"):
        found = [
            shrink(rng.normal(0, np.sqrt(2 + variance)), variance, method=method).tau2  # type: ignore[arg-type]
            for _ in range(200)
        ]
        # one estimate varies by 0.46: the mean of 200 by 0.033
        assert np.mean(found) == pytest.approx(2, abs=0.12)
