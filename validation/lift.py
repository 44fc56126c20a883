"""How far the region-wide share of lifted near-misses can be trusted: coverage on simulated works, published exams.

Run as a script it prints one table; `rows()` gives the same rows to the table of all validations. Every simulated
row: tests of 1- and 2-point items (partial credit model, slopes differing by a quarter), ability distributions and
practices in turn, works lifted at every cut score, the estimate from the counts alone.
"""

from __future__ import annotations

import csv
import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from merilo.methods.arrays import FloatArray
from merilo.methods.lift import LiftEstimate, estimate_lift, lift_operator

ABILITY = np.linspace(-6.0, 6.0, 121)
SEED = 24022021

TESTS: dict[str, tuple[list[int], tuple[int, ...]]] = {
    # items' points and cut scores: 12-25 items, 16-51 points, as in the works of 2021; the last has one pass score
    "16 points, cuts 6 10 14": ([1] * 10 + [2] * 3, (6, 10, 14)),
    "18 points, cuts 5 8 11": ([1] * 6 + [2] * 6, (5, 8, 11)),
    "20 points, cuts 6 10 15": ([1] * 10 + [2] * 5, (6, 10, 15)),
    "38 points, cuts 14 24 33": ([1] * 6 + [2] * 13 + [3] * 2, (14, 24, 33)),
    "51 points, cuts 26 32 45": ([1] * 3 + [2] * 10 + [3] * 4 + [4] * 2 + [5, 3, 2], (26, 32, 45)),
    "30 points, pass at 12": ([1] * 10 + [2] * 10, (12,)),
}


@dataclass(frozen=True, slots=True)
class Practice:
    """How works are lifted: relative share by depth below the cut score, and where they land."""

    depth: tuple[float, ...]
    landing: tuple[float, ...]


PRACTICES = {
    "onto the cut score": Practice((1.0, 1.0), (1.0,)),
    "a quarter one point above": Practice((1.0, 1.0), (0.75, 0.25)),
    "half as often from 2 below": Practice((1.0, 0.5), (0.9, 0.1)),
}
DEEP = Practice((1.0, 0.9, 0.6, 0.35, 0.15), (0.7, 0.2, 0.1))


def score_kernel(
    max_points: list[int], rng: np.random.Generator, *, half_right_rare: bool = False
) -> FloatArray:
    """P(raw score | ability) (S + 1, Q) of a random test; with `half_right_rare` items of 2 points give 0 or 2."""
    kernel = np.ones((1, len(ABILITY)))
    for points in max_points:
        steps = rng.normal(0.0, 1.0) + (
            np.linspace(0.8, -0.8, points)
            if half_right_rare and points > 1
            else np.sort(rng.normal(0.0, 0.6, points))
        )
        slope = np.exp(rng.normal(0.0, 0.25))
        logits = np.vstack([np.zeros(len(ABILITY)), np.cumsum(slope * (ABILITY - steps[:, None]), axis=0)])
        category = np.exp(logits - logits.max(axis=0))
        category /= category.sum(axis=0)
        wider = np.zeros((len(kernel) + points, len(ABILITY)))
        for k in range(points + 1):
            wider[k : k + len(kernel)] += kernel * category[k]
        kernel = wider
    return kernel


def ability_density(shape: str) -> FloatArray:
    """Density (Q,) of ability: normal, skewed or bimodal."""

    def normal(mean: float, sd: float) -> FloatArray:
        return np.exp(-0.5 * ((ABILITY - mean) / sd) ** 2) / sd

    density = {
        "normal": normal(0.2, 1.1),
        "skewed left": normal(0.9, 1.0) / (1.0 + np.exp(3.0 * (ABILITY - 0.9))),
        "skewed right": normal(-0.8, 1.3) / (1.0 + np.exp(-4.0 * (ABILITY + 0.8))),
        "bimodal": 0.4 * normal(-1.1, 0.6) + 0.6 * normal(0.9, 0.7),
    }[shape]
    return density / density.sum()


SHAPES = ("normal", "skewed left", "skewed right", "bimodal")


def lifted(
    honest: FloatArray, cuts: tuple[int, ...], shares: FloatArray, practice: Practice
) -> tuple[FloatArray, FloatArray]:
    """Distribution after lifting, and the true shares per cut score with the overall share last (C + 1,)."""
    by_depth = shares[:, None] * np.array(practice.depth)
    lowest = np.array((-1, *cuts[:-1]))
    for place, cut in enumerate(cuts):  # a work belongs to the cut score right above it
        by_depth[place, max(cut - lowest[place] - 1, 0) :] = 0.0
    operator = lift_operator(len(honest) - 1, cuts, by_depth, landing=practice.landing)
    near = np.stack([honest[[c - 1, c - 2]] for c in cuts])
    moved = near * by_depth[:, :2]
    return operator @ honest, np.append(moved.sum(axis=1) / near.sum(axis=1), moved.sum() / near.sum())


class Tallied:
    """Coverage, error and width over many estimates."""

    def __init__(self) -> None:
        self.inside: list[FloatArray] = []
        self.error: list[FloatArray] = []
        self.width: list[FloatArray] = []

    def add(self, estimate: LiftEstimate, truth: FloatArray) -> None:
        """One estimate against its truth (C + 1,), the overall share last."""
        share = np.append(estimate.share, estimate.overall_share)
        lower = np.append(estimate.lower, estimate.overall_lower)
        upper = np.append(estimate.upper, estimate.overall_upper)
        told = np.where(np.isnan(share), np.nan, 1.0)
        self.inside.append(told * ((lower <= truth + 1e-12) & (truth <= upper + 1e-12)))
        self.error.append(share - truth)
        self.width.append(upper - lower)

    def row(self, **key: object) -> dict[str, object]:
        """A row of the table: rates over all cut scores, then of the overall share."""
        each = [np.concatenate([x[:-1] for x in part]) for part in (self.inside, self.error, self.width)]
        overall = [np.array([x[-1] for x in part]) for part in (self.inside, self.error, self.width)]
        return {
            **key,
            "estimates_n": len(self.inside),
            "cut_coverage": float(np.nanmean(each[0])),
            "cut_bias": float(np.nanmean(each[1])),
            "cut_width": float(np.nanmedian(each[2])),
            "cut_untold_share": float(np.isnan(each[1]).mean()),
            "overall_coverage": float(np.nanmean(overall[0])),
            "overall_bias": float(np.nanmean(overall[1])),
            "overall_width": float(np.nanmedian(overall[2])),
        }


def simulated_rows(
    repeats: int,
    *,
    tests: tuple[str, ...] = tuple(TESTS),
    practices: dict[str, Practice] = PRACTICES,
    sizes: tuple[int, ...] = (1_000, 2_500, 25_000),
    shares: tuple[float, ...] = (0.0, 0.3, 0.6, 0.85),
    with_kernel: bool = False,
    half_right_rare: bool = False,
    title: str = "simulated",
) -> Iterator[dict[str, object]]:
    """Coverage by number of works and true share, over tests, abilities and practices in turn."""
    for works_n in sizes:
        for share in shares:
            tallied = Tallied()
            for place, name in enumerate(tests):
                max_points, cuts = TESTS[name]
                for repeat in range(repeats):
                    rng = np.random.default_rng([SEED, works_n, int(100 * share), place, repeat])
                    kernel = score_kernel(max_points, rng, half_right_rare=half_right_rare)
                    honest = kernel @ ability_density(SHAPES[repeat % len(SHAPES)])
                    practice = tuple(practices.values())[(repeat // len(SHAPES)) % len(practices)]
                    after, truth = lifted(honest, cuts, np.full(len(cuts), share), practice)
                    counts = rng.multinomial(works_n, after)
                    estimate = estimate_lift(counts, cuts, kernel=kernel if with_kernel else None)
                    tallied.add(estimate, truth)
            yield tallied.row(scenario=title, works_n=works_n, true_share=share)


def region_shape_rows(region: Path, repeats: int) -> Iterator[dict[str, object]]:
    """The real region's shapes freed of lift, lifted anew: much at 3, less at 4, little at 5 (and other strengths)."""
    works = json.loads((region / "summary.json").read_text(encoding="utf-8"))
    for works_n in (2_500, 25_000):
        for shares in ((0.0, 0.0, 0.0), (0.85, 0.4, 0.15), (0.6, 0.6, 0.6)):
            tallied = Tallied()
            for place, name in enumerate(works):
                cuts = tuple(works[name]["cut_scores"][mark] for mark in "345")
                shape = estimate_lift(works[name]["raw_score_counts"], cuts).counterfactual
                for repeat in range(repeats):
                    rng = np.random.default_rng([SEED, works_n, int(100 * sum(shares)), place, repeat])
                    practice = tuple(PRACTICES.values())[repeat % len(PRACTICES)]
                    after, truth = lifted(shape / shape.sum(), cuts, np.array(shares), practice)
                    tallied.add(estimate_lift(rng.multinomial(works_n, after), cuts), truth)
            yield tallied.row(
                scenario="shapes of a region", works_n=works_n, true_share=" ".join(map(str, shares))
            )


def converted_rows(repeats: int) -> Iterator[dict[str, object]]:
    """A conversion table (every third score of 100 occurs, unevenly), no lift and lift."""
    for share in (0.0, 0.6):
        tallied = Tallied()
        for repeat in range(repeats):
            rng = np.random.default_rng([SEED, int(100 * share), repeat])
            max_points, cuts = TESTS["38 points, cuts 14 24 33"]
            honest = score_kernel(max_points, rng) @ ability_density(SHAPES[repeat % len(SHAPES)])
            after, truth = lifted(honest, cuts[:1], np.array([share]), PRACTICES["onto the cut score"])
            table = np.cumsum(rng.integers(1, 4, size=len(honest)))
            counts = np.zeros(table[-1] + 1)
            counts[table] = rng.multinomial(25_000, after)
            tallied.add(estimate_lift(counts, [int(table[cuts[0]])]), truth)
        yield tallied.row(scenario="conversion table with gaps", works_n=25_000, true_share=share)


def matura_counts(folder: Path) -> dict[tuple[str, str], FloatArray]:
    """Counts by score, (year, subject) -> (S + 1,); scores above the exam's highest are codes, not points."""
    counts: dict[tuple[str, str], FloatArray] = defaultdict(lambda: np.zeros(0))
    with (folder / "matura_score_frequencies.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            top = 50 if row["subject"].startswith("math") else 70
            key = (row["year"], row["subject"])
            if not len(counts[key]):
                counts[key] = np.zeros(top + 1)
            if int(row["score"]) <= top:
                counts[key][int(row["score"])] += int(row["n"])
    return dict(sorted(counts.items()))


def published_rows(matura: Path, region: Path) -> Iterator[dict[str, object]]:
    """Shares with intervals on the Polish Matura (with placebo cut scores) and on the region's ten works."""
    for (year, subject), counts in matura_counts(matura).items():
        cut = 15 if subject.startswith("math") else 21
        estimate = estimate_lift(counts, [cut])
        yield _published_row(f"{subject} {year}", f"pass at {cut}", estimate, 0)
        for placebo in (cut + 7, 30, 40):
            estimate = estimate_lift(counts, sorted((cut, placebo)))
            yield _published_row(f"{subject} {year}", f"placebo at {placebo}", estimate, 1)
    for name, work in json.loads((region / "summary.json").read_text(encoding="utf-8")).items():
        estimate = estimate_lift(work["raw_score_counts"], list(work["cut_scores"].values()))
        for place, mark in enumerate(work["cut_scores"]):
            yield _published_row(name, f"mark {mark}", estimate, place)
        yield {
            "scenario": name,
            "cut": "overall",
            "share": estimate.overall_share,
            "lower": estimate.overall_lower,
            "upper": estimate.overall_upper,
        }


def _published_row(name: str, cut: str, estimate: LiftEstimate, place: int) -> dict[str, object]:
    return {
        "scenario": name,
        "cut": cut,
        "share": float(estimate.share[place]),
        "lower": float(estimate.lower[place]),
        "upper": float(estimate.upper[place]),
    }


def shared_data() -> Path:
    """MERILO_SHARED_DATA, else `shared/data` beside the project."""
    given = os.environ.get("MERILO_SHARED_DATA")
    return Path(given) if given else Path(__file__).resolve().parents[2] / "shared" / "data"


def rows(*, repeats: int = 48) -> Iterator[dict[str, object]]:
    """All rows: simulated first, then those that need the published data (left out where it is absent)."""
    yield from simulated_rows(repeats)
    yield from simulated_rows(repeats, title="items calibrated", with_kernel=True, sizes=(25_000,))
    yield from simulated_rows(
        repeats, title="uneven scores", half_right_rare=True, sizes=(25_000,), shares=(0.0, 0.6)
    )
    yield from simulated_rows(
        repeats,
        title="uneven scores, items calibrated",
        half_right_rare=True,
        with_kernel=True,
        sizes=(25_000,),
        shares=(0.0, 0.6),
    )
    long = tuple(name for name in TESTS if name[:2] in {"38", "51", "30"})
    short = tuple(name for name in TESTS if name not in long)
    for title, tests in (
        ("lifted from 5 below, long tests", long),
        ("lifted from 5 below, short tests", short),
    ):
        yield from simulated_rows(
            repeats,
            title=title,
            tests=tests,
            practices={"deep": DEEP},
            sizes=(2_500, 25_000),
            shares=(0.3, 0.6, 0.85),
        )
    yield from converted_rows(2 * repeats)
    matura, region = shared_data() / "published" / "matura_poland", shared_data() / "vpr_region_2021"
    if region.is_dir():
        yield from region_shape_rows(region, repeats // 2)
    if matura.is_dir() and region.is_dir():
        yield from published_rows(matura, region)


def main(show: Callable[[str], None] = print) -> None:
    """Print the table."""
    begun = time.process_time()
    heading: tuple[str, ...] = ()
    for row in rows(repeats=int(sys.argv[1]) if len(sys.argv) > 1 else 48):
        if tuple(row) != heading:
            heading = tuple(row)
            show("\t".join(heading))
        show("\t".join(f"{x:.3f}" if isinstance(x, float) else str(x) for x in row.values()))
    show(f"{time.process_time() - begun:.0f} CPU seconds")


if __name__ == "__main__":
    main()
