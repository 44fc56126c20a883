"""Low results: stated probabilities are true frequencies in simulated authorities."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import betabinom

from merilo.methods.low_share import (
    assess_low_shares,
    cleaned_probability,
    doubtful_cases,
    fit_doubtful_shares,
    fit_low_shares,
)

REPEATS = 40


def authority(
    rng: np.random.Generator, kind: str, schools: int = 41, procedures: int = 8, school_sd: float = 0.7
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """True shares, participants (3-90, a tenth of procedures not held) and low counts.

    "beta" is the model's own kind; "logit" has normal logits within a school, so that the model is wrong a little.
    """
    location = rng.normal(-1.5, 0.5, procedures)
    logits = location + rng.normal(0, school_sd, schools)[:, None]
    if kind == "beta":
        mean, precision = expit(logits), 20 * np.exp(rng.normal(0, 0.3, procedures))
        true = rng.beta(mean * precision, (1 - mean) * precision)
    else:
        true = expit(logits + rng.normal(0, 0.45, (schools, procedures)))
    size = rng.choice([3, 6, 10, 22, 57, 80], schools)[:, None]
    n = np.round(size * rng.uniform(0.8, 1.1, (schools, procedures)))
    n[rng.random(n.shape) < 0.1] = 0
    return true, n, rng.binomial(n.astype(int), true).astype(float)


@pytest.mark.parametrize("kind", ["beta", "logit"])
def test_probability_is_calibrated(kind: str) -> None:
    """Of schools given 0.8-0.9, about 85 % are truly low; likewise in every other band (band's SE: 2-5 points)."""
    rng = np.random.default_rng(21)
    stated, truth, independent = [], [], []
    for _ in range(REPEATS):
        true, n, low = authority(rng, kind)
        result = assess_low_shares(low, n, fit_low_shares(low, n))
        alone = assess_low_shares(low, n, fit_low_shares(low, n, correlated=False))
        some = np.isfinite(result.probability)
        stated.append(result.probability[some])
        independent.append(alone.probability[some])
        truth.append((((true >= 0.3) & (n > 0)).sum(axis=1) >= 2)[some])
    p, is_low, q = np.concatenate(stated), np.concatenate(truth), np.concatenate(independent)
    assert abs(np.mean(p - is_low)) < 0.025
    for low_end, high_end, tolerance in [
        (0, 0.1, 0.02),
        (0.1, 0.4, 0.08),
        (0.4, 0.7, 0.1),
        (0.7, 0.9, 0.09),
        (0.9, 1.01, 0.03),
    ]:
        band = (p >= low_end) & (p < high_end)
        assert is_low[band].mean() == pytest.approx(p[band].mean(), abs=tolerance), (low_end, band.sum())
    assert np.mean((p - is_low) ** 2) < np.mean((q - is_low) ** 2), (
        "knowing that procedures go together must help"
    )


def test_spread_of_schools_is_recovered() -> None:
    rng = np.random.default_rng(22)
    models = [fit_low_shares(low, n) for _, n, low in (authority(rng, "beta", 150) for _ in range(12))]
    assert all(model.converged for model in models)
    assert np.mean([model.school_sd for model in models]) == pytest.approx(0.7, abs=0.06)
    assert np.exp(np.mean([np.log(model.precision).mean() for model in models])) == pytest.approx(
        20, rel=0.25
    )


def test_steady_listings_are_mostly_right_and_borderline_ones_are_not() -> None:
    rng = np.random.default_rng(23)
    right = {True: [], False: []}
    for _ in range(REPEATS):
        true, n, low = authority(rng, "beta")
        result = assess_low_shares(low, n, fit_low_shares(low, n))
        correct = (((true >= 0.3) & (n > 0)).sum(axis=1) >= 2) == result.listed
        for steady in (True, False):
            right[steady].append(correct[(result.steady == steady) & np.isfinite(result.probability)])
    assert np.concatenate(right[True]).mean() > 0.95
    assert np.concatenate(right[False]).mean() < 0.8


def lifting_authority(
    rng: np.random.Generator, *, by_school: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """True shares, participants, counts seen and how likely each was lifted, given the counts (Bayes' rule).

    Half of the schools (by_school) or of the counts lose two thirds of the low works.
    """
    schools, procedures, precision = 41, 6, 20.0
    location = rng.normal(-1.5, 0.5, procedures)
    mean = expit(location + rng.normal(0, 0.7, (schools, 1)))
    true = rng.beta(mean * precision, (1 - mean) * precision)
    n = rng.choice([6, 10, 22, 57], (schools, 1)) * np.ones((1, procedures), int)
    low = rng.binomial(n, true)
    lifted = rng.random((schools, 1 if by_school else procedures)) < 0.5
    seen = np.where(lifted, low // 3, low)
    z = np.linspace(-4, 4, 41)
    weight = np.exp(-(z**2) / 2) / np.exp(-(z**2) / 2).sum()
    at = expit(location + 0.7 * z[:, None])[:, None]  # nodes, schools, procedures
    a, b = at * precision, (1 - at) * precision
    honest = betabinom.pmf(seen, n, a, b)
    moved = sum(betabinom.pmf(3 * seen + k, n, a, b) for k in range(3))
    if by_school:
        honest, moved = honest.prod(axis=2, keepdims=True), moved.prod(axis=2, keepdims=True)
    fair, unfair = (np.tensordot(weight, part, axes=1) for part in (honest, moved))
    return true, n.astype(float), seen.astype(float), np.broadcast_to(unfair / (fair + unfair), low.shape)


@pytest.mark.parametrize(("by_school", "off"), [(True, 0.04), (False, 0.09)], ids=["by-habit", "by-lot"])
def test_cleaned_probability_is_right_on_average_where_schools_lift(by_school: bool, off: float) -> None:
    """Doubts are true chances. Schools lift in all procedures, as the method supposes, or in each by lot: then it says
    0.44 where 0.37 are low; the plain probability says 0.19 and 0.15.
    """
    rng = np.random.default_rng(24)
    plain, cleaned, truth = [], [], []
    for _ in range(REPEATS):
        true, n, seen, doubt = lifting_authority(rng, by_school=by_school)
        cases = doubtful_cases(n, doubt)
        trusting, wary = fit_low_shares(seen, n), fit_doubtful_shares(seen, n, cases)
        plain.append(assess_low_shares(seen, n, trusting).probability)
        cleaned.append(cleaned_probability(seen, n, cases, wary))
        truth.append((true >= 0.3).sum(axis=1) >= 2)
    before, after, is_low = (np.concatenate(part) for part in (plain, cleaned, truth))
    assert is_low.mean() - before.mean() > 0.1, "lifting hides low schools"
    assert after.mean() == pytest.approx(is_low.mean(), abs=off)
    assert np.mean((after - is_low) ** 2) < np.mean((before - is_low) ** 2)
