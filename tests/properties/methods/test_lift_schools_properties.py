"""Lifting school by school: what must hold for any counts, and slow twins of the fast sums."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, norm

from merilo.methods.lift import estimate_lift
from merilo.methods.lift.practice import (
    BEYOND,
    BEYOND_WEIGHTS,
    FEW_HABITS,
    FEW_WEIGHTS,
    HABIT_WEIGHTS,
    HABITS,
    LOWEST_ONLY,
    NOISE,
    NOISE_WEIGHTS,
    Practice,
    log_bayes_beyond,
    practice_z,
)
from merilo.methods.lift.realised import SHARES, _prior, school_shares
from merilo.methods.lift.schools import SchoolWindows, cut_windows, school_windows

TWIN = 0.02
"""The likelihood is read off a grid of shares; the twin evaluates it where it is wanted."""


@st.composite
def window_counts(draw: st.DrawFn) -> tuple[SchoolWindows, Practice]:
    """Some schools, one to three cut scores, and a practice."""
    cuts, schools = draw(st.integers(1, 3)), draw(st.integers(1, 4))
    rng = np.random.default_rng(draw(st.integers(0, 2**31)))
    works = rng.integers(0, 40, (schools, cuts)).astype(float)
    near = rng.uniform(0.2, 0.6, (schools, cuts))
    remaining = rng.binomial(works.astype(int), near * rng.uniform(0.1, 1.0, (schools, cuts))).astype(float)
    se = rng.uniform(0.0, 0.3, (schools, cuts))
    practice = Practice(rng.uniform(-3, 0.5, cuts), float(rng.uniform(0.2, 1.2)), 0.07)
    return SchoolWindows((), works, remaining, near, se, np.zeros((schools, 1))), practice


@settings(max_examples=40, deadline=None)
@given(window_counts())
def test_shares_lie_inside_their_limits(case: tuple[SchoolWindows, Practice]):
    """0 <= lower <= estimate <= upper <= 1, a probability of exceeding the limit between 0 and 1."""
    works, practice = case
    told = np.isfinite(works.near_share)
    found = school_shares(works, told, practice, limit=0.5, region_se=np.full(told.shape[1], 0.03))
    assert (found.lower >= 0).all()
    assert (found.upper <= 1).all()
    assert (found.lower <= found.estimate + 1e-9).all()
    assert (found.estimate <= found.upper + 1e-9).all()
    assert ((found.beyond_limit >= 0) & (found.beyond_limit <= 1)).all()


@settings(max_examples=40, deadline=None)
@given(window_counts(), st.randoms(use_true_random=False))
def test_order_of_schools_changes_nothing(case: tuple[SchoolWindows, Practice], random):
    """Every school is judged by its own counts and the practice."""
    works, practice = case
    order = list(range(len(works.windows_n)))
    random.shuffle(order)
    turned = SchoolWindows(
        (), *(getattr(works, name)[order] for name in ("windows_n", "remaining_n", "near_share", "log_se", "expected"))
    )  # fmt: skip
    told = np.ones(works.near_share.shape, bool)
    np.testing.assert_allclose(
        practice_z(works, told, practice)[order], practice_z(turned, told, practice), equal_nan=True
    )
    region = np.zeros(told.shape[1])
    np.testing.assert_allclose(
        school_shares(works, told, practice, limit=0.5, region_se=region).upper[order],
        school_shares(turned, told, practice, limit=0.5, region_se=region).upper,
    )


@settings(max_examples=25, deadline=None)
@given(window_counts())
def test_bayes_factor_agrees_with_a_slow_twin(case: tuple[SchoolWindows, Practice]):
    """School by school, habit by habit, binomial by binomial; shares near 1 are read off a coarser grid."""
    works, practice = case
    told = np.ones(works.near_share.shape, bool)
    fast = log_bayes_beyond(works, told, practice)

    def likelihood(j: int, shares: np.ndarray) -> float:
        total = 1.0
        for c, share in enumerate(shares):
            se = works.log_se[j, c]
            p = works.near_share[j, c] * np.exp(se * NOISE - se**2 / 2) * (1 - min(share, 0.995))
            total *= NOISE_WEIGHTS @ binom.pmf(works.remaining_n[j, c], works.windows_n[j, c], p)
        return total

    for j in range(len(fast)):
        usual = [1 / (1 + np.exp(-(practice.mean_logit + practice.spread * y))) for y in HABITS]
        few = [1 / (1 + np.exp(-(practice.mean_logit + practice.spread * y))) for y in FEW_HABITS]
        within = sum(w * likelihood(j, s) for w, s in zip(HABIT_WEIGHTS, usual, strict=True))
        beyond = 0.0
        for weight, share in zip(FEW_WEIGHTS, few, strict=True):
            for part, g in zip(BEYOND_WEIGHTS, BEYOND, strict=True):
                everywhere = 1 - (1 - share) * (1 - g)
                lowest = np.append(everywhere[:1], share[1:])
                both = (1 - LOWEST_ONLY) * likelihood(j, everywhere) + LOWEST_ONLY * likelihood(j, lowest)
                beyond += weight * part * (both if len(share) > 1 else likelihood(j, everywhere))
        assert abs(fast[j] - np.log(beyond / within)) < 3 * TWIN


@settings(max_examples=25, deadline=None)
@given(window_counts())
def test_estimated_share_agrees_with_a_slow_twin(case: tuple[SchoolWindows, Practice]):
    """Posterior mean of lifted / (lifted + remaining), summed over practice, doubt and number of lifted works."""
    works, practice = case
    told = np.ones(works.near_share.shape, bool)
    region = np.zeros(told.shape[1])
    fast = school_shares(works, told, practice, limit=0.5, region_se=region).estimate
    prior = _prior(practice, 0)
    K, W, se = works.remaining_n[0, 0], works.windows_n[0, 0], works.log_se[0, 0]
    total = mean = 0.0
    for noise, doubt in zip(NOISE, NOISE_WEIGHTS, strict=True):
        p = works.near_share[0, 0] * np.exp(se * noise - se**2 / 2)
        for s, weight in zip(SHARES, prior, strict=True):
            chance = weight * doubt * binom.pmf(K, W, p * (1 - s))
            total += chance
            for lifted in range(int(W - K) + 1):
                part = binom.pmf(lifted, W - K, p * s / (1 - p + p * s))
                mean += chance * part * (lifted / (lifted + K) if lifted + K else s)
    assert abs(fast[0, 0] - mean / total) < 5e-3


@settings(max_examples=25, deadline=None)
@given(window_counts())
def test_z_agrees_with_exact_sums_of_binomials(case: tuple[SchoolWindows, Practice]):
    """Without doubt about expectations: the sum over cut scores by convolution; the matched binomial is near it."""
    works, practice = case
    told = np.ones(works.near_share.shape, bool)
    sure = SchoolWindows(
        (), works.windows_n, works.remaining_n, works.near_share, 0 * works.log_se, works.expected
    )
    fast = practice_z(sure, told, practice)
    tail = 0.0
    for y, weight in zip(HABITS, HABIT_WEIGHTS, strict=True):
        kept = 1 - 1 / (1 + np.exp(-(practice.mean_logit + practice.spread * y)))
        chance = np.ones(1)
        for c, left in enumerate(kept):
            n = int(works.windows_n[0, c])
            chance = np.convolve(chance, binom.pmf(np.arange(n + 1), n, works.near_share[0, c] * left))
        k = int(works.remaining_n[0].sum())
        tail += weight * (chance[:k].sum() + chance[k] / 2)
    if works.windows_n[0].sum() == 0:
        assert np.isnan(fast[0])
    elif 1e-6 < tail < 1 - 1e-6:
        assert abs(fast[0] + norm.ppf(tail)) < 0.05


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**31))
def test_windows_keep_every_work(seed: int):
    """Works in the windows are those of the table; what remains below is among them; shares are shares."""
    rng = np.random.default_rng(seed)
    shape = np.exp(-0.5 * ((np.arange(25) - rng.uniform(9, 15)) / rng.uniform(3, 6)) ** 2)
    counts = rng.multinomial(40, shape / shape.sum(), 12).astype(float)
    cuts = sorted(rng.choice(np.arange(5, 20), 2, replace=False).tolist())
    lift = estimate_lift(counts.sum(axis=0), cuts)
    found = cut_windows(counts.sum(axis=0), lift)
    works = school_windows(counts, lift, found)
    for c, window in enumerate(found):
        np.testing.assert_array_equal(works.windows_n[:, c], counts[:, list(window.reached)].sum(axis=1))
        assert set(window.near) <= set(window.reached)
    told = np.isfinite(works.near_share)
    assert (works.remaining_n <= works.windows_n).all()
    assert ((works.near_share > 0) & (works.near_share < 1))[told].all()
    assert len({score for one in found for score in one.reached}) == sum(len(one.reached) for one in found)
