"""Simulated exams with chosen options: abilities, items with distractors, what honest classmates share, copying."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from merilo.methods.arrays import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class ExamSettings:
    """schools with sizes of median 22 in classes of at most 28; items with 4 options; ability SDs in logits.

    item_sd, class_item_sd: of options' logits by school and by class (taught together). guessing: chance with which
    an unknown answer is drawn by chance (0: exactly nominal response model). unsure: share of answers left empty.
    copying: share of classes (of copying_schools of the schools) in which copy_pupils of the pupils take copy_answers
    from the best one.
    """

    schools: int = 120
    items: int = 30
    school_sd: float = 0.4
    item_sd: float = 0.5
    class_item_sd: float = 0.2
    guessing: float = 0.0
    unsure: float = 0.01
    copying: float = 0.0
    copying_schools: float = 1.0
    copy_pupils: float = 0.7
    copy_answers: float = 0.55


@dataclass(frozen=True, slots=True)
class Exam:
    """chosen (n, I) options 0-3, -1 none; right (n, I); school, klass (n,); ability (n,); copied (n,) pupils who
    copied; source (n,) row of the work from which they did, -1 none.
    """

    chosen: np.ndarray
    right: BoolArray
    school: IntArray
    klass: IntArray
    ability: FloatArray
    copied: BoolArray
    source: IntArray


def draw_exam(settings: ExamSettings, rng: np.random.Generator) -> Exam:
    """Options of all pupils; option 0 is right."""
    school, klass = _seats(settings.schools, rng)
    n = len(school)
    ability = rng.normal(0, 0.9, n) + settings.school_sd * rng.normal(0, 1, settings.schools)[school]
    slopes = np.zeros((settings.items, 4))
    slopes[:, 0] = rng.lognormal(0.0, 0.25, settings.items)
    slopes[:, 1:] = rng.normal(-0.1, 0.3, (settings.items, 3))
    intercepts = rng.normal(0, 0.6, (settings.items, 4))
    intercepts[:, 0] += rng.normal(1.0, 0.7, settings.items)
    logits = slopes * ability[:, None, None] + intercepts
    logits += settings.item_sd * rng.normal(0, 1, (settings.schools, settings.items, 4))[school]
    logits += settings.class_item_sd * rng.normal(0, 1, (klass.max() + 1, settings.items, 4))[klass]
    chosen = np.argmax(logits + rng.gumbel(0, 1, logits.shape), axis=2)
    guessed = (chosen != 0) & (rng.random(chosen.shape) < settings.guessing)
    chosen = np.where(guessed, rng.integers(0, 4, chosen.shape), chosen)
    chosen[rng.random(chosen.shape) < settings.unsure] = -1
    copied, source = _copy(settings, chosen, klass, school, rng)
    return Exam(chosen.astype(np.int16), chosen == 0, school, klass, ability, copied, source)


def _seats(schools: int, rng: np.random.Generator) -> tuple[IntArray, IntArray]:
    sizes = np.clip(np.round(np.exp(rng.normal(np.log(22), 1.0, schools))), 2, 160).astype(np.int64)
    school = np.repeat(np.arange(schools), sizes)
    classes = np.maximum(1, np.ceil(sizes / 28)).astype(np.int64)
    within = np.arange(len(school)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    start = np.cumsum(classes) - classes
    return school, start[school] + within % classes[school]


def _copy(
    settings: ExamSettings,
    chosen: np.ndarray,
    klass: IntArray,
    school: IntArray,
    rng: np.random.Generator,
) -> tuple[BoolArray, IntArray]:
    copied, source = np.zeros(len(klass), bool), np.full(len(klass), -1)
    takes_part = rng.random(school.max() + 1) < settings.copying_schools
    for one in np.flatnonzero(rng.random(klass.max() + 1) < settings.copying):
        pupils = np.flatnonzero(klass == one)
        if len(pupils) < 8 or not takes_part[school[pupils[0]]]:
            continue
        best = pupils[np.argmax((chosen[pupils] == 0).sum(axis=1))]
        takers = pupils[(pupils != best) & (rng.random(len(pupils)) < settings.copy_pupils)]
        taken = rng.random((len(takers), chosen.shape[1])) < settings.copy_answers
        chosen[takers] = np.where(taken, chosen[best], chosen[takers])
        copied[takers], source[takers] = True, best
    return copied, source
