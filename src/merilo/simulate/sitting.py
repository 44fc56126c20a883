"""One procedure as it was held: who came, what they answered, how it was marked, what was really true."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from merilo.methods.arrays import BoolArray, FloatArray, IntArray
from merilo.simulate import distortions
from merilo.simulate.answers import Points, draw_answers, score
from merilo.simulate.cohorts import Cohort
from merilo.simulate.fitting import FittedWork
from merilo.simulate.interventions import Interventions
from merilo.simulate.item_form import Form, draw_form
from merilo.simulate.journal import Marks, draw_journal, give_marks
from merilo.simulate.lifting import Lift, lift_degrees, lift_works
from merilo.simulate.schools import Schools
from merilo.simulate.settings import AuthoritySettings
from merilo.simulate.timetable import PlannedProcedure
from merilo.tables.works import NOT_ADMINISTERED, NOT_ATTEMPTED

INTAKE_PART, TEACHING_PART, PARALLEL_PART = 0.60, 0.25, 0.15
GIRLS_AHEAD = {"MA": 0.0, "RU": 0.25}
ABSENCE_BY_ABILITY = 0.25
SELECTIVE_SHIFT, SELECTIVE_SQUEEZE, SELECTIVE_FROM = 0.8, 0.35, 5
NEW_TEACHER_LOSS = 1.0
JOURNAL_OF_ABSENT, JOURNAL_OF_PRESENT = 0.9, 0.985


@dataclass(frozen=True, slots=True)
class SchoolEffects:
    """True effects on ability, logits (J,): intake (whom the school takes), teaching (lasting, per subject), parallel
    (this year group this year); their sum is the school effect. class_effect (L,) logits.
    """

    intake: FloatArray
    teaching: FloatArray
    parallel: FloatArray
    class_effect: FloatArray

    @property
    def total(self) -> FloatArray:
        """School effect, logits (J,)."""
        result: FloatArray = self.intake + self.teaching + self.parallel
        return result


@dataclass(frozen=True, slots=True)
class SimulatedProcedure:
    """A procedure with its truth; rows are pupils entered (N), sorted by school and class.

    points (N, I): points, NOT_ADMINISTERED, NOT_ATTEMPTED (absent: NOT_ADMINISTERED); variant (N,) 1 or 2, 0 absent;
    score (N,) points and mark (N,) 2-5, both 0 where absent; journal (N,) 2-5, 0 unknown; theta (N,) logits;
    expected_points (N,) of an honest work; honest_score (N,) before help and lift; marked_score (N,) before the lift;
    copied_from (N,) row or -1; kept_away (N,); dictated: school row -> item columns.
    """

    planned: PlannedProcedure
    cohort: Cohort
    form: Form
    effects: SchoolEffects
    present: BoolArray
    variant: IntArray
    points: Points
    score: IntArray
    mark: Marks
    journal: Marks
    theta: FloatArray
    expected_points: FloatArray
    honest_score: IntArray
    marked_score: IntArray
    copied_from: IntArray
    kept_away: BoolArray
    dictated: dict[int, IntArray]
    lift: Lift


def hold_procedure(
    planned: PlannedProcedure,
    fitted: FittedWork,
    schools: Schools,
    cohort: Cohort,
    interventions: Interventions,
    skill_profile: FloatArray,
    habit: FloatArray,
    settings: AuthoritySettings,
    rng: np.random.Generator,
) -> SimulatedProcedure:
    """Hold one procedure. skill_profile (J, S) and habit (J,): see item_form and lifting."""
    blueprint = planned.blueprint
    effects = _draw_effects(fitted, schools, cohort, interventions, settings, blueprint.subject, rng)
    theta = _abilities(fitted, cohort, effects, interventions, settings, blueprint.subject)
    form = draw_form(
        fitted, cohort, settings, interventions, skill_profile, rng, later_year=planned.year_index > 0
    )
    kept = distortions.keep_away(theta, cohort.school, interventions.strength("participation", planned), rng)
    present = ~kept & _came(theta, fitted, cohort, settings, rng)
    variant = rng.integers(0, 2, cohort.size)
    help_logits = distortions.INFLATION_LOGITS * interventions.strength("inflation", planned)
    answers = draw_answers(form, cohort, theta, variant, help_logits, rng)
    points = answers.points.copy(order="F")
    points[~present] = NOT_ADMINISTERED
    dictated, copied = _distort(points, cohort, interventions, planned, rng)
    marked_score, honest_score = score(points), score(answers.honest)
    degree = lift_degrees(habit, interventions.cuts(planned), settings, rng)
    lift = lift_works(points, present, cohort.school, degree, blueprint, rng, reach=settings.lift_reach)
    total = score(points)
    mark = give_marks(total, blueprint.cut_scores)
    trusted = present & ~_touched(interventions, planned)[cohort.school]
    journal = draw_journal(
        theta / fitted.ability_sd,
        effects.total[cohort.school] / fitted.ability_sd,
        honest_score,
        cohort.school,
        mark,
        trusted if trusted.any() else present,
        blueprint,
        rng,
        schools_n=len(schools.org_ids),
    )
    unknown = rng.random(cohort.size) > np.where(present, JOURNAL_OF_PRESENT, JOURNAL_OF_ABSENT)
    _leave_out(points, theta / fitted.ability_sd, settings, rng)
    return SimulatedProcedure(
        planned=planned,
        cohort=cohort,
        form=form,
        effects=effects,
        present=present,
        variant=np.where(present, variant + 1, 0),
        points=points,
        score=np.where(present, total, 0),
        mark=np.where(present, mark, np.int8(0)),
        journal=np.where(unknown, np.int8(0), journal),
        theta=theta,
        expected_points=answers.expected,
        honest_score=honest_score,
        marked_score=np.where(present, marked_score, 0),
        copied_from=copied,
        kept_away=kept,
        dictated=dictated,
        lift=lift,
    )


def _draw_effects(
    fitted: FittedWork,
    schools: Schools,
    cohort: Cohort,
    interventions: Interventions,
    settings: AuthoritySettings,
    subject: str,
    rng: np.random.Generator,
) -> SchoolEffects:
    between = fitted.ability_sd * np.sqrt(fitted.school_part)
    class_effect = fitted.ability_sd * np.sqrt(settings.class_part) * cohort.class_effect[subject]
    novice = interventions.control("new_teacher")
    for j in np.flatnonzero(novice):
        classes = np.flatnonzero(cohort.class_school == j)
        class_effect[rng.choice(classes)] -= NEW_TEACHER_LOSS * fitted.ability_sd * novice[j]
    return SchoolEffects(
        intake=between * np.sqrt(INTAKE_PART) * schools.intake,
        teaching=between * np.sqrt(TEACHING_PART) * schools.teaching[subject],
        parallel=between * np.sqrt(PARALLEL_PART) * rng.normal(size=len(schools.org_ids)),
        class_effect=class_effect,
    )


def _abilities(
    fitted: FittedWork,
    cohort: Cohort,
    effects: SchoolEffects,
    interventions: Interventions,
    settings: AuthoritySettings,
    subject: str,
) -> FloatArray:
    """Ability of every pupil, logits (N,)."""
    own = cohort.ability(subject) + GIRLS_AHEAD[subject] * (cohort.girl - 0.5)
    selective = interventions.control("selective")[cohort.school]
    if cohort.year_group >= SELECTIVE_FROM and selective.any():
        own = own * (1 - SELECTIVE_SQUEEZE * selective) + SELECTIVE_SHIFT * selective
    within = np.sqrt(max(0.05, 1 - fitted.school_part - settings.class_part))
    result: FloatArray = (
        effects.total[cohort.school] + effects.class_effect[cohort.klass] + fitted.ability_sd * within * own
    )
    return result


def _came(
    theta: FloatArray,
    fitted: FittedWork,
    cohort: Cohort,
    settings: AuthoritySettings,
    rng: np.random.Generator,
) -> BoolArray:
    """Who was not ill or away: weaker pupils miss a little more often (logit falls by 0.25 per SD of ability)."""
    low, high = settings.absent_share
    share = rng.uniform(low, high)
    if share == 0:
        return np.ones(cohort.size, bool)
    schools = int(cohort.class_school.max()) + 1
    logit = np.log(share / (1 - share)) - ABSENCE_BY_ABILITY * theta / fitted.ability_sd
    logit += 0.3 * rng.normal(size=schools)[cohort.school]
    came: BoolArray = rng.random(cohort.size) >= 1 / (1 + np.exp(-logit))
    return came


def _distort(
    points: Points,
    cohort: Cohort,
    interventions: Interventions,
    planned: PlannedProcedure,
    rng: np.random.Generator,
) -> tuple[dict[int, IntArray], IntArray]:
    """Help during the work and generous marking; changes points."""
    blueprint, school = planned.blueprint, cohort.school
    expert = np.array([item.marking == "expert" for item in blueprint.items])
    dictated = distortions.dictate(
        points, school, interventions.strength("dictated", planned), blueprint, rng
    )
    copying = interventions.strength("copying", planned)
    copied = distortions.copy_answers(points, school, cohort.klass, copying, rng)
    lenient = distortions.LENIENT_CELLS * interventions.strength("leniency", planned)
    distortions.raise_cells(points, lenient[school], expert, blueprint, rng)
    generous = distortions.CITY_CELLS * interventions.control("lenient_city")
    distortions.raise_cells(points, generous[school], expert, blueprint, rng)
    strict = distortions.CITY_CELLS * interventions.control("strict_city")
    distortions.raise_cells(points, strict[school], expert, blueprint, rng, by=-1)
    return dictated, copied


def _touched(interventions: Interventions, planned: PlannedProcedure) -> BoolArray:
    touched = np.zeros(interventions.schools_n, bool)
    for kind in ("threshold", "dictated", "copying", "leniency", "participation", "inflation"):
        touched |= interventions.strength(kind, planned) > 0
    return touched


def _leave_out(
    points: Points, ability: FloatArray, settings: AuthoritySettings, rng: np.random.Generator
) -> None:
    """Some zeros are answers not attempted: more by weaker pupils and towards the end; changes points."""
    n_items = points.shape[1]
    for i in range(n_items):
        zeros = np.flatnonzero(points[:, i] == 0)
        place = 0.5 + i / max(1, n_items - 1)
        chance = settings.not_attempted_share * place * np.exp(-0.3 * np.clip(ability[zeros], -2, 2))
        points[zeros[rng.random(zeros.size) < chance], i] = NOT_ATTEMPTED
