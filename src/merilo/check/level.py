"""Level: a result above what the prior attainment of the same pupils implies."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from merilo.check.evidence import Evidence
from merilo.check.sitting import Sitting
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
    scores with errors in both (paired_means). estimate: points of this test.
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
    y = y + points_not_given(sitting)
    for slope, k in zip(slopes, pupil, strict=True):
        prior = (priors or {}).get(earlier[k].procedure_id)
        if prior is not None:
            x = x + slope * np.nan_to_num(by_school(points_not_given(prior), prior, sitting))
    n = np.round(count).astype(np.int64)
    enough = n >= LEAST_PUPILS
    with np.errstate(divide="ignore", invalid="ignore"):
        var_x, cov, var_y = (np.where(enough, v / count, np.nan) for v in within)
    try:
        found = compare_means(y, x, var_y, var_x, cov)
    except EstimationError as error:
        return [_cannot_tell(n, _(error.rule))]
    notes = {
        int(j): _("fewer than {n} pupils with earlier results").format(n=LEAST_PUPILS)
        for j in np.flatnonzero(~enough)
    }
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


def by_school(values: FloatArray, of: Sitting, to: Sitting) -> FloatArray:
    """Values (J of `of`) in the rows of `to`; NaN for schools that `of` has not."""
    row = {org_id: k for k, org_id in enumerate(of.works.org_ids)}
    places = np.array([row.get(org_id, -1) for org_id in to.works.org_ids])
    return np.where(places >= 0, values[np.maximum(places, 0)] if len(values) else np.nan, np.nan)


def _cannot_tell(n: IntArray, note: str) -> Evidence:
    unknown: FloatArray = np.full(len(n), np.nan)
    return Evidence("level", "level", n, unknown, unknown, unknown, "points", unknown, note=note)
