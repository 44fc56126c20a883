"""Several files of one procedure, new or imported before -> the files of its folder.

Schools send their protocols one by one, so files with different schools are joined. The same school in two
different files is a contradiction that only a person can settle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from merilo.collect.exchange.delimited import written_csv
from merilo.collect.exchange.description import (
    IMPORT_RECORD,
    ImportRecord,
    Source,
    digest,
    procedure_text,
    read_import_record,
    settle_cut_scores,
)
from merilo.collect.exchange.identity import Identity
from merilo.collect.exchange.item_table import ItemTable
from merilo.collect.exchange.works import SheetWorks
from merilo.errors import DuplicateProcedureError, TableError
from merilo.language import translator

if TYPE_CHECKING:
    from merilo.definitions import Definitions

_ = translator("exchange")


@dataclass(frozen=True, slots=True)
class ProcedureDraft:
    """A procedure's folder to be written: file name -> content.

    sources: sheets whose works are in it; dropped: sha256 of sources that the folder held and holds no more.
    """

    procedure_id: str
    files: dict[str, bytes]
    sources: tuple[Source, ...]
    dropped: tuple[str, ...]
    warnings: tuple[str, ...]


def draft_procedure(
    sheets: Sequence[SheetWorks],
    folder: Path,
    *,
    skill_names: dict[str, str],
    definitions: Definitions,
    replace_old: bool,
    as_csv: bool,
) -> ProcedureDraft | None:
    """The folder's new content; None if all of it was imported before. `folder` may not exist yet.

    Raises DuplicateProcedureError (one school in two files), TableError (files with different items).
    """
    _check_disjoint(sheets)
    table = _common_items(sheets)
    identity = sheets[0].identity
    frame = _stacked([sheet.frame for sheet in sheets])
    cut_scores, warnings = settle_cut_scores(identity, table, frame, definitions)
    files = _description(identity, cut_scores, table, skill_names)
    settings = digest(*[part for name in sorted(files) for part in (name, files[name])])
    sources = tuple(Source(s.label, s.sha256, s.sheet, s.layout) for s in sheets)
    record = ImportRecord(settings, digest(files["procedure.toml"]), table.source, sources)
    draft = ProcedureDraft(identity.procedure_id, files, sources, (), tuple(warnings))
    earlier = read_import_record(folder)
    if folder.exists() and not replace_old:
        if earlier is None:
            raise _claimed(identity.procedure_id, sheets[0].label, _("a folder not made by an import"))
        old, new = {s.key for s in earlier.sources}, {s.key for s in sources}
        if new <= old and (earlier.settings == settings or new != old):
            return None
        if not old <= new:
            return _extended(draft, sheets, folder, earlier, table, as_csv=as_csv)
        if digest((folder / "procedure.toml").read_bytes()) != earlier.procedure:
            files["procedure.toml"] = (folder / "procedure.toml").read_bytes()
            warnings.append(
                _("{id}: procedure.toml was changed by hand and is left as it is.").format(
                    id=draft.procedure_id
                )
            )
    dropped = (
        tuple(s.sha256 for s in earlier.sources if s.key not in {n.key for n in sources}) if earlier else ()
    )
    files |= _works(frame, as_csv) | {IMPORT_RECORD: record.text().encode()}
    return replace(draft, files=files, dropped=dropped, warnings=tuple(warnings))


def _description(
    identity: Identity, cut_scores: dict[int, int], table: ItemTable, skill_names: dict[str, str]
) -> dict[str, bytes]:
    """procedure.toml, items.csv and, where skills have names, skills.csv."""
    files = {
        "procedure.toml": procedure_text(identity, cut_scores).encode(),
        "items.csv": written_csv(table.frame()),
    }
    used = {code for item in table.items for code in item.skills}
    names = {code: skill_names[code] for code in sorted(used & skill_names.keys())}
    if names:
        skills = pl.DataFrame({"skill": list(names), "name": list(names.values())})
        files["skills.csv"] = written_csv(skills)
    return files


def _extended(
    draft: ProcedureDraft,
    sheets: Sequence[SheetWorks],
    folder: Path,
    earlier: ImportRecord,
    table: ItemTable,
    *,
    as_csv: bool,
) -> ProcedureDraft | None:
    """The folder as it is, with the works of further schools; its description stays as people left it."""
    known = {source.key for source in earlier.sources}
    fresh = [sheet for sheet in sheets if (sheet.sha256, sheet.sheet) not in known]
    if not fresh:
        return None
    old = read_works(folder)
    _check_same_items(folder, table, earlier, fresh[0].label)
    shared = sorted(set(old["org_id"]) & {org for sheet in fresh for org in sheet.frame["org_id"]})
    if shared:
        files = ", ".join(sorted({source.file for source in earlier.sources}))
        raise _claimed(draft.procedure_id, fresh[0].label, files, school=shared[0])
    frame = _stacked([old, *(sheet.frame for sheet in fresh)])
    sources = (*earlier.sources, *(s for s in draft.sources if s.key not in known))
    record = replace(earlier, sources=sources)
    kept = {
        path.name: path.read_bytes()
        for path in sorted(folder.iterdir())
        if path.is_file() and path.name not in ("works.csv", "works.parquet", IMPORT_RECORD)
    }
    if earlier.item_source == "observed":
        kept["items.csv"] = _raised(pl.read_csv(folder / "items.csv", infer_schema=False), table)
    files_now = kept | _works(frame, as_csv) | {IMPORT_RECORD: record.text().encode()}
    return replace(draft, files=files_now, sources=sources, warnings=())


def read_works(folder: Path) -> pl.DataFrame:
    """The works of a procedure folder as an earlier import left them."""
    parquet = folder / "works.parquet"
    return (
        pl.read_parquet(parquet)
        if parquet.is_file()
        else pl.read_csv(folder / "works.csv", infer_schema=False)
    )


def _works(frame: pl.DataFrame, as_csv: bool) -> dict[str, bytes]:
    if as_csv:
        return {"works.csv": written_csv(frame)}
    content = BytesIO()
    frame.write_parquet(content, compression="zstd", statistics=False)
    return {"works.parquet": content.getvalue()}


def _stacked(frames: list[pl.DataFrame]) -> pl.DataFrame:
    """Works of several files one below the other; an item that is text in one of them is text in all."""
    if len(frames) == 1:
        return frames[0]
    joined = pl.concat(frames, how="vertical_relaxed")
    return joined.sort("org_id", "class_id", "work_id", nulls_last=True)


def _check_disjoint(sheets: Sequence[SheetWorks]) -> None:
    seen: dict[str, str] = {}
    for sheet in sheets:
        for org in sheet.frame["org_id"].unique().sort():
            if org in seen:
                raise _claimed(sheet.identity.procedure_id, sheet.label, seen[org], school=org)
        seen.update(dict.fromkeys(sheet.frame["org_id"].unique().to_list(), sheet.label))


def _common_items(sheets: Sequence[SheetWorks]) -> ItemTable:
    """The items of all sheets; where maxima were only observed, the highest of them."""
    first = sheets[0].table
    items = list(first.items)
    for sheet in sheets[1:]:
        observed = "observed" in (first.source, sheet.table.source)
        _check_items(
            [(i.item_id, i.max_points) for i in items],
            [(i.item_id, i.max_points) for i in sheet.table.items],
            observed,
            sheets[0].label,
            sheet.label,
        )
        items = [
            replace(mine, max_points=max(mine.max_points, other.max_points))
            for mine, other in zip(items, sheet.table.items)
        ]
    return ItemTable(tuple(items), first.source)


def _check_same_items(folder: Path, table: ItemTable, earlier: ImportRecord, label: str) -> None:
    old = pl.read_csv(folder / "items.csv", infer_schema=False)
    pairs = list(zip(old["item_id"].to_list(), old["max_points"].cast(pl.Int64).to_list()))
    observed = "observed" in (earlier.item_source, table.source)
    names = ", ".join(sorted({source.file for source in earlier.sources}))
    _check_items(pairs, [(i.item_id, i.max_points) for i in table.items], observed, names, label)


def _check_items(
    mine: list[tuple[str, int]], other: list[tuple[str, int]], observed: bool, first: str, second: str
) -> None:
    same = [i for i, _most in mine] == [i for i, _most in other] if observed else mine == other
    if not same:
        raise TableError(
            _("The files {first} and {second} belong to one procedure but have different items").format(
                first=first, second=second
            ),
            file=second,
            next_step=_("Import all files of the procedure together, with the same item plan."),
        )


def _raised(items: pl.DataFrame, table: ItemTable) -> bytes:
    most = pl.Series([str(max(int(old), i.max_points)) for old, i in zip(items["max_points"], table.items)])
    return written_csv(items.with_columns(most.alias("max_points")))


def _claimed(procedure_id: str, new: str, old: str, *, school: str = "") -> DuplicateProcedureError:
    rule = _("The procedure {id} is claimed by two inputs: {old} and {new}").format(
        id=procedure_id, old=old, new=new
    )
    if school:
        rule += " " + _("(both hold the school {school})").format(school=school)
    return DuplicateProcedureError(
        rule,
        file=new,
        next_step=_(
            "Leave one of them out, give another --procedure, or replace what was imported before with --replace."
        ),
    )
