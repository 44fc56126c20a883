"""The counts that would stand without lifting: a reference shape tilted by a polynomial, fitted around the windows.

log m_r = offset_r + b_0 + b_1 q_1(r) + ... + b_P q_P(r): a log-linear model of a score distribution (Holland &
Thayer 2000) on grouped cells, that is a composite link (Thompson & Baker 1981): a score outside the windows is a cell
of its own, a window is one cell, the sum of its scores. The offset is 0 (no reference), the distribution that
calibrated items imply, or a region's counterfactual when a school's counts are fitted.

Many fits are done at once, the first axis being the fit: candidate models of one procedure, or schools.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from merilo.methods.arrays import BoolArray, FloatArray
from merilo.methods.lift.zones import Zones

MAX_STEPS = 40
STEP_LIMIT = 3.0
"""No Newton step changes the log count of a score by more than this."""


@dataclass(frozen=True, slots=True)
class TiltedFits:
    """B fits of a tilted counterfactual with K coefficients each (those a fit does not use are 0).

    expected   (B, S + 1)    works expected at each score without lifting
    deviance   (B,)          Poisson deviance over the cells
    pearson    (B,)          Pearson's chi-square over the cells
    cells      (B,)          cells the shape is fitted to (free scores and windows)
    parameters (B,)          effective parameters of the shape
    influence  (B, K, S + 1) change of the coefficients for one more work at a score
    converged  (B,)          True where Newton's iterations came to rest
    """

    expected: FloatArray
    deviance: FloatArray
    pearson: FloatArray
    cells: FloatArray
    parameters: FloatArray
    influence: FloatArray
    converged: BoolArray


def polynomial_design(top: int, order: int) -> FloatArray:
    """(S + 1, order + 1) polynomials in the score, orthogonal over 0..S, each with mean square 1."""
    raw = np.polynomial.legendre.legvander(np.linspace(-1.0, 1.0, top + 1), order)
    basis, triangle = np.linalg.qr(raw)
    return np.asarray(basis * np.sign(np.diag(triangle)) * np.sqrt(top + 1.0))


def fit_tilted(
    counts: FloatArray, zones: Zones, *, design: FloatArray, precision: FloatArray, offset: FloatArray
) -> TiltedFits:
    """Penalised maximum likelihood of all fits at once, by Newton's method with step halving.

    counts (S + 1,) or (B, S + 1) works by score; offset, of the same shapes: log of the reference; design (S + 1, K);
    precision (B, K): prior precision of each coefficient around 0 (0 = free, infinity = coefficient not used).
    """
    problem = _Problem(counts, zones, design, precision, offset)
    coefficients = problem.start()
    value, expected, sums = problem.objective(coefficients)
    resting = np.zeros(len(value), dtype=np.bool_)
    for _ in range(MAX_STEPS):
        score, information, _ = problem.derivatives(coefficients, expected, sums)
        step = np.linalg.solve(information, score[..., None])[..., 0]
        largest = np.abs(step @ design.T).max(axis=1, keepdims=True)
        step *= np.minimum(1.0, STEP_LIMIT / np.maximum(largest, 1e-300))
        tried = problem.objective(coefficients + step)
        for _ in range(20):
            worse = ~(tried[0] >= value - 1e-9 * np.abs(value))
            if not worse.any():
                break
            step[worse] *= 0.5
            tried = problem.objective(coefficients + step)
        coefficients = coefficients + step
        resting = np.abs(tried[0] - value) < 1e-7 * (1.0 + 1e-3 * np.abs(value))
        value, expected, sums = tried
        if resting.all():
            break
    return problem.finish(coefficients, expected, sums, resting)


class _Problem:
    """The arrays of one batch of fits, unpacked once."""

    def __init__(
        self, counts: FloatArray, zones: Zones, design: FloatArray, precision: FloatArray, offset: FloatArray
    ) -> None:
        self.free = zones.free.astype(np.float64)
        self.windows = zones.windows
        self.counts = np.broadcast_to(counts, self.free.shape)
        self.offset = np.broadcast_to(offset, self.free.shape)
        self.design = design
        used = np.isfinite(precision)
        self.used = used.astype(np.float64)
        self.precision = np.where(used, precision, 0.0)
        self.window_counts = np.einsum("bcs,bs->bc", self.windows, self.counts)
        self.present = self.windows.any(axis=2)
        K = design.shape[1]
        self.squares = (design[:, :, None] * design[:, None, :]).reshape(-1, K * K)

    def start(self) -> FloatArray:
        """Weighted least squares on log counts, a window's works spread evenly over it."""
        width = np.maximum(self.windows.sum(axis=2), 1.0)
        even = self.free * self.counts + np.einsum("bcs,bc->bs", self.windows, self.window_counts / width)
        weight = even + 0.5
        target = np.log(weight) - self.offset
        information = (weight @ self.squares).reshape(len(even), self.design.shape[1], -1)
        score = (weight * target) @ self.design
        return self._solve(self._bounded(information), score)

    def _bounded(self, information: FloatArray) -> FloatArray:
        """Add the prior; take unused coefficients out of the system; keep it invertible."""
        bounded = information * self.used[:, :, None] * self.used[:, None, :]
        diagonal = np.einsum("bkk->bk", bounded)
        diagonal += self.precision + (1.0 - self.used) + 1e-9 * diagonal.max(axis=1, keepdims=True)
        return bounded

    def _solve(self, information: FloatArray, score: FloatArray) -> FloatArray:
        return np.asarray(np.linalg.solve(information, (score * self.used)[..., None])[..., 0])

    def objective(self, coefficients: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Penalised Poisson log-likelihood, expected counts, sums of the windows."""
        linear = np.clip(self.offset + coefficients @ self.design.T, -40.0, 40.0)
        expected = np.exp(linear)
        sums = np.einsum("bcs,bs->bc", self.windows, expected)
        value = (self.free * (self.counts * linear - expected)).sum(axis=1)
        value += (self.window_counts * np.log(np.where(self.present, sums, 1.0)) - sums).sum(axis=1)
        value -= 0.5 * (self.precision * coefficients**2).sum(axis=1)
        return value, expected, sums

    def derivatives(
        self, coefficients: FloatArray, expected: FloatArray, sums: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Score, information with the prior, and each window's mean design row (B, C, K)."""
        divisor = np.where(self.present, sums, 1.0)
        mean_rows = (self.windows * expected[:, None, :]) @ self.design / divisor[..., None]
        score = (self.free * (self.counts - expected)) @ self.design
        score += np.einsum("bc,bck->bk", self.window_counts - sums, mean_rows)
        score = (score - self.precision * coefficients) * self.used
        information = ((self.free * expected) @ self.squares).reshape(len(expected), self.design.shape[1], -1)
        information += np.einsum("bck,bc,bcl->bkl", mean_rows, sums, mean_rows, optimize=True)
        return score, self._bounded(information), mean_rows

    def finish(
        self, coefficients: FloatArray, expected: FloatArray, sums: FloatArray, resting: BoolArray
    ) -> TiltedFits:
        """Fit statistics and influence at the solution."""
        _, information, mean_rows = self.derivatives(coefficients, expected, sums)
        inverse = np.linalg.inv(information)
        rows = self.free[..., None] * self.design + np.einsum("bcs,bck->bsk", self.windows, mean_rows)
        rows = rows * self.used[:, None, :]
        observed = np.concatenate([self.free * self.counts, self.window_counts], axis=1)
        fitted = np.concatenate([self.free * expected, np.where(self.present, sums, 0.0)], axis=1)
        cell = np.concatenate([self.free, self.present], axis=1)
        surprise = observed * np.log(
            np.where(observed > 0, observed, 1.0) / np.where(fitted > 0, fitted, 1.0)
        )
        prior = np.einsum("bkk,bk->b", inverse, self.precision) + 1e-9
        return TiltedFits(
            expected=expected,
            deviance=2.0 * (np.where(observed > 0, surprise, 0.0) - (observed - fitted)).sum(axis=1),
            pearson=(cell * (observed - fitted) ** 2 / np.maximum(fitted, 0.5)).sum(axis=1),
            cells=cell.sum(axis=1),
            parameters=self.used.sum(axis=1) - prior,
            influence=inverse @ rows.transpose(0, 2, 1),
            converged=np.asarray(resting, dtype=np.bool_),
        )
