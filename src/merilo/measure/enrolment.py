"""How many pupils a school's year group has, by enrolment.csv."""

from __future__ import annotations

import numpy as np
import polars as pl

from merilo.methods.arrays import FloatArray
from merilo.tables.procedure import Procedure


def enrolled_pupils(enrolment: pl.DataFrame, procedure: Procedure, org_ids: tuple[str, ...]) -> FloatArray:
    """Pupils of the procedure's year group and school year (J,), NaN where enrolment does not say."""
    unknown = np.full(len(org_ids), np.nan)
    if not {"org_id", "pupils"} <= set(enrolment.columns) or procedure.year_group is None:
        return unknown
    rows = enrolment
    if "school_year" in rows.columns and procedure.school_year:
        rows = rows.filter(pl.col("school_year") == procedure.school_year)
    if "year_group" in rows.columns:
        rows = rows.filter(pl.col("year_group").cast(pl.Int64, strict=False) == procedure.year_group)
    totals = rows.group_by("org_id").agg(pl.col("pupils").cast(pl.Float64, strict=False).sum())
    joined = pl.DataFrame({"org_id": org_ids}).join(totals, on="org_id", how="left", maintain_order="left")
    pupils = joined["pupils"].fill_null(float("nan")).to_numpy()
    return np.where(pupils > 0, pupils, np.nan)
