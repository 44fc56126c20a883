"""Profiles of items against other programs and published data.

statsmodels 0.14: GLS, Huber's proposal 2, Mantel-Haenszel log odds; numpy, scipy for medians and percentiles.
MathExam14W (R package psychotools, Zeileis and others 2011-): two sittings of one maths exam; items 1, 5-9, 11, 12 are
documented as different questions.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.stats import norm
from statsmodels.stats.contingency_tables import StratifiedTable

from merilo.methods.profile import (
    cell_moments,
    contrast,
    null_scores,
    robust_variance,
    school_shifts,
    weighted_median,
)


def test_contrast_is_the_generalised_least_squares_of_statsmodels() -> None:
    rng = np.random.default_rng(4)
    noise, own = rng.uniform(0.02, 0.3, (5, 9)), rng.uniform(0.1, 0.3, 9)
    skills = np.kron(np.eye(3), np.ones((3, 1)))
    shared = 0.06 * skills @ skills.T
    direction = np.array([0.5, 0, 0, 1.2, 0, 0.8, 0, 0, 0])
    # small residuals, so that no item is an outlier and all weights are 1
    y = 0.1 * rng.normal(size=(5, 9)) + 0.3 * direction
    found = contrast(y, noise, own, skills, np.full(3, 0.06), direction, np.ones(5, bool))
    for j in range(5):
        covariance = np.diag(noise[j] + own) + shared
        peer = sm.GLS(y[j], sm.add_constant(direction), sigma=covariance).fit()
        assert found.estimate[j] == pytest.approx(peer.params[1], abs=1e-9)
        variance = peer.normalized_cov_params[1, 1]
        assert 0.96 * (found.sampling[j] + found.own[j]) == pytest.approx(variance, rel=1e-9)


def test_robust_variance_without_noise_is_hubers_proposal_two() -> None:
    values = np.random.default_rng(5).standard_t(3, size=300)
    peer = sm.robust.scale.Huber(c=2.0, maxiter=200, tol=1e-10)
    _location, scale = peer(values, mu=np.zeros(1))
    found, _weight = robust_variance(values, np.zeros(300))
    # statsmodels counts clipped values with n - 1
    assert np.sqrt(found) == pytest.approx(float(np.ravel(scale)[0]), rel=5e-3)


def test_weighted_median_with_equal_weights_is_numpys() -> None:
    values = np.random.default_rng(6).normal(size=(40, 11))
    assert weighted_median(values, np.ones((40, 11))) == pytest.approx(np.median(values, axis=1))


def test_null_scores_are_the_normal_scores_of_scipys() -> None:
    drawn = norm.ppf((np.arange(250) + 0.5) / 250)
    observed = np.array([-1.0, 0.0, 1.0, 2.0])
    z = null_scores(observed, drawn, np.zeros(4), np.zeros(250), np.ones(4, bool))
    assert z[:3] == pytest.approx(observed[:3], abs=0.03)
    assert z[3] == pytest.approx(2.0, abs=0.15)  # the tail is exponential, not normal


@pytest.mark.published
def test_shifts_of_two_sittings_are_mantel_haenszel_log_odds(published: Callable[[str], Path]) -> None:
    with (published("MathExam14W") / "MathExam14W.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    names = [name for name in rows[0] if name.startswith("solved.")]
    works = np.array([[int(row[name]) for name in names] for row in rows])
    group = np.array([row["group"] for row in rows]).astype(np.int64) - 1
    items, score = works.shape[1], works.sum(axis=1)
    counts = np.zeros((items + 1, items, 2))
    for i in range(items):
        np.add.at(counts, (score, i, works[:, i]), 1)
    n = np.maximum(np.bincount(score, minlength=items + 1), 1)[:, None]
    expected = counts[:, :, 1] / n
    moments = cell_moments(
        counts.reshape(items + 1, -1), np.ones(items, np.int64), expected,
        np.zeros((items + 1, items)), np.ones((items + 1, items), bool), model_works=0.0,
    )  # fmt: skip
    sums = [
        np.stack([values[score[group == g]].sum(axis=0) for g in (0, 1)])
        for values in (expected, moments.information, moments.third)
    ]
    gained = np.stack([works[group == g].sum(axis=0) for g in (0, 1)])
    shifts = school_shifts(gained - sums[0], sums[1], sums[2])
    ours = shifts.shift[1] - shifts.shift[0]
    peer = np.array([_log_odds(works[:, i], group, score) for i in range(items)])
    # one step from zero (ours) falls short of large differences, and the constant is free
    centred = ours - ours.mean() - (peer - peer.mean())
    small = np.abs(peer) < 1.0
    assert np.abs(centred[small]).max() < 0.1  # measured 0.09, of differences up to 0.99
    assert np.corrcoef(ours, peer)[0, 1] > 0.998  # measured 0.9994


def _log_odds(solved: np.ndarray, group: np.ndarray, score: np.ndarray) -> float:
    tables = []
    for s in np.unique(score):
        table = np.array(
            [[((score == s) & (group == g) & (solved == x)).sum() for x in (1, 0)] for g in (1, 0)]
        )
        if table.sum(axis=1).all():
            tables.append(table.astype(float))
    return float(StratifiedTable(tables).logodds_pooled)
