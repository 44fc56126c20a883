"""One pass: the whole Tally against decoding the same Parquet file, and counting alone."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np
import polars as pl

from merilo.engines.local import fold
from merilo.tables.procedure import Item, Procedure
from merilo.tables.works import ROW_GROUP, WorksFile
from merilo.tally import merge, read_batch, step
from merilo.tally.tally import Tally

REPEATS = 5
POINTS = [1] * 15 + [2] * 10


def simulate_works(folder: Path, n: int, rng: np.random.Generator, *, variants: int, sexes: int) -> WorksFile:
    """A works file of n pupils, 25 items, 45 points, 60 pupils a school in two classes."""
    org = np.arange(n) // 60
    klass = np.arange(n) // 30
    theta = rng.normal(size=n)
    points = [
        rng.binomial(top, 1 / (1 + np.exp(-(theta - b)))).astype(np.int8)
        for top, b in zip(POINTS, np.linspace(-2, 2, len(POINTS)), strict=True)
    ]
    frame = pl.DataFrame(
        {
            "org": org.astype(np.int32),
            "klass": klass.astype(np.int32),
            "variant": rng.integers(0, variants, n).astype(np.int16),
            "present": np.ones(n, np.int8),
            "sex": rng.integers(0, sexes, n).astype(np.int8),
            "journal_mark": rng.integers(2, 6, n).astype(np.int8),
            "mark": rng.integers(2, 6, n).astype(np.int8),
            "score": np.sum(points, axis=0, dtype=np.int16).astype(float),
            **{f"i{k}": p for k, p in enumerate(points)},
        }
    )
    path = folder / f"works-{n}-{variants}-{sexes}.parquet"
    frame.write_parquet(path, compression="lz4", statistics=False, row_group_size=ROW_GROUP)
    return WorksFile(
        path=path,
        sha256="",
        procedure=Procedure(
            "p",
            items=tuple(Item(str(k), top) for k, top in enumerate(POINTS)),
            cut_scores={3: 10, 4: 20, 5: 30},
        ),
        org_ids=tuple(map(str, range(int(org[-1]) + 1))),
        class_org=tuple((np.arange(int(klass[-1]) + 1) // 2).tolist()),
        class_ids=("",) * (int(klass[-1]) + 1),
        variants=tuple(map(str, range(variants))),
        covariates=(),
        rows=n,
        row_groups=-(-n // ROW_GROUP),
    )


def rows(sizes: tuple[int, ...] = (100_000, 1_000_000, 4_000_000)) -> list[dict[str, object]]:
    """The whole Tally per size; the peer is decoding the same file."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for n in sizes:
            for variants, sexes in ((1, 1), (2, 3)):
                works = simulate_works(
                    Path(folder), n, np.random.default_rng(1), variants=variants, sexes=sexes
                )
                ours, decode = (
                    median(_cpu(lambda w=works: _tally(w))),
                    median(_cpu(lambda w=works: _decode(w))),
                )
                scores = n * len(POINTS)
                found.append(
                    {
                        "task": f"tally, {n:,} works x 25 items, {variants} variant(s), {sexes} sex(es)",
                        "ours_cpu_s": ours,
                        "peer": "decoding alone (polars)",
                        "peer_cpu_s": decode,
                        "note": f"{scores / ours / 1e6:.0f} M item scores a CPU s; {ours / decode:.1f} x decoding; "
                        f"counting alone {scores / max(ours - decode, 1e-9) / 1e6:.0f} M",
                    }
                )
    return found


def _tally(works: WorksFile) -> Tally:
    (tally,) = fold([works], step, merge)
    return tally


def _decode(works: WorksFile) -> None:
    for group in range(works.row_groups):
        read_batch(works, group)


def _cpu(task: object) -> list[float]:
    times = []
    for _ in range(REPEATS):
        start = time.process_time()
        task()  # type: ignore[operator]
        times.append(time.process_time() - start)
    return times


if __name__ == "__main__":
    for row in rows():
        print(row)
