"""Reading the folder of a run, and finding a school in it."""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from merilo.errors import MissingFileError, UnreadableFileError, UsageError
from merilo.language import translator
from merilo.publish.stamp import RunStamp, short_hash
from merilo.tables import TABLES

_ = translator("explanation")

MANIFEST = "manifest.json"
NEEDED = ("objectivity", "objectivity_schools", "objectivity_kinds", "procedures")
USED = (
    *("organisations", "school_results", "items", "deficits", "low_results", "objectivity_models"),
    *("evidence_scores", "evidence_items", "evidence_classes", "evidence_likeness", "evidence_marks"),
)
NEAR_NAMES = 5


@dataclass(frozen=True, slots=True)
class Run:
    """A run's folder: its manifest and those of its tables that an explanation uses, by name."""

    out: Path
    manifest: dict[str, Any]
    tables: dict[str, pl.DataFrame]

    @property
    def stamp(self) -> RunStamp:
        """What documents say about their making."""
        return RunStamp(
            run_id=str(self.manifest["run_id"]),
            made_on=date.fromisoformat(str(self.manifest["made_on"])),
            version=str(self.manifest["merilo_version"]),
            short_hash=short_hash(self.manifest.get("inputs", {})),
        )

    def table(self, name: str) -> pl.DataFrame:
        """A table of the run. Raises MissingFileError where the run has none of that name."""
        if name not in self.tables:
            raise _no_table(self.out, name)
        return self.tables[name]

    @property
    def authority(self) -> str:
        """The authority that was run."""
        return str(self.manifest.get("authority") or "")

    @property
    def has_reviews(self) -> bool:
        """Whether findings of reviews entered the run."""
        return any(Path(name).name == "reviews.csv" for name in self.manifest.get("inputs", {}))


def read_run(out: Path) -> Run:
    """Read OUT. Raises MissingFileError: no folder, not a run, a run without these tables; UnreadableFileError."""
    if not out.is_dir():
        raise MissingFileError(
            _("There is no such folder"),
            file=out,
            next_step=_("Give the folder that merilo run wrote (--out)."),
        )
    manifest = _manifest(out)
    for name in NEEDED:
        if not (out / f"{name}.parquet").is_file():
            raise _no_table(out, name)
    tables = {name: _table(out, name) for name in NEEDED}
    tables |= {name: _table(out, name) for name in USED if (out / f"{name}.parquet").is_file()}
    return Run(out, manifest, tables)


def _manifest(out: Path) -> dict[str, Any]:
    next_step = _("Give the folder that merilo run wrote (--out).")
    file = out / MANIFEST
    if not file.is_file():
        raise MissingFileError(_("The folder is not the result of a run"), file=file, next_step=next_step)
    try:
        manifest = json.loads(file.read_text(encoding="utf-8"))
        if not isinstance(manifest, dict):
            raise ValueError
        date.fromisoformat(str(manifest["made_on"]))
        manifest["run_id"], manifest["merilo_version"]
    except (ValueError, KeyError, OSError) as problem:
        raise UnreadableFileError(
            _("The manifest cannot be read: the folder is not a result of Merilo"),
            file=file,
            next_step=next_step,
        ) from problem
    return manifest


def _no_table(out: Path, name: str) -> MissingFileError:
    return MissingFileError(
        _("The run has no table {name}: it was made by an earlier version").format(name=name),
        file=out,
        next_step=_("Run merilo run again."),
    )


def _table(out: Path, name: str) -> pl.DataFrame:
    file = out / f"{name}.parquet"
    try:
        return TABLES[name].frame(pl.read_parquet(file))
    except (pl.exceptions.PolarsError, OSError, ValueError) as problem:
        raise UnreadableFileError(
            _("The table cannot be read"), file=file, next_step=_("Run merilo run again.")
        ) from problem


def find_school(run: Run, wanted: str) -> str:
    """The org_id of a school given by its org_id or its exact name. Raises UsageError with near names."""
    names = school_names(run)
    if wanted in names:
        return wanted
    same = [org for org, name in names.items() if _plain(name) == _plain(wanted)]
    if len(same) == 1:
        return same[0]
    if same:
        raise UsageError(
            _("Several schools have this name"),
            value=wanted,
            next_step=_("Give the org_id: {names}.").format(names=", ".join(same)),
        )
    near = _near(wanted, names)
    raise UsageError(
        _("The run knows no such school"),
        value=wanted,
        next_step=_("Did you mean: {names}?").format(names="; ".join(near))
        if near
        else _("Give an org_id or an exact name from organisations.csv."),
    )


def school_names(run: Run) -> dict[str, str]:
    """org_id -> name, of every school with evidence; the id where no name is known."""
    ids = run.tables["objectivity_schools"]["org_id"].to_list()
    known: dict[str, str] = {}
    if "organisations" in run.tables:
        known = dict(run.tables["organisations"].select("org_id", "name").iter_rows())
    return {org: known.get(org) or org for org in ids}


def _near(wanted: str, names: dict[str, str]) -> list[str]:
    spoken = {_plain(name): org for org, name in names.items()} | {_plain(org): org for org in names}
    part = [org for words, org in spoken.items() if _plain(wanted) in words]
    close = [spoken[words] for words in difflib.get_close_matches(_plain(wanted), spoken, NEAR_NAMES, 0.5)]
    found = list(dict.fromkeys([*close, *part]))[:NEAR_NAMES]
    return [org if names[org] == org else f"{names[org]} ({org})" for org in found]


def _plain(text: str) -> str:
    return " ".join(text.casefold().replace("ё", "е").replace("«", "").replace("»", "").split())
