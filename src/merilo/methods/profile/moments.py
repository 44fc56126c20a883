"""What a raw score implies for the spread of points on each item."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from merilo.methods.arrays import BoolArray, FloatArray, IntArray

# Fixed-point steps from conditional variances to local information; each halves the error at least.
INFORMATION_STEPS = 40


@dataclass(frozen=True, slots=True)
class CellMoments:
    """Moments of the points of works with one raw score (a cell), per item; 0 where not administered.

    variance    (C, I)  Var[x_i | raw score], points squared
    information (C, I)  local information w, points squared: variance = w - w^2 / sum(w)
    third       (C, I)  third cumulant given the raw score, points cubed
    """

    variance: FloatArray
    information: FloatArray
    third: FloatArray


def cell_moments(
    category_n: FloatArray,
    max_points: IntArray,
    expected: FloatArray,
    model_information: FloatArray,
    administered: BoolArray,
    *,
    model_works: float,
) -> CellMoments:
    """Moments observed in cells, steadied by a model that counts as `model_works` works.

    category_n (C, K), K = sum(max_points + 1): works with x points on item i; expected (C, I) points; model_information
    (C, I) variance of the points at the cell's ability, points squared; administered (C, I).
    """
    total = model_information.sum(axis=1, keepdims=True)
    given = model_information - np.divide(
        model_information**2, total, out=np.zeros_like(model_information), where=total > 0
    )
    variance = np.zeros_like(expected)
    third = np.zeros_like(expected)
    start = 0
    for item, top in enumerate(max_points):
        n = category_n[:, start : start + top + 1]
        start += int(top) + 1
        off = np.arange(top + 1) - expected[:, item, None]
        works = np.maximum(n.sum(axis=1) + model_works, 1e-9)
        variance[:, item] = ((n * off**2).sum(axis=1) + model_works * given[:, item]) / works
        third[:, item] = (n * off**3).sum(axis=1) / works
    seen = administered & np.isfinite(variance)
    variance = np.where(seen, np.maximum(variance, 0.0), 0.0)
    certain = _certain(expected, max_points, administered)
    variance[certain] = 0.0
    third = np.where(seen & ~certain[:, None], third, 0.0)
    return CellMoments(variance, information(variance), third)


def information(variance: FloatArray) -> FloatArray:
    """Local information w (C, I) with w - w^2 / sum(w) = variance: exact for independent items of which one raw score
    is known, up to terms of the order 1 / items (and exact at one point of 0/1 items, where w is the share).
    """
    w = variance.copy()
    # An item cannot carry more than all the others allow: variances of a sum known to be constant obey this.
    for _step in range(INFORMATION_STEPS):
        total = w.sum(axis=1, keepdims=True)
        w = variance + np.divide(w**2, total, out=np.zeros_like(w), where=total > 0)
        w = np.minimum(w, 4.0 * variance.sum(axis=1, keepdims=True))
    return w


def _certain(expected: FloatArray, max_points: IntArray, administered: BoolArray) -> BoolArray:
    """(C,) whether the raw score leaves nothing open: no points at all, or all of them."""
    got = np.where(administered, expected, 0.0).sum(axis=1)
    top = np.where(administered, max_points, 0).sum(axis=1)
    result: BoolArray = (got <= 1e-9) | (got >= top - 1e-9)
    return result
