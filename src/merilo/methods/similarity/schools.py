"""Sums by class put against honest classes and schools.

The log ratio of a class less what honest works imply varies by chance with the root of its followers. Its mean is read
off the classes themselves, robustly, as a line in their size and in the points of the class and of its best work (a
best work that is nearly full tells little; raw scores bind answers more than the implied shares know). A sum of logs
of mixtures has a longer upper tail, the longer the fewer works, and is bent back to normal before schools are compared.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from merilo.errors import DegenerateDataError
from merilo.methods.arrays import FloatArray, IntArray
from merilo.methods.honest_line import fit_honest_line, normal_score
from merilo.methods.similarity.sums import ClassSums

LEAST_WORKS = 8
WIDTH_95 = 1.959963984540054
# What classes of clean simulated regions showed per root follower: line in _design and its SD. They stand beside the
# classes seen with this precision (USUAL_PRIOR, as of so many classes), so that a small town has a line at all.
USUAL = np.array([-0.15, 0.0, -1.4, 0.0, -1.5])
USUAL_PRIOR = np.array([10.0, 80.0, 0.25, 0.75, 0.05])
USUAL_SD = 0.35
USUAL_CLASSES = 10.0
# Skewness constant: u is taken as (exp(g z) - 1) / g with g = SKEW / sqrt(works) (Hoaglin 1985: g distributions).
SKEW = 1.4
LOWEST = -3.0
# Where fewer schools than this are small, their scale is drawn towards that of classes, as by so many more schools.
SMALL_SCHOOLS = 10.0
BISQUARE = 4.0
FAR = 4.5


@dataclass(frozen=True, slots=True)
class SchoolSimilarity:
    """Over J schools: n works compared; z (J,) towards works alike, about N(0, 1) for honest schools; estimate, lower,
    upper (J,): share of the others' answers taken from the best work of the class, what is seen of it beyond honest
    schools (at least that was taken), 95 % limits;
    class_z (L,) the same as z for single classes, without the spread between schools. NaN where it cannot be told.
    """

    n: IntArray
    z: FloatArray
    estimate: FloatArray
    lower: FloatArray
    upper: FloatArray
    class_z: FloatArray


def judge_schools(sums: ClassSums, class_org: IntArray, schools: int) -> SchoolSimilarity:
    """class_org (L,) row of each class's school, J = `schools`.

    Raises DegenerateDataError where too few schools have LEAST_WORKS works compared.
    """
    held = sums.followers > 0
    followers = np.where(held, sums.followers, 1).astype(np.float64)
    size = np.where(held, sums.works, 1).astype(np.float64)
    design = _design(size, sums.level / size, sums.best / followers)
    per_root = (sums.evidence - sums.expected) / np.sqrt(followers)
    beta, scale = _usual(per_root[held], design[held])
    away = np.where(held, (per_root - design @ beta) * np.sqrt(followers), 0.0)
    n: FloatArray = np.bincount(class_org, np.where(held, size, 0.0), minlength=schools).astype(np.float64)
    room: FloatArray = np.bincount(class_org, np.where(held, followers, 0.0), minlength=schools).astype(
        np.float64
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.bincount(class_org, away, minlength=schools) / (scale * np.sqrt(room))
        z = _against_schools(_unskewed(np.where(n >= LEAST_WORKS, ratio, np.nan), n), room)
    estimate, lower, upper = _share_taken(sums, held, class_org, n)
    return SchoolSimilarity(
        n=n.astype(np.int64),
        z=z,
        estimate=estimate,
        lower=lower,
        upper=upper,
        class_z=np.where(held, _unskewed(away / (scale * np.sqrt(followers)), size), np.nan),
    )


def _design(size: FloatArray, level: FloatArray, best: FloatArray) -> FloatArray:
    """(L, 5): constant, root of works, part of the points of the best work, of the class, and its square; centred."""
    return np.column_stack(
        [
            np.ones(len(size)),
            np.sqrt(np.minimum(size, 36.0)) - 4.0,
            best - 0.85,
            level - 0.6,
            (level - 0.6) ** 2,
        ]
    )


def _unskewed(ratio: FloatArray, works: FloatArray) -> FloatArray:
    """Normal z of u = (exp(g z) - 1) / g, at least LOWEST: the lower tail is short and says nothing."""
    g = SKEW / np.sqrt(np.maximum(works, 1.0))
    return np.asarray(np.log(np.maximum(1.0 + g * ratio, np.exp(LOWEST * g))) / g)


def _against_schools(z: FloatArray, room: FloatArray) -> FloatArray:
    """Normal z with the honest spread between schools in it. room (J,) followers, by which chance falls."""
    design = np.column_stack([1 / np.sqrt(room), np.ones(len(z))])
    # Beyond doubt not honest: those would only blur where honest schools end.
    middle = float(np.nanmedian(z)) if np.isfinite(z).any() else 0.0
    near = np.where(z < middle + FAR, z, np.nan)
    variance = _chance(near, room) / room
    line = fit_honest_line(near / np.sqrt(room), design, variance)
    from_line = np.einsum("ij,jk,ik->i", design, line.beta_cov, design)
    beyond = (z / np.sqrt(room) - design @ line.beta) / np.sqrt(variance + line.tau2 + from_line)
    return np.asarray(np.where(np.isfinite(line.z), line.z, normal_score(beyond, line.freedom)))


def _chance(z: FloatArray, room: FloatArray) -> float:
    """Variance of z that is chance alone: what the smaller half of the schools vary by."""
    known = np.isfinite(z)
    if not known.any():
        return 1.0
    small = z[known & (room <= np.median(room[known]))]
    seen = (1.4826 * float(np.median(np.abs(small - np.median(small))))) ** 2
    return (len(small) * seen + SMALL_SCHOOLS) / (len(small) + SMALL_SCHOOLS)


def _usual(per_root: FloatArray, design: FloatArray) -> tuple[FloatArray, float]:
    """Line and scale of honest classes by bisquare weights (Beaton & Tukey 1974), with USUAL_CLASSES beside them."""
    if not len(per_root):
        return USUAL, USUAL_SD
    prior = np.diag(USUAL_PRIOR)
    weight = np.ones(len(per_root))
    beta, scale = USUAL, USUAL_SD
    share = len(per_root) / (len(per_root) + USUAL_CLASSES)
    for _step in range(30):
        weighted = design * weight[:, None]
        beta = np.linalg.solve(weighted.T @ design + prior, weighted.T @ per_root + prior @ USUAL)
        residual = per_root - design @ beta
        seen = 1.4826 * float(np.median(np.abs(residual)))
        scale = float(np.sqrt(share * seen**2 + (1 - share) * USUAL_SD**2))
        weight = (1 - np.clip(residual / (BISQUARE * scale), -1, 1) ** 2) ** 2
    return beta, scale


def _share_taken(
    sums: ClassSums, held: np.ndarray, class_org: IntArray, n: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Answers shared with the best work beyond chance, over those that could be: at least this share was taken.

    What a whole school copies moves its own item means and raw scores as well, and is not counted here. The centre and
    the honest spread are those of all schools; raw scores bind answers, so that chance is less than independent
    answers would have.
    """
    excess, room, noise = (
        np.bincount(class_org, np.where(held, values, 0.0), minlength=len(n))
        for values in (sums.alike - sums.by_chance, sums.room, sums.noise)
    )
    known = (n >= LEAST_WORKS) & (room > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(known, excess / room, np.nan)
        variance = np.where(known, noise / room**2, np.nan)
    middle = np.nanmedian(share) if known.any() else 0.0
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = variance * _chance((share - middle) / np.sqrt(variance), np.where(known, room, np.nan))
    try:
        line = fit_honest_line(share, np.ones((len(n), 1)), variance)
    except DegenerateDataError:
        unknown = np.full(len(n), np.nan)
        return unknown, unknown, unknown
    half = WIDTH_95 * np.sqrt(variance + line.tau2)
    estimate = share - line.expected
    return estimate, estimate - half, np.minimum(estimate + half, 1.0)
