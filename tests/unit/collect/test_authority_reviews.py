"""reviews.csv: what is read, how far a row reaches, and which cells are refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from folders import item_rows, rasch_works, write_procedure

from merilo.collect.authority import confirmed_exclusions, read_authority
from merilo.collect.authority.reviews import REVIEWS, read_reviews
from merilo.definitions import load_definitions
from merilo.errors import TableError
from merilo.tables.procedure import Procedure

PROCEDURES = (
    Procedure("ma4_2021", school_year="2020/21"),
    Procedure("ru4_2021", school_year="2020/21"),
    Procedure("ma5_2022", school_year="2021/22"),
)
HEADER = "org_id,procedure_id,school_year,kind,finding,remarked_n,changed_n,mean_change,date,note\n"


def read(tmp_path: Path, *rows: str, header: str = HEADER) -> pl.DataFrame:
    file = tmp_path / "reviews.csv"
    file.write_text(header + "\n".join(rows) + "\n", encoding="utf-8")
    return read_reviews([file], PROCEDURES, ("a", "b"))


def test_a_full_row_is_read_as_it_stands(tmp_path: Path) -> None:
    found = read(tmp_path, 'a,ma4_2021,,item_profile,confirmed,28,20,"-1,5",12.05.2021,протокол 7')
    assert found.schema == pl.Schema(REVIEWS)
    assert found.to_dicts() == [
        {
            "review": 1,
            "org_id": "a",
            "procedure_id": "ma4_2021",
            "scope": "procedure",
            "kind": "item_profile",
            "finding": "confirmed",
            "remarked_n": 28,
            "changed_n": 20,
            "mean_change": -1.5,
            "date": "2021-05-12",
            "note": "протокол 7",
        }
    ]


def test_a_row_without_procedure_speaks_of_its_school_year_or_of_all(tmp_path: Path) -> None:
    found = read(tmp_path, "a,,2020/21,,confirmed,,,,,", "b,,,,не подтверждено,,,,,", header=HEADER)
    reach = found.group_by("org_id", "scope", "review").agg("procedure_id").sort("org_id").rows()
    assert reach == [
        ("a", "school_year", 1, ["ma4_2021", "ru4_2021"]),
        ("b", "run", 2, ["ma4_2021", "ma5_2022", "ru4_2021"]),
    ]
    assert found.filter(org_id="b")["finding"].unique().to_list() == ["not_confirmed"]


def test_only_confirmed_results_are_excluded_each_once(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "b,ma4_2021,,threshold,confirmed,,,,,",
        "b,ma4_2021,,similarity,confirmed,,,,,",
        "a,ru4_2021,,,not_confirmed,,,,,",
        "a,ma5_2022,,,confirmed,,,,,",
    )
    assert confirmed_exclusions(found).rows() == [("ma4_2021", "b"), ("ma5_2022", "a")]


def test_the_later_of_two_reviews_holds(tmp_path: Path) -> None:
    for first, second in (("2021-06-01", "2021-05-01"), ("01.05.2021", "2021-06-01")):
        later = "confirmed" if first > second else "not_confirmed"
        found = read(
            tmp_path, f"a,ma4_2021,,,confirmed,,,,{first},", f"a,ma4_2021,,,not_confirmed,,,,{second},"
        )
        assert found["finding"].to_list() == [later]


def test_a_later_word_on_one_procedure_leaves_the_rest_of_the_year(tmp_path: Path) -> None:
    found = read(
        tmp_path, "a,,2020/21,,confirmed,,,,2021-05-01,", "a,ru4_2021,,,not_confirmed,,,,2021-06-01,"
    )
    assert confirmed_exclusions(found).rows() == [("ma4_2021", "a")]
    assert found.height == 2


@pytest.mark.parametrize(
    ("rows", "row", "column"),
    [
        (["a,ma4_2021,,,confirmed,,,,,", "x,ma4_2021,,,confirmed,,,,,"], 3, "org_id"),
        ([",ma4_2021,,,confirmed,,,,,"], 2, "org_id"),
        (["a,ma9,,,confirmed,,,,,"], 2, "procedure_id"),
        (["a,,2010/11,,confirmed,,,,,"], 2, "school_year"),
        (["a,ma4_2021,2021/22,,confirmed,,,,,"], 2, "school_year"),
        (["a,,2020,,confirmed,,,,,"], None, "school_year"),
        (["a,ma4_2021,,,maybe,,,,,"], 2, "finding"),
        (["a,ma4_2021,,,,,,,,"], 2, "finding"),
        (["a,ma4_2021,,fioko_1,confirmed,,,,,"], 2, "kind"),
        (["a,ma4_2021,,,confirmed,10,11,,,"], 2, "changed_n"),
        (["a,ma4_2021,,,confirmed,,3,,,"], 2, "changed_n"),
        (["a,ma4_2021,,,confirmed,-1,,,,"], 2, "remarked_n"),
        (["a,ma4_2021,,,confirmed,2.5,,,,"], 2, "remarked_n"),
        (["a,ma4_2021,,,confirmed,many,,,,"], 2, "remarked_n"),
        (["a,ma4_2021,,,confirmed,inf,,,,"], 2, "remarked_n"),
        (["a,ma4_2021,,,confirmed,10,0,-1,,"], 2, "mean_change"),
        (["a,ma4_2021,,,confirmed,,,,31.02.2021,"], 2, "date"),
        (["a,ma4_2021,,,confirmed,,,,in May,"], 2, "date"),
        (["a,ma4_2021,,,confirmed,,,,,", "", "a,ma4_2021,,,not_confirmed,,,,,"], 4, "finding"),
    ],
)
def test_a_wrong_cell_is_named_by_row_and_column(
    tmp_path: Path, rows: list[str], row: int | None, column: str
) -> None:
    with pytest.raises(TableError) as caught:
        read(tmp_path, *rows)
    assert (caught.value.row, caught.value.column) == (row, column)
    assert caught.value.file is not None and caught.value.file.endswith("reviews.csv")


def test_the_needed_columns_are_named(tmp_path: Path) -> None:
    for header, column in (("org_id,kind\n", "finding"), ("finding,kind\n", "org_id")):
        with pytest.raises(TableError) as caught:
            read(tmp_path, "a,b", header=header)
        assert caught.value.column == column


def town(tmp_path: Path) -> Path:
    works = rasch_works(np.random.default_rng(1), schools=3, pupils=6)
    for name, works_format in (("p1", "csv"), ("p2", "parquet")):
        write_procedure(tmp_path / "town", name, works, items=item_rows(), works_format=works_format)
    return tmp_path / "town"


def test_a_folder_without_reviews_has_none(tmp_path: Path) -> None:
    authority = read_authority([town(tmp_path)], load_definitions())
    assert authority.reviews.is_empty()
    assert authority.reviews.schema == pl.Schema(REVIEWS)
    assert confirmed_exclusions(authority.reviews).is_empty()


def test_a_school_that_only_the_works_name_can_be_reviewed(tmp_path: Path) -> None:
    folder = town(tmp_path)
    (folder / "organisations.csv").write_text("org_id,name\nedu100000,One\n", encoding="utf-8")
    (folder / "reviews.csv").write_text(
        "org_id,procedure_id,finding\nedu100002,p2,confirmed\n", encoding="utf-8"
    )
    authority = read_authority([folder], load_definitions())
    assert confirmed_exclusions(authority.reviews).rows() == [("p2", "edu100002")]
    assert folder / "reviews.csv" in authority.files
    (folder / "reviews.csv").write_text(
        "org_id,procedure_id,finding\nedu100009,p2,confirmed\n", encoding="utf-8"
    )
    with pytest.raises(TableError) as caught:
        read_authority([folder], load_definitions())
    assert caught.value.column == "org_id"
