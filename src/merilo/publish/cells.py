"""Shares of small groups inside a row that may itself be seen: marks, journal comparison, absentees."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import polars as pl

from merilo.language import translator
from merilo.methods.arrays import BoolArray, FloatArray, IntArray
from merilo.publish.suppression import hide_small_cells

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
    judged = _numbers(frame, "judged_n") if "judged_n" in frame.columns else sizes
    journal_n = _numbers(frame, "journal_n") if "journal_n" in frame.columns else sizes

    def hide(counts: FloatArray, n: FloatArray) -> BoolArray:
        return hide_small_cells(counts, n, hidden_rows, partitions, limit=limit, small_group=small_group)

    marks = hide(_counts(frame, MARKS, judged), judged)
    hidden = dict(zip(MARKS, marks.T))
    hidden.update(zip(JOURNAL, hide(_counts(frame, JOURNAL, journal_n), journal_n).T))
    hidden["journal_n"] = _is_few(journal_n, limit)
    hidden["low_share"] = _with_complement(frame, "low_share", judged, hide) | marks[:, 0]
    hidden["low_n"] = hidden["low_share"]
    hidden["quality_share"] = _quality(marks)
    if "absent_n" in frame.columns:
        hidden["absent_n"], hidden["participation_share"] = _absent(frame, sizes, hide, limit=limit)
        hidden["enrolled_n"] = hidden["participation_share"]
    return _emptied(frame, hidden, hidden_rows)


def _absent(frame: pl.DataFrame, n: FloatArray, hide: Hide, *, limit: int) -> tuple[BoolArray, BoolArray]:
    """Absentees to hide; and where the share of those who took part, or the enrolment, would tell of a few."""
    absent = _numbers(frame, "absent_n")
    hidden = hide(absent[:, None], np.full_like(absent, np.inf))[:, 0]
    telling = hidden.copy()
    if "enrolled_n" in frame.columns:
        telling |= _is_few(_numbers(frame, "enrolled_n") - n, limit)
    if "participation_share" in frame.columns:
        with np.errstate(divide="ignore", invalid="ignore"):
            telling |= _is_few(n / _numbers(frame, "participation_share") - n, limit)
    return hidden, telling


def _is_few(pupils: FloatArray, limit: int) -> BoolArray:
    rounded = np.round(pupils)
    return (rounded > 0) & (rounded < limit)


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


def _quality(marks: BoolArray) -> BoolArray:
    """Quality = share_4 + share_5: it stands only where the marks that are shown say the same anyway."""
    said: BoolArray = (marks[:, 0] == marks[:, 1]) & (marks[:, 2] == marks[:, 3]) & ~marks.all(axis=1)
    return ~said


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
