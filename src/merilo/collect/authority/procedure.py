"""procedure.toml: what was tested, when, whom, and the cut scores."""

from __future__ import annotations

import math
import re
from datetime import date
from pathlib import Path
from typing import Any

from merilo.collect.authority.toml_file import read_toml
from merilo.definitions import Definitions
from merilo.errors import MissingFileError, TableError
from merilo.language import translator
from merilo.tables.procedure import Procedure

_ = translator("collect")

PROCEDURE_KINDS = ("vpr", "oge", "ege", "gve", "niko", "regional", "school")
MARKS = ("3", "4", "5")


def read_procedure(path: Path, definitions: Definitions) -> Procedure:
    """Read and check procedure.toml."""
    facts = _load(path)
    kind = _text(facts, "kind", path) or "school"
    if kind not in PROCEDURE_KINDS:
        raise TableError(
            _("The kind of a procedure must be one of {kinds}").format(kinds=", ".join(PROCEDURE_KINDS)),
            file=path,
            column="kind",
            value=kind,
        )
    subject = _text(facts, "subject", path)
    known = definitions.find_subject(subject) if subject else None
    year_group = _whole(facts, "year_group", path)
    on_date = _iso(facts.get("date", ""), path)
    low, high = _score_range(facts, path)
    return Procedure(
        procedure_id=_id(facts, path),
        kind=kind,
        subject=known.id if known else subject,
        subject_name=known.title if known else subject,
        year_group=year_group,
        programme_year_group=_whole(facts, "programme_year_group", path) or year_group,
        date=on_date,
        school_year=read_school_year(_text(facts, "school_year", path), path) or _school_year(on_date),
        cut_scores=_cut_scores(facts, path),
        pass_score=_points(facts, "pass_score", path),
        prior=_prior(facts, path),
        min_score=low,
        max_score=high,
    )


def check_scores_can_be_reached(procedure: Procedure, path: Path) -> None:
    """Raise TableError when a cut score lies above the highest score: every work would fall below it."""
    highest = procedure.highest_score
    limits = {
        "cut_scores": max(procedure.cut_scores.values(), default=None),
        "pass_score": procedure.pass_score,
    }
    for column, limit in limits.items():
        if highest is not None and limit is not None and limit > highest:
            raise TableError(
                _("No work can reach {limit} points: the highest score is {highest}").format(
                    limit=f"{limit:g}", highest=f"{highest:g}"
                ),
                file=path,
                column=column,
                value=limit,
                next_step=_("Check the cut scores and the points of the items."),
            )


def read_school_year(written: str, path: Path) -> str:
    """A school year in the form 2020/21, from 2020/2021 or 2020-21 as well; "" stays "". Raises TableError."""
    found = re.fullmatch(r"(\d{4})\s*[/–—-]\s*(\d{2}|\d{4})", written.strip())
    if not written.strip():
        return ""
    if found is None or (int(found[1]) + 1) % 100 != int(found[2]) % 100:
        raise TableError(
            _("A school year is written like 2020/21"), file=path, column="school_year", value=written
        )
    return f"{found[1]}/{int(found[2]) % 100:02d}"


def _load(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise MissingFileError(
            _("The procedure is not described"),
            file=path,
            next_step=_("Write procedure.toml beside the works."),
        )
    return read_toml(path)


def _text(facts: dict[str, Any], name: str, path: Path) -> str:
    value = facts.get(name, "")
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise TableError(_("The value must be a text"), file=path, column=name, value=value)
    return str(value).strip()


def _id(facts: dict[str, Any], path: Path) -> str:
    name = _text(facts, "id", path) if "id" in facts else path.parent.name
    if not name:
        raise TableError(
            _("The id of the procedure is empty"),
            file=path,
            column="id",
            next_step=_("Give it an id, or take the line away: the folder's name stands in."),
        )
    return name


def _prior(facts: dict[str, Any], path: Path) -> tuple[str, ...]:
    given = facts.get("prior", [])
    names = [given] if isinstance(given, str) else given
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise TableError(
            _('The prior procedures are given as ids: prior = ["id"]'), file=path, column="prior", value=given
        )
    return tuple(dict.fromkeys(names))


def _score_range(facts: dict[str, Any], path: Path) -> tuple[float | None, float | None]:
    low, high = _points(facts, "min_score", path), _points(facts, "max_score", path)
    if low is not None and high is not None and low >= high:
        raise TableError(
            _("max_score must be greater than min_score"), file=path, column="max_score", value=high
        )
    return low, high


def _points(facts: dict[str, Any], name: str, path: Path) -> float | None:
    value = facts.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TableError(_("The value must be a number"), file=path, column=name, value=value)
    if not math.isfinite(value):
        raise TableError(_("The value must be a finite number"), file=path, column=name, value=value)
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
    negative = [points for points in cuts.values() if points < 0]
    if negative:
        raise TableError(
            _("A cut score cannot be negative"), file=path, column="cut_scores", value=negative[0]
        )
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
