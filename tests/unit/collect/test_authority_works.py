"""Rows of works.csv: what is accepted, what is reported, what stops the run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from folders import item_rows, rasch_works, write_procedure

from merilo.collect.authority import collect_works, read_authority, read_procedure_folder, reading_order
from merilo.definitions import load_definitions
from merilo.errors import (
    DuplicateProcedureError,
    InputError,
    MissingFileError,
    TableError,
    UnreadableFileError,
)
from merilo.tables.works import NOT_ADMINISTERED, NOT_ATTEMPTED

ITEMS = pl.DataFrame({"item_id": ["a", "b"], "max_points": [1, 2]})
CUTS = '[cut_scores]\n"3" = 1\n"4" = 2\n"5" = 3\n'


def collected(tmp_path: Path, csv: str, *, items: pl.DataFrame | None = ITEMS, toml: str = CUTS):
    folder = write_procedure(tmp_path, "p", pl.DataFrame({"x": [1]}), items=items, toml=toml)
    (folder / "works.csv").write_text(csv, encoding="utf-8")
    return collect_works(read_procedure_folder(folder, load_definitions()), tmp_path / "scratch")


def works_of(one) -> pl.DataFrame:
    return pl.read_parquet(one.file.path)


def rules(one) -> list[tuple[int, str, str]]:
    return sorted(one.rejected.select("row", "column", "rule").iter_rows())


def test_cells_of_every_kind_are_read(tmp_path: Path) -> None:
    one = collected(tmp_path, "org_id,a,b\ns,1,2\ns,X,Х\ns,не пройд.,1.0\ns,\xa01 ,\n")
    rows = works_of(one).select("i0", "i1", "score", "mark").rows()
    assert sorted(rows) == [
        (NOT_ATTEMPTED, NOT_ATTEMPTED, 0, 2),
        (NOT_ADMINISTERED, 1, 1, 3),
        (1, NOT_ADMINISTERED, 1, 3),
        (1, 2, 3, 5),
    ]
    assert rules(one) == []


def test_a_bad_cell_leaves_its_row_out_and_is_named(tmp_path: Path) -> None:
    one = collected(tmp_path, "org_id,a,b\ns,1,3\ns,-1,1\ns,да,1\ns,1,1\n")
    assert works_of(one).height == 1
    assert rules(one) == [
        (2, "b", "points_out_of_range"),
        (3, "a", "points_out_of_range"),
        (4, "a", "points_out_of_range"),
    ]
    assert one.rejected.filter(pl.col("row") == 4)["value"][0] == "да"


def test_rows_without_school_status_or_answers_are_left_out(tmp_path: Path) -> None:
    csv = (
        "work_id,org_id,status,a,b\n1,,present,1,1\n2,s,gone,1,1\n3,s,present,,\n"
        "4,s,absent,,\n4,s,present,1,0\n5,s,,0,1\n"
    )
    one = collected(tmp_path, csv)
    assert rules(one) == [
        (2, "org_id", "organisation_missing"),
        (3, "status", "status_unknown"),
        (4, "status", "nothing_administered"),
        (6, "work_id", "duplicate_work"),
    ]
    assert works_of(one)["present"].to_list() == [0, 1]


def test_totals_that_do_not_add_up_are_reported_not_repaired(tmp_path: Path) -> None:
    one = collected(tmp_path, "org_id,a,b,score\ns,1,1,2\ns,1,1,3\n")
    assert rules(one) == [(3, "score", "total_mismatch")]
    assert works_of(one)["score"].to_list() == [2, 2]
    assert one.file.total_mismatch_n == 1


def test_marks_outside_2_to_5_are_reported_and_dropped(tmp_path: Path) -> None:
    one = collected(tmp_path, "org_id,journal_mark,a,b\ns,8,1,1\ns,4,1,1\ns,3 ,1,1\n")
    assert rules(one) == [(2, "journal_mark", "mark_unknown")]
    assert works_of(one)["journal_mark"].sort().to_list() == [0, 3, 4]


def test_scores_outside_their_range_are_left_out(tmp_path: Path) -> None:
    csv = "org_id,score\ns,1,\n".replace(",\n", "\n") + "s,101\ns,abc\ns,12,5\n".replace("12,5", '"12,5"')
    one = collected(tmp_path, csv, items=None, toml="min_score = 0\nmax_score = 100\n")
    assert rules(one) == [(3, "score", "score_out_of_range"), (4, "score", "score_missing")]
    assert works_of(one)["score"].to_list() == [1, 12.5]


def test_works_are_sorted_by_school_and_class(tmp_path: Path) -> None:
    one = collected(tmp_path, "org_id,class_id,a,b\nt,5Б,1,1\ns,5Б,0,1\nt,5А,1,0\ns,5А,0,0\n")
    rows = works_of(one)
    assert one.file.org_ids == ("s", "t")
    assert rows["org"].to_list() == [0, 0, 1, 1]
    assert [one.file.class_ids[k] for k in rows["klass"]] == ["5А", "5Б", "5А", "5Б"]
    assert [one.file.class_org[k] for k in rows["klass"]] == [0, 0, 1, 1]


def test_csv_and_parquet_give_the_same_works_file(tmp_path: Path) -> None:
    works = rasch_works(np.random.default_rng(1), schools=3, pupils=20)
    hashes = []
    for name in ("csv", "parquet"):
        folder = write_procedure(tmp_path / name, "p", works, items=item_rows(), works_format=name)
        hashes.append(
            collect_works(read_procedure_folder(folder, load_definitions()), tmp_path / "s").file.sha256
        )
    assert hashes[0] == hashes[1]


def test_names_of_pupils_do_not_reach_the_works_file(tmp_path: Path) -> None:
    one = collected(tmp_path, "org_id,surname,pupil_id,a,b\ns,Secretova,p1,1,1\n")
    assert b"Secretova" not in one.file.path.read_bytes()
    assert b"p1" not in one.file.path.read_bytes()


@pytest.mark.parametrize(
    ("text", "error", "needle"),
    [
        ("", UnreadableFileError, "works.csv"),
        ("org_id,a\ns,1\n", TableError, "b"),
        ("org_id,a,a\ns,1,1\n", TableError, "a"),
        ("a,b\n1,1\n", TableError, "org_id"),
        ("org_id,a,b\ns,9,9\n", InputError, "p"),
        ("org_id,a,b\ns,1,1,1,1\n", UnreadableFileError, "2"),
    ],
)
def test_files_that_cannot_be_used_give_helpful_errors(
    tmp_path: Path, text: str, error: type, needle: str
) -> None:
    with pytest.raises(error) as caught:
        collected(tmp_path, text)
    assert needle in caught.value.sentence()


def test_a_file_in_another_encoding_names_its_row(tmp_path: Path) -> None:
    folder = write_procedure(tmp_path, "p", pl.DataFrame({"x": [1]}), items=ITEMS)
    (folder / "works.csv").write_bytes("org_id,a,b\ns,1,1\nшкола,1,1\n".encode("cp1251"))
    with pytest.raises(UnreadableFileError) as caught:
        collect_works(read_procedure_folder(folder, load_definitions()), tmp_path / "scratch")
    assert caught.value.row == 3
    assert "UTF-8" in caught.value.sentence()


def test_a_truncated_parquet_file_is_named(tmp_path: Path) -> None:
    works = rasch_works(np.random.default_rng(1), schools=2, pupils=20)
    folder = write_procedure(tmp_path, "p", works, items=item_rows(), works_format="parquet")
    whole = (folder / "works.parquet").read_bytes()
    (folder / "works.parquet").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UnreadableFileError):
        collect_works(read_procedure_folder(folder, load_definitions()), tmp_path / "scratch")


def test_prior_scores_are_joined_by_pupil_else_by_class_else_by_school(tmp_path: Path) -> None:
    earlier = pl.DataFrame(
        {
            "org_id": ["s", "s", "t"],
            "class_id": ["4А", "4А", "4А"],
            "pupil_id": ["1", "2", "3"],
            "score": [5.0, 7.0, 9.0],
        }
    )
    cases = {
        "pupil": ("org_id,class_id,pupil_id,a,b\ns,5А,2,1,1\nt,5А,3,1,1\n", [7.0, 9.0]),
        "class": ("org_id,class_id,pupil_id,a,b\ns,5а,,1,1\nt,5А,,1,1\n", [6.0, 9.0]),
        "year_group": ("org_id,class_id,pupil_id,a,b\ns,5Г,,1,1\nt,5Д,,1,1\n", [6.0, 9.0]),
    }
    for level, (csv, expected) in cases.items():
        folder = write_procedure(
            tmp_path / level, "p", pl.DataFrame({"x": [1]}), items=ITEMS, toml='prior = ["q"]\n'
        )
        (folder / "works.csv").write_text(csv, encoding="utf-8")
        source = read_procedure_folder(folder, load_definitions())
        one = collect_works(source, tmp_path / "scratch", priors={"q": earlier})
        assert one.file.covariates[0].level == level
        assert works_of(one)["c0"].to_list() == expected


def test_text_context_becomes_indicator_columns(tmp_path: Path) -> None:
    one = collected(tmp_path, "org_id,x_lang,x_ses,a,b\ns,ru,0.5,1,1\ns,kar,1,1,1\ns,,2,1,1\n")
    assert [c.name for c in one.file.covariates] == ["x_lang=ru", "x_ses"]
    rows = works_of(one).sort("c1")
    assert rows["c0"].to_list()[:2] == [1.0, 0.0]
    assert np.isnan(rows["c0"][2])


def test_procedures_are_read_after_their_priors(tmp_path: Path) -> None:
    works = rasch_works(np.random.default_rng(1), schools=2, pupils=10)
    write_procedure(tmp_path, "a", works, items=item_rows(), toml='prior = ["b"]\n')
    write_procedure(tmp_path, "b", works, items=item_rows())
    authority = read_authority([tmp_path], load_definitions())
    assert [s.procedure.procedure_id for s in reading_order(authority.procedures)] == ["b", "a"]
    write_procedure(tmp_path, "b", works, items=item_rows(), toml='prior = ["a"]\n')
    with pytest.raises(TableError):
        reading_order(read_authority([tmp_path], load_definitions()).procedures)


def test_folders_that_cannot_be_used_give_helpful_errors(tmp_path: Path) -> None:
    definitions = load_definitions()
    with pytest.raises(MissingFileError):
        read_authority([tmp_path / "nowhere"], definitions)
    with pytest.raises(MissingFileError):
        read_authority([tmp_path], definitions)
    works = rasch_works(np.random.default_rng(1), schools=2, pupils=10)
    folder = write_procedure(tmp_path, "a", works, items=item_rows())
    twin = write_procedure(tmp_path, "b", works, items=item_rows())
    (twin / "procedure.toml").write_text('id = "a"', encoding="utf-8")
    with pytest.raises(DuplicateProcedureError) as caught:
        read_authority([tmp_path], definitions)
    assert "a" in caught.value.sentence()
    works.write_parquet(folder / "works.parquet")
    with pytest.raises(DuplicateProcedureError):
        read_procedure_folder(folder, definitions)


@pytest.mark.parametrize(
    ("toml", "column"),
    [
        ('kind = "quiz"', "kind"),
        ('[cut_scores]\n"3" = 9\n"4" = 5', "cut_scores"),
        ('[cut_scores]\n"6" = 9', "cut_scores"),
        ('date = "soon"', "date"),
        ("year_group = 40", "year_group"),
        ('pass_score = "many"', "pass_score"),
    ],
)
def test_a_wrong_procedure_file_names_its_field(tmp_path: Path, toml: str, column: str) -> None:
    works = rasch_works(np.random.default_rng(1), schools=2, pupils=10)
    folder = write_procedure(tmp_path, "p", works, items=item_rows(), toml=toml)
    with pytest.raises(TableError) as caught:
        read_procedure_folder(folder, load_definitions())
    assert caught.value.column == column


def test_the_same_procedure_of_two_authorities_is_one(tmp_path: Path) -> None:
    works = rasch_works(np.random.default_rng(1), schools=2, pupils=10)
    for name in ("east", "west"):
        write_procedure(
            tmp_path / name,
            "p",
            works.with_columns(
                pl.format("{}{}", pl.lit(name), "org_id").alias("org_id"),
                pl.format("{}{}", pl.lit(name), "work_id").alias("work_id"),
            ),
            items=item_rows(),
        )
    authority = read_authority([tmp_path / "east", tmp_path / "west"], load_definitions())
    assert len(authority.procedures) == 1
    one = collect_works(authority.procedures[0], tmp_path / "scratch")
    assert one.file.rows == 40
    assert len(one.file.org_ids) == 4
    write_procedure(
        tmp_path / "west",
        "p",
        works.rename({"i1": "j1"}),
        items=item_rows().with_columns(pl.col("item_id").str.replace("i1", "j1")),
    )
    with pytest.raises(DuplicateProcedureError):
        read_authority([tmp_path / "east", tmp_path / "west"], load_definitions())
