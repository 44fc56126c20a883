"""Answer similarity against other programs and publications.

Nominal response model: with two options it is the two-parameter logistic model, so R's ltm (Rizopoulos 2006, JSS 17(5))
on section 6 of the LSAT and ltm / mirt on section 7 (Bock & Lieberman 1970) are its witnesses; with four options it
holds the generalised partial credit model, whose maximum on Science R's mirt prints. GBT: scipy.stats.poisson_binom
(SciPy 1.15 and later, discrete Fourier transform instead of recursion). omega and GBT of one pair: the formulas of the
R package aberrance 0.2.1 (compute_OMG, compute_GBT; after Wollack 1997 and van der Linden & Sotaridona 2006), worked
by hand below.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy import stats

from merilo.methods.answer_similarity import (
    Answers,
    NominalItems,
    compare_pairs,
    fit_nominal_response,
    gbt_p,
    nominal_abilities,
    point_upward,
    poisson_binomial,
    pool_rare_options,
)
from merilo.methods.irt import calibrate_with_slopes

Finder = Callable[[str], Path]

LSAT_SEVEN = [12, 19, 1, 7, 3, 19, 3, 17, 10, 5, 3, 7, 7, 23, 8, 28]
LSAT_SEVEN += [7, 39, 11, 34, 14, 51, 15, 90, 6, 25, 7, 35, 18, 136, 32, 308]


def fitted(rows: np.ndarray):
    fit = fit_nominal_response(
        pool_rare_options(rows.astype(np.int16)), slope_sd=np.inf, intercept_sd=np.inf, tolerance=1e-11
    )
    right = np.zeros_like(fit.items.slopes)
    right[:, -1] = 1.0
    return fit, point_upward(fit.items, right)


def two_parameters(items: NominalItems) -> tuple[np.ndarray, np.ndarray]:
    """Slope and difficulty of the two-parameter logistic model."""
    slope = items.slopes[:, 1] - items.slopes[:, 0]
    return slope, -(items.intercepts[:, 1] - items.intercepts[:, 0]) / slope


def test_two_options_are_the_two_parameter_model_of_lsat_seven():
    answers = (np.arange(32)[:, None] >> np.arange(4, -1, -1)) & 1
    fit, items = fitted(np.repeat(answers, LSAT_SEVEN, axis=0))
    assert fit.converged
    assert fit.log_likelihood == pytest.approx(-2658.80511, abs=1e-4)
    slope, _difficulty = two_parameters(items)
    np.testing.assert_allclose(slope, [0.9877, 1.0808, 1.7067, 0.7650, 0.7357], atol=3e-3)
    np.testing.assert_allclose(
        items.intercepts[:, 1] - items.intercepts[:, 0],
        [1.8560, 0.8080, 1.8045, 0.4860, 1.8545],
        atol=3e-3,
    )


@pytest.mark.published
def test_two_options_are_the_two_parameter_model_of_lsat_six(published: Finder):
    rows = pl.read_csv(published("ltm") / "LSAT.csv").to_numpy()
    fit, items = fitted(rows)
    assert fit.log_likelihood == pytest.approx(-2466.653, abs=1e-3)
    slope, difficulty = two_parameters(items)
    np.testing.assert_allclose(slope, [0.8254, 0.7229, 0.8905, 0.6886, 0.6575], atol=5e-3)
    np.testing.assert_allclose(difficulty, [-3.3597, -1.3696, -0.2799, -1.8659, -3.1236], atol=2e-2)


@pytest.mark.published
def test_four_options_hold_the_partial_credit_model_of_science(published: Finder):
    with (published("ltm") / "Science.csv").open(encoding="utf-8", newline="") as file:
        head, *records = list(csv.reader(file))
    levels = ["strongly disagree", "disagree", "agree", "strongly agree"]
    chosen = [head.index(name) for name in ("Comfort", "Work", "Future", "Benefit")]
    rows = np.array([[levels.index(record[k]) for k in chosen] for record in records], np.int8)
    fit, items = fitted(rows)
    # mirt prints -1612.68169 for the generalised partial credit model (16 parameters), which this one (24) contains.
    gain = 2 * (fit.log_likelihood - (-1612.68169))
    assert 0 < gain < stats.chi2.isf(0.001, 8)
    # Its own likelihood at mirt's model: slopes in equal steps.
    partial = calibrate_with_slopes(rows, [3] * 4)
    same = NominalItems(np.outer(partial.slope, np.arange(4.0)), partial.log_weight, np.ones((4, 4)))
    nodes = np.linspace(-6, 6, 121)
    weight = stats.norm.pdf(nodes) / stats.norm.pdf(nodes).sum()
    log_chance = same.log_probabilities(nodes)
    work = sum(log_chance[item, rows[:, item]] for item in range(4))
    assert np.log(np.exp(work) @ weight).sum() == pytest.approx(-1612.68169, abs=1e-3)
    # As in mirt, the options of every item keep their order.
    assert (np.diff(items.slopes, axis=1) > 0).all()


def test_exact_matches_equal_scipy():
    rng = np.random.default_rng(5)
    chance = rng.uniform(0.02, 0.98, (60, 7))
    ours = poisson_binomial(chance)
    for pair in range(7):
        theirs = stats.poisson_binom(chance[:, pair]).pmf(np.arange(61))
        np.testing.assert_allclose(ours[:, pair], theirs, atol=1e-12)


def test_one_pair_worked_by_hand():
    """Three items of three options at ability 0 with probabilities that are easy to multiply."""
    chance = np.array([[0.5, 0.3, 0.2], [0.6, 0.3, 0.1], [0.2, 0.4, 0.4]])
    items = NominalItems(np.zeros((3, 3)), np.log(chance), np.ones((3, 3)))
    chosen = np.array([[0, 1, 2], [0, 1, 1]], np.int16)
    answers = Answers(chosen, chosen, chosen == 0, np.zeros(2))
    pairs = compare_pairs(items, answers, np.arange(2))
    assert pairs.identical[0] == 2
    # omega, first as copier: (2 - (.5 + .3 + .4)) / sqrt(.25 + .21 + .24) = 0.8 / 0.8366600
    assert pairs.omega_first[0] == pytest.approx(0.9561829, abs=1e-6)
    assert pairs.omega_second[0] == pytest.approx(0.9561829, abs=1e-6)
    # GBT: matches .38, .46, .36; P(2 or 3) = .38*.46*.64 + .38*.54*.36 + .62*.46*.36 + .38*.46*.36
    assert pairs.expected[0] == pytest.approx(1.20, abs=1e-6)
    at_least, middle = gbt_p(items, answers, pairs.first, pairs.second)
    assert at_least[0] == pytest.approx(0.111872 + 0.073872 + 0.102672 + 0.062928, abs=1e-12)
    assert middle[0] == pytest.approx(at_least[0] - (0.111872 + 0.073872 + 0.102672) / 2, abs=1e-12)


def test_ability_is_where_the_slopes_balance():
    """Maximum likelihood of two items by hand: slopes 1 and -1 of evens, one answer right and one of two more wrong."""
    items = NominalItems(np.array([[0.5, -0.5]] * 3), np.zeros((3, 2)), np.ones((3, 2)))
    # two of three right: logit of 2/3
    ability = nominal_abilities(items, np.array([[0, 0, 1]], np.int16))
    assert ability[0] == pytest.approx(np.log(2.0), abs=1e-9)


@pytest.mark.published
def test_flagged_examinees_of_a_licensure_exam_stand_out(published: Finder):
    """CredentialForm1 (Cizek & Wollack 2017): 46 of 1,636 flagged by the vendor's investigation, partial truth."""
    table = pl.read_csv(published("CredentialForm1") / "CredentialForm1.csv.gz", infer_schema_length=2000)
    numbers = [str(item) for item in range(1, 171)]
    given = table.select(f"iresp.{item}" for item in numbers).to_numpy().astype(float)
    chosen = np.where(np.isnan(given), 0, given).astype(np.int16) - 1
    right = table.select(f"iraw.{item}" for item in numbers).to_numpy() == 1
    flagged = table["Flagged"].to_numpy() == 1
    pooled = pool_rare_options(chosen)
    items = fit_nominal_response(pooled).items
    ability = nominal_abilities(items, pooled.codes)
    # which end of ability is the upper one does not matter for pairs
    assert abs(np.corrcoef(ability, right.sum(axis=1))[0, 1]) > 0.9
    answers = Answers(chosen, pooled.codes, right, ability)
    pairs = compare_pairs(items, answers, np.arange(1636))
    assert len(pairs.first) == 1636 * 1635 // 2
    for index, least in ((pairs.gbt_z, 12), (pairs.omega, 12)):
        most = np.full(1636, -np.inf)
        np.maximum.at(most, pairs.first, index)
        np.maximum.at(most, pairs.second, index)
        top = np.argsort(-most)[:82]
        # measured: GBT 15, omega 14 of 46 flagged among the top 82 (5 %), where 2.3 are expected
        assert flagged[top].sum() >= least
