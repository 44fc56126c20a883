"""`make bench`: one table of ours against the peers that are installed. CPU seconds; medians of several runs.

Peers that are not installed are said so. Sizes: S 2,000, M 100,000, L 1,000,000 pupils where a row has sizes.
"""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path

# Small problems are slower with several BLAS threads, and CPU seconds would count them all.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

MODULES = (
    "bench_tally",
    "bench_similarity",
    "bench_irt",
    "bench_multilevel",
    "bench_growth",
    "bench_import",
    "bench_check",
    "bench_run",
)


def main(wanted: list[str]) -> None:
    """Print the rows of every benchmark, or of those named on the command line."""
    print(
        f"{'task':58}{'ours, CPU s':>12}  {'peer':24}{'peer, CPU s':>14}{'ratio':>8}{'peak MB':>9}",
        flush=True,
    )
    for name in MODULES:
        if wanted and name.removeprefix("bench_") not in wanted:
            continue
        for row in importlib.import_module(name).rows():
            print(line(row), flush=True)


def line(row: dict[str, object]) -> str:
    """One row of the table."""
    ours, theirs, peak = row["ours_cpu_s"], row.get("peer_cpu_s"), row.get("peak_mb")
    peer, note = str(row.get("peer") or ""), str(row.get("note") or "")
    if theirs is not None:
        measured = f"{theirs:.4g}"
    elif peer:
        measured = "left out" if "left out" in note else "not installed"
    else:
        measured = ""
    ratio = f"{theirs / ours:.3g}" if theirs and ours else ""  # type: ignore[operator]
    note = "" if note == measured else note
    return (
        f"{row['task']!s:58}{ours:>12.4g}  {peer:24}{measured:>14}{ratio:>8}"
        f"{'' if peak is None else f'{peak:.0f}':>9}  {note}"
    ).rstrip()


if __name__ == "__main__":
    main(sys.argv[1:])
