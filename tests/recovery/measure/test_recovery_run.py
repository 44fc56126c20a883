"""Whole runs on towns of which everything is known: unbiased estimates, intervals that cover.

The long run is validation/.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

VALIDATION = Path(__file__).resolve().parents[3] / "validation"
sys.path.insert(0, str(VALIDATION))

import recovery  # noqa: E402
import worlds  # noqa: E402

# Monte Carlo errors are computed from the repeats themselves; with so few of them they are known to a fifth only, and
# about forty numbers are looked at: 4 errors let a true promise fail once in a hundred changes of the seed.
DOUBT = 4.0
REPEATS = {
    "exact_town": 24,
    "town_with_classes": 40,
    "town_with_skills": 16,
    "town_with_low_results": 16,
    "town_with_lift": 40,
}


@pytest.mark.parametrize(
    "world", [w for w in recovery.WORLDS if w.draw.__module__ == "worlds"], ids=lambda w: w.draw.__name__
)
def test_hard_promises_hold_in_the_exact_town(world: recovery.World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recovery, "DOUBT", DOUBT)
    drawn = [world.draw(seed) for seed in range(1000, 1000 + REPEATS[world.draw.__name__])]
    judged = [recovery.judge(one, [each[one.key] for each in drawn]) for one in world.promises]
    assert [row for row in judged if row["verdict"] == "MISSED"] == []


def test_interval_of_a_wrong_truth_is_missed() -> None:
    """The verdict can fail: half a standard deviation of bias in the difficulties is seen."""
    promise = next(one for one in recovery.EXACT.promises if one.key == "items.hard")
    rng = np.random.default_rng(1)
    biased = [rng.normal(0.1, 0.05, 3) for _ in range(24)]
    assert recovery.judge(promise, biased)["verdict"] == "MISSED"
    assert recovery.judge(promise, [b - 0.1 for b in biased])["verdict"] == "holds"
    soft = recovery.Promise("items.hard", "", -0.02, 0.02, hard=False)
    assert recovery.judge(soft, biased)["verdict"] == "known limit"


def test_integrals_of_the_town_agree_with_its_pupils() -> None:
    """The truths themselves: 200,000 pupils of three schools gain what the integrals say."""
    town = worlds.town
    rng = np.random.default_rng(3)
    form = town.draw_form(rng, sex_dif=0.6)
    pupils = town.draw_pupils(rng, (70_000,), 3)
    effect, shift = np.array([-0.4, 0.0, 0.5]), rng.normal(0, 0.3, (3, len(town.MAX_POINTS)))
    theta = effect[pupils.school] + rng.normal(size=len(pupils.school))
    score = town.answer(form, theta, pupils, rng).sum(axis=1)
    law = town.school_law(form, effect, 1.0)
    # SE of a mean of 70,000 scores of SD 4 is 0.015; of a share, 0.002: five of them.
    np.testing.assert_allclose(np.bincount(pupils.school, score) / 70_000, law.mean, atol=0.075)
    np.testing.assert_allclose(np.bincount(pupils.school, score < 6) / 70_000, law.between(0, 6), atol=0.01)
    plain = town.TestForm(form.steps, 0 * form.sex_dif)
    points = town.answer(plain, theta, pupils, rng, shift)
    last = pupils.school == 2
    joint, total = town.points_and_score(plain, shift[2], town.normal_density(effect[2:], 1.0)[0])
    at_ten = points[last][points[last].sum(axis=1) == 10]
    np.testing.assert_allclose(at_ten.mean(axis=0), joint[10] / total[10], atol=0.04)
    assert len(at_ten) / 70_000 == pytest.approx(total[10], abs=0.006)
