"""Published data sets written as authority folders."""

from __future__ import annotations

from pathlib import Path

import polars as pl
from folders import write_procedure


def exam_folder(source: Path, target: Path) -> Path:
    """Inner London GCSE: score = normexam, prior_score = standLRT."""
    exam = pl.read_csv(source / "Exam.csv")
    works = exam.select(
        pl.col("school").cast(pl.String).alias("org_id"),
        pl.col("normexam").alias("score"),
        pl.col("standLRT").alias("prior_score"),
    )
    write_procedure(target, "exam", works, toml='kind = "regional"\n')
    return target


def math_achieve_folder(source: Path, target: Path) -> Path:
    """High School and Beyond: score = MathAch, x_meanses = MEANSES."""
    table = pl.read_csv(source / "MathAchieve.csv")
    works = table.select(
        pl.col("School").cast(pl.String).alias("org_id"),
        pl.col("MathAch").alias("score"),
        pl.col("MEANSES").alias("x_meanses"),
    )
    write_procedure(target, "hsb", works, toml='kind = "regional"\n')
    return target


def bdf_folder(source: Path, target: Path) -> Path:
    """Dutch language test: score = langPOST, prior_score = IQ.ver.cen, x_avg = avg.IQ.ver.cen."""
    table = pl.read_csv(source / "bdf.csv")
    works = table.select(
        pl.col("schoolNR").cast(pl.String).alias("org_id"),
        pl.col("langPOST").alias("score"),
        pl.col("IQ.ver.cen").alias("prior_score"),
        pl.col("avg.IQ.ver.cen").alias("x_avg"),
    )
    write_procedure(target, "bdf", works, toml='kind = "regional"\n')
    return target


def credential_folder(source: Path, target: Path) -> Path:
    """Licensure exam: schools as organisations, test centres as rooms, 170 items with the option chosen."""
    table = pl.read_csv(source / "CredentialForm1.csv.gz", infer_schema_length=2000)
    items = [f"q{number}" for number in range(1, 171)]
    work = pl.col("EID").alias("work_id")
    works = table.select(
        work,
        pl.col("School_ID").cast(pl.String).alias("org_id"),
        *(pl.col(f"iraw.{number}").alias(f"q{number}") for number in range(1, 171)),
    )
    options = table.select(
        work,
        pl.col("Cent_id").cast(pl.String).alias("room"),
        *(pl.col(f"iresp.{number}").alias(f"q{number}") for number in range(1, 171)),
    )
    plan = pl.DataFrame({"item_id": items, "max_points": [1] * 170})
    folder = write_procedure(target, "credential", works, items=plan, toml='kind = "regional"\n')
    options.write_csv(folder / "options.csv")
    return target
