"""Simulated authorities written in every exchange form, with faults planted and written down: all come back."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from merilo.collect.authority import collect_works, read_authority
from merilo.collect.exchange import import_files
from merilo.definitions import load_definitions
from merilo.simulate import simulate

LAYOUTS = ("raw2020", "raw2021", "form2022", "collection", "f1")
WORKS = ("MA5", "RU4")
# Ten times as many faults as in a real region's export: about 1 row in 40 gets one.
MESS = 1.0
# Without a plan nobody knows the maximum of an item of 2020, so a point too many shows only in the total.
# A total that a form computes leaves out numbers stored as text.
SEEN_AS = {
    "number_as_text": {"total_mismatch"},
    "points_above_max": {"item_above_maximum", "total_mismatch", "total_above_maximum"},
    "stray_letter": {"item_unreadable"},
    "impossible_mark": {"journal_mark_impossible"},
    "odd_variant": {"variant_unknown"},
    "duplicate_row": {"duplicate_row"},
    "total_mismatch": {"total_mismatch", "total_above_maximum"},
    "total_above_max": {"total_above_maximum", "total_mismatch"},
}


def bring_in(folder: Path, into: Path):
    files = sorted(path for path in folder.rglob("*.xlsx"))
    return import_files(files, into, definitions=load_definitions())


@pytest.mark.parametrize("layout", LAYOUTS)
def test_clean_files_come_back_score_by_score(tmp_path, layout):
    simulate(tmp_path / "sim", schools=5, seed=4, years=1, layout=layout, works=WORKS, mess=0.0)
    out = bring_in(tmp_path / "sim", tmp_path / "town")
    assert out.rejected_rows.is_empty()
    truth = tmp_path / "sim/truth/procedures"
    assert sorted(out.written) == sorted(path.name for path in truth.iterdir())
    for name in out.written:
        found = pl.read_parquet(tmp_path / "town/procedures" / name / "works.parquet")
        wanted = pl.read_csv(truth / name / "works.csv")
        here = found.filter(pl.col("status") == "present").select("org_id", pl.col("score").cast(pl.Int64))
        there = wanted.filter(pl.col("present") == 1).select("org_id", pl.col("score").cast(pl.Int64))
        assert here.sort("org_id", "score").equals(there.sort("org_id", "score"))
        if layout != "f1":  # the report does not list the absent
            assert found.height == wanted.height


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_planted_fault_is_reported_in_its_row_and_nothing_else_is(tmp_path, layout):
    simulate(tmp_path / "sim", schools=5, seed=5, years=1, layout=layout, works=WORKS, mess=MESS)
    out = bring_in(tmp_path / "sim", tmp_path / "town")
    faults = pl.read_csv(tmp_path / "sim/truth/planted_faults.csv").filter(pl.col("reported") == 1)
    assert faults.height > 10
    reports: dict[tuple[str, int], set[str]] = {}
    for file, row, rule in out.rejected_rows.select("file", "row", "rule").iter_rows():
        reports.setdefault((file, row), set()).add(rule)
    for file, row, fault in faults.select("file", "row", "fault").iter_rows():
        assert reports.get((file, row), set()) & SEEN_AS[fault], (file, row, fault)
    planted = set(faults.select("file", "row").iter_rows())
    assert {place: rules for place, rules in reports.items() if place not in planted} == {}


def test_imported_folder_is_read_by_the_reader_of_authority_folders(tmp_path):
    simulate(tmp_path / "sim", schools=5, seed=6, years=1, layout="raw2021", works=WORKS, mess=MESS)
    simulate(tmp_path / "plan", schools=5, seed=6, years=1, layout="plan", works=WORKS)
    files = sorted([*(tmp_path / "sim").rglob("*.xlsx"), *(tmp_path / "plan").rglob("*.xlsx")])
    out = import_files(files, tmp_path / "town", definitions=load_definitions())
    authority = read_authority([tmp_path / "town"], load_definitions())
    assert [p.procedure.procedure_id for p in authority.procedures] == sorted(out.written)
    for source in authority.procedures:
        assert source.procedure.skill_names
        assert sorted(source.procedure.cut_scores) == [3, 4, 5]
        collected = collect_works(source, tmp_path / "scratch")
        written = [file.works_n for file in out.files if file.procedure_id == source.procedure.procedure_id]
        assert collected.file.rows == sum(written)
