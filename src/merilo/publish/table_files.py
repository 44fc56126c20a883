"""Tables as files: CSV and Parquet, sorted by key, the same bytes every time."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl
from polars.exceptions import PolarsError

from merilo.errors import OutputError
from merilo.language import translator
from merilo.tables import TABLES

_ = translator("publish")


def write_tables(tables: Mapping[str, pl.DataFrame], folder: Path) -> list[Path]:
    """Write every table as `<name>.csv` and `<name>.parquet` into `folder`; returns the paths, in order.

    Not protected: these files are the analyst's own and stay at the centre.
    """
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in sorted(tables):
            frame = in_key_order(name, tables[name])
            csv, parquet = folder / f"{name}.csv", folder / f"{name}.parquet"
            frame.write_csv(csv)
            frame.write_parquet(parquet, compression="zstd", statistics=True)
            written += [csv, parquet]
    except (OSError, PolarsError) as problem:  # polars tells of a full disk as of a Parquet fault
        raise OutputError(
            _("the tables cannot be written"),
            file=folder,
            value=getattr(problem, "strerror", None) or str(problem).splitlines()[0],
            next_step=_("Free some space or choose another folder."),
        ) from problem
    return written


def in_key_order(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Rows sorted by the table's key; a table nobody declared by its leading text columns."""
    if name in TABLES:
        key = [c for c in TABLES[name].key if c in frame.columns]
    else:
        key = [c for c, dtype in frame.schema.items() if dtype == pl.String][:3]
    return frame.sort(key, nulls_last=True, maintain_order=True) if key else frame
