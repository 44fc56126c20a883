"""How the benchmarks measure: CPU seconds of this process, memory that numpy and Python allocate."""

from __future__ import annotations

import importlib
import statistics
import time
import tracemalloc
from collections.abc import Callable


def cpu_seconds(run: Callable[[], object], repeats: int) -> float:
    """Median CPU seconds after one warm-up call (none when run once)."""
    if repeats > 1:
        run()
    taken = []
    for _ in range(repeats):
        begin = time.process_time()
        run()
        taken.append(time.process_time() - begin)
    return statistics.median(taken)


def peak_mb(run: Callable[[], object]) -> float:
    """Peak of what a run allocates beyond its input, MB."""
    tracemalloc.start()
    run()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 1e6


def installed(module: str) -> bool:
    """Whether a peer can be imported here."""
    try:
        importlib.import_module(module)
    except ImportError:
        return False
    return True
