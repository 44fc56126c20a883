"""Schools where only some procedures are concerned: a likelihood that averages over which ones.

Given a school's lasting trait its procedures are independent, so that the average over subsets is a product:
integral over the trait of prod_p ((1 - c) f0(z_p) + c f1(z_p)); c is the chance that a procedure is concerned.
"""

from __future__ import annotations

import numpy as np

from merilo.methods.arrays import FloatArray

CONCERNED = 0.5
# With fewer procedures a part of them is one procedure, whose z speaks for itself.
FEWEST_PROCEDURES = 3
SHIFTS: FloatArray = np.array([1.5, 2.5, 3.5, 4.5, 6.0])
# Many procedures tell the trait sharply: equal steps hold where the nodes of a quadrature would miss it.
TRAITS: FloatArray = np.linspace(-4.0, 4.0, 17)
TRAIT_WEIGHTS: FloatArray = np.exp(-0.5 * TRAITS**2) / np.exp(-0.5 * TRAITS**2).sum()


def partial_log_ratios(
    z: FloatArray,
    correlation: FloatArray,
    information: FloatArray | None,
    shift_mean: FloatArray,
    shift_sd: FloatArray,
    most: float,
) -> FloatArray:
    """Log likelihood ratios (J, K) of a shift in some procedures against none, from calibrated z (J, P, K).

    correlation (K,); information (J, P, K) 0-1; shift_mean, shift_sd (K,) of the shift in one procedure; most: bound.
    Where fewer than FEWEST_PROCEDURES tell, NaN: there is no part of them to speak of.
    """
    schools, _procedures, kinds = z.shape
    result = np.full((schools, kinds), np.nan)
    for kind in range(kinds):
        seen = np.isfinite(z[:, :, kind])
        rows = np.flatnonzero(seen.sum(axis=1) >= FEWEST_PROCEDURES)
        if not rows.size:
            continue
        i = np.where(seen[rows], 1.0 if information is None else information[rows, :, kind], 0.0)
        weight = np.exp(-0.5 * ((SHIFTS - shift_mean[kind]) / shift_sd[kind]) ** 2) * np.gradient(SHIFTS)
        values = np.where(seen[rows], z[rows, :, kind], 0.0)
        ratio = _log_ratio(values, i, seen[rows], float(correlation[kind]))
        result[rows, kind] = np.log(np.exp(ratio) @ (weight / weight.sum()))
    bounded: FloatArray = np.minimum(result, most)
    return bounded


def _log_ratio(z: FloatArray, information: FloatArray, seen: FloatArray, correlation: float) -> FloatArray:
    """Log ratios (J, G) for SHIFTS; z, information, seen (J, P)."""
    own = 1 - correlation
    shift = information[:, :, None] * SHIFTS
    honest = np.zeros((z.shape[0], TRAITS.size))
    mixed = np.zeros((z.shape[0], TRAITS.size, SHIFTS.size))
    for place, trait in enumerate(TRAITS):
        rest = np.where(seen, z - np.sqrt(correlation) * trait, 0.0)
        honest[:, place] = -0.5 * (rest**2).sum(axis=1) / own
        slope = (rest[:, :, None] * shift - 0.5 * shift**2) / own
        mixed[:, place] = honest[:, place, None] + np.log1p(
            CONCERNED * np.expm1(np.minimum(slope, 50.0))
        ).sum(axis=1)
    base = _log_mean(honest)
    result: FloatArray = _log_mean(mixed) - base[:, None]
    return result


def _log_mean(values: FloatArray) -> FloatArray:
    """Log of the mean over traits (second axis) of exponentials."""
    top = values.max(axis=1, keepdims=True)
    shape = (1, -1) + (1,) * (values.ndim - 2)
    mean = (np.exp(values - top) * TRAIT_WEIGHTS.reshape(shape)).sum(axis=1)
    result: FloatArray = np.log(mean) + top.squeeze(1)
    return result
