"""p-values of many pairs at once: false discovery rate and family error."""

from __future__ import annotations

import numpy as np

from merilo.methods.arrays import FloatArray


def benjamini_hochberg(p: FloatArray) -> FloatArray:
    """q-values (m,): the false discovery rate at which each hypothesis is found (Benjamini & Hochberg 1995)."""
    order = np.argsort(-p, kind="stable")
    rank = np.arange(len(p), 0, -1)
    q = np.empty(len(p))
    q[order] = np.minimum.accumulate(p[order] * len(p) / rank)
    return np.minimum(q, 1.0)


def holm(p: FloatArray) -> FloatArray:
    """p-values (m,) adjusted so that any false finding at all keeps the level (Holm 1979)."""
    order = np.argsort(p, kind="stable")
    left = np.arange(len(p), 0, -1)
    adjusted = np.empty(len(p))
    adjusted[order] = np.maximum.accumulate(p[order] * left)
    return np.minimum(adjusted, 1.0)
