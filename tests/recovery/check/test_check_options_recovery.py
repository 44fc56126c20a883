"""Evidence from options on simulated exams: honest schools against schools whose classes copy from their best pupil."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
from folders import write_procedure
from option_worlds import Exam, ExamSettings, draw_exam

from merilo.check.option_answers import fit_options
from merilo.check.options import option_evidence, similar_pairs
from merilo.check.sitting import Sitting
from merilo.cycle import sittings_of
from merilo.definitions import load_definitions

DEFINITIONS = load_definitions(())
ALARM = 1.6448536


def sitting_of(exam: Exam, place: Path) -> Sitting:
    names = [f"q{item}" for item in range(exam.chosen.shape[1])]
    n = len(exam.school)
    ids = pl.DataFrame({"work_id": [f"w{row}" for row in range(n)]})
    works = ids.with_columns(
        pl.Series("org_id", [f"s{one:03d}" for one in exam.school]),
        pl.Series("class_id", exam.klass.astype(str)),
        *(pl.Series(name, exam.right[:, k].astype(int)) for k, name in enumerate(names)),
    )
    options = ids.with_columns(
        pl.Series(name, exam.chosen[:, k]).replace(-1, None) for k, name in enumerate(names)
    )
    items = pl.DataFrame({"item_id": names, "max_points": 1})
    options.write_csv(write_procedure(place, "exam", works, items=items) / "options.csv")
    (sitting,) = sittings_of(place, place / "scratch")
    return sitting


def test_schools_that_copy_stand_out_and_honest_ones_do_not(tmp_path):
    """A tenth of the schools copies at full strength: power and false alarms at .05, three worlds of 150 schools."""
    honest, copying, listed, false = [], [], 0, 0
    for seed in range(60, 63):
        exam = draw_exam(
            ExamSettings(schools=150, copying_schools=0.1, copying=1.0), np.random.default_rng(seed)
        )
        sitting = sitting_of(exam, tmp_path / str(seed))
        fitted = fit_options(sitting.works)
        (evidence,) = option_evidence(sitting, DEFINITIONS, fitted=fitted)
        known = ~np.isnan(evidence.z)
        copied = np.bincount(exam.school, exam.copied) > 0
        honest.append(evidence.z[known & ~copied])
        copying.append(evidence.z[known & copied])
        pairs = similar_pairs(sitting, DEFINITIONS, fitted=fitted)
        for first, second in zip(pairs["first_work"], pairs["second_work"], strict=True):
            a, b = int(first[1:]), int(second[1:])
            listed += 1
            false += not (copied[exam.school[a]] and exam.klass[a] == exam.klass[b])
    alarms = (np.concatenate(honest) > ALARM).mean()
    power = (np.concatenate(copying) > ALARM).mean()
    assert len(np.concatenate(copying)) > 20
    assert 0.015 < alarms < 0.07
    assert power > 0.5
    assert false <= max(1, 0.2 * listed)
