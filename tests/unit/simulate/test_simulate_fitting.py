"""The fitted model against a slow twin, hand-made numbers and its own targets."""

import itertools

import numpy as np
import pytest

from merilo.simulate.answers import _draw_item, score
from merilo.simulate.blueprint import load_blueprints
from merilo.simulate.fitting import (
    NODES,
    WEIGHTS,
    category_probabilities,
    fit_work,
    lift_shares,
    score_distribution,
)
from merilo.simulate.item_form import Form
from merilo.simulate.journal import give_marks

EXACT = 1e-12
# The proportional fitting stops when no category share is off by more than 1e-5 of itself.
SHARES = 1e-4
# 40,000 draws: a share's standard error is at most 0.0025.
SAMPLED = 0.01


def test_partial_credit_probabilities_by_hand():
    """One item of 2 points, slope 1, eta 0.5, steps 0 and 1: weights 1, e^0.5, e^(1 - 1)."""
    got = category_probabilities(np.array([[0.5]]), np.array([1.0]), np.array([[0.0, 0.0, -1.0]]))[0, 0]
    weights = np.array([1.0, np.exp(0.5), 1.0])
    assert got == pytest.approx(weights / weights.sum(), abs=EXACT)


def test_score_distribution_against_every_pattern():
    """Lord-Wingersky against summing the probabilities of all patterns of three items."""
    p = np.array([[[0.2, 0.8, 0.0], [0.5, 0.3, 0.2], [0.1, 0.6, 0.3]]])
    slow = np.zeros(6)
    for pattern in itertools.product(range(2), range(3), range(3)):
        slow[sum(pattern)] += np.prod([p[0, i, k] for i, k in enumerate(pattern)])
    assert score_distribution(p, np.array([1.0, 2.0, 2.0]))[0] == pytest.approx(slow, abs=EXACT)


@pytest.mark.parametrize("code", ["MA4", "MA5", "RU7", "RU9"])
def test_fitted_shares_are_the_region_s_before_the_lift(code):
    """Without a lift the marginal category shares of every item are those of the region."""
    blueprint = load_blueprints()[code]
    fitted = fit_work(blueprint, np.random.default_rng(2), lift_mean=0.0, item_sd=0.0, school_part=0.1)
    eta = np.repeat(NODES[:, None] * fitted.ability_sd, len(blueprint.items), axis=1)
    share = np.einsum("q,qik->ik", WEIGHTS, category_probabilities(eta, fitted.slopes, fitted.intercepts))
    for i, target in enumerate(blueprint.category_share):
        assert share[i, : target.size] == pytest.approx(target, abs=SHARES)


def test_honest_lift_is_taken_off_the_answers():
    """The region's shares hold lifted points: with a lift to come, the answers themselves are weaker."""
    blueprint = load_blueprints()["MA5"]
    plain = fit_work(blueprint, np.random.default_rng(2), lift_mean=0.0, item_sd=0.3, school_part=0.1)
    lifted = fit_work(blueprint, np.random.default_rng(2), lift_mean=0.5, item_sd=0.3, school_part=0.1)
    assert (_mean_points(lifted) < _mean_points(plain)).all()
    # Half of the near-misses of "3", 1.5 points each on average, are most of it: about a tenth of the works.
    assert 0.05 < (_mean_points(plain) - _mean_points(lifted)).sum() < 0.3
    assert lift_shares(0.5) == {3: 0.5, 4: 0.2, 5: 0.125}


def _mean_points(fitted):
    eta = np.repeat(NODES[:, None] * fitted.ability_sd, len(fitted.slopes), axis=1)
    p = np.einsum("q,qik->ik", WEIGHTS, category_probabilities(eta, fitted.slopes, fitted.intercepts))
    return p @ np.arange(p.shape[1])


def test_drawn_answers_have_the_model_s_probabilities_and_mean():
    """Inversion of one uniform against the probabilities of the model, for a 4-point item."""
    fitted = fit_work(
        load_blueprints()["RU4"], np.random.default_rng(3), lift_mean=0.0, item_sd=0.3, school_part=0.1
    )
    empty = np.zeros((0, 0))
    form = Form(fitted, fitted.intercepts, empty, empty, empty, empty, empty, empty.astype(bool))
    eta, n = 0.4, 40_000
    drawn, mean = _draw_item(np.full(n, eta), form, 0, 4, np.random.default_rng(4).random(n))
    p = category_probabilities(np.full((1, len(fitted.slopes)), eta), fitted.slopes, fitted.intercepts)[
        0, 0, :5
    ]
    assert np.bincount(drawn, minlength=5) / n == pytest.approx(p, abs=SAMPLED)
    assert mean[0] == pytest.approx(p @ np.arange(5), abs=EXACT)


def test_step_difficulties_undo_the_intercepts():
    """c_k = -a * (sum of the first k steps)."""
    fitted = fit_work(
        load_blueprints()["RU4"], np.random.default_rng(3), lift_mean=0.0, item_sd=0.3, school_part=0.1
    )
    empty = np.zeros((0, 0))
    steps = Form(
        fitted, fitted.intercepts, empty, empty, empty, empty, empty, empty.astype(bool)
    ).step_difficulties
    for i, row in enumerate(steps):
        assert row.size == fitted.blueprint.max_points[i]
        assert -fitted.slopes[i] * np.cumsum(row) == pytest.approx(fitted.intercepts[i, 1 : row.size + 1])


def test_scores_and_marks_by_hand():
    """Codes below zero count nothing; 7, 11, 15 are the cut scores of mathematics 5."""
    points = np.array([[1, -1, -2], [2, 0, 1]], np.int8)
    assert score(points).tolist() == [1, 3]
    cuts = load_blueprints()["MA5"].cut_scores
    assert give_marks(np.array([0, 6, 7, 10, 11, 14, 15, 20]), cuts).tolist() == [2, 2, 3, 3, 4, 4, 5, 5]
