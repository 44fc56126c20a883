"""Pairs of works of a class: a whole second walk, and the comparison alone, in pairs a second."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
from timing import cpu_seconds, peak_mb

from merilo.check.walk import SimilarityStep
from merilo.methods.similarity import (
    AnswerColumns,
    ImpliedShares,
    compare_classes,
    own_shares,
)
from merilo.tables.procedure import Item, Procedure
from merilo.tables.works import ROW_GROUP, WorksFile

REPEATS = 3
POINTS = np.array([1] * 12 + [2] * 6 + [3] * 2)


def simulate_works(n: int, rng: np.random.Generator) -> np.ndarray:
    """Points (n, 20) of pupils of one ability distribution."""
    theta = rng.normal(size=n)
    chance = [1 / (1 + np.exp(-(theta - b))) for b in np.linspace(-2, 2, len(POINTS))]
    return np.stack([rng.binomial(top, p) for top, p in zip(POINTS, chance, strict=True)], axis=1).astype(
        np.int8
    )


def rows(
    cases: tuple[tuple[int, int], ...] = ((100_000, 25), (50_000, 60), (50_000, 250)),
) -> list[dict[str, object]]:
    """(works, works in a class): the comparison alone, and the walk with reading and shares; peer: numpy by class."""
    found = []
    for works, size in cases:
        rng = np.random.default_rng(1)
        points = simulate_works(works, rng)
        klass = np.arange(works) // size
        columns = AnswerColumns.of(POINTS)
        score = points.sum(axis=1, dtype=np.int64)
        answers = columns.one_hot(points, np.ones_like(points, dtype=bool))
        scores = int(POINTS.sum()) + 1
        counts = np.zeros((scores, columns.n), np.int64)
        np.add.at(counts, score, answers.astype(np.int64))
        implied = ImpliedShares.of(
            counts, np.bincount(score, minlength=scores), np.full(counts.shape, np.nan)
        )
        starts = np.flatnonzero(np.diff(klass, prepend=-1))
        given = own_shares(implied.without_own(score, answers), answers, columns, starts)
        part = score / POINTS.sum()
        pairs = int(sum(m * (m - 1) // 2 for m in np.bincount(klass)))

        def compare(given=given, answers=answers, columns=columns, part=part, klass=klass) -> object:
            return compare_classes(given, answers, columns, part, klass, int(klass[-1]) + 1)

        seconds = cpu_seconds(compare, REPEATS)
        plain = cpu_seconds(_plain(points, klass), 1)
        found.append(_row(f"comparing alone, {works:,} works, classes of {size}", seconds, pairs, plain))
        with tempfile.TemporaryDirectory() as folder:
            file = _write(Path(folder), points, klass)
            step = SimilarityStep(np.ones((1, len(POINTS)), bool), 1, scores, np.arange(scores), implied)
            whole = cpu_seconds(lambda s=step, f=file: _walk(s, f), REPEATS)
            row = _row(f"second walk, {works:,} works, classes of {size}", whole, pairs, None)
            found.append(row | {"peak_mb": peak_mb(lambda s=step, f=file: _walk(s, f))})
    return found


def _row(task: str, seconds: float, pairs: int, plain: float | None) -> dict[str, object]:
    return {
        "task": task,
        "ours_cpu_s": seconds,
        "peer": "" if plain is None else "numpy, agreement only",
        "peer_cpu_s": plain,
        "note": f"{pairs / seconds / 1e6:.1f} M pairs a CPU s",
    }


def _plain(points: np.ndarray, klass: np.ndarray) -> Callable[[], object]:
    """Agreement of all pairs class by class, as one would write it first: no expectation, no ratio."""
    starts = np.flatnonzero(np.diff(klass, prepend=-1))
    return lambda: [(own[:, None] == own[None]).sum(axis=2).sum() for own in np.split(points, starts[1:])]


def _walk(step: SimilarityStep, file: WorksFile) -> None:
    for group in range(file.row_groups):
        step(file, group)


def _write(folder: Path, points: np.ndarray, klass: np.ndarray) -> WorksFile:
    n = len(points)
    whole = {
        "org": klass.astype(np.int32),
        "klass": klass.astype(np.int32),
        "variant": np.zeros(n, np.int16),
        **{name: np.zeros(n, np.int8) for name in ("sex", "journal_mark", "mark")},
        "present": np.ones(n, np.int8),
        "score": points.sum(axis=1, dtype=np.float64),
        **{f"i{k}": points[:, k] for k in range(points.shape[1])},
    }
    path = folder / "works.parquet"
    pl.DataFrame(whole).write_parquet(path, compression="lz4", statistics=False, row_group_size=ROW_GROUP)
    classes = int(klass[-1]) + 1
    return WorksFile(
        path=path,
        sha256="",
        procedure=Procedure("p", items=tuple(Item(str(k), int(top)) for k, top in enumerate(POINTS))),
        org_ids=tuple(map(str, range(classes))),
        class_org=tuple(range(classes)),
        class_ids=("",) * classes,
        variants=("",),
        covariates=(),
        rows=n,
        row_groups=-(-n // ROW_GROUP),
    )


if __name__ == "__main__":
    for row in rows():
        print(row)
