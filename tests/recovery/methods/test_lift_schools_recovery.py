"""Lifting school by school: shares inside their intervals, honest schools at the level of chance, liftings found.

The worlds are drawn here: partial credit items, normal or streamed schools, a habit of lifting of each honest school.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest
from scipy.stats import rankdata

from merilo.methods.lift import estimate_lift
from merilo.methods.lift.practice import (
    Practice,
    estimate_practice,
    lasting_part,
    log_bayes_beyond,
    practice_z,
)
from merilo.methods.lift.realised import SchoolShares, school_shares
from merilo.methods.lift.schools import cut_windows, school_windows

ABILITY = np.linspace(-6, 6, 81)
SCHOOLS, WORLDS = 200, 6
EVEN = (1,) * 8 + (2,) * 6
TWOS = (2,) * 12
CASES = {
    "plain": {"items": EVEN, "cuts": (6, 11, 16)},
    "close cuts": {"items": EVEN, "cuts": (8, 11, 14)},
    "rarely half right": {"items": TWOS, "cuts": (9, 14, 19), "rare": 2.0},
    "streamed": {"items": EVEN, "cuts": (6, 11, 16), "streamed": True},
    "region lifts": {"items": EVEN, "cuts": (6, 11, 16), "habit": (2.4, 1.6, 0.95)},
    "nobody lifts": {"items": EVEN, "cuts": (6, 11, 16), "habit": (1.0, 9.0, 0.0)},
    "tails": {"items": EVEN, "cuts": (3, 10, 18), "school_sd": 0.8},
}


@dataclass(frozen=True)
class Found:
    """Worlds put end to end: J schools x C cut scores."""

    n: np.ndarray
    manipulated: np.ndarray
    near: np.ndarray
    lifted: np.ndarray
    expected: np.ndarray
    shares: SchoolShares
    z: np.ndarray
    log_bayes: np.ndarray
    lasting: np.ndarray
    practice: list[Practice]


def score_kernel(items: tuple[int, ...], rare: float, rng: np.random.Generator) -> np.ndarray:
    """P(raw score | ability); rare: how much the first step of a 2-point item lies above its second."""
    kernel = np.ones((1, len(ABILITY)))
    for points in items:
        steps = rng.normal(0, 0.9) + (np.array([rare, -rare]) if points == 2 and rare else np.zeros(points))
        logits = np.vstack([0 * ABILITY, np.cumsum(ABILITY - steps[:, None], axis=0)])
        category = np.exp(logits) / np.exp(logits).sum(axis=0)
        wider = np.zeros((len(kernel) + points, len(ABILITY)))
        for k in range(points + 1):
            wider[k : k + len(kernel)] += kernel * category[k]
        kernel = wider
    return kernel


def draw_world(
    rng: np.random.Generator,
    *,
    items: tuple[int, ...],
    cuts: tuple[int, ...],
    rare: float = 0.0,
    streamed: bool = False,
    habit: tuple[float, float, float] = (2.0, 2.0, 0.5),
    school_sd: float = 0.45,
    strength: float = 0.0,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Kernel, counts after lifting, near-misses and lifted ones (J, C), manipulated (J,)."""
    kernel = score_kernel(items, rare, rng)
    size = np.maximum(rng.lognormal(3.1, 1.0, SCHOOLS).astype(int), 3)
    manipulated = rng.permutation(SCHOOLS) < (SCHOOLS // 10 if strength else 0)
    usual = rng.beta(habit[0], habit[1], SCHOOLS) * habit[2]
    counts = np.zeros((SCHOOLS, len(kernel)))
    near, lifted = np.zeros((SCHOOLS, len(cuts)), int), np.zeros((SCHOOLS, len(cuts)), int)
    centre = rng.normal(0, school_sd, SCHOOLS)
    for j in range(SCHOOLS):
        shift = np.where(rng.random(size[j]) < 0.5, 0.9, -0.9) if streamed and j % 4 == 0 else 0.0
        theta = centre[j] + shift + rng.normal(0, 0.9 if np.isscalar(shift) else 0.5, size[j])
        column = np.abs(ABILITY[:, None] - theta).argmin(axis=0)
        works = (kernel[:, column].cumsum(axis=0) < rng.random(size[j])).sum(axis=0)
        share = max(usual[j], 0.85 * strength) if manipulated[j] else usual[j]
        honest = works.copy()
        for c, cut in enumerate(cuts):
            floor = cuts[c - 1] if c else -1
            below = (honest < cut) & (honest >= cut - 2) & (honest > floor)
            chosen = below & (rng.random(size[j]) < share)
            works[chosen] = cut
            near[j, c], lifted[j, c] = below.sum(), chosen.sum()
        counts[j] = np.bincount(works, minlength=len(kernel))
    return kernel, counts, near, lifted, manipulated


@cache
def studied(case: str, strength: float = 0.0) -> Found:
    """Every world of a case, estimated."""
    parts = []
    for world in range(WORLDS):
        rng = np.random.default_rng([31, list(CASES).index(case), int(10 * strength), world])
        kernel, counts, near, lifted, manipulated = draw_world(rng, **CASES[case], strength=strength)
        whole = counts.sum(axis=0)
        lift = estimate_lift(whole, CASES[case]["cuts"], kernel=kernel)
        works = school_windows(counts, lift, cut_windows(whole, lift))
        usable = np.isfinite(works.near_share)
        practice = estimate_practice(works, usable)
        shares = school_shares(
            works, usable, practice, limit=0.5, region_se=lift.log_remaining_se[: len(works.windows)]
        )
        parts.append(
            (
                counts.sum(axis=1),
                manipulated,
                near,
                lifted,
                works.windows_n * works.near_share,
                *(getattr(shares, name) for name in ("estimate", "lower", "upper", "beyond_limit")),
                practice_z(works, usable, practice),
                log_bayes_beyond(works, usable, practice),
                lasting_part(works, usable, practice),
                practice,
            )
        )
    columns = list(zip(*parts, strict=True))
    joined = [np.concatenate(column) for column in columns[:-1]]
    return Found(*joined[:5], SchoolShares(*joined[5:9]), *joined[9:], list(columns[-1]))


def covered(found: Found) -> np.ndarray:
    """Whether the realised shares of schools with at least three expected near-misses are inside."""
    told = (found.expected >= 3) & (found.near > 0)
    true = found.lifted[told] / found.near[told]
    return (true >= found.shares.lower[told] - 1e-9) & (true <= found.shares.upper[told] + 1e-9)


@pytest.mark.slow
@pytest.mark.parametrize(
    "case", ["plain", "close cuts", "rarely half right", "streamed", "region lifts", "tails"]
)
@pytest.mark.parametrize("strength", [0.0, 1.0])
def test_intervals_cover_the_shares_realised(case: str, strength: float):
    """1,000-1,800 shares a case; measured 0.928-0.977. Landings one above a close cut score, streams and the region's
    own counterfactual are what moves it from 0.95.
    """
    assert 0.92 <= covered(studied(case, strength)).mean() <= 0.985


@pytest.mark.slow
def test_intervals_hold_where_nobody_lifts():
    """A share of 0 at the edge is always inside its lower limit, so more than 95 % are covered (measured 0.998)."""
    found = studied("nobody lifts")
    assert covered(found).mean() >= 0.95
    assert np.nanmean(found.shares.upper[found.expected >= 12]) < 0.35


@pytest.mark.slow
@pytest.mark.parametrize(
    "case", ["plain", "close cuts", "rarely half right", "streamed", "region lifts", "tails"]
)
def test_honest_schools_are_rarely_beyond(case: str):
    """Clean worlds: one-sided p below .05 in 4-7 % of 200-460 schools of every size (measured 0.010-0.075)."""
    found = studied(case)
    for least, most in ((8, 15), (15, 40), (40, 10_000)):
        z = found.z[(found.n >= least) & (found.n < most) & np.isfinite(found.z)]
        assert (z > 1.645).mean() < 0.095
        assert abs(z.mean()) < 0.25
        assert 0.85 < z.std() < 1.15


@pytest.mark.slow
@pytest.mark.parametrize(("case", "least"), [("plain", 0.93), ("tails", 0.93), ("nobody lifts", 0.97)])
def test_lifting_far_beyond_practice_stands_out(case: str, least: float):
    """One work, all sizes from 8 pupils: area under the curve of z and of the Bayes factor (measured 0.96-0.99)."""
    found = studied(case, 1.0)
    told = (found.n >= 8) & np.isfinite(found.z)
    manipulated = found.manipulated[told]
    for statistic in (found.z, found.log_bayes):
        rank = rankdata(statistic[told])[manipulated]
        area = (rank.mean() - (len(rank) + 1) / 2) / (~manipulated).sum()
        assert area > least
    honest = found.z[told][~manipulated]
    assert (honest > 1.645).mean() < 0.07
