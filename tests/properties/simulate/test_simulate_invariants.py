"""What must hold for any answers: lifting, copying, raising and planting faults keep to their rules."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from merilo.simulate.answers import score
from merilo.simulate.blueprint import load_blueprints
from merilo.simulate.distortions import copy_answers, dictate, keep_away, raise_cells
from merilo.simulate.fitting import NEAR_MISS
from merilo.simulate.lifting import lift_works
from merilo.tables.works import NOT_ADMINISTERED

CODES = st.sampled_from(["MA4", "MA5", "RU4", "RU8", "MA9"])
SEEDS = st.integers(0, 10_000)
FEW = settings(max_examples=40, deadline=None)


def _works(code: str, seed: int, n: int = 120):
    """Random works of three schools of two classes, some items not administered."""
    rng = np.random.default_rng(seed)
    blueprint = load_blueprints()[code]
    points = rng.integers(0, blueprint.max_points + 1, (n, len(blueprint.items))).astype(np.int8)
    points[rng.random(points.shape) < 0.1] = NOT_ADMINISTERED
    school = np.repeat([0, 1, 2], n // 3)
    klass = np.repeat(np.arange(6), n // 6)
    return blueprint, points, school, klass, rng


@FEW
@given(code=CODES, seed=SEEDS, reach=st.sampled_from([2, 3, 7]))
def test_a_lift_ends_exactly_on_the_cut_score(code, seed, reach):
    """Lifted works stand on the cut score, from the reach at most; no other work changes; cells stay in bounds."""
    blueprint, points, school, _klass, rng = _works(code, seed)
    before = points.copy()
    present = rng.random(len(school)) < 0.9
    degree = {mark: np.array([0.0, 0.5, 1.0]) for mark in (3, 4, 5)}
    lift = lift_works(points, present, school, degree, blueprint, rng, reach=reach)
    was, now = score(before), score(points)
    lifted = lift.lifted_to > 0
    cuts = np.array([0, 0, 0, *(blueprint.cut_scores[mark] for mark in (3, 4, 5))])
    assert (now[lifted] == cuts[lift.lifted_to[lifted]]).all()
    assert ((now - was)[lifted] <= reach).all()
    assert (points[~lifted] == before[~lifted]).all()
    assert (points <= blueprint.max_points).all() and (points >= before).all()
    assert ((points == NOT_ADMINISTERED) == (before == NOT_ADMINISTERED)).all()
    assert not lifted[~present].any() and not lifted[school == 0].any()
    for mark, cut in blueprint.cut_scores.items():
        near = present & (was < cut) & (was >= cut - NEAR_MISS)
        assert lift.near_miss_n[mark].tolist() == np.bincount(school[near], minlength=3).tolist()
        room = np.where(before >= 0, blueprint.max_points - before, 0).sum(axis=1) >= cut - was
        assert lift.lifted_n[mark][2] == (near & room & (school == 2)).sum()


@FEW
@given(code=CODES, seed=SEEDS)
def test_copies_come_from_the_best_work_of_the_class(code, seed):
    """A changed cell equals the best work's; the best work and untouched schools stay as they were."""
    _blueprint, points, school, klass, rng = _works(code, seed)
    points[points == NOT_ADMINISTERED] = 0
    before = points.copy()
    source = copy_answers(points, school, klass, np.array([0.0, 0.5, 1.0]), rng)
    assert (source[school == 0] == -1).all()
    assert (points[source == -1] == before[source == -1]).all()
    copied = np.flatnonzero(source >= 0)
    assert (klass[copied] == klass[source[copied]]).all()
    best = np.array([score(before)[klass == k].max() for k in range(6)])
    assert (score(before)[source[copied]] == best[klass[copied]]).all()
    changed = points[copied] != before[copied]
    assert (points[copied][changed] == before[source[copied]][changed]).all()


@FEW
@given(code=CODES, seed=SEEDS)
def test_dictation_gives_full_points_for_four_items_only(code, seed):
    blueprint, points, school, _klass, rng = _works(code, seed)
    before = points.copy()
    dictated = dictate(points, school, np.array([0.0, 1.0, 0.5]), blueprint, rng)
    assert sorted(dictated) == [1, 2] and all(len(items) == 4 for items in dictated.values())
    rows, items = np.nonzero(points != before)
    assert all(i in dictated[int(school[r])] for r, i in zip(rows, items))
    assert (points[rows, items] == blueprint.max_points[items]).all()


@FEW
@given(code=CODES, seed=SEEDS, by=st.sampled_from([1, -1]))
def test_raised_cells_move_by_one_within_bounds(code, seed, by):
    blueprint, points, school, _klass, rng = _works(code, seed)
    before = points.copy()
    items = np.array([item.marking == "expert" for item in blueprint.items])
    raise_cells(points, np.where(school == 1, 0.6, 0.0), items, blueprint, rng, by=by)
    moved = points.astype(int) - before
    assert set(np.unique(moved)) <= {0, by}
    assert not moved[school != 1].any() and not moved[:, ~items].any()
    held = before >= 0
    assert ((points >= 0) == held).all() and (points <= blueprint.max_points).all()


@FEW
@given(seed=SEEDS)
def test_only_the_weakest_quarter_is_kept_away(seed):
    rng = np.random.default_rng(seed)
    theta, school = rng.normal(size=120), np.repeat([0, 1, 2], 40)
    away = keep_away(theta, school, np.array([0.0, 1.0, 0.5]), rng)
    assert not away[school == 0].any()
    for j in (1, 2):
        rank = theta[school == j].argsort().argsort()
        assert (rank[away[school == j]] < 10).all()
