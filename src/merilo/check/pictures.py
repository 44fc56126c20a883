"""Counts behind the pictures of a school: works by raw score, items, marks against the journal, who was absent."""

from __future__ import annotations

import numpy as np
import polars as pl

from merilo.check.item_profile import ItemPicture
from merilo.check.sitting import Sitting
from merilo.methods.arrays import FloatArray
from merilo.tables.evidence import EVIDENCE_MARKS, EVIDENCE_SCORES
from merilo.tally.scores import school_score_counts, score_counts

# Of the limits of a 95 % interval.
WIDE = 1.959964


def score_rows(sitting: Sitting, expected: FloatArray | None) -> pl.DataFrame:
    """Rows of `evidence_scores`. expected (J, S): works expected at each score without lifting, NaN unknown."""
    whole = score_counts(sitting.works, sitting.tally)
    works = school_score_counts(sitting.works, sitting.tally)
    if whole is None or works is None:
        return EVIDENCE_SCORES.empty()
    held = np.flatnonzero(works.sum(axis=1))
    scores = works.shape[1]
    unknown = np.full(works.shape, np.nan)
    return pl.DataFrame(
        {
            "procedure_id": [sitting.procedure.procedure_id] * (len(held) * scores),
            "org_id": np.repeat(np.array(sitting.works.org_ids, dtype=object)[held], scores),
            "score": np.tile(np.arange(scores) + whole.lowest, len(held)),
            "n": works[held].ravel().astype(np.int64),
            "expected_n": (unknown if expected is None else expected)[held].ravel(),
        },
        schema_overrides={"org_id": pl.String},
    )


def item_rows(sitting: Sitting, picture: ItemPicture) -> pl.DataFrame:
    """Rows of `evidence_items`: items that the school was given."""
    org, item = np.nonzero(np.isfinite(picture.excess))
    excess, se = picture.excess[org, item], picture.se[org, item]
    return pl.DataFrame(
        {
            "procedure_id": [sitting.procedure.procedure_id] * len(org),
            "org_id": np.array(sitting.works.org_ids, dtype=object)[org],
            "item_id": np.array(picture.item_ids, dtype=object)[item],
            "n": sitting.tally.schools.item_n[org, item],
            "excess_share": excess,
            "excess_share_lower": excess - WIDE * se,
            "excess_share_upper": excess + WIDE * se,
            "honest_sd_share": picture.between[org, item],
            "skill_part_share": picture.common[org, item],
            "stands_out": picture.stands_out[org, item],
        },
        schema_overrides={"org_id": pl.String, "item_id": pl.String},
    )


def mark_rows(sitting: Sitting) -> pl.DataFrame:
    """Rows of `evidence_marks`: pupils with a journal mark, by the mark of the work or as absent."""
    sums = sitting.tally.schools
    counts = sums.marks.copy()
    # A present pupil without a mark would stand where the absent go.
    counts[:, :, 0] = sums.absent_journal
    org, journal, mark = np.nonzero(counts)
    known = journal >= 2
    org, journal, mark = org[known], journal[known], mark[known]
    if not len(org):
        return EVIDENCE_MARKS.empty()
    return pl.DataFrame(
        {
            "procedure_id": [sitting.procedure.procedure_id] * len(org),
            "org_id": np.array(sitting.works.org_ids, dtype=object)[org],
            "journal_mark": journal.astype(np.int64),
            "mark": mark.astype(np.int64),
            "n": counts[org, journal, mark],
        },
        schema_overrides={"org_id": pl.String},
    )
