"""Mean ability of each school's pupils."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from merilo.measure.calibration import Calibration
from merilo.methods.arrays import FloatArray
from merilo.tally import CellCounts


@dataclass(frozen=True, slots=True)
class Abilities:
    """school_mean (J,): mean WLE of the school's pupils, logits, NaN where unknown;
    pupil_sd (J,): SD of a pupil's WLE around it, pooled over schools, logits (measurement error included).
    """

    school_mean: FloatArray
    pupil_sd: FloatArray


def school_abilities(cells: CellCounts, calibration: Calibration, n_orgs: int) -> Abilities:
    """Average the abilities of the cells over each school's works."""
    theta = calibration.wle[cells.org_cell]
    known = ~np.isnan(theta)
    org, n, theta = cells.org[known], cells.org_n[known].astype(np.float64), theta[known]
    pupils = np.bincount(org, n, minlength=n_orgs)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(org, n * theta, minlength=n_orgs) / pupils
    squares = float((n * (theta - mean[org]) ** 2).sum())
    freedom = float(pupils.sum() - np.count_nonzero(pupils))
    sd = np.sqrt(squares / freedom) if freedom > 0 else np.nan
    return Abilities(mean, np.full(n_orgs, sd))
