"""Growth percentiles against R quantreg and statsmodels.

SGPdata (Center for Assessment), reading, grade 4 of 2025 on grade 3 of 2024, 6,977 pupils: 100 quantile
regressions by R quantreg (`rq`) on splines::bs by the recipe of the SGP package, percentiles = number of fitted
quantiles below the score.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import statsmodels.api as sm

from merilo.methods.growth import choose_basis, fit_quantiles, growth_percentiles

# The printed coefficients have 15 digits and are as large as 1e4: sums of squares of them leave 1e-10 of the loss.
SAME_LOSS = 1e-9
# Where a curve passes exactly through a score (11 % of pupils), the reference's "below" hangs on the last bit.
SHARE_EQUAL, SHARE_WITHIN_ONE, MEAN_GAP = 0.95, 0.995, 0.08


def reference(folder: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    with (folder / "sgp_ref_grade4_2025_1prior.csv").open(encoding="utf-8") as file:
        rows = [
            [float(row[name]) for name in ("SS_2024", "SS_2025", "SGP_ref")] for row in csv.DictReader(file)
        ]
    with (folder / "sgp_ref_grade4_2025_coefs.csv").open(encoding="utf-8") as file:
        coefficients = np.array([[float(cell) for cell in row[1:]] for row in list(csv.reader(file))[1:]])
    prior, score, percentile = np.array(rows).T
    return prior, score, percentile, coefficients


def loss(score: np.ndarray, fitted: np.ndarray, tau: np.ndarray) -> np.ndarray:
    residual = score[:, None] - fitted
    return (residual * (tau - (residual < 0))).sum(axis=0)


@pytest.mark.published
def test_percentiles_of_sgp_data(published: Callable[[str], Path]) -> None:
    prior, score, expected, _ = reference(published("reference"))
    growth = growth_percentiles(prior, score)
    assert growth.n == 6977
    gap = np.abs(growth.percentile - expected)
    assert (gap == 0).mean() >= SHARE_EQUAL
    assert (gap <= 1).mean() >= SHARE_WITHIN_ONE
    assert growth.percentile.mean() == pytest.approx(49.98, abs=MEAN_GAP)
    assert growth.rank.mean() == pytest.approx(50, abs=0.02)
    untied = growth.rank == np.round(growth.rank)
    tied_below, tied_upto = np.floor(growth.rank), np.ceil(growth.rank)
    assert untied.mean() > 0.85
    clear = untied & (growth.rank >= 1) & (growth.rank <= 99) & (growth.percentile == growth.rank)
    assert np.array_equal(growth.percentile[clear], expected[clear])
    # one tie: the reference is on one side of it or the other
    single = ~untied & (growth.percentile == tied_below) & (growth.rank > 1) & (growth.rank < 99)
    assert np.all((expected[single] == tied_below[single]) | (expected[single] == tied_upto[single]))
    assert np.percentile(growth.percentile, [25, 50, 75]) == pytest.approx([25, 50, 75], abs=1)


@pytest.mark.published
def test_curves_of_sgp_data_are_as_good_as_quantreg_s(published: Callable[[str], Path]) -> None:
    prior, score, _, printed = reference(published("reference"))
    growth = growth_percentiles(prior, score)
    # R's basis drops the first function and adds a constant
    whole = printed.copy()
    whole[:, 1:] += printed[:, :1]
    design = growth.bases[0].evaluate(prior)
    ours = loss(score, design @ growth.coefficients.T, growth.quantiles)
    theirs = loss(score, design @ whole.T, growth.quantiles)
    assert np.abs(ours / theirs - 1).max() < SAME_LOSS
    assert np.abs(design @ (growth.coefficients - whole).T).max() < 1e-4  # of scores 150-795


def test_no_worse_than_statsmodels() -> None:
    """statsmodels QuantReg (iterated weights) 0.14+: close to the optimum, never below it."""
    rng = np.random.default_rng(11)
    prior = rng.normal(size=400)
    score = prior + (1 + 0.3 * prior) * rng.normal(size=400)
    design, taus = choose_basis(prior).evaluate(prior), np.array([0.1, 0.5, 0.8])
    ours = fit_quantiles(design, score, np.ones(400), taus)
    theirs = np.array([sm.QuantReg(score, design).fit(q=q, max_iter=5000).params for q in taus])
    our_loss, their_loss = loss(score, design @ ours.T, taus), loss(score, design @ theirs.T, taus)
    assert np.all(our_loss <= their_loss * (1 + 1e-12))
    assert our_loss == pytest.approx(their_loss, rel=1e-4)  # their stopping rule
