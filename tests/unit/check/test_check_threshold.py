"""Evidence of lifting over cut scores: rows, notes, procedures of scores only, what cannot be told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from merilo.check.sitting import Sitting
from merilo.check.threshold import study_thresholds, threshold_evidence, threshold_log_bayes
from merilo.cycle import sittings_of
from merilo.definitions import Definitions, load_definitions
from merilo.tally.scores import school_score_counts, score_counts

SCHOOLS, PUPILS, LIFTING, SMALL = 40, 60, 3, 5
CUTS = {3: 10, 4: 17, 5: 24}


@pytest.fixture(scope="module")
def definitions() -> Definitions:
    return load_definitions(())


@pytest.fixture(scope="module")
def scores() -> pl.DataFrame:
    """40 schools of 60 pupils; the first 3 lift nearly all near-misses, the last has 5 pupils."""
    rng = np.random.default_rng(5)
    school = np.repeat(np.arange(SCHOOLS), PUPILS)
    school = school[(school < SCHOOLS - 1) | (np.arange(len(school)) % PUPILS < SMALL)]
    chance = 1 / (1 + np.exp(-(rng.normal(0, 0.9, len(school)) + 0.4 * rng.normal(size=SCHOOLS)[school])))
    score = rng.binomial(32, chance)
    for cut in CUTS.values():
        near = (score < cut) & (score >= cut - 2)
        share = np.where(school < LIFTING, 0.95, 0.15)
        score[near & (rng.random(len(score)) < share)] = cut
    return pl.DataFrame(
        {"org_id": [f"edu10{s:04d}" for s in school], "class_id": "5А", "score": score.astype(float)}
    )


def sitting(folder: Path, works: pl.DataFrame, toml: str) -> Sitting:
    """A procedure of scores only."""
    procedure = folder / "authority" / "procedures" / "scores"
    procedure.mkdir(parents=True)
    (procedure / "procedure.toml").write_text(
        f'id = "scores"\nkind = "school"\nmax_score = 32\nmin_score = 0\n{toml}', encoding="utf-8"
    )
    works.write_csv(procedure / "works.csv")
    (scratch := folder / "scratch").mkdir()
    return sittings_of(folder / "authority", scratch)[0]


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory, scores: pl.DataFrame) -> Sitting:
    cuts = "\n".join(f"{mark} = {cut}" for mark, cut in CUTS.items())
    return sitting(tmp_path_factory.mktemp("cuts"), scores, f"[cut_scores]\n{cuts}\n")


def test_scores_alone_are_counted_by_school(held: Sitting, scores: pl.DataFrame):
    """A row for each school; together they are the works of the procedure."""
    counts = school_score_counts(held.works, held.tally)
    whole = score_counts(held.works, held.tally)
    assert counts is not None
    assert whole is not None
    np.testing.assert_array_equal(counts.sum(axis=0), whole.n)
    first = scores.filter(pl.col("org_id") == held.works.org_ids[0])["score"].to_numpy().astype(int)
    np.testing.assert_array_equal(counts[0], np.bincount(first - whole.lowest, minlength=len(whole.n)))


def test_each_cut_score_has_a_row_and_the_kind_one_hidden_row(held: Sitting, definitions: Definitions):
    """Three shown rows that feed no kind; a hidden one with z of all cut scores and without estimates."""
    rows = threshold_evidence(held, definitions)
    assert [(one.name, one.kind, one.shown) for one in rows] == [
        ("threshold_3", "", True),
        ("threshold_4", "", True),
        ("threshold_5", "", True),
        ("threshold_3", "threshold", False),
    ]
    assert all(len(one.z) == held.schools_n for one in rows)
    assert np.isnan(rows[-1].estimate).all()


def test_schools_that_lift_stand_out(held: Sitting, definitions: Definitions):
    """The three schools have the highest z; what most of them lifted is far above what others do."""
    rows = threshold_evidence(held, definitions)
    z = rows[-1].z
    assert set(np.argsort(-np.nan_to_num(z, nan=-9))[:LIFTING]) == set(range(LIFTING))
    assert (z[:LIFTING] > 2.5).all()
    assert (threshold_log_bayes(held, definitions)[:LIFTING] > 3).all()
    shown = rows[1]
    assert (shown.estimate[:LIFTING] > 0.5).all()
    assert (shown.upper[:LIFTING] > 0.9).all()
    assert any("больше 50" in shown.notes.get(row, "") for row in range(LIFTING))
    assert np.nanmedian(shown.estimate[LIFTING:]) < 0.4


def test_small_school_has_a_note_and_no_number(held: Sitting, definitions: Definitions):
    """Five pupils: neither z nor share."""
    rows = threshold_evidence(held, definitions)
    for one in rows:
        assert np.isnan(one.z[-1])
        assert np.isnan(one.lower[-1])
        assert "8" in one.notes[SCHOOLS - 1]


def test_pass_score_is_the_cut_score_for_three(
    tmp_path: Path, scores: pl.DataFrame, definitions: Definitions
):
    """An exam without marks: one shown row."""
    exam = sitting(tmp_path, scores, "pass_score = 10\n")
    rows = threshold_evidence(exam, definitions)
    assert [one.name for one in rows] == ["threshold_3", "threshold_3"]
    assert np.isfinite(rows[0].estimate[0])


def test_without_a_cut_score_nothing_can_be_told(held: Sitting, definitions: Definitions):
    """A sentence, rows without numbers, no Bayes factor."""
    nothing = replace(held, lift=None)
    assert isinstance(study_thresholds(nothing, definitions), str)
    rows = threshold_evidence(nothing, definitions)
    assert all(np.isnan(one.z).all() and one.note for one in rows)
    assert np.isnan(threshold_log_bayes(nothing, definitions)).all()


def test_two_schools_have_no_practice(tmp_path: Path, scores: pl.DataFrame, definitions: Definitions):
    """Shares are shown, z is not: there is nothing to compare with."""
    two = scores.filter(pl.col("org_id").is_in(["edu100000", "edu100010"]))
    cuts = "\n".join(f"{mark} = {cut}" for mark, cut in CUTS.items())
    rows = threshold_evidence(sitting(tmp_path, two, f"[cut_scores]\n{cuts}\n"), definitions)
    assert np.isnan(rows[-1].z).all()
    assert rows[-1].note
    assert np.isfinite(rows[1].estimate).any()
