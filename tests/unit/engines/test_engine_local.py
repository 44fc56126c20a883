"""The local engine: same result in one process and in several, in the order of the files."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from merilo.engines import local
from merilo.tables import works as works_table
from merilo.tables.procedure import Item, Procedure
from merilo.tables.works import WorksFile
from merilo.tally import merge, step


def works_file(folder: Path, name: str, n: int, rows_in_group: int, seed: int) -> WorksFile:
    rng = np.random.default_rng(seed)
    org = np.sort(rng.integers(0, 7, n)).astype(np.int32)
    points = rng.integers(0, 3, (n, 2)).astype(np.int8)
    frame = pl.DataFrame(
        {
            "org": org,
            "klass": org,
            "variant": np.zeros(n, np.int16),
            "present": np.ones(n, np.int8),
            "sex": np.zeros(n, np.int8),
            "journal_mark": np.zeros(n, np.int8),
            "mark": rng.integers(2, 6, n).astype(np.int8),
            "score": points.sum(axis=1).astype(float),
            "i0": points[:, 0],
            "i1": points[:, 1],
        }
    )
    path = folder / f"{name}.parquet"
    frame.write_parquet(path, row_group_size=rows_in_group)
    return WorksFile(
        path=path,
        sha256="",
        procedure=Procedure(name, items=(Item("a", 2), Item("b", 2)), cut_scores={3: 1, 4: 2, 5: 3}),
        org_ids=tuple("abcdefg"),
        class_org=tuple(range(7)),
        class_ids=("А",) * 7,
        variants=("",),
        covariates=(),
        rows=n,
        row_groups=-(-n // rows_in_group),
    )


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[WorksFile]:
    return [works_file(tmp_path, f"p{k}", 700 + 100 * k, works_table.ROW_GROUP, seed=k) for k in range(3)]


def equal(left: object, right: object) -> bool:
    return all(
        equal(getattr(left, f.name), getattr(right, f.name))
        if hasattr(getattr(left, f.name), "__dataclass_fields__")
        else np.array_equal(getattr(left, f.name), getattr(right, f.name))
        for f in fields(left)  # type: ignore[arg-type]
    )


def test_processes_give_what_one_process_gives(
    files: list[WorksFile], monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = list(local.fold(files, step, merge, workers=1))
    monkeypatch.setattr(local, "SMALL_JOB", 0)
    together = list(local.fold(files, step, merge, workers=2))
    assert [t.n for t in alone] == [700, 800, 900]
    assert all(equal(a, b) for a, b in zip(alone, together, strict=True))


def concatenate(left: str, right: str) -> str:
    return left + right


@pytest.mark.parametrize("groups", [1, 2, 3, 5, 8, 13])
def test_row_groups_are_merged_in_order(groups: int) -> None:
    """Whatever the tree of merges, left stays left: the merge need not commute."""
    file = WorksFile(Path("p"), "", Procedure("p"), (), (), (), (), (), rows=groups, row_groups=groups)
    (folded,) = local.fold([file], lambda _file, group: chr(97 + group), concatenate)
    assert folded == "".join(chr(97 + g) for g in range(groups))


def test_every_row_group_is_told() -> None:
    told: list[None] = []
    file = WorksFile(Path("p"), "", Procedure("p"), (), (), (), (), (), rows=4, row_groups=4)
    list(local.fold([file, file], lambda _f, g: str(g), concatenate, on_step=lambda: told.append(None)))
    assert len(told) == 8


def test_processors_are_counted() -> None:
    assert local.processors() >= 1
