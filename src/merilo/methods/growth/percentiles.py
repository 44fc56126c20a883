"""Pupils' growth percentiles: where a score stands among pupils of the same prior scores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from merilo.errors import DegenerateDataError, TooFewPupilsError
from merilo.methods.arrays import FloatArray, IntArray
from merilo.methods.growth.quantiles import fit_quantiles
from merilo.methods.growth.splines import PriorBasis, choose_basis, design_matrix

MIN_PUPILS = 100
MIN_PUPILS_PER_COEFFICIENT = 10
# A curve passes exactly through p of its points; a billionth of the range of scores decides that it does.
EQUAL_SCORES = 1e-8
SPREAD_PARTS = 10
CHUNK = 8192


@dataclass(frozen=True, slots=True)
class GrowthPercentiles:
    """Growth percentiles of n pupils, in the order given. Higher is better; the average pupil has 50.

    percentile   (n,)    1-99: number of fitted quantiles below the score, out of 100
    rank         (n,)    0-100, not rounded: ties with a fitted quantile count half; average this over a
    school quantiles    (T,)    0-1, the fitted quantiles (0.005, 0.015 ... 0.995) coefficients (T, p)  of the
    stacked spline bases, before sorting bases        (k,)    one spline basis per prior score score_step
    width over which a score was spread, units of the score; 0 where it was taken as a point n
    number of pupils
    """

    percentile: IntArray
    rank: FloatArray
    quantiles: FloatArray
    coefficients: FloatArray
    bases: tuple[PriorBasis, ...]
    score_step: float
    n: int

    def score_quantiles(self, prior: FloatArray) -> FloatArray:
        """Scores (m, T) at every quantile for the priors (m,) or (m, k), increasing along the quantiles."""
        return np.sort(design_matrix(_as_columns(prior), self.bases) @ self.coefficients.T, axis=1)


def growth_percentiles(
    prior: FloatArray,
    score: FloatArray,
    *,
    score_step: float = 0.0,
) -> GrowthPercentiles:
    """Student growth percentiles by B-spline quantile regression (Betebenner 2009).

    prior (n,) one prior score or (n, k) several, any unit; score (n,) current score, any unit; all finite:
    leave out pupils without a prior. At least 100 pupils, and 10 per coefficient of the curves.

    score_step = 0 takes scores as points, as the SGP package does: fine for scale scores. On a short test (20
    raw points) whole shares of pupils tie, a percentile then depends on which side of a tie a curve happens
    to pass, and means drift from 50. With score_step = 1 (the distance between neighbouring scores) every
    score stands for the interval of that width around it, cut into 10 equal parts: the exact, repeatable
    limit of adding random noise to counts (Machado & Santos Silva 2005); a pupil gets the mean over the
    parts, a mid-percentile.
    """
    columns = _as_columns(prior)
    _check(columns, score, score_step)
    bases = tuple(choose_basis(columns[:, j]) for j in range(columns.shape[1]))
    _check_number(len(score), bases)
    cells, pupils_in_cell, cell_of_pupil = _collapse(np.column_stack([columns, score]))
    design = design_matrix(cells[:, :-1], bases)
    quantiles = (np.arange(1, 101) - 0.5) / 100
    parts = SPREAD_PARTS if score_step > 0 else 1
    shifts = score_step * ((np.arange(parts) + 0.5) / parts - 0.5)
    coefficients = fit_quantiles(
        np.repeat(design, parts, axis=0),
        (cells[:, -1:] + shifts).ravel(),
        np.repeat(pupils_in_cell / parts, parts),
        quantiles,
    )
    below, upto = _count_quantiles(design, coefficients, cells[:, -1], shifts)
    rank = (below + upto) / 2
    percentile = np.floor(rank + 0.5) if score_step > 0 else below
    return GrowthPercentiles(
        np.clip(percentile, 1, 99).astype(np.int64)[cell_of_pupil],
        rank[cell_of_pupil],
        quantiles,
        coefficients,
        bases,
        float(score_step),
        len(score),
    )


def _as_columns(prior: FloatArray) -> FloatArray:
    columns = np.asarray(prior, dtype=np.float64)
    return columns[:, None] if columns.ndim == 1 else columns


def _check(prior: FloatArray, score: FloatArray, score_step: float) -> None:
    if len(prior) != len(score):
        raise ValueError(f"prior has {len(prior)} rows, score has {len(score)}")
    if score_step < 0 or not np.isfinite(score_step):
        raise ValueError(f"score_step must be zero or positive, not {score_step}")
    if not (np.isfinite(prior).all() and np.isfinite(score).all()):
        raise DegenerateDataError(
            "Growth percentiles need a prior and a current score of every pupil",
            next_step="Leave out pupils without one of them; they have no growth percentile.",
        )
    if len(score) < MIN_PUPILS:
        raise TooFewPupilsError(
            f"Growth percentiles need at least {MIN_PUPILS} pupils with both scores",
            value=len(score),
            next_step="Join the year group of several schools or of the whole authority.",
        )
    if np.ptp(score) == 0:
        raise DegenerateDataError(
            "All current scores are equal, so nobody grew more than anybody else",
            value=float(score[0]),
            next_step="Leave this procedure out of the growth percentiles.",
        )


def _check_number(n: int, bases: tuple[PriorBasis, ...]) -> None:
    needed = MIN_PUPILS_PER_COEFFICIENT * (1 + sum(basis.width - 1 for basis in bases))
    if n < needed:
        raise TooFewPupilsError(
            "Growth percentiles need more pupils for so many prior scores",
            value=f"{n} < {needed}",
            next_step="Use fewer prior scores.",
        )


def _collapse(rows: FloatArray) -> tuple[FloatArray, FloatArray, IntArray]:
    """Distinct rows (c, m) in lexicographic order, number of each (c,), index of every row's distinct one
    (n,).
    """
    order = np.lexsort(rows.T[::-1])
    ordered = rows[order]
    new = np.ones(len(rows), dtype=bool)
    new[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    index = np.empty(len(rows), dtype=np.int64)
    index[order] = np.cumsum(new) - 1
    return ordered[new], np.bincount(index).astype(np.float64), index


def _count_quantiles(
    design: FloatArray, coefficients: FloatArray, score: FloatArray, shifts: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Numbers of fitted quantiles (c,) below the score, and below or equal to it, averaged over the
    shifts.
    """
    tolerance = EQUAL_SCORES * float(np.ptp(score))
    below, upto = np.zeros(len(score)), np.zeros(len(score))
    for first in range(0, len(score), CHUNK):
        part = slice(first, first + CHUNK)
        curves = design[part] @ coefficients.T
        for shift in shifts:
            point = score[part, None] + shift
            below[part] += (curves < point - tolerance).sum(axis=1)
            upto[part] += (curves <= point + tolerance).sum(axis=1)
    return below / len(shifts), upto / len(shifts)
