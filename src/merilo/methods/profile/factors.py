"""What items have in common: skills and the way they are marked."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from merilo.methods.arrays import BoolArray, FloatArray


def factor_skills(skills: Sequence[Sequence[str]]) -> list[str]:
    """Skills that some items have and some have not, sorted: the others say nothing."""
    names = sorted({name for one in skills for name in one})
    return [name for name in names if not all(name in one for one in skills)]


def item_factors(skills: Sequence[Sequence[str]], expert: BoolArray | None = None) -> FloatArray:
    """Factors (I, F) of 0 and 1: one per skill of `factor_skills`, and last one for items marked by a person (I,)
    where some are and some are not.
    """
    columns = [np.array([name in one for one in skills], np.float64) for name in factor_skills(skills)]
    if expert is not None and 0 < expert.sum() < len(skills):
        columns.append(expert.astype(np.float64))
    return np.stack(columns, axis=1) if columns else np.zeros((len(skills), 0))
