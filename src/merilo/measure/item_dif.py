"""Items that are harder for girls than for boys (or the reverse) at equal raw score."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from merilo.measure.tally import CellCounts
from merilo.methods.arrays import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class SexDifference:
    """logits, logits_se (I,): difference in difficulty, positive where the item is harder for girls."""

    logits: FloatArray
    logits_se: FloatArray


def difference_by_sex(cells: CellCounts, max_points: IntArray) -> SexDifference | None:
    """Differential functioning by sex; None where fewer than two sexes are known."""
    return None
