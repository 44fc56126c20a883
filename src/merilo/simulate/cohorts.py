"""Cohorts of pupils: who they are, in which class, what they bring with them from year to year."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from merilo.methods.arrays import BoolArray, FloatArray, IntArray
from merilo.simulate.blueprint import SUBJECTS
from merilo.simulate.schools import GRADE_SIZE, Schools
from merilo.simulate.settings import AuthoritySettings

CLASS_SIZE = 27
CLASS_LETTERS = "АБВГДЕЖЗИК"
GENERAL_PART = 0.7
GENERAL_STABILITY, SPECIFIC_STABILITY = 0.95, 0.85
COHORT_SIZE_SD = 0.10


@dataclass(frozen=True, slots=True)
class Cohort:
    """The pupils who are in one year group at one time; rows are pupils (N), sorted by school and class.

    year_group: now; school (N,) row of Schools; klass (N,) row of the classes (L); key (N,) the pupil's number;
    girl (N,); general (N,) and specific (subject -> (N,)): standard normal within school and class;
    class_school (L,), class_letter (L,); class_effect: subject -> (L,) standard normal.
    """

    year_group: int
    school: IntArray
    klass: IntArray
    key: IntArray
    girl: BoolArray
    general: FloatArray
    specific: dict[str, FloatArray]
    class_school: IntArray
    class_letter: IntArray
    class_effect: dict[str, FloatArray]

    @property
    def size(self) -> int:
        """Pupils."""
        return int(self.school.size)

    def ability(self, subject: str) -> FloatArray:
        """Ability within school and class, standard deviations (N,)."""
        result: FloatArray = (
            np.sqrt(GENERAL_PART) * self.general + np.sqrt(1 - GENERAL_PART) * self.specific[subject]
        )
        return result

    def class_names(self) -> list[str]:
        """Names like 5А, one per class; the only class of a school in a year group has no letter."""
        alone = np.bincount(self.class_school, minlength=1)[self.class_school] == 1
        return [
            f"{self.year_group}"
            if single
            else f"{self.year_group}{CLASS_LETTERS[letter % len(CLASS_LETTERS)]}"
            for single, letter in zip(alone.tolist(), self.class_letter.tolist())
        ]


def make_cohort(
    schools: Schools, year_group: int, first_key: int, rng: np.random.Generator, *, streamed: FloatArray
) -> Cohort:
    """Draw a cohort of that year group; streamed (J,) 0-1: how far classes are sorted by ability."""
    jitter = np.exp(COHORT_SIZE_SD * rng.normal(size=schools.size.size))
    sizes = np.maximum(1, np.rint(schools.size * GRADE_SIZE[year_group] * jitter)).astype(np.int64)
    school = np.repeat(np.arange(sizes.size), sizes)
    n = school.size
    general = rng.normal(size=n)
    classes = np.maximum(1, -(-sizes // CLASS_SIZE))
    place = _places(school, sizes, general, rng, streamed)
    offset = np.concatenate(([0], np.cumsum(classes)[:-1]))
    klass = offset[school] + place * classes[school] // sizes[school]
    order = np.argsort(klass, kind="stable")
    class_school = np.repeat(np.arange(sizes.size), classes)
    return Cohort(
        year_group=year_group,
        school=school[order],
        klass=klass[order],
        key=first_key + np.arange(n),
        girl=rng.random(n) < 0.5,
        general=general[order],
        specific={subject: rng.normal(size=n) for subject in SUBJECTS},
        class_school=class_school,
        class_letter=np.arange(class_school.size) - offset[class_school],
        class_effect={subject: rng.normal(size=class_school.size) for subject in SUBJECTS},
    )


def advance(cohort: Cohort, first_key: int, settings: AuthoritySettings, rng: np.random.Generator) -> Cohort:
    """The same cohort a year later: abilities drift, a few pupils are replaced by new ones."""
    n = cohort.size
    new = rng.random(n) < settings.mobility_share
    key = cohort.key.copy()
    key[new] = first_key + np.arange(int(new.sum()))
    return replace(
        cohort,
        year_group=cohort.year_group + 1,
        key=key,
        girl=np.where(new, rng.random(n) < 0.5, cohort.girl),
        general=_drift(cohort.general, GENERAL_STABILITY, new, rng),
        specific={name: _drift(old, SPECIFIC_STABILITY, new, rng) for name, old in cohort.specific.items()},
    )


def _places(
    school: IntArray, sizes: IntArray, general: FloatArray, rng: np.random.Generator, streamed: FloatArray
) -> IntArray:
    """Place of every pupil in the school's queue for classes: by lot, or by ability where classes are streamed."""
    s = streamed[school]
    queue = s * general + np.sqrt(1 - s**2) * rng.normal(size=school.size)
    order = np.lexsort((queue, school))
    start = np.concatenate(([0], np.cumsum(sizes)[:-1]))
    place = np.empty(school.size, np.int64)
    place[order] = np.arange(school.size) - start[school[order]]
    return place


def _drift(old: FloatArray, stability: float, new: BoolArray, rng: np.random.Generator) -> FloatArray:
    fresh = rng.normal(size=old.size)
    return np.where(new, fresh, stability * old + np.sqrt(1 - stability**2) * fresh)
