"""Profile deviance of the random-intercept model in ratio = var_u / var_e, with two exact derivatives.

y = X b + u_school + e. In school j, V_j^-1 = (I - ratio/(1 + n ratio) 11') / var_e, so every quadratic form
is A(ratio) = within + sum_j g_j a_j a_j' with g_j = n_j/(1 + n_j ratio) and a_j the school's means:
derivatives of A only replace g by -g^2 and 2 g^3. Schools of equal size share g, so the sum runs over
distinct sizes. b and var_e are profiled out (Pinheiro & Bates 2000, ch. 2; criterion as in lme4, Bates et
al. 2015, eq. 34 and 41).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from merilo.errors import DegenerateDataError, TooFewPupilsError
from merilo.methods.arrays import FloatArray
from merilo.methods.multilevel.cross_products import StandardizedSums

# Residual variance below this share of the results' variance cannot be told from rounding.
_NO_VARIANCE = 1e-11


@dataclass(frozen=True, slots=True)
class ProfileDeviance:
    """-2 log likelihood (restricted if `reml`) as a function of ratio = var_u/var_e, in standard units.

    `offset` brings it to input units, so that values equal lme4's.
    """

    sizes: FloatArray  # (D,) distinct school sizes
    schools_of_size: FloatArray  # (D,) how many schools have each
    between: FloatArray  # (D, K*K) sum of a a' over schools of each size, flattened
    within: FloatArray  # (K, K)
    freedom: float  # N - k if restricted, else N
    offset: float
    reml: bool

    def matrix(self, ratio: FloatArray, power: int = 1, spread: int = 0) -> FloatArray:
        """sum_j g_j^power / n_j^spread a_j a_j' for each ratio (Q,): (Q, K, K), the within part not added."""
        return self._sum(self.weight(ratio) ** power / self.sizes**spread)

    def fixed(self, ratio: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Generalised least squares in standard units: b (Q, k), (X'V^-1X var_e)^-1, residual sum (Q,)."""
        A = self.within + self.matrix(ratio)  # Z'V^-1 Z var_e with Z = [X, y]
        inverse = np.linalg.inv(A[:, :-1, :-1])
        b = np.linalg.solve(A[:, :-1, :-1], A[:, :-1, -1:])[:, :, 0]
        r = np.concatenate([-b, np.ones((len(b), 1))], axis=1)
        rss = np.einsum("qa,qab,qb->q", r, A, r)
        return np.asarray(b, dtype=np.float64), np.asarray(inverse, dtype=np.float64), rss

    def value(self, ratio: FloatArray) -> FloatArray:
        """Deviance at each ratio (Q,)."""
        _, inverse, rss = self.fixed(ratio)
        logs = np.log1p(ratio[:, None] * self.sizes) @ self.schools_of_size
        deviance = self.freedom * (1.0 + np.log(2.0 * math.pi * rss / self.freedom)) + logs + self.offset
        if self.reml:
            deviance = deviance - np.linalg.slogdet(inverse)[1]
        return np.asarray(deviance, dtype=np.float64)

    def slope(self, ratio: FloatArray) -> tuple[FloatArray, FloatArray]:
        """First and second derivative of the deviance in ratio, each (Q,)."""
        b, inverse, rss = self.fixed(ratio)
        g = self.weight(ratio)
        first, second = -self._sum(g**2), 2.0 * self._sum(g**3)
        r = np.concatenate([-b, np.ones((len(b), 1))], axis=1)
        moved = np.einsum("qab,qb->qa", first, r)
        rss1 = np.einsum("qa,qa->q", r, moved)
        rss2 = np.einsum("qa,qab,qb->q", r, second, r)
        rss2 -= 2.0 * np.einsum("qa,qab,qb->q", moved[:, :-1], inverse, moved[:, :-1])
        slope = self.freedom * rss1 / rss + g @ self.schools_of_size
        bend = self.freedom * (rss2 / rss - (rss1 / rss) ** 2) - g**2 @ self.schools_of_size
        if self.reml:
            turned = inverse @ first[:, :-1, :-1]
            slope = slope + np.einsum("qaa->q", turned)
            bend = bend + np.einsum("qab,qba->q", inverse, second[:, :-1, :-1])
            bend = bend - np.einsum("qab,qba->q", turned, turned)
        return slope, bend

    def weight(self, ratio: FloatArray) -> FloatArray:
        """Weight g = n/(1 + n ratio) of a school, for each ratio and size, (Q, D)."""
        return np.asarray(self.sizes / (1.0 + ratio[:, None] * self.sizes))

    def _sum(self, g: FloatArray) -> FloatArray:
        return np.asarray((g @ self.between).reshape(-1, *self.within.shape))


def profile_deviance(sums: StandardizedSums, *, reml: bool) -> ProfileDeviance:
    """Group schools by size and check that both variances are identified."""
    check_identified(sums)
    sizes, group = np.unique(sums.n, return_inverse=True)
    K = sums.means.shape[1]
    between = np.zeros((len(sizes), K, K))
    for a in range(K):
        for b in range(a, K):
            between[:, a, b] = np.bincount(group, weights=sums.means[:, a] * sums.means[:, b])
            between[:, b, a] = between[:, a, b]
    freedom = float(sums.n.sum()) - (sums.n_fixed if reml else 0)
    # In input units the residual sum grows by scale_y^2 and |X'V^-1X| by the squared scales of the
    # covariates.
    offset = freedom * 2.0 * math.log(sums.scale[-1])
    if reml:
        offset += 2.0 * float(np.log(sums.scale[:-1]).sum())
    return ProfileDeviance(
        sizes=sizes,
        schools_of_size=np.bincount(group).astype(np.float64),
        between=between.reshape(len(sizes), -1),
        within=sums.within,
        freedom=freedom,
        offset=offset,
        reml=reml,
    )


def between_freedom(sums: StandardizedSums) -> int:
    """Schools less the fixed effects that only differences between schools can tell."""
    return len(sums.n) + _within_sweep(sums)[0] - sums.n_fixed


def check_identified(sums: StandardizedSums) -> None:
    """Raise with the reason where var_e or var_u cannot be estimated."""
    rank, residual = _within_sweep(sums)
    if sums.n.sum() - len(sums.n) - rank < 1:
        raise TooFewPupilsError(
            "Pupils of one school do not differ enough to tell pupils' from schools' variance",
            value=float(sums.n.max()),
            next_step="At least one school needs more pupils than there are pupil covariates.",
        )
    if len(sums.n) + rank - sums.n_fixed < 1:
        raise TooFewPupilsError(
            "There are as many school covariates as schools: no difference between schools is left",
            value=len(sums.n),
            next_step="Use fewer covariates or more schools.",
        )
    if residual <= _NO_VARIANCE * sums.n.sum():
        raise DegenerateDataError(
            "Within schools the covariates explain the results exactly: no pupil variance"
        )


def _within_sweep(sums: StandardizedSums) -> tuple[int, float]:
    """Independent covariates within schools, and the residual sum of the results on them."""
    left, rank = sums.within[1:, 1:].copy(), 0
    for i in range(len(left) - 1):
        if left[i, i] > 1e-10 * sums.n.sum():
            rank += 1
            left -= np.outer(left[:, i], left[i, :]) / left[i, i]
    return rank, float(left[-1, -1])
