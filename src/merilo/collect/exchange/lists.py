"""organisations.csv and rejected_rows.csv of an authority folder: what is there is kept, what is new is added."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import polars as pl

from merilo.collect.exchange.delimited import read_delimited, written_csv
from merilo.collect.exchange.reports import SCHEMA
from merilo.collect.exchange.schools import School, organisations_frame
from merilo.errors import TableError
from merilo.language import translator

_ = translator("exchange")


def extend_organisations(path: Path, schools: Sequence[School]) -> bytes | None:
    """organisations.csv with the new schools and the gaps of known ones filled; None if nothing changes.

    Cells that people wrote are never overwritten.
    """
    found = organisations_frame(list(schools))
    if not path.is_file():
        return written_csv(found)
    old = read_table(path)
    if "org_id" not in old.columns:
        raise TableError(
            _("organisations.csv has no column org_id"),
            file=path,
            row=1,
            next_step=_("Add it, or move the file away."),
        )
    told = old.join(found, on="org_id", how="left", suffix="_found", maintain_order="left")
    for name in found.columns[1:]:
        if name in old.columns:
            told = told.with_columns(
                pl.when(pl.col(name).fill_null("") == "")
                .then(pl.col(f"{name}_found"))
                .otherwise(pl.col(name))
                .alias(name)
            )
    told = told.select(old.columns)
    new = found.join(old, on="org_id", how="anti", maintain_order="left")
    new = new.select([name for name in found.columns if name in old.columns])
    joined = pl.concat([told, new], how="diagonal").with_columns(pl.all().fill_null(""))
    return None if joined.equals(old.with_columns(pl.all().fill_null(""))) else written_csv(joined)


def extend_rejected_rows(path: Path, found: pl.DataFrame, *, replaced: Collection[str]) -> bytes:
    """rejected_rows.csv without the reports of `replaced` sources (begin of sha256) and with the new ones."""
    kept = pl.DataFrame(schema=SCHEMA)
    if path.is_file():
        old = read_table(path)
        old = old.with_columns(pl.lit("").alias(name) for name in SCHEMA if name not in old.columns)
        old = old.select(
            pl.when(pl.col(name) == "").then(None).otherwise(pl.col(name)).cast(kind).alias(name)
            for name, kind in SCHEMA.items()
        )
        kept = old.filter(~pl.col("source").fill_null("").is_in(list(replaced)))
    joined = pl.concat([kept, found]).sort("file", "source", "row", maintain_order=True, nulls_last=True)
    return written_csv(joined)


def read_table(path: Path) -> pl.DataFrame:
    """A CSV file of an authority folder as text."""
    header, *rows = read_delimited(path.read_bytes(), file=str(path)) or [[]]
    rows = [[*row[: len(header)], *[""] * (len(header) - len(row))] for row in rows if any(row)]
    return pl.DataFrame(rows, schema=dict.fromkeys(header, pl.String), orient="row")
