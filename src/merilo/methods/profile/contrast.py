"""One group of items against the rest, school by school."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from merilo.methods.arrays import BoolArray, FloatArray
from merilo.methods.profile.scale import robust_variance, weighted_median

# Differences of a group beyond those of single items: prior SD 0.15 logit, worth this many schools.
USUAL_BETWEEN, PRIOR_SCHOOLS = 0.0225, 6.0
# Single items far from the rest of their school count less (Huber 1964), so that one leaked item is not leniency.
TUNING = 1.5
REWEIGHTINGS = 4
# Of these weights at the normal distribution.
EFFICIENCY = 0.96


@dataclass(frozen=True, slots=True)
class Contrast:
    """estimate (J,) logits by which the marked items are easier in the school than the rest; se (J,) of sampling and of
    single items' own differences; between: variance of honest schools beyond that; centre: usual value over schools;
    z (J,) = (estimate - centre) / sqrt(se^2 + between). NaN where one of the groups is empty.
    """

    estimate: FloatArray
    se: FloatArray
    between: float
    centre: float
    z: FloatArray


def contrast(
    straight: FloatArray,
    noise: FloatArray,
    own: FloatArray,
    common: FloatArray,
    factors: FloatArray,
    marked: BoolArray,
    usable: BoolArray,
) -> Contrast:
    """Generalised least squares of the shifts on [1, marked], covariance diag(noise + own) + factors common factors'.

    straight, noise (J, I); own (I,), common (F,) variances; factors (I, F) without the marked items' own factor.
    """
    design = np.stack([np.ones(marked.size), marked.astype(np.float64)], axis=1)
    shared = (factors * common) @ factors.T
    weight = np.ones_like(straight)
    for _step in range(REWEIGHTINGS):
        beta, _inverse = _least_squares(straight, (noise + own) / weight, shared, design)
        rest = (straight - beta @ design.T) / np.sqrt(noise + own + np.diag(shared))
        weight = np.minimum(1.0, TUNING / np.maximum(np.abs(rest), 1e-9))
    covariance = _least_squares(straight, noise + own, shared, design)[1] / EFFICIENCY
    estimate = np.where(usable, beta[:, 1], np.nan)
    variance = np.where(usable, covariance[:, 1, 1], np.nan)
    told = usable & np.isfinite(estimate) & (variance < 1e3)
    estimate, variance = np.where(told, estimate, np.nan), np.where(told, variance, np.nan)
    if not told.any():
        return Contrast(estimate, np.sqrt(variance), USUAL_BETWEEN, 0.0, estimate)
    between, centre = USUAL_BETWEEN, 0.0
    for _step in range(3):
        centre = float(weighted_median(estimate[told], 1.0 / (variance[told] + between)))
        between, _weight = robust_variance(
            estimate[told] - centre, variance[told], prior=USUAL_BETWEEN, prior_n=PRIOR_SCHOOLS
        )
    z = (estimate - centre) / np.sqrt(variance + between)
    return Contrast(estimate, np.sqrt(variance), between, centre, z)


def _least_squares(
    y: FloatArray, diagonal: FloatArray, shared: FloatArray, design: FloatArray
) -> tuple[FloatArray, FloatArray]:
    covariance = np.zeros((len(y), *shared.shape)) + shared
    places = np.arange(len(shared))
    covariance[:, places, places] += diagonal
    solved = np.linalg.solve(covariance, np.broadcast_to(design, (len(y), *design.shape)))
    normal = np.einsum("if,jig->jfg", design, solved)
    inverse = np.linalg.inv(normal + 1e-12 * np.eye(design.shape[1]))
    return np.einsum("jfg,jig,ji->jf", inverse, solved, y), inverse
