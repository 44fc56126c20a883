"""Cohort: a jump of the same year group between an earlier procedure and this one."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from merilo.check.evidence import Evidence
from merilo.check.level import better_intake, by_school, intake_note, points_not_given
from merilo.check.sitting import Sitting
from merilo.check.spread import score_moments
from merilo.definitions import Definitions
from merilo.errors import EstimationError
from merilo.language import translator
from merilo.methods.arrays import FloatArray, IntArray
from merilo.methods.honest_schools import compare_cohorts, screen_cohorts

_ = translator("check")

LEAST_PUPILS = 8


def cohort_evidence(
    sitting: Sitting, priors: Mapping[str, Sitting], definitions: Definitions
) -> list[Evidence]:
    """School means of this procedure against those of the same cohort in an earlier one, pupils linked or not.

    priors: sittings by procedure id; of several the first of the same subject is taken. Our z has errors in both
    means and an honest drift; the p-value of a newspaper's screen stands beside it in the notes. estimate: points of
    this test.
    """
    prior = _prior(sitting, priors)
    n2, after, variance2 = score_moments(sitting)
    if prior is None:
        return [_cannot_tell(n2.astype(np.int64), _("no earlier procedure of the same pupils"))]
    n1, before, variance1 = score_moments(prior)
    after, before = after + points_not_given(sitting), before + points_not_given(prior)
    n1, before = (by_school(values, prior, sitting) for values in (n1, before))
    enough = (n2 >= LEAST_PUPILS) & (np.nan_to_num(n1) >= LEAST_PUPILS)
    within1, within2 = _pooled(prior, variance1), _pooled(sitting, variance2)
    with np.errstate(divide="ignore", invalid="ignore"):
        var_x, var_y = (np.where(enough, w / n, np.nan) for w, n in ((within1, n1), (within2, n2)))
    # The same pupils as far as the smaller number goes.
    overlap = np.sqrt(np.minimum(n1, n2) / np.maximum(np.maximum(n1, n2), 1))
    gained = better_intake(sitting, prior)
    try:
        found = compare_cohorts(after - gained, before, var_y, var_x, overlap)
        screen = screen_cohorts(before[enough], after[enough], n1[enough], n2[enough])
    except EstimationError as error:
        return [_cannot_tell(n2.astype(np.int64), _(error.rule))]
    notes = {
        int(j): _("fewer than {n} pupils then or now").format(n=LEAST_PUPILS) for j in np.flatnonzero(~enough)
    }
    for j, p in zip(np.flatnonzero(enough), screen.tprob, strict=True):
        words = [_("screen of the Atlanta Journal-Constitution: p = {p:.3f}").format(p=p)]
        notes[int(j)] = "; ".join([*words, intake_note(gained[j])] if gained[j] > 0 else words)
    return [
        Evidence(
            name="cohort",
            kind="cohort",
            n=n2.astype(np.int64),
            estimate=found.shift,
            lower=found.lower,
            upper=found.upper,
            unit="points",
            z=found.z,
            notes=notes,
            note=_("compared with {procedure}").format(procedure=prior.procedure.procedure_id),
        )
    ]


def _prior(sitting: Sitting, priors: Mapping[str, Sitting]) -> Sitting | None:
    known = [priors[name] for name in sitting.procedure.prior if name in priors]
    same = [one for one in known if one.procedure.subject == sitting.procedure.subject]
    return next(iter(same or known), None)


def _pooled(sitting: Sitting, variance: FloatArray) -> float:
    """Variance of scores within schools, points squared."""
    n = score_moments(sitting)[0]
    known = np.isfinite(variance)
    freedom = np.where(known, n - 1, 0.0)
    return float((freedom * np.nan_to_num(variance)).sum() / max(float(freedom.sum()), 1.0))


def _cannot_tell(n: IntArray, note: str) -> Evidence:
    unknown: FloatArray = np.full(len(n), np.nan)
    return Evidence("cohort", "cohort", n, unknown, unknown, unknown, "points", unknown, note=note)
