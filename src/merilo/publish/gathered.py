"""What is gathered over schools before anything is hidden, so that the sums are right; then protected too.

district_deficits   skills by district          authority_skills   skills over all schools
journal_totals      marks against the journal over all schools
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

DISTRICT_DEFICITS = "district_deficits"
AUTHORITY_SKILLS = "authority_skills"
JOURNAL_TOTALS = "journal_totals"
JOURNAL_SHARES = ("lowered_share", "confirmed_share", "raised_share")


def with_gathered(tables: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """The tables, and beside them those of this module that can be had."""
    made = dict(tables)
    organisations, deficits = tables.get("organisations"), tables.get("deficits")
    results = tables.get("school_results")
    if deficits is not None and deficits.height:
        made[AUTHORITY_SKILLS] = _over_schools(deficits)
        if organisations is not None and "district" in organisations.columns:
            districts = organisations.filter(pl.col("district").fill_null("") != "")["district"]
            if districts.n_unique() > 1:
                made[DISTRICT_DEFICITS] = _by_district(deficits, organisations)
    if results is not None and "journal_n" in results.columns:
        made[JOURNAL_TOTALS] = _journal(results)
    return made


def _by_district(deficits: pl.DataFrame, organisations: pl.DataFrame) -> pl.DataFrame:
    """One row per procedure, district and skill; gaps weighted by pupils."""
    placed = deficits.join(organisations.select("org_id", "district"), on="org_id", how="left")
    n = pl.col("n").cast(pl.Float64)
    known = placed.filter(
        pl.col("gap_share").is_not_null() & pl.col("district").is_not_null() & (pl.col("district") != "")
    )
    return (
        known.group_by("procedure_id", "district", "skill", maintain_order=True)
        .agg(
            skill_name=pl.col("skill_name").drop_nulls().first(),
            n=pl.col("n").sum(),
            schools_n=pl.len().cast(pl.Int64),
            mean_share=(pl.col("mean_share") * n).sum() / n.sum(),
            gap_share=(pl.col("gap_share") * n).sum() / n.sum(),
            gap_share_se=((pl.col("gap_share_se") * n) ** 2).sum().sqrt() / n.sum(),
            pupils_equivalent=pl.col("pupils_equivalent").sum(),
        )
        .sort("procedure_id", "skill", "district")
        .with_columns(note=pl.lit(None, dtype=pl.String))
    )


def _over_schools(deficits: pl.DataFrame) -> pl.DataFrame:
    """One row per procedure and skill over all schools: n, mean_share, schools with a deficit of their own.

    A school counts when its gap is below zero by more than 1.96 standard errors; `pupils` sums the own
    parts of those schools, in pupils.
    """
    n = pl.col("n").cast(pl.Float64)
    sure = pl.col("gap_share") + 1.96 * pl.col("gap_share_se") < 0
    return (
        deficits.filter(pl.col("mean_share").is_not_null())
        .group_by("procedure_id", "skill", maintain_order=True)
        .agg(
            skill_name=pl.col("skill_name").drop_nulls().first(),
            items_n=pl.col("items_n").max(),
            n=pl.col("n").sum(),
            mean_share=(pl.col("mean_share") * n).sum() / n.sum(),
            behind_n=sure.fill_null(value=False).sum().cast(pl.Int64),
            pupils=(-pl.col("pupils_equivalent").filter(sure)).sum(),
        )
        .sort("procedure_id", "skill")
    )


def _journal(results: pl.DataFrame) -> pl.DataFrame:
    """One row per procedure: n works with both marks, and the three shares over all schools."""
    n = pl.col("journal_n").cast(pl.Float64)
    return (
        results.filter((pl.col("journal_n") > 0) & pl.col("confirmed_share").is_not_null())
        .group_by("procedure_id", maintain_order=True)
        .agg(
            pl.col("journal_n").sum().alias("n"),
            *((pl.col(share) * n).sum() / n.sum() for share in JOURNAL_SHARES),
        )
        .sort("procedure_id")
    )
