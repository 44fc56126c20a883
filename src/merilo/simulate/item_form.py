"""The form of a work in one year: items as difficult as that year's, two variants, and how schools differ on them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from merilo.methods.arrays import BoolArray, FloatArray
from merilo.simulate.blueprint import SUBJECTS, Blueprint, load_blueprints
from merilo.simulate.cohorts import Cohort
from merilo.simulate.fitting import FittedWork
from merilo.simulate.interventions import Interventions
from merilo.simulate.settings import AuthoritySettings

VARIANT_SHIFT_SD, VARIANT_ITEM_SD = 0.05, 0.12
SEX_DIF_SHARE, SEX_DIF_SD = 0.15, 0.35
CURRICULUM_GAIN, CURRICULUM_LOSS = 0.9, 0.4
NOT_TAUGHT_COHERENCE, RARELY_NOT_TAUGHT = 0.9, 0.06


@dataclass(frozen=True, slots=True)
class Form:
    """A fitted work as printed in one year.

    intercepts (I, M + 1); variant_shift (V, I) logits added for the variant; sex_dif (I,) girls against boys;
    difference (J, I) logits, school on item, of which skill_part (J, I) is common to the items of a skill;
    class_difference (L, I) logits; taught (L, I): False where the class has not had the topic.
    """

    fitted: FittedWork
    intercepts: FloatArray
    variant_shift: FloatArray
    sex_dif: FloatArray
    difference: FloatArray
    skill_part: FloatArray
    class_difference: FloatArray
    taught: BoolArray

    @property
    def step_difficulties(self) -> list[FloatArray]:
        """Per item (m_i,) logits on the ability scale, mean of variants and sexes, average school."""
        rows = zip(self.intercepts, self.fitted.slopes, self.fitted.blueprint.max_points)
        return [-np.diff(row[: most + 1]) / slope for row, slope, most in rows]


def subject_skills() -> dict[str, tuple[str, ...]]:
    """Subject -> the skills that its items name, sorted."""
    skills: dict[str, set[str]] = {subject: set() for subject in SUBJECTS}
    for blueprint in load_blueprints().values():
        skills[blueprint.subject].update(skill for item in blueprint.items for skill in item.skills)
    return {subject: tuple(sorted(names)) for subject, names in skills.items()}


def draw_form(
    fitted: FittedWork,
    cohort: Cohort,
    settings: AuthoritySettings,
    interventions: Interventions,
    skill_profile: FloatArray,
    rng: np.random.Generator,
    *,
    later_year: bool,
) -> Form:
    """Print the form; skill_profile (J, S) standard normal: the school's lasting strengths in the subject's skills."""
    blueprint = fitted.blueprint
    n_items, classes = len(blueprint.items), cohort.class_school.size
    shift = settings.year_shift * rng.normal(size=n_items) * later_year
    points = np.arange(fitted.intercepts.shape[1])
    loading = _skill_loading(blueprint)
    skill_part = np.sqrt(settings.skill_part) * fitted.item_sd * (skill_profile @ loading.T)
    own = (
        np.sqrt(1 - settings.skill_part) * fitted.item_sd * rng.normal(size=(skill_profile.shape[0], n_items))
    )
    skill_part = skill_part + _curriculum(blueprint, interventions, skill_profile)
    easier = VARIANT_SHIFT_SD * rng.normal() + VARIANT_ITEM_SD * rng.normal(size=n_items)
    return Form(
        fitted=fitted,
        intercepts=fitted.intercepts - (fitted.slopes * shift)[:, None] * points,
        variant_shift=np.stack([-easier / 2, easier / 2]),
        sex_dif=SEX_DIF_SD * rng.normal(size=n_items) * (rng.random(n_items) < SEX_DIF_SHARE),
        difference=skill_part + own,
        skill_part=skill_part,
        class_difference=settings.class_item_sd * rng.normal(size=(classes, n_items)),
        taught=_taught(blueprint, classes, rng) if settings.not_taught else np.ones((classes, n_items), bool),
    )


def _skill_loading(blueprint: Blueprint) -> FloatArray:
    """(I, S): 1 for an item's only skill, 1/sqrt(k) for each of k."""
    names = subject_skills()[blueprint.subject]
    loading = np.array([[skill in item.skills for skill in names] for item in blueprint.items], float)
    result: FloatArray = loading / np.sqrt(loading.sum(axis=1, keepdims=True))
    return result


def _curriculum(blueprint: Blueprint, interventions: Interventions, skill_profile: FloatArray) -> FloatArray:
    """Control "curriculum": every item of the school's best skill gains, of its worst skill loses (J, I) logits."""
    strength = interventions.control("curriculum")[:, None]
    names = subject_skills()[blueprint.subject]
    has = np.array([[skill in item.skills for skill in names] for item in blueprint.items], float)
    gain = np.zeros_like(skill_profile)
    rows = np.arange(gain.shape[0])
    gain[rows, skill_profile.argmin(axis=1)] = -CURRICULUM_LOSS
    gain[rows, skill_profile.argmax(axis=1)] = CURRICULUM_GAIN
    result: FloatArray = strength * (gain @ has.T)
    return result


def _taught(blueprint: Blueprint, classes: int, rng: np.random.Generator) -> BoolArray:
    """A class behind the programme misses the late topics: nearly nested, so that few works miss anything.

    Topics that hardly anybody misses have their own reason: a class far behind does not miss the whole work.
    """
    behind = np.where(
        blueprint.not_taught_share > RARELY_NOT_TAUGHT,
        rng.normal(size=(classes, 1)),
        rng.normal(size=(classes, 1)),
    )
    own = rng.normal(size=(classes, len(blueprint.items)))
    lag = np.sqrt(NOT_TAUGHT_COHERENCE) * behind + np.sqrt(1 - NOT_TAUGHT_COHERENCE) * own
    taught: BoolArray = ndtr(lag) >= blueprint.not_taught_share
    return taught
