"""The texts that describe a procedure: procedure.toml for people, import.toml for the next import."""

from __future__ import annotations

import hashlib
import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from merilo.collect.exchange.identity import Identity
from merilo.collect.exchange.item_table import ItemTable
from merilo.errors import UnreadableFileError
from merilo.language import translator

if TYPE_CHECKING:
    from merilo.definitions import Definitions

_ = translator("exchange")

IMPORT_RECORD = "import.toml"


@dataclass(frozen=True, slots=True, order=True)
class Source:
    """One imported sheet: where its works came from. sheet: place in its file, from 0."""

    file: str
    sha256: str
    sheet: int
    layout: str

    @property
    def key(self) -> tuple[str, int]:
        """What makes two sources the same: content, not name."""
        return (self.sha256, self.sheet)


@dataclass(frozen=True, slots=True)
class ImportRecord:
    """import.toml of a procedure.

    settings, procedure: digests of everything but the works, and of procedure.toml alone, as the import wrote them;
    item_source: who said the maxima (ItemTable.source).
    """

    settings: str
    procedure: str
    item_source: str
    sources: tuple[Source, ...]

    def text(self) -> str:
        """The file."""
        lines = [
            "# Written by `merilo import`; tells a repeated import from a new one. Please leave it as it is.",
            f"settings = {_quoted(self.settings)}",
            f"procedure = {_quoted(self.procedure)}",
            f"item_source = {_quoted(self.item_source)}",
        ]
        for source in sorted(self.sources):
            lines += [
                "",
                "[[source]]",
                f"file = {_quoted(source.file)}",
                f"sha256 = {_quoted(source.sha256)}",
                f"sheet = {source.sheet}",
                f"layout = {_quoted(source.layout)}",
            ]
        return "\n".join(lines) + "\n"


def read_import_record(folder: Path) -> ImportRecord | None:
    """The record in a procedure's folder; None where the folder was written by other hands."""
    path = folder / IMPORT_RECORD
    if not path.is_file():
        return None
    try:
        facts = tomllib.loads(path.read_text("utf-8"))
        sources = tuple(
            Source(str(s["file"]), str(s["sha256"]), int(s["sheet"]), str(s["layout"]))
            for s in facts["source"]
        )
        return ImportRecord(
            str(facts["settings"]), str(facts["procedure"]), str(facts["item_source"]), sources
        )
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError, TypeError, ValueError) as error:
        raise UnreadableFileError(
            _("The record of the earlier import cannot be read"),
            file=path,
            next_step=_("Delete the procedure's folder and import its files again."),
        ) from error


def procedure_text(identity: Identity, cut_scores: dict[int, int]) -> str:
    """procedure.toml."""
    lines = [
        f"id = {_quoted(identity.procedure_id)}",
        f"kind = {_quoted(identity.kind)}",
        f"subject = {_quoted(identity.subject)}",
        f"year_group = {identity.year_group}",
        f"programme_year_group = {identity.programme_year_group}",
        f"school_year = {_quoted(identity.school_year)}",
    ]
    if identity.on is not None:
        lines.append(f"date = {identity.on.isoformat()}")
    if cut_scores:
        lines += [
            "",
            "[cut_scores]",
            *(f'"{mark}" = {lowest}' for mark, lowest in sorted(cut_scores.items())),
        ]
    return "\n".join(lines) + "\n"


def settle_cut_scores(
    identity: Identity, table: ItemTable, works: pl.DataFrame, definitions: Definitions
) -> tuple[dict[int, int], list[str]]:
    """The lowest score of each mark: the scale of definitions, else what the marks in the file give away."""
    scale = definitions.mark_scale(**identity.work)
    highest = int(table.max_points.sum())
    told = _cut_scores_of_marks(works)
    if scale is not None:
        fits = highest == scale.max_score
        if table.source == "observed":
            # A known plan that was not used has another number of items: the scale is of another work, too.
            fits = highest <= scale.max_score and definitions.item_plan(**identity.work) is None
        if fits:
            return dict(scale.cut_scores), []
        reason = _(
            "{id}: the work can bring {highest} points, the known scale {scale}: it is the scale of another work."
        )
        warning = reason.format(id=identity.procedure_id, highest=highest, scale=scale.max_score)
    else:
        warning = _("{id}: no mark scale of {year} is known.").format(
            id=identity.procedure_id, year=identity.year
        )
    if told:
        return told, [warning + " " + _("The cut scores are read off the marks in the file.")]
    return {}, [warning + " " + _("Write [cut_scores] into procedure.toml if marks are wanted.")]


def _cut_scores_of_marks(works: pl.DataFrame) -> dict[int, int]:
    """Cut scores that printed totals and marks leave no doubt about: neighbouring marks meet without a gap."""
    pairs = works.select("mark", "score").drop_nulls()
    bounds = {
        int(mark): (int(low), int(high))
        for mark, low, high in pairs.group_by("mark")
        .agg(low=pl.min("score"), high=pl.max("score"))
        .iter_rows()
    }
    if set(bounds) != {2, 3, 4, 5} or any(bounds[mark - 1][1] + 1 != bounds[mark][0] for mark in (3, 4, 5)):
        return {}
    return {mark: bounds[mark][0] for mark in (3, 4, 5)}


def digest(*texts: str | bytes) -> str:
    """One hash of several texts."""
    found = hashlib.blake2b(digest_size=16)
    for text in texts:
        content = text.encode() if isinstance(text, str) else text
        found.update(len(content).to_bytes(8, "big") + content)
    return found.hexdigest()


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
