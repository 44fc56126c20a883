"""School effects of one procedure from its sums: raw, value added, contextual."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import polars as pl

from merilo.errors import EstimationError
from merilo.language import translator
from merilo.methods.arrays import FloatArray, IntArray
from merilo.methods.multilevel import (
    RandomInterceptFit,
    SchoolEffects,
    SchoolIntervals,
    fit_random_intercept,
    school_intervals,
)
from merilo.tables.works import Covariate, WorksFile
from merilo.tally import Tally

_ = translator("measure")


@dataclass(frozen=True, slots=True)
class EffectModel:
    """One model of the school effects; fit is None where it cannot be estimated (`reason` says why).

    intervals: of the school's effect whatever its classes; None where too few schools have two classes.
    n (J,): works with all that the model needs.
    """

    kind: str
    covariates: tuple[Covariate, ...]
    fit: RandomInterceptFit | None
    reason: str
    intervals: SchoolIntervals | None
    n: IntArray


def effect_models(works: WorksFile, tally: Tally) -> list[EffectModel]:
    """Raw always; value added where prior attainment is known; contextual where an x_ column is."""
    priors = tuple(c for c in works.covariates if c.role == "prior")
    contexts = tuple(c for c in works.covariates if c.role == "context")
    models = [_model(works, "raw", (), _plain_sums(tally))]
    if priors:
        models.append(_model(works, "value_added", priors, tally.schools.prior))
    if contexts:
        models.append(_model(works, "contextual", priors + contexts, tally.schools.full))
    return models


def school_effects(
    works: WorksFile, models: list[EffectModel], sd_points: float, set_aside: Collection[str] = ()
) -> pl.DataFrame:
    """Rows of the table `school_effects`. sd_points: SD of the outcome between pupils; set_aside: ids of schools that a
    review has taken out of the models.
    """
    words = _("set aside after a review: not part of the comparison")
    return pl.concat([_rows(works, model, sd_points) for model in models]).with_columns(
        pl.when(pl.col("org_id").is_in(list(set_aside))).then(pl.lit(words)).otherwise("note").alias("note")
    )


def effect_terms(works: WorksFile, models: list[EffectModel]) -> pl.DataFrame:
    """Rows of the table `effect_models`: coefficients, variances and deviance of every model."""
    rows: list[tuple[str, str, float, float | None]] = []
    for model in models:
        if model.fit is None:
            continue
        fit = model.fit
        names = ["intercept", *(c.name for c in model.covariates)]
        rows += [
            (model.kind, name, float(b), float(se))
            for name, b, se in zip(names, fit.beta, fit.beta_se, strict=True)
        ]
        rows += [
            (model.kind, "var_school", fit.var_u, fit.var_u_se),
            (model.kind, "var_pupil", fit.var_e, fit.var_e_se),
            (model.kind, "deviance_reml", fit.deviance, None),
            *(
                []
                if model.intervals is None
                else [(model.kind, "var_class", model.intervals.class_variance, None)]
            ),
            (model.kind, "pupils_n", fit.n_pupils, None),
            (model.kind, "schools_n", float(fit.n_schools), None),
        ]
    schema = {"kind": pl.String, "term": pl.String, "estimate": pl.Float64, "estimate_se": pl.Float64}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    return frame.with_columns(pl.lit(works.procedure.procedure_id).alias("procedure_id"))


def effect_notes(models: list[EffectModel]) -> list[str]:
    """One sentence per model for procedures.note: variances, or why there are none."""
    notes = []
    for model in models:
        if model.fit is None:
            notes.append(f"{model.kind}: {model.reason}")
            continue
        notes.append(
            f"{model.kind}: var_school={model.fit.var_u:.12g} var_pupil={model.fit.var_e:.12g} "
            f"deviance_reml={model.fit.deviance:.13g}"
        )
        notes += [
            _("{kind}: {covariate} is left out ({reason})").format(
                kind=model.kind, covariate=name, reason=_(reason)
            )
            for name, reason in zip(model.fit.dropped, model.fit.dropped_reasons, strict=True)
        ]
    return notes


def _plain_sums(tally: Tally) -> FloatArray:
    """Cross-products of [1, score] by class, from the class sums."""
    schools = tally.schools
    cross = np.zeros((len(schools.class_n), 2, 2))
    cross[:, 0, 0] = schools.class_n
    cross[:, 0, 1] = cross[:, 1, 0] = schools.class_sum
    cross[:, 1, 1] = schools.class_square
    return cross


def _model(
    works: WorksFile, kind: str, covariates: tuple[Covariate, ...], by_class: FloatArray
) -> EffectModel:
    org = np.array(works.class_org, np.int64)
    cross = np.zeros((len(works.org_ids), *by_class.shape[1:]))
    np.add.at(cross, org, by_class)
    n = np.round(cross[:, 0, 0]).astype(np.int64)
    try:
        fit = fit_random_intercept(cross, names=[c.name for c in covariates])
    except EstimationError as error:
        return EffectModel(kind, covariates, None, _(error.rule), None, n)
    intervals = school_intervals(by_class, org, fit.beta, n_schools=len(cross))
    return EffectModel(kind, covariates, fit, "", intervals, n)


def _rows(works: WorksFile, model: EffectModel, sd_points: float) -> pl.DataFrame:
    schema = {
        "n": pl.Int64,
        "effect_points": pl.Float64,
        "effect_points_se": pl.Float64,
        "effect_points_lower": pl.Float64,
        "effect_points_upper": pl.Float64,
        "effect_sd": pl.Float64,
        "reliability": pl.Float64,
        "note": pl.String,
    }
    org = pl.Series("org_id", works.org_ids)
    if model.fit is None:
        empty = {name: pl.Series([None] * len(org), dtype=dtype) for name, dtype in schema.items()}
        empty["n"] = pl.Series(model.n)
        frame = pl.DataFrame(empty).with_columns(pl.lit(model.reason).alias("note"))
    else:
        effects = model.fit.effects
        lower, upper = effects.lower, effects.upper
        if model.intervals is not None:
            # Both estimates of one effect belong into its interval, whichever is shrunken further. An unknown
            # limit stays unknown: fmin and fmax would make it an interval of width 0.
            lower = np.minimum(model.intervals.lower, effects.blup)
            upper = np.maximum(model.intervals.upper, effects.blup)
        frame = pl.DataFrame(
            {
                "n": effects.n,
                "effect_points": effects.blup,
                "effect_points_se": effects.conditional_se,
                "effect_points_lower": lower,
                "effect_points_upper": upper,
                "effect_sd": effects.blup / sd_points if sd_points > 0 else np.full(len(org), np.nan),
                "reliability": effects.reliability,
                "note": _notes(model, effects),
            },
            schema=schema,
            strict=False,
        )
    return frame.with_columns(
        org, pl.lit(model.kind).alias("kind"), pl.lit(works.procedure.procedure_id).alias("procedure_id")
    ).select("procedure_id", "org_id", "kind", *schema)


def _notes(model: EffectModel, effects: SchoolEffects) -> list[str | None]:
    fit = model.fit
    assert fit is not None
    shared = []
    if any(c.role == "prior" and c.level != "pupil" for c in model.covariates):
        shared.append(_("prior attainment is known by class or school only, not by pupil: read with care"))
    if fit.at_boundary:
        shared.append(_("schools differ no more than chance would make them: the effects are 0"))
    if model.intervals is None and np.isnan(effects.lower).all():
        shared.append(_("too few schools for an interval"))
    elif model.intervals is None:
        shared.append(_("few schools have two classes: the interval speaks of this year's classes"))
    empty = _("no work with all that this effect needs") if model.covariates else _("nobody wrote")
    words = "; ".join(shared) or None
    return [empty if pupils == 0 else words for pupils in effects.n]
