"""The authority folder as a whole: what is in it and where."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
from polars.exceptions import PolarsError

from merilo.collect.authority.enrolment import read_enrolment
from merilo.collect.authority.items import read_items, read_skill_names
from merilo.collect.authority.official_lists import read_official_lists
from merilo.collect.authority.procedure import check_scores_can_be_reached, read_procedure
from merilo.collect.authority.reviews import read_reviews
from merilo.collect.authority.text_table import cleaned, read_text_table
from merilo.collect.authority.toml_file import read_toml
from merilo.definitions import Definitions
from merilo.errors import DuplicateProcedureError, MissingFileError, TableError, UsageError
from merilo.language import translator
from merilo.tables.organisations import KINDS, ORGANISATIONS
from merilo.tables.procedure import Procedure

_ = translator("collect")

# What comes back to the authority about results that were looked at; schools in these files must be known.
RETURNED = ("reviews.csv", "official_lists.csv")

OPTIONS_FILES = ("options.parquet", "options.csv")


@dataclass(frozen=True, slots=True)
class ProcedureFolder:
    """A procedure and the works files that hold it (one per authority), in the order of their folders."""

    procedure: Procedure
    works: tuple[Path, ...]
    folders: tuple[Path, ...]

    @property
    def options(self) -> tuple[Path | None, ...]:
        """The file of chosen options of each folder, where there is one."""
        found = []
        for folder in self.folders:
            files = [folder / name for name in OPTIONS_FILES if (folder / name).is_file()]
            if len(files) > 1:
                raise DuplicateProcedureError(
                    _("The procedure has both options.csv and options.parquet"),
                    file=folder,
                    next_step=_("Keep the one that is right."),
                )
            found.append(files[0] if files else None)
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Authority:
    """What the folders hold; organisations, enrolment and teachers are frames of text.

    reviews: what came of verifying results (columns reviews.REVIEWS, empty without reviews.csv);
    official_lists: entries of official lists (official_lists.COLUMNS, empty without official_lists.csv).
    files: every file read, for the hashes of the manifest.
    """

    name: str
    organisations: pl.DataFrame
    enrolment: pl.DataFrame
    teachers: pl.DataFrame
    procedures: tuple[ProcedureFolder, ...]
    reviews: pl.DataFrame
    official_lists: pl.DataFrame
    files: tuple[Path, ...] = field(default=())


def read_authority(folders: Sequence[Path], definitions: Definitions) -> Authority:
    """Read one or several authority folders as one authority (a procedure in several is one procedure).

    Raises MissingFileError, UnreadableFileError, TableError, DuplicateProcedureError.
    """
    for folder in folders:
        if not folder.is_dir():
            raise MissingFileError(
                _("The authority folder does not exist"), file=folder, next_step=_("Check the path.")
            )
    _check_folders_differ(folders)
    procedures = _merge_procedures([p for folder in folders for p in _list_procedures(folder, definitions)])
    optional = {
        name: [folder / name for folder in folders if (folder / name).is_file()]
        for name in ("organisations.csv", "enrolment.csv", "teachers.csv", *RETURNED)
    }
    organisations = _read_organisations(optional["organisations.csv"])
    returned = any(optional[name] for name in RETURNED)
    schools = _known_schools(organisations, procedures) if returned else set()
    return Authority(
        name=", ".join(dict.fromkeys(_authority_name(folder) for folder in folders)),
        organisations=organisations,
        enrolment=read_enrolment(optional["enrolment.csv"]),
        teachers=_stack(optional["teachers.csv"]),
        procedures=procedures,
        reviews=read_reviews(optional["reviews.csv"], [source.procedure for source in procedures], schools),
        official_lists=read_official_lists(optional["official_lists.csv"], schools),
        files=tuple(_list_files(folders, procedures)),
    )


def read_procedure_folder(folder: Path, definitions: Definitions) -> ProcedureFolder:
    """One procedure folder: procedure.toml, items.csv (optional), works.csv or works.parquet."""
    procedure = read_procedure(folder / "procedure.toml", definitions)
    if (folder / "items.csv").is_file():
        names = read_skill_names(folder / "skills.csv")
        procedure = read_items(folder / "items.csv", procedure, names)
    check_scores_can_be_reached(procedure, folder / "procedure.toml")
    works = [folder / name for name in ("works.parquet", "works.csv") if (folder / name).is_file()]
    if not works:
        raise MissingFileError(
            _("The procedure has no works.csv or works.parquet"),
            file=folder,
            next_step=_("Put the works there, or take the folder away."),
        )
    if len(works) > 1:
        raise DuplicateProcedureError(
            _("The procedure has both works.csv and works.parquet"),
            file=folder,
            next_step=_("Keep the one that is right."),
        )
    return ProcedureFolder(procedure, tuple(works), (folder,))


def _check_folders_differ(folders: Sequence[Path]) -> None:
    """The same folder twice would count its works twice."""
    resolved = [folder.resolve() for folder in folders]
    twins = [folder for folder, place in zip(folders, resolved, strict=True) if resolved.count(place) > 1]
    if twins:
        raise UsageError(
            _("The same folder is given twice"), value=str(twins[0]), next_step=_("Name each folder once.")
        )


def _list_procedures(folder: Path, definitions: Definitions) -> list[ProcedureFolder]:
    root = folder / "procedures"
    if not root.is_dir():
        raise MissingFileError(
            _("The authority folder has no folder `procedures`"),
            file=folder,
            next_step=_(
                "An authority folder holds procedures/<id>/works.csv (docs/formats.md); raw exchange files are "
                "read by `merilo import`."
            ),
        )
    found = sorted(
        path
        for path in root.iterdir()
        if any((path / name).is_file() for name in ("procedure.toml", "works.csv", "works.parquet"))
    )
    if not found:
        raise MissingFileError(
            _("No procedure is described in this folder"),
            file=root,
            next_step=_("Each procedure needs procedures/<id>/procedure.toml and works.csv."),
        )
    seen: dict[str, Path] = {}
    procedures = []
    for path in found:
        procedure = read_procedure_folder(path, definitions)
        name = procedure.procedure.procedure_id
        if name in seen:
            raise DuplicateProcedureError(
                _("Two folders hold the procedure {name}: {first} and {second}").format(
                    name=name, first=seen[name].name, second=path.name
                ),
                file=root,
                next_step=_("Join them or give one another id."),
            )
        seen[name] = path
        procedures.append(procedure)
    return procedures


def _merge_procedures(found: list[ProcedureFolder]) -> tuple[ProcedureFolder, ...]:
    merged: dict[str, ProcedureFolder] = {}
    for one in found:
        name = one.procedure.procedure_id
        if name not in merged:
            merged[name] = one
            continue
        first = merged[name]
        if (
            first.procedure.items != one.procedure.items
            or first.procedure.cut_scores != one.procedure.cut_scores
        ):
            raise DuplicateProcedureError(
                _("Two authorities describe the procedure {name} with other items or cut scores").format(
                    name=name
                ),
                file=one.folders[0],
                next_step=_("Give one of them another id, or make the two descriptions equal."),
            )
        merged[name] = ProcedureFolder(first.procedure, first.works + one.works, first.folders + one.folders)
    return tuple(merged[name] for name in sorted(merged))


def _authority_name(folder: Path) -> str:
    path = folder / "authority.toml"
    if not path.is_file():
        return folder.resolve().name
    name = str(read_toml(path).get("name", "")).strip()
    return name or folder.resolve().name


def _stack(paths: list[Path]) -> pl.DataFrame:
    frames = [read_text_table(path) for path in paths]
    frames = [frame.select(cleaned(frame[name]).alias(name) for name in frame.columns) for frame in frames]
    return pl.concat(frames, how="diagonal") if frames else pl.DataFrame()


def _read_organisations(paths: Sequence[Path]) -> pl.DataFrame:
    frames = [_read_organisations_file(path) for path in paths]
    frame = pl.concat(frames, how="diagonal") if frames else pl.DataFrame()
    if frame.is_empty():
        return ORGANISATIONS.empty()
    frame = frame.with_columns(
        pl.lit(None, pl.String).alias(column.name)
        for column in ORGANISATIONS.columns
        if column.name not in frame.columns
    )
    twins = frame.filter(frame["org_id"].is_duplicated() & ~frame.is_duplicated())
    if twins.height:
        raise TableError(
            _("The organisation is described twice, differently"),
            file=paths[-1],
            column="org_id",
            value=twins["org_id"][0],
            next_step=_("Keep one row."),
        )
    first = [column.name for column in ORGANISATIONS.columns]
    context = [name for name in frame.columns if name not in first]
    return frame.unique("org_id", keep="first").sort("org_id").select(first + context)


def _read_organisations_file(path: Path) -> pl.DataFrame:
    """The rows of one organisations.csv as text, each with its org_id; empty rows are no rows."""
    frame = read_text_table(path)
    frame = frame.select(cleaned(frame[name]).alias(name) for name in frame.columns)
    if "org_id" not in frame.columns:
        raise TableError(
            _("organisations.csv needs the column org_id"),
            file=path,
            row=1,
            column="org_id",
            next_step=_("The columns are: {known}.").format(known=", ".join(frame.columns)),
        )
    nameless = frame["org_id"].is_null() & ~frame.select(pl.all_horizontal(pl.all().is_null())).to_series()
    if nameless.any():
        raise TableError(
            _("An organisation has no org_id"), file=path, row=_first_row(nameless), column="org_id"
        )
    if "kind" in frame.columns:
        unknown = frame["kind"].is_not_null() & ~frame["kind"].is_in(KINDS)
        if unknown.any():
            raise TableError(
                _("The kind of an organisation must be one of {kinds}").format(kinds=", ".join(KINDS)),
                file=path,
                row=_first_row(unknown),
                column="kind",
                value=frame["kind"].filter(unknown)[0],
            )
    return frame.drop_nulls("org_id")


def _known_schools(organisations: pl.DataFrame, procedures: Sequence[ProcedureFolder]) -> set[str]:
    """Ids in organisations.csv and in the works (which may name schools that are not described)."""
    known = set(organisations["org_id"])
    for path in (path for source in procedures for path in source.works):
        if path.suffix == ".parquet":
            with suppress(PolarsError):  # a damaged file is told of when its works are read
                known.update(cleaned(pl.read_parquet(path, columns=["org_id"])["org_id"]).drop_nulls())
        else:
            frame = read_text_table(path)
            known.update(cleaned(frame["org_id"]).drop_nulls() if "org_id" in frame.columns else ())
    return known


def _first_row(broken: pl.Series) -> int:
    """The row of a file in which a mask is first true; row 1 holds the names."""
    return int(broken.arg_true()[0]) + 2


def _list_files(folders: Sequence[Path], procedures: Sequence[ProcedureFolder]) -> list[Path]:
    names = ("authority.toml", "organisations.csv", "enrolment.csv", "teachers.csv", *RETURNED)
    files = [folder / name for folder in folders for name in names]
    for procedure in procedures:
        files += [
            folder / name
            for folder in procedure.folders
            for name in ("procedure.toml", "items.csv", "skills.csv", *OPTIONS_FILES)
        ]
        files += procedure.works
    return [path for path in files if path.is_file()]


def reading_order(procedures: Sequence[ProcedureFolder]) -> list[ProcedureFolder]:
    """Procedures with every prior procedure before those that need it. Raises TableError on a circle."""
    by_id = {source.procedure.procedure_id: source for source in procedures}
    order: list[ProcedureFolder] = []
    done: set[str] = set()
    waiting = sorted(by_id)
    while waiting:
        ready = [
            name for name in waiting if all(p in done or p not in by_id for p in by_id[name].procedure.prior)
        ]
        if not ready:
            raise TableError(
                _("The procedures name each other as prior in a circle"),
                file=by_id[waiting[0]].folders[0] / "procedure.toml",
                column="prior",
                value=", ".join(waiting),
                next_step=_("A prior procedure lies earlier in time."),
            )
        order += [by_id[name] for name in ready]
        done.update(ready)
        waiting = [name for name in waiting if name not in done]
    return order
