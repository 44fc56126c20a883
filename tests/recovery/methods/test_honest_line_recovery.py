"""Honest schools keep their 5 % whatever a tenth of the others does, at every size."""

from __future__ import annotations

import numpy as np
import pytest

from merilo.methods.honest_line import fit_honest_line

REPEATS = 60


def shares(schools: int, outliers: float, height: float, seed: int) -> tuple[np.ndarray, float]:
    """Share of honest schools above 1.645 by size (small, middle, large), and of outliers above it."""
    rng = np.random.default_rng(seed)
    above: list[list[np.ndarray]] = [[], [], []]
    caught = []
    for _repeat in range(REPEATS):
        n = np.exp(rng.normal(3.1, 1.0, schools)).clip(8, 250)
        variance = 25 / n
        y = 0.3 + rng.normal(0, 1.0, schools) + np.sqrt(variance) * rng.normal(size=schools)
        odd = rng.random(schools) < outliers
        y[odd] += height
        z = fit_honest_line(y, np.ones((schools, 1)), variance).z
        for place, (low, high) in enumerate(((0, 15), (15, 40), (40, 999))):
            above[place].append(z[~odd & (n >= low) & (n < high)] > 1.645)
        caught.append(z[odd] > 1.645)
    return np.array([np.concatenate(one).mean() for one in above]), float(
        np.concatenate(caught).mean() if outliers else np.nan
    )


@pytest.mark.parametrize("schools", [41, 200])
def test_clean_schools_exceed_five_percent_at_every_size(schools: int) -> None:
    """Seen: 0.048-0.057."""
    by_size, _caught = shares(schools, 0.0, 0.0, 5)
    assert (by_size > 0.038).all()
    assert (by_size < 0.064).all()


def test_a_tenth_of_raised_schools_costs_the_others_little() -> None:
    """Seen: 0.043-0.051 of honest schools, 0.80 of the raised ones."""
    by_size, caught = shares(200, 0.1, 4.0, 6)
    assert (by_size > 0.035).all()
    assert (by_size < 0.06).all()
    assert caught > 0.75
