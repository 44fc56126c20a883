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
from merilo.collect.authority.text_table import cleaned, read_text_table
from merilo.collect.authority.works_file import CheckedRows, pupil_scores, write_works_file
from merilo.collect.rejections import Rejections
from merilo.errors import InputError, TableError
from merilo.language import translator
from merilo.methods.arrays import BoolArray, FloatArray
from merilo.tables.procedure import Procedure
from merilo.tables.works import NOT_ADMINISTERED, SEXES, WorksFile

_ = translator("collect")

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
    frame = _read_rows(source)
    _check_columns(frame, procedure, source)
    rejections = Rejections(frame["_file"], frame["_row"])
    present, kept = _read_status(frame, rejections)
    kept &= _check_organisations(frame, rejections, known_orgs)
    kept &= _check_twins(frame, rejections)
    points, good = _read_items(frame, procedure, present & kept, rejections)
    kept &= good
    score, good, mismatches = _read_score(frame, procedure, points, present & kept, rejections)
    kept &= good
    if not (kept & present).any():
        raise InputError(
            _("No work of the procedure {name} could be accepted").format(name=procedure.procedure_id),
            file=source.works[0],
            next_step=_("The first fault: {fault}").format(fault=_first_fault(rejections)),
        )
    covariates = read_covariates(frame, procedure, priors or {}, present & kept, rejections)
    columns: dict[str, NDArray[np.generic]] = {
        "present": present.astype(np.int8),
        "sex": _read_sex(frame),
        "journal_mark": _read_marks(frame, "journal_mark", rejections),
        "mark": _marks(frame, procedure, score, present, rejections),
        "score": np.where(present, score, np.nan),
    }
    checked = CheckedRows(frame, kept, columns, points, covariates, mismatches)
    works = write_works_file(procedure, checked, scratch)
    return CollectedWorks(works, rejections.frame(), pupil_scores(checked))


def _read_rows(source: ProcedureFolder) -> pl.DataFrame:
    frames = []
    for path in source.works:
        rows = read_text_table(path)
        frames.append(
            rows.with_columns(
                pl.lit(f"{path.parent.name}/{path.name}").alias("_file"),
                pl.int_range(2, rows.height + 2, dtype=pl.Int64).alias("_row"),
            )
        )
    return frames[0] if len(frames) == 1 else pl.concat(frames, how="diagonal_relaxed")


def _check_columns(frame: pl.DataFrame, procedure: Procedure, source: ProcedureFolder) -> None:
    needed = ["org_id", *([item.item_id for item in procedure.items] or ["score"])]
    for name in needed:
        if name not in frame.columns:
            known = ", ".join(column for column in frame.columns if not column.startswith("_"))
            what = (
                _("the total score, because there is no items.csv")
                if name == "score"
                else _("an item of items.csv")
            )
            raise TableError(
                _("The works have no column {name}").format(name=name)
                + (f" ({what})" if name != "org_id" else ""),
                file=source.works[0],
                row=1,
                column=name,
                next_step=_("The columns are: {known}.").format(known=known),
            )


def _read_status(frame: pl.DataFrame, rejections: Rejections) -> tuple[BoolArray, BoolArray]:
    if "status" not in frame.columns:
        return np.ones(frame.height, bool), np.ones(frame.height, bool)
    words = cleaned(frame["status"]).fill_null("present")
    present = (words == "present").to_numpy()
    unknown = ~present & (words != "absent").to_numpy()
    rejections.add(
        unknown,
        column="status",
        values=words,
        rule="status_unknown",
        message=_("The status must be present or absent; the row is left out."),
    )
    return present & ~unknown, ~unknown


def _check_organisations(frame: pl.DataFrame, rejections: Rejections, known: Collection[str]) -> BoolArray:
    orgs = cleaned(frame["org_id"])
    empty = orgs.is_null().to_numpy()
    rejections.add(
        empty,
        column="org_id",
        values=None,
        rule="organisation_missing",
        message=_("The row names no organisation and is left out."),
    )
    if known:
        stranger = (~orgs.is_in(list(known)) & orgs.is_first_distinct()).fill_null(value=False).to_numpy()
        rejections.add(
            stranger & ~empty,
            column="org_id",
            values=orgs,
            rule="organisation_unknown",
            message=_("The organisation is not in organisations.csv; its works are kept. Add it there."),
        )
    return ~empty


def _check_twins(frame: pl.DataFrame, rejections: Rejections) -> BoolArray:
    """A work_id stands once; later rows of the same id are left out."""
    if "work_id" not in frame.columns:
        return np.ones(frame.height, bool)
    ids = cleaned(frame["work_id"])
    twin = (ids.is_not_null() & ~ids.is_first_distinct()).to_numpy()
    rejections.add(
        twin,
        column="work_id",
        values=ids,
        rule="duplicate_work",
        message=_("A row with this work_id stands above; this one is left out."),
    )
    return ~twin


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
    low = -np.inf if procedure.min_score is None else procedure.min_score
    high = np.inf if procedure.max_score is None else procedure.max_score
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
        message=_("The score lies outside {low}…{high} of procedure.toml; the row is left out.").format(
            low=procedure.min_score, high=procedure.max_score
        ),
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


def _first_fault(rejections: Rejections) -> str:
    found = rejections.frame()
    return str(found["message"][0]) if found.height else _("there are no rows with status present")
