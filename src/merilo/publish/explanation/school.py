"""One school of a run as an explanation sees it: what was found of each kind, over all procedures and in which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

import polars as pl

from merilo.definitions import Definitions
from merilo.publish.disclosure import one_school, protect
from merilo.publish.explanation.reading import Run
from merilo.publish.figures.strip import FAR, NOTED
from merilo.publish.pictured import SCHOOL_KINDS, SCHOOL_SCORES, with_pictures
from merilo.publish.standing import standing
from merilo.tables.objectivity import kind_of


@dataclass(frozen=True, slots=True)
class Noted:
    """A procedure in which a kind can be told: its title and facts, and z there."""

    procedure_id: str
    title: str
    subject: str
    year_group: int | None
    school_year: str
    z: float

    @property
    def stands_out(self) -> bool:
        """Whether one of twenty ordinary schools at most would lie there."""
        return self.z >= NOTED


@dataclass(frozen=True, slots=True)
class KindFound:
    """A kind of evidence over all procedures.

    estimate with limits and n: pooled (pictured.py), None where hidden or unknown; usual, usual_high: median and ninth
    decile of the other schools; told: procedures that could tell, the most unusual first.
    """

    kind: str
    z: float | None
    p_value: float | None
    probability: float | None
    n: int | None
    estimate: float | None
    lower: float | None
    upper: float | None
    usual: float | None
    usual_high: float | None
    others_n: int | None
    told: tuple[Noted, ...]

    @property
    def noted(self) -> tuple[Noted, ...]:
        """Procedures in which it stands out."""
        return tuple(one for one in self.told if one.stands_out)


@dataclass(frozen=True, slots=True)
class School:
    """What a run says of one school; tables are protected for the school and the centre.

    state: one of standing.STANDINGS.
    procedures: rows of `procedures` in which the school took part, with its own works as `own_n` (None: hidden).
    """

    org_id: str
    name: str
    kind_of_school: str | None
    state: str
    probability: float | None
    q_value: float | None
    leading: KindFound | None
    kinds: tuple[KindFound, ...]
    verdict: Mapping[str, Any]
    procedures: tuple[Mapping[str, Any], ...]
    schools_n: int
    tables: Mapping[str, pl.DataFrame]
    definitions: Definitions
    run: Run

    @property
    def shown_kinds(self) -> tuple[KindFound, ...]:
        """Kinds worth a chapter: the leading one, then those far from ordinary schools."""
        first = () if self.leading is None else (self.leading,)
        names = {one.kind for one in first}
        return (*first, *(k for k in self.kinds if k.kind not in names and k.z is not None and k.z >= FAR))

    @property
    def works_n(self) -> int:
        """Works of all procedures whose number may be shown."""
        return sum(row["own_n"] or 0 for row in self.procedures)

    @property
    def usual_works(self) -> float | None:
        """Works in the middle procedure; None where all are hidden."""
        shown = [row["own_n"] for row in self.procedures if row["own_n"]]
        return float(median(shown)) if shown else None

    def found(self, kind: str) -> KindFound | None:
        """What was found of a kind."""
        return next((one for one in self.kinds if one.kind == kind), None)


def look_at(run: Run, org_id: str, name: str, definitions: Definitions) -> School:
    """Everything about one school of a run, protected."""
    tables = protect(with_pictures(run.tables, org_id), one_school(org_id), definitions.disclosure)
    own = tables["objectivity_schools"].filter(pl.col("org_id") == org_id)
    verdict = own.row(0, named=True) if own.height else {}
    kinds = _kinds(tables, org_id)
    leading_name = kind_of(verdict.get("leading_evidence"))
    state = _state(own, definitions)
    leading = next((one for one in kinds if one.kind == leading_name), None)
    organisation: dict[str, Any] = {}
    if "organisations" in tables and tables["organisations"].height:
        organisation = tables["organisations"].filter(pl.col("org_id") == org_id).row(0, named=True)
    return School(
        org_id=org_id,
        name=name,
        kind_of_school=organisation.get("kind"),
        state=state,
        probability=verdict.get("probability"),
        q_value=verdict.get("q_value"),
        leading=leading if state in ("verify", "attention") else None,
        kinds=kinds,
        verdict=verdict,
        procedures=_procedures(tables, org_id),
        schools_n=run.tables["objectivity_schools"].height,
        tables=tables,
        definitions=definitions,
        run=run,
    )


def _state(own: pl.DataFrame, definitions: Definitions) -> str:
    """One of standing.STANDINGS."""
    if not own.height:
        return "little"
    return str(own.select(standing(definitions).alias("standing"))["standing"][0])


def _kinds(tables: Mapping[str, pl.DataFrame], org_id: str) -> tuple[KindFound, ...]:
    """Kinds, the most unusual first."""
    pooled = tables["objectivity_kinds"].filter(pl.col("org_id") == org_id)
    beside = tables[SCHOOL_KINDS].drop("note", "procedures_n", strict=False)
    rows = pooled.join(beside, on=["org_id", "kind"], how="left")
    told = _told(tables, org_id)
    rows = rows.sort("z", "kind", descending=[True, False], nulls_last=True)
    return tuple(
        KindFound(
            kind=row["kind"],
            z=row["z"],
            p_value=row["p_value"],
            probability=row["probability"],
            n=row["n"],
            estimate=row["estimate"],
            lower=row["estimate_lower"],
            upper=row["estimate_upper"],
            usual=row["usual"],
            usual_high=row["usual_high"],
            others_n=row["others_n"],
            told=told.get(row["kind"], ()),
        )
        for row in rows.iter_rows(named=True)
    )


def _told(tables: Mapping[str, pl.DataFrame], org_id: str) -> dict[str, tuple[Noted, ...]]:
    known = tables["procedures"].select(
        "procedure_id", "title", "subject", "subject_name", "year_group", "school_year"
    )
    own = tables[SCHOOL_SCORES].filter(pl.col("org_id") == org_id, pl.col("z").is_not_null())
    scores = own.join(known, on="procedure_id", how="left")
    found: dict[str, list[Noted]] = {}
    for row in scores.sort("z", descending=True).iter_rows(named=True):
        noted = Noted(
            row["procedure_id"],
            row["title"] or row["procedure_id"],
            row["subject_name"] or row["subject"] or "",
            row["year_group"],
            row["school_year"] or "",
            row["z"],
        )
        found.setdefault(row["kind"], []).append(noted)
    return {kind: tuple(rows) for kind, rows in found.items()}


def _procedures(tables: Mapping[str, pl.DataFrame], org_id: str) -> tuple[Mapping[str, Any], ...]:
    if "school_results" in tables:
        own = tables["school_results"].filter(pl.col("org_id") == org_id)
        own = own.select("procedure_id", own_n="n", own_mean="mean_points")
    else:
        own = tables["objectivity"].filter(pl.col("org_id") == org_id).group_by("procedure_id").agg()
        own = own.with_columns(own_n=pl.lit(None, pl.Int64), own_mean=pl.lit(None, pl.Float64))
    rows = own.join(tables["procedures"], on="procedure_id", how="left").sort("procedure_id")
    return tuple(rows.iter_rows(named=True))
