"""Evidence of all procedures and kinds together: rows of `objectivity` with p and q, a probability per school."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from merilo.check.culture import high_culture
from merilo.check.evidence import KINDS, Evidence
from merilo.check.model_rows import model_rows
from merilo.definitions import Definitions
from merilo.methods.arrays import FloatArray, IntArray
from merilo.methods.two_groups import (
    Combined,
    CombiningPrior,
    KindPrior,
    adjusted_p_values,
    combine,
    fit_rows,
    honest_share,
    upper_tail,
)
from merilo.tables.objectivity import (
    OBJECTIVITY,
    OBJECTIVITY_KINDS,
    OBJECTIVITY_MODELS,
    OBJECTIVITY_SCHOOLS,
    kind_of,
)

# A leading kind is named from this probability; below it there is nothing to lead.
NAMED_FROM = 0.1
# Where lifting leads and no single cut score could be told.
FIRST_CUT = "threshold_3"
# Findings of reviews: (org_id, kind; "" any kind) -> confirmed or not.
Findings = Mapping[tuple[str, str], bool]


@dataclass(frozen=True, slots=True)
class ProcedureEvidence:
    """What one procedure gave: evidence over the schools org_ids."""

    procedure_id: str
    org_ids: Sequence[str]
    evidence: Sequence[Evidence]


@dataclass(frozen=True, slots=True)
class Judged:
    """Tables of a run, checked against their schemas; `combined` has the schools org_ids and the kinds KINDS."""

    objectivity: pl.DataFrame
    schools: pl.DataFrame
    kinds: pl.DataFrame
    models: pl.DataFrame
    org_ids: tuple[str, ...]
    combined: Combined


def judge_schools(
    procedures: Sequence[ProcedureEvidence], definitions: Definitions, *, findings: Findings | None = None
) -> Judged:
    """Tables `objectivity` (Merilo's own evidence), `objectivity_schools`, `_kinds`, `_models`."""
    org_ids = tuple(sorted({org for one in procedures for org in one.org_ids}))
    place = {org: row for row, org in enumerate(org_ids)}
    rows = [np.array([place[org] for org in one.org_ids], dtype=np.int64) for one in procedures]
    prior = combining_prior(definitions)
    z, n = kind_scores(procedures, rows, len(org_ids))
    half = np.array([definitions.objectivity_prior(kind).half_works for kind in KINDS])
    combined = combine(
        z,
        prior=prior,
        flag_limit=definitions.run.flag_limit,
        information=np.sqrt(n / np.maximum(n + half, 1e-9)),
        labels=None if not findings else label_array(findings, place),
    )
    honest = np.nan_to_num(1 - combined.probability, nan=1.0)
    objectivity = _evidence_rows(procedures, rows, honest, prior, definitions)
    return Judged(
        objectivity=OBJECTIVITY.frame(objectivity),
        schools=OBJECTIVITY_SCHOOLS.frame(_school_rows(org_ids, combined, objectivity, definitions)),
        kinds=OBJECTIVITY_KINDS.frame(_kind_rows(org_ids, combined)),
        models=OBJECTIVITY_MODELS.frame(model_rows([one.procedure_id for one in procedures], combined, z)),
        org_ids=org_ids,
        combined=combined,
    )


def combining_prior(definitions: Definitions) -> CombiningPrior:
    """The priors of the definitions as numbers, kinds in the order of KINDS."""
    known = [definitions.objectivity_prior(kind) for kind in KINDS]
    shared = definitions.objectivity_mixture
    signature = np.zeros((len(KINDS), len(KINDS)))
    spread = np.full_like(signature, shared.other_fraction_sd)
    together = np.eye(len(KINDS))
    for row, prior in enumerate(known):
        for along in prior.moves_along:
            signature[row, KINDS.index(along.kind)] = along.fraction
            spread[row, KINDS.index(along.kind)] = along.fraction_sd
        for other in prior.honest_with:
            column = KINDS.index(other.kind)
            together[row, column] = together[column, row] = other.correlation
    return CombiningPrior(
        kinds=tuple(
            KindPrior(
                null_mean=prior.null_mean,
                null_sd=prior.null_sd,
                null_weight=prior.null_weight,
                tail=prior.tail,
                tail_sd=prior.tail_sd,
                correlation=prior.correlation,
                correlation_weight=prior.correlation_weight,
                share=prior.share,
                shift_mean=prior.shift_mean,
                shift_sd=prior.shift_sd,
                shift_weight=prior.shift_weight,
            )
            for prior in known
        ),
        signature=signature,
        signature_sd=spread,
        kinds_correlation=together,
        kinds_weight=shared.kinds_weight,
        share_weight=shared.share_weight,
        procedure_weight=shared.procedure_weight,
        joint_tail=shared.joint_tail,
        joint_tail_sd=shared.joint_tail_sd,
        label_doubt=shared.label_doubt,
        most_log_odds=shared.most_log_odds,
        partial_share=shared.partial_share,
        most_z=shared.most_z,
        least_probability=shared.least_probability,
    )


def kind_scores(
    procedures: Sequence[ProcedureEvidence], rows: Sequence[IntArray], schools: int
) -> tuple[FloatArray, FloatArray]:
    """Distances z and works used, both (J, P, K); evidences of one kind in a procedure add up as independent."""
    z = np.full((schools, max(1, len(procedures)), len(KINDS)), np.nan)
    n = np.zeros_like(z)
    for p, (one, where) in enumerate(zip(procedures, rows, strict=True)):
        for k, kind in enumerate(KINDS):
            feeding = [found for found in one.evidence if found.kind == kind]
            if not feeding:
                continue
            each = np.stack([found.z for found in feeding])
            told = np.isfinite(each).sum(axis=0)
            with np.errstate(invalid="ignore", divide="ignore"):
                z[where, p, k] = np.where(told > 0, np.nansum(each, axis=0) / np.sqrt(told), np.nan)
            n[where, p, k] = np.max([found.n for found in feeding], axis=0)
    return z, n


def label_array(findings: Findings, place: Mapping[str, int]) -> FloatArray:
    """Labels (J, K) of reviewed schools: 1 confirmed, 0 not confirmed, NaN not reviewed; unknown schools left out."""
    labels = np.full((len(place), len(KINDS)), np.nan)
    for (org, kind), confirmed in sorted(findings.items()):
        if org not in place:
            continue
        columns = list(range(len(KINDS))) if kind == "" else [KINDS.index(kind)]
        labels[place[org], columns] = np.fmax(labels[place[org], columns], float(confirmed))
    return labels


def _evidence_rows(
    procedures: Sequence[ProcedureEvidence],
    rows: Sequence[IntArray],
    honest: FloatArray,
    prior: CombiningPrior,
    definitions: Definitions,
) -> pl.DataFrame:
    """Rows of `objectivity`: z against the procedure's own null, p and q within procedure and evidence."""
    names = sorted({found.name for one in procedures for found in one.evidence if found.shown})
    z = np.full((len(honest), len(procedures), len(names)), np.nan)
    for p, (one, where) in enumerate(zip(procedures, rows, strict=True)):
        for found in one.evidence:
            if found.shown:
                z[where, p, names.index(found.name)] = found.z
    if not names:
        return OBJECTIVITY.empty()
    nulls = fit_rows(z, honest, _row_prior(names, prior))
    scores, p_values = nulls.scores(z), nulls.p_values(z)
    limit = definitions.run.flag_limit
    frames = [OBJECTIVITY.empty()]
    for p, (one, where) in enumerate(zip(procedures, rows, strict=True)):
        for found in one.evidence:
            if found.shown:
                column = names.index(found.name)
                frames.append(
                    _rows_of(one, found, scores[where, p, column], p_values[where, p, column], limit)
                )
    return pl.concat(frames, how="diagonal_relaxed")


def _row_prior(names: Sequence[str], prior: CombiningPrior) -> CombiningPrior:
    """Priors of named evidences: each takes its kind's."""
    kinds = tuple(prior.kinds[KINDS.index(kind_of(name) or name)] for name in names)
    nothing = np.zeros((len(names), len(names)))
    return CombiningPrior(
        kinds=kinds,
        signature=nothing,
        signature_sd=nothing,
        kinds_correlation=np.eye(len(names)),
        procedure_weight=prior.procedure_weight,
    )


def _rows_of(
    one: ProcedureEvidence, found: Evidence, z: FloatArray, p: FloatArray, limit: float
) -> pl.DataFrame:
    q = adjusted_p_values(p, honest_share=honest_share(p))
    told = np.isfinite(q)
    notes = ["; ".join(filter(None, (found.notes.get(j, ""), found.note))) or None for j in range(len(z))]
    return pl.DataFrame(
        {
            "procedure_id": [one.procedure_id] * len(z),
            "org_id": list(one.org_ids),
            "evidence": [found.name] * len(z),
            "n": found.n,
            "estimate": found.estimate,
            "estimate_lower": found.lower,
            "estimate_upper": found.upper,
            "unit": [found.unit] * len(z),
            "z": z,
            "p_value": p,
            "q_value": q,
            "flagged": told & (np.where(told, q, np.inf) <= limit),
            "note": notes,
        },
        schema_overrides={"note": pl.String, "org_id": pl.String},
    ).with_columns(pl.when(pl.Series(told)).then(pl.col("flagged")).alias("flagged"))


def _school_rows(
    org_ids: Sequence[str], combined: Combined, objectivity: pl.DataFrame, definitions: Definitions
) -> pl.DataFrame:
    told = combined.pooled.procedures_n > 0
    held = np.isfinite(combined.calibrated).any(axis=2).sum(axis=1)
    with np.errstate(invalid="ignore"):
        named = (combined.probability >= NAMED_FROM) | combined.flagged
    strongest = _strongest_cuts(objectivity)
    leading = [
        (strongest.get(org, FIRST_CUT) if KINDS[k] == "threshold" else KINDS[k]) if named[j] else None
        for j, (org, k) in enumerate(zip(org_ids, combined.leading, strict=True))
    ]
    return pl.DataFrame(
        {
            "org_id": list(org_ids),
            "procedures_n": held.astype(np.int64),
            "probability": combined.probability,
            "q_value": combined.q_value,
            "flagged": combined.flagged,
            "leading_evidence": leading,
            "evidence_n": told.sum(axis=1).astype(np.int64),
            "high_culture": high_culture(org_ids, combined, held, objectivity, definitions),
        },
        schema_overrides={"org_id": pl.String, "leading_evidence": pl.String},
    ).with_columns(
        pl.when(pl.col("evidence_n") > 0).then(pl.col("flagged")).alias("flagged"),
    )


def _strongest_cuts(objectivity: pl.DataFrame) -> dict[str, str]:
    """org_id -> the threshold_<mark> that stands out most over all procedures."""
    return dict(
        objectivity.filter(pl.col("evidence").str.starts_with("threshold_") & pl.col("z").is_finite())
        .group_by("org_id", "evidence")
        .agg(pl.col("z").sum() / pl.len().sqrt())
        .sort("org_id", "z", "evidence", descending=[False, True, False])
        .group_by("org_id", maintain_order=True)
        .agg(pl.col("evidence").first())
        .iter_rows()
    )


def _kind_rows(org_ids: Sequence[str], combined: Combined) -> pl.DataFrame:
    schools, kinds = np.nonzero(combined.pooled.procedures_n > 0)
    residual = (combined.pooled.z - combined.null.mean) / combined.null.sd
    return pl.DataFrame(
        {
            "org_id": np.array(org_ids, dtype=object)[schools],
            "kind": np.array(KINDS, dtype=object)[kinds],
            "procedures_n": combined.pooled.procedures_n[schools, kinds].astype(np.int64),
            "z": combined.scores[schools, kinds],
            "p_value": upper_tail(residual, combined.null.tail)[schools, kinds],
            "probability": combined.kind_probability[schools, kinds],
        },
        schema_overrides={"org_id": pl.String, "kind": pl.String},
    )
