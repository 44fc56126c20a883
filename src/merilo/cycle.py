"""The whole cycle: folders in, tables and documents out. It composes the stages; no formula stands here."""

from __future__ import annotations

import hashlib
import json
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import polars as pl

from merilo.appraise.low_results import appraise_low_results
from merilo.check.checking import Checked, check_sittings
from merilo.check.sitting import Sitting
from merilo.collect.authority import (
    Authority,
    CollectedWorks,
    collect_works,
    confirmed_exclusions,
    read_authority,
    read_procedure_folder,
    reading_order,
)
from merilo.definitions import Definitions, load_definitions
from merilo.engines.local import fold
from merilo.language import language
from merilo.measure.enrolment import enrolled_pupils
from merilo.measure.procedure import MeasuredProcedure, measure_procedure
from merilo.publish.result_folder import result_folder
from merilo.publish.stamp import RunStamp, short_hash
from merilo.publish.table_files import write_tables
from merilo.support.deficits import find_deficits
from merilo.tables import TABLES
from merilo.tables.works import WorksFile
from merilo.tally import Tally, merge, step

Progress = Callable[[str, int, int], None]

VERSION = version("merilo")

WORKBOOK = "workbook.xlsx"
REPORT = "report.pdf"
MANIFEST = "manifest.json"

MEASURED_TABLES = (
    "procedures",
    "items",
    "score_distribution",
    "school_results",
    "school_effects",
    "effect_models",
    "school_growth",
)


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a run gives: tables by name (formats.md), the manifest, and the folder if one was written."""

    tables: dict[str, pl.DataFrame]
    manifest: dict[str, Any]
    out: Path | None


def run(
    folders: str | Path | Sequence[str | Path],
    out: str | Path | None = None,
    *,
    definitions: Sequence[Path] = (),
    seed: int | None = None,
    workers: int = 1,
    documents: bool = True,
    slopes: bool = False,
    made_on: date | None = None,
    on_progress: Progress | None = None,
) -> RunResult:
    """Run the whole cycle on one or several authority folders.

    out: folder for tables, documents and manifest, written whole or not at all (None: tables only, in memory).
    definitions: the user's own definition files, which override by id. seed: recorded and part of the run's id;
    nothing in the cycle is drawn at random yet. workers: processes for the pass over the
    works (more than 1 starts processes: call from `if __name__ == "__main__"`). slopes: also estimate the items'
    slopes (generalised partial credit; a second walk over the works). made_on: the date that documents bear
    (today). Same input, version, definitions, seed, language and date give the same bytes; only `times` in the manifest
    differ. Raises MeriloError.
    """
    started = datetime.now(UTC)
    clock = _Clock(on_progress)
    paths = [Path(one) for one in ([folders] if isinstance(folders, str | Path) else folders)]
    chosen = load_definitions(tuple(definitions))
    seed = chosen.run.seed if seed is None else seed
    authority = read_authority(paths, chosen)
    with ExitStack() as stack:
        target = None if out is None else stack.enter_context(result_folder(Path(out)))
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=target, prefix=".works-")))
        collected = _collect(authority, scratch, clock)
        measured = _measure(collected, authority, chosen, workers, clock, slopes=slopes)
        checked = check_sittings(
            [one.sitting for one in measured],
            chosen,
            reviews=authority.reviews,
            official_lists=authority.official_lists,
            workers=workers,
            on_sitting=lambda done, total: clock.tell("check", done, total),
        )
        tables = _tables(authority, collected, measured, checked, chosen)
        clock.tell("appraise", 1, 1)
        options = {"seed": seed, "slopes": slopes, "language": language()}
        manifest = _manifest(authority, paths, collected, chosen, options, made_on or date.today())
        if target is not None:
            _publish(tables, manifest, authority, chosen, target, documents, clock)
            manifest["files"] = sorted(
                [MANIFEST, *(path.name for path in target.iterdir() if path.is_file())]
            )
            manifest["times"] = clock.times(started)
            text = json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True)
            (target / MANIFEST).write_text(text + "\n", encoding="utf-8")
    return RunResult(tables, manifest, None if out is None else Path(out))


class _Clock:
    """Seconds by stage, and the caller's progress bar."""

    def __init__(self, on_progress: Progress | None) -> None:
        self._tell = on_progress or (lambda stage, done, total: None)
        self._seconds: dict[str, float] = {}
        self._since = time.perf_counter()

    def tell(self, stage: str, done: int, total: int) -> None:
        now = time.perf_counter()
        self._seconds[stage] = self._seconds.get(stage, 0.0) + now - self._since
        self._since = now
        self._tell(stage, done, total)

    def times(self, started: datetime) -> dict[str, Any]:
        return {
            "started_at": started.isoformat(timespec="seconds"),
            "finished_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "seconds": {stage: round(seconds, 3) for stage, seconds in self._seconds.items()},
        }


@dataclass(frozen=True, slots=True)
class _Measured:
    """What was measured of a procedure, and the same as `check` sees it."""

    results: MeasuredProcedure
    sitting: Sitting


def _collect(authority: Authority, scratch: Path, clock: _Clock) -> dict[str, CollectedWorks]:
    """Works files by procedure; prior procedures first, whose scores later ones join."""
    order = reading_order(authority.procedures)
    wanted = {prior for source in order for prior in source.procedure.prior}
    scores: dict[str, pl.DataFrame] = {}
    collected: dict[str, CollectedWorks] = {}
    for done, source in enumerate(order, start=1):
        name = source.procedure.procedure_id
        known = authority.organisations["org_id"].to_list() if authority.organisations.height else ()
        one = collect_works(source, scratch, known_orgs=known, priors=scores)
        if name in wanted:
            scores[name] = one.scores
        collected[name] = CollectedWorks(one.file, one.rejected, one.scores.clear())
        clock.tell("collect", done, len(order))
    return collected


def _measure(
    collected: dict[str, CollectedWorks],
    authority: Authority,
    definitions: Definitions,
    workers: int,
    clock: _Clock,
    *,
    slopes: bool,
) -> list[_Measured]:
    files: list[WorksFile] = [collected[name].file for name in sorted(collected)]
    tallies = fold(files, step, merge, workers=workers)
    away = dict(confirmed_exclusions(authority.reviews).group_by("procedure_id").agg("org_id").iter_rows())
    measured = []
    tally: Tally
    for done, (file, tally) in enumerate(zip(files, tallies, strict=True), start=1):
        aside = away.get(file.procedure.procedure_id, ())
        one = measure_procedure(file, tally, authority.enrolment, definitions, slopes=slopes, set_aside=aside)
        measured.append(_Measured(one, _sitting(file, tally, one, authority.enrolment)))
        clock.tell("measure", done, len(files))
    return measured


def sittings_of(folder: str | Path, scratch: Path, *, workers: int = 1) -> list[Sitting]:
    """What `check` sees of an authority folder, in the order of procedure ids; works files are left in `scratch`."""
    definitions = load_definitions(())
    authority = read_authority([Path(folder)], definitions)
    collected = _collect(authority, scratch, _Clock(None))
    measured = _measure(collected, authority, definitions, workers, _Clock(None), slopes=False)
    return [one.sitting for one in measured]


def _sitting(works: WorksFile, tally: Tally, measured: MeasuredProcedure, enrolment: pl.DataFrame) -> Sitting:
    calibration = measured.calibration
    return Sitting(
        works=works,
        tally=tally,
        items=None if calibration is None else calibration.pcm.items,
        ability=None if calibration is None else calibration.wle,
        expected=measured.expected,
        lift=measured.lift,
        tables=measured.tables,
        enrolled=None if enrolment.is_empty() else enrolled_pupils(enrolment, works.procedure, works.org_ids),
    )


def _tables(
    authority: Authority,
    collected: dict[str, CollectedWorks],
    measured: list[_Measured],
    checked: Checked,
    definitions: Definitions,
) -> dict[str, pl.DataFrame]:
    """Every table of formats.md that this run can give, checked against its schema."""
    rows = {
        name: pl.concat([one.results.tables[name] for one in measured], how="diagonal_relaxed")
        for name in MEASURED_TABLES
    }
    skills = pl.concat([one.results.skills for one in measured], how="diagonal_relaxed")
    rows["deficits"] = find_deficits(skills)
    organisations = _organisations(authority, rows["school_results"])
    rows["low_results"] = appraise_low_results(
        rows["procedures"],
        rows["school_results"],
        organisations,
        definitions,
        suspicion=checked.suspicion,
        confirmed=confirmed_exclusions(authority.reviews),
    )
    rows["rejected_rows"] = pl.concat([collected[name].rejected for name in sorted(collected)])
    tables = {name: TABLES[name].frame(frame) for name, frame in rows.items()} | checked.tables
    tables["organisations"] = organisations
    return tables


def _organisations(authority: Authority, results: pl.DataFrame) -> pl.DataFrame:
    """The organisations of the folder, and those that only the works name (their id is their name)."""
    seen = results.select("org_id").unique().sort("org_id")
    known = authority.organisations
    new = seen.join(known, on="org_id", how="anti").with_columns(pl.col("org_id").alias("name"))
    frame = pl.concat([known, new], how="diagonal_relaxed").sort("org_id")
    return frame.with_columns(pl.col("name").fill_null(pl.col("org_id")))


def _manifest(
    authority: Authority,
    folders: Sequence[Path],
    collected: dict[str, CollectedWorks],
    definitions: Definitions,
    options: dict[str, Any],
    made_on: date,
) -> dict[str, Any]:
    inputs = {name: _sha256(path) for path, name in _short_names(authority.files, folders).items()}
    identity = json.dumps(
        [sorted(inputs.values()), VERSION, definitions.fingerprint(), options], sort_keys=True
    )
    return {
        "run_id": hashlib.sha256(identity.encode()).hexdigest()[:12],
        "merilo_version": VERSION,
        "authority": authority.name,
        "made_on": made_on.isoformat(),
        **options,
        "inputs": inputs,
        "works": {name: one.file.sha256 for name, one in sorted(collected.items())},
        "definitions": definitions.versions(),
        "definitions_sha256": definitions.fingerprint(),
        "unverified_definitions": sorted(entry.id for entry in definitions.unverified()),
    }


def _short_names(paths: Sequence[Path], folders: Sequence[Path]) -> dict[Path, str]:
    """Paths below their authority folder: the manifest names no place on this machine.

    Folders of one base name are told apart by a number.
    """
    names: dict[Path, str] = {}
    for folder in folders:
        base = folder.resolve().name
        twins = sum(name == base or name.startswith(f"{base} (") for name in names.values())
        names.setdefault(folder, f"{base} ({twins + 1})" if twins else base)
    short = {}
    for path in paths:
        folder = next(folder for folder in folders if path.is_relative_to(folder))
        short[path] = f"{names[folder]}/{path.relative_to(folder).as_posix()}"
    return short


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _publish(
    tables: dict[str, pl.DataFrame],
    manifest: dict[str, Any],
    authority: Authority,
    definitions: Definitions,
    target: Path,
    documents: bool,
    clock: _Clock,
) -> None:
    steps = 3 if documents else 1
    write_tables(tables, target)
    clock.tell("publish", 1, steps)
    if not documents:
        return
    # Only documents need the drawing and typesetting packages; tables alone start faster without them.
    from merilo.publish.report import write_report
    from merilo.publish.workbook import write_workbook

    stamp = RunStamp(
        run_id=manifest["run_id"],
        made_on=date.fromisoformat(manifest["made_on"]),
        version=manifest["merilo_version"],
        short_hash=short_hash(manifest["inputs"]),
    )
    name = authority.name
    write_workbook(tables, target / WORKBOOK, stamp=stamp, authority_name=name, definitions=definitions)
    clock.tell("publish", 2, steps)
    write_report(tables, target / REPORT, stamp=stamp, authority_name=name, definitions=definitions)
    clock.tell("publish", 3, steps)


def describe(folder: str | Path, *, definitions: Sequence[Path] = ()) -> dict[str, pl.DataFrame]:
    """Measure one procedure folder alone: its tables `procedures`, `items`, `school_results`, `rejected_rows`."""
    chosen = load_definitions(tuple(definitions))
    source = read_procedure_folder(Path(folder), chosen)
    with tempfile.TemporaryDirectory() as scratch:
        collected = collect_works(source, Path(scratch))
        (tally,) = fold([collected.file], step, merge)
        measured = measure_procedure(collected.file, tally, pl.DataFrame(), chosen)
    rows = {name: measured.tables[name] for name in ("procedures", "items", "school_results")}
    rows["rejected_rows"] = collected.rejected
    return {name: TABLES[name].frame(frame) for name, frame in rows.items()}
