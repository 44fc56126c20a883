"""Similarity from the second walk over works files: what it refuses, how it is cut, what its pictures hold."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from merilo.check import walk
from merilo.check.class_pictures import class_rows, likeness_rows
from merilo.check.similarity import similarity_evidence
from merilo.check.sitting import Sitting
from merilo.check.walk import SimilarityStep, walk_classes
from merilo.cycle import sittings_of
from merilo.definitions import load_definitions
from merilo.methods.similarity import ClassSums
from merilo.simulate import AuthoritySettings, Manipulation, simulate_authority, write_authority
from merilo.tally import batch

COPYING = 5


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Sitting], set[str]]:
    """40 schools, two works of one year, topics not taught in some classes; COPYING schools copy. Their org_ids."""
    folder = tmp_path_factory.mktemp("similarity")
    settings = AuthoritySettings(
        schools=40,
        years=1,
        works=("MA5", "RU6"),
        manipulations=(Manipulation("copying", 1.0, COPYING),),
    )
    authority = simulate_authority(settings, np.random.default_rng(8))
    ((_kind, rows),) = authority.world.interventions.manipulations
    written = write_authority(authority, folder / "a", works_format="parquet", truth=False)
    names = {authority.schools.org_ids[j] for j in rows}
    return sittings_of(written, folder), names


@pytest.fixture(scope="module")
def sums(world: tuple[list[Sitting], set[str]]) -> list[ClassSums | None]:
    return list(walk_classes(world[0]))


def test_schools_that_copy_stand_above_the_others(
    world: tuple[list[Sitting], set[str]], sums: list[ClassSums | None]
) -> None:
    sittings, copying = world
    total = np.zeros(40)
    for sitting, classes in zip(sittings, sums, strict=True):
        (evidence,) = similarity_evidence(sitting, classes, load_definitions(()))
        assert evidence.name == evidence.kind == "similarity"
        total += np.nan_to_num(evidence.z)
    order = [sittings[0].works.org_ids[j] for j in np.argsort(-total)]
    assert copying == set(order[:COPYING])


def test_every_present_work_in_a_class_that_counts_is_compared(
    world: tuple[list[Sitting], set[str]], sums: list[ClassSums | None]
) -> None:
    for sitting, classes in zip(world[0], sums, strict=True):
        assert classes is not None
        n = sitting.tally.schools.class_n
        np.testing.assert_array_equal(classes.works, np.where(n >= 4, n, 0))
        np.testing.assert_array_equal(classes.pairs, np.where(n >= 4, n * (n - 1) // 2, 0))


def test_classes_not_cut_by_row_groups_are_counted_alike(
    world: tuple[list[Sitting], set[str]], sums: list[ClassSums | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row group that ends in a school changes that school only: it is taken as two parts."""
    sitting, whole = world[0][0], sums[0]
    assert whole is not None
    size = sitting.works.rows // 3 + 1
    monkeypatch.setattr(batch, "ROW_GROUP", size)
    cut = replace(sitting, works=replace(sitting.works, row_groups=3))
    (parts,) = walk_classes([cut])
    assert parts is not None
    org = np.array(sitting.works.class_org)
    rows = pl.read_parquet(sitting.works.path, columns=["org"])["org"].to_numpy()
    touched = np.isin(org, rows[[size - 1, size, 2 * size - 1, 2 * size]])
    assert touched.sum() < touched.size / 2
    for field in fields(ClassSums):
        left, right = getattr(parts, field.name)[~touched], getattr(whole, field.name)[~touched]
        np.testing.assert_allclose(left, right, rtol=1e-4, atol=1e-3, err_msg=field.name)


def test_comparing_few_works_at_a_time_changes_nothing(
    world: tuple[list[Sitting], set[str]], sums: list[ClassSums | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walk, "WORKS_AT_ONCE", 50)
    (again,) = walk_classes(world[0][:1])
    assert again is not None and sums[0] is not None
    np.testing.assert_allclose(again.evidence, sums[0].evidence, rtol=1e-4, atol=1e-3)
    np.testing.assert_array_equal(again.pairs, sums[0].pairs)


def test_works_with_rare_sets_of_items_are_taken_at_their_ability(
    world: tuple[list[Sitting], set[str]], sums: list[ClassSums | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    sitting = next(one for one in world[0] if len(one.tally.cells.patterns) > 2)  # type: ignore[union-attr]
    place = world[0].index(sitting)
    monkeypatch.setattr(walk, "EXACT_PATTERNS", 1)
    (rough,) = walk_classes([sitting])
    exact = sums[place]
    assert rough is not None and exact is not None
    assert np.corrcoef(rough.evidence, exact.evidence)[0, 1] > 0.99


def test_a_procedure_without_items_gives_no_evidence(world: tuple[list[Sitting], set[str]]) -> None:
    bare = replace(world[0][0], items=None, ability=None, expected=None)
    assert SimilarityStep.of(bare) is None
    assert list(walk_classes([bare])) == [None]
    assert similarity_evidence(bare, None, load_definitions(())) == []
    assert class_rows(bare, None).is_empty()
    assert likeness_rows(bare, None).is_empty()


def test_pictures_of_classes_hold_counts_that_add_up(
    world: tuple[list[Sitting], set[str]], sums: list[ClassSums | None]
) -> None:
    sitting, classes = world[0][0], sums[0]
    table, likeness = class_rows(sitting, classes), likeness_rows(sitting, classes)
    assert table["pairs_n"].sum() == likeness["pairs_n"].sum()
    assert likeness["expected_n"].sum() == pytest.approx(table["pairs_n"].sum())
    assert (table["agreement_share"] <= 1).all()
    # Raw scores and the school's own item means explain agreement on the whole.
    assert (table["agreement_share"] - table["expected_share"]).mean() == pytest.approx(0, abs=0.02)


def test_schools_with_few_works_say_why_nothing_is_known(
    world: tuple[list[Sitting], set[str]], sums: list[ClassSums | None]
) -> None:
    sitting, classes = world[0][0], sums[0]
    assert classes is not None
    few = replace(
        classes,
        works=np.where(np.array(sitting.works.class_org) == 3, 0, classes.works),
        followers=np.where(np.array(sitting.works.class_org) == 3, 0, classes.followers),
    )
    (evidence,) = similarity_evidence(sitting, few, load_definitions(()))
    assert np.isnan(evidence.z[3])
    assert "8" in evidence.notes[3]


def test_the_walk_leaves_the_works_file_as_it_was(world: tuple[list[Sitting], set[str]]) -> None:
    path = Path(world[0][0].works.path)
    before = path.read_bytes()
    list(walk_classes(world[0][:1]))
    assert path.read_bytes() == before
