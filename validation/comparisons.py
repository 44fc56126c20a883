"""Tables of a run against the truth: contributions by name, whose mean over many towns is the number of interest."""

from __future__ import annotations

import numpy as np
import polars as pl
import town
from town import CUTS, MAX_POINTS, Law

from merilo.methods.arrays import BoolArray, FloatArray

Contributions = dict[str, FloatArray]

WIDE = 1.959964


def rows_of(frame: pl.DataFrame, procedure: str = "b") -> pl.DataFrame:
    """Rows of one procedure, in the order of schools or items."""
    rows = frame.filter(pl.col("procedure_id") == procedure)
    return rows.sort("org_id" if "org_id" in rows.columns else "position")


def column(frame: pl.DataFrame, name: str) -> FloatArray:
    """A column as numbers, NaN where empty."""
    return frame[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()


def inside(frame: pl.DataFrame, name: str, truth: FloatArray) -> FloatArray:
    """1 where the interval of the column holds the truth."""
    within: BoolArray = (column(frame, f"{name}_lower") <= truth) & (truth <= column(frame, f"{name}_upper"))
    return within.astype(float)


def compare_items(tables: dict[str, pl.DataFrame], form: town.TestForm) -> Contributions:
    """Difficulties, mean 0 over items, against the true ones."""
    rows = rows_of(tables["items"])
    truth = form.difficulty - form.difficulty.mean()
    error, se = column(rows, "difficulty_logits") - truth, column(rows, "difficulty_logits_se")
    two = np.array(MAX_POINTS) == 2
    return {
        "items.scale": np.array([(error + truth) @ truth / (truth @ truth)]),
        "items.two_points": np.array([error[two].mean()]),
        "items.hard": error[np.argsort(truth)[-3:]],
        "items.z2": (error / se) ** 2,
        "items.coverage": (np.abs(error) <= WIDE * se).astype(float),
    }


def compare_dif(tables: dict[str, pl.DataFrame], form: town.TestForm) -> Contributions:
    """Differences by sex: where one was planted, and where none was."""
    rows = rows_of(tables["items"])
    error = column(rows, "dif_sex_logits") - form.sex_dif
    se = column(rows, "dif_sex_logits_se")
    planted = form.sex_dif != 0
    covered = (np.abs(error) <= WIDE * se).astype(float)
    return {
        "dif.planted": error[planted],
        "dif.planted.coverage": covered[planted],
        "dif.none": error[~planted],
        "dif.none.coverage": covered[~planted],
    }


def compare_effects(
    tables: dict[str, pl.DataFrame], kind: str, truth: FloatArray, schools: int
) -> Contributions:
    """Intervals of the effects, and the error of the schools that look best (the top quarter)."""
    rows = rows_of(tables["school_effects"]).filter(pl.col("kind") == kind)
    assert rows.height == schools
    blup, se = column(rows, "effect_points"), column(rows, "effect_points_se")
    best = blup >= np.quantile(blup, 0.75)
    return {
        f"{kind}.coverage": inside(rows, "effect_points", truth),
        f"{kind}.coverage.small": inside(rows, "effect_points", truth)[column(rows, "n") <= 12],
        f"{kind}.conditional": (np.abs(blup - truth) <= WIDE * se).astype(float),
        f"{kind}.best": (blup - truth)[best],
    }


def compare_means(tables: dict[str, pl.DataFrame], law: Law) -> Contributions:
    """Means of points against what a pupil of the school is expected to gain."""
    rows = rows_of(tables["school_results"])
    error = column(rows, "mean_points") - law.mean
    return {
        "mean.coverage": inside(rows, "mean_points", law.mean),
        "mean.z2": (error / column(rows, "mean_points_se")) ** 2,
    }


def compare_shares(tables: dict[str, pl.DataFrame], law: Law) -> Contributions:
    """Shares of marks against the true ones."""
    rows = rows_of(tables["school_results"])
    lowest = [0, *CUTS.values(), law.share.shape[1]]
    return {
        f"share_{mark}.coverage": inside(
            rows, f"share_{mark}", law.between(lowest[mark - 2], lowest[mark - 1])
        )
        for mark in (2, 3, 4, 5)
    }


def compare_growth(
    tables: dict[str, pl.DataFrame], joint: FloatArray, everywhere: FloatArray
) -> Contributions:
    """Mean growth percentiles. joint (J, S+1, S+1): P(earlier, later score) by school; everywhere: over all pupils."""
    rows = rows_of(tables["school_growth"])
    given = everywhere / everywhere.sum(axis=1, keepdims=True)
    rank = 100 * (np.cumsum(given, axis=1) - given / 2)
    truth = (joint * rank).sum(axis=(1, 2))
    mean, se = column(rows, "mean_growth_percentile"), column(rows, "mean_growth_percentile_se")
    n = column(rows, "n")
    return {
        "growth.town": np.array([mean @ n / n.sum()]),
        "growth.error": mean - truth,
        "growth.scale": np.array([((mean - 50) @ (truth - 50)) / ((truth - 50) @ (truth - 50))]),
        "growth.z2": ((mean - truth) / se) ** 2,
        "growth.coverage": (np.abs(mean - truth) <= WIDE * se).astype(float),
    }
