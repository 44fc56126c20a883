"""What a procedure's Tally says of schools' items: differences from what raw scores imply, honest spread, factors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from merilo.check.sitting import Sitting
from merilo.methods.arrays import BoolArray, FloatArray, IntArray
from merilo.methods.irt.theta_moments import moments_at
from merilo.methods.profile import (
    CellMoments,
    HonestSpread,
    SchoolShifts,
    cell_moments,
    honest_spread,
    item_factors,
    school_shifts,
    within_schools,
)
from merilo.tally.cells import CellCounts
from merilo.tally.expected import MODEL_WORKS

LEAST_PUPILS = 8
LEAST_SCHOOLS = 5


@dataclass(frozen=True, slots=True)
class SchoolProfiles:
    """J schools, I items, C cells of the Tally.

    n (J,) works; usable (J,): at least LEAST_PUPILS works; max_points (I,); expert (I,) marked by a person;
    skills (I, F'); factors (I, F): skills, and the person-marked items last where only some are; item_n (J, I) works
    with the item; excess (J, I) points beyond what raw scores imply; missing (J, I) points that the raw scores imply to
    be missing to the maximum; room (J, I) works with points missing, on average of the region; lenient (I,) logits by
    which an item is easier where every work with room gets a point more, 0 for items that no person marks; expected,
    moments: by cell; shifts, honest: in logits.
    """

    n: IntArray
    usable: BoolArray
    max_points: IntArray
    expert: BoolArray
    skills: FloatArray
    factors: FloatArray
    item_n: IntArray
    excess: FloatArray
    missing: FloatArray
    room: FloatArray
    lenient: FloatArray
    expected: FloatArray
    moments: CellMoments
    shifts: SchoolShifts
    honest: HonestSpread

    @property
    def information_root(self) -> FloatArray:
        """(J,) logarithm of a school's information: its size as far as items are concerned."""
        result: FloatArray = np.log(self.shifts.information.sum(axis=1) + 1e-6)
        return result


def school_profiles(sitting: Sitting) -> SchoolProfiles | None:
    """Profiles of all schools; None for a score-only or uncalibrated procedure, or with hardly any schools."""
    cells = sitting.tally.cells
    if cells is None or sitting.expected is None or sitting.items is None or sitting.ability is None:
        return None
    items = sitting.procedure.items
    max_points = np.array([item.max_points for item in items], np.int64)
    expert = np.array([item.marking == "expert" for item in items], np.bool_)
    moments = _moments(sitting, cells, max_points, sitting.expected)
    schools = sitting.schools_n
    n = np.bincount(cells.org, cells.org_n, minlength=schools).astype(np.int64)
    usable = np.asarray(n >= LEAST_PUPILS)
    if usable.sum() < LEAST_SCHOOLS or len(items) < 3:
        return None
    implied = over_works(cells, sitting.expected, schools)
    excess = sitting.tally.schools.item_points - implied
    information = over_works(cells, moments.information, schools)
    third = over_works(cells, moments.third, schools)
    room = _room_share(cells, max_points)
    item_n = sitting.tally.schools.item_n
    skills = [item.skills for item in items]
    lenient = np.where(expert, _logits_per_point(room, information, item_n), 0.0)
    factors = item_factors(skills, lenient if all(item.marking for item in items) else None)
    shifts = school_shifts(excess, information, third)
    honest = honest_spread(shifts, factors, usable, rounds=1)
    shifts = school_shifts(excess, within_schools(information, item_n, honest, factors), third)
    return SchoolProfiles(
        n=n,
        usable=usable,
        max_points=max_points,
        expert=expert,
        skills=item_factors(skills),
        factors=factors,
        item_n=item_n,
        excess=excess,
        missing=item_n * max_points - implied,
        room=item_n * room,
        lenient=lenient,
        expected=sitting.expected,
        moments=moments,
        shifts=shifts,
        honest=honest_spread(shifts, factors, usable),
    )


def _room_share(cells: CellCounts, max_points: IntArray) -> FloatArray:
    """Share of works without the highest points (I,)."""
    starts = np.concatenate([[0], np.cumsum(max_points + 1)])
    works = np.add.reduceat(cells.points.sum(axis=0), starts[:-1])
    full = cells.points.sum(axis=0)[starts[1:] - 1]
    share: FloatArray = 1.0 - full / np.maximum(works, 1)
    return share


def _logits_per_point(room: FloatArray, information: FloatArray, item_n: IntArray) -> FloatArray:
    """Logits that a point more in every work with room is worth (I,): points gained by points per logit."""
    per_work = information.sum(axis=0) / np.maximum(item_n.sum(axis=0), 1)
    logits: FloatArray = np.divide(room, per_work, out=np.zeros_like(room), where=per_work > 1e-3)
    return logits


def over_works(cells: CellCounts, values: FloatArray, schools: int) -> FloatArray:
    """Sums (J, I) over a school's works of values (C, I) of their cells."""
    return np.stack(
        [
            np.bincount(cells.org, cells.org_n * values[cells.org_cell, i], minlength=schools)
            for i in range(values.shape[1])
        ],
        axis=1,
    )


def _moments(sitting: Sitting, cells: CellCounts, max_points: IntArray, expected: FloatArray) -> CellMoments:
    """Moments of cells; sexes are put together, as in `expected`, variants are not."""
    assert sitting.items is not None and sitting.ability is not None
    variants = int(cells.variant.max(initial=0)) + 1
    key = (cells.pattern * variants + cells.variant) * (cells.score.max(initial=0) + 1) + cells.score
    _keys, first, group = np.unique(key, return_index=True, return_inverse=True)
    counts = np.zeros((len(first), cells.points.shape[1]))
    np.add.at(counts, group, cells.points)
    administered = cells.patterns[cells.pattern[first]]
    ability = sitting.ability[first]
    model = np.where(
        administered & np.isfinite(ability)[:, None] & sitting.items.calibrated,
        moments_at(sitting.items, np.nan_to_num(ability)).variance,
        0.0,
    )
    found = cell_moments(counts, max_points, expected[first], model, administered, model_works=MODEL_WORKS)
    return CellMoments(found.variance[group], found.information[group], found.third[group])
