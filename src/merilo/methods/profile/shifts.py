"""Schools' excess points per item as differences in logits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from merilo.methods.arrays import BoolArray, FloatArray
from merilo.methods.profile.scale import weighted_median

# Below this information (points squared, over all works of a school) an item says nothing about the school.
LEAST_INFORMATION = 1e-3
# Noise variance, logits squared, that stands for "nothing known".
NOTHING_KNOWN = 1e6
STRONGEST_SKEW = 1.2
# The bend is straightened up to this share of the place where its logarithm would break down.
BEND_REACH = 0.73


@dataclass(frozen=True, slots=True)
class SchoolShifts:
    """Differences of J schools on I items, logits, up to a constant of the school; positive: easier in this school.

    shift       (J, I)  excess points / information; 0 where nothing is known
    noise       (J, I)  sampling variance 1 / information, NOTHING_KNOWN where nothing is known
    information (J, I)  points squared (= points per logit), summed over the school's works
    skew        (J, I)  third cumulant of the excess, points cubed
    known       (J, I)  whether there is anything to tell from
    """

    shift: FloatArray
    noise: FloatArray
    information: FloatArray
    skew: FloatArray
    known: BoolArray


def school_shifts(excess: FloatArray, information: FloatArray, third: FloatArray) -> SchoolShifts:
    """One-step estimates of the differences (score test of an item's difference in the conditional likelihood).

    excess (J, I): points gained minus points that the raw scores imply; information, third (J, I): sums over works.
    """
    known = information > LEAST_INFORMATION
    safe = np.where(known, information, 1.0)
    return SchoolShifts(
        shift=np.where(known, excess / safe, 0.0),
        noise=np.where(known, 1.0 / safe, NOTHING_KNOWN),
        information=np.where(known, information, 0.0),
        skew=np.where(known, third, 0.0),
        known=known,
    )


def straighten(shifts: SchoolShifts, centre: FloatArray, own: FloatArray) -> FloatArray:
    """Shifts (J, I) without their skewness and without the items' centre (I,).

    Points are bounded: an easy item can fall further than it can rise. With information W, third cumulant K and a true
    difference d of variance own (I,), the excess is W d + K d^2 / 2 + noise of variance W + K d, whose third moment is
    K (1 + 3 W own + 3 W^2 own^2); a logarithm takes that skewness out (Cornish and Fisher 1938, to first order).
    """
    moved = np.where(shifts.known, shifts.shift - centre, 0.0)
    spread = np.sqrt(shifts.noise + own)
    w = np.where(shifts.known, shifts.information, 1.0)
    third = shifts.skew * (1 / w**3 + 3 * own / w**2 + 3 * own**2 / w)
    skew = np.clip(third / spread**3, -STRONGEST_SKEW, STRONGEST_SKEW)
    skew = np.where(np.abs(skew) < 1e-3, 1e-3, skew)
    level = weighted_median(moved, 1.0 / spread**2)[:, None]
    z = (moved - level) / spread
    reach = 3.0 * BEND_REACH / np.abs(skew)
    inside = np.clip(z, -reach, reach)
    slope = 1.0 + skew * inside / 3.0
    straight = 3.0 / skew * np.log(slope) + skew / 6.0 + (z - inside) / slope
    result: FloatArray = np.where(shifts.known, level + straight * spread, 0.0)
    return result
