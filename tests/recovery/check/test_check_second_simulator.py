"""The second simulator does what it says and shares nothing with the first: else its verdict would be worth nothing."""

from __future__ import annotations

import ast
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

VALIDATION = Path(__file__).resolve().parents[3] / "validation"
sys.path.insert(0, str(VALIDATION))

import other_works  # noqa: E402
from known_worlds import Spec, known_world  # noqa: E402
from other_region import LOGIT, Form, OtherSettings, answered, draw_region  # noqa: E402

PLAIN = OtherSettings(schools=400, procedures=2)


def scores(held):
    """Raw scores of those present."""
    return held.points.sum(axis=1)[held.present]


@pytest.mark.parametrize("name", ["other_region", "other_works", "other_folder"])
def test_second_simulator_imports_nothing_of_the_first(name):
    tree = ast.parse((VALIDATION / f"{name}.py").read_text(encoding="utf-8"))
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    modules |= {one.name for node in ast.walk(tree) if isinstance(node, ast.Import) for one in node.names}
    assert not [module for module in modules if module and ("simulate" in module or module == "sittings")]


def test_schools_have_the_sizes_of_the_real_region():
    """Quartiles 10, 22, 57 pupils a procedure (rules.md 1.3); a town has 40-70."""
    region = draw_region(replace(PLAIN, schools=4000, procedures=1), 1)
    n = np.bincount(region.procedures[0].school)
    assert np.quantile(n, [0.25, 0.5, 0.75]) == pytest.approx([10, 22, 57], rel=0.1)
    town = draw_region(replace(PLAIN, town=True), 1).procedures[0]
    assert np.bincount(town.school).mean() == pytest.approx(55, abs=2)
    rooms = np.bincount(town.klass)
    assert np.quantile(rooms, [0.1, 0.9]) == pytest.approx([20, 30], abs=4)


def test_honest_region_lifts_a_quarter_and_cuts_where_said():
    region = draw_region(PLAIN, 2)
    for held in region.procedures:
        assert held.lifted_n.sum() / held.near_n.sum() == pytest.approx(0.25, abs=0.04)
        below = [(scores(held) < cut).mean() for cut in held.cuts]
        assert below == pytest.approx([0.08, 0.40, 0.75], abs=0.09)
        assert 0.03 < 1 - held.present.mean() < 0.16
        assert held.form.expert.sum() == len(held.form.expert) // 2
    assert not region.touched.any()


def test_logit_of_the_normal_ogive_moves_the_odds_like_a_logit():
    """Half a logit easier: the odds of a point grow about e^0.5 times where half of the answers are right."""
    form = Form(np.ones(1), np.array([[0.0, np.inf]]), np.ones(1, bool), np.zeros(1, np.int64))
    rng = np.random.default_rng(1)
    chance = rng.normal(size=(400_000, 1))
    ability = np.zeros(400_000)
    easier = answered(form, ability, np.full((400_000, 1), 0.5), chance).mean()
    assert np.log(easier / (1 - easier)) == pytest.approx(0.5, abs=0.04)
    assert pytest.approx(1 / 1.702) == LOGIT


@pytest.mark.parametrize("strength", [0.5, 1.0])
def test_lifting_takes_the_greater_share(strength):
    region = draw_region(replace(PLAIN, kinds=(("threshold", strength, 100),)), 3)
    for held in region.procedures:
        lifting = region.kind == "threshold"
        share = held.lifted_n[:, lifting].sum() / held.near_n[:, lifting].sum()
        assert share == pytest.approx(0.85 * strength, abs=0.05)
        others = held.lifted_n[:, ~lifting].sum() / held.near_n[:, ~lifting].sum()
        assert others == pytest.approx(0.25, abs=0.04)


def test_lifted_works_stand_exactly_on_the_cut_score():
    rng = np.random.default_rng(4)
    points = rng.integers(0, 2, (2000, 12))
    top, expert = np.full(12, 2), np.arange(12) < 6
    lifted, near_n, lifted_n = other_works.lift(
        points,
        np.ones(2000, bool),
        np.zeros(2000, np.int64),
        (4, 7, 10),
        np.ones(1),
        top,
        expert,
        rng,
    )
    before, after = points.sum(axis=1), lifted.sum(axis=1)
    assert (near_n == lifted_n).all()
    assert near_n[1, 0] == ((before >= 5) & (before < 7)).sum()
    assert set(np.unique(after - before)) == {0, 1, 2}
    assert set(after) & {2, 3, 5, 6, 8, 9} == set()
    assert (lifted <= top).all()
    assert (lifted - points)[:, expert].sum() > (lifted - points)[:, ~expert].sum()


def test_dictation_copying_and_absence_have_the_shares_said():
    rng = np.random.default_rng(5)
    school = np.zeros(4000, np.int64)
    points = rng.integers(0, 2, (4000, 16))
    told = other_works.dictate(points, np.full(16, 3), school, np.ones(1), rng)
    assert (told == 3).sum(axis=0).max() / 4000 == pytest.approx(0.7, abs=0.03)
    assert ((told == 3).any(axis=0)).sum() == 4
    points[17] = 9
    klass = np.arange(4000) // 25
    copied = other_works.copy(points, np.ones(4000, bool), school, klass, np.ones(1), "linear", rng)
    best = copied[klass == klass[17]]
    assert (best == 9).any(axis=1).sum() - 1 == pytest.approx(0.7 * 24, abs=8)
    away = other_works.keep_away(rng.normal(size=4000), school, np.array([0.5]), rng)
    assert away.mean() == pytest.approx(0.25 * 0.4, abs=0.02)


def test_truth_of_both_simulators_comes_in_one_form():
    """The same counts for either: works a school, near-misses, who was touched where."""
    for other in (False, True):
        spec = Spec(schools=41, procedures=2, kinds=(("copying", 1.0, 4),), other=other, half=True)
        known = known_world(spec, 1)
        assert known.touched.shape == known.n.shape == (41, 2)
        assert known.touched.sum() == 4
        assert (~known.honest).sum() == 4
        assert (known.lifted_n <= known.near_n).all()
        for column, sitting in enumerate(known.sittings):
            results = sitting.tables["school_results"].sort("org_id")
            rows = known.rows(sitting)
            assert results["org_id"].to_list() == [known.org_ids[j] for j in rows]
            assert results["n"].to_list() == known.n[rows, column].tolist()
