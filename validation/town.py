"""A town whose every true value is known exactly: partial credit items, normal abilities, numerical integration.

`merilo.simulate` imitates a real region, with slopes, topics not taught and markers' habits. This town has none
of that, so that what Merilo promises can be held against what is true, without approximation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from merilo.methods.arrays import BoolArray, FloatArray, IntArray

ABILITY = np.linspace(-6.0, 6.0, 97)
MAX_POINTS = np.array([1] * 10 + [2] * 4, np.int64)
SKILLS = ("1", "1", "1", "1", "2", "2", "2", "3", "3", "3", "1", "2", "3", "3")
CUTS = {3: 6, 4: 10, 5: 14}
PUPIL_SD = 1.0
CLASS_SIZE = 25


@dataclass(frozen=True, slots=True)
class TestForm:
    """Items of one procedure: steps, I arrays (m_i,) logits, mean difficulty 0 over items; sex_dif (I,) logits by
    which the item is harder for girls than for boys (half up, half down).
    """

    steps: tuple[FloatArray, ...]
    sex_dif: FloatArray

    @property
    def difficulty(self) -> FloatArray:
        """Mean of an item's steps (I,), logits."""
        return np.array([float(one.mean()) for one in self.steps])


@dataclass(frozen=True, slots=True)
class Pupils:
    """Rows sorted by school and class: school (N,), klass (N,) number within the school, girl (N,)."""

    school: IntArray
    klass: IntArray
    girl: BoolArray
    schools_n: int


@dataclass(frozen=True, slots=True)
class Law:
    """What a school's scores obey: share (J, S+1) of works by raw score; ability density (J, Q) behind it."""

    share: FloatArray
    density: FloatArray

    @property
    def mean(self) -> FloatArray:
        """Expected points of a pupil of the school (J,)."""
        return self.share @ np.arange(self.share.shape[1])

    def between(self, low: int, high: int) -> FloatArray:
        """Share (J,) of works with low <= score < high."""
        return self.share[:, low:high].sum(axis=1)


def draw_form(rng: np.random.Generator, *, sex_dif: float = 0.0, easier: float = 0.0) -> TestForm:
    """Random items; sex_dif logits on the third item; easier: logits by which all items are easier than mean 0."""
    steps = [rng.normal(0.0, 0.9) + np.linspace(-0.5, 0.5, top) * (top > 1) for top in MAX_POINTS]
    origin = np.mean([one.mean() for one in steps])
    dif = np.zeros(len(steps))
    dif[2] = sex_dif
    return TestForm(tuple(one - origin - easier for one in steps), dif)


def draw_pupils(rng: np.random.Generator, sizes: Sequence[int], schools: int) -> Pupils:
    """Pupils of `schools` schools whose sizes are drawn from `sizes`, in classes of about 25 by lot."""
    n = rng.choice(np.array(sizes), schools)
    school = np.repeat(np.arange(schools), n)
    place = np.arange(len(school)) - (np.cumsum(n) - n)[school]
    classes = -(-n // CLASS_SIZE)
    return Pupils(school, place * classes[school] // n[school], rng.random(len(school)) < 0.5, schools)


def answer(
    form: TestForm,
    theta: FloatArray,
    pupils: Pupils,
    rng: np.random.Generator,
    shift: FloatArray | None = None,
) -> IntArray:
    """Points (N, I). shift (N or J, I): logits added where pupils of a school find an item easier."""
    points = np.empty((len(theta), len(form.steps)), np.int64)
    for i, steps in enumerate(form.steps):
        eta = theta - form.sex_dif[i] * (pupils.girl - 0.5)
        if shift is not None:
            eta = eta + shift[pupils.school, i]
        points[:, i] = (rng.random((len(theta), 1)) > np.cumsum(category_shares(steps, eta), axis=1)).sum(
            axis=1
        )
    return points


def category_shares(steps: FloatArray, eta: FloatArray) -> FloatArray:
    """P(x points | eta), eta (...,) -> (..., m+1)."""
    logits = np.cumsum(np.concatenate([np.zeros((*eta.shape, 1)), eta[..., None] - steps], axis=-1), axis=-1)
    power = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return power / power.sum(axis=-1, keepdims=True)


def score_kernel(shares: Sequence[FloatArray]) -> FloatArray:
    """P(raw score | ability) (S+1, Q) from the items' category shares, each (Q, m+1)."""
    kernel = np.ones((1, shares[0].shape[0]))
    for share in shares:
        top = share.shape[1] - 1
        wider = np.zeros((len(kernel) + top, kernel.shape[1]))
        for x in range(top + 1):
            wider[x : x + len(kernel)] += kernel * share[:, x]
        kernel = wider
    return kernel


def normal_density(mean: FloatArray, sd: FloatArray | float) -> FloatArray:
    """Densities (J, Q) on the grid of abilities, rows summing to 1."""
    power = np.exp(
        -0.5 * ((ABILITY - np.atleast_1d(mean)[:, None]) / np.broadcast_to(sd, np.shape(mean))[:, None]) ** 2
    )
    return power / power.sum(axis=1, keepdims=True)


def school_law(form: TestForm, mean: FloatArray, sd: float) -> Law:
    """Law of every school's scores: abilities normal with `mean` (J,) and `sd`; girls and boys alike in number."""
    density = normal_density(mean, sd)
    return Law(density @ mixed_kernel(form).T, density)


def mixed_kernel(form: TestForm, shift: FloatArray | None = None) -> FloatArray:
    """P(raw score | ability) (S+1, Q), half girls, half boys; shift (I,) logits of one school."""
    kernels = []
    for side in (0.5, -0.5):
        moved = -side * form.sex_dif + (0.0 if shift is None else shift)
        kernels.append(score_kernel([category_shares(s, ABILITY + d) for s, d in zip(form.steps, moved)]))
    return (kernels[0] + kernels[1]) / 2.0


def points_and_score(form: TestForm, shift: FloatArray, density: FloatArray) -> tuple[FloatArray, FloatArray]:
    """One school: E[points on item; raw score] (S+1, I), summed over abilities, and P(raw score) (S+1,)."""
    shares = [category_shares(s, ABILITY + d) for s, d in zip(form.steps, shift)]
    total = score_kernel(shares) @ density
    joint = np.zeros((len(total), len(shares)))
    for i, share in enumerate(shares):
        rest = score_kernel([*shares[:i], *shares[i + 1 :]])
        for x in range(1, share.shape[1]):
            joint[x : x + len(rest), i] += x * ((rest * share[:, x]) @ density)
    return joint, total


def write_town(
    folder: Path,
    procedures: Sequence[tuple[str, str, int, IntArray]],
    pupils: Pupils,
    *,
    prior: dict[str, str] | None = None,
) -> Path:
    """Write an authority folder. procedures: (id, subject, year group, points); prior: id -> id of the earlier one."""
    org = np.array([f"s{j:05d}" for j in range(pupils.schools_n)])[pupils.school]
    for name, subject, year_group, points in procedures:
        place = folder / "procedures" / name
        place.mkdir(parents=True)
        earlier = (prior or {}).get(name)
        cuts = "\n".join(f'"{mark}" = {score}' for mark, score in CUTS.items())
        year = 2020 if earlier is None and prior else 2021
        (place / "procedure.toml").write_text(
            f'id = "{name}"\nkind = "vpr"\nsubject = "{subject}"\nyear_group = {year_group}\n'
            f'programme_year_group = {year_group}\nschool_year = "{year - 1}/{year % 100}"\n'
            f"prior = {[earlier] if earlier else []}\n[cut_scores]\n{cuts}\n".replace("'", '"'),
            encoding="utf-8",
        )
        ids = [f"i{k + 1}" for k in range(len(MAX_POINTS))]
        pl.DataFrame({"item_id": ids, "max_points": MAX_POINTS, "skill": SKILLS}).write_csv(
            place / "items.csv"
        )
        pl.DataFrame(
            {
                "pupil_id": np.arange(len(org)).astype(str),
                "org_id": org,
                "class_id": np.char.add("c", pupils.klass.astype(str)),
                "sex": np.where(pupils.girl, "f", "m"),
                **{k: points[:, i] for i, k in enumerate(ids)},
            }
        ).write_parquet(place / "works.parquet")
    return folder
