"""Abilities, latent distribution and item fit where the answer can be written down."""

import numpy as np
import pytest
from scipy.stats import norm

from merilo.errors import DegenerateDataError, UsageError
from merilo.methods.irt import (
    PartialCreditItems,
    ability_table,
    cells_from_matrix,
    estimate_latent_distribution,
    item_fit,
    items_from_steps,
    score_distribution,
)

CLOSE = 1e-9


def test_one_item_by_hand() -> None:
    table = ability_table([0.7])
    # Warm: r - p + (1 - 2p) / 2 = 0  ->  p = 3/4 or 1/4
    np.testing.assert_allclose(table.wle, [0.7 - np.log(3), 0.7 + np.log(3)], atol=CLOSE)
    np.testing.assert_allclose(table.wle_se, 1 / np.sqrt(3 / 16), atol=CLOSE)
    assert np.isnan(table.ml).all() and np.isnan(table.ml_se).all()


def test_equal_items_by_hand() -> None:
    table = ability_table(np.zeros(4))
    np.testing.assert_allclose(table.ml[1:4], [-np.log(3), 0, np.log(3)], atol=CLOSE)
    assert table.ml_se[2] == pytest.approx(1.0, abs=CLOSE)  # information 4 * 1/4
    assert table.wle[2] == pytest.approx(0.0, abs=CLOSE)
    np.testing.assert_allclose(table.eap, -table.eap[::-1], atol=CLOSE)


def test_posterior_against_plain_integration() -> None:
    steps = np.array([[-0.4, 0.8], [0.3, np.nan]])
    theta = np.linspace(-12, 12, 40_001)
    numerator = np.exp(np.stack([0 * theta, theta + 0.4, 2 * theta - 0.4], axis=1))
    first = numerator / numerator.sum(axis=1, keepdims=True)
    right = 1 / (1 + np.exp(0.3 - theta))
    share = np.stack(
        [
            first[:, 0] * (1 - right),
            first[:, 1] * (1 - right) + first[:, 0] * right,
            first[:, 2] * (1 - right) + first[:, 1] * right,
            first[:, 2] * right,
        ]
    )
    prior = norm.pdf(theta, 0.5, 1.3)
    prior /= prior.sum()
    table = ability_table(steps, mean=0.5, sd=1.3)
    marginal = share @ prior
    eap = share @ (prior * theta) / marginal
    np.testing.assert_allclose(table.score_share, marginal, atol=CLOSE)
    np.testing.assert_allclose(score_distribution(steps, mean=0.5, sd=1.3), marginal, atol=CLOSE)
    np.testing.assert_allclose(table.eap, eap, atol=1e-8)
    np.testing.assert_allclose(
        table.posterior_sd, np.sqrt(share @ (prior * theta**2) / marginal - eap**2), atol=1e-7
    )


def test_prior_without_spread_leaves_its_mean() -> None:
    table = ability_table(np.zeros(3), mean=0.4, sd=0.0)
    np.testing.assert_allclose(table.eap, 0.4)
    np.testing.assert_allclose(table.posterior_sd, 0.0)


def test_points_never_seen_make_scores_impossible() -> None:
    items = PartialCreditItems(np.array([[0.0, 0.2, -np.inf], [0.0, 0.0, -np.inf]]), np.array([2, 1]))
    table = ability_table(items)
    assert np.isfinite(table.wle[:3]).all() and np.isnan(table.wle[3])
    assert table.score_share[3] == 0.0 and np.isnan(table.eap[3])


def test_uncalibrated_items_are_refused() -> None:
    items = PartialCreditItems(np.array([[0.0, 0.2], [np.nan, np.nan]]), np.array([1, 1]))
    with pytest.raises(DegenerateDataError):
        ability_table(items)
    assert ability_table(items, administered=np.array([True, False])).wle.shape == (2,)


@pytest.mark.parametrize("steps", [[], [np.nan], [[np.nan, 1.0]], [np.inf]])
def test_steps_with_holes_are_refused(steps: list[float]) -> None:
    with pytest.raises(UsageError):
        items_from_steps(steps)


def test_latent_distribution_recovers_exact_shares() -> None:
    steps = np.linspace(-2, 2, 15)
    works = 1e6 * score_distribution(steps, mean=0.6, sd=0.8)
    latent = estimate_latent_distribution(steps, works)
    assert latent.converged
    assert latent.mean == pytest.approx(0.6, abs=1e-6)
    assert latent.sd == pytest.approx(0.8, abs=1e-6)


def test_latent_distribution_without_spread_or_without_works() -> None:
    steps = np.zeros(10)
    too_equal = np.zeros(11)
    too_equal[5] = 100
    border = estimate_latent_distribution(steps, too_equal)
    assert border.sd_at_border and border.sd == 0.0 and np.isnan(border.sd_se)
    assert border.mean == pytest.approx(0.0, abs=1e-3)
    all_right = np.zeros(11)
    all_right[10] = 100
    for works in (all_right, np.zeros(11), np.eye(11)[4]):
        assert np.isnan(estimate_latent_distribution(steps, works).mean)


def test_fit_of_two_items_by_hand() -> None:
    rows = np.repeat(np.array([[1, 0], [0, 1]]), [30, 10], axis=0)
    # at equal difficulty both answers have probability 1/2 given the score 1: every residual is 1/2, variance 1/4
    fit = item_fit(cells_from_matrix(rows, [1, 1]), items_from_steps([0.0, 0.0]))
    np.testing.assert_allclose(fit.infit, 1.0, atol=CLOSE)
    np.testing.assert_allclose(fit.outfit, 1.0, atol=CLOSE)
    # at a difference of log 3: mean 3/4, 30 residuals 1/4 and 10 residuals 3/4
    tilted = item_fit(cells_from_matrix(rows[:20], [1, 1]), items_from_steps([0.0, np.log(3)]))
    np.testing.assert_allclose(tilted.infit, (1 / 16) / (3 / 16), atol=CLOSE)
    assert fit.n.tolist() == [40, 40]


def test_fit_without_informative_works_is_unknown() -> None:
    fit = item_fit(cells_from_matrix(np.array([[1, 1], [0, 0]]), [1, 1]), items_from_steps([0.0, 0.0]))
    assert np.isnan(fit.infit).all() and fit.n.tolist() == [0, 0]
