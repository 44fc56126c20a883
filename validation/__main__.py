"""`make validate`: one table of what Merilo promises against what is true. Ends with 1 if a hard promise is broken.

    python validation/__main__.py [share of the full number of repeats] [module …]

Every module of this folder with `rows()` takes part. A row that carries a `verdict` is judged (MISSED breaks a hard
promise; "known limit" states one); rows of estimates on published data are shown without a verdict.
"""

from __future__ import annotations

import importlib
import inspect
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

LIFT_REPEATS = 16
# The share with 2,500 works or more is promised; with 1,000 it is shown.
LIFT_PROMISED_WORKS = 2_500
LIFT_COVERAGE = 0.90

Row = dict[str, object]


def main(part: float, wanted: list[str]) -> int:
    """Print the table; 1 if a hard promise is broken."""
    print(f"{'task':78}{'target':>20}{'measured':>11}{'error':>9}  verdict", flush=True)
    missed, started = 0, time.perf_counter()
    for name in modules():
        if wanted and name not in wanted:
            continue
        for row in _rows(name, part):
            print(line(row), flush=True)
            missed += row.get("verdict") == "MISSED"
    print(f"{missed} hard promises missed; {time.perf_counter() - started:.0f} s")
    return int(missed > 0)


def modules() -> list[str]:
    """Modules of this folder that give rows."""
    return sorted(
        path.stem for path in HERE.glob("[a-z]*.py") if "\ndef rows(" in path.read_text(encoding="utf-8")
    )


def line(row: Row) -> str:
    """One row of the table; rows of another shape are shown as they are."""
    if not {"task", "target", "measured", "verdict"} <= set(row):
        return "  ".join(
            f"{name} {value:.3f}" if isinstance(value, float) else f"{name} {value}"
            for name, value in row.items()
        )
    measured, error = row["measured"], row.get("monte_carlo_error")
    return (
        f"{row['task']!s:78}{row['target']!s:>20}{measured:>11.4f}"
        f"{'' if error is None else format(error, '.4f'):>9}  {row['verdict']}"
    )


def _rows(name: str, part: float) -> Iterator[Row]:
    module = importlib.import_module(name)
    if name == "lift":
        for row in module.rows(repeats=max(2, round(part * LIFT_REPEATS))):
            yield lift_row(row)
    elif "part" in inspect.signature(module.rows).parameters:
        yield from module.rows(part=part)
    else:
        yield from module.rows()


def lift_row(row: Row) -> Row:
    """A row of validation/lift.py in the columns of this table: coverage where the truth is known, else the share."""
    if "share" in row:
        return {
            "task": f"lift, published: {row['scenario']}, {row['cut']}",
            "target": f"{row['lower']:.3f} … {row['upper']:.3f}",
            "measured": row["share"],
            "verdict": "95 % interval",
        }
    coverage, works = row["overall_coverage"], row["works_n"]
    assert isinstance(coverage, float) and isinstance(works, int)
    n = row["estimates_n"]
    assert isinstance(n, int)
    error = (LIFT_COVERAGE * (1 - LIFT_COVERAGE) / n) ** 0.5
    promised = row["scenario"] == "simulated" and works >= LIFT_PROMISED_WORKS
    low = coverage < LIFT_COVERAGE - 2 * error
    return {
        "task": f"95 % interval: lift, {row['scenario']}, {works:,} works, true share {row['true_share']}",
        "target": f"{LIFT_COVERAGE:g} … 1",
        "measured": coverage,
        "monte_carlo_error": error,
        "verdict": "holds" if not low else "MISSED" if promised else "known limit",
    }


if __name__ == "__main__":
    arguments = sys.argv[1:]
    share = float(arguments.pop(0)) if arguments and arguments[0].replace(".", "", 1).isdigit() else 1.0
    raise SystemExit(main(share, arguments))
