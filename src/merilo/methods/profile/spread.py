"""How far honest schools differ on items, estimated from all schools so that a few dishonest ones do not matter."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from merilo.methods.arrays import BoolArray, FloatArray, IntArray
from merilo.methods.profile.parts import separate
from merilo.methods.profile.scale import robust_variance, weighted_median
from merilo.methods.profile.shifts import SchoolShifts, straighten

# Prior knowledge: schools of a real region differ by about half a logit per item, a quarter of that variance by skill.
USUAL_OWN, USUAL_COMMON = 0.20, 0.06
# It counts as this many large schools; the procedure as a whole counts as this many for a single item.
PRIOR_SCHOOLS, PROCEDURE_SCHOOLS = 6.0, 30.0
# Common parts are kept possible even where none are seen: most schools follow the same curriculum, some do not.
LEAST_OWN, LEAST_COMMON = 0.01, 0.04
ROUNDS = 3


@dataclass(frozen=True, slots=True)
class HonestSpread:
    """Differences of honest schools: shift_i = level + centre_i + factors_i . g + own_i.

    centre (I,) usual shift, logits; own (I,), common (F,) variances, logits squared;
    straight (J, I): all schools' shifts without centre and skewness.
    """

    centre: FloatArray
    own: FloatArray
    common: FloatArray
    straight: FloatArray


def honest_spread(
    shifts: SchoolShifts, factors: FloatArray, usable: BoolArray, *, rounds: int = ROUNDS
) -> HonestSpread:
    """Estimate the spread from the usable (J,) schools.

    Variances are robust (Winsorised squares), shrunk towards the procedure's common value, which is itself shrunk
    towards what a real region showed. What fitting the level and the common parts takes away from the residuals is
    given back by their leverage.
    """
    items, n_factors = factors.shape
    known = shifts.known & usable[:, None]
    spread = HonestSpread(
        centre=np.zeros(items),
        own=np.full(items, USUAL_OWN),
        common=np.full(n_factors, USUAL_COMMON),
        straight=shifts.shift,
    )
    if usable.sum() < 2 or not known.any():
        return replace(spread, straight=straighten(shifts, spread.centre, spread.own))
    for _round in range(rounds):
        total = spread.own + factors**2 @ spread.common
        centre = _centre(shifts, total, known)
        straight = straighten(shifts, centre, total)
        variance = shifts.noise + spread.own
        parts = separate(straight, variance, factors, spread.common)
        kept = _kept(variance, factors, spread.common)
        spread = HonestSpread(
            centre=centre,
            own=_own(parts.rest / np.sqrt(kept), shifts.noise, known),
            common=_factor_variance(straight, shifts.noise, spread.own, factors, known),
            straight=straight,
        )
    return spread


def within_schools(
    information: FloatArray, item_n: IntArray, honest: HonestSpread, factors: FloatArray
) -> FloatArray:
    """Information (J, I) within schools. Counted over all schools together, a work's variance w' holds the schools'
    differences as well: w' = w + t w^2, t their variance in logits squared; w is what a school's own works have.

    information (J, I) counted over all schools together, item_n (J, I) works.
    """
    works = np.maximum(item_n.sum(axis=0), 1)
    mean = information.sum(axis=0) / works
    between = honest.own + factors**2 @ honest.common
    inside = 2.0 / (1.0 + np.sqrt(1.0 + 4.0 * between * mean))
    result: FloatArray = information * inside
    return result


def _centre(shifts: SchoolShifts, total: FloatArray, known: BoolArray) -> FloatArray:
    """Median over schools of each item's shift from its school's level (I,)."""
    precision = np.where(shifts.known, 1.0 / (shifts.noise + total), 0.0)
    level = weighted_median(shifts.shift, np.maximum(precision, 1e-12))
    weight = np.where(known, precision, 0.0)
    return weighted_median((shifts.shift - level[:, None]).T, np.maximum(weight, 1e-12).T)


def _own(rest: FloatArray, noise: FloatArray, known: BoolArray) -> FloatArray:
    pooled, _weight = robust_variance(
        rest[known], noise[known], prior=USUAL_OWN, prior_n=PRIOR_SCHOOLS * rest.shape[1]
    )
    own = [
        robust_variance(rest[known[:, i], i], noise[known[:, i], i], prior=pooled, prior_n=PROCEDURE_SCHOOLS)[
            0
        ]
        for i in range(rest.shape[1])
    ]
    return np.maximum(own, LEAST_OWN)


def _factor_variance(
    straight: FloatArray, noise: FloatArray, own: FloatArray, factors: FloatArray, known: BoolArray
) -> FloatArray:
    """One variance for the common parts of all factors: a quarter of how much sums of two items of a factor spread
    more than their differences, beyond the same for items without a common factor (the school's level).
    """
    shared = factors @ factors.T
    same = _beyond(straight, noise, known, np.triu(shared > 0, 1))
    other = _beyond(straight, noise, known, np.triu(shared == 0, 1))
    if same is None:
        found, weight = USUAL_COMMON, 0.0
    else:
        found = same[0] - (0.0 if other is None else other[0])
        weight = same[1]
    schools = weight / max(int((np.triu(shared, 1) > 0).sum()), 1)
    pooled = (max(found, 0.0) * schools + USUAL_COMMON * PRIOR_SCHOOLS) / (schools + PRIOR_SCHOOLS)
    return np.full(factors.shape[1], min(max(pooled, LEAST_COMMON), float(own.mean())))


def _beyond(
    straight: FloatArray, noise: FloatArray, known: BoolArray, pairs: BoolArray
) -> tuple[float, float] | None:
    left, right = np.nonzero(pairs)
    if not left.size:
        return None
    both = known[:, left] & known[:, right]
    spread = ((noise[:, left] + noise[:, right]) / 2)[both]
    added = ((straight[:, left] + straight[:, right]) / np.sqrt(2))[both]
    taken = ((straight[:, left] - straight[:, right]) / np.sqrt(2))[both]
    more, weight = robust_variance(added, spread, prior=USUAL_OWN)
    less, _weight = robust_variance(taken, spread, prior=USUAL_OWN)
    return (more - less) / 2, weight


def _kept(variance: FloatArray, factors: FloatArray, common: FloatArray) -> FloatArray:
    """Share of an item's variance that is left after fitting level and common parts (J, I): 1 - leverage."""
    design = np.concatenate([np.ones((len(factors), 1)), factors], axis=1)
    precision = 1.0 / variance
    products = (design[:, :, None] * design[:, None, :]).reshape(len(design), -1)
    normal = (precision @ products).reshape(len(variance), design.shape[1], design.shape[1])
    normal[:, 0, 0] += 1e-9
    inner = np.arange(1, design.shape[1])
    normal[:, inner, inner] += 1.0 / common
    leverage = np.einsum("if,jfg,ig->ji", design, np.linalg.inv(normal), design) * precision
    result: FloatArray = np.clip(1.0 - leverage, 0.15, 1.0)
    return result
