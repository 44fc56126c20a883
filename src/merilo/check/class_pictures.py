"""Counts behind the pictures of similarity: how alike the works of each class are. No pupil can be recognised."""

from __future__ import annotations

import numpy as np
import polars as pl

from merilo.check.sitting import Sitting
from merilo.errors import DegenerateDataError
from merilo.language import translator
from merilo.methods.arrays import FloatArray, IntArray
from merilo.methods.similarity import LIKENESS_EDGES, ClassSums, judge_schools
from merilo.tables.evidence import EVIDENCE_CLASSES
from merilo.tables.evidence_likeness import EVIDENCE_LIKENESS

_ = translator("check")


def class_rows(sitting: Sitting, classes: ClassSums | None) -> pl.DataFrame:
    """Rows of `evidence_classes`: classes whose works were compared; z without the spread between schools."""
    if classes is None or not classes.pairs.any():
        return EVIDENCE_CLASSES.empty()
    held = np.flatnonzero(classes.pairs)
    org = np.array(sitting.works.class_org, np.int64)
    try:
        z = judge_schools(classes, org, sitting.schools_n).class_z
        note = ""
    except DegenerateDataError:
        z = np.full(len(org), np.nan)
        note = _("too few schools to tell how alike works of honest schools are")
    rows = _names(sitting, held, org) | {
        "n": classes.works[held],
        "pairs_n": classes.pairs[held],
        "agreement_share": classes.agreeing[held] / classes.compared[held],
        "expected_share": classes.agreeing_expected[held] / classes.compared[held],
        "z": z[held],
        "note": [note or None] * len(held),
    }
    return EVIDENCE_CLASSES.frame(pl.DataFrame(rows, schema_overrides={"note": pl.String}))


def likeness_rows(sitting: Sitting, classes: ClassSums | None) -> pl.DataFrame:
    """Rows of `evidence_likeness`: pairs of each class by standardised agreement, beside the shares of all classes."""
    if classes is None or not classes.pairs.any():
        return EVIDENCE_LIKENESS.empty()
    held = np.flatnonzero(classes.pairs)
    org = np.array(sitting.works.class_org, np.int64)
    usual: FloatArray = classes.likeness.sum(axis=0) / classes.likeness.sum()
    # The first bin is open below: it is named one step under its border.
    step = LIKENESS_EDGES[1] - LIKENESS_EDGES[0]
    border = np.concatenate([[LIKENESS_EDGES[0] - step], LIKENESS_EDGES])
    rows = _names(sitting, np.repeat(held, len(border)), org) | {
        "likeness_from": np.tile(border, len(held)),
        "pairs_n": classes.likeness[held].ravel(),
        "expected_n": (classes.pairs[held][:, None] * usual).ravel(),
    }
    return EVIDENCE_LIKENESS.frame(pl.DataFrame(rows))


def _names(sitting: Sitting, held: IntArray, org: IntArray) -> dict[str, object]:
    return {
        "procedure_id": [sitting.procedure.procedure_id] * len(held),
        "org_id": np.array(sitting.works.org_ids, dtype=object)[org[held]].tolist(),
        "class_id": np.array(sitting.works.class_ids, dtype=object)[held].tolist(),
    }
