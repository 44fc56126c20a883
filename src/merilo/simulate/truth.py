"""What was really true, as tables beside the authority's files.

truth/settings.json       what was asked for and the seed
truth/schools.csv         intake and teaching effects in standard deviations, habit of lifting
truth/manipulations.csv   org_id, procedure_id, kind, strength, detail
truth/controls.csv        org_id, kind, strength
truth/items.csv           procedure_id, item_id, slope, difficulty_logits, steps_logits, variant and sex differences
truth/school_effects.csv  procedure_id, org_id, n, present_n, effects in logits, true expected points
truth/lifts.csv           procedure_id, org_id, mark, degree_share, near_miss_n, lifted_n
truth/planted_faults.csv  file, row, column, fault, written, true_value, reported (exchange forms only)
truth/procedures/<id>/    works, class_effects, school_items: a row per pupil, class, school and item
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import polars as pl

from merilo.methods.arrays import BoolArray, FloatArray, IntArray
from merilo.simulate.authority import World
from merilo.simulate.folder import pupil_codes
from merilo.simulate.interventions import concerns
from merilo.simulate.sitting import SimulatedProcedure


class TruthWriter:
    """Writes the truth of a world procedure by procedure; `close` writes the joined tables."""

    def __init__(self, world: World, folder: Path, *, seed: int | None, works_format: str) -> None:
        self._world = world
        self._folder = folder
        self._format = works_format
        self._joined: dict[str, list[pl.DataFrame]] = {
            "items": [],
            "school_effects": [],
            "lifts": [],
            "manipulations": [],
        }
        folder.mkdir(parents=True, exist_ok=True)
        asked = asdict(world.settings) | {"seed": seed}
        (folder / "settings.json").write_text(
            json.dumps(asked, ensure_ascii=False, indent=2) + "\n", encoding="utf-8"
        )
        _rounded(schools_truth(world)).write_csv(folder / "schools.csv")
        controls_truth(world).write_csv(folder / "controls.csv")

    def add(self, held: SimulatedProcedure, faults: pl.DataFrame | None = None) -> None:
        """Write one procedure's own tables and keep its rows of the joined ones; faults planted in its form."""
        if faults is not None:
            self._joined.setdefault("planted_faults", []).append(faults)
        folder = self._folder / "procedures" / held.planned.procedure.procedure_id
        folder.mkdir(parents=True, exist_ok=True)
        self._write(works_truth(self._world, held), folder / "works")
        self._write(class_effects_truth(self._world, held), folder / "class_effects")
        self._write(school_items_truth(self._world, held), folder / "school_items")
        self._joined["items"].append(items_truth(held))
        self._joined["school_effects"].append(school_effects_truth(self._world, held))
        self._joined["lifts"].append(lifts_truth(self._world, held))
        self._joined["manipulations"].append(manipulations_truth(self._world, held))

    def close(self) -> None:
        """Write the tables that join all procedures."""
        for name, frames in self._joined.items():
            if frames:
                _rounded(pl.concat(frames)).write_csv(self._folder / f"{name}.csv")

    def _write(self, frame: pl.DataFrame, path: Path) -> None:
        frame = _rounded(frame)
        if self._format == "parquet":
            frame.write_parquet(path.with_suffix(".parquet"))
        else:
            frame.write_csv(path.with_suffix(".csv"))


def schools_truth(world: World) -> pl.DataFrame:
    """Lasting facts of the schools."""
    teaching = {f"teaching_{code.lower()}_sd": values for code, values in world.schools.teaching.items()}
    return _frame(world, None, intake_sd=world.schools.intake, **teaching, lift_habit_share=world.habit)


def controls_truth(world: World) -> pl.DataFrame:
    """Which schools only look suspicious."""
    rows = [
        {"org_id": world.schools.org_ids[j], "kind": control.kind, "strength": control.strength}
        for control, schools in world.interventions.controls
        for j in schools
    ]
    return pl.DataFrame(rows, schema={"org_id": pl.String, "kind": pl.String, "strength": pl.Float64})


def manipulations_truth(world: World, held: SimulatedProcedure) -> pl.DataFrame:
    """Which schools distorted this procedure, and how."""
    planned, rows = held.planned, []
    for manipulation, schools in world.interventions.manipulations:
        if not concerns(manipulation, planned):
            continue
        for j in schools.tolist():
            detail = ""
            if manipulation.kind == "threshold":
                detail = ";".join(map(str, manipulation.cuts))
            if manipulation.kind == "dictated":
                detail = ";".join(planned.blueprint.items[i].item_id for i in held.dictated.get(j, []))
            rows.append(
                (
                    world.schools.org_ids[j],
                    planned.procedure.procedure_id,
                    manipulation.kind,
                    manipulation.strength,
                    detail,
                )
            )
    schema = {
        "org_id": pl.String,
        "procedure_id": pl.String,
        "kind": pl.String,
        "strength": pl.Float64,
        "detail": pl.String,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def items_truth(held: SimulatedProcedure) -> pl.DataFrame:
    """True parameters of the items: logits on the ability scale of the procedure."""
    form, blueprint = held.form, held.planned.blueprint
    steps = form.step_difficulties
    return pl.DataFrame(
        {
            "procedure_id": held.planned.procedure.procedure_id,
            "item_id": [item.item_id for item in blueprint.items],
            "slope": form.fitted.slopes,
            "difficulty_logits": [float(row.mean()) for row in steps],
            "steps_logits": [";".join(f"{step:.5f}" for step in row) for row in steps],
            "variant_2_easier_logits": form.variant_shift[1] - form.variant_shift[0],
            "girls_easier_logits": form.sex_dif,
            "school_item_sd_logits": form.fitted.item_sd,
            "ability_sd_logits": form.fitted.ability_sd,
            "school_part": form.fitted.school_part,
        }
    )


def school_effects_truth(world: World, held: SimulatedProcedure) -> pl.DataFrame:
    """True effects of the schools in logits, and the mean points of honest works of all pupils and of those present."""
    cohort, effects = held.cohort, held.effects
    n, present = _sum(world, held, None), _sum(world, held, held.present)
    with np.errstate(invalid="ignore", divide="ignore"):
        return _frame(
            world,
            held,
            n=n.astype(np.int64),
            present_n=present.astype(np.int64),
            effect_logits=effects.total,
            intake_logits=effects.intake,
            teaching_logits=effects.teaching,
            parallel_logits=effects.parallel,
            mean_theta_logits=_sum(world, held, held.theta) / n,
            mean_theta_present_logits=_sum(world, held, held.theta * held.present) / present,
            expected_points=_sum(world, held, held.expected_points) / n,
            expected_present_points=_sum(world, held, held.expected_points * held.present) / present,
            classes_n=np.bincount(cohort.class_school, minlength=n.size),
        ).fill_nan(None)


def lifts_truth(world: World, held: SimulatedProcedure) -> pl.DataFrame:
    """Lifting over the cut scores: intended share and what came of it."""
    return pl.concat(
        _frame(
            world,
            held,
            mark=np.full(len(world.schools.org_ids), mark),
            degree_share=held.lift.degree[mark],
            near_miss_n=held.lift.near_miss_n[mark],
            lifted_n=held.lift.lifted_n[mark],
        )
        for mark in sorted(held.lift.degree)
    )


def works_truth(world: World, held: SimulatedProcedure) -> pl.DataFrame:
    """A row per pupil entered, in the order of works.csv."""
    org_ids = pl.Series(world.schools.org_ids).gather(held.cohort.school)
    codes = pl.Series(pupil_codes(held.cohort))
    ids = pl.select(pl.format("{}-{}", org_ids, codes)).to_series()
    source = pl.select(
        pl.when(pl.Series(held.copied_from) >= 0).then(ids.gather(np.maximum(held.copied_from, 0)))
    ).to_series()
    return pl.DataFrame(
        {
            "work_id": ids,
            "org_id": org_ids,
            "theta_logits": held.theta,
            "expected_points": held.expected_points,
            "honest_score": held.honest_score,
            "before_lift_score": held.marked_score,
            "score": held.score,
            "lifted_to": held.lift.lifted_to,
            "present": held.present.astype(np.int8),
            "kept_away": held.kept_away.astype(np.int8),
            "copied_from": source,
        }
    )


def class_effects_truth(world: World, held: SimulatedProcedure) -> pl.DataFrame:
    """Effects of the classes on ability (without their school's), and the items whose topic they had not had."""
    cohort = held.cohort
    ids = [item.item_id for item in held.planned.blueprint.items]
    missing = [";".join(ids[i] for i in np.flatnonzero(~row)) for row in held.form.taught]
    return pl.DataFrame(
        {
            "org_id": pl.Series(world.schools.org_ids).gather(cohort.class_school),
            "class_id": cohort.class_names(),
            "effect_logits": held.effects.class_effect,
            "not_taught": missing,
        }
    )


def school_items_truth(world: World, held: SimulatedProcedure) -> pl.DataFrame:
    """Differences of schools on items, logits (positive: easier in this school), and the part common to the skill."""
    ids = [item.item_id for item in held.planned.blueprint.items]
    schools, items = held.form.difference.shape
    return pl.DataFrame(
        {
            "org_id": pl.Series(world.schools.org_ids).gather(np.repeat(np.arange(schools), items)),
            "item_id": pl.Series(ids).gather(np.tile(np.arange(items), schools)),
            "difference_logits": held.form.difference.ravel(),
            "skill_part_logits": held.form.skill_part.ravel(),
        }
    )


def _frame(world: World, held: SimulatedProcedure | None, **columns: FloatArray | IntArray) -> pl.DataFrame:
    frame = pl.DataFrame({"org_id": world.schools.org_ids, **columns})
    if held is None:
        return frame
    return frame.select(pl.lit(held.planned.procedure.procedure_id).alias("procedure_id"), pl.all())


def _sum(world: World, held: SimulatedProcedure, values: FloatArray | BoolArray | None) -> FloatArray:
    return np.bincount(held.cohort.school, values, minlength=len(world.schools.org_ids)).astype(float)


def _rounded(frame: pl.DataFrame) -> pl.DataFrame:
    """Five digits are enough for any truth, and halve the files."""
    return frame.with_columns(pl.col(pl.Float64).round(5))
