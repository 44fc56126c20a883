"""Low results: the official rule, the probability behind it, and whether chance could turn it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from merilo.definitions import Definitions, LowResultRule
from merilo.errors import EstimationError
from merilo.language import translator
from merilo.methods.arrays import BoolArray, FloatArray, IntArray
from merilo.methods.low_share import (
    LowShares,
    assess_low_shares,
    cleaned_probability,
    doubtful_cases,
    fit_doubtful_shares,
    fit_low_shares,
)

_ = translator("appraise")


def appraise_low_results(
    procedures: pl.DataFrame,
    results: pl.DataFrame,
    organisations: pl.DataFrame,
    definitions: Definitions,
    *,
    suspicion: pl.DataFrame | None = None,
    confirmed: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Rows of the table `low_results`, one per organisation with works.

    procedures, results: tables `procedures` and `school_results`. The rule looks at the latest school years
    of the run; where none of its procedures was held, all procedures with a minimum stand in, and the note
    says so.
    suspicion: org_id, procedure_id, probability that the result does not hold (from the evidence on objectivity; a pair
    not named counts as 0); confirmed: procedure_id, org_id of results that a review did not confirm as objective, which
    tell nothing of the school. With neither, probability_cleaned stays empty.
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
        cleaned = _cleaned(low, n, assessed, _doubt(counted, schools, suspicion, confirmed), rule)
    except EstimationError as error:
        return schools.with_columns(pl.lit(0).alias("procedures_n"), pl.lit(_(error.rule)).alias("note"))
    years = ", ".join(counted["school_year"].unique().sort().to_list())
    return _rows(schools, assessed, cleaned, organisations, rule, years, official=official)


@dataclass(frozen=True, slots=True)
class _Cleaned:
    """probability (S,); reviewed (S,): results that a review took away; known: whether there was anything to go by."""

    probability: FloatArray
    reviewed: IntArray
    known: bool


def _doubt(
    counted: pl.DataFrame,
    schools: pl.DataFrame,
    suspicion: pl.DataFrame | None,
    confirmed: pl.DataFrame | None,
) -> tuple[FloatArray, BoolArray] | None:
    """Probability that a result does not hold, and which a review has taken away, (S, P); None: nothing is known."""
    if suspicion is None and (confirmed is None or confirmed.is_empty()):
        return None
    doubt = np.zeros((schools.height, counted.height))
    reviewed = np.zeros(doubt.shape, bool)
    rows = {org: row for row, org in enumerate(schools["org_id"])}
    columns = {name: column for column, name in enumerate(counted["procedure_id"])}
    if suspicion is not None:
        known = suspicion.drop_nulls("probability").filter(pl.col("probability").is_not_nan())
        for org, name, chance in known.select("org_id", "procedure_id", "probability").iter_rows():
            if org in rows and name in columns:
                doubt[rows[org], columns[name]] = chance
    if confirmed is not None:
        for org, name in confirmed.select("org_id", "procedure_id").iter_rows():
            if org in rows and name in columns:
                reviewed[rows[org], columns[name]] = True
    return np.where(reviewed, 1.0, doubt), reviewed


def _cleaned(
    low: FloatArray,
    n: FloatArray,
    assessed: LowShares,
    doubted: tuple[FloatArray, BoolArray] | None,
    rule: LowResultRule,
) -> _Cleaned:
    """The probability without results that ask to be verified."""
    if doubted is None:
        return _Cleaned(np.full(len(n), np.nan), np.zeros(len(n), np.int64), known=False)
    doubt, reviewed = doubted
    gone = (reviewed & (n > 0)).sum(axis=1).astype(np.int64)
    cases = doubtful_cases(n, doubt)
    if cases.trusted.all():  # nothing in doubt: the same model would be estimated again
        return _Cleaned(assessed.probability, gone, known=True)
    if not (cases.trusted & (n[cases.school] > 0)).any():
        return _Cleaned(np.full(len(n), np.nan), gone, known=True)
    probability = cleaned_probability(
        low,
        n,
        cases,
        fit_doubtful_shares(low, n, cases),
        threshold_share=rule.threshold_share,
        min_procedures=rule.min_procedures,
        min_participants=max(rule.min_participants, 1),
    )
    return _Cleaned(probability, gone, known=True)


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
    cleaned: _Cleaned,
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
    notes: list[str | None] = []
    for out, enough, reviewed in zip(excluded, known, cleaned.reviewed, strict=True):
        words = (
            [] if official else [_("none of the rule's own procedures was held; all with a minimum are used")]
        )
        if out:
            words.append(_("this kind of organisation is outside the rule"))
        if not enough:
            words.append(_("fewer procedures than the rule needs"))
        if not cleaned.known:
            words.append(_("the cleaned probability needs the evidence on objectivity"))
        if reviewed:
            words.append(
                _("results set aside after a review, not part of the cleaned probability: {n}").format(
                    n=reviewed
                )
            )
        notes.append("; ".join(words) or None)
    return schools.with_columns(
        pl.Series("procedures_n", assessed.n_eligible.astype(np.int64)),
        pl.Series("low_procedures_n", assessed.n_low.astype(np.int64)),
        pl.Series("listed", assessed.listed & ~excluded),
        pl.Series("probability", assessed.probability),
        pl.Series("stability", [word if ok else None for word, ok in zip(stability, known, strict=True)]),
        pl.Series("probability_cleaned", cleaned.probability),
        pl.lit(years).alias("school_year"),
        pl.Series("note", notes, dtype=pl.String),
    )
