"""Participation: more absent pupils than honest schools have, and weaker ones."""

from __future__ import annotations

import numpy as np

from merilo.check.evidence import Evidence
from merilo.check.sitting import Sitting
from merilo.definitions import Definitions
from merilo.errors import EstimationError
from merilo.language import translator
from merilo.methods.arrays import FloatArray, IntArray
from merilo.methods.honest_schools import (
    absence_scores,
    combined_scores,
    fit_absence,
    fit_marks_tilt,
    marks_scores,
    reference_weights,
)
from merilo.methods.intervals import wilson_interval

_ = translator("check")

MARKS = np.arange(2.0, 6.0)
LEAST_PUPILS = 8


def participation_evidence(
    sitting: Sitting, definitions: Definitions, enrolled: FloatArray | None = None
) -> list[Evidence]:
    """Share of absent pupils against honest schools, and the journal marks of the absent against those of the present.

    enrolled (J,) pupils of the year group, NaN unknown (measure.enrolment.enrolled_pupils): says who was absent where
    the works file names nobody absent. estimate: absent share beyond the mean of honest schools.
    """
    absent, entered, note = _entered(sitting, enrolled)
    if not absent.any():
        return [_cannot_tell(entered.astype(np.int64), _("nobody is marked absent and enrolment is unknown"))]
    try:
        absence = fit_absence(absent, entered)
    except EstimationError as error:
        return [_cannot_tell(entered.astype(np.int64), _(error.rule))]
    z = absence_scores(absent, entered, absence)
    away = sitting.tally.schools.absent_journal[:, 2:].astype(np.float64)
    here = sitting.tally.schools.marks[:, 2:].sum(axis=2).astype(np.float64)
    notes: dict[int, str] = {}
    try:
        tilt = fit_marks_tilt(away, here, MARKS)
    except EstimationError:
        note = "; ".join(
            filter(None, (note, _("marks of the absent are unknown: only their number is used")))
        )
    else:
        weak = marks_scores(away, here, MARKS, tilt)
        weights = reference_weights(entered, away + here, MARKS, absence, tilt)
        z = combined_scores(z, weak, *weights)
        notes = _absent_notes(away, here)
    few = entered < LEAST_PUPILS
    share = wilson_interval(absent, entered)
    notes |= {int(j): _("fewer than {n} pupils").format(n=LEAST_PUPILS) for j in np.flatnonzero(few)}
    return [
        Evidence(
            name="participation",
            kind="participation",
            n=entered.astype(np.int64),
            estimate=share.share - absence.share,
            lower=share.lower - absence.share,
            upper=share.upper - absence.share,
            unit="share",
            z=np.where(few, np.nan, z),
            notes=notes,
            note=note,
        )
    ]


def _entered(sitting: Sitting, enrolled: FloatArray | None) -> tuple[FloatArray, FloatArray, str]:
    """Absent and entered pupils (J,), and where they come from."""
    schools = sitting.tally.schools
    present = np.zeros(sitting.schools_n)
    np.add.at(present, np.array(sitting.works.class_org, np.int64), schools.class_n)
    absent = schools.absent.astype(np.float64)
    if absent.any() or enrolled is None:
        return absent, present + absent, ""
    missing = np.where(np.isfinite(enrolled), np.maximum(enrolled - present, 0.0), 0.0)
    entered = np.where(np.isfinite(enrolled), present + missing, 0.0)
    return missing, entered, _("the works name nobody absent: absences are counted from enrolment")


def _absent_notes(away: FloatArray, here: FloatArray) -> dict[int, str]:
    """Marks of the absent beside those of the present, where both are known."""
    notes = {}
    for j in np.flatnonzero((away.sum(axis=1) > 0) & (here.sum(axis=1) > 0)):
        notes[int(j)] = _("journal marks: absent {absent:.2f}, present {present:.2f} on average").format(
            absent=away[j] @ MARKS / away[j].sum(), present=here[j] @ MARKS / here[j].sum()
        )
    return notes


def _cannot_tell(n: IntArray, note: str) -> Evidence:
    unknown = np.full(len(n), np.nan)
    return Evidence(
        "participation", "participation", n, unknown, unknown, unknown, "share", unknown, note=note
    )
