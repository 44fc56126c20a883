"""Item calibration and abilities: ours against response-model programs, in CPU seconds.

Run: `python benchmarks/bench_irt.py [S M L]`: 25 items, 45 steps; 2,000, 100,000, 1,000,000 pupils, complete works.
Conditional calibration starts from score cells, which the one pass over the works has already counted; the row "cells"
is what counting them from a matrix costs. Peers are used where importable: mirt, girth, raschpy.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

# small matrices: several threads only spin and count as CPU time
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import numpy as np  # noqa: E402
from timing import cpu_seconds, installed, peak_mb  # noqa: E402

from merilo.methods.irt import (  # noqa: E402
    abilities_with_slopes,
    ability_table,
    calibrate_partial_credit,
    calibrate_with_slopes,
    cells_from_matrix,
    item_fit,
)

SIZES = {"S": 2_000, "M": 100_000, "L": 1_000_000}
MAX_POINTS = np.array([1] * 10 + [2] * 10 + [3] * 5)
REPEATS = {"S": 5, "M": 3, "L": 3}
# seconds at M as measured before (performance.md): not run at L
SLOW_PEERS = {"mirt": 100_000, "girth": 2_000, "raschpy": 100_000}


def responses(pupils: int) -> np.ndarray:
    """Works of pupils with abilities N(0, 1), slopes between 0.6 and 1.6, steps N(0, 1)."""
    rng = np.random.default_rng(1)
    theta = rng.normal(size=(pupils, 1))
    rows = np.zeros((pupils, MAX_POINTS.size), dtype=np.int8)
    for item, top in enumerate(MAX_POINTS):
        steps = rng.normal(size=top)
        slope = rng.uniform(0.6, 1.6)
        chance = slope * (np.arange(top + 1) * theta - np.concatenate([[0.0], np.cumsum(steps)]))
        rows[:, item] = (chance + rng.gumbel(size=chance.shape)).argmax(axis=1)
    return rows


def by_mirt(model: str) -> Callable[[np.ndarray], object]:
    """Interface of mirt for Python."""

    def run(rows: np.ndarray) -> object:
        return importlib.import_module("mirt").fit_mirt(rows.astype(int), model=model)

    return run


def by_girth(rows: np.ndarray) -> object:
    """Interface of girth: items x pupils, points from 1; its partial credit model has a slope per item."""
    return importlib.import_module("girth").pcm_mml(rows.T.astype(int) + 1)


def by_raschpy(rows: np.ndarray) -> object:
    """Interface of raschpy: pairwise conditional partial credit."""
    frames = importlib.import_module("pandas")
    model = importlib.import_module("raschpy").PCM(
        frames.DataFrame(rows), max_score_vector=MAX_POINTS.tolist()
    )
    return model.calibrate()


def tasks(
    rows: np.ndarray,
) -> list[tuple[str, Callable[[], object], dict[str, Callable[[np.ndarray], object]]]]:
    """Task, our way, peers' ways."""
    cells = cells_from_matrix(rows, MAX_POINTS)
    conditional = calibrate_partial_credit(cells)
    sloped = calibrate_with_slopes(rows, MAX_POINTS)
    score = rows.sum(axis=1)

    def wle_and_eap_of_everybody() -> object:
        table = ability_table(conditional.items)
        return table.wle[score], table.eap[score]

    return [
        ("cells from a matrix", lambda: cells_from_matrix(rows, MAX_POINTS), {}),
        (
            "PCM calibration from cells",
            lambda: calibrate_partial_credit(cells),
            {"mirt": by_mirt("PCM"), "raschpy": by_raschpy},
        ),
        ("infit and outfit from cells", lambda: item_fit(cells, conditional.items), {}),
        ("WLE and EAP, everybody (PCM)", wle_and_eap_of_everybody, {}),
        (
            "GPCM calibration",
            lambda: calibrate_with_slopes(rows, MAX_POINTS),
            {"mirt": by_mirt("GPCM"), "girth": by_girth},
        ),
        ("EAP, everybody (GPCM)", lambda: abilities_with_slopes(sloped.items, rows), {}),
    ]


def rows(sizes: Sequence[str] = ("S", "M", "L")) -> list[dict[str, Any]]:
    """One row per size, task and peer: task, ours_cpu_s, peer, peer_cpu_s (None: see note), peak_mb, note."""
    table = []
    for size in sizes:
        works = responses(SIZES[size])
        for task, run, peers in tasks(works):
            seconds, peak = cpu_seconds(run, REPEATS[size]), peak_mb(run)
            for peer, peer_run in peers.items() or [("-", None)]:
                row: dict[str, Any] = {
                    "task": f"{task}, {size} {SIZES[size]:,}",
                    "ours_cpu_s": seconds,
                    "peer": peer,
                    "peer_cpu_s": None,
                    "peak_mb": peak,
                    "note": "",
                }
                if peer_run is not None and not installed(peer):
                    row["note"] = "not installed"
                elif peer_run is not None and SIZES[size] > SLOW_PEERS[peer]:
                    row["note"] = "left out: slow"
                elif peer_run is not None:
                    try:
                        row["peer_cpu_s"] = cpu_seconds(lambda way=peer_run, given=works: way(given), 1)
                    except Exception as error:
                        row["note"] = f"failed: {type(error).__name__}: {error}"
                table.append(row)
    return table


def main(sizes: list[str]) -> None:
    """Print the table."""
    print(f"{'task':<44}{'ours, s':>9}  {'peer':<9}{'peer, s':>9}{'ratio':>8}{'peak MB':>9}  note")
    for row in rows(sizes):
        peer = row["peer_cpu_s"]
        times = f"{peer:>9.3f}{peer / row['ours_cpu_s']:>8.0f}" if peer is not None else f"{'-':>9}{'-':>8}"
        print(
            f"{row['task']:<44}{row['ours_cpu_s']:>9.4f}  {row['peer']:<9}{times}{row['peak_mb']:>9.0f}  {row['note']}"
        )


if __name__ == "__main__":
    main(sys.argv[1:] or ["S", "M", "L"])
