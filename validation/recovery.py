"""Recovery through the whole run: simulate -> merilo.run -> compare with what is true. One row per promise.

Hard promises fail the validation; the others state what happens where the models do not hold, so that nobody
has to guess.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np
import simulated_world
import worlds
from comparisons import Contributions

from merilo.methods.arrays import FloatArray

# A number misses its target when it lies outside by more than this many Monte Carlo errors.
DOUBT = 2.0


@dataclass(frozen=True, slots=True)
class Promise:
    """key: name of the contributions; low, high: where their mean should lie; hard: a miss fails the validation."""

    key: str
    task: str
    low: float
    high: float
    hard: bool = True


@dataclass(frozen=True, slots=True)
class World:
    """A world to draw so many times, and what it must show."""

    draw: Callable[[int], Contributions]
    repeats: int
    promises: tuple[Promise, ...]


def _coverage(key: str, task: str, *, low: float = 0.93, high: float = 0.97, hard: bool = True) -> Promise:
    return Promise(key, f"95 % interval: {task}", low, high, hard)


def _square(key: str, task: str) -> Promise:
    return Promise(key, f"squared error over its SE: {task}", 0.85, 1.15)


EXACT = World(
    worlds.exact_town,
    200,
    (
        Promise("items.scale", "item difficulty: slope on the truth", 0.99, 1.01),
        Promise("items.hard", "item difficulty: error of the hardest, logits", -0.02, 0.02),
        Promise("items.two_points", "item difficulty: error of items of 2 points, logits", -0.02, 0.02),
        _square("items.z2", "item difficulty"),
        _coverage("items.coverage", "item difficulty"),
        Promise("dif.planted", "difference by sex: error where 0.6 was planted, logits", -0.08, 0.08),
        _coverage("dif.planted.coverage", "difference by sex, planted", low=0.92, high=0.98),
        Promise("dif.none", "difference by sex: error where none was planted, logits", -0.06, 0.06),
        _coverage("dif.none.coverage", "difference by sex, none planted", low=0.92, high=0.97),
        _coverage("raw.coverage", "school effect, raw"),
        _coverage("raw.coverage.small", "school effect, raw, schools of 12"),
        _coverage("raw.conditional", "the same by effect_points_se alone", low=0.90, hard=False),
        Promise("raw.best", "school effect, raw: error of the best quarter, points", -0.1, 0.1),
        _coverage("value_added.coverage", "value added"),
        _coverage("value_added.coverage.small", "value added, schools of 12"),
        Promise("value_added.best", "value added: error of the best quarter, points", -0.1, 0.1),
        Promise(
            "value_added.intake_left",
            "value added: logits found per logit of intake",
            -0.05,
            0.05,
            hard=False,
        ),
        _coverage("mean.coverage", "mean points", high=0.975),
        *(_coverage(f"share_{mark}.coverage", f"share of mark {mark}", high=0.975) for mark in (2, 3, 4, 5)),
        Promise("growth.town", "growth: mean over all pupils, percentiles", 49.8, 50.2),
        Promise("growth.error", "growth: error of schools, percentiles", -0.5, 0.5),
        Promise("growth.scale", "growth: slope on the truth", 0.95, 1.05),
        _square("growth.z2", "growth"),
        _coverage("growth.coverage", "growth, mean +- 1.96 SE", low=0.92),
    ),
)
CLASSES = World(
    worlds.town_with_classes,
    200,
    (
        _coverage("classes.mean.new", "mean points, new classes of the school", high=0.975),
        _coverage("classes.mean.these", "mean points, this year's classes", hard=False),
        _coverage("classes.raw.these", "school effect, raw, this year's classes", high=0.975),
        _coverage("classes.raw.new", "school effect, raw, new classes of the school", high=0.975),
        _coverage("classes.share.new", "share of mark 2, new classes of the school", hard=False),
    ),
)
SKILLS = World(
    worlds.town_with_skills,
    200,
    (
        Promise("deficit.gap.error", "gap by skill: error, share of points", -0.002, 0.002),
        _square("deficit.gap.z2", "gap by skill"),
        _square("deficit.gap.z2.small", "gap by skill, schools of 12 and 25"),
        _coverage("deficit.own.coverage", "own part of the gap"),
        Promise("deficit.own.worst", "own part: error of the worst quarter, share of points", -0.004, 0.004),
        Promise("deficit.pupils.worst", "in pupils: error of the worst quarter, pupils", -0.15, 0.15),
        Promise("deficit.own.kept", "own part: share of the true gap that is kept", 0.5, 1.0),
    ),
)
LOW = World(
    worlds.town_with_low_results,
    200,
    (
        Promise("low.error", "low results: probability less frequency", -0.02, 0.02),
        Promise("low.unlikely", "the same where the probability is below 0.2", -0.03, 0.03),
        Promise("low.open", "the same between 0.2 and 0.8", -0.06, 0.06),
        Promise("low.likely", "the same above 0.8", -0.06, 0.06),
        Promise("low.brier", "low results: squared error of the probability", 0.0, 0.10),
        Promise("low.brier.listed", "low results: squared error of the official list", 0.0, 0.10, hard=False),
        Promise("low.steady.wrong", "low results: steady and wrong", 0.0, 0.10),
    ),
)
LIFT = World(
    worlds.town_with_lift,
    400,
    (
        _coverage("lift.coverage", "lifted share, 2,500 works", low=0.92, high=0.99),
        Promise("lift.error", "lifted share: error", -0.01, 0.01),
    ),
)
PLAIN = World(
    simulated_world.plain_region,
    30,
    (
        _coverage("plain.mean.new", "region without classes: mean points", high=0.975),
        _coverage("plain.raw.new", "region without classes: school effect, raw", high=0.98),
        _coverage("plain.items.coverage", "region, slopes differ: item difficulty", hard=False),
        _coverage("plain.dif.none.coverage", "region: difference by sex, none planted", low=0.90, hard=False),
        _coverage("plain.dif.planted.coverage", "region: difference by sex, planted", hard=False),
        Promise("plain.growth.town", "region: growth, mean over all pupils", 49.8, 50.2),
        _coverage("plain.lift.coverage", "region: lifted share where nobody lifts", high=1.0),
    ),
)
DEFAULT = World(
    simulated_world.default_region,
    30,
    (
        _coverage("default.mean.new", "default region: mean points, new classes", low=0.92, high=0.975),
        Promise(
            "default.mean.error", "default region: mean points less honest ones", -0.05, 0.05, hard=False
        ),
        _coverage("default.raw.these", "default region: school effect, this year's classes", high=0.98),
        _coverage("default.raw.new", "default region: school effect, new classes", low=0.92, high=0.975),
        _coverage("default.items.coverage", "default region: item difficulty", hard=False),
        _coverage("default.dif.none.coverage", "default region: difference by sex, none", hard=False),
        _coverage("default.lift.coverage", "default region: lifted share", high=1.0),
        Promise("default.lift.error", "default region: lifted share, error", -0.03, 0.03),
    ),
)
WORLDS = (EXACT, CLASSES, SKILLS, LOW, LIFT, PLAIN, DEFAULT)


def rows(
    *, part: float = 1.0, chosen: tuple[World, ...] = WORLDS, processes: int = 2
) -> Iterator[dict[str, object]]:
    """A row per promise; part: share of the full number of repeats."""
    os.environ.setdefault("POLARS_MAX_THREADS", "1")
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        for world in chosen:
            drawn = list(pool.map(world.draw, range(max(2, round(part * world.repeats)))))
            yield from (judge(promise, [one[promise.key] for one in drawn]) for promise in world.promises)


def judge(promise: Promise, drawn: list[FloatArray]) -> dict[str, object]:
    """Mean over everything drawn, its Monte Carlo error (authorities are the independent units), and the verdict."""
    measured, error = mean_and_error(drawn)
    missed = not (promise.low - DOUBT * error <= measured <= promise.high + DOUBT * error)
    return {
        "task": promise.task,
        "target": f"{promise.low:g} … {promise.high:g}",
        "measured": measured,
        "monte_carlo_error": error,
        "verdict": ("MISSED" if promise.hard else "known limit") if missed else "holds",
    }


def mean_and_error(drawn: list[FloatArray]) -> tuple[float, float]:
    """Ratio estimate over authorities and its standard error; NaN values do not count."""
    total = np.array([np.nansum(values) for values in drawn])
    n = np.array([np.count_nonzero(np.isfinite(values)) for values in drawn])
    mean = float(total.sum() / n.sum())
    spread = np.std(total - mean * n, ddof=1) / (n.mean() * np.sqrt(len(drawn)))
    return mean, float(spread)


if __name__ == "__main__":
    for row in rows(part=float(sys.argv[1]) if len(sys.argv) > 1 else 1.0):
        print(
            "\t".join(f"{value:.4f}" if isinstance(value, float) else str(value) for value in row.values()),
            flush=True,
        )
