"""`merilo import --official-list FILE --into FOLDER`: an official list -> official_lists.csv of an authority folder."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from merilo.collect.exchange.delimited import written_csv
from merilo.collect.exchange.lists import extend_rejected_rows, read_table
from merilo.collect.exchange.official_list import ListedSchool, OfficialList, read_official_list
from merilo.collect.exchange.reports import SCHEMA, Reports
from merilo.collect.exchange.schools import org_id_of
from merilo.collect.exchange.words import header_word, shown
from merilo.collect.exchange.workbook import Workbook, read_workbook
from merilo.collect.exchange.writing import locked_folder, write_authority
from merilo.errors import MissingFileError
from merilo.language import translator

if TYPE_CHECKING:
    from merilo.definitions import Definitions

_ = translator("exchange")

OFFICIAL_LISTS = "official_lists.csv"
ENTRY = ("org_id", "school_year", "list", "marker", "source_file", "source", "note")
_FORM = re.compile(
    r"(?:муниципальн\w+|бюджетн\w+|казенн\w+|автономн\w+|государственн\w+|общеобразовательн\w+|образовательн\w+|"
    r"учреждени\w+|организаци\w+|м[бака]?оу|гбоу|сош|средн\w+|школа|имени|им)(?!\w)|[^\w]+"
)


@dataclass(frozen=True, slots=True)
class OfficialListOutcome:
    """What became of one list. schools_n: rows that name a school; entries_n: entries written (a school with two
    markers has two); unknown_n: rows of schools that the folder does not know; unchanged: the file was imported before.
    """

    folder: Path
    file: str
    title: str
    schools_n: int
    entries_n: int
    unknown_n: int
    unchanged: bool
    rejected_rows: pl.DataFrame


def import_official_list(
    file: Path, into: Path, *, definitions: Definitions, year: int | None = None, replace_old: bool = False
) -> OfficialListOutcome:
    """Write the schools of an official list that the authority folder knows into its official_lists.csv.

    year: calendar year where the list says none; replace_old: entries of the same list and school year from other files
    give way. Raises InputError and its kinds, UsageError, OutputError.
    """
    known = _known_schools(into)
    book = read_workbook(file, label=file.name)
    found = read_official_list(book, definitions, year=year)
    rows, rejected, unknown_n = _entries(book, found, known)
    path = into / OFFICIAL_LISTS
    with locked_folder(into):
        old = read_table(path) if path.is_file() else pl.DataFrame(schema=dict.fromkeys(ENTRY, pl.String))
        old = old.with_columns(pl.lit("").alias(name) for name in ENTRY if name not in old.columns)
        unchanged = rows["source"].is_in(old["source"].implode()).any() if rows.height else False
        if replace_old and not unchanged:
            old = old.join(
                rows.select("list", "school_year").unique(), on=["list", "school_year"], how="anti"
            )
        key = ["org_id", "school_year", "list", "marker"]
        new = rows.clear() if unchanged else rows.join(old, on=key, how="anti", maintain_order="left")
        if not unchanged and (new.height or rejected.height):
            write_authority(
                into,
                tables={
                    OFFICIAL_LISTS: written_csv(pl.concat([old, new], how="diagonal")),
                    "rejected_rows.csv": extend_rejected_rows(
                        into / "rejected_rows.csv", rejected, replaced=[book.sha256[:12]]
                    ),
                },
                procedures={},
            )
    return OfficialListOutcome(
        into, book.label, found.title, len(found.schools), new.height, unknown_n, bool(unchanged), rejected
    )


def _entries(book: Workbook, found: OfficialList, known: _Schools) -> tuple[pl.DataFrame, pl.DataFrame, int]:
    """Rows of official_lists.csv, rows of rejected_rows.csv, and how many rows name no known school."""
    reports = Reports(
        np.array([school.row for school in found.schools], np.int64),
        label=book.label,
        source=book.sha256[:12],
    )
    rows: list[tuple[str, ...]] = []
    unknown_n = 0
    for place, school in enumerate(found.schools):
        here = np.arange(len(found.schools)) == place
        matching = known.matching(school)
        for heading, cell in school.unread:
            reports.note("tick_unreadable", here, heading, [shown(cell)])
        if len(matching) != 1:
            unknown_n += not matching
            named = school.login or school.inn or school.name
            reports.note(
                "list_school_ambiguous" if matching else "list_school_unknown", here, "", [named[:80]]
            )
            continue
        rows += [
            (matching[0], school.school_year, found.title, marker, book.label, book.sha256[:12], "")
            for marker in school.markers or ("",)
        ]
    frame = pl.DataFrame(rows, schema=dict.fromkeys(ENTRY, pl.String), orient="row")
    return frame.unique(maintain_order=True), reports.frame().select(list(SCHEMA)), unknown_n


@dataclass(frozen=True, slots=True)
class _Schools:
    """Schools of a folder: ids by login, by ИНН and by name."""

    by_login: dict[str, list[str]]
    by_inn: dict[str, list[str]]
    by_name: dict[str, list[str]]

    def matching(self, school: ListedSchool) -> Sequence[str]:
        """Ids that the row may mean; a login decides, then the ИНН, then the name."""
        if school.login:
            return self.by_login.get(school.login) or self.by_login.get(f"edu{school.login}", [])
        if school.inn and school.inn in self.by_inn:
            return self.by_inn[school.inn]
        return self.by_name.get(plain_name(school.name), []) if school.name else []


def plain_name(name: str) -> str:
    """A school's name without form of organisation, quotation marks and blanks: «МБОУ "Лицей № 3"» -> лицей 3."""
    return " ".join(_FORM.sub(" ", header_word(name)).split())


def _known_schools(into: Path) -> _Schools:
    if not into.is_dir():
        raise MissingFileError(
            _("The authority folder does not exist"),
            file=into,
            next_step=_("Import results first: an official list speaks of schools that are known."),
        )
    frame = pl.DataFrame(schema={"org_id": pl.String})
    if (into / "organisations.csv").is_file():
        frame = read_table(into / "organisations.csv")
    ids = {org for org in frame["org_id"].to_list() if org} if "org_id" in frame.columns else set()
    if not ids:
        raise MissingFileError(
            _("The authority folder names no schools"),
            file=into / "organisations.csv",
            next_step=_("Write organisations.csv with org_id and name, or import results first."),
        )
    inn = next((name for name in frame.columns if name.lower() in ("inn", "инн")), "")
    by_inn: dict[str, list[str]] = {}
    by_name: dict[str, list[str]] = {}
    for row in frame.iter_rows(named=True):
        org = row["org_id"]
        if inn and (number := re.sub(r"\D", "", row[inn] or "")):
            by_inn.setdefault(number, []).append(org)
        if name := plain_name(row.get("name") or ""):
            by_name.setdefault(name, []).append(org)
    # Logins are compared in the form in which imports write them.
    return _Schools({org_id_of(org): [org] for org in sorted(ids)}, by_inn, by_name)
