"""The whole run by number of schools: CPU and wall seconds, peak memory, time per school.

Simulated authorities, mathematics of five year groups in two springs: ten procedures, four of them with the same
pupils' earlier scores (value added and growth). Every run is a fresh process, so start-up is counted too.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

WORKS = ("MA4", "MA5", "MA6", "MA7", "MA8")
YEARS = 2
SEED = 24022021
# (schools, format of the works, with documents)
CASES = (
    (41, "parquet", False),
    (41, "parquet", True),
    (650, "parquet", False),
    (650, "csv", False),
    (6_500, "parquet", False),
)


def rows(cases: tuple[tuple[int, str, bool], ...] = CASES) -> Iterator[dict[str, object]]:
    """One row per case; the note holds wall time, time per school and the seconds of every stage."""
    with tempfile.TemporaryDirectory() as place:
        for schools, form, documents in cases:
            folder = Path(place) / f"{schools}-{form}"
            if not folder.exists():
                _child("simulate", folder, str(schools), form)
            out = Path(place) / f"out-{folder.name}-{documents}"
            try:
                measured = _child("run", folder, out, str(int(documents)))
            except subprocess.CalledProcessError as error:
                # A part that fails is a line of the table, not the end of it.
                said = str(error.stderr).strip().splitlines()[-1]
                measured = dict.fromkeys(("cpu_s", "wall_s", "peak_mb", "works_n"), float("nan"))
                yield _row(measured, schools, form, documents=documents) | {"note": f"failed: {said}"}
                continue
            yield _row(measured, schools, form, documents=documents)


def _row(measured: dict[str, float], schools: int, form: str, *, documents: bool) -> dict[str, object]:
    stages = {
        name.removeprefix("seconds_"): value
        for name, value in measured.items()
        if name.startswith("seconds_")
    }
    return {
        "task": f"run, {schools:,} schools, 10 procedures, {form}{', documents' if documents else ''}",
        "ours_cpu_s": measured["cpu_s"],
        "peak_mb": measured["peak_mb"],
        "note": f"{measured['works_n']:,.0f} works; wall {measured['wall_s']:.1f} s; "
        f"{1000 * measured['cpu_s'] / schools:.1f} CPU ms a school; "
        + ", ".join(f"{name} {seconds:.1f} s" for name, seconds in stages.items()),
    }


def _child(task: str, *arguments: str | Path) -> dict[str, float]:
    """Run one task of this file in a fresh process and read what it measured."""
    command = [sys.executable, __file__, task, *map(str, arguments)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    measured: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return measured


def simulate_folder(folder: str, schools: str, form: str) -> dict[str, float]:
    """Write the simulated authority."""
    from merilo.simulate import simulate

    simulate(
        Path(folder),
        schools=int(schools),
        years=YEARS,
        works=WORKS,
        seed=SEED,
        works_format=form,
        truth=False,
    )
    return {}


def run_folder(folder: str, out: str, documents: str) -> dict[str, float]:
    """Run the cycle; CPU seconds of this process from its start, peak memory, seconds by stage."""
    began = time.perf_counter()
    import merilo

    result = merilo.run(folder, out, documents=documents == "1")
    usage = resource.getrusage(resource.RUSAGE_SELF)
    # Linux counts kilobytes, macOS bytes.
    unit = 1024**2 if sys.platform == "darwin" else 1024
    return {
        "cpu_s": time.process_time(),
        "wall_s": time.perf_counter() - began,
        "peak_mb": usage.ru_maxrss / unit,
        "works_n": float(result.tables["procedures"]["n"].sum()),
        **{f"seconds_{stage}": seconds for stage, seconds in result.manifest["times"]["seconds"].items()},
    }


if __name__ == "__main__":
    TASKS = {"simulate": simulate_folder, "run": run_folder}
    if sys.argv[1:] and sys.argv[1] in TASKS:
        print(json.dumps(TASKS[sys.argv[1]](*sys.argv[2:])))
    else:
        for row in rows():
            print(row, flush=True)
