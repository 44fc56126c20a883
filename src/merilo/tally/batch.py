"""A batch of works as numpy arrays: the rows of one row group, sorted by school and class."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from merilo.methods.arrays import FloatArray
from merilo.tables.works import ROW_GROUP, WorksFile


@dataclass(frozen=True, slots=True)
class Batch:
    """n works. org, klass (n,) int32; variant (n,); present, sex, journal_mark, mark (n,) int8;
    score (n,) points, NaN absent; points: I arrays (n,) int8; covariates: C arrays (n,).
    """

    org: np.ndarray
    klass: np.ndarray
    variant: np.ndarray
    present: np.ndarray
    sex: np.ndarray
    journal_mark: np.ndarray
    mark: np.ndarray
    score: FloatArray
    points: tuple[np.ndarray, ...]
    covariates: tuple[FloatArray, ...]


def read_batch(works: WorksFile, row_group: int) -> Batch:
    """Read one row group of a works file."""
    return batch_of(works, pl.scan_parquet(works.path).slice(row_group * ROW_GROUP, ROW_GROUP).collect())


def batch_of(works: WorksFile, rows: pl.DataFrame) -> Batch:
    """Rows of a works file as arrays."""
    rows = rows.rechunk()
    column = {name: rows[name].to_numpy() for name in rows.columns}
    return Batch(
        org=column["org"],
        klass=column["klass"],
        variant=column["variant"],
        present=column["present"],
        sex=column["sex"],
        journal_mark=column["journal_mark"],
        mark=column["mark"],
        score=column["score"],
        points=tuple(column[name] for name in works.item_columns),
        covariates=tuple(column[name] for name in works.covariate_columns),
    )
