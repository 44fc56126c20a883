"""Whole runs on the simulated region: promises that hold although the models are not the simulator's."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "validation"))

import recovery
import simulated_world

from merilo.simulate import AuthoritySettings, simulate_authority

# As in test_recovery_run.
DOUBT = 4.0
REPEATS = 4


@pytest.mark.parametrize("world", [recovery.PLAIN, recovery.DEFAULT], ids=["plain", "default"])
def test_hard_promises_hold_in_the_region(world: recovery.World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recovery, "DOUBT", DOUBT)
    drawn = [world.draw(seed) for seed in range(1000, 1000 + REPEATS)]
    judged = [recovery.judge(one, [each[one.key] for each in drawn]) for one in world.promises]
    assert [row for row in judged if row["verdict"] == "MISSED"] == []


def test_integrals_over_the_simulator_agree_with_its_pupils() -> None:
    """Expected points of this year's classes against the simulator's own expectation, pupil by pupil."""
    settings = AuthoritySettings(schools=41, years=1, works=("RU4", "MA5"))
    world = simulate_authority(settings, np.random.default_rng(5))
    for held in world.procedures:
        by_class = simulated_world.class_points(settings, held)
        size = np.bincount(held.cohort.klass)
        pupils = np.bincount(held.cohort.klass, held.expected_points)
        sd = float(np.std(held.expected_points - (pupils / size)[held.cohort.klass]))
        # Five standard errors of the mean of all pupils; the spread of 90 class means is known to 7 %.
        bound = 5 * sd / float(np.sqrt(size.sum()))
        assert float((pupils - size * by_class).sum() / size.sum()) == pytest.approx(0.0, abs=bound)
        z = (pupils / size - by_class) / (sd / np.sqrt(size))
        assert float(np.std(z)) == pytest.approx(1.0, abs=0.3)
