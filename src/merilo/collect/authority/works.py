"""works.csv or works.parquet -> the works file (tables/works.py) and the rows that were not accepted."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from merilo.collect.authority.cells import read_mark, read_number, read_points
from merilo.collect.authority.covariates import read_covariates
from merilo.collect.authority.folder import ProcedureFolder
from merilo.collect.authority.options import read_options
from merilo.collect.authority.text_table import cleaned
from merilo.collect.authority.work_rows import (
    check_organisations,
    check_twins,
    check_whole,
    read_rows,
    read_status,
)
from merilo.collect.authority.works_file import CheckedRows, pupil_scores, write_works_file
from merilo.collect.rejections import Rejections
from merilo.errors import InputError
from merilo.language import translator
from merilo.methods.arrays import BoolArray, FloatArray
from merilo.tables.procedure import Procedure
from merilo.tables.works import NOT_ADMINISTERED, SEXES, WorksFile

_ = translator("collect")

# A score beyond this is a slip of the pen (a telephone number, a date) and not a score.
MOST_SCORE = 1_000_000.0

NAMES = ("org_id", "class_id", "variant", "pupil_id")

_SEX_WORDS = {"f": 1, "ж": 1, "жен": 1, "female": 1, "girl": 1, "m": 2, "м": 2, "муж": 2, "male": 2, "boy": 2}


@dataclass(frozen=True, slots=True)
class CollectedWorks:
    """A works file, what was rejected, and the scores by pupil that later procedures may take as prior.

    scores: frame pupil_id, org_id, class_id, score of present works.
    """

    file: WorksFile
    rejected: pl.DataFrame
    scores: pl.DataFrame


def collect_works(
    source: ProcedureFolder,
    scratch: Path,
    *,
    known_orgs: Collection[str] = (),
    priors: Mapping[str, pl.DataFrame] | None = None,
) -> CollectedWorks:
    """Check every row of a procedure's works and write them as one sorted works file into `scratch`.

    Rows that break a rule are left out and reported; the points are never repaired. Raises InputError when
    no row remains, TableError when a needed column is absent.
    """
    procedure = source.procedure
    frame = read_rows(source)
    rejections = Rejections(frame["_file"], frame["_row"])
    present, kept = read_status(frame, rejections)
    kept &= check_organisations(frame, rejections, known_orgs)
    kept &= check_twins(frame, rejections)
    kept &= check_whole(frame, present, rejections)
    points, good = _read_items(frame, procedure, present & kept, rejections)
    kept &= good
    score, good, mismatches = _read_score(frame, procedure, points, present & kept, rejections)
    kept &= good
    if not (kept & present).any():
        raise _nothing_accepted(source, rejections)
    covariates = read_covariates(frame, procedure, priors or {}, present & kept, rejections)
    options, faults = read_options(source, frame, points, present & kept)
    columns: dict[str, NDArray[np.generic]] = {
        "present": present.astype(np.int8),
        "sex": _read_sex(frame),
        "journal_mark": _read_marks(frame, "journal_mark", rejections),
        "mark": _marks(frame, procedure, score, present, rejections),
        "score": np.where(present, score, np.nan),
    }
    # Only names are read from here on; the text of all other cells may leave the memory before the file is written.
    frame = frame.select(name for name in NAMES if name in frame.columns)
    checked = CheckedRows(frame, kept, columns, points, covariates, mismatches, options)
    works = write_works_file(procedure, checked, scratch)
    rejected = pl.concat([rejections.frame(), *faults])
    return CollectedWorks(works, rejected, pupil_scores(checked))


def _read_items(
    frame: pl.DataFrame, procedure: Procedure, checked: BoolArray, rejections: Rejections
) -> tuple[list[NDArray[np.int8]], BoolArray]:
    good = np.ones(frame.height, bool)
    columns = []
    read = read_points(frame, {item.item_id: item.max_points for item in procedure.items})
    for item in procedure.items:
        points, bad = read[item.item_id]
        bad = bad & checked
        rejections.add(
            bad,
            column=item.item_id,
            values=frame[item.item_id],
            rule="points_out_of_range",
            message=_(
                "The points must be a whole number from 0 to {most}, X or empty; the row is left out."
            ).format(most=item.max_points),
        )
        good &= ~bad
        columns.append(np.where(checked & ~bad, points, np.int8(NOT_ADMINISTERED)))
    if columns:
        nothing = checked & good
        for points in columns:
            nothing = nothing & (points == NOT_ADMINISTERED)
        rejections.add(
            nothing,
            column="status",
            values=None,
            rule="nothing_administered",
            message=_(
                "The row is present but has no points at all; it is left out. Absent pupils have status absent."
            ),
        )
        good &= ~nothing
    return columns, good


def _read_score(
    frame: pl.DataFrame,
    procedure: Procedure,
    points: list[NDArray[np.int8]],
    checked: BoolArray,
    rejections: Rejections,
) -> tuple[FloatArray, BoolArray, int]:
    good = np.ones(frame.height, bool)
    if not procedure.score_only:
        total = np.zeros(frame.height, np.int32)
        for column in points:
            total += np.maximum(column, 0)
        return total.astype(np.float64), good, _count_mismatches(frame, total, checked & good, rejections)
    score, bad = read_number(frame["score"])
    bad = checked & (bad | np.isnan(score))
    low = -MOST_SCORE if procedure.min_score is None else procedure.min_score
    high = MOST_SCORE if procedure.max_score is None else procedure.max_score
    outside = checked & ~bad & ((score < low) | (score > high))
    rejections.add(
        bad,
        column="score",
        values=frame["score"],
        rule="score_missing",
        message=_("The score must be a number; the row is left out."),
    )
    rejections.add(
        outside,
        column="score",
        values=frame["score"],
        rule="score_out_of_range",
        message=_(
            "The score lies outside {low}…{high} (min_score and max_score of procedure.toml); the row is left out."
        ).format(low=f"{low:.15g}", high=f"{high:.15g}"),
    )
    return score, ~(bad | outside), 0


def _count_mismatches(
    frame: pl.DataFrame, total: NDArray[np.int32], checked: BoolArray, rejections: Rejections
) -> int:
    """Works whose printed total differs from the sum of the points: reported, not repaired."""
    if "score" not in frame.columns:
        return 0
    printed, _bad = read_number(frame["score"])
    differs = checked & ~np.isnan(printed) & (printed != total)
    rejections.add(
        differs,
        column="score",
        values=frame["score"],
        rule="total_mismatch",
        message=_("The points do not add up to the printed score; the row is kept with its points."),
    )
    return int(differs.sum())


def _read_sex(frame: pl.DataFrame) -> NDArray[np.int8]:
    if "sex" not in frame.columns:
        return np.zeros(frame.height, np.int8)
    words = cleaned(frame["sex"]).str.to_lowercase()
    assert len(SEXES) == max(_SEX_WORDS.values()) + 1
    return words.replace_strict(_SEX_WORDS, default=0, return_dtype=pl.Int8).fill_null(0).to_numpy()


def _read_marks(frame: pl.DataFrame, name: str, rejections: Rejections) -> NDArray[np.int8]:
    if name not in frame.columns:
        return np.zeros(frame.height, np.int8)
    marks, bad = read_mark(frame[name])
    rejections.add(
        bad,
        column=name,
        values=frame[name],
        rule="mark_unknown",
        message=_("A mark is 2, 3, 4 or 5; the row is kept without this mark."),
    )
    return marks


def _marks(
    frame: pl.DataFrame, procedure: Procedure, score: FloatArray, present: BoolArray, rejections: Rejections
) -> NDArray[np.int8]:
    """Given marks; where none is given, by the cut scores."""
    given = _read_marks(frame, "mark", rejections)
    if not procedure.cut_scores:
        return np.where(present, given, 0).astype(np.int8)
    cuts = [procedure.cut_scores.get(mark, np.inf) for mark in (3, 4, 5)]
    reached = 2 + np.sum(score[:, None] >= np.array(cuts)[None, :], axis=1)
    differs = present & (given != 0) & (given != reached)
    rejections.add(
        differs,
        column="mark",
        values=pl.Series(given),
        rule="mark_mismatch",
        message=_("The mark is not the one that the cut scores give; the row is kept with its mark."),
    )
    return np.where(present, np.where(given != 0, given, reached), 0).astype(np.int8)


def _nothing_accepted(source: ProcedureFolder, rejections: Rejections) -> InputError:
    rule = _("No work of the procedure {name} could be accepted").format(name=source.procedure.procedure_id)
    found = rejections.frame().sort("row", maintain_order=True)
    if not found.height:
        return InputError(
            rule,
            file=source.works[0],
            next_step=_("The first fault: {fault}").format(fault=_("there are no rows with status present")),
        )
    fault = found.row(0, named=True)
    return InputError(
        rule,
        file=source.works[0] if len(source.works) == 1 else fault["file"],
        row=fault["row"],
        column=fault["column"],
        value=fault["value"],
        next_step=_("The first fault: {fault}").format(fault=fault["message"]),
    )
