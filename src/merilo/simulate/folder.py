"""The authority folder: the files of formats.md, as any authority or program would write them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from merilo.simulate.authority import World
from merilo.simulate.blueprint import SUBJECTS
from merilo.simulate.cohorts import Cohort
from merilo.simulate.sitting import SimulatedProcedure
from merilo.tables.procedure import Item, Procedure
from merilo.tables.works import NOT_ADMINISTERED, NOT_ATTEMPTED

CLASSES_PER_TEACHER = 3
POINTS = tuple(str(k) for k in range(10))


def write_authority_files(world: World, folder: Path) -> None:
    """authority.toml, organisations.csv, enrolment.csv, teachers.csv."""
    folder.mkdir(parents=True, exist_ok=True)
    name = (
        world.schools.municipalities[0] if world.settings.is_town else f"Регион {world.settings.region_code}"
    )
    notes = "Смоделированные данные: школ и учеников с такими результатами не существует."
    (folder / "authority.toml").write_text(
        f'name = "{name}"\nregion = "{world.settings.region_code:02d}"\nnotes = "{notes}"\n', encoding="utf-8"
    )
    pupils = np.zeros(len(world.schools.org_ids), np.int64)
    for (year, _group), cohort in sorted(world.cohorts.items()):
        if year == world.settings.years - 1:
            pupils += np.bincount(cohort.school, minlength=pupils.size)
    world.schools.frame().with_columns(pl.Series("pupils_tested", pupils)).write_csv(
        folder / "organisations.csv"
    )
    enrolment_frame(world).write_csv(folder / "enrolment.csv")
    teachers_frame(world).write_csv(folder / "teachers.csv")


def enrolment_frame(world: World) -> pl.DataFrame:
    """enrolment.csv: pupils of every class in every school year."""
    org_ids = np.array(world.schools.org_ids)
    frames = []
    for (year, group), cohort in sorted(world.cohorts.items()):
        frames.append(
            pl.DataFrame(
                {
                    "org_id": org_ids[cohort.class_school].tolist(),
                    "school_year": school_year(world, year),
                    "year_group": group,
                    "class_id": cohort.class_names(),
                    "pupils": np.bincount(cohort.klass, minlength=cohort.class_school.size),
                }
            )
        )
    return pl.concat(frames).sort("org_id", "school_year", "year_group", "class_id")


def teachers_frame(world: World) -> pl.DataFrame:
    """teachers.csv: every class has a teacher of each subject, who teaches up to three classes of the school."""
    classes = enrolment_frame(world).select("org_id", "school_year", "class_id")
    place = pl.int_range(pl.len()).over("org_id", "school_year") // CLASSES_PER_TEACHER + 1
    frames = []
    for code, subject in SUBJECTS.items():
        number = pl.format(
            "{}-{}{}", pl.col("org_id"), pl.lit(code.lower()), place.cast(pl.String).str.zfill(2)
        )
        frames.append(
            classes.select(
                number.alias("teacher_id"),
                "org_id",
                "class_id",
                pl.lit(subject).alias("subject"),
                "school_year",
            )
        )
    return pl.concat(frames).sort("school_year", "subject", "org_id", "class_id")


def school_year(world: World, year_index: int) -> str:
    """Like 2020/21 for the spring of 2021."""
    spring = world.settings.first_year + year_index
    return f"{spring - 1}/{spring % 100:02d}"


def write_procedure(
    world: World, held: SimulatedProcedure, folder: Path, *, works_format: str = "csv", pupil_ids: bool = True
) -> None:
    """procedures/<id>/: procedure.toml, items.csv, works.csv or works.parquet."""
    procedure = held.planned.procedure
    folder = folder / "procedures" / procedure.procedure_id
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "procedure.toml").write_text(procedure_toml(procedure), encoding="utf-8")
    items_frame(procedure.items).write_csv(folder / "items.csv")
    works = works_frame(world, held, pupil_ids=pupil_ids)
    if works_format == "parquet":
        works.write_parquet(folder / "works.parquet", compression="zstd")
    else:
        works.write_csv(folder / "works.csv")


def procedure_toml(procedure: Procedure) -> str:
    """The facts of a procedure in TOML."""
    lines = [
        f'id = "{procedure.procedure_id}"',
        f'kind = "{procedure.kind}"',
        f'subject = "{procedure.subject}"',
        f"year_group = {procedure.year_group}",
        f"programme_year_group = {procedure.programme_year_group}",
        f'date = "{procedure.date}"',
        f'school_year = "{procedure.school_year}"',
        "prior = [" + ", ".join(f'"{name}"' for name in procedure.prior) + "]",
    ]
    if procedure.pass_score is not None:
        lines.append(f"pass_score = {procedure.pass_score:g}")
    lines += ["", "[cut_scores]"] + [
        f'"{mark}" = {cut:g}' for mark, cut in sorted(procedure.cut_scores.items())
    ]
    return "\n".join(lines) + "\n"


def items_frame(items: tuple[Item, ...]) -> pl.DataFrame:
    """items.csv."""
    return pl.DataFrame(
        {
            "item_id": [item.item_id for item in items],
            "max_points": [item.max_points for item in items],
            "marking": [item.marking for item in items],
            "level": [item.level for item in items],
            "skill": [";".join(item.skills) for item in items],
            "content": [";".join(item.contents) for item in items],
            "text": [item.text for item in items],
        }
    )


def works_frame(world: World, held: SimulatedProcedure, *, pupil_ids: bool = True) -> pl.DataFrame:
    """works.csv: one row per pupil entered."""
    cohort, present = held.cohort, held.present
    org_ids = pl.Series(world.schools.org_ids)
    work = pupil_codes(cohort)
    columns = {
        "work_id": pl.select(pl.format("{}-{}", org_ids.gather(cohort.school), pl.Series(work))).to_series(),
        "org_id": org_ids.gather(cohort.school),
        "class_id": pl.Series(cohort.class_names()).gather(cohort.klass),
        "pupil_id": _pupil_ids(cohort) if pupil_ids else pl.Series([None] * cohort.size, dtype=pl.String),
        "variant": _blank(held.variant, present),
        "status": pl.Series(["absent", "present"]).gather(present.astype(np.int64)),
        "journal_mark": _blank(held.journal, held.journal > 0),
        "mark": _blank(held.mark, present),
        "score": _blank(held.score, present),
        "sex": pl.Series(["m", "f"]).gather(cohort.girl.astype(np.int64)),
        "x_low_income_share": pl.Series(world.schools.low_income[cohort.school].round(3)),
    }
    for i, item in enumerate(held.planned.blueprint.items):
        columns[item.item_id] = item_cells(held.points[:, i])
    return pl.DataFrame([series.alias(name) for name, series in columns.items()])


def pupil_codes(cohort: Cohort) -> np.ndarray:
    """Codes of five digits (N,), the first the year group, unique within the school only."""
    first = np.searchsorted(cohort.school, np.arange(int(cohort.class_school.max()) + 1))
    return 10_000 * cohort.year_group + 1 + np.arange(cohort.size) - first[cohort.school]


def item_cells(
    points: np.ndarray, not_attempted: str = "X", not_administered: str | None = None
) -> pl.Series:
    """Cells of one item (N,) as text."""
    words = [*POINTS, not_attempted, not_administered]
    code = np.where(
        points == NOT_ATTEMPTED, len(POINTS), np.where(points == NOT_ADMINISTERED, len(POINTS) + 1, points)
    )
    return pl.Series(words, dtype=pl.String).gather(code)


def _pupil_ids(cohort: Cohort) -> pl.Series:
    key = pl.Series(cohort.key).cast(pl.String).str.zfill(7)
    return pl.select(pl.format("p{}", key)).to_series()


def _blank(values: np.ndarray, known: np.ndarray) -> pl.Series:
    return pl.select(pl.when(pl.Series(known)).then(pl.Series(values))).to_series()
