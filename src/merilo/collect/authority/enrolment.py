"""enrolment.csv: how many pupils a class has."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl

from merilo.collect.authority.cells import read_number
from merilo.collect.authority.procedure import read_school_year
from merilo.collect.authority.text_table import cleaned, read_text_table
from merilo.errors import TableError
from merilo.language import translator

_ = translator("collect")

# A class of more pupils than this is a slip of the pen.
MOST_PUPILS = 10_000


def read_enrolment(paths: Sequence[Path]) -> pl.DataFrame:
    """The rows of every file as text, checked: pupils and year_group are whole numbers. Raises TableError."""
    frames = [_read(path) for path in paths]
    return pl.concat(frames, how="diagonal") if frames else pl.DataFrame()


def _read(path: Path) -> pl.DataFrame:
    frame = read_text_table(path)
    frame = frame.select(cleaned(frame[name]).alias(name) for name in frame.columns)
    for name in ("org_id", "pupils"):
        if name not in frame.columns:
            raise TableError(
                _("enrolment.csv needs the column {name}").format(name=name), file=path, row=1, column=name
            )
    for name, most in (("pupils", MOST_PUPILS), ("year_group", 12)):
        if name in frame.columns:
            frame = frame.with_columns(_whole(frame[name], most, path).alias(name))
    if "school_year" in frame.columns:
        years = {
            year: read_school_year(year, path) for year in frame["school_year"].drop_nulls().unique().sort()
        }
        frame = frame.with_columns(pl.col("school_year").replace(years))
    return frame


def _whole(values: pl.Series, most: int, path: Path) -> pl.Series:
    """The column as whole numbers in text; TableError names the first cell that is none."""
    numbers, bad = read_number(values)
    with np.errstate(invalid="ignore"):
        bad = bad | (numbers != np.round(numbers)) & ~np.isnan(numbers) | (numbers < 0) | (numbers > most)
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise TableError(
            _("The value must be a whole number from 0 to {most}").format(most=most),
            file=path,
            row=row + 2,
            column=values.name,
            value=values[row],
            next_step=_("Correct it, or leave the cell empty where it is not known."),
        )
    return pl.Series(values.name, numbers, nan_to_null=True).cast(pl.Int64).cast(pl.String)
