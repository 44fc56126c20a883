"""Exact weighted quantile regression at many quantiles.

Minimise sum_i w_i rho_tau(y_i - x_i b), rho_tau(r) = r (tau - [r < 0]) (Koenker & Bassett 1978). An optimum
goes through p points: such a p-tuple is the *basis*. From the basis of one quantile the next one is reached
by edge steps with an exact line search by weighted median (Barrodale & Roberts 1973), and only among points
near the curve: those surely above or below enter by the sum of their gradients (Portnoy & Koenker 1997), and
a quantile is accepted only when none of them turned out on the other side. So the answer is that of the whole
linear programme, at a hundredth of its work.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import qr

from merilo.errors import DegenerateDataError, EstimationError
from merilo.methods.arrays import BoolArray, FloatArray, IntArray

# Scores tie; shifts of a billionth of their range break the ties, so that no edge step has length zero. The
# coefficients are computed from the unshifted scores of the final basis, which is optimal for them as well.
# The shifts are sines, not a regular sequence: the designs are additive, and shifts with a_i - a_j = a_k -
# a_l tie again.
TIE_BREAK = 1e-9
TIE_FREQUENCIES = (1e4, 1.7e4, 2.3e4, 3.1e4)
DUAL_TOLERANCE = 1e-9
NEGLIGIBLE = 1e-10
DIRECT_SIZE = 3000
FIRST_BREAKPOINTS = 64
REFRESH = 50
BASE_STEPS = 2000
STEPS_PER_COLUMN = 500


def fit_quantiles(
    design: FloatArray, score: FloatArray, weight: FloatArray, quantiles: FloatArray
) -> FloatArray:
    """Coefficients (T, p) of the conditional quantiles, row t for quantiles[t].

    design (n, p) of full column rank; score (n,) any unit; weight (n,) > 0, number of pupils in the row;
    quantiles (T,) increasing, inside (0, 1). Deterministic; where several optima exist, one vertex of them is
    returned.
    """
    _check_rank(design)
    for frequency in TIE_FREQUENCIES:
        shift = TIE_BREAK * np.ptp(score) * np.sin(frequency * (np.arange(len(score)) + 1.0))
        try:
            bases = _all_bases(_Cloud(design, score + shift, weight), quantiles)
        except _CyclingError:
            continue
        return np.asarray(np.linalg.solve(design[bases], score[bases][..., None])[..., 0], dtype=np.float64)
    raise EstimationError(
        "The quantile regression did not finish",
        value=f"{len(score)} rows, {design.shape[1]} columns",
        next_step="Please report the data set: this is not expected.",
    )


class _CyclingError(Exception):
    """Steps of zero length went round in a circle: the ties need another shift."""


class _Cloud:
    """Points of one regression: X (n, p), y (n,), w (n,)."""

    __slots__ = ("X", "w", "y")

    def __init__(self, X: FloatArray, y: FloatArray, w: FloatArray) -> None:
        self.X, self.y, self.w = X, y, w

    def at(self, chosen: IntArray) -> _Cloud:
        return _Cloud(self.X[chosen], self.y[chosen], self.w[chosen])

    def curve(self, basis: IntArray) -> FloatArray:
        """Coefficients (p,) of the curve through the basis points."""
        return np.asarray(np.linalg.solve(self.X[basis], self.y[basis]), dtype=np.float64)


def _check_rank(design: FloatArray) -> None:
    p = design.shape[1]
    if len(design) < p or int(np.linalg.matrix_rank(design)) < p:
        raise DegenerateDataError(
            "The columns of the design do not vary independently",
            value=f"{len(design)} rows, {p} columns",
            next_step="Leave out priors that repeat one another, or bring more pupils.",
        )


def _start(cloud: _Cloud, tau: float) -> IntArray:
    """Optimal basis (p,) of the first quantile: solve every eighth point first, then the whole near that
    curve.
    """
    n, p = cloud.X.shape
    if n > DIRECT_SIZE:
        thin = np.arange(0, n, 8)
        sparse = cloud.at(thin)
        if int(np.linalg.matrix_rank(sparse.X)) == p:
            return _solve(cloud, tau, thin[_start(sparse, tau)], half_band=int(3 * np.sqrt(8.0 * n * p)))
    residual = np.abs(cloud.y - cloud.X @ np.linalg.lstsq(cloud.X, cloud.y, rcond=None)[0])
    nearness = 1.0 / (1e-3 * (1.0 + residual.max()) + residual)
    pivots = qr((cloud.X * nearness[:, None]).T, mode="economic", pivoting=True)[2]
    return _solve(cloud, tau, np.asarray(pivots[:p], dtype=np.int64), half_band=n)


def _all_bases(cloud: _Cloud, quantiles: FloatArray) -> IntArray:
    """Optimal bases (T, p), from the middle quantile outwards, each from its neighbour's."""
    middle = len(quantiles) // 2
    bases = np.empty((len(quantiles), cloud.X.shape[1]), dtype=np.int64)
    bases[middle] = _start(cloud, float(quantiles[middle]))
    for t in range(middle + 1, len(quantiles)):
        bases[t] = _next(cloud, float(quantiles[t]), float(quantiles[t - 1]), bases[t - 1])
    for t in range(middle - 1, -1, -1):
        bases[t] = _next(cloud, float(quantiles[t]), float(quantiles[t + 1]), bases[t + 1])
    return bases


def _next(cloud: _Cloud, tau: float, neighbour: float, basis: IntArray) -> IntArray:
    """Optimal basis of `tau` from that of the quantile `neighbour`."""
    n, p = cloud.X.shape
    # twice the points expected between the two curves, and twice the sampling noise of their number
    band = int(2 * n * abs(tau - neighbour) + 2 * np.sqrt(n * p * tau * (1 - tau))) + 4 * p
    return _solve(cloud, tau, basis, half_band=band)


def _solve(cloud: _Cloud, tau: float, basis: IntArray, *, half_band: int) -> IntArray:
    """Optimal basis for `tau`, searched among the points within `half_band` ranks of the present curve."""
    residual = cloud.y - cloud.X @ cloud.curve(basis)
    while True:
        below, above = _outside(residual, basis, half_band)
        while True:
            near = np.flatnonzero(~(below | above))
            far_gradient = tau * ((cloud.w * above) @ cloud.X) + (tau - 1) * ((cloud.w * below) @ cloud.X)
            found, bounded = _descend(cloud.at(near), tau, np.searchsorted(near, basis), far_gradient)
            basis = near[found]
            if not bounded:
                break
            now = cloud.y - cloud.X @ cloud.curve(basis)
            wrong = (above & (now < 0)) | (below & (now > 0))
            if not wrong.any():
                return basis
            above &= ~wrong
            below &= ~wrong
        half_band *= 2


def _outside(residual: FloatArray, basis: IntArray, half_band: int) -> tuple[BoolArray, BoolArray]:
    """Points taken for surely below and surely above: beyond `half_band` ranks from the curve."""
    n = len(residual)
    rank = int(np.count_nonzero(residual < 0))
    low, high = max(rank - half_band, 0), min(rank + half_band, n - 1)
    edges = np.partition(residual, (low, high))
    below = residual < edges[low] if low > 0 else np.zeros(n, dtype=bool)
    above = residual > edges[high] if high < n - 1 else np.zeros(n, dtype=bool)
    below[basis] = False
    above[basis] = False
    return below, above


def _descend(cloud: _Cloud, tau: float, basis: IntArray, far_gradient: FloatArray) -> tuple[IntArray, bool]:
    """Edge steps until optimal; (basis, False) where the step leaves the cloud, so that more points are
    needed.

    With the basis points at residual zero, u (p,) are their dual values: optimal when all lie in [tau - 1,
    tau].
    """
    X, y, w = cloud.X, cloud.y, cloud.w
    basis = basis.copy()
    for step_number in range(BASE_STEPS + STEPS_PER_COLUMN * X.shape[1]):
        inverse = np.linalg.inv(X[basis])
        if step_number % REFRESH == 0:
            residual = y - X @ (inverse @ y[basis])
        residual[basis] = 0.0
        pull = np.where(residual < 0, tau - 1, tau) * w
        pull[basis] = 0.0
        at_basis = w[basis]
        dual = -((far_gradient + pull @ X) @ inverse) / at_basis
        excess = np.maximum(dual - tau, tau - 1 - dual)
        if excess.max() <= DUAL_TOLERANCE:
            return basis, True
        leaving = int(np.argmax(excess * at_basis / np.sqrt((inverse**2).sum(axis=0))))
        side = 1.0 if dual[leaving] < tau - 1 else -1.0
        fall = X @ (side * inverse[:, leaving])
        fall[basis] = 0.0
        slope = -float(excess[leaving] * at_basis[leaving])
        entering, length = _line_search(residual, fall, w, slope)
        if entering < 0:
            return basis, False
        residual -= length * fall
        residual[basis[leaving]] = -side * length
        basis[leaving] = entering
    raise _CyclingError


def _line_search(residual: FloatArray, fall: FloatArray, w: FloatArray, slope: float) -> tuple[int, float]:
    """Point at which the objective stops falling, and the step to it; (-1, 0) where it never does.

    Each residual that changes sign adds w |fall| to the (negative) slope: a weighted median of the
    breakpoints.
    """
    size = np.abs(fall)
    crossing = np.flatnonzero((residual * fall > 0) & (size > NEGLIGIBLE * size.max()))
    breakpoint_at = residual[crossing] / fall[crossing]
    gain = w[crossing] * size[crossing]
    wanted = FIRST_BREAKPOINTS
    while True:
        whole = wanted >= len(crossing)
        some = np.arange(len(crossing)) if whole else np.argpartition(breakpoint_at, wanted - 1)[:wanted]
        order = some[np.argsort(breakpoint_at[some], kind="stable")]
        turn = int(np.searchsorted(slope + np.cumsum(gain[order]), 0.0))
        if turn < len(order):
            return int(crossing[order[turn]]), float(breakpoint_at[order[turn]])
        if whole:
            return -1, 0.0
        wanted *= 8
