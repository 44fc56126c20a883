"""Shares of small groups inside a row that may itself be seen: marks, journal comparison, absentees."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import polars as pl

from merilo.language import translator
from merilo.methods.arrays import BoolArray, FloatArray, IntArray
from merilo.publish.suppression import close_columns, hide_small_cells

_ = translator("publish")

Hide = Callable[[FloatArray, FloatArray], BoolArray]

MARKS = ("share_2", "share_3", "share_4", "share_5")
JOURNAL = ("lowered_share", "confirmed_share", "raised_share")


def protect_cells(
    frame: pl.DataFrame,
    hidden_rows: BoolArray,
    partitions: Sequence[IntArray],
    *,
    limit: int,
    small_group: int,
) -> pl.DataFrame:
    """Empty the shares and counts of 1 to limit - 1 pupils, and what would reveal them.

    frame: rows of school_results or procedures with `n`; hidden_rows (R,) are empty already.
    """
    if not frame.height:
        return frame
    sizes = _numbers(frame, "n")

    def hide(counts: FloatArray, n: FloatArray) -> BoolArray:
        return hide_small_cells(counts, n, hidden_rows, partitions, limit=limit, small_group=small_group)

    hidden: dict[str, BoolArray] = {}
    marks = hide(_counts(frame, MARKS, sizes), sizes)
    hidden.update(zip(MARKS, marks.T))
    journal_n = _numbers(frame, "journal_n") if "journal_n" in frame.columns else sizes
    hidden.update(zip(JOURNAL, hide(_counts(frame, JOURNAL, journal_n), journal_n).T))
    hidden["low_share"] = _with_complement(frame, "low_share", sizes, hide) | marks[:, 0]
    hidden["quality_share"] = _quality(frame, marks, sizes, hide, partitions, limit=limit)
    if "absent_n" in frame.columns:
        absent = _numbers(frame, "absent_n")
        hidden["absent_n"] = hide(absent[:, None], np.full_like(absent, np.inf))[:, 0]
        hidden["participation_share"] = hidden["enrolled_n"] = hidden["absent_n"]
    return _emptied(frame, hidden, hidden_rows)


def _numbers(frame: pl.DataFrame, column: str) -> FloatArray:
    return frame[column].cast(pl.Float64).fill_null(np.nan).to_numpy()


def _counts(frame: pl.DataFrame, shares: Sequence[str], n: FloatArray) -> FloatArray:
    columns = [
        np.round(_numbers(frame, share) * n) if share in frame.columns else np.full(frame.height, np.nan)
        for share in shares
    ]
    return np.stack(columns, axis=1)


def _with_complement(frame: pl.DataFrame, share: str, n: FloatArray, hide: Hide) -> BoolArray:
    counts = _counts(frame, (share,), n)[:, 0]
    hidden: BoolArray = hide(np.stack([counts, n - counts], axis=1), n)[:, 0]
    return hidden


def _quality(
    frame: pl.DataFrame,
    marks: BoolArray,
    n: FloatArray,
    hide: Hide,
    partitions: Sequence[IntArray],
    *,
    limit: int,
) -> BoolArray:
    """Quality = share_4 + share_5: it may not stand where only one half of a sum is hidden."""
    hidden = _with_complement(frame, "quality_share", n, hide)
    hidden |= (marks[:, 0] != marks[:, 1]) | (marks[:, 2] != marks[:, 3])
    counts = np.nan_to_num(_counts(frame, ("quality_share",), n))
    return close_columns(counts, hidden[:, None], partitions, limit=limit)[:, 0]


def _emptied(frame: pl.DataFrame, hidden: dict[str, BoolArray], hidden_rows: BoolArray) -> pl.DataFrame:
    touched = np.zeros(frame.height, dtype=bool)
    changes = []
    for name, cells in hidden.items():
        if not cells.any():
            continue
        for column in (name, f"{name}_lower", f"{name}_upper"):
            if column in frame.columns:
                touched |= cells & frame[column].is_not_null().to_numpy()
                changes.append(pl.when(pl.Series(cells)).then(None).otherwise(pl.col(column)).alias(column))
    if not touched.any():
        return frame
    note = pl.col("note") if "note" in frame.columns else pl.lit(None, dtype=pl.String)
    some = pl.lit(_("some shares are withheld: too few pupils in a cell"))
    mark = pl.Series(touched & ~hidden_rows)
    longer = (
        pl.when(note.fill_null("") == "").then(some).otherwise(pl.concat_str([note, some], separator="; "))
    )
    return frame.with_columns(changes).with_columns(note=pl.when(mark).then(longer).otherwise(note))
