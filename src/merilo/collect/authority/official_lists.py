"""official_lists.csv: schools on official lists («Перечень ОО с признаками необъективных результатов»)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import polars as pl

from merilo.collect.authority.procedure import read_school_year
from merilo.collect.authority.text_table import cleaned, read_text_table
from merilo.errors import TableError
from merilo.language import translator

_ = translator("collect")

# What `merilo import --official-list` writes; people may write it too. source: begin of the file's sha256.
COLUMNS = ("org_id", "school_year", "list", "marker", "source_file", "source", "note")


def read_official_lists(paths: Sequence[Path], known_orgs: Collection[str]) -> pl.DataFrame:
    """The columns COLUMNS as text, empty cells "", one row an entry. known_orgs: schools of the run (empty: any).

    Raises TableError naming the cell.
    """
    frames = [_read(path, known_orgs) for path in paths]
    return pl.concat([pl.DataFrame(schema=dict.fromkeys(COLUMNS, pl.String)), *frames])


def _read(path: Path, known_orgs: Collection[str]) -> pl.DataFrame:
    frame = read_text_table(path)
    if "org_id" not in frame.columns:
        raise TableError(
            _("official_lists.csv needs the column {name}").format(name="org_id"),
            file=path,
            row=1,
            column="org_id",
        )
    frame = frame.select(
        (cleaned(frame[name]) if name in frame.columns else pl.lit(None, pl.String)).fill_null("").alias(name)
        for name in COLUMNS
    ).with_row_index("row", offset=2)
    frame = frame.filter(pl.any_horizontal(pl.col(name) != "" for name in COLUMNS))
    for row, org, year in frame.select("row", "org_id", "school_year").iter_rows():
        if not org or (known_orgs and org not in known_orgs):
            raise TableError(
                _("The school is neither in organisations.csv nor in the works")
                if org
                else _("The entry names no school"),
                file=path,
                row=row,
                column="org_id",
                value=org or None,
            )
        read_school_year(year, path)
    years = {year: read_school_year(year, path) for year in frame["school_year"].unique()}
    return frame.drop("row").with_columns(pl.col("school_year").replace(years))
