"""Who was absent: how many for an honest school, and whether they were the weaker pupils.

Numbers of absent pupils over honest schools are beta-binomial (illnesses and trips come to whole schools); a share of
schools (at most a fifth) may have more of them by any number: a flat beta distribution some 15 points higher, so that
schools that keep pupils away do not widen what is ordinary. Weaker pupils are absent a little more often everywhere:
given how many are absent and the marks of all, the sum of the marks of the absent follows Fisher's noncentral
hypergeometric law, its tilt estimated over schools together with its honest spread; so the two statistics are
independent and may be added as normal scores.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, gammaln, logit, ndtri

from merilo.errors import DegenerateDataError
from merilo.methods.arrays import BoolArray, FloatArray
from merilo.methods.honest_line import FARTHEST, MOST_OUTLIERS, fit_honest_line

LEAST_SCHOOLS = 5
# Up to so many absent pupils the law of the sum of their marks is exact.
EXACT_ABSENT = 12
# A weak pull towards schools that differ by a third of the mean share (precision 80 at 10 %), worth about one school.
TYPICAL_LOG_PRECISION, LOG_PRECISION_SD = 4.4, 1.5
OUTLIERS_PRIOR = (1.0, 15.0)
HIGHER, HIGHER_PRECISION = 0.15, 15.0
NODES = 9
FITS = 6
# The absence that the two statistics are weighed for: a tenth of the pupils, the weakest, stay away.
REFERENCE_SHARE = 0.10


@dataclass(frozen=True, slots=True)
class AbsenceModel:
    """share: mean share of absent pupils of honest schools; precision of their beta distribution (larger: more alike);
    outliers: share of schools that are anything else.
    """

    share: float
    precision: float
    outliers: float


@dataclass(frozen=True, slots=True)
class MarksTilt:
    """tilt: fall of the log odds of absence per mark, honest schools; spread: its SD between them."""

    tilt: float
    spread: float


def fit_absence(absent: FloatArray, entered: FloatArray) -> AbsenceModel:
    """absent, entered (J,); schools with nobody entered do not count. Raises DegenerateDataError under 5 schools."""
    used = entered > 0
    k, n = absent[used].astype(np.float64), entered[used].astype(np.float64)
    if len(k) < LEAST_SCHOOLS:
        raise DegenerateDataError(
            "Too few schools to tell how honest schools differ",
            value=len(k),
            next_step="Compare with more schools.",
        )
    start = np.array(
        [logit((np.median(k / n) + 0.01) / 1.02), TYPICAL_LOG_PRECISION, logit(0.05 / MOST_OUTLIERS)]
    )

    ways = _log_ways(k, n)

    def loss(x: FloatArray) -> float:
        outliers = MOST_OUTLIERS * expit(x[2])
        share, precision = float(expit(x[0])), float(np.exp(np.clip(x[1], -2, 12)))
        ordinary = ways + _log_beta_ratio(k, n, share, precision)
        more = ways + _log_beta_ratio(k, n, min(share + HIGHER, 0.9), HIGHER_PRECISION)
        likelihood = np.logaddexp(np.log1p(-outliers) + ordinary, np.log(outliers) + more).sum()
        a, b = OUTLIERS_PRIOR
        prior = -0.5 * ((x[1] - TYPICAL_LOG_PRECISION) / LOG_PRECISION_SD) ** 2
        return -float(likelihood + prior + a * np.log(outliers) + b * np.log1p(-outliers))

    found = minimize(
        loss, start, method="Nelder-Mead", options={"xatol": 1e-4, "fatol": 1e-6, "maxiter": 600}
    )
    return AbsenceModel(
        float(expit(found.x[0])),
        float(np.exp(np.clip(found.x[1], -2, 12))),
        float(MOST_OUTLIERS * expit(found.x[2])),
    )


def log_beta_binomial(k: FloatArray, n: FloatArray, share: float, precision: float) -> FloatArray:
    """Log probability of k of n, broadcast."""
    return _log_ways(k, n) + _log_beta_ratio(k, n, share, precision)


def _log_ways(k: FloatArray, n: FloatArray) -> FloatArray:
    """Log of the number of ways to choose k of n, broadcast."""
    result: FloatArray = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
    return result


def _log_beta_ratio(k: FloatArray, n: FloatArray, share: float, precision: float) -> FloatArray:
    """Log of B(k + a, n - k + b) / B(a, b), a + b = precision, a / (a + b) = share."""
    a, b = share * precision, (1 - share) * precision
    result: FloatArray = (
        gammaln(k + a) + gammaln(n - k + b) - gammaln(n + precision)
        + gammaln(precision) - gammaln(a) - gammaln(b)
    )  # fmt: skip
    return result


def absence_scores(absent: FloatArray, entered: FloatArray, model: AbsenceModel) -> FloatArray:
    """Normal scores (J,) of mid-p values of as many absent or more; NaN where nobody was entered."""
    most = int(entered.max(initial=0))
    k = np.arange(most + 1)[None, :]
    n = entered[:, None].astype(np.float64)
    inside = k <= n
    share = np.exp(
        np.where(inside, log_beta_binomial(np.minimum(k, n), n, model.share, model.precision), -np.inf)
    )
    mine = absent[:, None]
    above = np.where(k > mine, share, 0.0).sum(axis=1)
    below = np.where(k < mine, share, 0.0).sum(axis=1)
    at = np.where(k == mine, share, 0.0).sum(axis=1)
    z = score_of_tails(below + at / 2, above + at / 2)
    return np.where(entered > 0, z, np.nan)


def score_of_tails(below: FloatArray, above: FloatArray) -> FloatArray:
    """Normal score of a place with so much probability below and above it: exact in both tails, within +-8."""
    total = below + above
    least = np.maximum(np.minimum(below, above) / np.where(total > 0, total, 1.0), 1e-300)
    z = np.minimum(-ndtri(least), FARTHEST)
    return np.asarray(np.where(above < below, z, -z))


def fit_marks_tilt(absent: FloatArray, present: FloatArray, marks: FloatArray) -> MarksTilt:
    """absent, present (J, M) pupils by journal mark; marks (M,) their values.

    One Newton step per school from the common tilt gives an estimate with its variance; the honest line through these
    gives the new common tilt. Raises DegenerateDataError where fewer than 5 schools have absent pupils with marks.
    """
    told = _telling(absent, present)
    if told.sum() < LEAST_SCHOOLS:
        raise DegenerateDataError(
            "Too few schools have absent pupils with journal marks",
            value=int(told.sum()),
            next_step="Leave the marks of the absent out.",
        )
    away, here = absent[told], present[told]
    tilt, spread = 0.0, 0.0
    for _step in range(FITS):
        mean, variance = sum_moments(away.sum(axis=1), away + here, marks, tilt)
        # Absent pupils are weaker: their marks fall short of the mean by tilt times the variance.
        known = variance > 1e-6
        own = tilt + (mean[known] - (away @ marks)[known]) / variance[known]
        line = fit_honest_line(own, np.ones((int(known.sum()), 1)), 1 / variance[known])
        tilt, spread = float(line.beta[0]), float(np.sqrt(line.tau2))
    return MarksTilt(tilt, spread)


def marks_scores(absent: FloatArray, present: FloatArray, marks: FloatArray, model: MarksTilt) -> FloatArray:
    """Normal scores (J,) of mid-p values of so low a sum of the marks of the absent, or lower; NaN where nobody
    absent, or nobody present, has a mark, or all have the same.
    """
    z = np.full(len(absent), np.nan)
    told = _telling(absent, present)
    few = told & (absent.sum(axis=1) <= EXACT_ABSENT)
    if few.any():
        z[few] = _exact_scores(absent[few], present[few], marks, model)
    many = told & ~few
    if many.any():
        away, everyone = absent[many], absent[many] + present[many]
        mean, variance = sum_moments(away.sum(axis=1), everyone, marks, model.tilt)
        z[many] = (mean - away @ marks) / np.sqrt(variance + (model.spread * variance) ** 2)
    return np.asarray(np.clip(z, -FARTHEST, FARTHEST))


def _telling(absent: FloatArray, present: FloatArray) -> BoolArray:
    several = ((absent + present) > 0).sum(axis=1) > 1
    result: BoolArray = (absent.sum(axis=1) > 0) & (present.sum(axis=1) > 0) & several
    return result


def sum_moments(
    absent_n: FloatArray, everyone: FloatArray, marks: FloatArray, tilt: float
) -> tuple[FloatArray, FloatArray]:
    """Mean and variance (J,) of the sum of the marks of the absent: independent absences with the tilt, given their
    number (McCullagh & Nelder 1989, section 7.3); absent_n (J,), everyone (J, M).
    """
    n = everyone.sum(axis=1)
    rise = np.log(np.maximum(absent_n, 0.5) / np.maximum(n - absent_n, 0.5)) + tilt * (everyone @ marks) / n
    for _step in range(30):
        chance = expit(rise[:, None] - tilt * marks)
        spread = everyone * chance * (1 - chance)
        step = (absent_n - (everyone * chance).sum(axis=1)) / np.maximum(spread.sum(axis=1), 1e-12)
        rise = rise + np.clip(step, -2, 2)
        if np.abs(step).max(initial=0) < 1e-10:
            break
    total = np.maximum(spread.sum(axis=1), 1e-12)
    centre = (spread @ marks) / total
    about = (spread * (marks - centre[:, None]) ** 2).sum(axis=1)
    return (everyone * chance) @ marks, about * n / np.maximum(n - 1, 1)


def sum_law(absent_n: FloatArray, everyone: FloatArray, marks: FloatArray) -> FloatArray:
    """Exact law without a tilt (J, S) of the sum of (mark - lowest mark) over the absent, drawn without replacement;
    marks are consecutive whole numbers.
    """
    most = int(absent_n.max())
    steps = np.round(marks - marks.min()).astype(np.int64)
    width = most * int(steps.max()) + 1
    ways = np.zeros((len(everyone), most + 1, width))
    ways[:, 0, 0] = 1.0
    for column, step in enumerate(steps):
        size = everyone[:, column]
        added = np.zeros_like(ways)
        for count in range(most + 1):
            choose = np.exp(_log_choose(size, float(count)))
            if not choose.any():
                break
            shift = count * int(step)
            added[:, count:, shift:] += ways[:, : most + 1 - count, : width - shift] * choose[:, None, None]
        ways = added / added.max(axis=(1, 2), keepdims=True)
    law: FloatArray = ways[np.arange(len(everyone)), absent_n.astype(np.int64)]
    result: FloatArray = law / law.sum(axis=1, keepdims=True)
    return result


def _log_choose(n: FloatArray, k: float) -> FloatArray:
    possible = n >= k
    safe = np.where(possible, n, k)
    return np.where(possible, gammaln(safe + 1) - gammaln(k + 1) - gammaln(safe - k + 1), -np.inf)


def _exact_scores(absent: FloatArray, present: FloatArray, marks: FloatArray, model: MarksTilt) -> FloatArray:
    base = sum_law(absent.sum(axis=1), absent + present, marks)
    value = np.arange(base.shape[1])
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    law = np.zeros_like(base)
    for node, weight in zip(nodes, weights / weights.sum(), strict=True):
        tilted = base * np.exp(-(model.tilt + model.spread * node) * value)
        law += weight * tilted / tilted.sum(axis=1, keepdims=True)
    mine = (absent @ (marks - marks.min()))[:, None]
    below, above = (np.where(side, law, 0.0).sum(axis=1) for side in (value < mine, value > mine))
    at = np.where(value == np.round(mine), law, 0.0).sum(axis=1)
    return -score_of_tails(below + at / 2, above + at / 2)


def combined_scores(
    absence: FloatArray, marks: FloatArray, weight_absence: FloatArray, weight_marks: FloatArray
) -> FloatArray:
    """Weighted sum of two independent normal scores (J,), of variance 1 (Stouffer); NaN marks are left out."""
    told = np.isfinite(marks)
    w1, w2 = weight_absence, np.where(told, weight_marks, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        z = (w1 * absence + w2 * np.where(told, marks, 0.0)) / np.sqrt(w1**2 + w2**2)
    return np.where(np.isfinite(absence), z, np.nan)


def reference_weights(
    entered: FloatArray, everyone: FloatArray, marks: FloatArray, absence: AbsenceModel, tilt: MarksTilt
) -> tuple[FloatArray, FloatArray]:
    """How far each statistic would move, in SDs, were a tenth of the pupils, the weakest by mark, kept away (J,), (J,).

    everyone (J, M) pupils by journal mark, absent and present.
    """
    share = absence.share
    alike = (absence.precision + entered) / (absence.precision + 1)
    sd = np.sqrt(np.maximum(entered * share * (1 - share) * alike, 1e-12))
    by_absence = REFERENCE_SHARE * entered / sd
    known = everyone.sum(axis=1)
    safe = np.maximum(known, 1.0)
    weak = np.zeros_like(known)
    left = REFERENCE_SHARE * known
    for column in range(len(marks)):
        taken = np.minimum(left, everyone[:, column])
        weak += taken * marks[column]
        left = left - taken
    mean = (everyone @ marks) / safe
    variance = (everyone @ marks**2) / safe - mean**2
    away = (share + REFERENCE_SHARE) * known
    of_sum = away * (1 - share - REFERENCE_SHARE) * variance
    fall = REFERENCE_SHARE * known * mean - weak
    by_marks = fall / np.sqrt(np.maximum(of_sum + (tilt.spread * of_sum) ** 2, 1e-12))
    return by_absence, np.where(of_sum > 1e-9, np.maximum(by_marks, 0.0), 0.0)
