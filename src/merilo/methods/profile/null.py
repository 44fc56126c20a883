"""A statistic as a distance from honest schools, in standard deviations, by draws of honest schools of that size."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from merilo.methods.arrays import BoolArray, FloatArray

# Draws nearest in size that a school is compared with, and the share of them that shapes the tail.
NEAREST_LEAST, NEAREST_SHARE = 250, 0.25
TAIL_SHARE = 0.15
SMALLEST_P = 1e-12


def null_scores(
    observed: FloatArray, drawn: FloatArray, size: FloatArray, drawn_size: FloatArray, usable: BoolArray
) -> FloatArray:
    """Normal scores (J,) of the observed statistic among draws (D,) of honest schools; NaN where not usable.

    size (J,), drawn_size (D,): anything monotone in the school's size. The p-value is the share of the nearest draws
    above (plus half a draw); beyond their upper TAIL_SHARE an exponential tail, as for a generalised Pareto of shape 0.
    """
    z = np.full(observed.shape, np.nan)
    rows = np.flatnonzero(usable)
    if not rows.size or not drawn.size:
        return z
    order = np.argsort(drawn_size, kind="stable")
    near = int(np.clip(NEAREST_SHARE * drawn.size, min(NEAREST_LEAST, drawn.size), drawn.size))
    first = np.searchsorted(drawn_size[order], size[rows]) - near // 2
    first = np.clip(first, 0, drawn.size - near)
    window = np.sort(drawn[order][first[:, None] + np.arange(near)], axis=1)
    below = (window < observed[rows, None]).sum(axis=1) + 0.5 * (window == observed[rows, None]).sum(axis=1)
    p = (near - below + 0.5) / (near + 1.0)
    edge = int((1.0 - TAIL_SHARE) * near)
    threshold = window[:, min(edge, near - 1)]
    mean = np.maximum((window[:, edge:] - threshold[:, None]).mean(axis=1), 1e-9)
    tail = TAIL_SHARE * np.exp(-np.maximum(observed[rows] - threshold, 0.0) / mean)
    p = np.where(observed[rows] > threshold, tail, np.maximum(p, TAIL_SHARE))
    z[rows] = -ndtri(np.clip(p, SMALLEST_P, 1 - 1e-6))
    return z
