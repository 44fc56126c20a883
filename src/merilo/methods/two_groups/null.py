"""The empirical null: centre, spread and tails of honest schools, estimated from the schools themselves.

A school counts with its weight (its probability of being honest), a prior counts as so many schools more.
Source: Efron 2004, JASA 99, 96-104 (empirical null); Lange, Little & Taylor 1989, JASA 84, 881-896 (Student t by EM).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln, ndtri, stdtr

from merilo.methods.arrays import FloatArray

# Tails are told by 1 / degrees of freedom: 0 is the normal distribution.
TAILS: FloatArray = np.array([0.0, 0.02, 0.04, 0.07, 0.10, 0.14, 0.19, 0.25, 0.33])
STEPS = 60
TOLERANCE = 1e-5
LOG_2PI = float(np.log(2 * np.pi))


@dataclass(frozen=True, slots=True)
class StudentNull:
    """M nulls: mean (M,), sd (M,) scale of the Student t, tail (M,) 1 / degrees of freedom, n (M,) schools' weight."""

    mean: FloatArray
    sd: FloatArray
    tail: FloatArray
    n: FloatArray


def student_log_density(residual: FloatArray, tail: FloatArray | float) -> FloatArray:
    """Log density of the standard Student t at `residual`, without the scale; tail = 1 / degrees of freedom."""
    tail = np.asarray(tail, dtype=np.float64)
    safe = np.where(tail > 0, tail, 1.0)
    df = 1.0 / safe
    constant = gammaln((df + 1) / 2) - gammaln(df / 2) - 0.5 * np.log(np.pi * df)
    heavy = constant - (df + 1) / 2 * np.log1p(safe * residual**2)
    result: FloatArray = np.where(tail > 0, heavy, -0.5 * (LOG_2PI + residual**2))
    return result


def normal_scores(residual: FloatArray, tail: FloatArray | float) -> FloatArray:
    """Student residuals as normal deviates of the same probability (NaN stays NaN)."""
    tail = np.broadcast_to(np.asarray(tail, dtype=np.float64), residual.shape)
    heavy = (tail > 0) & np.isfinite(residual)
    scores: FloatArray = residual.astype(np.float64)
    lower: FloatArray = stdtr(1.0 / tail[heavy], -np.abs(residual[heavy]))
    # Beyond 1e-300 all are the same.
    scores[heavy] = -np.sign(residual[heavy]) * ndtri(np.maximum(lower, 1e-300))
    return scores


def upper_tail(residual: FloatArray, tail: FloatArray | float) -> FloatArray:
    """One-sided p-values P(T >= residual) of Student residuals."""
    scores = normal_scores(residual, tail)
    with np.errstate(invalid="ignore"):
        return np.asarray(stdtr(np.inf, -scores), dtype=np.float64)


def starting_null(x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Centre and spread of columns x (J, M) from their lower halves, which few schools that stand out upwards touch.

    Returns median (M,) and the distance from the 16 % point to the median (M,); 0 and 1 where a column has no spread.
    """
    mean, sd = np.zeros(x.shape[1]), np.ones(x.shape[1])
    for column in range(x.shape[1]):
        seen = x[np.isfinite(x[:, column]), column]
        if seen.size:
            low, middle = np.quantile(seen, [0.1587, 0.5])
            mean[column], sd[column] = middle, middle - low if middle > low else 1.0
    return mean, sd


def lower_half_mirrored(x: FloatArray, weight: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Columns x (J, M), NaN missing, whose upper halves are replaced by mirror images of the lower ones.

    Schools that stand out do so upwards: a tenth of all in one kind would widen a null fitted to everybody until it
    hid them. Returns values and weights (2 J, M); weight (J,) or (J, M). The mirror stands at the weighted median.
    """
    w = np.where(
        np.isfinite(x), np.broadcast_to(weight if weight.ndim == 2 else weight[:, None], x.shape), 0.0
    )
    if not x.shape[0]:
        return x, w
    order = np.argsort(np.where(np.isfinite(x), x, np.inf), axis=0)
    ranked, below = np.take_along_axis(x, order, 0), np.cumsum(np.take_along_axis(w, order, 0), axis=0)
    total = below[-1]
    # The middle between the last value with at most half of the weight below it and the next one.
    place = np.minimum((below < 0.5 * total).sum(axis=0), x.shape[0] - 1)
    middle = np.nan_to_num(ranked[place, np.arange(x.shape[1])])
    lower = np.where(np.nan_to_num(x, nan=np.inf) <= middle, w, 0.0)
    return np.concatenate([x, 2 * middle - x]), np.concatenate([lower, lower])


def fit_location_scale(
    x: FloatArray,
    weight: FloatArray,
    tail: FloatArray | float,
    start: tuple[FloatArray, FloatArray],
    prior: tuple[FloatArray, FloatArray, FloatArray],
) -> tuple[FloatArray, FloatArray]:
    """Mean and scale of Student t columns of known tail by EM.

    x (J, M), NaN missing; weight (J,) or (J, M); start and prior: mean (M,), sd (M,), and the prior's weight in
    schools (M,). Returns mean (M,), sd (M,).
    """
    seen = np.isfinite(x)
    w = np.where(seen, np.broadcast_to(weight if weight.ndim == 2 else weight[:, None], x.shape), 0.0)
    values = np.where(seen, x, 0.0)
    tail = np.broadcast_to(np.asarray(tail, dtype=np.float64), x.shape[1:])
    (mean, sd), (prior_mean, prior_sd, prior_n) = start, prior
    total = w.sum(axis=0) + prior_n
    known = total > 0
    for _step in range(STEPS):
        residual = (values - mean) / sd
        u = w * (1 + tail) / (1 + tail * residual**2)
        pull = u.sum(axis=0) + prior_n
        new_mean = np.where(known, (_dot(u, values) + prior_n * prior_mean) / np.where(known, pull, 1), mean)
        squares = _dot(u, (values - new_mean) ** 2) + prior_n * prior_sd**2
        new_sd = np.where(known, np.sqrt(squares / np.where(known, total, 1)), sd)
        new_sd = np.maximum(new_sd, 1e-6)
        moved = max(float(np.abs(new_mean - mean).max()), float(np.abs(new_sd - sd).max()))
        mean, sd = new_mean, new_sd
        if moved < TOLERANCE:
            break
    return mean, sd


def fit_student(
    x: FloatArray,
    weight: FloatArray,
    start: tuple[FloatArray, FloatArray],
    prior: tuple[FloatArray, FloatArray, FloatArray],
    tail_prior: tuple[FloatArray, FloatArray],
) -> StudentNull:
    """Student t with its tail chosen by penalised likelihood over TAILS, for each column of x (J, M).

    tail_prior: mean (M,) and SD (M,) of a normal prior on 1 / degrees of freedom. Other arguments as
    `fit_location_scale`.
    """
    seen = np.isfinite(x)
    w = np.where(seen, np.broadcast_to(weight if weight.ndim == 2 else weight[:, None], x.shape), 0.0)
    best = np.full(x.shape[1], -np.inf)
    mean, sd, chosen = start[0].copy(), start[1].copy(), np.zeros(x.shape[1])
    for tail in TAILS:
        m, s = fit_location_scale(x, weight, float(tail), (mean, sd) if tail else start, prior)
        density = student_log_density(np.where(seen, x - m, 0.0) / s, float(tail)) - np.log(s)
        likelihood = _dot(w, density) - 0.5 * ((tail - tail_prior[0]) / tail_prior[1]) ** 2
        # The prior's schools speak of the scale too: without them a few outliers would shrink it at will.
        likelihood -= prior[2] * (np.log(s) + 0.5 * (prior[1] ** 2 + (prior[0] - m) ** 2) / s**2)
        better = likelihood > best
        best = np.where(better, likelihood, best)
        mean, sd = np.where(better, m, mean), np.where(better, s, sd)
        chosen = np.where(better, tail, chosen)
    return StudentNull(mean, sd, chosen, w.sum(axis=0))


def _dot(a: FloatArray, b: FloatArray) -> FloatArray:
    result: FloatArray = np.einsum("jm,jm->m", a, b)
    return result
