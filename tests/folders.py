"""Small authority folders for tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl


def write_procedure(
    authority: Path,
    procedure_id: str,
    works: pl.DataFrame,
    *,
    items: pl.DataFrame | None = None,
    toml: str = "",
    works_format: str = "csv",
) -> Path:
    """Write one procedure of an authority folder; returns the procedure's folder."""
    folder = authority / "procedures" / procedure_id
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "procedure.toml").write_text(f'id = "{procedure_id}"\n{toml}', encoding="utf-8")
    if items is not None:
        items.write_csv(folder / "items.csv")
    if works_format == "csv":
        works.write_csv(folder / "works.csv")
    else:
        works.write_parquet(folder / "works.parquet")
    return folder


def rasch_works(
    rng: np.random.Generator,
    *,
    schools: int,
    pupils: int,
    max_points: tuple[int, ...] = (1, 1, 1, 2, 2, 1, 1, 1),
    school_sd: float = 0.4,
) -> pl.DataFrame:
    """Works of a simple simulated test: org_id, class_id, sex, journal_mark and the items i1, i2, …"""
    n = schools * pupils
    school = np.repeat(np.arange(schools), pupils)
    theta = rng.normal(0, 1, n) + school_sd * rng.normal(0, 1, schools)[school]
    difficulty = np.linspace(-1.2, 1.2, len(max_points))
    columns = {}
    for k, (top, b) in enumerate(zip(max_points, difficulty, strict=True), start=1):
        chance = 1 / (1 + np.exp(-(theta - b)))
        columns[f"i{k}"] = rng.binomial(top, chance)
    return pl.DataFrame(
        {
            "work_id": [f"w{i}" for i in range(n)],
            "org_id": [f"edu10{s:04d}" for s in school],
            "class_id": np.where(np.arange(n) % 2 == 0, "5А", "5Б"),
            "sex": np.where(rng.random(n) < 0.5, "f", "m"),
            "journal_mark": rng.integers(2, 6, n),
            **columns,
        }
    )


def item_rows(max_points: tuple[int, ...] = (1, 1, 1, 2, 2, 1, 1, 1)) -> pl.DataFrame:
    """items.csv that fits `rasch_works`."""
    n = len(max_points)
    return pl.DataFrame(
        {
            "item_id": [f"i{k}" for k in range(1, n + 1)],
            "max_points": max_points,
            "marking": ["auto", "expert"] * (n // 2) + ["auto"] * (n % 2),
            "level": ["basic"] * (n - 2) + ["raised", "high"],
            "skill": ["1.1", "1.1;2", "2", "2", "3", "3", "3", "1.1"][:n],
            "content": ["A"] * n,
            "text": [f"Item {k}" for k in range(1, n + 1)],
        }
    )
