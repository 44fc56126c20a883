"""One authority drawn, run whole and held against what is true: a function per question.

Every function takes a seed, simulates one authority, runs `merilo.run` on its folder and returns contributions by name:
arrays whose mean over all authorities is the number of interest (for a coverage, ones and zeros).
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import polars as pl
import town
from comparisons import (
    WIDE,
    Contributions,
    column,
    compare_dif,
    compare_effects,
    compare_growth,
    compare_items,
    compare_means,
    compare_shares,
    inside,
    rows_of,
)
from town import ABILITY, CUTS, MAX_POINTS, PUPIL_SD, SKILLS

import merilo
from merilo.methods.arrays import FloatArray, IntArray

SCHOOLS = 41
SIZES = (12, 25, 50, 80)
SMALL_SIZES = (8, 15, 30, 60)
SCHOOL_SD, TEACHING_SD = 0.35, 0.25
STABILITY = 0.85
SEX_DIF = 0.6
CLASS_SD = 0.25
SKILL_SD = 0.3
LIFTED = {3: 0.6, 4: 0.3, 5: 0.15}
FORMS = 7  # the seed of the items, which stay the same in all authorities


def exact_town(seed: int) -> Contributions:
    """Two procedures of the same pupils, no classes: items, DIF, effects, means, shares, growth."""
    rng = np.random.default_rng([1, seed])
    before, after = _forms(2)
    pupils = town.draw_pupils(rng, SIZES, SCHOOLS)
    intake, teaching = rng.normal(0, SCHOOL_SD, SCHOOLS), rng.normal(0, TEACHING_SD, SCHOOLS)
    first = intake[pupils.school] + rng.normal(0, PUPIL_SD, len(pupils.school))
    second = STABILITY * first + teaching[pupils.school]
    second += np.sqrt(1 - STABILITY**2) * rng.normal(0, PUPIL_SD, len(first))
    points = town.answer(before, first, pupils, rng), town.answer(after, second, pupils, rng)
    tables = _run(
        [("a", "mathematics", 4, points[0]), ("b", "mathematics", 5, points[1])], pupils, {"b": "a"}
    )
    mean = STABILITY * intake + teaching
    law = town.school_law(after, mean, PUPIL_SD)
    found = compare_items(tables, after) | compare_dif(tables, after)
    found |= compare_effects(tables, "raw", law.mean - _town_mean(after), SCHOOLS)
    found |= compare_means(tables, law) | compare_shares(tables, law)
    joint = _joint(before, after, intake, teaching)
    n = np.bincount(pupils.school).astype(float)
    # "As elsewhere" means these schools together, not all that could have been.
    found |= compare_growth(tables, joint, np.einsum("j,jab->ab", n, joint) / n.sum())
    value_added = _value_added(joint, _everywhere(before, after))
    found |= compare_effects(tables, "value_added", value_added, SCHOOLS)
    blup = column(tables["school_effects"].filter(pl.col("kind") == "value_added"), "effect_points")
    per_logit = float((law.mean - law.mean.mean()) @ mean / (mean @ mean))
    centred = intake - intake.mean()
    found["value_added.intake_left"] = np.array([blup @ centred / (centred @ centred) / per_logit])
    found["value_added.intake_expected"] = np.array([value_added @ centred / (centred @ centred) / per_logit])
    return found


def town_with_classes(seed: int) -> Contributions:
    """Classes differ: do the intervals speak of the school, or of this year's classes?"""
    rng = np.random.default_rng([2, seed])
    (form,) = _forms(1)
    pupils = town.draw_pupils(rng, SIZES, SCHOOLS)
    effect = rng.normal(0, SCHOOL_SD, SCHOOLS)
    key, klass = np.unique(np.column_stack([pupils.school, pupils.klass]), axis=0, return_inverse=True)
    class_effect = rng.normal(0, CLASS_SD, len(key))
    theta = (effect[pupils.school] + class_effect[klass]) + rng.normal(0, PUPIL_SD, len(klass))
    tables = _run([("b", "mathematics", 5, town.answer(form, theta, pupils, rng))], pupils)
    school = town.school_law(form, effect, float(np.hypot(PUPIL_SD, CLASS_SD)))
    by_class = town.school_law(form, effect[key[:, 0]] + class_effect, PUPIL_SD)
    size = np.bincount(klass).astype(float)
    weight = size / np.bincount(key[:, 0], size)[key[:, 0]]
    these = np.bincount(key[:, 0], weight * by_class.mean)
    two = np.bincount(key[:, 0])[:SCHOOLS] > 1
    results, effects = rows_of(tables["school_results"]), rows_of(tables["school_effects"])
    middle = _town_mean(form, extra=CLASS_SD, school_sd=SCHOOL_SD)
    return {
        "classes.mean.new": inside(results, "mean_points", school.mean),
        "classes.mean.new.two": inside(results, "mean_points", school.mean)[two],
        "classes.mean.these": inside(results, "mean_points", these),
        "classes.raw.new": inside(effects, "effect_points", school.mean - middle),
        "classes.raw.these": inside(effects, "effect_points", these - middle),
        "classes.share.new": inside(results, "share_2", school.between(0, CUTS[3])),
    }


def town_with_skills(seed: int) -> Contributions:
    """Schools are strong and weak in skills: the gap at equal total score, and the own part."""
    rng = np.random.default_rng([3, seed])
    (form,) = _forms(1)
    pupils = town.draw_pupils(rng, SIZES, SCHOOLS)
    names = sorted(set(SKILLS))
    planted = rng.normal(0, SKILL_SD, (SCHOOLS, len(names)))
    shift = planted[:, [names.index(skill) for skill in SKILLS]]
    effect = rng.normal(0, SCHOOL_SD, SCHOOLS)
    theta = effect[pupils.school] + rng.normal(0, PUPIL_SD, len(pupils.school))
    tables = _run([("b", "mathematics", 5, town.answer(form, theta, pupils, rng, shift))], pupils)
    n = np.bincount(pupils.school).astype(float)
    density = town.normal_density(effect, PUPIL_SD)
    joint, total = (
        np.stack(part) for part in zip(*(town.points_and_score(form, s, d) for s, d in zip(shift, density)))
    )
    everywhere = np.einsum("j,jri->ri", n, joint) / (n @ total)[:, None]
    gap = (joint - total[:, :, None] * everywhere).sum(axis=1)
    found: dict[str, list[FloatArray]] = {}
    for skill in names:
        chosen = np.array([one == skill for one in SKILLS])
        truth = gap[:, chosen].sum(axis=1) / MAX_POINTS[chosen].sum()
        rows = tables["deficits"].filter(pl.col("skill") == skill).sort("org_id")
        own, own_se = column(rows, "own_share"), column(rows, "own_share_se")
        raw, se = column(rows, "gap_share"), column(rows, "gap_share_se")
        worst = own <= np.quantile(own, 0.25)
        one = {
            "deficit.gap.error": raw - truth,
            "deficit.gap.z2": ((raw - truth) / se) ** 2,
            "deficit.gap.z2.small": ((raw - truth) / se)[n <= 25] ** 2,
            "deficit.own.coverage": (np.abs(own - truth) <= WIDE * own_se).astype(float),
            "deficit.own.worst": (own - truth)[worst],
            "deficit.pupils.worst": (column(rows, "pupils_equivalent") - truth * n)[worst],
            "deficit.own.kept": np.array([(own @ truth) / (truth @ truth)]),
        }
        for name, values in one.items():
            found.setdefault(name, []).append(values)
    return {name: np.concatenate(values) for name, values in found.items()}


def town_with_low_results(seed: int) -> Contributions:
    """Four procedures of the rule: is the probability of truly being low calibrated?"""
    rng = np.random.default_rng([4, seed])
    forms = [town.draw_form(rng, easier=easier) for easier in (0.0, 0.3, 0.6, -0.1)]
    pupils = town.draw_pupils(rng, SMALL_SIZES, SCHOOLS)
    lasting = rng.normal(0, 0.4, SCHOOLS)
    procedures, low = [], []
    for form, (subject, group) in zip(
        forms, (("mathematics", 5), ("russian", 5), ("mathematics", 6), ("russian", 6))
    ):
        effect = lasting + rng.normal(0, 0.25, SCHOOLS)
        theta = effect[pupils.school] + rng.normal(0, PUPIL_SD, len(pupils.school))
        procedures.append((f"{subject}{group}", subject, group, town.answer(form, theta, pupils, rng)))
        low.append(town.school_law(form, effect, PUPIL_SD).between(0, CUTS[3]))
    rows = _run(procedures, pupils)["low_results"].sort("org_id")
    probability = column(rows, "probability")
    truth = ((np.stack(low) >= 0.30).sum(axis=0) >= 2).astype(float)
    listed = rows["listed"].to_numpy().astype(float)
    error = probability - truth
    return {
        "low.error": error,
        "low.unlikely": error[probability < 0.2],
        "low.open": error[(probability >= 0.2) & (probability <= 0.8)],
        "low.likely": error[probability > 0.8],
        "low.brier": error**2,
        "low.brier.listed": (listed - truth) ** 2,
        "low.steady.wrong": (listed != truth)[rows["stability"].to_numpy() == "steady"].astype(float),
    }


def town_with_lift(seed: int) -> Contributions:
    """Near-misses are lifted in the whole town: is the true share in the interval of `procedures`?"""
    rng = np.random.default_rng([5, seed])
    form = town.draw_form(rng)
    pupils = town.draw_pupils(rng, (40, 60, 80), SCHOOLS)
    effect = rng.normal(0, SCHOOL_SD, SCHOOLS)
    theta = effect[pupils.school] + rng.normal(0, PUPIL_SD, len(pupils.school))
    points = town.answer(form, theta, pupils, rng)
    lift_works(points, rng)
    row = _run([("b", "mathematics", 5, points)], pupils)["procedures"]
    law = town.school_law(form, np.zeros(1), float(np.hypot(PUPIL_SD, SCHOOL_SD)))
    near = {mark: float(law.between(cut - 2, cut)[0]) for mark, cut in CUTS.items()}
    truth = sum(near[mark] * LIFTED[mark] for mark in CUTS) / sum(near.values())
    low, high, share = (row[f"lifted_share{end}"][0] for end in ("_lower", "_upper", ""))
    return {
        "lift.coverage": np.array([float(low <= truth <= high)]),
        "lift.error": np.array([share - truth]),
        "lift.width": np.array([high - low]),
    }


def lift_works(points: IntArray, rng: np.random.Generator) -> None:
    """Add the missing points to near-misses on items with room; changes points."""
    score = points.sum(axis=1)
    for mark, cut in CUTS.items():
        for row in np.flatnonzero((score >= cut - 2) & (score < cut)):
            if rng.random() < LIFTED[mark]:
                for _point in range(cut - score[row]):
                    points[row, rng.choice(np.flatnonzero(points[row] < MAX_POINTS))] += 1


def _forms(number: int) -> list[town.TestForm]:
    rng = np.random.default_rng(FORMS)
    return [town.draw_form(rng, sex_dif=SEX_DIF * (place == 1), easier=0.3) for place in range(number)]


def _run(
    procedures: list[tuple[str, str, int, IntArray]], pupils: town.Pupils, prior: dict[str, str] | None = None
) -> dict[str, pl.DataFrame]:
    with tempfile.TemporaryDirectory() as folder:
        town.write_town(Path(folder), procedures, pupils, prior=prior)
        return merilo.run(folder).tables


def _town_mean(form: town.TestForm, extra: float = 0.0, school_sd: float | None = None) -> float:
    """Expected points over all schools that could have been."""
    spread = float(np.hypot(STABILITY * SCHOOL_SD, TEACHING_SD)) if school_sd is None else school_sd
    return float(
        town.school_law(form, np.zeros(1), float(np.sqrt(PUPIL_SD**2 + spread**2 + extra**2))).mean[0]
    )


def _joint(
    before: town.TestForm, after: town.TestForm, intake: FloatArray, teaching: FloatArray
) -> FloatArray:
    """P(earlier score, later score) of every school (J, S+1, S+1)."""
    later = [
        town.normal_density(STABILITY * ABILITY + shift, float(np.sqrt(1 - STABILITY**2)) * PUPIL_SD)
        for shift in teaching
    ]
    return _scores(before, after, town.normal_density(intake, PUPIL_SD), later)


def _everywhere(before: town.TestForm, after: town.TestForm) -> FloatArray:
    """The same over all schools that could have been (S+1, S+1)."""
    spread = float(np.sqrt((1 - STABILITY**2) * PUPIL_SD**2 + TEACHING_SD**2))
    later = [town.normal_density(STABILITY * ABILITY, spread)]
    start = town.normal_density(np.zeros(1), float(np.hypot(PUPIL_SD, SCHOOL_SD)))
    return _scores(before, after, start, later)[0]


def _scores(
    before: town.TestForm, after: town.TestForm, start: FloatArray, later: list[FloatArray]
) -> FloatArray:
    first, second = town.mixed_kernel(before), town.mixed_kernel(after)
    return np.stack([(first * d) @ (move @ second.T) for d, move in zip(start, later)])


def _value_added(joint: FloatArray, everywhere: FloatArray) -> FloatArray:
    """True value added (J,): expected points beyond the line on the earlier score (slope within schools)."""
    earlier, later = np.arange(joint.shape[1]), np.arange(joint.shape[2])
    x, y = joint.sum(axis=2) @ earlier, joint.sum(axis=1) @ later
    within = np.einsum("jab,a,b->j", joint, earlier, later) - x * y
    slope = within.sum() / (joint.sum(axis=2) @ earlier**2 - x**2).sum()
    overall = everywhere.sum(axis=0) @ later - slope * (everywhere.sum(axis=1) @ earlier)
    truth: FloatArray = y - slope * x - overall
    return truth
