"""Items that stick out of a school's own profile at equal raw score: were some known beforehand, or dictated?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from merilo.check.evidence import Evidence
from merilo.check.joint_rises import joint_rises
from merilo.check.school_profiles import LEAST_PUPILS, SchoolProfiles, school_profiles
from merilo.check.sitting import Sitting
from merilo.definitions import Definitions
from merilo.language import translator
from merilo.methods.arrays import BoolArray, FloatArray, IntArray
from merilo.methods.profile import (
    JointRises,
    Leaks,
    PairScores,
    draw_honest,
    factor_skills,
    find_leaks,
    null_scores,
    pair_scores,
)
from merilo.methods.profile.leaks import PairModel, pair_rise

_ = translator("check")

# Draws of honest schools' shifts in all, at least one per school and draw of pairs.
WANTED_DRAWS = 1500
# Rows of a draw judged at a time: in a town, many draws of few schools together.
ROWS_AT_ONCE = 2000
STANDS_OUT = 0.8
# From this many logits on, the common part of a skill is worth a sentence.
SKILL_WORTH_TELLING = 0.5


@dataclass(frozen=True, slots=True)
class ItemPicture:
    """The figure "items against expectation with the between-school band", (J, I) each, shares of the item's points.

    excess: beyond what raw scores imply; se: sampling; between: SD between honest schools; common: the part that the
    school's level and its skills explain; chance: that the item was known beforehand; stands_out: that chance is above
    STANDS_OUT. NaN where the item was not administered.
    """

    item_ids: tuple[str, ...]
    excess: FloatArray
    se: FloatArray
    between: FloatArray
    common: FloatArray
    chance: FloatArray
    stands_out: BoolArray


@dataclass(frozen=True, slots=True)
class ItemStudy:
    """What the evidence and the figure have in common: profiles of the schools, pairs of items, items that rose."""

    profiles: SchoolProfiles
    pairs: _Pairs
    leaks: Leaks


def study_items(sitting: Sitting, definitions: Definitions) -> ItemStudy | None:
    """None where items say nothing (score-only, too few schools). Walks over the works where they are still there."""
    profiles = school_profiles(sitting)
    if profiles is None:
        return None
    pairs = _Pairs.of(profiles, joint_rises(sitting, profiles, seed=definitions.run.seed))
    straight, noise = profiles.honest.straight, profiles.shifts.noise
    leaks = find_leaks(straight, noise, profiles.honest, profiles.factors, pairs.observed())
    return ItemStudy(profiles, pairs, leaks)


def item_profile_evidence(
    sitting: Sitting, definitions: Definitions, study: ItemStudy | None = None
) -> list[Evidence]:
    """One piece of evidence; study: as of study_items(sitting, definitions), when it is at hand.

    estimate: points of the work gained on items that were probably known, as a share of its maximum (posterior mean).
    """
    study = study or study_items(sitting, definitions)
    if study is None:
        return []
    profiles, pairs, leaks = study.profiles, study.pairs, study.leaks
    z = _distance(profiles, pairs, leaks.ratio, definitions.run.seed)
    told, spread = _told_points(profiles, leaks)
    return [
        Evidence(
            name="item_profile",
            kind="item_profile",
            n=profiles.n,
            estimate=np.where(profiles.usable, told, np.nan),
            lower=np.where(profiles.usable, np.maximum(told - 1.96 * spread, 0.0), np.nan),
            upper=np.where(profiles.usable, told + 1.96 * spread, np.nan),
            unit="share of points",
            z=z,
            notes=_notes(sitting, profiles, leaks),
            note="" if pairs.scores else _("the works could not be read again: items were judged one by one"),
        )
    ]


def item_picture(
    sitting: Sitting, definitions: Definitions, study: ItemStudy | None = None
) -> ItemPicture | None:
    """What the figure needs, for all schools; study: as of study_items(sitting, definitions), when it is at hand."""
    study = study or study_items(sitting, definitions)
    if study is None:
        return None
    profiles, leaks = study.profiles, study.leaks
    information = profiles.shifts.information
    points = np.where(profiles.item_n > 0, profiles.item_n * profiles.max_points, np.nan)
    # A difference of one item moves its points by the information less what the raw score takes back.
    total = np.maximum(information.sum(axis=1, keepdims=True), 1e-9)
    moved = information * (1.0 - information / total)
    common = profiles.honest.straight - leaks.rest
    between = np.sqrt(profiles.honest.own + profiles.factors @ profiles.honest.common)
    return ItemPicture(
        item_ids=tuple(item.item_id for item in sitting.procedure.items),
        excess=profiles.excess / points,
        se=np.sqrt(moved) / points,
        between=between * moved / points,
        common=(common + profiles.honest.centre) * information / points,
        chance=np.where(np.isfinite(points), leaks.chance, np.nan),
        stands_out=np.asarray((leaks.chance > STANDS_OUT) & profiles.usable[:, None]),
    )


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Scores of pairs of items, of the schools and of their draws; scores is None where works were not read again."""

    scores: PairScores | None
    rise: FloatArray
    root_n: FloatArray

    @classmethod
    def of(cls, profiles: SchoolProfiles, rises: JointRises | None) -> _Pairs:
        root_n = np.sqrt(profiles.n.astype(np.float64))
        if rises is None:
            return cls(None, np.zeros(0), root_n)
        scores = pair_scores(rises, profiles.n.astype(np.float64), profiles.usable)
        return cls(scores, pair_rise(_gap(profiles), scores), root_n)

    @property
    def draws(self) -> int:
        """Draws of honest schools at hand."""
        return 0 if self.scores is None else len(self.scores.honest)

    def observed(self) -> PairModel | None:
        """Of the schools as they are."""
        return None if self.scores is None else PairModel(self.scores.observed, self.rise, self.root_n)

    def drawn(self, numbers: range, rows: IntArray) -> PairModel | None:
        """The schools `rows` of the draws `numbers`, one draw after another; draws are counted round and round."""
        if self.scores is None:
            return None
        scores = [self.scores.honest[number % self.draws, rows] for number in numbers]
        return PairModel(np.concatenate(scores), self.rise, np.tile(self.root_n[rows], len(numbers)))


def _distance(profiles: SchoolProfiles, pairs: _Pairs, ratio: FloatArray, seed: int) -> FloatArray:
    """Distance (J,) of the likelihood ratios from draws of honest schools of the same size."""
    rng = np.random.default_rng([seed, 7])
    noise, honest, factors = profiles.shifts.noise, profiles.honest, profiles.factors
    rows = np.flatnonzero(profiles.usable)
    draws = max(pairs.draws, -(-WANTED_DRAWS // len(profiles.n)))
    together = max(ROWS_AT_ONCE // len(profiles.n), 1)
    drawn = []
    for first in range(0, draws, together):
        numbers = range(first, min(first + together, draws))
        shifts = np.concatenate([draw_honest(noise, honest, factors, rng)[rows] for _number in numbers])
        among = np.tile(noise[rows], (len(numbers), 1))
        drawn.append(find_leaks(shifts, among, honest, factors, pairs.drawn(numbers, rows)).ratio)
    size = profiles.information_root
    return null_scores(ratio, np.concatenate(drawn), size, np.tile(size[rows], draws), profiles.usable)


def _gap(profiles: SchoolProfiles) -> FloatArray:
    """Points missing to the maximum, in standard deviations at equal raw score, mean over all works (I,)."""
    n = np.maximum(profiles.item_n.sum(axis=0), 1)
    deviation = np.sqrt(profiles.shifts.information.sum(axis=0) / n)
    missing = profiles.missing.sum(axis=0) / n
    gap: FloatArray = np.divide(missing, deviation, out=np.zeros(n.size), where=deviation > 1e-9)
    return gap


def _told_points(profiles: SchoolProfiles, leaks: Leaks) -> tuple[FloatArray, FloatArray]:
    """Points gained on items that were probably known, share of the work's maximum (J,), and their SD."""
    most = np.maximum((profiles.item_n * profiles.max_points).sum(axis=1), 1)[:, None]
    points = profiles.shifts.information / most
    rise = np.maximum(leaks.rest, 0.0)
    variance = leaks.chance * (profiles.shifts.noise + profiles.honest.own)
    variance = np.where(profiles.shifts.known, variance + leaks.chance * (1 - leaks.chance) * rise**2, 0.0)
    told: FloatArray = (points * leaks.chance * rise).sum(axis=1)
    return told, np.sqrt((points**2 * variance).sum(axis=1))


def _notes(sitting: Sitting, profiles: SchoolProfiles, leaks: Leaks) -> dict[int, str]:
    """Too few pupils; items that stand out; skills that are a strength or a deficit of the school."""
    few = _("fewer than {n} pupils").format(n=LEAST_PUPILS)
    notes = {int(j): few for j in np.flatnonzero(~profiles.usable)}
    ids = [item.item_id for item in sitting.procedure.items]
    names = skill_names(sitting)
    for j in np.flatnonzero(profiles.usable):
        out = [ids[i] for i in np.flatnonzero(leaks.chance[j] > STANDS_OUT)]
        told = [_("items that stand out: {items}").format(items=", ".join(out))] if out else []
        for name, g in zip(names, leaks.coefficients[j, 1:], strict=False):
            if abs(g) >= SKILL_WORTH_TELLING:
                said = (
                    _("a strength of the school: {skill}") if g > 0 else _("a deficit of the school: {skill}")
                )
                told.append(said.format(skill=name))
        if told:
            notes[int(j)] = "; ".join(told)
    return notes


def skill_names(sitting: Sitting) -> list[str]:
    """Names of the skills in the order of the factors (those that all items have are no factor)."""
    procedure = sitting.procedure
    codes = factor_skills([item.skills for item in procedure.items])
    return [procedure.skill_names.get(code, code) for code in codes]
