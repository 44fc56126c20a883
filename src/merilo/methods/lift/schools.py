"""What every school's own raw scores say about lifting: works around each cut score against the region's shape.

A school's counts without lifting are the region's counterfactual tilted to the school: log m_jr = log m_r + b_j0 +
b_j1 q_1(r) + b_j2 q_2(r), fitted with the scores around each cut score grouped (counterfactual.py), for lifting moves
works inside such a window and leaves their sum alone. For W works in a window of which the share p would stand 1-2
points below the cut score, the works still there are K ~ binomial(W, p (1 - share lifted)): exact for two works as
for two hundred. p is known as well as the tilt is; log p has a standard error from the curvature of the fit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from merilo.errors import DegenerateDataError
from merilo.methods.arrays import FloatArray, IntArray
from merilo.methods.lift.counterfactual import fit_tilted, polynomial_design
from merilo.methods.lift.region import LiftEstimate
from merilo.methods.lift.zones import ANCHORS, Zones

ORDER = 2
"""A school's mean and spread: the tilt is a square in the score."""

MOST_DEPTH, MOST_LANDING = 8, 4
"""A window reaches no further below and above its cut score."""

SURE_PART, SURE_SD = 0.04, 1.0
"""A score joins a window when the region's works there are off the counterfactual by this share and these SD."""

WIDE_TILT = 2.0
"""Standard deviation of a school's tilt in the first round, on the log counts: too wide rather than too narrow."""


@dataclass(frozen=True, slots=True)
class CutWindow:
    """Scores touched by lifting over one cut score; near: the scores 1-2 points below it; all `reached` scores."""

    cut_score: int
    near: tuple[int, ...]
    reached: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SchoolWindows:
    """J schools, C cut scores.

    windows_n     (J, C)     works in the window (W)
    remaining_n   (J, C)     works still 1-2 points below the cut score (K)
    near_share    (J, C)     share of the window's works that would stand there without lifting (p); NaN no such score
    log_se        (J, C)     standard error of log p
    expected      (J, S + 1) works expected at each score without lifting
    """

    windows: tuple[CutWindow, ...]
    windows_n: FloatArray
    remaining_n: FloatArray
    near_share: FloatArray
    log_se: FloatArray
    expected: FloatArray


def cut_windows(region: FloatArray, lift: LiftEstimate, *, depth: int = 2) -> tuple[CutWindow, ...]:
    """The window of each cut score: near-misses and two scores above, further where the whole region lifts further.

    region (S + 1,) works of all schools; depth: how many points below a cut score are a near-miss. Points are counted
    on the scores that can occur. A window never takes the near-misses of the next cut score.
    """
    possible = np.flatnonzero(lift.counterfactual > 0)
    expected = lift.counterfactual[possible]
    excess = region[possible] - expected
    sure = np.abs(excess) > np.maximum(SURE_PART * expected, SURE_SD * np.sqrt(lift.dispersion * expected))
    cuts = [int(place) for place in np.searchsorted(possible, lift.cut_scores)]
    windows, before = [], -1
    for place, cut in enumerate(cuts):
        after = cuts[place + 1] - depth - 1 if place + 1 < len(cuts) else len(possible) - 1
        near = tuple(range(max(cut - depth, before + 1, 0), cut))
        low = near[0] if near else cut
        while low - 1 > before + 1 and cut - low < MOST_DEPTH and sure[low - 1] and excess[low - 1] < 0:
            low -= 1
        high = max(min(cut + 1, after), cut)
        while high + 1 <= after and high - cut < MOST_LANDING and sure[high + 1] and excess[high + 1] > 0:
            high += 1
        before = high
        scores = tuple(int(possible[i]) for i in range(low, high + 1))
        windows.append(CutWindow(lift.cut_scores[place], tuple(int(possible[i]) for i in near), scores))
    return tuple(windows)


def school_windows(counts: FloatArray, lift: LiftEstimate, windows: tuple[CutWindow, ...]) -> SchoolWindows:
    """Fit every school's tilt of the region's counterfactual and read the windows.

    counts (J, S + 1) works by school and raw score. Two rounds: the spread of tilts between schools, learnt in the
    first, holds the tilts of small schools in the second.
    """
    if counts.ndim != 2 or counts.shape[1] != len(lift.counterfactual):
        raise DegenerateDataError("counts must have a row per school and a column per score of the region")
    scores = np.flatnonzero(lift.counterfactual > 0)
    works = counts[:, scores].astype(np.float64)
    top = len(scores) - 1
    design = polynomial_design(top, ORDER)
    zones = _zones(scores, windows, len(works))
    with np.errstate(divide="ignore"):
        share = np.log(lift.counterfactual[scores] / lift.counterfactual.sum())
    offset = share + np.log(np.maximum(works.sum(axis=1, keepdims=True), 0.5))
    mean, spread = np.zeros(ORDER), np.full(ORDER, WIDE_TILT)
    for _round in range(3):
        precision = np.concatenate([[0.0], 1.0 / spread**2])
        held = offset + design[:, 1:] @ mean
        fits = fit_tilted(
            works,
            zones,
            design=design,
            precision=np.broadcast_to(precision, (len(works), ORDER + 1)),
            offset=held,
        )
        tilt, covariance = _tilts(fits.expected, held, design, zones, precision)
        mean, spread = _spread(mean + tilt[:, 1:], covariance[:, 1:, 1:], works.sum(axis=1))
    return _read(works, fits.expected, covariance, design, scores, windows, counts.shape[1])


def _zones(scores: IntArray, windows: tuple[CutWindow, ...], schools: int) -> Zones:
    """The same windows for every school; at either end of the scale at least two scores stay outside or all are in."""
    inside = np.zeros((len(windows), len(scores)))
    for row, window in enumerate(windows):
        inside[row] = np.isin(scores, window.reached)
    free = inside.sum(axis=0) == 0
    if free.sum() < ANCHORS:
        raise DegenerateDataError("too few scores outside the cut zones to tell a school's shape")
    return Zones(
        windows=np.broadcast_to(inside, (schools, *inside.shape)),
        free=np.broadcast_to(free, (schools, len(free))),
        ignored=np.zeros((schools, len(scores)), dtype=np.bool_),
        saturated=np.zeros(schools),
    )


def _tilts(
    expected: FloatArray, held: FloatArray, design: FloatArray, zones: Zones, precision: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Coefficients (J, K) of the fits and their covariance (J, K, K), the prior counted."""
    linear = np.log(np.maximum(expected, 1e-300)) - held
    tilt = linear @ np.linalg.pinv(design).T
    free = zones.free[0].astype(np.float64)
    squares = (design[:, :, None] * design[:, None, :]).reshape(len(design), -1)
    K = design.shape[1]
    information = ((free * expected) @ squares).reshape(-1, K, K) + np.diag(precision)
    for window in zones.windows[0]:
        rows = (window * expected) @ design
        total = np.maximum((window * expected).sum(axis=1), 1e-12)
        information += rows[:, :, None] * rows[:, None, :] / total[:, None, None]
    information += 1e-9 * np.eye(K)
    return tilt, np.asarray(np.linalg.inv(information))


def _spread(tilt: FloatArray, covariance: FloatArray, works_n: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean and standard deviation of the tilts over schools: one step of the EM algorithm."""
    told = works_n > 0
    mean = tilt[told].mean(axis=0)
    own = np.einsum("jkk->jk", covariance[told])
    variance = ((tilt[told] - mean) ** 2 + own).mean(axis=0)
    return mean, np.sqrt(np.maximum(variance, 1e-6))


def _read(
    works: FloatArray,
    expected: FloatArray,
    covariance: FloatArray,
    design: FloatArray,
    scores: IntArray,
    windows: tuple[CutWindow, ...],
    width: int,
) -> SchoolWindows:
    shape = (len(works), len(windows))
    total, left, share, se = (np.zeros(shape) for _ in range(4))
    share[:] = np.nan
    for c, window in enumerate(windows):
        reached, near = np.isin(scores, window.reached), np.isin(scores, window.near)
        total[:, c] = works[:, reached].sum(axis=1)
        left[:, c] = works[:, near].sum(axis=1)
        if not near.any():
            continue
        inside, below = expected[:, reached].sum(axis=1), expected[:, near].sum(axis=1)
        share[:, c] = below / inside
        slope = expected[:, near] @ design[near] / below[:, None]
        slope -= expected[:, reached] @ design[reached] / inside[:, None]
        se[:, c] = np.sqrt(np.einsum("jk,jkl,jl->j", slope, covariance, slope))
    whole = np.zeros((len(works), width))
    whole[:, scores] = expected
    return SchoolWindows(windows, total, left, share, se, whole)
