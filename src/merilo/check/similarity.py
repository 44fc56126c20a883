"""Similarity: works of a class alike beyond what raw scores and the school's own item means imply."""

from __future__ import annotations

import numpy as np

from merilo.check.evidence import Evidence
from merilo.check.sitting import Sitting
from merilo.definitions import Definitions
from merilo.errors import DegenerateDataError
from merilo.language import translator
from merilo.methods.arrays import FloatArray, IntArray
from merilo.methods.similarity import ClassSums, SchoolSimilarity, judge_schools
from merilo.methods.similarity.schools import LEAST_WORKS

_ = translator("check")


def similarity_evidence(
    sitting: Sitting, classes: ClassSums | None, definitions: Definitions
) -> list[Evidence]:
    """Evidence of one procedure from the second walk over its works (walk.walk_classes).

    estimate: share of the answers of the others that look taken from the best work of the class, beyond what honest
    schools show (a lower bound: copying also moves raw scores and the school's own item means); classes None: no
    items, no evidence.
    """
    if classes is None:
        return []
    org = np.array(sitting.works.class_org, np.int64)
    try:
        found = judge_schools(classes, org, sitting.schools_n)
    except DegenerateDataError:
        n = np.bincount(org, classes.works, minlength=sitting.schools_n).astype(np.int64)
        return [_cannot_tell(n, _("too few schools to tell how alike works of honest schools are"))]
    return [
        Evidence(
            name="similarity",
            kind="similarity",
            n=found.n,
            estimate=found.estimate,
            lower=found.lower,
            upper=found.upper,
            unit="share",
            z=found.z,
            notes=_notes(sitting, found, org),
        )
    ]


def _notes(sitting: Sitting, found: SchoolSimilarity, org: IntArray) -> dict[int, str]:
    notes: dict[int, str] = {}
    for j in np.flatnonzero(found.n < LEAST_WORKS).tolist():
        notes[j] = _("fewer than {n} works in classes that can be compared").format(n=LEAST_WORKS)
    for j in np.flatnonzero((found.n >= LEAST_WORKS) & ~np.isfinite(found.z)).tolist():
        notes[j] = _("the works leave nothing to compare")
    unnamed = {j for j, name in zip(org.tolist(), sitting.works.class_ids) if not name}
    for j in sorted(unnamed - notes.keys()):
        notes[j] = _("classes are not named: the whole year group is compared")
    return notes


def _cannot_tell(n: IntArray, note: str) -> Evidence:
    unknown: FloatArray = np.full(len(n), np.nan)
    return Evidence("similarity", "similarity", n, unknown, unknown, unknown, "share", unknown, note=note)
