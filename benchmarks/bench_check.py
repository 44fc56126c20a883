"""The whole of `check` by size: CPU and wall seconds, memory, what is sent to a second process, share of a whole run.

Simulated authorities of two springs, without manipulations. Every measurement is a fresh process. 650 schools with 40
procedures (OFTEN) take minutes to simulate and are not in `make bench`: `python benchmarks/bench_check.py often`.
"""

from __future__ import annotations

import json
import os
import pickle
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS"):
    os.environ.setdefault(_name, "1")

SEED = 24022021
WORKS = tuple(f"{subject}{grade}" for grade in range(4, 10) for subject in ("MA", "RU"))
# (schools, works of a spring: mathematics and Russian from the fourth year on, springs, processes)
CASES = ((41, 12, 2, 1), (650, 5, 2, 1), (650, 5, 2, 2))
OFTEN = ((650, 10, 4, 1), (650, 10, 4, 2))


def rows(cases: tuple[tuple[int, int, int, int], ...] = CASES) -> Iterator[dict[str, object]]:
    """One row per case; the note holds wall time, time a procedure, and for one process the share of a whole run."""
    with tempfile.TemporaryDirectory() as place:
        for schools, works, years, workers in cases:
            folder = Path(place) / f"{schools}-{works}-{years}"
            if not folder.exists():
                _child("simulate", folder, schools, works, years)
            found = _child("check", folder, workers)
            note = (
                f"{found['works_n']:,.0f} works; wall {found['wall_s']:.1f} s; "
                f"{1000 * found['cpu_s'] / (works * years):.0f} CPU ms a procedure; "
                f"{found['sent_mb']:.1f} MB a procedure sent to a process"
            )
            if workers == 1:
                whole = _child("run", folder, Path(place) / f"out-{folder.name}")
                note += f"; {whole['check_s'] / whole['all_s']:.0%} of a run of {whole['all_s']:.1f} s"
            yield {
                "task": f"check, {schools:,} schools, {works * years} procedures, {workers} process"
                + ("es" if workers > 1 else ""),
                "ours_cpu_s": found["cpu_s"],
                "peak_mb": found["peak_mb"],
                "note": note,
            }


def _child(task: str, *arguments: object) -> dict[str, float]:
    command = [sys.executable, __file__, task, *map(str, arguments)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    measured: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return measured


def simulate_folder(folder: str, schools: str, works: str, years: str) -> dict[str, float]:
    """Write the simulated authority."""
    from merilo.simulate import simulate

    simulate(
        Path(folder),
        schools=int(schools),
        years=int(years),
        works=WORKS[: int(works)],
        seed=SEED,
        works_format="parquet",
        truth=False,
    )
    return {}


def check_folder(folder: str, workers: str) -> dict[str, float]:
    """Measure the folder, then time `check` alone; CPU of this process and its children."""
    from merilo.check.checking import check_sittings
    from merilo.cycle import sittings_of
    from merilo.definitions import load_definitions

    with tempfile.TemporaryDirectory() as scratch:
        sittings = sittings_of(folder, Path(scratch))
        sent = sum(len(pickle.dumps(one)) for one in sittings) / len(sittings)
        # Of the processes together: a child's peak is that of the largest.
        before, began = _cpu(), time.perf_counter()
        check_sittings(sittings, load_definitions(()), workers=int(workers))
        wall, cpu = time.perf_counter() - began, _cpu() - before
    return {
        "wall_s": wall,
        "cpu_s": cpu,
        "sent_mb": sent / 1e6,
        "works_n": float(sum(one.works.rows for one in sittings)),
        "peak_mb": sum(
            resource.getrusage(who).ru_maxrss * times
            for who, times in ((resource.RUSAGE_SELF, 1), (resource.RUSAGE_CHILDREN, int(workers)))
        )
        / (1024**2 if sys.platform == "darwin" else 1024),
    }


def _cpu() -> float:
    return sum(
        used.ru_utime + used.ru_stime
        for used in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def run_folder(folder: str, out: str) -> dict[str, float]:
    """Seconds of `check` and of all stages in a whole run, documents left out."""
    import merilo

    seconds = merilo.run(folder, out, documents=False).manifest["times"]["seconds"]
    return {"check_s": seconds["check"], "all_s": sum(seconds.values())}


if __name__ == "__main__":
    TASKS = {"simulate": simulate_folder, "check": check_folder, "run": run_folder}
    if sys.argv[1:] and sys.argv[1] in TASKS:
        print(json.dumps(TASKS[sys.argv[1]](*sys.argv[2:])))
    else:
        for row in rows(OFTEN if "often" in sys.argv[1:] else CASES):
            print(row, flush=True)
