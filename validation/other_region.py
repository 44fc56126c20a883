"""A second simulator that shares nothing with merilo.simulate: the examiner, on which nothing is tuned.

Graded answers of a normal ogive with slopes of their own, lognormal schools, beta-binomial absences, marks of the
journal by another law. What is done to works stands in other_works.py, how they are
written down in other_folder.py. Truth is returned as arrays.

region = draw_region(OtherSettings(schools=200, kinds=(("copying", 0.5, 20),)), seed=1)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import other_works
from numpy.typing import NDArray
from scipy.special import ndtri

from merilo.methods.arrays import BoolArray, FloatArray, IntArray

# A logit of the chance of a point, in standard deviations of the normal ogive.
LOGIT = 1 / 1.702
SKILLS = 4
SUBJECTS = ("mathematics", "russian")
CITY_WIDE = ("lenient_city", "strict_city")
LASTING = 0.7  # of the variance of school effects is common to all procedures of a school
Words = NDArray[np.str_]


@dataclass(frozen=True, slots=True)
class OtherSettings:
    """What to draw.

    town: 40-70 pupils a procedure instead of lognormal sizes (quartiles about 10, 22, 57). kinds, controls: (name,
    strength, schools); city-wide controls fall on all. half_of_procedures: manipulations in every second procedure.
    lift: "habits" (Beta, mean 0.25 in 0-0.5) or "region" (mean 0.5 in 0-1 everywhere) or "none". lift_rule: "max" (the
    greater of the honest share and 0.85 s) or "towards" (the rest up to 0.85 times s). copy_rule: "linear" or "root".
    prior: every procedure has one of the year before with the same pupils, never manipulated, so that there are twice
    as many. journals: marks of the journal are known. item_sd, skill_sd: logits. least_pupils: of a manipulated school.
    """

    schools: int = 200
    procedures: int = 4
    town: bool = False
    kinds: tuple[tuple[str, float, int], ...] = ()
    controls: tuple[tuple[str, float, int], ...] = ()
    half_of_procedures: bool = False
    lift: str = "habits"
    lift_rule: str = "max"
    copy_rule: str = "linear"
    prior: bool = False
    journals: bool = True
    item_sd: float = 0.5
    skill_sd: float = 0.25
    class_item_sd: float = 0.15
    least_pupils: int = 10


@dataclass(frozen=True, slots=True)
class Form:
    """Items of a procedure: slope (I,); step (I, 2), infinite beyond the item's points; expert (I,); skill (I,)."""

    slope: FloatArray
    step: FloatArray
    expert: BoolArray
    skill: IntArray

    @property
    def max_points(self) -> IntArray:
        """Points of every item (I,)."""
        return np.asarray(np.isfinite(self.step).sum(axis=1))


@dataclass(frozen=True, slots=True)
class Held:
    """A procedure: rows are pupils. near_n, lifted_n (3, J): works 1-2 points below a cut score, and those lifted."""

    name: str
    subject: str
    year: int
    prior: str
    form: Form
    cuts: tuple[int, int, int]
    school: IntArray
    klass: IntArray
    pupil: IntArray
    present: BoolArray
    points: IntArray
    journal: IntArray
    near_n: IntArray
    lifted_n: IntArray
    degree: FloatArray


@dataclass(frozen=True, slots=True)
class OtherRegion:
    """kind, control (J,) words, "" for none; strength (J,); touched (J, P); procedures in the order of their names."""

    settings: OtherSettings
    kind: Words
    control: Words
    strength: FloatArray
    touched: BoolArray
    procedures: tuple[Held, ...]

    @property
    def org_ids(self) -> tuple[str, ...]:
        """Names of the schools."""
        return tuple(f"o{j:04d}" for j in range(len(self.kind)))


@dataclass(frozen=True, slots=True)
class _Lasting:
    """What a school keeps: pupils a procedure, effect, habit of lifting, generosity of journals, curriculum."""

    size: FloatArray
    effect: FloatArray
    habit: FloatArray
    generosity: FloatArray
    skill: FloatArray  # (J, 2 subjects, SKILLS) logits
    no_journal: BoolArray


@dataclass(frozen=True, slots=True)
class _Cohort:
    """Pupils of one year group: school, klass (numbers within the region), ability without school effects."""

    school: IntArray
    klass: IntArray
    ability: FloatArray
    class_school: IntArray


def draw_region(settings: OtherSettings, seed: int) -> OtherRegion:
    """Draw schools, pupils and works."""
    rng = np.random.default_rng([97, seed])
    schools = settings.schools
    size = _sizes(settings, rng)
    kind, control, strength = _assign(settings, size, rng)
    size = np.where(control == "tiny", rng.integers(3, 9, schools), size)
    lasting = _Lasting(
        size=size,
        effect=rng.normal(size=schools) + 2.0 * (control == "strong") + 1.5 * (control == "selective"),
        habit=_habits(settings, rng),
        generosity=rng.normal(0, 0.25, schools),
        skill=_curricula(settings, control, strength, rng),
        no_journal=rng.random(schools) < 0.03,
    )
    held: list[Held] = []
    touched: list[BoolArray] = []
    for number in range(settings.procedures):
        cohort = _draw_cohort(lasting, control == "streamed", rng)
        done = np.ones(schools, bool)
        if settings.half_of_procedures:
            done &= (np.arange(schools) + number) % 2 == 0
        earlier = ""
        if settings.prior:
            none = np.zeros(schools, bool)
            held.append(
                _hold(
                    f"p{number}_a", "", number, cohort, lasting, kind, control, strength, none, settings, rng
                )
            )
            touched.append(none)
            earlier = held[-1].name
            cohort = _grown(cohort, rng)
        held.append(
            _hold(
                f"p{number}_b", earlier, number, cohort, lasting, kind, control, strength, done, settings, rng
            )
        )
        touched.append(done & (kind != ""))
    return OtherRegion(settings, kind, control, strength, np.stack(touched, axis=1), tuple(held))


def _sizes(settings: OtherSettings, rng: np.random.Generator) -> FloatArray:
    """Pupils a procedure: quartiles 10, 22, 57 of a lognormal whose halves differ in width."""
    if settings.town:
        return rng.uniform(40, 70, settings.schools)
    z = rng.normal(size=settings.schools)
    return np.asarray(np.clip(22 * np.exp(z * np.where(z < 0, 1.17, 1.41)), 2, 220))


def _assign(
    settings: OtherSettings, size: FloatArray, rng: np.random.Generator
) -> tuple[Words, Words, FloatArray]:
    """Which school gets which manipulation or control; no school gets two."""
    kind = np.full(settings.schools, "", dtype="<U16")
    control = kind.copy()
    strength = np.zeros(settings.schools)
    free = np.ones(settings.schools, bool)
    for name, force, n in settings.controls:
        if name in CITY_WIDE:
            control[:] = name
            continue
        chosen = rng.choice(np.flatnonzero(free & (size >= 25)), n, replace=False)
        control[chosen], strength[chosen], free[chosen] = name, force, False
    for name, force, n in settings.kinds:
        chosen = rng.choice(np.flatnonzero(free & (size >= settings.least_pupils)), n, replace=False)
        kind[chosen], strength[chosen], free[chosen] = name, force, False
    return kind, control, strength


def _habits(settings: OtherSettings, rng: np.random.Generator) -> FloatArray:
    """Honest shares of near-misses lifted (J,)."""
    if settings.lift == "none":
        return np.zeros(settings.schools)
    if settings.lift == "region":
        return rng.beta(6, 6, settings.schools)
    return 0.5 * rng.beta(1.5, 1.5, settings.schools)


def _curricula(
    settings: OtherSettings, control: Words, strength: FloatArray, rng: np.random.Generator
) -> FloatArray:
    """Logits (J, subjects, skills): the schools' own, and a control that teaches one skill much and another little."""
    logits = rng.normal(0, settings.skill_sd, (settings.schools, len(SUBJECTS), SKILLS))
    for j in np.flatnonzero(control == "curriculum"):
        for subject in range(len(SUBJECTS)):
            much, little = rng.choice(SKILLS, 2, replace=False)
            logits[j, subject, much] += 0.9 * strength[j]
            logits[j, subject, little] -= 0.4 * strength[j]
    return logits


def _draw_cohort(lasting: _Lasting, streamed: BoolArray, rng: np.random.Generator) -> _Cohort:
    """Pupils in classes of 20-28; streamed schools sort them by ability."""
    schools = len(lasting.size)
    n = np.maximum(2, rng.poisson(lasting.size))
    school = np.repeat(np.arange(schools), n)
    ability = rng.normal(size=len(school))
    key = np.where(streamed[school], ability + rng.normal(0, 0.5, len(school)), rng.random(len(school)))
    order = np.lexsort((key, school))
    ability = ability[order]
    place = np.arange(len(school)) - (np.cumsum(n) - n)[school]
    classes = np.maximum(1, np.round(n / rng.uniform(20, 28, schools))).astype(np.int64)
    first = np.cumsum(classes) - classes
    klass = first[school] + place * classes[school] // n[school]
    return _Cohort(school, klass, ability, np.repeat(np.arange(schools), classes))


def _grown(cohort: _Cohort, rng: np.random.Generator) -> _Cohort:
    """The same pupils a year later."""
    ability = 0.9 * cohort.ability + np.sqrt(1 - 0.81) * rng.normal(size=len(cohort.ability))
    return _Cohort(cohort.school, cohort.klass, ability, cohort.class_school)


def _draw_form(rng: np.random.Generator) -> Form:
    """12-20 items, a third of 2 points, half marked by a person."""
    n = int(rng.integers(12, 21))
    slope = 0.8 * np.exp(rng.normal(0, 0.3, n))
    first = -ndtri(rng.uniform(0.35, 0.93, n)) * np.sqrt(1 + slope**2)
    second = np.where(rng.random(n) < 1 / 3, first + rng.uniform(0.3, 1.2, n), np.inf)
    expert = rng.permutation(n) < n // 2
    return Form(slope, np.column_stack([first, second]), expert, rng.permutation(np.arange(n) % SKILLS))


def _hold(
    name: str,
    prior: str,
    number: int,
    cohort: _Cohort,
    lasting: _Lasting,
    kind: Words,
    control: Words,
    strength: FloatArray,
    done: BoolArray,
    settings: OtherSettings,
    rng: np.random.Generator,
) -> Held:
    """Hold a procedure; done (J,): whether the school's manipulation, if any, happens here."""
    schools, form = len(kind), _draw_form(rng)
    force = {one: np.where((kind == one) & done, strength, 0.0) for one in other_works.KINDS}
    icc = rng.uniform(0.10, 0.17)
    effect = np.sqrt(LASTING) * lasting.effect + np.sqrt(1 - LASTING) * rng.normal(size=schools)
    class_effect = rng.normal(0, 0.2, len(cohort.class_school))
    for j in np.flatnonzero(control == "new_teacher"):
        class_effect[rng.choice(np.flatnonzero(cohort.class_school == j))] -= 0.9
    narrow = np.where(control == "selective", 0.65, 1.0)
    ability = (
        np.sqrt(icc) * effect[cohort.school]
        + class_effect[cohort.klass]
        + np.sqrt(1 - icc - 0.04) * narrow[cohort.school] * cohort.ability
    )
    own = lasting.skill[:, number % 2][:, form.skill] + rng.normal(
        0, settings.item_sd, (schools, len(form.slope))
    )
    by_class = rng.normal(0, settings.class_item_sd, (len(cohort.class_school), len(form.slope)))
    logits = own[cohort.school] + by_class[cohort.klass]
    chance = rng.normal(size=logits.shape)
    honest = answered(form, ability, logits, chance)
    raised = answered(form, ability, logits + 0.8 * force["inflation"][cohort.school][:, None], chance)
    points = np.where(force["inflation"][cohort.school][:, None] > 0, raised, honest)
    away = other_works.keep_away(ability, cohort.school, force["participation"], rng)
    present = ~away & _came(cohort.school, schools, ability, rng)
    points = other_works.dictate(points, form.max_points, cohort.school, force["dictated"], rng)
    points = other_works.copy(
        points, present, cohort.school, cohort.klass, force["copying"], settings.copy_rule, rng
    )
    points = other_works.mark(
        points, form.max_points, form.expert, cohort.school, force["leniency"], control, rng
    )
    cuts = other_works.choose_cuts(honest[present].sum(axis=1))
    share = other_works.lift_shares(lasting.habit, force["threshold"], settings.lift_rule)
    points, near_n, lifted_n = other_works.lift(
        points, present, cohort.school, cuts, share, form.max_points, form.expert, rng
    )
    journal = other_works.journal_marks(ability, effect, lasting.generosity, cohort.school, present, rng)
    journal[lasting.no_journal[cohort.school] | (not settings.journals)] = 0
    return Held(
        name,
        SUBJECTS[number % 2],
        2020 + (not name.endswith("a")),
        prior,
        form,
        cuts,
        cohort.school,
        cohort.klass,
        1_000_000 * number + np.arange(len(cohort.school)),
        present,
        points,
        journal,
        near_n,
        lifted_n,
        share,
    )


def answered(form: Form, ability: FloatArray, logits: FloatArray, chance: FloatArray) -> IntArray:
    """Points (N, I): how many steps the noisy answer passes."""
    answer = ability[:, None] * form.slope + LOGIT * logits + chance
    return (answer > form.step[:, 0]).astype(np.int64) + (answer > form.step[:, 1])


def _came(school: IntArray, schools: int, ability: FloatArray, rng: np.random.Generator) -> BoolArray:
    """Beta-binomial absences, 5-12 % on average, of the weak a little more often."""
    mean = rng.uniform(0.05, 0.12)
    share = rng.beta(mean * 30, (1 - mean) * 30, schools)
    return rng.random(len(school)) >= np.clip(share[school] * np.exp(-0.2 * ability), 0, 0.9)
