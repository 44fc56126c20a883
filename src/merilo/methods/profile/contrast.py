"""One direction of items' differences, school by school: some items higher against the rest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from merilo.methods.arrays import BoolArray, FloatArray
from merilo.methods.profile.parts import FREEDOM
from merilo.methods.profile.scale import robust_variance, weighted_median
from merilo.methods.profile.shifts import NOTHING_KNOWN

# The spread between honest schools is that of single items, times a factor that is 1 for this many schools.
PRIOR_SCHOOLS = 6.0
# Single items far from the rest of their school count less (Huber 1964), so that one leaked item is not leniency.
TUNING = 1.5
# Efficiency of these weights at the normal distribution.
EFFICIENCY = 0.96
REWEIGHTINGS = 4
ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Contrast:
    """estimate (J,) coefficient of the direction; sampling, own (J,) its variances by sampling and by the honest
    differences of single items; factor: what `own` was multiplied by, so that honest schools spread as they do; centre:
    of the usual school; z (J,) = (estimate - centre) / sqrt(sampling + factor own). NaN where it cannot be told.
    """

    estimate: FloatArray
    sampling: FloatArray
    own: FloatArray
    factor: float
    centre: float
    z: FloatArray


def contrast(
    straight: FloatArray,
    noise: FloatArray,
    own: FloatArray,
    factors: FloatArray,
    common: FloatArray,
    direction: FloatArray,
    usable: BoolArray,
) -> Contrast:
    """Generalised least squares of the shifts on [1, direction], covariance diag(noise + own) + factors C factors'.

    straight, noise (J, I) logits and variances; own (I,), common (F,) variances; factors (I, F) common skills;
    direction (I,) logits per unit of the coefficient, 0 for the items compared with; usable (J,). C is diagonal, common
    or, for a skill in which the school is far off (another curriculum), what that skill's own common part says: the
    same heavy tails as in `parts`.
    """
    design = np.stack([np.ones(direction.size), direction], axis=1)
    weight = np.ones_like(straight)
    skill = np.tile(common, (len(straight), 1))
    beta = np.zeros((len(straight), 2))
    for _step in range(REWEIGHTINGS):
        shared = _shared(factors, skill)
        beta = np.einsum("jfi,ji->jf", _weights((noise + own) / weight, shared, design), straight)
        rest = straight - beta @ design.T
        g = _skill_parts(rest, noise + own, shared, factors, skill)
        skill = np.maximum(common, (FREEDOM * common + g**2) / (FREEDOM + 1))
        rest = (rest - g @ factors.T) / np.sqrt(noise + own)
        weight = np.minimum(1.0, TUNING / np.maximum(np.abs(rest), 1e-9))
    shared = _shared(factors, skill)
    used = _weights(noise + own, shared, design)[:, 1]
    sampling = (used**2 * noise).sum(axis=1) / EFFICIENCY
    single = (used**2 * own).sum(axis=1) + np.einsum("ji,jik,jk->j", used, shared, used)
    single = single / EFFICIENCY
    known = noise < NOTHING_KNOWN
    told = usable & known[:, direction != 0].any(axis=1) & known[:, direction == 0].any(axis=1)
    estimate, sampling, single = (np.where(told, x, np.nan) for x in (beta[:, 1], sampling, single))
    factor, centre = _honest(estimate[told], sampling[told], single[told])
    z = (estimate - centre) / np.sqrt(sampling + factor * single)
    return Contrast(estimate, sampling, single, factor, centre, z)


def _shared(factors: FloatArray, skill: FloatArray) -> FloatArray:
    """Covariance (J, I, I) by common skills with variances (J, F)."""
    result: FloatArray = np.einsum("if,jf,kf->jik", factors, skill, factors, optimize=True)
    return result


def _skill_parts(
    rest: FloatArray, diagonal: FloatArray, shared: FloatArray, factors: FloatArray, skill: FloatArray
) -> FloatArray:
    """Common parts (J, F) that the residuals imply."""
    covariance = shared.copy()
    places = np.arange(len(factors))
    covariance[:, places, places] += diagonal
    solved = np.linalg.solve(covariance, rest[:, :, None])[:, :, 0]
    result: FloatArray = skill * (solved @ factors)
    return result


def _honest(estimate: FloatArray, sampling: FloatArray, own: FloatArray) -> tuple[float, float]:
    """Factor of the spread and centre of honest schools, robustly."""
    factor, centre = 1.0, 0.0
    if not estimate.size:
        return factor, centre
    for _round in range(ROUNDS):
        centre = float(weighted_median(estimate, 1.0 / (sampling + factor * own)))
        factor, _informed = robust_variance(
            (estimate - centre) / np.sqrt(own), sampling / own, prior=1.0, prior_n=PRIOR_SCHOOLS
        )
    return factor, centre


def _weights(diagonal: FloatArray, shared: FloatArray, design: FloatArray) -> FloatArray:
    """(J, 2, I) weights that make the coefficients of a school's shifts."""
    covariance = shared.copy()
    places = np.arange(diagonal.shape[1])
    covariance[:, places, places] += diagonal
    solved = np.linalg.solve(covariance, np.broadcast_to(design, (len(diagonal), *design.shape)))
    normal = np.einsum("if,jig->jfg", design, solved)
    inverse = np.linalg.inv(normal + 1e-12 * np.eye(2))
    weights: FloatArray = np.einsum("jfg,jig->jfi", inverse, solved)
    return weights
