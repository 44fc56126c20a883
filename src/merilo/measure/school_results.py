"""Results of each school in one procedure, with intervals."""

from __future__ import annotations

import numpy as np
import polars as pl

from merilo.language import translator
from merilo.measure.abilities import Abilities
from merilo.measure.enrolment import enrolled_pupils
from merilo.measure.tally import Tally
from merilo.methods.arrays import FloatArray, IntArray
from merilo.methods.intervals import ClusteredMean, clustered_mean, wilson_interval
from merilo.tables.works import WorksFile

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
    highest = works.procedure.highest_score
    columns: dict[str, object] = {
        "org_id": works.org_ids,
        "n": n,
        "absent_n": schools.absent,
        "enrolled_n": [None if np.isnan(pupils) else int(pupils) for pupils in enrolled],
        "participation_share": _participation(n, schools.absent, enrolled),
        "mean_points": means.mean,
        "mean_points_se": means.se,
        "mean_points_lower": means.lower,
        "mean_points_upper": means.upper,
        "mean_share": np.full(len(n), np.nan) if not highest else means.mean / highest,
    }
    if abilities is not None:
        columns["mean_logits"] = abilities.school_mean
        columns["mean_logits_se"] = _logits_se(abilities, means)
    columns.update(_marks(schools.marks, schools.low, works))
    frame = pl.DataFrame(columns, strict=False).with_columns(
        pl.lit(works.procedure.procedure_id).alias("procedure_id"),
        pl.Series("note", _notes(n, means, works), dtype=pl.String),
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
    )


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


def _notes(n: IntArray, means: ClusteredMean, works: WorksFile) -> list[str | None]:
    shared = []
    if not means.class_variance_known:
        shared.append(_("no school has two classes: that classes differ is not in the standard error"))
    if not works.procedure.cut_scores and works.procedure.pass_score is None:
        shared.append(_("no cut scores: marks and low results are those of the file, where it has any"))
    notes = []
    for pupils in n:
        own = [_("nobody wrote")] if pupils == 0 else []
        if 0 < pupils < FEW_WORKS:
            own.append(_("few works: chance weighs heavily"))
        notes.append("; ".join(own + shared) or None)
    return notes
