"""Lifting over cut scores: near-misses (1-2 points below) that were marked up, school by school.

A school's raw scores are compared with the region's counterfactual tilted to the school; the shares lifted are shown
with intervals, and z compares what remains below all the cut scores with the practice of the region's schools.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from merilo.check.evidence import Evidence
from merilo.check.sitting import Sitting
from merilo.definitions import Definitions
from merilo.errors import EstimationError
from merilo.language import translator
from merilo.methods.arrays import BoolArray, FloatArray
from merilo.methods.lift import LiftEstimate
from merilo.methods.lift.practice import (
    Practice,
    estimate_practice,
    lasting_part,
    log_bayes_beyond,
    practice_z,
)
from merilo.methods.lift.realised import SchoolShares, school_shares
from merilo.methods.lift.schools import SchoolWindows, cut_windows, school_windows
from merilo.tally.scores import cut_places, school_score_counts, score_counts

_ = translator("check")

LEAST_PUPILS = 8
LEAST_NEAR_MISSES = 3.0
"""Fewer near-misses than this are expected: a share of them says nothing."""

LEAST_SCHOOLS = 5
"""Fewer schools have no practice to compare with."""

BLUNT_NEAR_MISSES = 6.0

LIKELY = 0.5
"""A probability of lifting more than the limit is told from here on."""


@dataclass(frozen=True, slots=True)
class ThresholdStudy:
    """Lifting in the J schools of a sitting over its C cut scores that a table of scores has.

    marks (C,): mark of each cut score; works: windows, and works expected at each score (J, S + 1; columns as in
    merilo.tally.scores); usable (J, C): windows that can tell; practice: what the region's schools usually lift;
    shares (J, C): share lifted with limits, probability that it exceeds `limit`: the definition lift_limit, or the
    region's median share where that is higher;
    cut_z (J, C), z (J,): each cut score, and all together, against the practice; log_bayes (J,): log Bayes factor of
    lifting far beyond the practice against within it, 0 where it cannot be told; lasting (J,): share of z's
    variance in honest schools that comes from lasting habits, so that z's of two procedures are correlated by about
    the geometric mean of the two (large schools more, small ones hardly).
    """

    marks: tuple[int, ...]
    works: SchoolWindows
    usable: BoolArray
    practice: Practice
    shares: SchoolShares
    limit: float
    cut_z: FloatArray
    z: FloatArray
    log_bayes: FloatArray
    lasting: FloatArray


def threshold_evidence(
    sitting: Sitting, definitions: Definitions, study: ThresholdStudy | str | None = None
) -> list[Evidence]:
    """Share of near-misses lifted, a row for each cut score, and one hidden row with z over all of them.

    study: as of study_thresholds(sitting, definitions), when it is at hand.
    """
    study = study or study_thresholds(sitting, definitions)
    if isinstance(study, str):
        return _cannot_tell(sitting, study)
    pupils = np.rint(study.works.expected.sum(axis=1))
    return [_shown(study, place, pupils) for place in range(len(study.marks))] + [_hidden(study, pupils)]


def threshold_log_bayes(sitting: Sitting, definitions: Definitions) -> FloatArray:
    """(J,) log Bayes factor of lifting far beyond the region's practice against within it; NaN cannot be told."""
    study = study_thresholds(sitting, definitions)
    return np.full(sitting.schools_n, np.nan) if isinstance(study, str) else study.log_bayes


def study_thresholds(sitting: Sitting, definitions: Definitions) -> ThresholdStudy | str:
    """Everything about lifting in this sitting; a sentence saying why it cannot be told."""
    whole = score_counts(sitting.works, sitting.tally)
    counts = school_score_counts(sitting.works, sitting.tally)
    if sitting.lift is None or whole is None or counts is None:
        return _("cannot be told: no cut score on a table of whole scores")
    lift = sitting.lift
    if np.isnan(lift.counterfactual).any():
        return _("cannot be told: too few works, or too few scores away from the cut scores")
    works_by_score = counts.astype(np.float64)
    try:
        windows = cut_windows(works_by_score.sum(axis=0), lift, depth=definitions.run.near_miss_points)
        works = school_windows(works_by_score, lift, windows)
    except EstimationError:
        return _("cannot be told: too few works, or too few scores away from the cut scores")
    marks = tuple(cut_places(sitting.procedure, whole))
    return _study(works, lift, marks, counts.sum(axis=1) >= LEAST_PUPILS, definitions.run.lift_limit)


def _study(
    works: SchoolWindows, lift: LiftEstimate, marks: tuple[int, ...], enough: BoolArray, limit: float
) -> ThresholdStudy:
    usable = ~np.isnan(works.near_share)
    # Small schools, too, show what is usual, however little each of them says.
    practice = estimate_practice(works, usable)
    limit = max(limit, float(practice.share.max()))
    region_se = lift.log_remaining_se[: len(marks)]
    shares = school_shares(works, usable & enough[:, None], practice, limit=limit, region_se=region_se)
    told = enough & (enough.sum() >= LEAST_SCHOOLS)
    alone = np.eye(len(marks), dtype=np.bool_)
    cut_z = [practice_z(works, usable & one, practice) for one in alone]
    return ThresholdStudy(
        marks=marks,
        works=works,
        usable=usable & enough[:, None],
        practice=practice,
        shares=shares,
        limit=limit,
        cut_z=np.where(told[:, None], np.stack(cut_z, axis=1), np.nan),
        z=np.where(told, practice_z(works, usable, practice), np.nan),
        log_bayes=np.where(told, log_bayes_beyond(works, usable, practice), 0.0),
        lasting=np.where(told, lasting_part(works, usable, practice), np.nan),
    )


def _expected_n(study: ThresholdStudy) -> FloatArray:
    """(J, C) near-misses expected without lifting; 0 where no score is one."""
    return np.nan_to_num(study.works.windows_n * study.works.near_share)


def _shown(study: ThresholdStudy, place: int, pupils: FloatArray) -> Evidence:
    expected = _expected_n(study)[:, place]
    told = study.usable[:, place] & (expected >= LEAST_NEAR_MISSES)
    notes = {
        int(row): _why_not(bool(np.isnan(study.works.near_share[row, place])), float(pupils[row]))
        for row in np.flatnonzero(~told)
    }
    for row in np.flatnonzero(told):
        words = _to_know(float(expected[row]), float(study.shares.beyond_limit[row, place]), study.limit)
        if words:
            notes[int(row)] = words
    name = f"threshold_{study.marks[place]}"
    estimate, lower, upper = (
        np.where(told, values[:, place], np.nan)
        for values in (study.shares.estimate, study.shares.lower, study.shares.upper)
    )
    return Evidence(
        name=name,
        kind="",
        n=np.rint(expected).astype(np.int64),
        estimate=estimate,
        lower=lower,
        upper=upper,
        unit="share",
        z=np.where(told, study.cut_z[:, place], np.nan),
        notes=notes,
        note=_("region's schools usually lift {share:.0%} of near-misses here").format(
            share=float(study.practice.share[place])
        ),
    )


def _to_know(expected_n: float, beyond: float, limit: float) -> str:
    words = []
    if expected_n < BLUNT_NEAR_MISSES:
        words.append(_("rests on about {n} near-misses").format(n=round(expected_n)))
    if beyond >= LIKELY:
        words.append(
            _("more than {limit:.0%} lifted: probability {p:.0%}").format(limit=limit, p=min(beyond, 0.99))
        )
    return "; ".join(words)


def _why_not(no_score: bool, pupils: float) -> str:
    if no_score:
        return _("no score is 1-2 points below this cut score and above the one before")
    if pupils < LEAST_PUPILS:
        return _("fewer than {n} pupils").format(n=LEAST_PUPILS)
    return _("fewer than {n} near-misses are expected").format(n=round(LEAST_NEAR_MISSES))


def _hidden(study: ThresholdStudy, pupils: FloatArray) -> Evidence:
    unknown = np.full(len(study.z), np.nan)
    notes = {
        int(row): _("fewer than {n} pupils").format(n=LEAST_PUPILS)
        if pupils[row] < LEAST_PUPILS
        else _("no works near the cut scores")
        for row in np.flatnonzero(np.isnan(study.z))
    }
    few = np.count_nonzero(pupils >= LEAST_PUPILS) < LEAST_SCHOOLS
    return Evidence(
        name="threshold_3",
        kind="threshold",
        n=np.rint(_expected_n(study).sum(axis=1)).astype(np.int64),
        estimate=unknown,
        lower=unknown,
        upper=unknown,
        unit="share",
        z=study.z,
        notes=notes,
        note=_("too few schools to know what is usual") if few else "",
        shown=False,
    )


def _cannot_tell(sitting: Sitting, note: str) -> list[Evidence]:
    """Rows without numbers: one shown for each mark that has a cut score, and the hidden one."""
    unknown = np.full(sitting.schools_n, np.nan)
    none = np.zeros(sitting.schools_n, np.int64)
    marks = [mark for mark in sorted(sitting.procedure.cut_scores) if mark in (3, 4, 5)] or [3]
    rows = [(f"threshold_{mark}", "", True) for mark in marks] + [("threshold_3", "threshold", False)]
    return [
        Evidence(name, kind, none, unknown, unknown, unknown, "share", unknown, note=note, shown=shown)
        for name, kind, shown in rows
    ]
