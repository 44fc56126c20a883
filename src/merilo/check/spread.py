"""Spread: works of a school more alike than its mean and its pupils' other marks imply."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from merilo.check.evidence import Evidence
from merilo.check.journal import MARKS, mark_moments
from merilo.check.sitting import Sitting
from merilo.definitions import Definitions
from merilo.errors import EstimationError
from merilo.language import translator
from merilo.methods.arrays import FloatArray, IntArray
from merilo.methods.honest_schools import LogVariance, log_variance, selection_allowance, spread_shortfall

_ = translator("check")

LEAST_PUPILS = 8
# Kurtosis is taken from schools of this size on, whose own mean and variance are known.
KURTOSIS_PUPILS = 20
LEAST_KURTOSIS, MOST_KURTOSIS = 1.5, 6.0


@dataclass(frozen=True, slots=True)
class _Reference:
    """What else is known of the same pupils: log variance and mean (J,) of it, SD of pupils; agreement: squared
    correlation with the score within schools (also that of the sampling errors of the two log variances).
    """

    spread: LogVariance
    mean: FloatArray
    pupil_sd: float
    agreement: float


def spread_evidence(sitting: Sitting, definitions: Definitions) -> list[Evidence]:
    """Variance of the scores of the whole school (streaming moves pupils between its classes, not out of it).

    Held against the region's relation of variance to mean and against the variance of the journal marks of the same
    pupils, or of their earlier scores; where neither is known, only what selection could not explain counts.
    estimate: the school's SD over the SD expected.
    """
    n, mean, variance = score_moments(sitting)
    few = n < LEAST_PUPILS
    own = log_variance(np.where(few, np.nan, n), variance, score_kurtosis(sitting, mean, variance, n))
    reference = _reference(sitting, few)
    centred = _centred(mean, few)
    # Schools of several classes are a little more mixed than schools of one.
    covariates = [centred, centred**2, np.log(np.maximum(n, 1.0))]
    if reference is None:
        note = _(
            "neither journal marks nor earlier scores: only what a selective intake cannot explain counts"
        )
        common, allowance = 0.0, selection_allowance(_excess(n, mean, variance))
    else:
        other = _centred(reference.mean, few)
        covariates += [other, other**2]
        note, common = "", reference.agreement
        above = (reference.mean - _pupil_mean(reference.mean, n)) / reference.pupil_sd
        # Journal marks tell less of a pupil than the work: they show that share of a narrow intake.
        allowance = (1 - common) * selection_allowance(np.nan_to_num(above))
    try:
        found = spread_shortfall(
            own,
            np.column_stack(covariates),
            None if reference is None else reference.spread,
            common,
            allowance,
        )
    except EstimationError as error:
        return [_cannot_tell(n.astype(np.int64), _(error.rule))]
    notes = {int(j): _("fewer than {n} pupils").format(n=LEAST_PUPILS) for j in np.flatnonzero(few)}
    for j in np.flatnonzero(~few & ~np.isfinite(found.z)):
        notes[int(j)] = _("all scores or all marks are equal: the spread cannot be compared")
    return [
        Evidence(
            name="spread",
            kind="spread",
            n=n.astype(np.int64),
            estimate=found.ratio,
            lower=found.lower,
            upper=found.upper,
            unit="ratio",
            z=found.z,
            notes=notes,
            note=note,
        )
    ]


def score_moments(sitting: Sitting) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Works, mean score and variance (n - 1) by school (J,), points; NaN without works."""
    schools = sitting.tally.schools
    org = np.array(sitting.works.class_org, np.int64)
    n, total, square = (
        np.bincount(org, values, minlength=sitting.schools_n)
        for values in (schools.class_n, schools.class_sum, schools.class_square)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = total / n
        variance = np.where(n > 1, np.maximum(square - total * mean, 0.0) / (n - 1), np.nan)
    return n.astype(np.float64), mean, variance


def score_kurtosis(sitting: Sitting, mean: FloatArray, variance: FloatArray, n: FloatArray) -> float:
    """Kurtosis of scores about their school's mean, in its SDs; 3 without a table of scores."""
    cells = sitting.tally.cells
    if cells is None:
        return 3.0
    with np.errstate(divide="ignore", invalid="ignore"):
        away = (cells.score[cells.org_cell] - mean[cells.org]) ** 2 / variance[cells.org]
    known = (n[cells.org] >= KURTOSIS_PUPILS) & np.isfinite(away)
    works = cells.org_n[known].sum()
    if not works:
        return 3.0
    return float(
        np.clip((away[known] ** 2 * cells.org_n[known]).sum() / works, LEAST_KURTOSIS, MOST_KURTOSIS)
    )


def _reference(sitting: Sitting, few: np.ndarray) -> _Reference | None:
    """Journal marks, or else earlier scores; None where fewer than a quarter of the schools have them."""
    both = sitting.tally.schools.marks[:, 2:, 2:].astype(np.float64)
    n = both.sum(axis=(1, 2))
    enough = ~few & (n >= LEAST_PUPILS)
    if enough.sum() >= enough.size / 4:
        x, _y, (var_x, cov, var_y) = mark_moments(both)
        with np.errstate(divide="ignore", invalid="ignore"):
            variance = (both.sum(axis=2) @ MARKS**2 - n * x**2) / (n - 1)
        spread = log_variance(np.where(enough, n, np.nan), variance)
        return _Reference(spread, x, float(np.sqrt(var_x)), cov**2 / max(var_x * var_y, 1e-12))
    return _prior_reference(sitting, few)


def _prior_reference(sitting: Sitting, few: np.ndarray) -> _Reference | None:
    prior = sitting.tally.schools.prior
    if not len(prior):
        return None
    cross = np.zeros((sitting.schools_n, *prior.shape[1:]))
    np.add.at(cross, np.array(sitting.works.class_org, np.int64), prior)
    n = cross[:, 0, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = cross[:, 0, 1] / n
        within = cross[:, 1:, 1:] - cross[:, 1:, :1] * cross[:, :1, 1:] / n[:, None, None]
        variance = within[:, 0, 0] / (n - 1)
    enough = ~few & (n >= LEAST_PUPILS) & (variance > 1e-9)
    if enough.sum() < enough.size / 4:
        return None
    pooled = np.nansum(within, axis=0)
    spread = log_variance(np.where(enough, n, np.nan), variance)
    sd = float(np.sqrt(pooled[0, 0] / np.maximum(n - 1, 0.0).sum()))
    return _Reference(spread, mean, sd, float(pooled[0, -1] ** 2 / max(pooled[0, 0] * pooled[-1, -1], 1e-12)))


def _centred(mean: FloatArray, few: np.ndarray) -> FloatArray:
    known = mean[~few & np.isfinite(mean)]
    spread = float(known.std()) if known.size else 1.0
    return np.asarray((mean - (known.mean() if known.size else 0.0)) / (spread if spread > 0 else 1.0))


def _pupil_mean(mean: FloatArray, n: FloatArray) -> float:
    known = np.isfinite(mean) & (n > 0)
    return float(np.average(mean[known], weights=n[known])) if known.any() else 0.0


def _excess(n: FloatArray, mean: FloatArray, variance: FloatArray) -> FloatArray:
    """Mean of the school above that of all pupils, in SDs of pupils."""
    known = n > 1
    centre = float(np.average(mean[known], weights=n[known])) if known.any() else 0.0
    within = float(np.average(variance[known], weights=n[known] - 1)) if known.any() else 1.0
    total = within + float(np.average((mean[known] - centre) ** 2, weights=n[known])) if known.any() else 1.0
    return np.asarray(np.nan_to_num((mean - centre) / np.sqrt(max(total, 1e-12))))


def _cannot_tell(n: IntArray, note: str) -> Evidence:
    unknown = np.full(len(n), np.nan)
    return Evidence("spread", "spread", n, unknown, unknown, unknown, "ratio", unknown, note=note)
