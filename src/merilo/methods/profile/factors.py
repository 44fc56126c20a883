"""What items have in common: skills and the way they are marked."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from merilo.methods.arrays import FloatArray


def factor_skills(skills: Sequence[Sequence[str]]) -> list[str]:
    """Skills that some items have and some have not, sorted: the others say nothing."""
    names = sorted({name for one in skills for name in one})
    return [name for name in names if not all(name in one for one in skills)]


def item_factors(skills: Sequence[Sequence[str]], direction: FloatArray | None = None) -> FloatArray:
    """Factors (I, F): 0 or 1 for each skill of `factor_skills`, and last `direction` (I,), unless it is 0 nowhere or
    everywhere, scaled to mean 1 where it is not 0.
    """
    columns = [np.array([name in one for one in skills], np.float64) for name in factor_skills(skills)]
    if direction is not None and 0 < (direction != 0).sum() < len(skills):
        columns.append(direction / direction[direction != 0].mean())
    return np.stack(columns, axis=1) if columns else np.zeros((len(skills), 0))
