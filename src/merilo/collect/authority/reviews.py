"""reviews.csv: what came of verifying a school's results — re-marked works, observers, the school's explanation."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from merilo.collect.authority.procedure import read_school_year
from merilo.collect.authority.text_table import cleaned, read_text_table
from merilo.errors import TableError
from merilo.language import translator
from merilo.tables.objectivity import EVIDENCE
from merilo.tables.procedure import Procedure

_ = translator("collect")

FINDINGS = {
    "confirmed": "confirmed",
    "not_confirmed": "not_confirmed",
    "подтверждено": "confirmed",
    "не подтверждено": "not_confirmed",
}
# Names of evidence, and the one kind that the evidence at all cut scores makes together.
REVIEW_KINDS = ("threshold", *(name for name in EVIDENCE if not name.startswith("fioko_")))

# org_id, procedure_id: one row for each result that the review speaks of; review: number of the review, the same for
# all rows that stand for one row of the file; scope: what that row named: procedure, school_year or nothing (run).
REVIEWS = {
    "review": pl.Int64,
    "org_id": pl.String,
    "procedure_id": pl.String,
    "scope": pl.String,
    "kind": pl.String,
    "finding": pl.String,
    "remarked_n": pl.Int64,
    "changed_n": pl.Int64,
    "mean_change": pl.Float64,
    "date": pl.String,
    "note": pl.String,
}


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of the file: its number, cells without blanks (empty: "")."""

    path: Path
    number: int
    cells: Mapping[str, str]

    def wrong(self, column: str, rule: str, next_step: str | None = None) -> TableError:
        """The error that names this cell."""
        value = self.cells.get(column) or None
        return TableError(
            rule, file=self.path, row=self.number, column=column, value=value, next_step=next_step
        )


@dataclass(frozen=True, slots=True)
class _Review:
    """A row of the file as values, and the procedures that it still speaks of."""

    row: _Row
    org_id: str
    kind: str
    finding: str
    date: str
    values: Mapping[str, object]
    procedures: list[str]


def read_reviews(
    paths: Sequence[Path], procedures: Sequence[Procedure], known_orgs: Collection[str]
) -> pl.DataFrame:
    """The columns of REVIEWS, in the order of the files, each row spread over the procedures that it speaks of.

    A row without procedure_id speaks of all procedures of its school_year, without both of all procedures of the run.
    known_orgs: schools of the run (empty: not checked). Of two reviews of one result and kind the later date holds.
    Raises TableError naming the cell.
    """
    reviews = [_review(row, procedures, known_orgs) for path in paths for row in _rows(path)]
    _keep_latest(reviews)
    spread = [
        {
            "review": number,
            "org_id": one.org_id,
            "procedure_id": name,
            "kind": one.kind,
            "finding": one.finding,
            "date": one.date,
            **one.values,
        }
        for number, one in enumerate(reviews, start=1)
        for name in one.procedures
    ]
    return pl.DataFrame(spread, schema=REVIEWS)


def confirmed_exclusions(reviews: pl.DataFrame) -> pl.DataFrame:
    """procedure_id, org_id of results that a review confirmed as not objective, sorted, each once."""
    return (
        reviews.filter(pl.col("finding") == "confirmed")
        .select("procedure_id", "org_id")
        .unique()
        .sort("procedure_id", "org_id")
    )


def _rows(path: Path) -> Iterator[_Row]:
    frame = read_text_table(path)
    frame = frame.select(cleaned(frame[name]).fill_null("").alias(name) for name in frame.columns)
    for name in ("org_id", "finding"):
        if name not in frame.columns:
            raise TableError(
                _("reviews.csv needs the column {name}").format(name=name), file=path, row=1, column=name
            )
    for number, cells in enumerate(frame.iter_rows(named=True), start=2):
        if any(cells.values()):
            yield _Row(path, number, cells)


def _review(row: _Row, procedures: Sequence[Procedure], known_orgs: Collection[str]) -> _Review:
    org = row.cells["org_id"]
    if not org:
        raise row.wrong("org_id", _("The review names no school"))
    if known_orgs and org not in known_orgs:
        raise row.wrong(
            "org_id",
            _("The school is neither in organisations.csv nor in the works"),
            _("Write its id as it stands there."),
        )
    finding = FINDINGS.get(row.cells["finding"].lower())
    if finding is None:
        raise row.wrong("finding", _("The finding is confirmed or not_confirmed"))
    kind = row.cells.get("kind", "")
    if kind and kind not in REVIEW_KINDS:
        raise row.wrong(
            "kind", _("The kind must be one of {kinds}, or empty").format(kinds=", ".join(REVIEW_KINDS))
        )
    named = [name for name in ("procedure_id", "school_year") if row.cells.get(name)]
    return _Review(
        row=row,
        org_id=org,
        kind=kind,
        finding=finding,
        date=_date(row),
        values={
            "scope": (named[0] if named else "run").removesuffix("_id"),
            **_remarked(row),
            "note": row.cells.get("note", ""),
        },
        procedures=_spoken_of(row, procedures),
    )


def _remarked(row: _Row) -> dict[str, float | None]:
    """What came of marking works again: remarked_n, changed_n, mean_change (points)."""
    remarked, changed = _whole(row, "remarked_n"), _whole(row, "changed_n")
    if changed is not None and remarked is None:
        raise row.wrong("changed_n", _("Changed works are told, re-marked works are not"))
    if changed is not None and remarked is not None and changed > remarked:
        raise row.wrong("changed_n", _("More works were changed than re-marked ({n})").format(n=remarked))
    change = _number(row, "mean_change")
    if changed == 0 and change:
        raise row.wrong("mean_change", _("No work was changed, yet the mean change is not 0"))
    return {"remarked_n": remarked, "changed_n": changed, "mean_change": change}


def _spoken_of(row: _Row, procedures: Sequence[Procedure]) -> list[str]:
    """Ids of the procedures that the row speaks of, sorted."""
    wanted, written = row.cells.get("procedure_id", ""), row.cells.get("school_year", "")
    by_id = {procedure.procedure_id: procedure for procedure in procedures}
    if wanted and wanted not in by_id:
        raise row.wrong(
            "procedure_id",
            _("There is no such procedure in this run"),
            _("The procedures are: {known}.").format(known=", ".join(sorted(by_id))),
        )
    year = read_school_year(written, row.path)
    if wanted:
        if year and by_id[wanted].school_year not in ("", year):
            raise row.wrong(
                "school_year", _("The procedure was held in {year}").format(year=by_id[wanted].school_year)
            )
        return [wanted]
    found = sorted(name for name, one in by_id.items() if not year or one.school_year == year)
    if not found:
        raise row.wrong("school_year", _("No procedure of this run was held in that school year"))
    return found


def _keep_latest(reviews: list[_Review]) -> None:
    """Take out of every review the results of which a later one of the same kind speaks.

    Raises TableError where two findings differ and no date tells which came later.
    """
    last: dict[tuple[str, str, str], _Review] = {}
    for review in reviews:
        for name in tuple(review.procedures):
            key = (review.org_id, name, review.kind)
            earlier = last.setdefault(key, review)
            if earlier is review:
                continue
            if (review.finding != earlier.finding) and review.date == earlier.date:
                raise review.row.wrong(
                    "finding",
                    _("Another row says the opposite of the same school and procedure"),
                    _("Keep one row, or write the dates: the later one holds."),
                )
            older, last[key] = sorted((earlier, review), key=lambda one: one.date)
            older.procedures.remove(name)


def _whole(row: _Row, column: str) -> int | None:
    number = _number(row, column)
    if number is not None and (number < 0 or number != int(number)):
        raise row.wrong(column, _("The value must be a whole number from 0"))
    return None if number is None else int(number)


def _number(row: _Row, column: str) -> float | None:
    text = row.cells.get(column, "").replace(",", ".").replace("\u2212", "-")
    try:
        number = float(text) if text else None
    except ValueError:
        number = float("nan")
    if number is not None and not abs(number) < float("inf"):
        raise row.wrong(column, _("The value must be a number"))
    return number


def _date(row: _Row) -> str:
    """ISO date, from 2021-04-15 or 15.04.2021; "" where empty."""
    text = row.cells.get("date", "")
    if not text:
        return ""
    try:
        day, dot, rest = text.partition(".")
        if dot:
            month, _dot, year = rest.partition(".")
            return date(int(year), int(month), int(day)).isoformat()
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise row.wrong("date", _("The date must be like 2021-04-15")) from None
