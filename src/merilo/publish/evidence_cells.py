"""Cells of the tables behind the evidence on objectivity that must not be seen: few works, few pairs, few absent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from merilo.methods.arrays import BoolArray, FloatArray, IntArray
from merilo.publish.pictured import SCHOOL_ABSENT, SCHOOL_BORDERS, SCHOOL_LIKENESS, SCHOOL_MARKS
from merilo.publish.suppression import close_columns, hide_small_cells
from merilo.publish.withheld import codes

SCHOOL = ("procedure_id", "org_id")
CLASS = (*SCHOOL, "class_id")
# Table -> groups of rows whose sum is known to the reader from elsewhere.
KNOWN_SUMS: Mapping[str, Sequence[Sequence[str]]] = {
    "evidence_scores": (SCHOOL,),
    "evidence_classes": (SCHOOL,),
    "evidence_marks": (SCHOOL, (*SCHOOL, "mark"), (*SCHOOL, "journal_mark")),
    SCHOOL_BORDERS: (("org_id",),),
    SCHOOL_MARKS: (("org_id",),),
}
PAIRS: Mapping[str, Sequence[str]] = {"evidence_likeness": CLASS, SCHOOL_LIKENESS: ("org_id",)}


def telling_rows(name: str, frame: pl.DataFrame, hidden: BoolArray, *, limit: int) -> BoolArray:
    """Rows (R,) of a table of evidence to hide: `hidden` already, cells of 1 to limit - 1, what would reveal them."""
    if not frame.height:
        return hidden
    if name in KNOWN_SUMS:
        n = _numbers(frame, "n")
        sums = [codes(frame, list(key)) for key in KNOWN_SUMS[name]]
        return _closed(n, hidden | _is_few(n, limit), sums, limit=limit)
    if name in PAIRS:
        pairs = _numbers(frame, "pairs_n")
        group = codes(frame, list(PAIRS[name]))
        total = np.bincount(group, pairs)[group]
        # A class of fewer than `limit` works has fewer pairs than these.
        few = total < limit * (limit - 1) / 2
        return _closed(pairs, hidden | few | _is_few(pairs, limit), [group], limit=limit)
    return hidden


def without_few_absent(
    frame: pl.DataFrame, results: pl.DataFrame | None, *, limit: int, small_group: int
) -> pl.DataFrame:
    """`objectivity` whose rows on participation do not tell how many, or how good, a few absent pupils were.

    results: `school_results`, whose absent_n says where; where nothing is known, nothing is said.
    """
    about = pl.col("evidence") == "participation"
    key = list(SCHOOL)
    known = None if results is None or "absent_n" not in results.columns else results.select(*key, "absent_n")
    if known is None:
        known = frame.select(key).unique().with_columns(absent_n=pl.lit(None, pl.Int64))
    joined = frame.join(known, on=key, how="left", maintain_order="left")
    absent, n = joined["absent_n"].fill_null(1).cast(pl.Float64).to_numpy(), _numbers(frame, "n")
    few = (absent < limit) & ((absent > 0) | (n < small_group)) | (n - absent < limit)
    telling = about & pl.Series(few)
    columns = [c for c in ("estimate", "estimate_lower", "estimate_upper", "note") if c in frame.columns]
    return frame.with_columns(pl.when(telling).then(None).otherwise(pl.col(c)).alias(c) for c in columns)


def without_few_absent_by_mark(frame: pl.DataFrame, *, limit: int, small_group: int) -> pl.DataFrame:
    """`school_absent` without counts of a few absent or a few present pupils."""
    if not frame.height:
        return frame
    absent, n = _numbers(frame, "absent_n"), _numbers(frame, "n")
    counts = np.stack([absent, n - absent], axis=1)
    nothing = np.zeros(frame.height, dtype=bool)
    group = codes(frame, ["org_id"])
    hidden = hide_small_cells(counts, n, nothing, [group], limit=limit, small_group=small_group)
    mask = pl.Series(hidden[:, 0])
    return frame.with_columns(pl.when(mask).then(None).otherwise(pl.col("absent_n")).alias("absent_n"))


def _closed(counts: FloatArray, hidden: BoolArray, sums: Sequence[IntArray], *, limit: int) -> BoolArray:
    column = hidden[:, None]
    while True:
        wider = close_columns(counts[:, None], column, sums, limit=limit)
        if wider.sum() == column.sum():
            return wider[:, 0]
        column = wider


def _is_few(n: FloatArray, limit: int) -> BoolArray:
    few: BoolArray = (n > 0) & (n < limit)
    return few


def _numbers(frame: pl.DataFrame, column: str) -> FloatArray:
    return frame[column].cast(pl.Float64).fill_null(0.0).to_numpy()


__all__ = ["SCHOOL_ABSENT", "telling_rows", "without_few_absent", "without_few_absent_by_mark"]
