"""Item profiles and leniency in simulated regions: honest schools, each kind at half strength, another curriculum."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from scipy.stats import rankdata

from merilo.check.item_profile import item_profile_evidence
from merilo.check.leniency import leniency_evidence
from merilo.cycle import sittings_of
from merilo.definitions import load_definitions
from merilo.simulate import AuthoritySettings, Control, Manipulation, simulate_authority, write_authority

SCHOOLS, WORKS = 150, ("MA4", "RU4", "MA5", "RU5")
DEFINITIONS = load_definitions(())


@lru_cache(maxsize=4)
def region(kind: str, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Names (J,) of what was done; z (J, P) of item profile and of leniency."""
    deeds = {
        "half": {"manipulations": (Manipulation("dictated", 0.5, 14), Manipulation("leniency", 0.5, 14))},
        "curriculum": {"controls": (Control("curriculum", 1.0, 40),)},
    }
    settings = AuthoritySettings(
        schools=SCHOOLS, years=1, profile="region", works=WORKS, school_item_sd=0.5, **deeds.get(kind, {})
    )  # type: ignore[arg-type]
    world = simulate_authority(settings, np.random.default_rng([5, seed]))
    names = np.full(SCHOOLS, "honest", dtype=object)
    chosen = world.world.interventions
    for one, rows in (*chosen.manipulations, *chosen.controls):
        names[rows] = one.kind
    row = {org: j for j, org in enumerate(world.schools.org_ids)}
    z = np.full((2, SCHOOLS, len(WORKS)), np.nan)
    with TemporaryDirectory() as folder:
        written = write_authority(world, Path(folder) / "a", works_format="parquet", truth=False)
        for p, sitting in enumerate(sittings_of(written, Path(folder))):
            places = [row[org] for org in sitting.works.org_ids]
            z[0, places, p] = item_profile_evidence(sitting, DEFINITIONS)[0].z
            z[1, places, p] = leniency_evidence(sitting, DEFINITIONS)[0].z
    return names, z[0], z[1]


def pooled(z: np.ndarray) -> np.ndarray:
    known = np.isfinite(z)
    return np.where(known.any(axis=1), np.nansum(z, axis=1) / np.sqrt(np.maximum(known.sum(axis=1), 1)), 0.0)


def area(strange: np.ndarray, honest: np.ndarray) -> float:
    ranks = rankdata(np.concatenate([strange, honest]))[: strange.size]
    return float((ranks.sum() - strange.size * (strange.size + 1) / 2) / strange.size / honest.size)


def test_honest_schools_have_near_uniform_p_values_of_both_kinds() -> None:
    for z in region("honest", 1)[1:]:
        below = (z[np.isfinite(z)] > 1.645).mean()
        assert 0.025 < below < 0.075, below  # 500 values or more, standard error 0.01


def test_dictated_items_at_half_strength_are_seen_as_item_profile() -> None:
    names, item, lenient = region("half", 2)
    honest = names == "honest"
    assert area(pooled(item)[names == "dictated"], pooled(item)[honest]) > 0.8
    assert pooled(item)[names == "dictated"].mean() > pooled(lenient)[names == "dictated"].mean() + 1


def test_leniency_at_half_strength_is_seen_as_leniency() -> None:
    names, item, lenient = region("half", 2)
    honest = names == "honest"
    assert area(pooled(lenient)[names == "leniency"], pooled(lenient)[honest]) > 0.85
    assert pooled(lenient)[names == "leniency"].mean() > pooled(item)[names == "leniency"].mean() + 1


def test_another_curriculum_is_not_taken_for_leaked_items() -> None:
    names, item, lenient = region("curriculum", 3)
    other = names == "curriculum"
    assert (pooled(item)[other] > 1.645).mean() <= 0.1
    assert (pooled(lenient)[other] > 1.645).mean() <= 0.15
