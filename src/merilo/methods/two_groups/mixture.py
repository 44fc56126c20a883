"""Two groups with exclusive kinds: honest schools, and schools where one main kind of evidence is shifted upwards.

f(school) = share_0 f0 + sum_k share_k integral f0(y - shift of kind k) g_k(shift): y are the pooled z of all kinds as
normal scores, f0 their joint null (correlated, heavy-tailed), and a shift of the main kind moves other kinds along by
the fractions of its signature. Source: Efron 2008, Statistical Science 23, 1-22; EM: Dempster, Laird & Rubin 1977.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from merilo.methods.arrays import FloatArray
from merilo.methods.two_groups.joint_null import JointNull
from merilo.methods.two_groups.prior import CombiningPrior

# Shifts of the pooled z that a school with findings may have.
SHIFTS: FloatArray = np.array([0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5, 6, 7, 8, 9, 10])
SPACING: FloatArray = np.gradient(SHIFTS)
STEPS = 100
TOLERANCE = 1e-5


@dataclass(frozen=True, slots=True)
class Mixture:
    """shares (K + 1,) honest first; shift_mean, shift_sd (K,) of shifts; posterior (J, K + 1) honest first."""

    shares: FloatArray
    shift_mean: FloatArray
    shift_sd: FloatArray
    posterior: FloatArray


def shift_log_ratios(y: FloatArray, reach: FloatArray, null: JointNull, prior: CombiningPrior) -> FloatArray:
    """Log likelihood ratios (J, K, G) of a shift of SHIFTS in kind k against none.

    y (J, K) normal scores, NaN missing; reach (J, K) shift of the pooled z of a kind for a shift of 1 in every
    procedure. Where the kind itself is missing the ratio is 0 (minus infinity).
    """
    schools, kinds = y.shape
    result = np.full((schools, kinds, SHIFTS.size), -np.inf)
    seen = np.isfinite(y)
    patterns, which = np.unique(seen, axis=0, return_inverse=True)
    for number, pattern in enumerate(patterns):
        held = np.flatnonzero(pattern)
        rows = np.flatnonzero(which.ravel() == number)
        if not held.size:
            continue
        correlation = null.correlation[np.ix_(held, held)]
        typical = np.median(reach[np.ix_(rows, held)], axis=0)
        values = y[np.ix_(rows, held)]
        base = _log_density(values, correlation[None], np.zeros((1, held.size)), null.tail)[:, 0]
        for place, kind in enumerate(held):
            # A shift of the main kind by 1 shifts another kind by its fraction, if it reaches as far.
            ratio = typical / max(typical[place], 1e-9)
            fraction, spread = prior.signature[kind, held] * ratio, prior.signature_sd[kind, held] * ratio
            fraction[place], spread[place] = 1.0, 0.0
            mean = SHIFTS[:, None] * fraction
            covariance = correlation + (SHIFTS[:, None] * spread)[:, :, None] ** 2 * np.eye(held.size)
            result[rows, kind] = _log_density(values, covariance, mean, null.tail) - base[:, None]
    bounded: FloatArray = np.minimum(result, prior.most_log_odds)
    return bounded


def _log_density(y: FloatArray, covariance: FloatArray, mean: FloatArray, tail: float) -> FloatArray:
    """Log density (J, G), without its constant, of y (J, D) under G multivariate Student t's (G, D, D), (G, D)."""
    factor = np.linalg.cholesky(covariance)
    inverse = np.linalg.inv(factor)
    whitened = np.einsum("gde,jge->jgd", inverse, y[:, None, :] - mean[None])
    squares = (whitened**2).sum(axis=2)
    volume = np.log(np.diagonal(factor, axis1=1, axis2=2)).sum(axis=1)
    if tail > 0:
        result: FloatArray = -0.5 * (1 / tail + y.shape[1]) * np.log1p(tail * squares) - volume
    else:
        result = -0.5 * squares - volume
    return result


def fit_mixture(
    log_ratio: FloatArray,
    reach: FloatArray,
    prior: CombiningPrior,
    *,
    partial: FloatArray | None = None,
    labels: FloatArray | None = None,
    start: Mixture | None = None,
) -> Mixture:
    """Shares of kinds and their shifts by EM with priors; log_ratio (J, K, G) over SHIFTS, reach (J, K).

    partial (J, K): log ratios of a shift in some procedures only, such as partial_share of the schools with findings
    have, NaN: no such thing; labels (J, K): 1 confirmed by a review, 0 not confirmed, NaN not reviewed.
    """
    schools, kinds, _grid = log_ratio.shape
    weight = prior.share_weight
    share, a = prior.column("share"), prior.column("shift_weight")
    m0, s0 = prior.column("shift_mean"), prior.column("shift_sd")
    mean, sd = (m0.copy(), s0.copy()) if start is None else (start.shift_mean, start.shift_sd)
    shares = np.concatenate([[1 - share.sum()], share]) if start is None else start.shares
    ratio = np.exp(log_ratio)
    in_part, part_ratio = _partial_ratio(partial, prior.partial_share, shape=(schools, kinds))
    said = None if labels is None else what_reviews_leave(labels)
    posterior = np.zeros((schools, kinds + 1))
    # Shifts of the pooled z as shifts in one procedure: a school of more procedures shows more.
    in_one = SHIFTS / np.maximum(reach, 0.05)[..., None]
    for _step in range(STEPS):
        parts = shift_weights(in_one, mean, sd) * ratio
        full = parts.sum(axis=2)
        kind_ratio = (1 - in_part) * full + in_part * part_ratio
        joint = shares * np.concatenate([np.ones((schools, 1)), kind_ratio], axis=1)
        new = joint / joint.sum(axis=1, keepdims=True)
        if said is not None:
            new = _with_reviews(new, said, prior.label_doubt)
        counted = ((1 - in_part) * new[:, 1:])[..., None] * parts / np.maximum(kind_ratio, 1e-300)[..., None]
        n = counted.sum(axis=(0, 2))
        mean = ((counted * in_one).sum(axis=(0, 2)) + a * m0) / (n + a)
        squares = (counted * (in_one - mean[:, None]) ** 2).sum(axis=(0, 2)) + a * s0**2
        sd = np.sqrt(squares / (n + a))
        shares = np.concatenate([[0.0], (new[:, 1:].sum(axis=0) + weight * share) / (schools + weight)])
        shares[0] = 1 - shares.sum()
        moved = float(np.abs(new - posterior).max(initial=0.0))
        posterior = new
        if moved < TOLERANCE:
            break
    return Mixture(shares, mean, sd, posterior)


def shift_weights(in_one: FloatArray, mean: FloatArray, sd: FloatArray) -> FloatArray:
    """Weights (J, K, G) of shifts in one procedure (J, K, G) under normal distributions, mean and sd (K,)."""
    density = np.exp(-0.5 * ((in_one - mean[:, None]) / sd[:, None]) ** 2) * SPACING
    result: FloatArray = density / np.maximum(density.sum(axis=2, keepdims=True), 1e-300)
    return result


def _partial_ratio(
    partial: FloatArray | None, share: float, *, shape: tuple[int, int]
) -> tuple[FloatArray, FloatArray]:
    """Shares (J, K) of findings in some procedures only, 0 where there is no such thing, and their ratios (J, K)."""
    if partial is None:
        return np.zeros(shape), np.zeros(shape)
    there = np.isfinite(partial)
    return np.where(there, share, 0.0), np.exp(np.where(there, partial, -np.inf))


def what_reviews_leave(labels: FloatArray) -> FloatArray:
    """Components (J, K + 1), honest first, that reviews leave possible (1) or not (0); labels (J, K) as `fit_mixture`.

    A confirmed kind leaves only confirmed kinds; a kind that was not confirmed is left out.
    """
    confirmed = np.asarray(labels == 1, dtype=np.bool_)
    possible = np.ones((labels.shape[0], labels.shape[1] + 1))
    possible[:, 1:][np.asarray(labels == 0, dtype=np.bool_)] = 0.0
    found = confirmed.any(axis=1)
    possible[found] = 0.0
    possible[:, 1:][confirmed] = 1.0
    return possible


def _with_reviews(posterior: FloatArray, possible: FloatArray, doubt: float) -> FloatArray:
    """Posterior (J, K + 1) of reviewed schools within what is possible, up to the doubt that a review leaves."""
    # Where the evidence knows nothing of the confirmed kind, the review alone speaks.
    kept = possible * np.maximum(posterior, 1e-12)
    result: FloatArray = (1 - doubt) * kept / kept.sum(axis=1, keepdims=True) + doubt * posterior
    reviewed = possible.min(axis=1) == 0
    return np.where(reviewed[:, None], result, posterior)
