"""procedure.toml: what was tested, when, whom, and the cut scores."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

from merilo.definitions import Definitions
from merilo.errors import MissingFileError, TableError, UnreadableFileError
from merilo.language import translator
from merilo.tables.procedure import Procedure

_ = translator("collect")

PROCEDURE_KINDS = ("vpr", "oge", "ege", "gve", "niko", "regional", "school")
MARKS = ("3", "4", "5")


def read_procedure(path: Path, definitions: Definitions) -> Procedure:
    """Read and check procedure.toml."""
    facts = _load(path)
    kind = str(facts.get("kind", "school"))
    if kind not in PROCEDURE_KINDS:
        raise TableError(
            _("The kind of a procedure must be one of {kinds}").format(kinds=", ".join(PROCEDURE_KINDS)),
            file=path,
            column="kind",
            value=kind,
        )
    prior = facts.get("prior", [])
    if isinstance(prior, str):
        prior = [prior]
    subject = str(facts.get("subject", ""))
    known = definitions.find_subject(subject) if subject else None
    year_group = _whole(facts, "year_group", path)
    on_date = _iso(facts.get("date", ""), path)
    return Procedure(
        procedure_id=str(facts.get("id", path.parent.name)),
        kind=kind,
        subject=known.id if known else subject,
        subject_name=known.title if known else subject,
        year_group=year_group,
        programme_year_group=_whole(facts, "programme_year_group", path) or year_group,
        date=on_date,
        school_year=str(facts.get("school_year", "")) or _school_year(on_date),
        cut_scores=_cut_scores(facts, path),
        pass_score=_points(facts, "pass_score", path),
        prior=tuple(str(name) for name in prior),
        min_score=_points(facts, "min_score", path),
        max_score=_points(facts, "max_score", path),
    )


def _load(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise MissingFileError(
            _("The procedure is not described"),
            file=path,
            next_step=_("Write procedure.toml beside the works."),
        )
    try:
        return tomllib.loads(path.read_text("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UnreadableFileError(
            _("The file is not valid TOML: {reason}").format(reason=error), file=path, next_step=_("Mend it.")
        ) from error


def _points(facts: dict[str, Any], name: str, path: Path) -> float | None:
    value = facts.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TableError(_("The value must be a number"), file=path, column=name, value=value)
    return float(value)


def _whole(facts: dict[str, Any], name: str, path: Path) -> int | None:
    value = facts.get(name)
    if isinstance(value, str) and value.isdigit():
        value = int(value)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 12):
        raise TableError(
            _("The year group must be a whole number from 0 to 12"), file=path, column=name, value=value
        )
    return value


def _cut_scores(facts: dict[str, Any], path: Path) -> dict[int, float]:
    given = facts.get("cut_scores", {})
    if not isinstance(given, dict):
        raise TableError(
            _('[cut_scores] must be a table like "3" = 7'), file=path, column="cut_scores", value=given
        )
    unknown = sorted(set(map(str, given)) - set(MARKS))
    if unknown:
        raise TableError(
            _("Cut scores are given for the marks 3, 4 and 5"),
            file=path,
            column="cut_scores",
            value=unknown[0],
        )
    cuts = {int(mark): points for mark in MARKS if (points := _points(given, mark, path)) is not None}
    ordered = [cuts[mark] for mark in sorted(cuts)]
    if ordered != sorted(set(ordered)):
        raise TableError(
            _("Cut scores must rise from mark to mark"), file=path, column="cut_scores", value=ordered
        )
    return cuts


def _iso(value: object, path: Path) -> str:
    if isinstance(value, date):
        return value.isoformat()[:10]
    if value in ("", None):
        return ""
    try:
        return date.fromisoformat(str(value)).isoformat()
    except ValueError:
        pass
    try:
        day, month, year = (int(part) for part in str(value).split("."))
        return date(year, month, day).isoformat()
    except ValueError:
        raise TableError(
            _("The date must be like 2021-04-15"), file=path, column="date", value=value
        ) from None


def _school_year(iso: str) -> str:
    """The school year that holds a date: it turns on 1 August."""
    if not iso:
        return ""
    when = date.fromisoformat(iso)
    start = when.year if when.month >= 8 else when.year - 1
    return f"{start}/{(start + 1) % 100:02d}"
