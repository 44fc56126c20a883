"""False discovery rates: of many p-values, and of posterior probabilities."""

from __future__ import annotations

import numpy as np

from merilo.methods.arrays import FloatArray

STOREY_LAMBDA = 0.5


def adjusted_p_values(p: FloatArray, *, honest_share: float = 1.0) -> FloatArray:
    """q-values of p-values (M,): smallest false discovery rate at which each would be reported; NaN stays NaN.

    honest_share 1: Benjamini & Hochberg 1995, JRSS B 57, 289-300; an estimated share: Storey 2002, JRSS B 64, 479-498.
    """
    result = np.full(p.shape, np.nan)
    seen = np.flatnonzero(np.isfinite(p))
    if not seen.size:
        return result
    order = seen[np.argsort(p[seen], kind="stable")]
    ranked = p[order] * seen.size * honest_share / np.arange(1, seen.size + 1)
    result[order] = np.minimum(np.minimum.accumulate(ranked[::-1])[::-1], 1.0)
    return result


def honest_share(p: FloatArray, *, above: float = STOREY_LAMBDA) -> float:
    """Share of true nulls among p-values (M,), on the safe side; 1 where there are none.

    (1 + number of p > above) / (M (1 - above)), Storey, Taylor & Siegmund 2004, JRSS B 66, 187-205.
    """
    seen = p[np.isfinite(p)]
    if not seen.size:
        return 1.0
    return float(min(1.0, (1 + np.count_nonzero(seen > above)) / (seen.size * (1 - above))))


def posterior_q_values(probability: FloatArray) -> FloatArray:
    """q-values of posterior probabilities of a finding (J,): mean of 1 - probability over all at least as probable.

    Ties share one q-value; NaN stays NaN. Bayesian false discovery rate, Newton et al. 2004, Biostatistics 5, 155-176.
    """
    result = np.full(probability.shape, np.nan)
    seen = np.flatnonzero(np.isfinite(probability))
    if not seen.size:
        return result
    order = seen[np.argsort(-probability[seen], kind="stable")]
    sorted_p = probability[order]
    means = np.cumsum(1 - sorted_p) / np.arange(1, order.size + 1)
    # All of a tie are reported together or not at all: each takes the mean at the end of its tie.
    last = np.searchsorted(-sorted_p, -sorted_p, side="right") - 1
    result[order] = np.clip(means[last], 0.0, 1.0)
    return result
