"""Level: a result above what the prior attainment of the same pupils implies."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from merilo.check.evidence import Evidence
from merilo.check.journal import MARKS
from merilo.check.sitting import Sitting
from merilo.check.spread import score_moments
from merilo.definitions import Definitions
from merilo.errors import EstimationError
from merilo.language import translator
from merilo.methods.arrays import FloatArray, IntArray
from merilo.methods.honest_schools import compare_means, within_index

_ = translator("check")

LEAST_PUPILS = 8


def level_evidence(
    sitting: Sitting, definitions: Definitions, priors: Mapping[str, Sitting] | None = None
) -> list[Evidence]:
    """Mean score of the pupils whose earlier scores are known beyond what these imply.

    The table `school_effects` compares pupils with equal earlier scores; that favours schools of strong pupils, because
    an earlier score is not attainment itself. Here the school's mean is held against the mean of its pupils' earlier
    scores with errors in both (paired_means). priors: sittings of the prior procedures by id: points of items that a
    school was not given there (untaught topics) are added, and a rise of its journal marks is taken off
    (better_intake). estimate: points of this test.
    """
    works = sitting.works
    n = np.zeros(sitting.schools_n, np.int64)
    earlier = [c for c in works.covariates if c.role == "prior"]
    if not earlier:
        reason = _("no earlier results of these pupils: raising everybody cannot be told from a good school")
        return [_cannot_tell(n, reason)]
    pupil = [k for k, covariate in enumerate(earlier) if covariate.level == "pupil"]
    if not pupil:
        return [_cannot_tell(n, _("earlier results are known by class or school only, not by pupil"))]
    cross = np.zeros((sitting.schools_n, *sitting.tally.schools.prior.shape[1:]))
    np.add.at(cross, np.array(works.class_org, np.int64), sitting.tally.schools.prior)
    kept = [0, *(1 + k for k in pupil), cross.shape[1] - 1]
    y, x, slopes, count, within = within_index(cross[:, kept][:, :, kept])
    y, gained = y + points_not_given(sitting), np.zeros(sitting.schools_n)
    for slope, k in zip(slopes, pupil, strict=True):
        prior = (priors or {}).get(earlier[k].procedure_id)
        if prior is not None:
            x = x + slope * np.nan_to_num(by_school(points_not_given(prior), prior, sitting))
            gained = np.fmax(gained, better_intake(sitting, prior))
    n = np.round(count).astype(np.int64)
    enough = n >= LEAST_PUPILS
    with np.errstate(divide="ignore", invalid="ignore"):
        var_x, cov, var_y = (np.where(enough, v / count, np.nan) for v in within)
    try:
        found = compare_means(y - gained, x, var_y, var_x, cov)
    except EstimationError as error:
        return [_cannot_tell(n, _(error.rule))]
    notes = {
        int(j): _("fewer than {n} pupils with earlier results").format(n=LEAST_PUPILS)
        for j in np.flatnonzero(~enough)
    }
    notes |= {int(j): intake_note(gained[j]) for j in np.flatnonzero(enough & (gained > 0))}
    return [
        Evidence(
            name="level",
            kind="level",
            n=n,
            estimate=found.shift,
            lower=found.lower,
            upper=found.upper,
            unit="points",
            z=found.z,
            notes=notes,
        )
    ]


def points_not_given(sitting: Sitting) -> FloatArray:
    """Points (J,) that a school's mean lacks because items were not administered to its pupils: the region's mean
    points on them, in proportion to how the school did on the others. 0 for a score-only procedure.
    """
    schools = sitting.tally.schools
    if not sitting.procedure.items:
        return np.zeros(sitting.schools_n)
    works = np.bincount(
        np.array(sitting.works.class_org, np.int64), schools.class_n, minlength=sitting.schools_n
    )
    region = schools.item_points.sum(axis=0) / np.maximum(schools.item_n.sum(axis=0), 1)
    expected = schools.item_n @ region
    with np.errstate(divide="ignore", invalid="ignore"):
        ability = np.where(expected > 0, schools.item_points.sum(axis=1) / expected, 1.0)
        missing = 1 - schools.item_n / np.maximum(works, 1)[:, None]
    result: FloatArray = np.where(works > 0, ability * (np.clip(missing, 0, 1) @ region), 0.0)
    return result


def better_intake(sitting: Sitting, prior: Sitting) -> FloatArray:
    """Points (J,) >= 0 that a rise of the school's journal marks since the prior procedure explains, beyond the usual.

    Raised works leave the journal as it was; a lyceum that chose its pupils in between has better marks in both. 0
    where journal marks are unknown then or now.
    """
    now, sd_marks = _journal_means(sitting)
    change = now - by_school(_journal_means(prior)[0], prior, sitting)
    if not np.isfinite(change).any() or sd_marks == 0:
        return np.zeros(sitting.schools_n)
    n, _mean, variance = score_moments(sitting)
    several = n > 1
    sd_points = float(np.sqrt(np.average(variance[several], weights=n[several] - 1)))
    return np.nan_to_num(np.maximum(change - np.nanmedian(change), 0.0) * sd_points / sd_marks)


def intake_note(points: float) -> str:
    """Says what was taken off."""
    return _("journal marks rose as well: {points:.1f} points are put down to a better intake").format(
        points=points
    )


def _journal_means(sitting: Sitting) -> tuple[FloatArray, float]:
    """Mean journal mark of those who wrote (J,), NaN under the least number of pupils; SD of marks within schools."""
    counts = sitting.tally.schools.marks[:, 2:, :].sum(axis=2).astype(np.float64)
    n = counts.sum(axis=1)
    mean = counts @ MARKS / np.maximum(n, 1.0)
    freedom = float(np.maximum(n - 1, 0.0).sum())
    squares = float((counts @ MARKS**2 - n * mean**2).sum())
    return np.where(n >= LEAST_PUPILS, mean, np.nan), float(np.sqrt(squares / freedom)) if freedom else 0.0


def by_school(values: FloatArray, of: Sitting, to: Sitting) -> FloatArray:
    """Values (J of `of`) in the rows of `to`; NaN for schools that `of` has not."""
    row = {org_id: k for k, org_id in enumerate(of.works.org_ids)}
    places = np.array([row.get(org_id, -1) for org_id in to.works.org_ids])
    return np.where(places >= 0, values[np.maximum(places, 0)] if len(values) else np.nan, np.nan)


def _cannot_tell(n: IntArray, note: str) -> Evidence:
    unknown: FloatArray = np.full(len(n), np.nan)
    return Evidence("level", "level", n, unknown, unknown, unknown, "points", unknown, note=note)
