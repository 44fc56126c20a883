"""The simulated region (slopes, topics not taught, markers' habits, classes): what survives outside the models.

Truths are integrals over the simulator's own model: what a school's pupils gain on average, in new classes of the same
school or in this year's classes.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import polars as pl
from comparisons import WIDE, Contributions, column, inside

import merilo
from merilo.methods.arrays import FloatArray
from merilo.simulate import AuthoritySettings, SimulatedAuthority, simulate_authority, write_authority
from merilo.simulate.fitting import NODES, WEIGHTS, category_probabilities
from merilo.simulate.sitting import GIRLS_AHEAD, SimulatedProcedure

WORKS = ("MA4", "MA5", "RU4", "RU5")
PLAIN = {
    "lift_mean": 0.0, "lift_most": 0.0, "school_item_sd": 0.0, "class_item_sd": 0.0, "class_part": 0.0,
    "absent_share": (0.0, 0.0), "not_attempted_share": 0.0, "not_taught": False,
}  # fmt: skip


def plain_region(seed: int) -> Contributions:
    """No lift, no absences, no classes, no items of one's own: only slopes differ from the models."""
    return _contributions("plain", AuthoritySettings(works=WORKS, **PLAIN), seed)  # type: ignore[arg-type]


def default_region(seed: int) -> Contributions:
    """The simulator as it comes, nobody manipulating."""
    return _contributions("default", AuthoritySettings(works=WORKS), seed)


def _contributions(name: str, settings: AuthoritySettings, seed: int) -> Contributions:
    world = simulate_authority(settings, np.random.default_rng([6, seed]))
    with tempfile.TemporaryDirectory() as folder:
        tables = merilo.run(
            write_authority(world, Path(folder) / "a", works_format="parquet", truth=False)
        ).tables
    found: dict[str, list[FloatArray]] = {}
    for held in world.procedures:
        rows = {
            table: tables[table].filter(pl.col("procedure_id") == held.planned.procedure.procedure_id)
            for table in ("items", "school_results", "school_effects", "school_growth", "procedures")
        }
        for part in (
            _schools(world, held, rows),
            _items(held, rows["items"]),
            _lift(held, rows["procedures"]),
        ):
            for key, values in part.items():
                found.setdefault(f"{name}.{key}", []).append(values)
    return {key: np.concatenate(values) for key, values in found.items()}


def _schools(
    world: SimulatedAuthority, held: SimulatedProcedure, rows: dict[str, pl.DataFrame]
) -> Contributions:
    order = np.argsort(np.array(world.schools.org_ids))
    new = school_points(world.settings, held)[order]
    by_class = class_points(world.settings, held)
    size = np.bincount(held.cohort.klass, held.present, minlength=len(by_class))
    these = np.bincount(held.cohort.class_school, size * by_class)[order]
    these = these / np.bincount(held.cohort.class_school, size)[order]
    results = rows["school_results"].sort("org_id")
    raw = rows["school_effects"].filter(pl.col("kind") == "raw").sort("org_id")
    found = {
        "mean.new": inside(results, "mean_points", new),
        "mean.these": inside(results, "mean_points", these),
        "mean.error": column(results, "mean_points") - these,
        "raw.new": inside(raw, "effect_points", new - new.mean()),
        "raw.these": inside(raw, "effect_points", these - these.mean()),
    }
    growth = rows["school_growth"]
    if growth.height:
        n, mean = column(growth, "n"), column(growth, "mean_growth_percentile")
        found["growth.town"] = np.array([np.nansum(n * mean) / n[np.isfinite(mean)].sum()])
    return found


def _items(held: SimulatedProcedure, rows: pl.DataFrame) -> Contributions:
    rows = rows.sort("position")
    truth = np.array([float(one.mean()) for one in held.form.step_difficulties])
    error = column(rows, "difficulty_logits") - (truth - truth.mean())
    se = column(rows, "difficulty_logits_se")
    dif = column(rows, "dif_sex_logits") + held.form.sex_dif  # the simulator's sign: girls find it easier
    planted = held.form.sex_dif != 0
    covered = (np.abs(dif) <= WIDE * column(rows, "dif_sex_logits_se")).astype(float)
    return {
        "items.coverage": (np.abs(error) <= WIDE * se).astype(float),
        "items.error2": error**2,
        "items.se2": se**2,
        "dif.planted.coverage": covered[planted],
        "dif.none.coverage": covered[~planted],
        # Positive: what is found falls short of what was planted.
        "dif.planted.short": (dif * np.sign(held.form.sex_dif))[planted],
    }


def _lift(held: SimulatedProcedure, row: pl.DataFrame) -> Contributions:
    near = sum(int(n.sum()) for n in held.lift.near_miss_n.values())
    lifted = sum(int(n.sum()) for n in held.lift.lifted_n.values())
    share, low, high = (float(column(row, f"lifted_share{end}")[0]) for end in ("", "_lower", "_upper"))
    truth = lifted / near
    return {"lift.coverage": np.array([float(low <= truth <= high)]), "lift.error": np.array([share - truth])}


def school_points(settings: AuthoritySettings, held: SimulatedProcedure) -> FloatArray:
    """Expected points (J,) of a pupil in new classes of the school, honest, at the form as printed."""
    fitted = held.form.fitted
    sd = fitted.ability_sd
    within = np.sqrt(max(0.05, 1 - fitted.school_part - settings.class_part))
    spread = np.sqrt((within**2 + settings.class_part) * sd**2 + settings.class_item_sd**2)
    taught = 1 - fitted.blueprint.not_taught_share if settings.not_taught else np.ones(len(fitted.slopes))
    middle = held.effects.total[:, None] + held.form.difference
    return _expected(held, middle, float(spread), float(within * sd)) @ taught


def class_points(settings: AuthoritySettings, held: SimulatedProcedure) -> FloatArray:
    """Expected points (L,) of a pupil of this year's classes."""
    fitted = held.form.fitted
    within = float(np.sqrt(max(0.05, 1 - fitted.school_part - settings.class_part)) * fitted.ability_sd)
    school = held.cohort.class_school
    middle = (held.effects.total[school] + held.effects.class_effect)[:, None]
    middle = middle + held.form.difference[school] + held.form.class_difference
    points: FloatArray = (_expected(held, middle, within, within) * held.form.taught).sum(axis=1)
    return points


def _expected(held: SimulatedProcedure, middle: FloatArray, spread: float, girls_unit: float) -> FloatArray:
    """Expected points (rows, I) at `middle` (rows, I) logits: over abilities, variants, girls and boys."""
    form = held.form
    ahead = GIRLS_AHEAD[held.planned.blueprint.subject] * girls_unit
    points = np.arange(form.intercepts.shape[1])
    total = np.zeros_like(middle)
    for variant in form.variant_shift:
        for side in (0.5, -0.5):
            eta = middle + variant + side * (form.sex_dif + ahead)
            for node, weight in zip(NODES, WEIGHTS):
                total += (
                    weight
                    / 4
                    * (
                        category_probabilities(eta + node * spread, form.fitted.slopes, form.intercepts)
                        @ points
                    )
                )
    return total
