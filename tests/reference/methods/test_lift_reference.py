"""Lift over cut scores against another program and against published exams."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from merilo.methods.lift import candidate_zones, estimate_lift, fit_tilted, polynomial_design

GLM = 1e-7
"""Relative: both programs stop at convergence of Newton's method."""


def test_fit_without_windows_is_a_poisson_regression():
    """statsmodels 0.14 GLM (Poisson, log link, offset) on the same design: expected counts and deviance."""
    sm = pytest.importorskip("statsmodels.api", reason="needs statsmodels (the dev extra)")
    counts = np.array([3, 8, 11, 30, 41, 66, 93, 99, 108, 90, 76, 61, 40, 21, 12, 4], dtype=float)
    offset = 0.1 * np.sin(np.arange(16))
    design = polynomial_design(15, 4)
    glm = sm.GLM(counts, design, family=sm.families.Poisson(), offset=offset).fit(tol=1e-12, maxiter=200)
    zones = candidate_zones(15, (), depths=(2,), landings=(1,))
    fits = fit_tilted(
        counts, zones, design=design, precision=np.zeros((len(zones.saturated), 5)), offset=offset
    )
    np.testing.assert_allclose(fits.expected[0], glm.fittedvalues, rtol=GLM)
    np.testing.assert_allclose(fits.deviance[0], glm.deviance, rtol=GLM)
    np.testing.assert_allclose(fits.pearson[0], glm.pearson_chi2, rtol=GLM)
    np.testing.assert_allclose(fits.influence[0], glm.cov_params() @ design.T, rtol=1e-5, atol=1e-9)


@pytest.mark.published
@pytest.mark.parametrize("year", ["2010", "2011", "2012", "2013", "2014", "2015"])
def test_polish_matura(published: Callable[[str], Path], year: str):
    """Polish Matura (CKE results, whole population): pass mark 30 %.

    Polish, marked by examiners who see the sum: nearly all near-misses of 21 of 70 lifted. Maths, 15 of 50: few.
    Documented for 2010-2014 as the spike at 30 %; in 2015 the new formula left a smaller one.
    """
    counts = {"polish_basic": np.zeros(71), "math_basic": np.zeros(51)}
    with (published("matura_poland") / "matura_score_frequencies.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["year"] == year and int(row["score"]) < len(counts[row["subject"]]):
                counts[row["subject"]][int(row["score"])] = float(row["n"])
    polish = estimate_lift(counts["polish_basic"], [21])
    maths = estimate_lift(counts["math_basic"], [15])
    assert polish.share[0] > (0.7 if year == "2015" else 0.9)
    assert 0.01 < maths.share[0] < 0.15
    assert maths.lower[0] > 0
    for subject, cut in (("polish_basic", 21), ("math_basic", 15)):
        for placebo in (30, 40):
            estimate = estimate_lift(counts[subject], [cut, placebo])
            assert estimate.share[1] < 0.04
            assert estimate.lower[1] < 0.01


@pytest.mark.published
def test_region_of_2021(published: Callable[[str], Path]):
    """Ten works of a real region: a large lift over the cut score for 3 in nearly all, less for 4, least for 5."""
    works = json.loads((published("vpr_region_2021") / "summary.json").read_text(encoding="utf-8"))
    shares = np.array(
        [
            estimate_lift(w["raw_score_counts"], [w["cut_scores"][m] for m in "345"]).share
            for w in works.values()
        ]
    )
    assert np.all(shares[:, 0] > 0.3)
    assert np.count_nonzero(shares[:, 0] > 0.6) >= 7
    assert np.all(shares[:, 0] > shares[:, 1])
    assert np.median(shares[:, 1]) > np.median(shares[:, 2])
