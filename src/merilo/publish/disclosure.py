"""Who may see which numbers. Nothing leaves the house except through `protect`.

Cells of fewer than `min_cell` pupils never leave; cells below `restricted_below` stay inside the school
and the centre. A hidden cell takes a partner with it, so that it cannot be had by subtraction from a
total (suppression.py). No lowest and highest values, no rows of pupils. A school sees its own rows only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import polars as pl

from merilo.language import translator
from merilo.methods.arrays import BoolArray, IntArray
from merilo.publish.cells import protect_cells
from merilo.publish.suppression import hide_small_groups

_ = translator("publish")

PUPIL_COLUMNS = frozenset({"pupil_id", "work_id"})
EXTREMES = ("min_", "max_", "minimum_", "maximum_")
NOT_EXTREMES = frozenset({"max_points", "max_score", "min_score"})  # facts of the test form, not of pupils
STAYS_AT_THE_CENTRE = frozenset({"rejected_rows"})
NOT_FOR_THE_PUBLIC = frozenset({"objectivity", "objectivity_schools"})

# Tables with shares of categories, whose single cells are protected as well.
SHARED_OUT = frozenset({"school_results", "procedures", "journal_totals"})

# What describes a row rather than measures its pupils: it stays when the row is hidden.
DESCRIPTIVE = frozenset(
    "position max_points max_score min_score year_group programme_year_group cut_3 cut_4 cut_5 pass_score "
    "score items_n procedures_n row schools_n".split()
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
        name: _own_rows(_without_extremes(frame), audience)
        for name, frame in tables.items()
        if _may_leave(name, frame, audience)
    }
    districts = None if audience.kind == "school" else shown.get("organisations")
    hidden = _hidden_results(shown, districts, limit)
    protected = {}
    for name, frame in shown.items():
        rows = _hidden_rows(name, frame, hidden, districts, limit)
        open_frame = _blank(frame, rows, limit)
        if name in SHARED_OUT:
            partitions = _partitions(open_frame, districts) if name == "school_results" else []
            open_frame = protect_cells(
                open_frame, rows, partitions, limit=limit, small_group=rule.restricted_below
            )
        protected[name] = open_frame
    return protected


def withheld_note(limit: int) -> str:
    """What stands beside a hidden row."""
    return _(
        "too few pupils to judge (fewer than {limit}, or the neighbouring number would be revealed)"
    ).format(limit=limit)


def _may_leave(name: str, frame: pl.DataFrame, audience: Audience) -> bool:
    if PUPIL_COLUMNS & set(frame.columns):
        return False
    if name in STAYS_AT_THE_CENTRE:
        return audience.kind == "centre"
    return not (audience.kind == "public" and name in NOT_FOR_THE_PUBLIC)


def _without_extremes(frame: pl.DataFrame) -> pl.DataFrame:
    extremes = [c for c in frame.columns if c.startswith(EXTREMES) and c not in NOT_EXTREMES]
    return frame.drop(extremes)


def _own_rows(frame: pl.DataFrame, audience: Audience) -> pl.DataFrame:
    if audience.kind != "school" or "org_id" not in frame.columns:
        return frame
    return frame.filter(pl.col("org_id") == audience.org_id)


def _hidden_results(
    tables: Mapping[str, pl.DataFrame], districts: pl.DataFrame | None, limit: int
) -> pl.DataFrame:
    """Pairs of procedure and school that must not be seen; `is_small`: by their own size."""
    results = tables.get("school_results")
    if results is None or not results.height:
        return pl.DataFrame(schema={"procedure_id": pl.String, "org_id": pl.String, "is_small": pl.Boolean})
    n = results["n"].cast(pl.Float64).fill_null(0.0).to_numpy()
    hidden = hide_small_groups(n, _partitions(results, districts), limit=limit)
    return results.select("procedure_id", "org_id", is_small=pl.Series(n < limit)).filter(pl.Series(hidden))


def _hidden_rows(
    name: str,
    frame: pl.DataFrame,
    hidden: pl.DataFrame,
    districts: pl.DataFrame | None,
    limit: int,
) -> BoolArray:
    columns = set(frame.columns)
    rows = np.zeros(frame.height, dtype=bool)
    if "n" in columns:
        n = frame["n"].cast(pl.Float64).fill_null(0.0).to_numpy()
        has_total = bool({"org_id", "district"} & columns) or name == "score_distribution"
        rows |= hide_small_groups(n, _partitions(frame, districts) if has_total else [], limit=limit)
        if name == "score_distribution":
            rows &= n > 0  # a score nobody gained tells of nobody
    if {"procedure_id", "org_id"} <= columns:
        rows |= _matches(frame, hidden, ["procedure_id", "org_id"])
    elif "org_id" in columns and name not in {"organisations"}:
        rows |= _matches(frame, hidden.filter("is_small"), ["org_id"])
    return rows


def _matches(frame: pl.DataFrame, hidden: pl.DataFrame, on: list[str]) -> BoolArray:
    marked = hidden.select(on).unique().with_columns(is_hidden=pl.lit(value=True))
    joined = frame.select(on).join(marked, on=on, how="left", maintain_order="left")
    return joined["is_hidden"].fill_null(value=False).to_numpy()


def _partitions(frame: pl.DataFrame, organisations: pl.DataFrame | None) -> list[IntArray]:
    """The groups of rows that have a published total: the whole authority, and each district."""
    totals = [c for c in ("procedure_id", "skill", "kind", "evidence") if c in frame.columns]
    if not totals:
        return []
    keys = frame.select(totals)
    partitions = [_codes(keys)]
    if organisations is not None and "org_id" in frame.columns and "district" in organisations.columns:
        district = frame.select("org_id").join(
            organisations.select("org_id", "district"), on="org_id", how="left", maintain_order="left"
        )["district"]
        partitions.append(_codes(keys.with_columns(district=district)))
    return partitions


def _codes(keys: pl.DataFrame) -> IntArray:
    joined = keys.select(
        pl.concat_str([pl.col(c).cast(pl.String).fill_null("") for c in keys.columns], separator="\x1f")
    ).to_series()
    return joined.rank("dense").cast(pl.Int64).to_numpy()


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
