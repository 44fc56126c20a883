"""Results of each school in one procedure, with intervals."""

from __future__ import annotations

import numpy as np
import polars as pl

from merilo.language import translator
from merilo.measure.abilities import Abilities
from merilo.measure.enrolment import enrolled_pupils
from merilo.methods.arrays import FloatArray, IntArray
from merilo.methods.intervals import ClusteredMean, clustered_mean, wilson_interval
from merilo.methods.multilevel import LEAST_CLASS_FREEDOM
from merilo.tables.works import WorksFile
from merilo.tally import Tally

_ = translator("measure")

MARKS = (2, 3, 4, 5)
# With fewer works a school's numbers are mostly chance (FIOKO: groups from 10).
FEW_WORKS = 10
# By journal mark and mark of the work: -1 below the journal, 0 equal, 1 above.
_ABOVE_JOURNAL = np.sign(np.arange(4)[None, :] - np.arange(4)[:, None])


def school_results(
    works: WorksFile, tally: Tally, abilities: Abilities | None, enrolment: pl.DataFrame
) -> pl.DataFrame:
    """Rows of the table `school_results` for every school of the works file."""
    schools = tally.schools
    means = _means(works, tally)
    n = means.n.astype(np.int64)
    enrolled = enrolled_pupils(enrolment, works.procedure, works.org_ids)
    columns: dict[str, object] = {
        "org_id": works.org_ids,
        "n": n,
        "absent_n": schools.absent,
        "enrolled_n": [None if np.isnan(pupils) else int(pupils) for pupils in enrolled],
        "participation_share": _participation(n, schools.absent, enrolled),
        "mean_points": means.mean,
        "mean_points_se": means.se,
        "mean_points_lower": _inside(means.lower, works),
        "mean_points_upper": _inside(means.upper, works),
        "mean_share": _mean_share(works, tally, means),
    }
    if abilities is not None:
        columns["mean_logits"] = abilities.school_mean
        columns["mean_logits_se"] = _logits_se(abilities, means)
    columns.update(_marks(schools.marks, schools.low, works))
    frame = pl.DataFrame(columns, strict=False).with_columns(
        pl.lit(works.procedure.procedure_id).alias("procedure_id"),
        pl.Series("note", _notes(works, tally, means, enrolled), dtype=pl.String),
    )
    return frame


def _means(works: WorksFile, tally: Tally) -> ClusteredMean:
    schools = tally.schools
    return clustered_mean(
        schools.class_n.astype(np.float64),
        schools.class_sum,
        schools.class_square,
        np.array(works.class_org, np.int64),
        len(works.org_ids),
        least_freedom=LEAST_CLASS_FREEDOM,
    )


def _inside(limits: FloatArray, works: WorksFile) -> FloatArray:
    """Limits of a mean, not beyond the scores that can be had."""
    procedure = works.procedure
    lowest = 0.0 if procedure.items else procedure.min_score
    return np.clip(
        limits,
        -np.inf if lowest is None else lowest,
        np.inf if not procedure.highest_score else procedure.highest_score,
    )


def _mean_share(works: WorksFile, tally: Tally, means: ClusteredMean) -> FloatArray:
    """Points gained of the points possible: items that were not administered to a pupil do not count."""
    procedure = works.procedure
    if procedure.items:
        possible = tally.schools.item_n @ np.array([float(item.max_points) for item in procedure.items])
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(
                np.where(possible > 0, tally.schools.item_points.sum(axis=1) / possible, np.nan)
            )
    highest = procedure.highest_score
    return np.asarray(means.mean / highest if highest else np.full(len(means.mean), np.nan))


def _participation(n: IntArray, absent: IntArray, enrolled: FloatArray) -> FloatArray:
    """Present among enrolled; among entered where enrolment is unknown or smaller than those who came."""
    entered = (n + absent).astype(np.float64)
    base = np.where(np.isnan(enrolled) | (enrolled < n), entered, enrolled)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(base > 0, n / base, np.nan))


def _logits_se(abilities: Abilities, means: ClusteredMean) -> FloatArray:
    """Standard error of the mean ability: pupils as clustered in classes as their points are."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(abilities.pupil_sd / np.sqrt(means.n_effective))


def _marks(marks: IntArray, low: IntArray, works: WorksFile) -> dict[str, object]:
    """Shares of marks, of low and of good results, and of marks against the journal."""
    procedure = works.procedure
    columns: dict[str, object] = {}
    by_mark = marks.sum(axis=1).astype(np.float64)
    marked = by_mark[:, 2:].sum(axis=1)
    for mark in MARKS:
        shares = wilson_interval(by_mark[:, mark], marked)
        columns[f"share_{mark}"] = shares.share
        columns[f"share_{mark}_lower"] = shares.lower
        columns[f"share_{mark}_upper"] = shares.upper
    n = by_mark.sum(axis=1)
    if procedure.cut_scores or procedure.pass_score is not None:
        judged = n
    else:  # only the works with a given mark can be judged
        judged = marked
    columns["judged_n"] = judged.astype(np.int64)
    columns["low_n"] = [int(k) if total else None for k, total in zip(low, judged, strict=True)]
    columns["low_share"] = wilson_interval(low.astype(np.float64), judged).share
    columns["quality_share"] = wilson_interval(by_mark[:, 4] + by_mark[:, 5], marked).share
    both = marks[:, 2:, 2:].astype(np.float64)
    compared = both.sum(axis=(1, 2))
    for name, of in (("lowered_share", -1), ("confirmed_share", 0), ("raised_share", 1)):
        count = both[:, of == _ABOVE_JOURNAL].sum(axis=1)
        columns[name] = wilson_interval(count, compared).share
    columns["journal_n"] = compared.astype(np.int64)
    return columns


def _notes(works: WorksFile, tally: Tally, means: ClusteredMean, enrolled: FloatArray) -> list[str | None]:
    """Why a cell of the row is empty, and what to mind."""
    shared = _shared_notes(works, tally, means)
    notes = []
    for pupils, on_roll in zip(means.n, enrolled, strict=True):
        own = [_("nobody wrote")] if pupils == 0 else []
        if 0 < pupils < FEW_WORKS:
            own.append(_("few works: chance weighs heavily"))
        if on_roll < pupils:
            own.append(_("more works than enrolled pupils: participation is counted among those entered"))
        notes.append("; ".join(own + shared) or None)
    return notes


def _shared_notes(works: WorksFile, tally: Tally, means: ClusteredMean) -> list[str]:
    procedure = works.procedure
    shared = []
    if not means.class_variance_known:
        shared.append(_("few schools have two classes: that classes differ is not in the standard error"))
    if not procedure.cut_scores and procedure.pass_score is None:
        shared.append(_("no cut scores: marks and low results are those of the file, where it has any"))
    elif not procedure.cut_scores:
        shared.append(_("only a pass score: marks are those of the file, where it has any"))
    if procedure.score_only:
        shared.append(_("without items there is no ability in logits"))
    if not procedure.highest_score:
        shared.append(_("the highest score is unknown, so there is no share of it"))
    if not tally.schools.marks[:, 2:, 2:].any():
        shared.append(_("no journal marks to compare with"))
    if tally.cells is not None and len(tally.cells.patterns) > 1:
        shared.append(
            _("not every pupil had the same items: points and marks of different forms are not equally hard")
        )
    return shared
