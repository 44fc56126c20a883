"""Walk over works files on this machine: in this process when there is little to do, else in several.

Results are merged in the order of files and row groups, whoever finishes first: same input, same bytes.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

from merilo.language import choose_language, language
from merilo.tables.works import WorksFile

T = TypeVar("T")
J = TypeVar("J")

# Below this many item scores, starting processes costs more than it saves (about a second each).
SMALL_JOB = 50_000_000


def fold(
    files: Sequence[WorksFile],
    step: Callable[[WorksFile, int], T],
    merge: Callable[[T, T], T],
    *,
    workers: int = 1,
    on_step: Callable[[], None] | None = None,
) -> Iterator[T]:
    """One folded value per file, in order: merge over row groups of step(file, row_group).

    workers: processes to use (1: this one). on_step is called after every row group. At most a few row
    groups' results are held at a time, so memory does not grow with the number of works.
    """
    steps = [(file, group) for file in files for group in range(file.row_groups)]
    scores = sum(file.rows * max(len(file.procedure.items), 1) for file in files)
    if min(workers, len(steps)) <= 1 or scores < SMALL_JOB:
        yield from _fold_in_order(files, (step(*one) for one in steps), merge, on_step)
        return
    with _processes(min(workers, len(steps))) as pool:
        results = pool.map(step, *zip(*steps, strict=True))
        yield from _fold_in_order(files, results, merge, on_step)


def apply_in_order(function: Callable[[J], T], jobs: Sequence[J], *, workers: int = 1) -> Iterator[T]:
    """function(job) for every job, in order; in several processes where workers allow.

    Jobs and results are pickled: for work of about a second or more each.
    """
    if min(workers, len(jobs)) <= 1:
        yield from map(function, jobs)
        return
    with _processes(min(workers, len(jobs))) as pool:
        yield from pool.map(function, jobs)


def _processes(workers: int) -> ProcessPoolExecutor:
    # One thread each: the processes are the parallelism. Children read these when they load polars and numpy.
    for variable in ("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(variable, "1")
    # They speak the language of this one, which may have been chosen by hand.
    return ProcessPoolExecutor(
        workers,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=choose_language,
        initargs=(language(),),
    )


def _fold_in_order(
    files: Sequence[WorksFile],
    results: Iterator[T],
    merge: Callable[[T, T], T],
    on_step: Callable[[], None] | None,
) -> Iterator[T]:
    for file in files:
        # Equals merge with equals, as in a binary counter: folding k results in a row would touch the first
        # ones k times.
        waiting: list[tuple[int, T]] = []
        for _group in range(file.row_groups):
            weight, folded = 1, next(results)
            if on_step is not None:
                on_step()
            while waiting and waiting[-1][0] == weight:
                before, earlier = waiting.pop()
                weight, folded = weight + before, merge(earlier, folded)
            waiting.append((weight, folded))
        folded = waiting.pop()[1]
        while waiting:
            folded = merge(waiting.pop()[1], folded)
        yield folded


def processors() -> int:
    """Processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
