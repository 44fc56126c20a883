"""Low results: the official rule, the probability behind it, and whether chance could turn it."""

from __future__ import annotations

import numpy as np
import polars as pl

from merilo.definitions import Definitions, LowResultRule
from merilo.errors import EstimationError
from merilo.language import translator
from merilo.methods.arrays import FloatArray
from merilo.methods.low_share import LowShares, assess_low_shares, fit_low_shares

_ = translator("appraise")


def appraise_low_results(
    procedures: pl.DataFrame, results: pl.DataFrame, organisations: pl.DataFrame, definitions: Definitions
) -> pl.DataFrame:
    """Rows of the table `low_results`, one per organisation with works.

    procedures, results: tables `procedures` and `school_results`. The rule looks at the latest school years
    of the run; where none of its procedures was held, all procedures with a minimum stand in, and the note
    says so.
    """
    rule = definitions.low_result_rule(definitions.run.low_result_rule)
    counted, official = _counted(procedures, results, rule)
    schools = results.select("org_id").unique().sort("org_id")
    if counted.is_empty():
        return schools.with_columns(
            pl.lit(0).alias("procedures_n"),
            pl.lit(_("no procedure of this run has a minimum, so low results cannot be told")).alias("note"),
        )
    low, n = _counts(counted, results, schools)
    try:
        assessed = assess_low_shares(
            low,
            n,
            fit_low_shares(low, n),
            threshold_share=rule.threshold_share,
            min_procedures=rule.min_procedures,
            min_participants=max(rule.min_participants, 1),
            steady_above=rule.steady_probability,
            steady_below=1 - rule.steady_probability,
        )
    except EstimationError as error:
        return schools.with_columns(pl.lit(0).alias("procedures_n"), pl.lit(_(error.rule)).alias("note"))
    years = ", ".join(counted["school_year"].unique().sort().to_list())
    return _rows(schools, assessed, organisations, rule, years, official=official)


def _counted(
    procedures: pl.DataFrame, results: pl.DataFrame, rule: LowResultRule
) -> tuple[pl.DataFrame, bool]:
    """Procedures of the rule in its window of school years, and whether they are the official ones."""
    judged = results.filter(pl.col("low_n").is_not_null())["procedure_id"].unique()
    held = procedures.filter(pl.col("procedure_id").is_in(judged.implode()))
    named = [
        rule.counts(kind=kind, subject=subject, year_group=group or 0)
        for kind, subject, group in held.select("kind", "subject", "programme_year_group").iter_rows()
    ]
    official = any(named)
    if official:
        held = held.filter(pl.Series(named, dtype=pl.Boolean))
    latest = held["school_year"].unique().sort(descending=True).head(rule.years)
    return held.filter(pl.col("school_year").is_in(latest.implode())).sort("procedure_id"), official


def _counts(
    counted: pl.DataFrame, results: pl.DataFrame, schools: pl.DataFrame
) -> tuple[FloatArray, FloatArray]:
    """Low works and works, (S, P): schools by procedures."""
    shape = (schools.height, counted.height)
    low, n = np.zeros(shape), np.zeros(shape)
    for column, procedure_id in enumerate(counted["procedure_id"]):
        rows = results.filter(pl.col("procedure_id") == procedure_id).select("org_id", "low_n", "judged_n")
        joined = schools.join(rows, on="org_id", how="left", maintain_order="left")
        low[:, column] = joined["low_n"].fill_null(0).to_numpy()
        n[:, column] = joined["judged_n"].fill_null(0).to_numpy()
    return low, n


def _rows(
    schools: pl.DataFrame,
    assessed: LowShares,
    organisations: pl.DataFrame,
    rule: LowResultRule,
    years: str,
    *,
    official: bool,
) -> pl.DataFrame:
    kinds = schools.join(
        organisations.select("org_id", "kind"), on="org_id", how="left", maintain_order="left"
    )
    excluded = kinds["kind"].is_in(list(rule.excluded_kinds)).fill_null(value=False).to_numpy()
    known = ~np.isnan(assessed.probability)
    stability = np.where(assessed.steady, "steady", "borderline")
    notes = []
    for out, enough in zip(excluded, known, strict=True):
        words = (
            [] if official else [_("none of the rule's own procedures was held; all with a minimum are used")]
        )
        if out:
            words.append(_("this kind of organisation is outside the rule"))
        if not enough:
            words.append(_("fewer procedures than the rule needs"))
        words.append(_("the cleaned probability needs the evidence on objectivity"))
        notes.append("; ".join(words))
    return schools.with_columns(
        pl.Series("procedures_n", assessed.n_eligible.astype(np.int64)),
        pl.Series("low_procedures_n", assessed.n_low.astype(np.int64)),
        pl.Series("listed", assessed.listed & ~excluded),
        pl.Series("probability", assessed.probability),
        pl.Series("stability", [word if ok else None for word, ok in zip(stability, known, strict=True)]),
        pl.lit(years).alias("school_year"),
        pl.Series("note", notes),
    )
