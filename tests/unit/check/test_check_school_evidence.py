"""Participation, journal, spread, level and cohort on sittings made by hand: what is told, and why it is not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from merilo.check.cohort import cohort_evidence
from merilo.check.journal import journal_evidence
from merilo.check.level import level_evidence, points_not_given
from merilo.check.participation import participation_evidence
from merilo.check.sitting import Sitting
from merilo.check.spread import spread_evidence
from merilo.definitions import load_definitions
from merilo.tables.procedure import Item, Procedure
from merilo.tables.works import Covariate, WorksFile
from merilo.tally import Tally
from merilo.tally.batch import Batch
from merilo.tally.tally import count

SCHOOLS, PUPILS = 24, 30
DEFINITIONS = load_definitions(())
ODD = 3


def sitting(
    seed: int = 1,
    *,
    name: str = "now",
    raised: float = 0.0,
    away: int = 0,
    journal: bool = True,
    absences: bool = True,
    prior: bool = False,
    sizes: tuple[int, ...] = (PUPILS,) * SCHOOLS,
) -> Sitting:
    """24 schools of 30 pupils on 20 items of a point. School 3: everybody `raised` SDs, its `away` weakest absent."""
    rng = np.random.default_rng(seed)
    org = np.repeat(np.arange(len(sizes)), sizes)
    ability = rng.normal(0, 1, org.size) + rng.normal(0, 0.4, len(sizes))[org]
    mark = np.digitize(ability + rng.normal(0, 0.5, org.size), (-1.2, 0.1, 1.2)) + 2
    earlier = ability + rng.normal(0, 0.5, org.size) + rng.normal(0, 0.1, len(sizes))[org]
    chance = 1 / (1 + np.exp(-(ability + raised * (org == ODD))[:, None] + rng.normal(0, 1, 20)))
    points = (rng.random((org.size, 20)) < chance).astype(np.int8)
    present = rng.random(org.size) > (0.08 if absences else 0.0)
    mine = np.flatnonzero(org == ODD)
    present[mine[np.argsort(ability[mine])[:away]]] = False
    points[~present] = -1
    score = np.where(present, np.maximum(points, 0).sum(axis=1), np.nan)
    procedure = Procedure(
        name,
        subject="mathematics",
        cut_scores={3: 7.0, 4: 11.0, 5: 15.0},
        prior=("before",),
        items=tuple(Item(str(k + 1), 1) for k in range(20)),
    )
    covariates = (Covariate("before", "prior", procedure_id="before"),) if prior else ()
    works = WorksFile(
        path=Path("none"),
        sha256="",
        procedure=procedure,
        org_ids=tuple(f"s{j:02d}" for j in range(len(sizes))),
        class_org=tuple(range(len(sizes))),
        class_ids=("5",) * len(sizes),
        variants=("",),
        covariates=covariates,
        rows=int(org.size),
        row_groups=1,
    )
    batch = Batch(
        org=org.astype(np.int32),
        klass=org.astype(np.int32),
        variant=np.zeros(org.size, np.int16),
        present=present.astype(np.int8),
        sex=np.zeros(org.size, np.int8),
        journal_mark=(mark if journal else np.zeros(org.size)).astype(np.int8),
        mark=np.where(present, 2 + np.digitize(np.nan_to_num(score), (7, 11, 15)), 0).astype(np.int8),
        score=score,
        points=tuple(points.T),
        covariates=(earlier,) if prior else (),
    )
    tally: Tally = count(works, batch)
    return Sitting(works, tally, None, None, None, None, {"school_results": pl.DataFrame()})


def test_weak_pupils_kept_away_are_seen_and_marks_are_told() -> None:
    (found,) = participation_evidence(sitting(away=8), DEFINITIONS)
    assert int(np.nanargmax(found.z)) == ODD
    assert found.z[ODD] > 3
    assert found.estimate[ODD] > 0.15
    assert found.lower[ODD] < found.estimate[ODD] < found.upper[ODD]
    assert found.n[ODD] == PUPILS
    assert "по журналу" in found.notes[ODD]


def test_absences_without_journal_marks_still_count() -> None:
    (found,) = participation_evidence(sitting(away=8, journal=False), DEFINITIONS)
    assert found.z[ODD] > 2
    assert "только их число" in found.note


def test_nobody_absent_and_no_enrolment_tells_nothing() -> None:
    (found,) = participation_evidence(sitting(absences=False), DEFINITIONS)
    assert np.isnan(found.z).all()
    assert found.note


def test_enrolment_says_who_is_missing_from_the_works() -> None:
    enrolled = np.full(SCHOOLS, PUPILS + 2.0)
    enrolled[ODD] = PUPILS + 20
    enrolled[5] = np.nan
    (found,) = participation_evidence(sitting(absences=False), DEFINITIONS, enrolled)
    assert found.z[ODD] > 3
    assert found.n[ODD] == PUPILS + 20
    assert np.isnan(found.z[5])


def test_small_schools_are_left_out_with_a_reason() -> None:
    small = sitting(sizes=(7, *(PUPILS,) * (SCHOOLS - 1)), prior=True)
    for evidence in (participation_evidence, journal_evidence, spread_evidence, level_evidence):
        (found,) = evidence(small, DEFINITIONS)
        assert np.isnan(found.z[0])
        assert found.notes[0]
        assert np.isfinite(found.z[1:]).all()


def test_marks_raised_above_the_journal_are_seen() -> None:
    (found,) = journal_evidence(sitting(raised=1.2), DEFINITIONS)
    assert int(np.nanargmax(found.z)) == ODD
    assert found.z[ODD] > 2.5
    assert 0.4 < found.estimate[ODD] < 1.4
    assert found.unit == "marks"
    assert found.lower[ODD] > 0


def test_without_journal_marks_there_is_no_journal_evidence() -> None:
    (found,) = journal_evidence(sitting(journal=False), DEFINITIONS)
    assert np.isnan(found.z).all()
    assert found.note


def test_a_town_of_three_schools_tells_why_it_cannot_compare() -> None:
    few = sitting(sizes=(30, 30, 30), prior=True)
    for evidence in (participation_evidence, journal_evidence, spread_evidence, level_evidence):
        (found,) = evidence(few, DEFINITIONS)
        assert np.isnan(found.z).all()
        assert found.note


def test_works_alike_are_a_narrow_spread() -> None:
    one = sitting(sizes=(20, 30, 40, 25, 35) * 12)
    schools = one.tally.schools
    square = schools.class_square.copy()
    n, total = schools.class_n[ODD], schools.class_sum[ODD]
    square[ODD] = total**2 / n + (square[ODD] - total**2 / n) * 0.15
    narrow = replace(one, tally=replace(one.tally, schools=replace(schools, class_square=square)))
    (found,) = spread_evidence(narrow, DEFINITIONS)
    assert found.z[ODD] > 2.5
    assert found.estimate[ODD] < 0.6


def test_spread_without_journal_or_prior_says_what_counts() -> None:
    (found,) = spread_evidence(sitting(journal=False), DEFINITIONS)
    assert "отбор" in found.note
    assert np.isfinite(found.z).all()


def test_uniform_inflation_is_seen_against_earlier_scores_only() -> None:
    (unknown,) = level_evidence(sitting(raised=1.2), DEFINITIONS)
    assert np.isnan(unknown.z).all()
    assert "не отличить" in unknown.note
    (found,) = level_evidence(sitting(raised=1.2, prior=True), DEFINITIONS)
    assert int(np.nanargmax(found.z)) == ODD
    assert found.z[ODD] > 2.5
    assert found.estimate[ODD] > 2


def test_priors_known_by_class_only_are_not_taken() -> None:
    one = sitting(prior=True)
    coarse = replace(one.works, covariates=(Covariate("before", "prior", level="class"),))
    (found,) = level_evidence(replace(one, works=coarse), DEFINITIONS)
    assert np.isnan(found.z).all()
    assert "не по ученику" in found.note


def test_items_that_were_not_given_are_added_to_the_mean() -> None:
    one = sitting()
    schools = one.tally.schools
    item_n, item_points = schools.item_n.copy(), schools.item_points.copy()
    lost = item_points[ODD, :2].sum() / item_n[ODD].max()
    item_n[ODD, :2], item_points[ODD, :2] = 0, 0
    fewer = replace(
        one, tally=replace(one.tally, schools=replace(schools, item_n=item_n, item_points=item_points))
    )
    missing = points_not_given(fewer)
    assert missing[ODD] == pytest.approx(lost, abs=0.35)
    np.testing.assert_allclose(np.delete(missing, ODD), 0.0, atol=1e-12)


def test_a_jump_since_the_earlier_procedure_is_seen_with_the_screen_beside() -> None:
    before, now = sitting(name="before"), sitting(raised=1.2)
    (found,) = cohort_evidence(now, {"before": before}, DEFINITIONS)
    assert int(np.nanargmax(found.z)) == ODD
    assert found.z[ODD] > 2.5
    assert "p = " in found.notes[ODD]
    assert "before" in found.note


def test_without_the_earlier_procedure_there_is_no_cohort() -> None:
    (found,) = cohort_evidence(sitting(), {}, DEFINITIONS)
    assert np.isnan(found.z).all()
    assert found.note


def test_a_school_that_is_new_this_year_has_no_jump() -> None:
    before = sitting(name="before", sizes=(PUPILS,) * (SCHOOLS - 1))
    (found,) = cohort_evidence(sitting(), {"before": before}, DEFINITIONS)
    assert np.isnan(found.z[SCHOOLS - 1])
    assert found.notes[SCHOOLS - 1]


def test_a_better_intake_shows_in_the_journal_and_is_no_jump() -> None:
    """School 3 exchanged its pupils for stronger ones: its journal marks rose with the scores, and the note says so."""
    one, other = sitting(name="before"), sitting(raised=1.2)
    marks = other.tally.schools.marks.copy()
    marks[ODD] = np.roll(marks[ODD], 1, axis=0)  # journal marks one higher
    marks[ODD, 5] += marks[ODD, :2].sum(axis=0)
    marks[ODD, :2] = 0
    now = replace(other, tally=replace(other.tally, schools=replace(other.tally.schools, marks=marks)))
    (jump,) = cohort_evidence(other, {"before": one}, DEFINITIONS)
    (explained,) = cohort_evidence(now, {"before": one}, DEFINITIONS)
    assert explained.z[ODD] < jump.z[ODD] - 1.5
    assert "набор" in explained.notes[ODD]
