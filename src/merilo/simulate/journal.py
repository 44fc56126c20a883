"""Journal marks: what teachers gave before the work, from the pupil's real ability and not from the work."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from merilo.methods.arrays import BoolArray, FloatArray, IntArray
from merilo.simulate.blueprint import Blueprint

SCHOOL_GENEROSITY_SD = 0.2
RELATIVE_PART = 0.15
PERFORMANCE_PART = 0.5
LEAST_FIDELITY, MOST_FIDELITY = 0.2, 0.999
CALIBRATION_MOST = 20_000
Marks = NDArray[np.int8]


def give_marks(score: IntArray, cut_scores: dict[int, int]) -> Marks:
    """Marks 2-5 of raw scores by the scale."""
    mark = np.full(score.size, 2, np.int8)
    for lowest in cut_scores.values():
        mark += (score >= lowest).astype(np.int8)
    return mark


def draw_journal(
    ability: FloatArray,
    school_ability: FloatArray,
    honest_score: IntArray,
    school: IntArray,
    mark: Marks,
    trusted: BoolArray,
    blueprint: Blueprint,
    rng: np.random.Generator,
    *,
    schools_n: int,
) -> Marks:
    """Journal marks 2-5 with the region's shares (given the marks of the works) and the region's agreement.

    ability (N,) and its school part (N,), standard deviations; honest_score (N,) points without help or lift: teachers
    know how this pupil writes such works, but not what was done to this one; trusted (N,): works of schools without
    manipulations, on which the agreement is set. Teachers mark partly against their own school: a good school's
    marks are stricter.
    """
    share = _journal_shares(blueprint, mark[trusted])
    generosity = SCHOOL_GENEROSITY_SD * rng.normal(size=schools_n)
    seen = (1 - PERFORMANCE_PART) * _standard(ability) + PERFORMANCE_PART * _standard(
        honest_score.astype(float)
    )
    seen = _standard(seen - RELATIVE_PART * school_ability)
    noise = rng.normal(size=ability.size)
    rows = np.flatnonzero(trusted)[:CALIBRATION_MOST]
    wanted = float(np.trace(blueprint.journal) / blueprint.journal.sum())
    low, high = LEAST_FIDELITY, MOST_FIDELITY
    for _step in range(12):
        fidelity = (low + high) / 2
        journal = _cut(seen[rows], noise[rows], generosity[school[rows]], fidelity, share)
        if rows.size and np.mean(journal == mark[rows]) < wanted:
            low = fidelity
        else:
            high = fidelity
    journal = _cut(seen, noise, generosity[school], fidelity, share)
    return _confirm(journal, give_marks(honest_score, blueprint.cut_scores), mark, rows, wanted, rng)


def _confirm(
    journal: Marks, honest: Marks, mark: Marks, rows: IntArray, wanted: float, rng: np.random.Generator
) -> Marks:
    """Where marks differ too much from the region's for any fidelity, some journal marks follow such works.

    honest (N,): marks of the works without help and lift.
    """
    if not rows.size:
        return journal
    agreed, possible = (float(np.mean(marks[rows] == mark[rows])) for marks in (journal, honest))
    if agreed >= wanted:
        return journal
    share = (wanted - agreed) / (possible - agreed) if possible > wanted else 1.0
    confirmed: Marks = np.where(rng.random(journal.size) < share, honest, journal)
    return confirmed


def _standard(values: FloatArray) -> FloatArray:
    spread = values.std()
    result: FloatArray = (values - values.mean()) / (spread if spread > 0 else 1.0)
    return result


def _journal_shares(blueprint: Blueprint, mark: Marks) -> FloatArray:
    """Shares of the journal marks 2-5 (4,): the region's shares at each mark of the work, weighted by our marks."""
    given = np.bincount(mark, minlength=6)[2:6].astype(float)
    if not given.sum():
        given = blueprint.journal.sum(axis=0)
    at_mark = blueprint.journal / np.maximum(blueprint.journal.sum(axis=0), 1.0)
    result: FloatArray = at_mark @ given / given.sum()
    return result


def _cut(
    seen: FloatArray, noise: FloatArray, generosity: FloatArray, fidelity: float, share: FloatArray
) -> Marks:
    """Cut fidelity * ability + noise at the quantiles of the journal marks."""
    latent = fidelity * seen + np.sqrt(1 - fidelity**2) * noise + generosity
    limits = ndtri(np.clip(np.cumsum(share)[:3], 1e-6, 1 - 1e-6)) * np.sqrt(1 + SCHOOL_GENEROSITY_SD**2)
    journal: Marks = (2 + np.searchsorted(limits, latent)).astype(np.int8)
    return journal
