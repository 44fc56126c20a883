"""Growth percentiles of a whole run against R quantreg by the recipe of the SGP package.

SGPdata (Center for Assessment), reading, grade 4 of 2025 on grade 3 of 2024, 6,977 pupils; the file holds every
pupil's percentile (shared/data/published/reference).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from folders import write_procedure

import merilo

# A run spreads whole scores over the interval around them, the package takes them as points: scores of a scale of 650
# points shift a pupil by about half a percentile, at random and a little upwards (the package counts strictly below).
MEAN_OF_A_SCHOOL = 0.8
MEAN_OF_ALL = 0.3


@pytest.mark.published
def test_school_means_equal_the_reference(published: Callable[[str], Path], tmp_path: Path) -> None:
    reference = pl.read_csv(published("reference") / "sgp_ref_grade4_2025_1prior.csv").with_columns(
        pl.format("s{}", pl.col("ID") % 60).alias("org_id")
    )
    works = reference.select(
        "org_id",
        pl.col("ID").cast(pl.String).alias("pupil_id"),
        pl.col("SS_2025").alias("score"),
        pl.col("SS_2024").alias("prior_score"),
    )
    write_procedure(tmp_path, "p", works, toml='kind = "regional"\n')
    growth = merilo.run(tmp_path).tables["school_growth"]
    expected = reference.group_by("org_id").agg(pl.col("SGP_ref").mean(), pl.len())
    joined = growth.join(expected, on="org_id", how="inner")
    assert joined.height == expected.height
    assert joined["n"].to_list() == joined["len"].to_list()
    gap = (joined["mean_growth_percentile"] - joined["SGP_ref"]).to_numpy()
    assert np.abs(gap).max() < MEAN_OF_A_SCHOOL
    assert abs(gap.mean()) < MEAN_OF_ALL
    assert np.corrcoef(joined["mean_growth_percentile"], joined["SGP_ref"])[0, 1] > 0.999
