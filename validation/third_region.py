"""A third simulator of authorities, written after the statistics were frozen, to judge them once.

It shares no code with merilo.simulate nor with other_region. Answers follow three-parameter logistic items (marked by
machine, with guessing) and generalised partial credit items (marked by persons); abilities within schools are bimodal
or skewed; schools differ on every item (Student t, 5 degrees of freedom) and, in every second authority, classes too;
absences come in clusters by class; journal marks are rounded noisy linear functions with a generosity of the school.
Manipulations are those of the promise: shares at strength 1 as in the issue, at strength s that part of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from third_deeds import apply_deeds, keep_away, lift

from merilo.methods.arrays import BoolArray, FloatArray, IntArray

Deeds = tuple[tuple[str, float, int], ...]
# Share of the schools with at most so many pupils in a year group: quartiles 10, 22, 57.
SIZE_SHARES = (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.97, 1.0)
SIZE_PUPILS = (3, 6, 10, 22, 57, 96, 130, 170)
TOWN_PUPILS = (45, 75)
LARGEST_CLASS = 30
SUBJECTS = ("MA", "RU")
CUT_SHARES = (0.2, 0.5, 0.8)
ICC, SIZE_CORRELATION = 0.15, 0.3
HONEST_LIFT, LIFT_PERSISTENCE = 0.5, 0.6
SKILLS = 4


@dataclass(frozen=True, slots=True)
class ThirdSettings:
    """kinds, controls: (name, strength, schools). smallest: pupils of the smallest school that manipulates.

    item_sd: schools' differences on an item, logits. copy_rule: "shares" takes the part of both shares of copying,
    "root" its square root, so that the answers copied in all are that part.
    """

    schools: int = 200
    procedures: int = 4
    town: bool = False
    kinds: Deeds = ()
    controls: Deeds = ()
    smallest: int = 15
    item_sd: float = 0.5
    copy_rule: str = "shares"


@dataclass(frozen=True, slots=True)
class Form:
    """Items (I,): slope, difficulty (logits), guessing, points, marked by a person, skill; steps (I, 3) of credit."""

    slope: FloatArray
    difficulty: FloatArray
    guessing: FloatArray
    steps: FloatArray
    max_points: IntArray
    expert: BoolArray
    skill: IntArray


@dataclass(frozen=True, slots=True)
class Sat:
    """A procedure as it was sat: pupils (N,), points (N, I); near_n, lifted_n (3, J), degree (J,)."""

    name: str
    subject: str
    year_group: int
    form: Form
    cuts: tuple[int, ...]
    pupil: NDArray[np.str_]
    school: IntArray
    klass: IntArray
    present: BoolArray
    journal: IntArray
    points: IntArray
    near_n: IntArray
    lifted_n: IntArray
    degree: FloatArray


@dataclass(frozen=True, slots=True)
class ThirdRegion:
    """org_ids, kind, control, strength (J,); procedures in the order of their names."""

    org_ids: tuple[str, ...]
    kind: NDArray[np.str_]
    control: NDArray[np.str_]
    strength: FloatArray
    procedures: tuple[Sat, ...]


@dataclass(frozen=True, slots=True)
class _Schools:
    settings: ThirdSettings
    size: IntArray
    kind: NDArray[np.str_]
    control: NDArray[np.str_]
    strength: FloatArray
    effect: FloatArray
    habit: FloatArray
    generosity: FloatArray
    class_items: bool
    within: Callable[[int], FloatArray]

    def of(self, control: str) -> BoolArray:
        return np.asarray(self.control == control, bool)


@dataclass(frozen=True, slots=True)
class _Cohort:
    """Pupils of a year group: school, class, general ability in standard deviations of the region."""

    school: IntArray
    klass: IntArray
    ability: FloatArray
    names: NDArray[np.str_]


def draw_third(settings: ThirdSettings, seed: int) -> ThirdRegion:
    """Draw an authority."""
    rng = np.random.default_rng([333, seed])
    schools = _schools(settings, rng)
    cohorts: dict[int, _Cohort] = {}
    sat = []
    for number in range(settings.procedures):
        group = 5 + number // len(SUBJECTS)
        if group not in cohorts:
            cohorts[group] = _cohort(schools, group, rng)
        sat.append(_sit(schools, cohorts[group], SUBJECTS[number % len(SUBJECTS)], group, rng))
    ids = tuple(f"h{j:04d}" for j in range(settings.schools))
    ordered = tuple(sorted(sat, key=lambda one: one.name))
    return ThirdRegion(ids, schools.kind, schools.control, schools.strength, ordered)


def _schools(settings: ThirdSettings, rng: np.random.Generator) -> _Schools:
    n = settings.schools
    size = (
        rng.integers(TOWN_PUPILS[0], TOWN_PUPILS[1] + 1, n)
        if settings.town
        else np.round(np.interp(rng.random(n), SIZE_SHARES, SIZE_PUPILS)).astype(np.int64)
    )
    kind, control = np.full(n, "", "<U16"), np.full(n, "", "<U16")
    strength = np.zeros(n)
    free = np.ones(n, bool)
    for name, much, how_many in settings.kinds:
        chosen = rng.choice(np.flatnonzero(free & (size >= settings.smallest)), how_many, replace=False)
        kind[chosen], strength[chosen], free[chosen] = name, much, False
    for name, _much, how_many in settings.controls:
        if name.endswith("_city"):
            control[:] = name
            continue
        able = free & (size > LARGEST_CLASS + 5) if name in ("streamed", "new_teacher") else free
        chosen = rng.choice(np.flatnonzero(able), how_many, replace=False)
        control[chosen], free[chosen] = name, False
    size[control == "tiny"] = rng.integers(4, 9, int((control == "tiny").sum()))
    rank = (np.argsort(np.argsort(size)) + 0.5) / n - 0.5
    effect = SIZE_CORRELATION * rank * np.sqrt(12) + np.sqrt(1 - SIZE_CORRELATION**2) * rng.normal(size=n)
    bimodal, skew = rng.random() < 0.5, rng.choice([-1.0, 1.0])

    def within(pupils: int) -> FloatArray:
        if bimodal:
            drawn = np.where(rng.random(pupils) < 0.35, -1.2, 0.65) + 0.5 * rng.normal(size=pupils)
            return np.asarray(drawn / np.sqrt(0.25 + 0.35 * 0.65 * 1.85**2))
        return np.asarray(skew * (rng.gamma(2.5, size=pupils) - 2.5) / np.sqrt(2.5))

    return _Schools(
        settings, size, kind, control, strength, np.sqrt(ICC) * effect, rng.normal(size=n),
        rng.normal(0, 0.25, n), bool(rng.random() < 0.5), within,
    )  # fmt: skip


def _cohort(schools: _Schools, group: int, rng: np.random.Generator) -> _Cohort:
    """Pupils by school and class; streamed schools put pupils into classes by ability."""
    many = len(schools.size)
    n = np.maximum(np.round(schools.size * np.exp(rng.normal(0, 0.08, many))), 3).astype(np.int64)
    school = np.repeat(np.arange(many), n)
    own = schools.within(len(school)) * np.sqrt(1 - ICC)
    own = np.where(schools.of("selective")[school], 0.55 * own, own)
    year = 0.4 * np.sqrt(ICC) * rng.normal(size=many)
    place = (schools.effect * np.sqrt(1 - 0.16) + year)[school]
    ability = own + place + 0.9 * schools.of("strong")[school] + 1.2 * schools.of("selective")[school]
    klass = np.zeros(len(school), np.int64)
    first = 0
    for j in range(many):
        rows = np.flatnonzero(school == j)
        classes = -(-len(rows) // LARGEST_CLASS)
        key = (
            ability[rows] + rng.normal(0, 0.3, len(rows))
            if schools.control[j] == "streamed"
            else rng.random(len(rows))
        )
        klass[rows[np.argsort(key)]] = first + np.arange(len(rows)) * classes // len(rows)
        first += classes
    ability = ability + rng.normal(0, 0.2, first)[klass]
    names = np.array([f"p{group}_{k}" for k in range(len(school))])
    return _Cohort(school, klass, ability, names)


def _form(rng: np.random.Generator) -> Form:
    n = int(rng.integers(14, 23))
    expert = rng.permutation(np.arange(n) < round(rng.uniform(0.3, 0.5) * n))
    most = np.where(expert, rng.choice([1, 2, 3], n, p=[0.2, 0.5, 0.3]), 1)
    return Form(
        slope=np.exp(rng.normal(0.1, 0.3, n)),
        difficulty=rng.normal(np.where(expert, 0.1, -0.3), 0.9),
        guessing=np.where(expert | (rng.random(n) < 0.4), 0.0, rng.uniform(0.05, 0.25, n)),
        steps=np.sort(rng.normal(0, 0.6, (n, 3)), axis=1),
        max_points=most.astype(np.int64),
        expert=expert,
        skill=rng.permutation(np.arange(n) % SKILLS),
    )


def _sit(schools: _Schools, cohort: _Cohort, subject: str, group: int, rng: np.random.Generator) -> Sat:
    form = _form(rng)
    school, klass, many = cohort.school, cohort.klass, len(schools.size)
    teacher = _new_teachers(schools, cohort, rng)
    theta = 0.9 * cohort.ability + 0.436 * rng.normal(size=len(school))
    theta = 1.1 * theta - 0.6 * teacher
    points = _answers(form, theta, _easier(schools, cohort, form, teacher, rng), rng)
    present = _present(cohort, theta, rng)
    present &= ~keep_away(schools.kind, schools.strength, school, cohort.ability, rng)
    points = apply_deeds(
        schools.kind, schools.strength, school, klass, present, points, form.max_points, form.expert,
        schools.settings.copy_rule, rng,
    )  # fmt: skip
    for name, sign in (("lenient_city", 1), ("strict_city", -1)):
        changed = schools.of(name)[school][:, None] & form.expert & (rng.random(points.shape) < 0.25)
        points = np.clip(points + sign * changed, 0, form.max_points)
    cuts = tuple(int(np.ceil(share * form.max_points.sum() - 1e-9)) for share in CUT_SHARES)
    mixed = np.sqrt(LIFT_PERSISTENCE) * schools.habit + np.sqrt(1 - LIFT_PERSISTENCE) * rng.normal(size=many)
    degree = HONEST_LIFT * _uniform(mixed)
    lifting = schools.kind == "threshold"
    degree = np.where(lifting, np.maximum(degree, 0.85 * schools.strength), degree)
    points, near_n, lifted_n = lift(points, form.max_points, form.expert, cuts, school, present, degree, rng)
    marks = 3.6 + 0.75 * theta / 1.1 + schools.generosity[school] + 0.45 * rng.normal(size=len(school))
    journal = np.clip(np.round(marks), 2, 5).astype(np.int64) * (rng.random(len(school)) > 0.03)
    return Sat(
        f"{subject}{group}", subject, group, form, cuts, cohort.names, school, klass, present, journal,
        points, near_n, lifted_n, degree,
    )  # fmt: skip


def _uniform(normal: FloatArray) -> FloatArray:
    """Share of the schools below: uniform however the normal numbers came."""
    return np.asarray((np.argsort(np.argsort(normal)) + 0.5) / len(normal), float)


def _new_teachers(schools: _Schools, cohort: _Cohort, rng: np.random.Generator) -> BoolArray:
    """Pupils of the one class with a new teacher (N,)."""
    found = np.zeros(len(cohort.school), bool)
    for j in np.flatnonzero(schools.of("new_teacher")):
        found |= cohort.klass == rng.choice(np.unique(cohort.klass[cohort.school == j]))
    return found


def _easier(
    schools: _Schools, cohort: _Cohort, form: Form, teacher: BoolArray, rng: np.random.Generator
) -> FloatArray:
    """How much easier each item is for each pupil's school and class, logits (N, I)."""
    items = len(form.slope)
    own = rng.standard_t(5, (len(schools.size), items)) * np.sqrt(3 / 5) * schools.settings.item_sd
    classes = rng.normal(0, 0.2 if schools.class_items else 0.0, (cohort.klass.max() + 1, items))
    for j in np.flatnonzero(schools.of("curriculum")):
        up, down = rng.choice(SKILLS, 2, replace=False)
        own[j] += 0.9 * (form.skill == up) - 0.4 * (form.skill == down)
    for k in np.unique(cohort.klass[teacher]):
        classes[k] += rng.normal(0, 0.4, items)
    return np.asarray(own[cohort.school] + classes[cohort.klass])


def _answers(form: Form, theta: FloatArray, easier: FloatArray, rng: np.random.Generator) -> IntArray:
    """Honest points (N, I): three-parameter logistic, or generalised partial credit."""
    logit = form.slope * (theta[:, None] + easier - form.difficulty)
    one = form.guessing + (1 - form.guessing) / (1 + np.exp(-logit))
    points: IntArray = (rng.random(logit.shape) < one).astype(np.int64)
    for i in np.flatnonzero(form.expert):
        steps = logit[:, i, None] - form.slope[i] * form.steps[i, : form.max_points[i]]
        power = np.exp(np.concatenate([np.zeros((len(theta), 1)), np.cumsum(steps, axis=1)], axis=1))
        below = np.cumsum(power, axis=1) / power.sum(axis=1, keepdims=True)
        points[:, i] = (rng.random((len(theta), 1)) > below[:, :-1]).sum(axis=1)
    return points


def _present(cohort: _Cohort, theta: FloatArray, rng: np.random.Generator) -> BoolArray:
    """Absences in clusters: a bad day of a school or a class, a little more often weak pupils."""
    school = rng.normal(-2.5, 0.4, cohort.school.max() + 1)
    classes = rng.normal(0, 0.3, cohort.klass.max() + 1)
    classes += 1.2 * (rng.random(len(classes)) < 0.1)
    logit = school[cohort.school] + classes[cohort.klass] - 0.15 * theta
    return np.asarray(rng.random(len(theta)) > 1 / (1 + np.exp(-logit)), bool)
