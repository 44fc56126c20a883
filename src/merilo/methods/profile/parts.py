"""A school's level, the common parts of its skills, and items that stick out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from merilo.methods.arrays import FloatArray
from merilo.methods.profile.scale import weighted_median

# Degrees of freedom of the common parts of skills: tails so heavy (Cauchy) that another curriculum is taken out almost
# whole. With 3, schools with another curriculum were taken for leaks nearly twice as often, for no more power.
FREEDOM = 1.0
# Share of items expected to have been known beforehand in a school where any were.
KNOWN_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Parts:
    """Most probable parts of each school's shifts.

    log_likelihood (J,)  with the prior of the common parts, without terms that do not depend on the shifts
    coefficients (J, 1 + F)  level and common parts, logits
    rest (J, I)  shifts without them, logits
    chance (J, I)  that the item sticks out by `leak` (0 where leak is 0)
    """

    log_likelihood: FloatArray
    coefficients: FloatArray
    rest: FloatArray
    chance: FloatArray


def separate(
    shift: FloatArray,
    variance: FloatArray,
    factors: FloatArray,
    common: FloatArray,
    *,
    leak: float = 0.0,
    steps: int = 8,
    start: FloatArray | None = None,
) -> Parts:
    """Fit shift_i = level + factors_i . g + (leak with chance KNOWN_SHARE) + N(0, variance_i) by EM, per school.

    shift, variance (J, I) logits; factors (I, F); common (F,) variances of g, whose prior is Student's with FREEDOM.
    The level is free, so raising some items, which lowers all others at equal raw score, cannot be mistaken.
    """
    items, n_factors = factors.shape
    design = np.concatenate([np.ones((items, 1)), factors], axis=1)
    precision = 1.0 / variance
    products = (design[:, :, None] * design[:, None, :]).reshape(items, -1)
    base = (precision @ products).reshape(len(shift), n_factors + 1, n_factors + 1)
    base[:, 0, 0] += 1e-9
    diagonal = np.arange(1, n_factors + 1)
    if start is None:
        coefficients = np.zeros((len(shift), n_factors + 1))
        coefficients[:, 0] = weighted_median(shift, precision)
    else:
        coefficients = start
    for _step in range(steps):
        chance = _chance(shift - coefficients @ design.T, precision, leak)[0]
        normal = base.copy()
        g = coefficients[:, 1:]
        normal[:, diagonal, diagonal] += (FREEDOM + 1) / (FREEDOM * common + g**2)
        target = (precision * (shift - leak * chance)) @ design
        coefficients = np.linalg.solve(normal, target[:, :, None])[:, :, 0]
    rest = shift - coefficients @ design.T
    chance, gain = _chance(rest, precision, leak)
    likelihood = (gain - 0.5 * rest**2 * precision).sum(axis=1) + log_prior(coefficients[:, 1:], common)
    return Parts(likelihood, coefficients, rest, chance)


def log_prior(g: FloatArray, common: FloatArray) -> FloatArray:
    """Log density (J,) of common parts g (J, F), up to a constant."""
    result: FloatArray = -(FREEDOM + 1) / 2 * np.log1p(g**2 / (FREEDOM * common)).sum(axis=1)
    return result


def _chance(rest: FloatArray, precision: FloatArray, leak: float) -> tuple[FloatArray, FloatArray]:
    """Chance that an item sticks out and log of the gain in likelihood by allowing that, (J, I) each."""
    if leak == 0.0:
        return np.zeros_like(rest), np.zeros_like(rest)
    ratio = np.clip((rest * leak - 0.5 * leak**2) * precision, -40.0, 40.0)
    weight = KNOWN_SHARE * np.exp(ratio)
    total = weight + (1.0 - KNOWN_SHARE)
    return weight / total, np.log(total)
