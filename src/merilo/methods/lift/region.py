"""The region-wide share of near-misses lifted over each cut score, from counts by raw score alone.

The counterfactual is fitted around windows at the cut scores (zones.py, counterfactual.py). Inside a window the
works that remain 1-2 points below the cut score are compared with the works expected there:
share = 1 - remaining / expected. How far lifting reaches down and how widely it lands, and how many bends the
counterfactual has, is not known: all candidates are fitted and averaged by their Akaike weights, and the spread
between them is part of the interval (Buckland, Burnham & Augustin 1997). Misfit outside the windows widens the interval
through a dispersion factor. This is the bunching estimator of Chetty et al. (2011) and Kleven & Waseem (2013) with a
likelihood in place of least squares.

Limit: where cut scores are 3-4 points apart, works that landed two or more points above a cut score stand among the
near-misses of the next and pass for works left alone: its share comes out low (by 0.02 if 4 % land there). At 5
points the same holds for three points above.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from merilo.errors import DegenerateDataError
from merilo.methods.arrays import BoolArray, FloatArray
from merilo.methods.lift.counterfactual import TiltedFits, fit_tilted, polynomial_design
from merilo.methods.lift.interval import bounded_interval
from merilo.methods.lift.reference import reference_offset
from merilo.methods.lift.remaining import Remaining, remaining_near_misses
from merilo.methods.lift.scale import ScoreScale, possible_scores
from merilo.methods.lift.zones import Zones, candidate_zones

MIN_WORKS = 100
MIN_NEAR_MISSES = 5.0
"""Fewer expected near-misses than this cannot tell a share."""

CLEAR_GAP = 5
"""Cut scores so far apart leave two points for landing before the near-misses of the next."""

DEPTHS = (2, 3, 4, 5, 6, 8)
LANDINGS = (1, 2, 4)
SHAPE_PRICE = 1.2
WINDOW_PRICE = 2.0
"""What one parameter costs in the criterion. Akaike's 2 for windows; less for the shape, whose coefficients are held by
a prior already: at 2 too few bends were kept and 95 % intervals of an overall share of 0 covered it in 0.90 (0.93
with 1.2, other cases unchanged; Bayesian ln(works) covered 0.70-0.90 on short tests)."""

DISPERSION_PRIOR = 2.0
"""Degrees of freedom with which the dispersion is held at 1 (a short test leaves few of its own)."""

REASONS = {
    "": "estimated",
    "too_few_works": f"fewer than {MIN_WORKS} works",
    "too_few_free_scores": "too few scores outside the cut zones to tell the shape",
    "no_score_below": "no possible score 1-2 points below this cut score and above the one before",
    "too_few_near_misses": f"fewer than {MIN_NEAR_MISSES:g} works expected 1-2 points below",
}


# What alternation may add to the unevenness that calibrated items imply: standard deviation on the log counts.
ALTERNATION_BESIDE_KERNEL = 0.02


@dataclass(frozen=True, slots=True)
class LiftEstimate:
    """Share of near-misses lifted over C cut scores and over all of them together, with 95 % intervals.

    cut_scores            (C,)     as given
    share, lower, upper   (C,)     share 0-1; NaN where `reason` is not empty
    near_miss_n, moved_n  (C,)     works expected 1-2 points below without lifting; of them lifted
    reason                (C,)     key of REASONS, "" where estimated
    crowded               (C,)     True: the cut score before is 4 points away or less, so works that landed two or more
                                   above that one pass for near-misses left alone here (the share may come out low)
    overall_share, overall_lower, overall_upper, overall_reason   all cut scores with an estimate together
    log_remaining, log_remaining_se (C + 1,)  log(1 - share), not held below 0, last entry overall: to pool procedures
    counterfactual        (S + 1,) works expected without lifting, 0 at impossible scores
    fitted                (S + 1,) works expected with lifting (inside the windows: the counts themselves)
    dispersion                     variance of a count divided by its expectation, >= 1
    """

    cut_scores: tuple[int, ...]
    share: FloatArray
    lower: FloatArray
    upper: FloatArray
    near_miss_n: FloatArray
    moved_n: FloatArray
    reason: tuple[str, ...]
    crowded: BoolArray
    overall_share: float
    overall_lower: float
    overall_upper: float
    overall_reason: str
    log_remaining: FloatArray
    log_remaining_se: FloatArray
    counterfactual: FloatArray
    fitted: FloatArray
    dispersion: float


def estimate_lift(
    counts: Sequence[float] | FloatArray,
    cut_scores: Sequence[int],
    *,
    kernel: FloatArray | None = None,
    possible: BoolArray | None = None,
) -> LiftEstimate:
    """Share of near-misses (1-2 points below a cut score) lifted over it, in all the works of one procedure.

    counts (S + 1,) works by raw score 0..S; cut_scores: lowest raw score of each mark, or one pass score, ascending;
    kernel (S + 1, Q): P(raw score | ability) of calibrated items on equally spaced abilities, for tests
    whose scores are naturally uneven (most useful with items of 2 points that are rarely half right);
    possible (S + 1,): scores that can occur at all; without it, gaps of a conversion table are recognised. "1-2
    points below" counts possible scores.
    """
    observed, cuts = _checked(counts, cut_scores)
    scale = possible_scores(observed, cuts, kernel=kernel, possible=possible)
    works = observed[scale.scores]
    if works.sum() < MIN_WORKS:
        return _nothing(observed, cuts, "too_few_works")
    top = len(works) - 1
    zones = candidate_zones(top, scale.cuts, depths=DEPTHS, landings=LANDINGS)
    # Calibrated items know how uneven the scores are; without them alternation may take any size.
    steadiness = 0.0 if kernel is None else 1.0 / ALTERNATION_BESIDE_KERNEL**2
    zones, precision = _models(zones, highest_order(works.sum()), steadiness)
    if not len(precision) or np.count_nonzero(works) < 4:
        return _nothing(observed, cuts, "too_few_free_scores")
    offset = reference_offset(works, None if kernel is None else np.asarray(kernel)[scale.scores])
    design = np.column_stack([polynomial_design(top, precision.shape[1] - 2), alternation(top)])
    fits = fit_tilted(works, zones, design=design, precision=precision, offset=offset)
    weight, dispersion = _weigh(fits, zones)
    left = remaining_near_misses(works, fits, design, zones, scale.cuts)
    return _averaged(observed, cuts, scale, zones, fits, left, weight, dispersion)


def highest_order(works_n: float) -> int:
    """Highest order of the polynomial: grows with the works, for they show more bends (6 at 1,000, 12 at 300,000)."""
    return int(np.clip(2.2 * np.log10(works_n), 4, 12))


def coefficient_precision(order: int) -> FloatArray:
    """(order + 1,) prior precision of the polynomial's coefficients.

    Free up to the square; above, a standard deviation of 5 k^-1.5 on the log counts: two to three times what published
    exams and simulated tests show, so it only keeps a tail without evidence from running away.
    """
    k = np.arange(order + 1, dtype=np.float64)
    return np.where(k <= 2, 0.0, k**3 / 25.0)


def _checked(
    counts: Sequence[float] | FloatArray, cut_scores: Sequence[int]
) -> tuple[FloatArray, tuple[int, ...]]:
    observed = np.asarray(counts, dtype=np.float64)
    if observed.ndim != 1 or not np.all(np.isfinite(observed)) or np.any(observed < 0):
        raise DegenerateDataError("counts by raw score must be one row of numbers, none below 0")
    cuts = tuple(int(cut) for cut in cut_scores)
    if not cuts or any(a >= b for a, b in pairwise(cuts)):
        raise DegenerateDataError("cut scores must ascend, at least one of them", value=cuts)
    if cuts[0] < 0 or cuts[-1] >= len(observed):
        raise DegenerateDataError("cut scores must lie on the scale of the counts", value=cuts)
    return observed, cuts


def alternation(top: int) -> FloatArray:
    """(S + 1,) +1 and -1 in turn: items of 2 points that are rarely half right make every second score rare."""
    return np.where(np.arange(top + 1) % 2 == 0, 1.0, -1.0)


def _models(zones: Zones, highest: int, steadiness: float) -> tuple[Zones, FloatArray]:
    """Every zone with every order from 2 up, with and without alternation, that leaves at least one cell over.

    Zones row by row, and precision of the coefficients (polynomial, alternation: `steadiness` where allowed).
    """
    cells = zones.free.sum(axis=1) + (zones.windows.sum(axis=2) > 0).sum(axis=1)
    needed = np.arange(2, highest + 1) + np.array([[0], [1]])
    row, alternating, order = np.nonzero(needed <= cells[:, None, None] - 2)
    prior = coefficient_precision(highest)
    precision = np.where(np.arange(highest + 1) <= order[:, None] + 2, prior, np.inf)
    precision = np.column_stack([precision, np.where(alternating == 1, steadiness, np.inf)])
    return Zones(zones.windows[row], zones.free[row], zones.ignored[row], zones.saturated[row]), precision


def _weigh(fits: TiltedFits, zones: Zones) -> tuple[FloatArray, float]:
    """Akaike weights (B,) of the models, and the dispersion at the best of them (quasi-AIC)."""
    price = SHAPE_PRICE * fits.parameters + WINDOW_PRICE * zones.saturated
    usable = fits.converged if fits.converged.any() else ~fits.converged
    best = int(np.argmin(np.where(usable, fits.deviance + price, np.inf)))
    left_over = max(float(fits.cells[best] - fits.parameters[best]), 0.0)
    dispersion = max(1.0, (float(fits.pearson[best]) + DISPERSION_PRIOR) / (left_over + DISPERSION_PRIOR))
    criterion = np.where(usable, fits.deviance / dispersion + price, np.inf)
    weight = np.exp(-0.5 * (criterion - criterion.min()))
    return weight / weight.sum(), dispersion


def _averaged(
    observed: FloatArray,
    cuts: tuple[int, ...],
    scale: ScoreScale,
    zones: Zones,
    fits: TiltedFits,
    left: Remaining,
    weight: FloatArray,
    dispersion: float,
) -> LiftEstimate:
    """Average the models on the scale of log(1 - share) and report on the scale of shares."""
    log_remaining = weight @ left.log_remaining
    within = dispersion * left.variance
    variance = weight @ (within + (left.log_remaining - log_remaining) ** 2)
    se = np.sqrt(variance)
    lower, upper = bounded_interval(-log_remaining, se)
    share, lower, upper = (-np.expm1(-x) for x in (np.maximum(-log_remaining, 0.0), lower, upper))
    expected_n, remaining_n = weight @ left.expected, weight @ left.remaining
    # With nobody left below, "all were lifted" is the likeliest of all shares: the interval must contain it.
    upper = np.where(np.append(remaining_n, remaining_n.sum()) < 0.5, 1.0, upper)
    reason = tuple(_reason(bool(cells), n) for cells, n in zip(left.possible, expected_n, strict=True))
    told = np.array([not why for why in reason])
    overall_reason = "" if told.any() else reason[0]
    every = np.append(told, not overall_reason)
    share, lower, upper = (np.where(every, x, np.nan) for x in (share, lower, upper))
    counterfactual, fitted = np.zeros(len(observed)), np.zeros(len(observed))
    counterfactual[scale.scores] = weight @ fits.expected
    kept = np.where(zones.free, fits.expected, observed[scale.scores])
    fitted[scale.scores] = weight @ kept
    return LiftEstimate(
        cut_scores=cuts,
        share=share[:-1],
        lower=lower[:-1],
        upper=upper[:-1],
        near_miss_n=expected_n,
        moved_n=np.where(told, np.maximum(expected_n - remaining_n, 0.0), np.nan),
        reason=reason,
        crowded=_crowded(scale.cuts),
        overall_share=float(share[-1]),
        overall_lower=float(lower[-1]),
        overall_upper=float(upper[-1]),
        overall_reason=overall_reason,
        log_remaining=np.where(every, log_remaining, np.nan),
        log_remaining_se=np.where(every, se, np.nan),
        counterfactual=counterfactual,
        fitted=fitted,
        dispersion=dispersion,
    )


def _reason(has_scores: bool, expected_n: float) -> str:
    if not has_scores:
        return "no_score_below"
    return "" if expected_n >= MIN_NEAR_MISSES else "too_few_near_misses"


def _crowded(cuts: tuple[int, ...]) -> BoolArray:
    return np.array([False, *(after - before < CLEAR_GAP for before, after in pairwise(cuts))])


def _nothing(observed: FloatArray, cuts: tuple[int, ...], reason: str) -> LiftEstimate:
    """No estimate, and why."""
    unknown = np.full(len(cuts), np.nan)
    return LiftEstimate(
        cut_scores=cuts,
        share=unknown,
        lower=unknown.copy(),
        upper=unknown.copy(),
        near_miss_n=unknown.copy(),
        moved_n=unknown.copy(),
        reason=(reason,) * len(cuts),
        crowded=_crowded(cuts),
        overall_share=float("nan"),
        overall_lower=float("nan"),
        overall_upper=float("nan"),
        overall_reason=reason,
        log_remaining=np.full(len(cuts) + 1, np.nan),
        log_remaining_se=np.full(len(cuts) + 1, np.nan),
        counterfactual=np.full(len(observed), np.nan),
        fitted=np.full(len(observed), np.nan),
        dispersion=float("nan"),
    )
