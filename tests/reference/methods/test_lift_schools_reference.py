"""Lifting school by school against other programs and published exams."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import betabinom, norm

from merilo.methods.lift import estimate_lift, polynomial_design
from merilo.methods.lift.practice import HABIT_WEIGHTS, HABITS, Practice, practice_z
from merilo.methods.lift.schools import SchoolWindows, _tilts, _zones, cut_windows, school_windows


def test_tilt_and_its_covariance_are_those_of_a_poisson_regression():
    """statsmodels 0.14/0.15 GLM (Poisson, log link, offset): coefficients and covariance without prior and windows."""
    sm = pytest.importorskip("statsmodels.api", reason="needs statsmodels (the dev extra)")
    counts = np.array([2, 5, 9, 16, 22, 31, 35, 41, 40, 29, 25, 14, 8, 5, 1, 1], dtype=float)
    offset = np.log(30 * np.exp(-0.5 * ((np.arange(16) - 8) / 3.5) ** 2))
    design = polynomial_design(15, 2)
    glm = sm.GLM(counts, design, family=sm.families.Poisson(), offset=offset).fit(tol=1e-12, maxiter=200)
    expected = np.asarray(glm.fittedvalues)[None]
    tilt, covariance = _tilts(
        expected, offset[None], design, _zones(np.arange(16), (), 1), np.zeros(design.shape[1])
    )
    np.testing.assert_allclose(tilt[0], glm.params, rtol=1e-7)
    np.testing.assert_allclose(covariance[0], glm.cov_params(), rtol=1e-6)


@pytest.mark.parametrize("works", [3, 12, 60])
def test_tail_of_a_habit_that_is_beta_is_nearly_beta_binomial(works: int):
    """scipy 1.17 betabinom: a Beta(4, 12) habit has the mean and spread of this practice.

    All works of the window are near-misses (p near 1), so remaining works are beta-binomial; what is left of a
    difference (0.19 at 60 works, in the tails) is the shape of a Beta against a logistic normal.
    """
    beta_mean, beta_sd = 0.25, np.sqrt(0.25 * 0.75 / 17)
    logit, spread = -1.163, 0.585
    habit = 1 / (1 + np.exp(-(logit + spread * HABITS)))
    assert HABIT_WEIGHTS @ habit == pytest.approx(beta_mean, abs=0.005)
    assert np.sqrt(HABIT_WEIGHTS @ habit**2 - (HABIT_WEIGHTS @ habit) ** 2) == pytest.approx(
        beta_sd, abs=0.005
    )
    left = np.arange(works + 1)
    shape = (works + 1, 1)
    counts = SchoolWindows(
        (), np.full(shape, works), left[:, None], np.full(shape, 0.9985), np.zeros(shape), np.zeros(shape)
    )
    z = practice_z(counts, np.ones(shape, bool), Practice(np.array([logit]), spread, 0.05))
    mass = betabinom.pmf(left, works, 12, 4)
    middle = np.cumsum(mass) - mass / 2
    likely = (middle > 0.01) & (middle < 0.99)
    np.testing.assert_allclose(z[likely], -norm.ppf(middle[likely]), atol=0.2)


@pytest.mark.published
@pytest.mark.parametrize("year", ["2010", "2011", "2012", "2013", "2014"])
def test_one_school_that_is_the_country_lifts_what_the_country_lifts(
    published: Callable[[str], Path], year: str
):
    """Polish Matura (CKE results): the country as a school. 21 of 70 in Polish near 1, 15 of 50 in maths small."""
    counts = {"polish_basic": np.zeros(71), "math_basic": np.zeros(51)}
    with (published("matura_poland") / "matura_score_frequencies.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["year"] == year and int(row["score"]) < len(counts[row["subject"]]):
                counts[row["subject"]][int(row["score"])] = float(row["n"])
    for subject, cuts in (("polish_basic", [21, 40]), ("math_basic", [15, 35])):
        region = counts[subject]
        lift = estimate_lift(region, cuts)
        works = school_windows(region[None], lift, cut_windows(region, lift))
        share = 1 - works.remaining_n / (works.windows_n * works.near_share)
        assert share[0, 0] == pytest.approx(lift.share[0], abs=0.05)
        assert abs(share[0, 1]) < 0.05
