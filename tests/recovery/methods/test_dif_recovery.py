"""Items made easier for one group by a known amount of logits."""

from __future__ import annotations

import numpy as np
import pytest

from merilo.methods.dif import find_dif

# 400 repeats: coverage 0.95 has standard error 0.011, a mean effect 0.008.
COVERAGE = (0.92, 0.98)
BIAS = 0.03
FALSE_ALARMS = (0.02, 0.085)


def simulate(rng: np.random.Generator, shift: float, cuts: list[float]) -> np.ndarray:
    """Counts (2, 10, J) of 600 works; ability known to one of ten levels, focal group weaker."""
    group = rng.integers(0, 2, 600)
    level = np.digitize(rng.normal(size=600) - 0.3 * group, np.linspace(-1.5, 1.5, 9))
    latent = np.linspace(-1.7, 1.7, 10)[level] + shift * group + rng.logistic(size=600)
    counts = np.zeros((2, 10, len(cuts) + 1), dtype=np.int64)
    np.add.at(counts, (group, level, np.digitize(latent, cuts)), 1)
    return counts


@pytest.mark.parametrize("cuts", [[0.0], [-1.0, 0.2, 1.2]], ids=["right or wrong", "0 to 3 points"])
def test_effect_in_logits_is_recovered(cuts: list[float]) -> None:
    rng, points = np.random.default_rng(4), np.array([len(cuts)])
    found = [find_dif(simulate(rng, 0.4, cuts), points) for _ in range(400)]
    effect = np.array([dif.effect[0] for dif in found])
    covered = [dif.effect_lower[0] <= 0.4 <= dif.effect_upper[0] for dif in found]
    assert effect.mean() == pytest.approx(0.4, abs=BIAS)
    assert COVERAGE[0] <= np.mean(covered) <= COVERAGE[1]


def test_no_difference_is_called_one_at_the_promised_rate() -> None:
    rng = np.random.default_rng(5)
    found = [find_dif(simulate(rng, 0.0, [-1.0, 0.2, 1.2]), np.array([3])) for _ in range(400)]
    assert FALSE_ALARMS[0] <= np.mean([dif.p_value[0] < 0.05 for dif in found]) <= FALSE_ALARMS[1]
    z = np.array([dif.smd[0] / dif.smd_se[0] for dif in found])
    assert z.std() == pytest.approx(1, abs=0.12)
    assert np.mean([dif.ets_class[0] == "A" for dif in found]) > 0.9
