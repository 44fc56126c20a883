"""Item profiles and leniency of procedures: what is refused, what is told, how the second walk is cut."""

from __future__ import annotations

from dataclasses import fields, replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from merilo.check.item_profile import item_picture, item_profile_evidence, skill_names
from merilo.check.joint_rises import add_rises, count_rises, joint_rises, rise_rules
from merilo.check.leniency import leniency_evidence
from merilo.check.school_profiles import LEAST_PUPILS, school_profiles
from merilo.check.sitting import Sitting
from merilo.cycle import sittings_of
from merilo.definitions import load_definitions
from merilo.engines.local import fold
from merilo.simulate import AuthoritySettings, Manipulation, simulate_authority, write_authority
from merilo.tables.procedure import Procedure
from merilo.tally import batch

DICTATING = 4
DEFINITIONS = load_definitions(())


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Sitting], set[str]]:
    """50 schools, two works, topics not taught in some classes; DICTATING schools dictate. Their org_ids."""
    folder = tmp_path_factory.mktemp("profile")
    settings = AuthoritySettings(
        schools=50,
        years=1,
        works=("MA5", "RU6"),
        school_item_sd=0.5,
        manipulations=(Manipulation("dictated", 1.0, DICTATING),),
    )
    authority = simulate_authority(settings, np.random.default_rng(9))
    ((_kind, rows),) = authority.world.interventions.manipulations
    written = write_authority(authority, folder / "a", works_format="parquet", truth=False)
    return sittings_of(written, folder), {authority.schools.org_ids[j] for j in rows}


def changed(sitting: Sitting, procedure: Procedure) -> Sitting:
    return replace(sitting, works=replace(sitting.works, procedure=procedure))


def marked(sitting: Sitting, marking: str) -> Sitting:
    items = tuple(replace(item, marking=marking) for item in sitting.procedure.items)
    return changed(sitting, replace(sitting.procedure, items=items))


def test_dictating_schools_stand_out_and_their_items_are_named(
    world: tuple[list[Sitting], set[str]],
) -> None:
    sittings, dictating = world
    for sitting in sittings:
        (evidence,) = item_profile_evidence(sitting, DEFINITIONS)
        told = np.array([org in dictating for org in sitting.works.org_ids])
        assert evidence.kind == evidence.name == "item_profile"
        assert np.nanmin(evidence.z[told]) > 1.645 > np.nanmedian(evidence.z[~told])
        assert all("выделяются задания" in evidence.notes[int(j)] for j in np.flatnonzero(told))
        known = np.isfinite(evidence.z)
        assert (evidence.lower[known] <= evidence.estimate[known]).all()
        assert (evidence.estimate[known] <= evidence.upper[known]).all()
        # four items of 16-21, each up by a third of its points
        assert 0.02 < np.median(evidence.estimate[told]) < 0.15


def test_schools_of_fewer_than_eight_pupils_are_not_told(world: tuple[list[Sitting], set[str]]) -> None:
    sitting = world[0][0]
    small = replace(sitting.tally.cells, org_n=np.minimum(sitting.tally.cells.org_n, 1))  # type: ignore[type-var, union-attr]
    few = replace(sitting, tally=replace(sitting.tally, cells=small))
    evidence = item_profile_evidence(few, DEFINITIONS)
    n = evidence[0].n
    assert np.isnan(evidence[0].z[n < LEAST_PUPILS]).all()
    assert {int(j) for j in np.flatnonzero(n < LEAST_PUPILS)} <= set(evidence[0].notes)


def test_a_procedure_without_items_or_calibration_gives_nothing(
    world: tuple[list[Sitting], set[str]],
) -> None:
    sitting = world[0][0]
    for bare in (
        replace(sitting, tally=replace(sitting.tally, cells=None)),
        replace(sitting, items=None, ability=None, expected=None),
    ):
        assert item_profile_evidence(bare, DEFINITIONS) == []
        assert leniency_evidence(bare, DEFINITIONS) == []
        assert item_picture(bare, DEFINITIONS) is None


def test_works_that_are_gone_leave_the_items_alone_with_a_note(
    world: tuple[list[Sitting], set[str]],
) -> None:
    sitting = world[0][0]
    gone = replace(sitting, works=replace(sitting.works, path=Path("nowhere.parquet")))
    (evidence,) = item_profile_evidence(gone, DEFINITIONS)
    assert "перечитать работы не удалось" in evidence.note
    assert np.isfinite(evidence.z).sum() > 30


@pytest.mark.parametrize(
    ("marking", "words"),
    [
        ("auto", "заданий, которые проверяет эксперт, нет"),
        ("expert", "сравнить не с чем"),
        ("", "неизвестно"),
    ],
)
def test_leniency_without_both_groups_of_items_is_not_told(
    world: tuple[list[Sitting], set[str]], marking: str, words: str
) -> None:
    (evidence,) = leniency_evidence(marked(world[0][0], marking), DEFINITIONS)
    assert np.isnan(evidence.z).all() and np.isnan(evidence.estimate).all()
    assert words in evidence.note


def test_leniency_of_honest_schools_is_centred_and_bounded(world: tuple[list[Sitting], set[str]]) -> None:
    (evidence,) = leniency_evidence(world[0][0], DEFINITIONS)
    known = np.isfinite(evidence.z)
    assert abs(np.median(evidence.z[known])) < 0.3
    assert (np.abs(evidence.estimate[known]) < 0.5).all()
    assert (evidence.lower[known] < evidence.estimate[known]).all()


def test_the_second_walk_gives_the_same_sums_however_the_file_is_cut(
    world: tuple[list[Sitting], set[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    sitting = world[0][0]
    profiles = school_profiles(sitting)
    assert profiles is not None
    whole = joint_rises(sitting, profiles, seed=1)
    assert whole is not None
    size = 300
    monkeypatch.setattr(batch, "ROW_GROUP", size)
    cut = replace(sitting.works, row_groups=-(-sitting.works.rows // size))
    rules = rise_rules(sitting.tally.cells, profiles, seed=1)  # type: ignore[arg-type]
    (parts,) = fold([cut], partial(count_rises, rules), add_rises)
    for field in fields(whole):
        # the schools as they are; draws differ, as pupils are exchanged within a row group
        assert np.allclose(getattr(whole, field.name)[0], getattr(parts, field.name)[0])


def test_residuals_of_the_second_walk_add_up_to_the_excess_of_the_tally(
    world: tuple[list[Sitting], set[str]],
) -> None:
    for sitting in world[0]:
        profiles = school_profiles(sitting)
        assert profiles is not None
        rises = joint_rises(sitting, profiles, seed=2)
        assert rises is not None
        assert np.allclose(rises.excess[0], profiles.excess, atol=1e-8)
        # draws exchange pupils: the sum over schools stays
        assert np.allclose(rises.excess.sum(axis=1), rises.excess[0].sum(axis=0), atol=1e-6)


def test_the_same_seed_gives_the_same_scores(world: tuple[list[Sitting], set[str]]) -> None:
    sitting = world[0][1]
    first, second = (item_profile_evidence(sitting, DEFINITIONS)[0].z for _time in range(2))
    assert np.array_equal(first, second, equal_nan=True)


def test_the_picture_shows_the_band_of_honest_schools(world: tuple[list[Sitting], set[str]]) -> None:
    sittings, dictating = world
    for sitting in sittings:
        picture = item_picture(sitting, DEFINITIONS)
        assert picture is not None
        told = np.array([org in dictating for org in sitting.works.org_ids])
        assert 2 <= picture.stands_out[told].sum(axis=1).mean() <= 6
        assert picture.stands_out[~told].mean() < 0.05
        # about half a logit is 0.05-0.16 of an item's points
        assert 0.03 < np.nanmedian(picture.between) < 0.16
        assert np.nanmean(np.abs(picture.excess) < 2.5 * np.hypot(picture.se, picture.between)) > 0.9


def test_skills_are_named_as_the_procedure_names_them(world: tuple[list[Sitting], set[str]]) -> None:
    sitting = world[0][0]
    code = sitting.procedure.items[0].skills[0]
    named = changed(sitting, replace(sitting.procedure, skill_names={code: "Умение считать"}))
    assert "Умение считать" in skill_names(named)
