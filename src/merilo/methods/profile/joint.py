"""Items that the same pupils of a school gained together: cross-products of residuals, by school.

Somebody who was told several items gains all of them; another pupil of the same school gains none. So the residuals of
two items known beforehand rise and fall together within the school, beyond what raw scores imply, while differences
between honest schools (curriculum, marking) shift an item for all pupils and leave no such trace.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from merilo.methods.arrays import BoolArray, FloatArray, IntArray
from merilo.methods.profile.scale import CLIP

# Pair scores beyond this are taken as this: small schools have heavy tails.
HIGHEST_SCORE = 4.5
LEAST_SCALE = 1e-6


@dataclass(frozen=True, slots=True)
class JointRises:
    """Sums over works by school; row 0 the schools as they are, rows 1 … R the same schools with their pupils replaced
    by pupils of the whole region who gained the same share of points. All additive. P = I (I - 1) / 2 pairs of items.

    excess (1 + R, J, I)  residuals r = points - points that the raw score implies
    cross  (1 + R, J, P)  products r_i r_k
    scale  (1 + R, J, P)  products v_i v_k, v the information of the item in that work: variance of r_i r_k
    """

    excess: FloatArray
    cross: FloatArray
    scale: FloatArray


@dataclass(frozen=True, slots=True)
class PairScores:
    """Cross-products as scores ~ (0, 1) in honest schools: observed (J, P), honest (R, J, P) draws; sd (P,)."""

    observed: FloatArray
    honest: FloatArray
    sd: FloatArray


def pair_places(items: int) -> tuple[IntArray, IntArray]:
    """Rows and columns of the pairs i < k, in the order of `cross`."""
    left, right = np.triu_indices(items, 1)
    return left.astype(np.int64), right.astype(np.int64)


def pair_scores(rises: JointRises, n: FloatArray, usable: BoolArray) -> PairScores:
    """Covariances within schools against those among pupils of the whole region; n (J,) works."""
    left, right = pair_places(rises.excess.shape[2])
    works = np.maximum(n, 1.0)[None, :, None]
    within = rises.cross - rises.excess[:, :, left] * rises.excess[:, :, right] / works
    known = rises.scale > LEAST_SCALE
    scores = np.divide(within, np.sqrt(rises.scale), out=np.zeros_like(within), where=known)
    root = np.sqrt(n)[:, None]
    drawn = scores[1:, usable]
    usual = (drawn * root[usable]).sum(axis=(0, 1)) / max(len(drawn) * float(n[usable].sum()), 1.0)
    scores = np.where(known, scores - root * usual, 0.0)
    sd = np.maximum(np.sqrt((scores[1:, usable] ** 2).mean(axis=(0, 1))), 0.05)
    scores = scores / sd
    # Pupils of one school spread a little less than pupils of many schools with equal scores.
    scores[0] /= min(1.0, _clipped_sd(scores[0, usable]) / _clipped_sd(scores[1:, usable]))
    scores = np.clip(scores, -HIGHEST_SCORE, HIGHEST_SCORE)
    return PairScores(scores[0], scores[1:], sd)


def _clipped_sd(scores: FloatArray) -> float:
    return max(float(np.sqrt(np.minimum(scores**2, CLIP**2).mean())), 0.05)
