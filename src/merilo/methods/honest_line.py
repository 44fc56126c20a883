"""What honest schools differ by: a regression with a spread between schools, robust against a share of outliers.

Model: y_j = X_j b + u_j + e_j, u_j ~ N(0, tau2) between honest schools, e_j ~ N(0, variance_j) known sampling error;
a share of schools (at most a fifth) is anything else: the same normal three times as wide (contaminated normal: Tukey
1960; Aitkin & Wilson 1980 fit it by EM) or, where distortions are known to act upwards, mostly a normal two and a half
SDs higher, so that they do not pull the line after them. Spread by weighted REML equations, so that a few covariates
in a town of 41 schools do not make it too small.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri
from scipy.stats import t as student

from merilo.errors import DegenerateDataError
from merilo.methods.arrays import FloatArray

WIDE = 3.0
HIGHER, HIGHER_SD, HIGHER_PART = 2.5, 1.5, 0.8
MOST_OUTLIERS = 0.2
# So many schools of prior opinion, all honest, stand beside those seen: a share of outliers is not learnt from few.
PRIOR_HONEST = 5.0
STEPS = 200
TOLERANCE = 1e-5
# Eigenvalues smaller than this part of the largest are none.
SINGULAR = 1e-15
# In z nothing is further than this: ndtri gives infinities beyond.
FARTHEST = 8.0


@dataclass(frozen=True, slots=True)
class HonestLine:
    """Fit over J schools, in the unit of y.

    beta (p,), beta_cov (p, p); tau2 spread between honest schools; expected (J,) X b; se (J,) of a school's y about
    it: sampling, spread and the uncertainty of b; z (J,) normal scores of (y - expected) / se; honest (J,) weight 0-1
    of being one of the many; n schools used, freedom = their weights less p. NaN where y, X or variance is.
    """

    beta: FloatArray
    beta_cov: FloatArray
    tau2: float
    expected: FloatArray
    se: FloatArray
    z: FloatArray
    honest: FloatArray
    n: int
    freedom: float


def fit_honest_line(
    y: FloatArray,
    design: FloatArray,
    variance: FloatArray,
    *,
    upwards: bool = True,
    most_outliers: float = MOST_OUTLIERS,
) -> HonestLine:
    """Fit y (J,) on design (J, p), variance (J,) >= 0 of sampling; NaN entries do not count. upwards: outliers lie
    mostly above the line; most_outliers: greatest share of them (0: plain REML).

    Raises DegenerateDataError where fewer than p + 2 schools are left.
    """
    y, design, variance = (np.asarray(a, dtype=np.float64) for a in (y, design, variance))
    used = np.isfinite(y) & np.isfinite(variance) & np.isfinite(design).all(axis=1)
    columns = design.shape[1]
    if used.sum() < columns + 2:
        raise DegenerateDataError(
            "Too few schools to tell how honest schools differ",
            value=int(used.sum()),
            next_step="Compare with more schools.",
        )
    y1, x1 = y[used], design[used]
    # Nothing is known without any error, lest one school hold the line alone.
    v1 = np.maximum(variance[used], 1e-12 * float(np.var(y1)) + 1e-100)
    beta, cov, tau2, honest = _iterate(y1, x1, v1, upwards, most_outliers)
    return _report(used, (y, design, variance), (beta, cov, tau2, honest))


def _iterate(
    y: FloatArray, x: FloatArray, v: FloatArray, upwards: bool, most_outliers: float
) -> tuple[FloatArray, FloatArray, float, FloatArray]:
    """EM: who is honest -> line -> spread; from the median and the median absolute deviation."""
    middle = float(np.median(y)) if x.shape[1] == 1 else x @ np.linalg.lstsq(x, y, rcond=None)[0]
    residual = y - middle
    spread = float(np.median(np.abs(residual - np.median(residual))) / 0.6745) ** 2
    tau2 = max(spread - float(np.median(v)), 0.1 * spread)
    outliers = most_outliers / 2
    for _step in range(STEPS):
        total = tau2 + v
        honest = _honest(residual / np.sqrt(total), outliers, upwards)
        beta, cov = _line(y, x, honest / total)
        residual = y - x @ beta
        leverage = ((x @ cov) * x).sum(axis=1) / total
        new = _spread(residual**2, total, honest, leverage, tau2)
        seen = float((1 - honest).sum())
        outliers = min(max(seen, 0.0) / (len(y) + PRIOR_HONEST), most_outliers)
        done = abs(new - tau2) <= TOLERANCE * (new + float(v.mean()))
        tau2 = new
        if done:
            break
    return beta, cov, tau2, honest


def _honest(ratio: FloatArray, outliers: float, upwards: bool) -> FloatArray:
    """Probability of being honest (J,) by residuals in SDs."""
    ratio = np.clip(ratio, -30.0, 30.0)
    part = HIGHER_PART if upwards else 0.0
    wide = (1 - part) / WIDE * np.exp(-(ratio**2) / (2 * WIDE**2))
    higher = part / HIGHER_SD * np.exp(-((ratio - HIGHER) ** 2) / (2 * HIGHER_SD**2))
    narrow = (1 - outliers) * np.exp(-(ratio**2) / 2)
    result: FloatArray = narrow / (narrow + outliers * (wide + higher))
    return result


def _line(y: FloatArray, x: FloatArray, weight: FloatArray) -> tuple[FloatArray, FloatArray]:
    information = x.T @ (x * weight[:, None])
    if x.shape[1] == 1:
        cov: FloatArray = 1 / information
    else:
        cov = _pseudo_inverse(information)
    return cov @ (x.T @ (weight * y)), cov


def _pseudo_inverse(information: FloatArray) -> FloatArray:
    """Moore-Penrose inverse of a symmetric matrix: covariates may be collinear."""
    values, vectors = np.linalg.eigh(information)
    kept = np.abs(values) > SINGULAR * np.abs(values).max()
    inverse = np.divide(1.0, values, out=np.zeros_like(values), where=kept)
    return np.asarray((vectors * inverse) @ vectors.T)


def _spread(
    squares: FloatArray, total: FloatArray, honest: FloatArray, leverage: FloatArray, tau2: float
) -> float:
    """One Fisher step of tau2 on the weighted REML score, not below 0 (the loop around it goes on)."""
    weight = honest / total**2
    # A residual's variance is total * (1 - weight * leverage).
    score = float(weight @ (squares - total * np.clip(1 - honest * leverage, 0.0, 1.0)))
    return max(tau2 + score / float(weight.sum()), 0.0)


def _report(
    used: np.ndarray,
    given: tuple[FloatArray, FloatArray, FloatArray],
    fitted: tuple[FloatArray, FloatArray, float, FloatArray],
) -> HonestLine:
    y, design, variance = given
    beta, cov, tau2, honest_used = fitted
    honest = np.full(len(y), np.nan)
    honest[used] = honest_used
    expected = np.where(used, design @ beta, np.nan)
    from_line = ((design @ cov) * design).sum(axis=1)
    # A school that helped to draw the line lies nearer to it; one that was left out does not.
    se = np.sqrt(np.maximum(tau2 + variance + from_line * (1 - 2 * honest), 0.25 * (tau2 + variance)))
    freedom = max(float(honest_used.sum()) - len(beta), 1.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(se > 0, (y - expected) / se, 0.0)
    z = np.where(used, normal_score(ratio, freedom), np.nan)
    se = np.where(used, se, np.nan)
    return HonestLine(beta, cov, tau2, expected, se, z, honest, int(used.sum()), freedom)


def normal_score(ratio: FloatArray, freedom: float) -> FloatArray:
    """Normal scores of Student ratios, symmetric, within +-FARTHEST."""
    lower = student.cdf(-np.abs(ratio), freedom)
    result: FloatArray = -np.sign(ratio) * np.maximum(ndtri(np.maximum(lower, 1e-300)), -FARTHEST)
    return result
