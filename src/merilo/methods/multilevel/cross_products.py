"""Sums per school from which random-intercept models are estimated: z'z with z = [1, x_1..x_p, y].

The sums are additive, so they are folded from batches of works in any order and split; after that the cost
of a model depends on the number of schools only. School covariates (a school's mean prior attainment, its
type) need no second pass: they are constant within the school, so their products follow from the sums.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from merilo.errors import DegenerateDataError, TooFewPupilsError
from merilo.methods.arrays import BoolArray, FloatArray, IntArray

# A variable whose spread is below 3e-6 of its size is taken as constant: rounding of sums makes such spreads.
_CONSTANT = 1e-11


def cross_products(y: FloatArray, X: FloatArray | None, school: IntArray, n_schools: int) -> FloatArray:
    """Sum z'z over the pupils of each school, z = [1, x_1..x_p, y]. Linear in pupils, one pass per product.

    `y` (N,) results in any unit, `X` (N, p) pupil covariates or None, `school` (N,) indexes 0..n_schools-1
    in any order. Pupils with a missing value in `y` or `X` must be left out before. Returns (n_schools,
    p+2, p+2).
    """
    y = np.asarray(y, dtype=np.float64)
    columns = [] if X is None else list(np.asarray(X, dtype=np.float64).reshape(len(y), -1).T)
    columns.append(y)
    if len(school) != len(y):
        raise DegenerateDataError("Every pupil needs one school index", value=(len(school), len(y)))
    size = len(columns) + 1
    cross = np.empty((n_schools, size, size))
    cross[:, 0, 0] = np.bincount(school, minlength=n_schools)
    for i, left in enumerate(columns, start=1):
        cross[:, 0, i] = cross[:, i, 0] = np.bincount(school, weights=left, minlength=n_schools)
        for k in range(i, size):
            products = np.bincount(school, weights=left * columns[k - 1], minlength=n_schools)
            cross[:, i, k] = cross[:, k, i] = products
    return cross


def add_school_covariates(cross: FloatArray, values: FloatArray) -> FloatArray:
    """Insert covariates that are constant within a school, `values` (J, q), before the result y.

    With w the school's value: sum of w z = w times the school's sum of z. Returns (J, p+q+2, p+q+2); the new
    covariates come after the old ones. A school without pupils may have any value (its sums stay zero).
    """
    values = np.asarray(values, dtype=np.float64).reshape(len(cross), -1)
    empty = cross[:, 0, 0] == 0
    values = np.where(empty[:, None], 0.0, values)
    q, last = values.shape[1], cross.shape[1] - 1
    wider = np.empty((len(cross), last + 1 + q, last + 1 + q))
    old = np.r_[0:last, last + q]
    new = np.arange(last, last + q)
    wider[np.ix_(np.arange(len(cross)), old, old)] = cross
    sums = values[:, :, None] * cross[:, 0, None, :]
    wider[np.ix_(np.arange(len(cross)), new, old)] = sums
    wider[np.ix_(np.arange(len(cross)), old, new)] = sums.transpose(0, 2, 1)
    wider[np.ix_(np.arange(len(cross)), new, new)] = (
        cross[:, 0, 0, None, None] * values[:, :, None] * values[:, None, :]
    )
    return wider


def school_means(cross: FloatArray) -> FloatArray:
    """Means of x_1..x_p and y per school, (J, p+1); NaN for a school without pupils."""
    n = cross[:, 0, 0]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(n[:, None] > 0, cross[:, 0, 1:] / n[:, None], np.nan)


@dataclass(frozen=True, slots=True)
class StandardizedSums:
    """Sums split into within and between schools, centred at the grand mean and scaled to unit variance.

    Only covariates that vary and are not combinations of earlier ones are kept; columns are [1, x_kept.., y].
    """

    n: FloatArray  # (J',) pupils of the schools that have any
    schools: IntArray  # (J',) their indexes in the input
    means: FloatArray  # (J', K) school means in standard units; column 0 is 1
    within: FloatArray  # (K, K) pooled within-school cross-products; row and column 0 are zero
    centre: FloatArray  # (K-1,) grand means of x_kept.., y in input units
    scale: FloatArray  # (K-1,) standard deviations of x_kept.., y in input units
    kept: IntArray  # (k-1,) positions of the kept covariates among x_1..x_p
    dropped: IntArray  # positions of the dropped ones
    dropped_constant: BoolArray  # True: no variation; False: a combination of earlier covariates

    @property
    def n_fixed(self) -> int:
        """Number of fixed effects k, the intercept included."""
        return len(self.kept) + 1


def standardize(cross: FloatArray, collinear_limit: float = 1e-10) -> StandardizedSums:
    """Split, centre and scale the sums; drop covariates in the order given (an earlier one is kept).

    `collinear_limit`: a covariate is dropped when less than this share of its variance is left by the
    earlier ones. Within-school products are taken as (n*cross - s s')/n, which is exact for whole scores,
    and the total as within + between, so large means (500 +- 50, or 2000) cost no digits.
    """
    cross = np.asarray(cross, dtype=np.float64)
    check_sums(cross)
    schools = np.flatnonzero(cross[:, 0, 0] > 0)
    cross = cross[schools]
    n, sums = cross[:, 0, 0], cross[:, 0, 1:]
    products = cross[:, 1:, 1:]
    within = ((n[:, None, None] * products - sums[:, :, None] * sums[:, None, :]) / n[:, None, None]).sum(
        axis=0
    )
    centre = sums.sum(axis=0) / n.sum()
    deviations = sums / n[:, None] - centre
    total = within + (n[:, None] * deviations).T @ deviations
    raw = np.einsum("jaa->a", products)
    constant = np.diag(total) <= _CONSTANT * raw
    if constant[-1]:
        raise DegenerateDataError(
            "All results are equal: there is nothing to explain", value=float(centre[-1])
        )
    noise = np.diag(within) <= _CONSTANT * raw
    within[noise, :] = 0.0
    within[:, noise] = 0.0
    scale = np.sqrt(np.where(constant, 1.0, np.diag(total)) / n.sum())
    kept = _independent(total / np.outer(scale, scale) / n.sum(), constant, collinear_limit)
    used = np.r_[kept, total.shape[0] - 1]
    dropped = np.setdiff1d(np.arange(total.shape[0] - 1), kept)
    K = len(used) + 1
    inner = np.zeros((K, K))
    inner[1:, 1:] = within[np.ix_(used, used)] / np.outer(scale[used], scale[used])
    means = np.column_stack([np.ones(len(n)), deviations[:, used] / scale[used]])
    return StandardizedSums(
        n=n,
        schools=schools,
        means=means,
        within=inner,
        centre=centre[used],
        scale=scale[used],
        kept=kept,
        dropped=dropped,
        dropped_constant=constant[dropped],
    )


def check_sums(cross: FloatArray) -> None:
    """Raise where the sums cannot be sums: wrong shape, missing or infinite values, negative counts."""
    if cross.ndim != 3 or cross.shape[1] != cross.shape[2] or cross.shape[1] < 2:
        raise DegenerateDataError("Sums per school must have shape (J, p+2, p+2)", value=cross.shape)
    if not np.isfinite(cross).all():
        school = int(np.flatnonzero(~np.isfinite(cross).all(axis=(1, 2)))[0])
        raise DegenerateDataError("Sums hold a missing or infinite value", row=school)
    if (cross[:, 0, 0] < 0).any():
        raise DegenerateDataError(
            "A school has a negative number of pupils", value=float(cross[:, 0, 0].min())
        )
    if np.count_nonzero(cross[:, 0, 0]) < 2:
        raise TooFewPupilsError(
            "School effects need at least two schools with pupils",
            value=int(np.count_nonzero(cross[:, 0, 0])),
            next_step="Take more schools into the comparison.",
        )


def _independent(correlation: FloatArray, constant: BoolArray, limit: float) -> IntArray:
    """Positions of covariates kept by a Cholesky decomposition in the given order (the last column is y)."""
    left = correlation.copy()
    kept: list[int] = []
    for i in range(len(left) - 1):
        if constant[i] or left[i, i] <= limit:
            continue
        kept.append(i)
        left -= np.outer(left[:, i], left[i, :]) / left[i, i]
    return np.array(kept, dtype=np.int64)
