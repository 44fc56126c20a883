"""Do the item parameters hold in every group of pupils? Andersen's likelihood-ratio test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2

from merilo.errors import DegenerateDataError, UsageError
from merilo.methods.irt.cells import ScoreCells, merge_cells
from merilo.methods.irt.conditional import PartialCreditCalibration, calibrate_partial_credit


@dataclass(frozen=True, slots=True)
class GroupInvariance:
    """Likelihood-ratio statistic, degrees of freedom, p-value (0-1), and the calibrations compared."""

    statistic: float
    degrees_of_freedom: int
    p_value: float
    pooled: PartialCreditCalibration
    groups: tuple[PartialCreditCalibration, ...]


def compare_groups(groups: Sequence[ScoreCells]) -> GroupInvariance:
    """Andersen (1973): twice the gain in conditional log-likelihood when each group has its own item parameters.

    groups: score cells of two or more groups, the same items. Every item must be calibrated in every group.
    """
    if len(groups) < 2:
        raise UsageError("comparing groups needs at least two of them", value=len(groups))
    pooled = calibrate_partial_credit(merge_cells(groups))
    parts = tuple(calibrate_partial_credit(group) for group in groups)
    for part in parts:
        differing = [item for item, (a, b) in enumerate(zip(part.status, pooled.status)) if a is not b]
        if differing:
            raise DegenerateDataError(
                "some items can be calibrated in one group only",
                value=differing,
                next_step="Leave these items out of the works of all groups, count the cells again and compare.",
            )
    statistic = 2.0 * (sum(part.log_likelihood for part in parts) - pooled.log_likelihood)
    freedom = sum(part.n_parameters for part in parts) - pooled.n_parameters
    p_value = float(chi2.sf(statistic, freedom)) if freedom > 0 else float(np.nan)
    return GroupInvariance(statistic, freedom, p_value, pooled, parts)
