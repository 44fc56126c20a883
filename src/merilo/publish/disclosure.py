"""Who may see which numbers. Nothing leaves the house except through `protect`.

Cells of fewer than `min_cell` pupils never leave; cells below `restricted_below` stay inside the school
and the centre. A hidden cell takes a partner with it, so that it cannot be had by subtraction from a
total (suppression.py). No lowest and highest values, no rows of pupils. A school sees its own rows only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

import polars as pl

from merilo.language import translator
from merilo.methods.arrays import BoolArray
from merilo.publish.cells import protect_cells
from merilo.publish.evidence_cells import telling_rows, without_few_absent, without_few_absent_by_mark
from merilo.publish.gathered import DISTRICT_DEFICITS
from merilo.publish.pictured import PICTURED, SCHOOL_ABSENT
from merilo.publish.withheld import beside_its_own, codes, find_withheld, gives_others_away
from merilo.tables import TABLES

_ = translator("publish")

PUPIL_COLUMNS = frozenset({"pupil_id", "work_id", "first_work", "second_work"})
EXTREMES = ("min_", "max_", "minimum_", "maximum_")
NOT_EXTREMES = frozenset({"max_points", "max_score", "min_score"})  # facts of the test form, not of pupils
NEVER_LEAVES = frozenset({"similar_pairs"})
STAYS_AT_THE_CENTRE = frozenset({"rejected_rows", "objectivity_models"})
NOT_FOR_THE_PUBLIC = frozenset(
    {
        *("objectivity", "objectivity_schools", "objectivity_kinds"),
        *("evidence_scores", "evidence_items", "evidence_classes", "evidence_likeness", "evidence_marks"),
        *PICTURED,
    }
)

# Tables with shares of categories, whose single cells are protected as well.
SHARED_OUT = frozenset({"school_results", "procedures", "journal_totals"})

# Counts of pupils over the whole authority; not_administered_n describes the test forms, not the pupils.
ITEM_COUNTS = frozenset({"not_attempted_n"})

# What describes a row rather than measures its pupils: it stays when the row is hidden.
DESCRIPTIVE = frozenset(
    {
        *("position", "max_points", "max_score", "min_score", "year_group", "programme_year_group"),
        *("cut_3", "cut_4", "cut_5", "pass_score", "score", "items_n", "procedures_n", "row", "schools_n"),
        *("journal_mark", "mark", "likeness_from", "distance", "shift", "usual", "usual_high", "usual_share"),
    }
)
DERIVED_WORDS = frozenset({"stability", "item_rule", "note", "leading_evidence"})


class DisclosureLimits(Protocol):
    """What `protect` needs of a rule, whoever states it."""

    @property
    def min_cell(self) -> int:
        """Cells of fewer pupils never leave."""

    @property
    def restricted_below(self) -> int:
        """Cells of fewer pupils stay inside the school and the centre."""


@dataclass(frozen=True, slots=True)
class DisclosureRule:
    """The default limits, in pupils."""

    min_cell: int = 5
    restricted_below: int = 10


@dataclass(frozen=True, slots=True)
class Audience:
    """Who reads: one school (its org_id), the centre, or the public."""

    kind: Literal["school", "centre", "public"]
    org_id: str | None = None

    def limit(self, rule: DisclosureLimits) -> int:
        """The smallest number of pupils in a cell this reader may see."""
        return rule.restricted_below if self.kind == "public" else rule.min_cell


CENTRE = Audience("centre")
PUBLIC = Audience("public")


def one_school(org_id: str) -> Audience:
    """A school reading its own results."""
    return Audience("school", org_id)


def protect(
    tables: Mapping[str, pl.DataFrame], audience: Audience, rule: DisclosureLimits
) -> dict[str, pl.DataFrame]:
    """The tables as this audience may see them; what is hidden is empty and its `note` says so."""
    limit = audience.limit(rule)
    shown = {
        name: _own_rows(_without_extremes(name, frame, audience), audience)
        for name, frame in tables.items()
        if _may_leave(name, frame, audience)
    }
    if audience.kind == "school" and DISTRICT_DEFICITS in shown:
        shown[DISTRICT_DEFICITS] = beside_its_own(
            shown[DISTRICT_DEFICITS], shown.get("deficits"), limit=limit
        )
    summed = shown.get("organisations") if DISTRICT_DEFICITS in shown and audience.kind != "school" else None
    withheld = find_withheld(shown, summed, limit=limit)
    protected = {}
    for name, frame in shown.items():
        rows = withheld.rows(name, frame, shown.get("procedures"), limit=limit)
        if audience.kind == "school" and "org_id" not in frame.columns and name != DISTRICT_DEFICITS:
            rows |= gives_others_away(frame, shown, limit=rule.restricted_below)
        rows = telling_rows(name, frame, rows, limit=limit)
        open_frame = _blank(frame, rows, limit)
        if name == "objectivity":
            small = rule.restricted_below
            open_frame = without_few_absent(
                open_frame, tables.get("school_results"), limit=limit, small_group=small
            )
        if name == SCHOOL_ABSENT:
            small = rule.restricted_below
            open_frame = without_few_absent_by_mark(open_frame, limit=limit, small_group=small)
        if name in SHARED_OUT:
            partitions = [codes(frame, ["procedure_id"])] if name == "school_results" else []
            open_frame = protect_cells(
                open_frame, rows, partitions, limit=limit, small_group=rule.restricted_below
            )
        if name == "items":
            open_frame = _without_small_counts(open_frame, ITEM_COUNTS, limit)
        protected[name] = open_frame
    return protected


def withheld_note(limit: int) -> str:
    """What stands beside a hidden row."""
    return _(
        "too few pupils to judge (fewer than {limit}, or the neighbouring number would be revealed)"
    ).format(limit=limit)


def _may_leave(name: str, frame: pl.DataFrame, audience: Audience) -> bool:
    if name in NEVER_LEAVES or PUPIL_COLUMNS & set(frame.columns):
        return False
    if name in STAYS_AT_THE_CENTRE:
        return audience.kind == "centre"
    return not (audience.kind == "public" and name in NOT_FOR_THE_PUBLIC)


def _without_extremes(name: str, frame: pl.DataFrame, audience: Audience) -> pl.DataFrame:
    """Without lowest and highest values; outside the centre also without columns that Merilo does not know."""
    extremes = [c for c in frame.columns if c.startswith(EXTREMES) and c not in NOT_EXTREMES]
    if name == "organisations" and audience.kind != "centre":
        extremes += [c for c in frame.columns if c not in TABLES["organisations"].schema]
    return frame.drop(extremes)


def _own_rows(frame: pl.DataFrame, audience: Audience) -> pl.DataFrame:
    if audience.kind != "school" or "org_id" not in frame.columns:
        return frame
    return frame.filter(pl.col("org_id") == audience.org_id)


def _without_small_counts(frame: pl.DataFrame, columns: frozenset[str], limit: int) -> pl.DataFrame:
    return frame.with_columns(
        pl.when(~pl.col(c).is_between(1, limit - 1)).then(pl.col(c)).alias(c)
        for c in frame.columns
        if c in columns
    )


def _blank(frame: pl.DataFrame, rows: BoolArray, limit: int) -> pl.DataFrame:
    """Hidden rows keep what describes them and lose what measures them."""
    if not rows.any():
        return frame
    measured = [
        c
        for c, dtype in frame.schema.items()
        if c not in DESCRIPTIVE and (dtype != pl.String or c in DERIVED_WORDS)
    ]
    mask = pl.Series(rows)
    emptied = frame.with_columns(pl.when(mask).then(None).otherwise(pl.col(c)).alias(c) for c in measured)
    note = pl.col("note") if "note" in frame.columns else pl.lit(None, dtype=pl.String)
    return emptied.with_columns(note=pl.when(mask).then(pl.lit(withheld_note(limit))).otherwise(note))
