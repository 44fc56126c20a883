"""What works say at given item parameters: log-likelihood, expected counts, posterior covariances.

With theta ~ N(0, 1) a work enters the marginal likelihood only through T, the sum of slope * points over its items:

    f(T) = log integral exp(T * theta - sum of log normalisers) dN(theta),   f' = EAP,   f'' = posterior variance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from merilo.methods.arrays import FloatArray


@dataclass(frozen=True, slots=True)
class PosteriorSpread:
    """Sums over works of posterior moments of features F_k(theta), zero where the item was not administered.

    points_theta   (I, I)  points_i * points_j * Var(theta)
    points_feature (I, K)  points_i * Cov(theta, F_k)
    means          (K, K)  E[F_k] * E[F_l]
    """

    points_theta: FloatArray
    points_feature: FloatArray
    means: FloatArray

    def __add__(self, other: PosteriorSpread) -> PosteriorSpread:
        return PosteriorSpread(
            self.points_theta + other.points_theta,
            self.points_feature + other.points_feature,
            self.means + other.means,
        )


@dataclass(frozen=True, slots=True)
class Evidence:
    """Sums over works of one or several patterns of administered items.

    log_integral   sum of f(T), nats
    node_works     (P, Q)  expected works of each pattern at each ability node
    score_theta    (I,)    sum of points * EAP
    spread         posterior covariances, None unless asked for
    """

    log_integral: float
    node_works: FloatArray
    score_theta: FloatArray
    spread: PosteriorSpread | None


@dataclass(frozen=True, slots=True)
class Features:
    """Functions of ability whose posterior covariance the observed information needs.

    values (K, Q) at the ability nodes; item (K,) the item each belongs to
    """

    values: FloatArray
    item: np.ndarray[tuple[int], np.dtype[np.int64]]


@dataclass(frozen=True, slots=True)
class PosteriorMoments:
    """Per row (a work, or a node of the table of T): log integral, EAP and variance (R,), posterior weights (R, Q)."""

    log_integral: FloatArray
    eap: FloatArray
    variance: FloatArray
    weight: FloatArray


def posterior_at(total: FloatArray, theta: FloatArray, base: FloatArray) -> PosteriorMoments:
    """Posterior of ability at weighted totals T (R,), base = log prior - sum of log normalisers: (Q,) or (R, Q)."""
    weight = total[:, None] * theta
    weight += base
    peak = weight.max(axis=1)
    weight -= peak[:, None]
    np.exp(weight, out=weight)
    mass = weight.sum(axis=1)
    weight /= mass[:, None]
    eap = weight @ theta
    variance = np.maximum(weight @ theta**2 - eap**2, 0.0)
    return PosteriorMoments(peak + np.log(mass), eap, variance, weight)
