"""An authority with known truth: schools, cohorts growing up, procedures held every spring."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from merilo.methods.arrays import FloatArray
from merilo.simulate.blueprint import SUBJECTS, load_blueprints
from merilo.simulate.cohorts import Cohort, advance, make_cohort
from merilo.simulate.fitting import FittedWork, fit_work
from merilo.simulate.interventions import Interventions, apply_to_schools, assign_interventions
from merilo.simulate.item_form import subject_skills
from merilo.simulate.lifting import draw_habits
from merilo.simulate.schools import Schools, make_schools
from merilo.simulate.settings import AuthoritySettings
from merilo.simulate.sitting import SimulatedProcedure, hold_procedure
from merilo.simulate.timetable import PlannedProcedure, plan_procedures

FIRST_KEY = 1


@dataclass(frozen=True, slots=True)
class World:
    """What lasts over the years.

    cohorts: (year_index, year_group) -> Cohort; skill_profile: subject -> (J, S) standard normal; habit (J,) share of
    near-misses that the school's markers usually lift over the cut score for "3".
    """

    settings: AuthoritySettings
    schools: Schools
    interventions: Interventions
    fitted: dict[str, FittedWork]
    planned: tuple[PlannedProcedure, ...]
    cohorts: dict[tuple[int, int], Cohort]
    skill_profile: dict[str, FloatArray]
    habit: FloatArray
    seeds: tuple[np.random.Generator, ...]
    mess_seed: int


@dataclass(frozen=True, slots=True)
class SimulatedAuthority:
    """Everything in memory: the world and its procedures in the order of World.planned."""

    world: World
    procedures: tuple[SimulatedProcedure, ...]

    @property
    def settings(self) -> AuthoritySettings:
        """What was asked for."""
        return self.world.settings

    @property
    def schools(self) -> Schools:
        """The schools, controls included."""
        return self.world.schools

    def procedure(self, procedure_id: str) -> SimulatedProcedure:
        """The procedure of that id."""
        return next(one for one in self.procedures if one.planned.procedure.procedure_id == procedure_id)


def simulate_authority(settings: AuthoritySettings, rng: np.random.Generator) -> SimulatedAuthority:
    """An authority and all its procedures, in memory (for tens of thousands of schools use `simulate`)."""
    world = make_world(settings, rng)
    return SimulatedAuthority(world, tuple(hold_procedures(world)))


def make_world(settings: AuthoritySettings, rng: np.random.Generator) -> World:
    """Draw everything but the answers. Every part has its own stream: more procedures change no earlier one."""
    for_schools, for_chance, for_fit, for_pupils, for_profile, for_sittings, for_mess = rng.spawn(7)
    schools = make_schools(settings, for_schools)
    interventions = assign_interventions(settings, schools, for_chance)
    schools = apply_to_schools(schools, interventions, for_chance)
    planned = tuple(plan_procedures(settings))
    codes = list(load_blueprints())
    streams = dict(zip(codes, for_fit.spawn(len(codes))))
    fitted = {
        code: fit_work(
            load_blueprints()[code],
            streams[code],
            lift_mean=settings.lift_mean,
            lift_reach=settings.lift_reach,
            item_sd=settings.school_item_sd,
            school_part=settings.school_part,
        )
        for code in dict.fromkeys(one.blueprint.code for one in planned)
    }
    return World(
        settings=settings,
        schools=schools,
        interventions=interventions,
        fitted=fitted,
        planned=planned,
        cohorts=_grow(schools, settings, planned, interventions, for_pupils),
        skill_profile={
            subject: for_profile.normal(size=(settings.schools, len(subject_skills()[subject])))
            for subject in SUBJECTS
        },
        habit=draw_habits(settings, for_profile, size=settings.schools),
        seeds=tuple(for_sittings.spawn(len(planned))),
        mess_seed=int(for_mess.integers(2**62)),
    )


def hold_procedures(world: World) -> Iterator[SimulatedProcedure]:
    """The procedures one after another, so that nobody need hold them all. A world can be held once."""
    for planned, rng in zip(world.planned, world.seeds):
        yield hold_procedure(
            planned,
            world.fitted[planned.blueprint.code],
            world.schools,
            world.cohorts[planned.year_index, planned.year_group],
            world.interventions,
            world.skill_profile[planned.blueprint.subject],
            world.habit,
            world.settings,
            rng,
        )


def _grow(
    schools: Schools,
    settings: AuthoritySettings,
    planned: tuple[PlannedProcedure, ...],
    interventions: Interventions,
    rng: np.random.Generator,
) -> dict[tuple[int, int], Cohort]:
    """Cohorts by year and year group: born where first needed, then growing up by a year group a year."""
    streamed = interventions.control("streamed")
    wanted = sorted({(one.year_index, one.year_group) for one in planned})
    cohorts: dict[tuple[int, int], Cohort] = {}
    key = FIRST_KEY
    for year, year_group in wanted:
        before = cohorts.get((year - 1, year_group - 1))
        if before is not None:
            cohort = advance(before, key, settings, rng)
        else:
            cohort = make_cohort(schools, year_group, key, rng, streamed=streamed)
        cohorts[year, year_group] = cohort
        key = max(key, int(cohort.key.max()) + 1)
    return cohorts
