"""How kinds of evidence hang together in honest schools: correlations and joint tails of their normal scores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

from merilo.methods.arrays import FloatArray
from merilo.methods.two_groups.prior import CombiningPrior

CLIP = 3.0
# Joint tails: 1 / degrees of freedom of a multivariate Student t.
JOINT_TAILS: FloatArray = np.array([0.005, 0.01, 0.02, 0.03, 0.05, 0.07, 0.10])
SMALLEST_EIGENVALUE = 0.05


@dataclass(frozen=True, slots=True)
class JointNull:
    """correlation (K, K) of honest schools' normal scores; tail: 1 / degrees of freedom of their joint Student t."""

    correlation: FloatArray
    tail: float


def fit_joint_null(y: FloatArray, weight: FloatArray, prior: CombiningPrior) -> JointNull:
    """Joint null of normal scores y (J, K), NaN missing, each school counting with weight (J,).

    Correlations are drawn towards the prior's, which counts as kinds_weight schools; the tail is chosen by likelihood
    with a normal prior.
    """
    seen = np.isfinite(y)
    clipped = np.where(seen, np.clip(y, -CLIP, CLIP), 0.0)
    w = weight[:, None] * seen
    products = (w * clipped).T @ clipped
    counts = w.T @ seen.astype(np.float64)
    squares = (w * clipped**2).T @ seen.astype(np.float64)
    scale = np.sqrt(np.maximum(squares * squares.T, 1e-12))
    raw = products / scale
    correlation = (raw * counts + prior.kinds_weight * prior.kinds_correlation) / (
        counts + prior.kinds_weight
    )
    np.fill_diagonal(correlation, 1.0)
    correlation = _positive_definite(correlation)
    return JointNull(correlation, _fit_tail(clipped, seen, weight, correlation, prior))


def _positive_definite(matrix: FloatArray) -> FloatArray:
    values, vectors = np.linalg.eigh(matrix)
    if values[0] >= SMALLEST_EIGENVALUE:
        return matrix
    mended = (vectors * np.maximum(values, SMALLEST_EIGENVALUE)) @ vectors.T
    scale = np.sqrt(np.diag(mended))
    result: FloatArray = mended / np.outer(scale, scale)
    return result


def _fit_tail(
    y: FloatArray, seen: FloatArray, weight: FloatArray, correlation: FloatArray, prior: CombiningPrior
) -> float:
    """The joint tail from the squared distances of schools, pattern of missing kinds by pattern."""
    likelihood = -0.5 * ((JOINT_TAILS - prior.joint_tail) / prior.joint_tail_sd) ** 2
    patterns, which = np.unique(seen, axis=0, return_inverse=True)
    for number, pattern in enumerate(patterns):
        held = np.flatnonzero(pattern)
        if held.size < 2:
            continue
        rows = which.ravel() == number
        values = y[np.ix_(rows, held)]
        squares = (values @ np.linalg.inv(correlation[np.ix_(held, held)]) * values).sum(axis=1)
        df, size = 1 / JOINT_TAILS, held.size
        constant = gammaln((df + size) / 2) - gammaln(df / 2) - 0.5 * size * np.log(df)
        density = constant - 0.5 * (df + size) * np.log1p(squares[:, None] / df)
        likelihood = likelihood + weight[rows] @ density
    return float(JOINT_TAILS[likelihood.argmax()])
