"""Rows of the works files: where they stand, and which are works at all."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from merilo.collect.authority.folder import ProcedureFolder
from merilo.collect.authority.text_table import cleaned, read_text_table, short_rows
from merilo.collect.rejections import Rejections
from merilo.errors import TableError
from merilo.language import translator
from merilo.methods.arrays import BoolArray
from merilo.tables.procedure import Procedure

_ = translator("collect")


def read_rows(source: ProcedureFolder) -> pl.DataFrame:
    """The rows of every works file with their place (`_file`, `_row`); empty rows are no rows."""
    frames = []
    for path, label in zip(source.works, file_labels(source.works), strict=True):
        rows = read_text_table(path)
        _check_columns(rows, source.procedure, path)
        empty = rows.select(pl.all_horizontal(pl.all().is_null())).to_series()
        rows = rows.with_columns(
            pl.lit(label).alias("_file"),
            pl.int_range(2, rows.height + 2, dtype=pl.Int64).alias("_row"),
            pl.Series("_short", short_rows(path, rows)),
        )
        # Filtering copies every column: only where there is something to leave out.
        frames.append(rows.filter(~empty) if empty.any() else rows)
    return frames[0] if len(frames) == 1 else pl.concat(frames, how="diagonal_relaxed")


def file_labels(works: Sequence[Path]) -> list[str]:
    """Short names of the works files that tell them apart: the procedure's folder, else from where they differ."""
    if len(works) == 1:
        return [f"{works[0].parent.name}/{works[0].name}"]
    resolved = [path.resolve() for path in works]
    top = Path(os.path.commonpath(resolved))
    return [path.relative_to(top).as_posix() for path in resolved]


def _check_columns(frame: pl.DataFrame, procedure: Procedure, path: Path) -> None:
    needed = ["org_id", *([item.item_id for item in procedure.items] or ["score"])]
    for name in needed:
        if name not in frame.columns:
            known = ", ".join(frame.columns)
            what = (
                _("the total score, because there is no items.csv")
                if name == "score"
                else _("an item of items.csv")
            )
            raise TableError(
                _("The works have no column {name}").format(name=name)
                + (f" ({what})" if name != "org_id" else ""),
                file=path,
                row=1,
                column=name,
                next_step=_("The columns are: {known}.").format(known=known),
            )


def read_status(frame: pl.DataFrame, rejections: Rejections) -> tuple[BoolArray, BoolArray]:
    """Which rows are present works, and which keep the rule of `status` (n,); no status means present."""
    if "status" not in frame.columns:
        return np.ones(frame.height, bool), np.ones(frame.height, bool)
    words = cleaned(frame["status"]).fill_null("present")
    present = (words == "present").to_numpy()
    unknown = ~present & (words != "absent").to_numpy()
    rejections.add(
        unknown,
        column="status",
        values=words,
        rule="status_unknown",
        message=_("The status must be present or absent; the row is left out."),
    )
    return present & ~unknown, ~unknown


def check_organisations(frame: pl.DataFrame, rejections: Rejections, known: Collection[str]) -> BoolArray:
    """Which rows name an organisation (n,); one that organisations.csv does not know is reported once and kept."""
    orgs = cleaned(frame["org_id"])
    empty = orgs.is_null().to_numpy()
    rejections.add(
        empty,
        column="org_id",
        values=None,
        rule="organisation_missing",
        message=_("The row names no organisation and is left out."),
    )
    if known:
        stranger = (~orgs.is_in(list(known)) & orgs.is_first_distinct()).fill_null(value=False).to_numpy()
        rejections.add(
            stranger & ~empty,
            column="org_id",
            values=orgs,
            rule="organisation_unknown",
            message=_("The organisation is not in organisations.csv; its works are kept. Add it there."),
        )
    return ~empty


def check_twins(frame: pl.DataFrame, rejections: Rejections) -> BoolArray:
    """A work_id stands once in a file, and once in a school; later rows of the same id are left out.

    Authorities number their works without asking each other: one id in two files names two works, if the
    schools differ.
    """
    if "work_id" not in frame.columns:
        return np.ones(frame.height, bool)
    ids = frame.select(
        "_file", cleaned(frame["org_id"]).alias("org_id"), cleaned(frame["work_id"]).alias("work_id")
    )
    first = (
        pl.struct("_file", "work_id").is_first_distinct() & pl.struct("org_id", "work_id").is_first_distinct()
    )
    twin = ids.select(pl.col("work_id").is_not_null() & ~first).to_series().to_numpy()
    rejections.add(
        twin,
        column="work_id",
        values=ids["work_id"],
        rule="duplicate_work",
        message=_("A row with this work_id stands above; this one is left out."),
    )
    return ~twin


def check_whole(frame: pl.DataFrame, present: BoolArray, rejections: Rejections) -> BoolArray:
    """A present row that ends before the last column has lost cells; it is not taken for items not administered."""
    short = frame["_short"].to_numpy() & present
    rejections.add(
        short,
        column=next(name for name in reversed(frame.columns) if not name.startswith("_")),
        values=None,
        rule="row_too_short",
        message=_("The row has fewer cells than the header (is the file cut off?); it is left out."),
    )
    return ~short
