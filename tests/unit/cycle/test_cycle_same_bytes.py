"""Same input, same bytes; and what the order of things must not change."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from command import fingerprint, run_apart, town, works
from folders import item_rows, write_procedure
from polars.testing import assert_frame_equal

import merilo
from merilo.engines import local

# Sums of the same numbers in another order differ in their last digits.
REL, ABS = 1e-7, 1e-9


def results(folders: Path | list[Path], **more: object) -> dict[str, pl.DataFrame]:
    return merilo.run(folders, None, documents=False, **more).tables  # type: ignore[arg-type]


def assert_tables_agree(a: dict[str, pl.DataFrame], b: dict[str, pl.DataFrame], *skipped: str) -> None:
    assert list(a) == list(b)
    for name, table in a.items():
        if name not in skipped:
            assert_frame_equal(table, b[name], rel_tol=REL, abs_tol=ABS)


def without_numbers(notes: pl.DataFrame) -> pl.DataFrame:
    """A table without its notes, whose words may hold the last digits of sums."""
    return notes.drop("note") if "note" in notes.columns else notes


def test_the_same_run_twice_writes_the_same_bytes(authority: Path, tmp_path: Path) -> None:
    for name in ("first", "second"):
        merilo.run(authority, tmp_path / name, documents=False)
    first = fingerprint(tmp_path / "first")
    assert len(first) > 20
    assert first == fingerprint(tmp_path / "second")


def test_documents_are_the_same_bytes_too(authority: Path, tmp_path: Path) -> None:
    pytest.importorskip("merilo.publish.report")
    from datetime import date

    for name in ("first", "second"):
        merilo.run(authority, tmp_path / name, made_on=date(2021, 5, 1))
    first = fingerprint(tmp_path / "first")
    assert {"workbook.xlsx", "report.pdf"} <= set(first)
    assert first == fingerprint(tmp_path / "second")


def test_the_hash_seed_of_python_does_not_matter(authority: Path, tmp_path: Path) -> None:
    for seed in ("1", "4242"):
        answer = run_apart(
            "run",
            authority,
            "--out",
            tmp_path / seed,
            "--no-documents",
            PYTHONHASHSEED=seed,
            MERILO_LANG="en",
        )
        assert answer.code == 0, answer.err
    assert fingerprint(tmp_path / "1") == fingerprint(tmp_path / "4242")


def test_a_copy_written_in_another_order_gives_the_same_bytes(authority: Path, tmp_path: Path) -> None:
    twin = tmp_path / "copy" / authority.name
    for path in sorted(authority.rglob("*"), reverse=True):
        if path.is_file() and "truth" not in path.parts:
            target = twin / path.relative_to(authority)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    merilo.run(authority, tmp_path / "a", documents=False)
    merilo.run(twin, tmp_path / "b", documents=False)
    assert fingerprint(tmp_path / "a") == fingerprint(tmp_path / "b")


def test_two_processes_give_what_one_gives(
    authority: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "SMALL_JOB", 0)  # processes start for any amount of work
    for workers in (1, 2):
        merilo.run(authority, tmp_path / str(workers), documents=False, workers=workers)
    assert fingerprint(tmp_path / "1") == fingerprint(tmp_path / "2")


def test_another_seed_changes_the_manifest_and_nothing_that_is_computed(
    authority: Path, tmp_path: Path
) -> None:
    for seed in (1, 2):
        merilo.run(authority, tmp_path / str(seed), documents=False, seed=seed)
    first, second = fingerprint(tmp_path / "1"), fingerprint(tmp_path / "2")
    drawn = ("objectivity", "objectivity_schools", "low_results")  # tables that may rest on random draws
    changed = {name for name in first if first[name] != second[name]}
    assert "manifest.json" in changed
    assert {name.split(".")[0] for name in changed} <= {"manifest", *drawn}


def test_the_order_of_rows_does_not_matter(tmp_path: Path) -> None:
    rows = works(schools=5)
    mixed = rows.sample(fraction=1.0, shuffle=True, seed=3)
    a = results(town(tmp_path / "a", rows))
    b = results(town(tmp_path / "b", mixed))
    assert_tables_agree(
        {k: without_numbers(t) for k, t in a.items()}, {k: without_numbers(t) for k, t in b.items()}
    )


def test_the_names_of_schools_do_not_matter(tmp_path: Path) -> None:
    rows = works(schools=5)
    names = dict(zip(sorted(rows["org_id"].unique()), ("z z", "Школа № 1", "a/b", "0", "ё")))
    a = results(town(tmp_path / "a", rows))
    b = results(town(tmp_path / "b", rows.with_columns(pl.col("org_id").replace_strict(names))))
    for table in ("school_results", "school_effects", "deficits", "low_results"):
        key = [name for name in ("procedure_id", "org_id", "kind", "skill") if name in a[table].columns]
        renamed = a[table].with_columns(pl.col("org_id").replace_strict(names)).sort(key)
        assert_frame_equal(
            without_numbers(renamed), without_numbers(b[table].sort(key)), rel_tol=REL, abs_tol=ABS
        )


def test_one_authority_in_two_folders_is_the_same_authority(tmp_path: Path) -> None:
    rows = works(schools=6)
    east = pl.col("org_id").is_in(sorted(rows["org_id"].unique())[:3])
    whole = results(town(tmp_path / "whole", rows))
    parts = results([town(tmp_path / "east", rows.filter(east)), town(tmp_path / "west", rows.filter(~east))])
    assert_tables_agree(
        {k: without_numbers(t) for k, t in whole.items()}, {k: without_numbers(t) for k, t in parts.items()}
    )


def test_csv_and_parquet_give_equal_tables(tmp_path: Path) -> None:
    rows = works(schools=5).with_columns(
        pl.when(pl.int_range(pl.len()) % 7 == 0).then(None).otherwise(pl.col("i3")).alias("i3"),
        pl.lit("present").alias("status"),
        (pl.col("i1") * 10 + 3.5).alias("prior_score"),
    )
    a = results(town(tmp_path / "a", rows))
    b = results(town(tmp_path / "b", rows, works_format="parquet"))
    assert_tables_agree(a, b)


def test_floats_of_a_table_program_are_whole_numbers(tmp_path: Path) -> None:
    """Programs that know no missing integers store 5 as 5.0; ids and points read the same."""
    rows = works(schools=4).with_columns(org_id=pl.int_range(pl.len()) // 24 + 100)
    numbers = [name for name in rows.columns if rows.schema[name].is_integer()]
    floats = rows.with_columns(pl.col(numbers).cast(pl.Float64))
    a = results(town(tmp_path / "a", rows))
    b = results(town(tmp_path / "b", floats, works_format="parquet"))
    assert a["school_results"]["org_id"].to_list() == ["100", "101", "102", "103"]
    assert_tables_agree(a, b)


def test_authorities_may_number_their_works_alike(tmp_path: Path) -> None:
    """Each authority counts its works from 1; none of them is taken for a twin of another's."""
    rows = works(schools=3)
    other = rows.with_columns(pl.format("w{}", "org_id").alias("org_id"))
    tables = results([town(tmp_path / "east", rows), town(tmp_path / "west", other)])
    assert tables["procedures"]["n"].item() == 2 * rows.height
    assert tables["rejected_rows"].is_empty()


def test_the_same_school_in_two_folders_counts_a_work_once(tmp_path: Path) -> None:
    rows = works(schools=3)
    tables = results([town(tmp_path / "east", rows), town(tmp_path / "west", rows)])
    assert tables["procedures"]["n"].item() == rows.height
    rejected = tables["rejected_rows"]
    assert rejected["rule"].unique().to_list() == ["duplicate_work"]
    assert rejected["file"].unique().to_list() == ["west/procedures/p/works.csv"]


def test_rows_are_accepted_or_rejected_never_lost(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    rows = works(schools=4).with_columns(
        pl.Series("i1", rng.choice(["0", "1", "7", "x", "да", ""], 96)),
        pl.Series("status", rng.choice(["present", "absent", "gone"], 96, p=[0.8, 0.1, 0.1])),
    )
    tables = results(town(tmp_path / "a", rows))
    facts = tables["procedures"].row(0, named=True)
    out = tables["rejected_rows"].filter(pl.col("rule").is_in(["points_out_of_range", "status_unknown"]))
    assert out.height > 10
    assert facts["n"] + facts["absent_n"] + out["row"].n_unique() == rows.height


def test_a_score_only_procedure_runs_beside_one_with_items(tmp_path: Path) -> None:
    rows = works(schools=4)
    folder = town(tmp_path / "a", rows)
    scores = rows.select("org_id", "class_id", score=pl.col("i1") * 20 + pl.col("i4") * 7 + 20)
    write_procedure(
        folder, "q", scores, toml='kind = "oge"\nmin_score = 0\nmax_score = 100\npass_score = 25\n'
    )
    tables = results(folder)
    exam = tables["procedures"].filter(pl.col("procedure_id") == "q").row(0, named=True)
    assert exam["n"] == 96
    assert exam["mean_points"] == pytest.approx(scores["score"].mean())
    assert "q" not in tables["items"]["procedure_id"].to_list()
    low = tables["school_results"].filter(pl.col("procedure_id") == "q")["low_n"].sum()
    assert low == (scores["score"] < 25).sum()


def test_a_context_covariate_column_is_no_item(tmp_path: Path) -> None:
    rows = works(schools=6).with_columns(x_home=pl.int_range(pl.len()) % 3, remark=pl.lit("text"))
    tables = results(town(tmp_path / "a", rows))
    assert tables["items"]["item_id"].to_list() == item_rows()["item_id"].to_list()
    assert "contextual" in tables["school_effects"]["kind"].to_list()
