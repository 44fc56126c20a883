"""Low results: invariances, and a slow twin that counts all outcomes."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import betainc, expit

from merilo.methods.low_share import (
    LowShareModel,
    assess_low_shares,
    cleaned_probability,
    doubtful_cases,
    fit_low_shares,
)

seeds = st.integers(0, 2**32 - 1)
SAME = 1e-10
REFIT = 2e-3  # the optimiser's stopping point depends on the order of additions


def authority(seed: int, procedures: int = 4) -> tuple[np.ndarray, np.ndarray, LowShareModel]:
    """Random counts of 12 schools and a random model."""
    rng = np.random.default_rng(seed)
    n = rng.integers(0, 40, (12, procedures)).astype(float)
    low = rng.binomial(n.astype(int), rng.uniform(0.05, 0.6, (12, procedures))).astype(float)
    model = LowShareModel(
        location=rng.normal(-1, 1, procedures),
        school_sd=float(rng.uniform(0.1, 1.5)),
        precision=np.exp(rng.normal(3, 1, procedures)),
        log_likelihood=0.0,
        n_schools=12,
        from_prior=False,
        converged=True,
    )
    return low, n, model


@given(seed=seeds, at_least=st.integers(1, 3))
@settings(max_examples=30, deadline=None)
def test_slow_twin_counts_every_outcome(seed: int, at_least: int) -> None:
    """Without a common part: sum over all 2^P patterns of procedures above the limit."""
    low, n, model = authority(seed)
    model = LowShareModel(model.location, 0.0, model.precision, 0.0, 12, False, True)
    result = assess_low_shares(low, n, model, min_procedures=at_least)
    a = expit(model.location) * model.precision
    p = 1 - betainc(a + low, model.precision - a + n - low, 0.3)
    for s in range(12):
        held = p[s][n[s] > 0]
        if len(held) < at_least:
            assert np.isnan(result.probability[s])
            continue
        total = sum(
            np.prod([q if above else 1 - q for q, above in zip(held, pattern, strict=True)])
            for pattern in product([0, 1], repeat=len(held))
            if sum(pattern) >= at_least
        )
        assert result.probability[s] == pytest.approx(total, abs=SAME)


@given(seed=seeds)
@settings(max_examples=30, deadline=None)
def test_order_of_schools_and_procedures_does_not_matter(seed: int) -> None:
    low, n, model = authority(seed)
    rng = np.random.default_rng(seed)
    rows, columns = rng.permutation(12), rng.permutation(4)
    turned = LowShareModel(
        model.location[columns], model.school_sd, model.precision[columns], 0.0, 12, False, True
    )
    one = assess_low_shares(low, n, model)
    other = assess_low_shares(low[rows][:, columns], n[rows][:, columns], turned)
    assert other.probability == pytest.approx(one.probability[rows], abs=SAME, nan_ok=True)
    assert other.probability_each == pytest.approx(
        one.probability_each[rows][:, columns], abs=SAME, nan_ok=True
    )
    assert (other.listed == one.listed[rows]).all()


@given(seed=seeds, school=st.integers(0, 11), procedure=st.integers(0, 3), more=st.floats(0, 1))
@settings(max_examples=40, deadline=None)
def test_more_low_works_never_lower_any_probability(
    seed: int, school: int, procedure: int, more: float
) -> None:
    """Fractions included: a discount moves a school only towards low."""
    low, n, model = authority(seed)
    worse = low.copy()
    worse[school, procedure] += more * (n - low)[school, procedure]
    one, other = assess_low_shares(low, n, model), assess_low_shares(worse, n, model)
    assert (np.nan_to_num(other.probability - one.probability) >= -1e-9).all()
    assert (np.nan_to_num(other.probability_each - one.probability_each) >= -1e-9).all()


@given(seed=seeds)
@settings(max_examples=30, deadline=None)
def test_probabilities_nest_and_stay_within_0_and_1(seed: int) -> None:
    low, n, model = authority(seed)
    one, two, three = (assess_low_shares(low, n, model, min_procedures=m) for m in (1, 2, 3))
    some = np.isfinite(three.probability)
    assert (one.probability[some] >= two.probability[some] - 1e-12).all()
    assert (two.probability[some] >= three.probability[some] - 1e-12).all()
    assert ((two.probability[some] >= 0) & (two.probability[some] <= 1)).all()
    stricter = assess_low_shares(low, n, model, threshold_share=0.4)
    assert (np.nan_to_num(two.probability - stricter.probability) >= -1e-9).all()


@given(seed=seeds)
@settings(max_examples=8, deadline=None)
def test_estimates_do_not_depend_on_the_order_of_schools(seed: int) -> None:
    low, n, _ = authority(seed)
    order = np.random.default_rng(seed).permutation(12)
    one, other = fit_low_shares(low, n), fit_low_shares(low[order], n[order])
    assert other.location == pytest.approx(one.location, abs=REFIT)
    assert np.log(other.school_sd) == pytest.approx(np.log(one.school_sd), abs=10 * REFIT)


@given(seed=seeds)
@settings(max_examples=8, deadline=None)
def test_batches_of_schools_give_what_all_at_once_give(seed: int) -> None:
    """Schools are independent given the model: each alone has the probability it has among all."""
    low, n, model = authority(seed)
    everyone = assess_low_shares(low, n, model)
    for s in range(0, 12, 4):
        alone = assess_low_shares(low[s : s + 1], n[s : s + 1], model)
        assert alone.probability == pytest.approx(everyone.probability[s : s + 1], abs=SAME, nan_ok=True)


@given(seed=seeds)
@settings(max_examples=30, deadline=None)
def test_slow_twin_takes_doubtful_counts_away_one_after_another(seed: int) -> None:
    """A lot u in 0..1 decides for the school: counts with a doubt above u are struck out. Averaged over u."""
    low, n, model = authority(seed, procedures=3)
    rng = np.random.default_rng(seed)
    doubt = rng.choice([0.0, 0.2, 0.5, 0.9, 1.0], low.shape)
    cleaned = cleaned_probability(low, n, doubtful_cases(n, doubt), model)
    edges = np.array([0, 0.2, 0.5, 0.9, 1.0])
    twin = np.zeros(len(low))
    for start, end in pairwise(edges):
        struck = doubt > (start + end) / 2
        # A procedure with a struck count still counts for the rule: a count of almost nobody tells almost nothing.
        few = np.where(struck & (n > 0), 1e-9, n)
        part = assess_low_shares(np.where(struck, 0, low), few, model, min_participants=1e-12)
        twin += (end - start) * np.where(np.isnan(part.probability), 0, part.probability)
    known = ~np.isnan(cleaned)
    np.testing.assert_allclose(cleaned[known], twin[known], atol=1e-6)
    assert (known == ((n > 0).sum(axis=1) >= 2)).all()


@given(seed=seeds)
@settings(max_examples=30, deadline=None)
def test_doubt_about_good_results_never_makes_a_school_look_better(seed: int) -> None:
    """A count without low works can only hide low shares: the more doubt, the higher the probability."""
    low, n, model = authority(seed)
    low[:, 0] = 0
    doubts = [np.zeros_like(low) for _ in range(3)]
    for doubt, share in zip(doubts, (0.0, 0.5, 1.0), strict=True):
        doubt[:, 0] = share
    none, half, full = (
        np.nan_to_num(cleaned_probability(low, n, doubtful_cases(n, doubt), model)) for doubt in doubts
    )
    assert np.all(none <= half + 1e-9) and np.all(half <= full + 1e-9)
