"""One z per school and kind out of many procedures: honest schools have lasting traits, so their z's are correlated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from merilo.methods.arrays import FloatArray, IntArray

# A z beyond this says no more about the correlation of honest schools.
CLIP = 2.5
MOST_CORRELATION = 0.95


@dataclass(frozen=True, slots=True)
class Pooled:
    """z (J, K) pooled, NaN where no procedure tells; reach (J, K) shift of the pooled z for a shift of 1 in every
    procedure of full information; procedures_n (J, K) procedures that tell.
    """

    z: FloatArray
    reach: FloatArray
    procedures_n: IntArray


def honest_correlation(
    z: FloatArray, weight: FloatArray, prior: FloatArray, prior_weight: FloatArray
) -> FloatArray:
    """Correlation (K,) of an honest school's z's in two procedures, from calibrated z (J, P, K), NaN missing.

    weight (J,) probability of being honest; prior (K,) of weight prior_weight (K,) in schools. Mean product over all
    pairs of procedures of a school, each school weighing as its number of procedures less one; only schools in the
    lower half of their kind tell, since those that stand out in all procedures would pass for lasting traits.
    """
    seen = np.isfinite(z)
    clipped = np.where(seen, np.clip(z, -CLIP, CLIP), 0.0)
    n = seen.sum(axis=1)
    weight = _lower_half(clipped.sum(axis=1), n, weight)
    pairs = np.maximum(n * (n - 1), 1)
    products = (clipped.sum(axis=1) ** 2 - (clipped**2).sum(axis=1)) / pairs
    use = weight * (n > 1)
    # A school with many procedures tells its own trait exactly and is still one school.
    use = use * np.where(n > 1, n - 1, 0) / np.maximum(n, 1)
    one = (weight * (clipped**2).sum(axis=1)).sum(axis=0) / np.maximum((weight * n).sum(axis=0), 1e-9)
    found = (use * products).sum(axis=0) / np.maximum(one, 1e-9)
    result: FloatArray = np.clip(
        (found + prior_weight * prior) / np.maximum(use.sum(axis=0) + prior_weight, 1e-9),
        0.0,
        MOST_CORRELATION,
    )
    return result


def _lower_half(total: FloatArray, n: IntArray, weight: FloatArray) -> FloatArray:
    """Weights (J, K) of schools in the lower half of their kind, by the sum of z over procedures.

    By symmetry products of honest z's have the same mean there, and schools that stand out are in the upper half.
    """
    half = np.zeros(total.shape)
    for kind in range(total.shape[1]):
        seen = n[:, kind] > 0
        if seen.any():
            mean = total[:, kind] / np.sqrt(np.maximum(n[:, kind], 1))
            half[:, kind] = seen & (mean <= np.median(mean[seen]))
    return half * weight[:, None]


def pool(z: FloatArray, correlation: FloatArray, information: FloatArray | None = None) -> Pooled:
    """Sum of calibrated z (J, P, K) over procedures, divided by its standard deviation in honest schools.

    correlation (K,); information (J, P, K) 0-1: by how much a shift shows in this procedure (a small school: less).
    """
    seen = np.isfinite(z)
    if information is not None:
        # Where a shift cannot show at all, z says nothing.
        seen &= information > 0
    i = seen.astype(np.float64) if information is None else np.where(seen, information, 0.0)
    squares, total = (i**2).sum(axis=1), i.sum(axis=1)
    sd = np.sqrt((1 - correlation) * squares + correlation * total**2)
    n = seen.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        pooled = np.where(n > 0, (i * np.where(seen, z, 0.0)).sum(axis=1) / sd, np.nan)
        reach = np.where(n > 0, squares / sd, 0.0)
    return Pooled(pooled, reach, n)
