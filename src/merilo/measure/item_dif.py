"""Items that are harder for girls than for boys (or the reverse) at equal raw score."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from merilo.methods.arrays import FloatArray, IntArray
from merilo.methods.dif import find_dif
from merilo.tables.works import SEXES
from merilo.tally import CellCounts

GIRLS, BOYS = SEXES.index("f"), SEXES.index("m")


@dataclass(frozen=True, slots=True)
class SexDifference:
    """logits, logits_se (I,): difference in difficulty, positive where the item is harder for girls."""

    logits: FloatArray
    logits_se: FloatArray


def difference_by_sex(cells: CellCounts, max_points: IntArray) -> SexDifference | None:
    """Differential functioning by sex (Mantel-Haenszel); None where the works do not tell both sexes.

    Strata are raw scores within a variant and a set of administered items.
    """
    if not {GIRLS, BOYS} <= set(cells.sex.tolist()):
        return None
    key = np.column_stack([cells.pattern, cells.variant, cells.score])
    strata, stratum = np.unique(key, axis=0, return_inverse=True)
    counts = np.zeros((2, len(strata), cells.points.shape[1]), np.int64)
    for group, sex in enumerate((GIRLS, BOYS)):
        here = cells.sex == sex
        np.add.at(counts[group], stratum.reshape(-1)[here], cells.points[here])
    # The effect is positive where the item is easier for the second group, the boys.
    found = find_dif(counts, max_points)
    return SexDifference(found.effect, found.effect_se)
