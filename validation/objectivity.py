"""Error rates of `check`: how often honest schools are flagged, what is found, what the intervals hold.

    python validation/objectivity.py [--part 1.0] [--seed 20000] [--only NAME]    the long mode: writes the results file

The results file is what docs/validity.md is printed from. `rows()` is the short mode, for `make validate`.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np
from error_counts import Counts, Key, count_errors
from error_promises import DOUBT, PROMISES, Promise
from error_settings import Setting, settings
from known_worlds import WorldFolder

from merilo.definitions import load_definitions

RESULTS = Path(__file__).parent / "objectivity_results.json"
QUICK_SEED, LONG_SEED = 5_000, 20_000
Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate over authorities: its value, Monte Carlo error, what it is counted over (n), authorities."""

    value: float
    error: float
    n: float
    worlds: int


@dataclass(frozen=True, slots=True)
class Measured:
    """A setting with its rates."""

    setting: Setting
    seconds: float
    rates: dict[Key, Rate]


def draw(task: tuple[Setting, int]) -> tuple[Counts, float]:
    """Draw one authority, check it, count; and the seconds that `check` took."""
    from merilo.check.checking import check_sittings

    setting, seed = task
    with WorldFolder(setting.spec, seed) as known:
        started = time.perf_counter()
        try:
            tables = check_sittings(known.sittings, load_definitions(())).tables
        except Exception as error:
            error.add_note(f"in the authority {setting.place} of seed {seed}")
            raise
        return count_errors(known, tables), time.perf_counter() - started


def measure(chosen: Sequence[tuple[Setting, int]], *, first_seed: int, processes: int) -> Iterator[Measured]:
    """Rates of every setting; chosen: (setting, number of authorities)."""
    # A setting's seeds do not depend on what else is run.
    places = [one.place for one in settings()]
    for setting, worlds in chosen:
        start = first_seed + 1_000 * places.index(setting.place)
        counts, seconds = zip(*_map([(setting, start + number) for number in range(worlds)], processes))
        yield Measured(setting, float(np.mean(seconds)), rates(counts))


_POOLS: list[ProcessPoolExecutor] = []


def _map(tasks: list[tuple[Setting, int]], processes: int) -> Iterable[tuple[Counts, float]]:
    if processes == 1:
        return map(draw, tasks)
    if not _POOLS:
        os.environ.setdefault("POLARS_MAX_THREADS", "1")
        _POOLS.append(ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")))
    return _POOLS[0].map(draw, tasks)


def rates(counts: Sequence[Counts]) -> dict[Key, Rate]:
    """Ratio estimates with authorities as the independent units."""
    found = {}
    for key in sorted({key for one in counts for key in one}):
        total = np.array([one.get(key, (0.0, 0.0))[0] for one in counts])
        n = np.array([one.get(key, (0.0, 0.0))[1] for one in counts])
        value = float(total.sum() / n.sum())
        worlds = len(counts)
        spread = float(np.sqrt(((total - value * n) ** 2).sum() * worlds / max(worlds - 1, 1)) / n.sum())
        # Nothing seen in so many schools is not a rate of nought without error.
        floor = 0.5 / float(n.sum()) if value in (0.0, 1.0) else 0.0
        found[key] = Rate(value, max(spread, floor), float(n.sum()), int((n > 0).sum()))
    return found


def rows(*, part: float = 1.0, processes: int = 2) -> Iterator[Row]:
    """A row per promise, on fewer authorities than the document; part: share of that number."""
    chosen = [(one, max(2, round(part * one.quick))) for one in settings() if one.quick]
    measured = {one.setting.place: one for one in measure(chosen, first_seed=QUICK_SEED, processes=processes)}
    for promise in PROMISES:
        yield from judge(promise, measured)


def judge(promise: Promise, measured: dict[tuple[str, str, float, int, int], Measured]) -> Iterator[Row]:
    """The verdict of a promise; nothing where its setting was not measured or gave no such rate."""
    one = measured.get(promise.place)
    if one is None:
        return
    for key, rate in one.rates.items():
        if not promise.concerns(key):
            continue
        value, error = rate.value, rate.error
        if promise.beyond_honest:
            honest = one.rates["false_alarms", "honest", ""]
            value, error = value - honest.value, float(np.hypot(error, honest.error))
        missed = not promise.low - DOUBT * error <= value <= promise.high + DOUBT * error
        yield {
            "task": promise.task(key),
            "target": f"{promise.low:g} … {promise.high:g}",
            "measured": value,
            "monte_carlo_error": error,
            "verdict": ("MISSED" if promise.hard else "known limit") if missed else "holds",
        }


def main(arguments: Sequence[str]) -> None:
    """The long mode."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--part", type=float, default=1.0, help="share of the full number of authorities")
    parser.add_argument("--seed", type=int, default=LONG_SEED)
    parser.add_argument("--only", default="", help="settings whose name begins so")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--out", type=Path, default=RESULTS)
    asked = parser.parse_args(arguments)
    chosen = [(one, max(2, round(asked.part * one.worlds))) for one in settings()]
    chosen = [one for one in chosen if one[0].name.startswith(asked.only)]
    measured = []
    for one in measure(chosen, first_seed=asked.seed, processes=asked.processes):
        measured.append(one)
        print(summary(one), flush=True)
        write_results(measured, asked.out, asked.seed)


def summary(one: Measured) -> str:
    """A line for whoever waits."""
    shown = (
        ("auc", "all", ""),
        ("power", "all", ""),
        ("false_discovery", "mean over authorities", ""),
        ("false_alarms", "honest", ""),
        ("named", "all", ""),
    )
    simulator, name, strength, schools, procedures = one.setting.place
    found = "  ".join(
        f"{key[0]} {one.rates[key].value:.3f}±{one.rates[key].error:.3f}" for key in shown if key in one.rates
    )
    worlds = max(rate.worlds for rate in one.rates.values())
    return (
        f"{simulator:7}{name:32}{strength:5g}{schools:5}x{procedures:<3}{worlds:3} worlds "
        f"{one.seconds:5.1f} s  {found}"
    )


def write_results(measured: Iterable[Measured], path: Path, seed: int) -> None:
    """One rate a line, so that a change of the results can be read."""
    head = {
        "made_on": datetime.now(UTC).date().isoformat(),
        "merilo_version": version("merilo"),
        "first_seed": seed,
        "definitions_sha256": load_definitions(()).fingerprint(),
    }
    columns = ["simulator", "setting", "strength", "schools", "procedures", "measure", "of", "size",
               "value", "error", "n", "worlds"]  # fmt: skip
    lines = [
        json.dumps(
            [*one.setting.place, *key, round(rate.value, 5), round(rate.error, 5), round(rate.n), rate.worlds]
        )
        for one in measured
        for key, rate in one.rates.items()
        if kept(one.setting, key)
    ]
    text = json.dumps(head | {"columns": columns}, indent=1)[:-2] + ',\n "rows": [\n  '
    path.write_text(text + ",\n  ".join(lines) + "\n ]\n}\n", encoding="utf-8")


def kept(setting: Setting, key: Key) -> bool:
    """Whether a rate goes into the results file: what the document shows, and its neighbours for whoever reads on."""
    measure, _of, size = key
    usual = (setting.spec.schools, setting.spec.procedures) == (200, 4)
    if measure in ("p_05", "p_01", "known"):
        return usual and setting.name == "clean"
    if measure.startswith("lift_"):
        return usual and not size and setting.name.startswith(("clean", "threshold"))
    if measure.startswith("probability"):
        return usual and setting.name == "mixed"
    return not size or (usual and setting.name in ("clean", "mixed"))


if __name__ == "__main__":
    main(sys.argv[1:])
