"""Which schools are distorted, which only look suspicious."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from merilo.errors import UsageError
from merilo.language import translator
from merilo.methods.arrays import BoolArray, FloatArray, IntArray
from merilo.simulate.schools import Schools
from merilo.simulate.settings import CITY_WIDE, AuthoritySettings, Control, Manipulation
from merilo.simulate.timetable import PlannedProcedure

_ = translator("simulate")

LEAST_SIZE = 15.0
TINY_SIZES = (3, 8)
# Intake is three fifths of the variance of school effects: these are 2 and 1.3 SD of the whole effect.
STRONG_SD, SELECTIVE_SD = 2.6, 1.7


@dataclass(frozen=True, slots=True)
class Interventions:
    """Manipulations and controls with the schools (rows of Schools) that they fell on."""

    schools_n: int
    manipulations: tuple[tuple[Manipulation, IntArray], ...]
    controls: tuple[tuple[Control, IntArray], ...]

    def strength(self, kind: str, planned: PlannedProcedure) -> FloatArray:
        """Strength 0-1 of that manipulation in every school (J,) at that procedure."""
        strength = np.zeros(self.schools_n)
        for manipulation, schools in self.manipulations:
            if manipulation.kind == kind and concerns(manipulation, planned):
                strength[schools] = np.maximum(strength[schools], manipulation.strength)
        return strength

    def cuts(self, planned: PlannedProcedure) -> dict[int, FloatArray]:
        """Mark -> strength (J,) of lifting over its cut score."""
        strength = {mark: np.zeros(self.schools_n) for mark in (3, 4, 5)}
        for manipulation, schools in self.manipulations:
            if manipulation.kind == "threshold" and concerns(manipulation, planned):
                for mark in manipulation.cuts:
                    strength[mark][schools] = np.maximum(strength[mark][schools], manipulation.strength)
        return strength

    def control(self, kind: str) -> FloatArray:
        """Strength 0-1 of that control in every school (J,)."""
        strength = np.zeros(self.schools_n)
        for control, schools in self.controls:
            if control.kind == kind:
                strength[schools] = np.maximum(strength[schools], control.strength)
        return strength


def concerns(manipulation: Manipulation, planned: PlannedProcedure) -> bool:
    """Whether the manipulation is done at that procedure."""
    names = (planned.procedure.procedure_id, planned.blueprint.code, planned.blueprint.subject)
    return not manipulation.procedures or any(name in manipulation.procedures for name in names)


def assign_interventions(
    settings: AuthoritySettings, schools: Schools, rng: np.random.Generator
) -> Interventions:
    """Draw the schools of every intervention: each school gets one at most, unless named by its org_id."""
    free = np.ones(len(schools.org_ids), bool)
    controls = [(control, _choose(control, schools, free, rng)) for control in settings.controls]
    manipulations = [(one, _choose(one, schools, free, rng)) for one in settings.manipulations]
    return Interventions(len(schools.org_ids), tuple(manipulations), tuple(controls))


def apply_to_schools(schools: Schools, interventions: Interventions, rng: np.random.Generator) -> Schools:
    """Controls that change the school itself: strong, selective (intake), tiny (size)."""
    tiny = interventions.control("tiny") > 0
    small = rng.integers(TINY_SIZES[0], TINY_SIZES[1] + 1, schools.size.size).astype(float)
    return replace(
        schools,
        size=np.where(tiny, small, schools.size),
        intake=schools.intake
        + STRONG_SD * interventions.control("strong")
        + SELECTIVE_SD * interventions.control("selective"),
    )


def _choose(
    one: Manipulation | Control, schools: Schools, free: BoolArray, rng: np.random.Generator
) -> IntArray:
    if one.kind in CITY_WIDE:
        return np.arange(free.size)
    if isinstance(one.schools, tuple):
        chosen = _rows(one.schools, schools)
    else:
        wanted = free & (schools.size >= LEAST_SIZE)
        pool = np.flatnonzero(wanted if wanted.sum() >= one.schools else free)
        if pool.size < one.schools:
            raise UsageError(
                _("There are fewer schools left than the manipulations and controls ask for"),
                value=f"{one.kind}: {one.schools}",
                next_step=_("Ask for more schools or fewer interventions."),
            )
        chosen = np.sort(rng.choice(pool, one.schools, replace=False))
    free[chosen] = False
    return chosen


def _rows(org_ids: tuple[str, ...], schools: Schools) -> IntArray:
    row = {org_id: j for j, org_id in enumerate(schools.org_ids)}
    unknown = [org_id for org_id in org_ids if org_id not in row]
    if unknown:
        raise UsageError(_("No such school in the simulated authority"), value=unknown[0])
    return np.array([row[org_id] for org_id in org_ids], np.int64)
