"""How well two marks of the same pupils go together in a school, against other schools.

Correlation of the two marks within the school, as Fisher's z (1915), corrected for its bias. Marks are few and uneven,
so its sampling variance is not 1 / (n - 3): it is K / (n - 3) with K the mean square of the influence function of z
over the works of all schools. A school whose pupils differ little has a lower correlation with nothing wrong
(restriction of range), so log variance and mean of the first mark are covariates. Robust: honest_line.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from merilo.methods.arrays import FloatArray
from merilo.methods.honest_line import fit_honest_line

LEAST_WORKS = 8
# Influences are taken from schools of this size on, whose own moments are known.
INFLUENCE_WORKS = 20
HIGHEST = 0.98


@dataclass(frozen=True, slots=True)
class MarkAgreement:
    """correlation (J,), NaN where it cannot be told; expected (J,): of honest schools like this; z (J,): positive where
    the correlation is lower; spread: honest SD of Fisher's z.
    """

    correlation: FloatArray
    expected: FloatArray
    z: FloatArray
    spread: float


def compare_agreement(both: FloatArray, marks: FloatArray) -> MarkAgreement:
    """Compare both (J, M, M) works by first and second mark; marks (M,) their values. Raises DegenerateDataError with
    too few schools where both marks differ.
    """
    both, marks = np.asarray(both, dtype=np.float64), np.asarray(marks, dtype=np.float64)
    n = both.sum(axis=(1, 2))
    safe = np.maximum(n, 1.0)
    x, y = both.sum(axis=2) @ marks / safe, both.sum(axis=1) @ marks / safe
    dx, dy = marks[None, :] - x[:, None], marks[None, :] - y[:, None]
    var_x = (both.sum(axis=2) * dx**2).sum(axis=1) / safe
    var_y = (both.sum(axis=1) * dy**2).sum(axis=1) / safe
    cov = np.einsum("jab,ja,jb->j", both, dx, dy) / safe
    told = (n >= LEAST_WORKS) & (var_x > 0) & (var_y > 0)
    spread = np.sqrt(np.where(told, var_x * var_y, 1.0))
    correlation = np.clip(np.where(told, cov / spread, 0.0), -HIGHEST, HIGHEST)
    fisher = np.arctanh(correlation) - correlation / (2 * np.maximum(n - 1, 1))
    factor = _influence(both, dx / np.sqrt(np.where(told, var_x, 1.0))[:, None],
                        dy / np.sqrt(np.where(told, var_y, 1.0))[:, None], correlation, told)  # fmt: skip
    variance = factor / np.maximum(n - 3, 1)
    range_of_x = np.log(np.where(told, var_x, 1.0))
    design = np.column_stack([np.ones(len(n)), range_of_x, x - marks.mean()])
    line = fit_honest_line(np.where(told, -fisher, np.nan), design, variance)
    return MarkAgreement(
        correlation=np.where(told, correlation, np.nan),
        expected=np.tanh(-line.expected),
        z=line.z,
        spread=float(np.sqrt(line.tau2)),
    )


def _influence(both: FloatArray, zx: FloatArray, zy: FloatArray, r: FloatArray, told: np.ndarray) -> float:
    """Mean square of the influence of a work on Fisher's z; 1 where no school is large enough."""
    large = told & (both.sum(axis=(1, 2)) >= INFLUENCE_WORKS)
    if not large.any():
        return 1.0
    a, b, own = zx[large][:, :, None], zy[large][:, None, :], r[large][:, None, None]
    influence = (a * b - own * (a**2 + b**2) / 2) / (1 - own**2)
    works = both[large]
    return float((works * influence**2).sum() / works.sum())


# The shift says more of most distortions than the correlation.
SHIFT_WEIGHT, AGREEMENT_WEIGHT = 0.8, 0.6
# Correlation of the two normal scores is learnt from schools where neither is unusual, and pulled to 0.
ORDINARY, PRIOR_SCHOOLS = 2.0, 20.0


def shift_and_agreement(shift: FloatArray, agreement: FloatArray) -> FloatArray:
    """One normal score (J,) of both, of variance 1 among honest schools; the shift alone where agreement is NaN."""
    both = np.isfinite(shift) & np.isfinite(agreement)
    calm = both & (np.abs(shift) < ORDINARY) & (np.abs(agreement) < ORDINARY)
    a, b = shift[calm], agreement[calm]
    if calm.sum() > 2:
        a, b = a - a.mean(), b - b.mean()
    correlation = float(a @ b) / (float(np.sqrt((a @ a) * (b @ b))) + PRIOR_SCHOOLS)
    size = np.sqrt(1 + 2 * SHIFT_WEIGHT * AGREEMENT_WEIGHT * correlation)
    return np.where(
        both, (SHIFT_WEIGHT * shift + AGREEMENT_WEIGHT * np.where(both, agreement, 0.0)) / size, shift
    )
