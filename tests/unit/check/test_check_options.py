"""Chosen options as evidence: who is compared with whom, what is told of a school, and when nothing can be told."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl
import pytest
from folders import write_procedure
from option_worlds import Exam, ExamSettings, draw_exam

from merilo.check.option_answers import fit_options
from merilo.check.options import few_works_note, option_evidence, similar_pairs, usual_likeness
from merilo.check.sitting import Sitting
from merilo.cycle import sittings_of
from merilo.definitions import load_definitions
from merilo.publish.disclosure import PUPIL_COLUMNS
from merilo.tables.similar_pairs import SIMILAR_PAIRS

DEFINITIONS = load_definitions(())
FOLDERS = TemporaryDirectory()


def sitting_of(exam: Exam, *, rooms: bool = False, options: bool = True, works: int | None = None) -> Sitting:
    """The exam as `check` sees it; work_id is w<row>."""
    place = Path(FOLDERS.name) / str(len(list(Path(FOLDERS.name).iterdir())))
    n = len(exam.school) if works is None else works
    names = [f"q{item}" for item in range(exam.chosen.shape[1])]
    ids = pl.Series("work_id", [f"w{row}" for row in range(n)])
    frame = pl.DataFrame(
        {"org_id": [f"s{one:03d}" for one in exam.school[:n]], "class_id": exam.klass[:n].astype(str)}
    )
    points = pl.DataFrame(exam.right[:n].astype(int), schema=names)
    items = pl.DataFrame({"item_id": names, "max_points": 1, "key": "1"})
    folder = write_procedure(
        place, "exam", pl.concat([ids.to_frame(), frame, points], how="horizontal"), items=items
    )
    if options:
        letters = pl.DataFrame(exam.chosen[:n] + 1, schema=names).with_columns(pl.all().replace(0, None))
        room = pl.Series("room", [f"hall {row % 40}" if rooms else None for row in range(n)], dtype=pl.String)
        pl.concat([ids.to_frame(), room.to_frame(), letters], how="horizontal").write_csv(
            folder / "options.csv"
        )
    (sitting,) = sittings_of(place, place / "scratch")
    return sitting


@cache
def honest() -> tuple[Exam, Sitting]:
    exam = draw_exam(ExamSettings(schools=40, items=24), np.random.default_rng(3))
    return exam, sitting_of(exam)


@cache
def with_twins() -> tuple[Exam, Sitting]:
    """Two pupils of the first large class handed in the same work, wrong answers and all."""
    exam = draw_exam(ExamSettings(schools=40, items=40), np.random.default_rng(4))
    one = int(np.argmax(np.bincount(exam.klass)))
    pupils = np.flatnonzero(exam.klass == one)
    weakest = pupils[np.argsort(exam.right[pupils].sum(axis=1))[:2]]
    exam.chosen[weakest[1]] = exam.chosen[weakest[0]]
    exam.right[weakest[1]] = exam.right[weakest[0]]
    exam.source[weakest[1]] = weakest[0]
    return exam, sitting_of(exam)


def test_schools_get_one_row_of_evidence_each():
    exam, sitting = honest()
    (evidence,) = option_evidence(sitting, DEFINITIONS)
    assert (evidence.name, evidence.kind, evidence.unit) == ("similarity", "similarity", "share")
    n = np.bincount(exam.school, minlength=sitting.schools_n)
    assert evidence.n.tolist() == n.tolist()
    known = ~np.isnan(evidence.z)
    assert (known == (n >= 8)).all()
    assert all(evidence.notes[row] for row in np.flatnonzero(~known))
    assert (evidence.lower[known] < evidence.estimate[known]).all()
    assert (evidence.estimate[known] < evidence.upper[known]).all()
    assert np.abs(np.median(evidence.z[known])) < 0.6


def test_honest_pairs_are_seldom_listed():
    _exam, sitting = honest()
    pairs = similar_pairs(sitting, DEFINITIONS)
    assert pairs.height <= 1
    assert pairs.schema == SIMILAR_PAIRS.empty().schema


def test_twin_works_are_listed_with_what_they_share():
    exam, sitting = with_twins()
    pairs = similar_pairs(sitting, DEFINITIONS)
    copier = int(np.flatnonzero(exam.source >= 0)[0])
    names = {f"w{copier}", f"w{exam.source[copier]}"}
    (row,) = [one for one in pairs.iter_rows(named=True) if {one["first_work"], one["second_work"]} == names]
    both = (exam.chosen[copier] >= 0).sum()
    assert row["items_n"] == row["identical_n"] == both
    assert row["identical_wrong_n"] == (~exam.right[copier] & (exam.chosen[copier] >= 0)).sum()
    assert row["expected_n"] < row["identical_n"]
    assert row["q_value"] <= DEFINITIONS.run.flag_limit
    assert row["gbt_p"] < row["p_value"] < 1e-3
    assert row["org_id"] == row["second_org_id"] == f"s{exam.school[copier]:03d}"
    assert row["room"] is None
    sizes = np.bincount(exam.klass)
    assert row["pairs_n"] == (sizes * (sizes - 1) // 2).sum()


def test_rooms_are_compared_instead_of_classes():
    exam, _sitting = honest()
    sitting = sitting_of(exam, rooms=True)
    fitted = fit_options(sitting.works)
    assert fitted is not None
    assert len(np.unique(fitted.seated)) == 40
    assert set(fitted.rooms) == {f"hall {room}" for room in range(40)}
    # rooms hold pupils of all schools: hardly a school has eight works of its own compared, but each is counted
    (evidence,) = option_evidence(sitting, DEFINITIONS, fitted=fitted)
    assert evidence.n.sum() == len(exam.school)


def test_works_keep_their_names_through_the_sorted_file():
    exam, sitting = honest()
    fitted = fit_options(sitting.works)
    assert fitted is not None
    rows = [int(name[1:]) for name in fitted.work]
    assert sorted(rows) == list(range(len(exam.school)))
    assert [sitting.works.org_ids[one] for one in fitted.org] == [f"s{exam.school[row]:03d}" for row in rows]
    np.testing.assert_array_equal(fitted.answers.right, exam.right[rows] & (exam.chosen[rows] >= 0))


@pytest.mark.parametrize("cause", ["no options", "few works"])
def test_without_enough_options_nothing_is_said(cause):
    exam, _sitting = honest()
    sitting = sitting_of(exam, options=False) if cause == "no options" else sitting_of(exam, works=90)
    assert option_evidence(sitting, DEFINITIONS) == []
    assert similar_pairs(sitting, DEFINITIONS).is_empty()
    assert "100" in few_works_note()


def test_pairs_are_pupil_level_and_enter_no_document():
    assert {"first_work", "second_work"} <= PUPIL_COLUMNS


def test_usual_likeness_never_makes_pairs_stand_out_more():
    rng = np.random.default_rng(1)
    assert usual_likeness(rng.normal(-1, 0.5, 1000)) == (0.0, 1.0)
    centre, spread = usual_likeness(rng.normal(0.5, 1.5, 20000))
    assert centre == pytest.approx(0.5, abs=0.05)
    assert spread == pytest.approx(1.5, abs=0.05)
    assert usual_likeness(rng.normal(3, 2, 50)) == (0.0, 1.0)
