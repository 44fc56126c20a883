"""Alpha's standard error and interval on works of mixed items, which are not parallel."""

from __future__ import annotations

import numpy as np
import pytest

from merilo.methods.classical import describe_test
from merilo.methods.irt.cells import cells_from_matrix

# 400 repeats: coverage 0.95 has standard error 0.011; parallel items make the interval a little too wide.
COVERAGE = (0.92, 0.985)
SE_RATIO = (0.9, 1.2)
MAX_POINTS = np.array([1] * 10 + [2] * 5)


def works(rng: np.random.Generator, n: int, difficulty: np.ndarray) -> np.ndarray:
    ability = rng.normal(size=(n, 1))
    points = (ability - difficulty + rng.logistic(size=(n, 15)) > 0).astype(np.int64)
    second = ability - difficulty[10:] - 1 + rng.logistic(size=(n, 5)) > 0
    points[:, 10:] += second & (points[:, 10:] > 0)
    return points


@pytest.mark.parametrize("n", [25, 200])
def test_interval_of_alpha_covers(n: int) -> None:
    rng = np.random.default_rng(8)
    difficulty = rng.normal(size=15)
    truth = describe_test(cells_from_matrix(works(rng, 100_000, difficulty), MAX_POINTS)).alpha[0]
    tests = [describe_test(cells_from_matrix(works(rng, n, difficulty), MAX_POINTS)) for _ in range(400)]
    covered = [bool(test.alpha_lower[0] <= truth <= test.alpha_upper[0]) for test in tests]
    assert COVERAGE[0] <= np.mean(covered) <= COVERAGE[1]
    ratio = np.mean([test.alpha_se[0] for test in tests]) / np.std([test.alpha[0] for test in tests])
    assert SE_RATIO[0] <= ratio <= SE_RATIO[1]
