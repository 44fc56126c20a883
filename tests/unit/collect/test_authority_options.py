"""options.csv: what is read, what is refused and in which words."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from folders import write_procedure

from merilo.collect.authority import collect_works, read_authority
from merilo.collect.authority.options import plain_option
from merilo.definitions import load_definitions
from merilo.errors import DuplicateProcedureError, TableError

WORKS = pl.DataFrame(
    {
        "work_id": ["w1", "w2", "w3", "w4"],
        "org_id": ["b", "a", "a", "b"],
        "class_id": ["9А", "9Б", "9А", "9А"],
        "status": ["present", "present", "present", "absent"],
        "q1": ["1", "0", "1", ""],
        "q2": ["0", "X", "1", ""],
    }
)
OPTIONS = pl.DataFrame(
    {
        "work_id": ["w3", "w1", "w2"],
        "room": ["12/1", "12/2", ""],
        "q1": ["A", "а", "b"],
        "q2": ["1,5", "2", "X"],
    }
)
KEYS = {"q1": "А", "q2": "1.5"}


def collected(
    tmp_path: Path, options: pl.DataFrame, *, works: pl.DataFrame = WORKS, keys: dict[str, str] | None = None
):
    items = pl.DataFrame({"item_id": ["q1", "q2"], "max_points": [1, 1]})
    if keys:
        items = items.with_columns(pl.Series("key", [keys["q1"], keys["q2"]]))
    folder = write_procedure(tmp_path, "exam", works, items=items, toml='kind = "oge"\n')
    options.write_csv(folder / "options.csv")
    authority = read_authority([tmp_path], load_definitions(()))
    return collect_works(authority.procedures[0], tmp_path / "scratch"), authority


def test_options_stand_in_the_order_of_the_works_file(tmp_path):
    got, authority = collected(tmp_path, OPTIONS, keys=KEYS)
    options = pl.read_parquet(got.file.options.path)
    works = pl.read_parquet(got.file.path)
    assert options["work"].to_list() == ["w3", "w2", None, "w1"]
    assert [got.file.org_ids[row] for row in works["org"]] == ["a", "a", "b", "b"]
    assert [None if r < 0 else got.file.options.rooms[r] for r in options["room"]] == [
        "12/1", None, None, "12/2",
    ]  # fmt: skip
    # Cyrillic for letters that look alike; X beside "not attempted" is no option.
    assert got.file.options.texts == (("А", "В"), ("1.5", "2"))
    assert options["o0"].to_list() == [0, 1, -1, 0]
    assert options["o1"].to_list() == [0, -1, -1, 1]
    assert got.file.options.keys == (0, 0)
    assert any(path.name == "options.csv" for path in authority.files)
    assert got.rejected.is_empty()


def test_procedure_without_options_has_no_options_file(tmp_path):
    write_procedure(
        tmp_path, "exam", WORKS, items=pl.DataFrame({"item_id": ["q1", "q2"], "max_points": [1, 1]})
    )
    authority = read_authority([tmp_path], load_definitions(()))
    assert collect_works(authority.procedures[0], tmp_path / "scratch").file.options is None


def test_letters_that_look_alike_are_one_option():
    assert plain_option(pl.Series([" a", "А", "Ab", "2,5", "", None])).to_list() == [
        "А", "А", "АВ", "2.5", None, None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "rule", "row"),
    [
        ({"work_id": ["w3", "w1", "w9"]}, "option_work_unknown", 4),
        ({"work_id": ["w3", "w3", "w2"]}, "duplicate_options", 3),
        ({"work_id": ["", "w1", "w2"]}, "option_work_missing", 2),
        ({"work_id": ["w3", "w1", "w4"]}, "option_work_not_used", 4),
        ({"q1": ["A", "a", "b" * 41]}, "option_too_long", 4),
    ],
)
def test_faulty_row_is_named_with_its_place(tmp_path, change, rule, row):
    got, _authority = collected(tmp_path, OPTIONS.with_columns(pl.Series(n, v) for n, v in change.items()))
    (fault,) = got.rejected.filter(got.rejected["rule"] == rule).iter_rows(named=True)
    assert (fault["file"], fault["row"]) == ("exam/options.csv", row)
    assert fault["message"]
    assert got.file.rows == 4


def test_option_against_the_points_is_reported_and_kept(tmp_path):
    got, _authority = collected(tmp_path, OPTIONS, keys={"q1": "Б", "q2": "1.5"})
    faults = got.rejected
    assert faults["rule"].to_list() == ["option_against_points"] * 2
    assert set(faults["column"]) == {"q1"}
    assert pl.read_parquet(got.file.options.path)["o0"].to_list() == [0, 1, -1, 0]


def test_option_of_an_item_that_was_not_administered_counts_as_none(tmp_path):
    works = WORKS.with_columns(pl.Series("q2", ["", "X", "1", ""]))
    got, _authority = collected(tmp_path, OPTIONS, works=works)
    assert got.rejected["rule"].to_list() == ["option_not_administered"]
    assert pl.read_parquet(got.file.options.path)["o1"].to_list() == [0, -1, -1, -1]


def many(n: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    works = pl.DataFrame(
        {"work_id": [f"w{i}" for i in range(n)], "org_id": ["a"] * n, "q1": [1] * n, "q2": [0] * n}
    )
    options = pl.DataFrame(
        {"work_id": works["work_id"], "room": ["101"] * n, "q1": ["1"] * n, "q2": ["2"] * n}
    )
    return works, options


def test_key_that_most_points_contradict_is_refused(tmp_path):
    works, options = many(30)
    with pytest.raises(TableError) as caught:
        collected(tmp_path, options, works=works, keys={"q1": "2", "q2": "1"})
    assert caught.value.column == "key"
    assert caught.value.value == "2"
    assert "items.csv" in caught.value.file
    assert caught.value.next_step


def test_one_room_for_too_many_works_is_refused(tmp_path):
    works, options = many(401)
    with pytest.raises(TableError) as caught:
        collected(tmp_path, options, works=works)
    assert (caught.value.column, caught.value.value) == ("room", "101")
    assert caught.value.next_step


def test_options_without_a_column_that_is_needed_are_refused(tmp_path):
    for missing in (["work_id"], ["q1", "q2"]):
        with pytest.raises(TableError) as caught:
            collected(tmp_path, OPTIONS.drop(missing))
        assert caught.value.column == missing[0]
        assert caught.value.row == 1


def test_options_without_work_id_in_the_works_are_refused(tmp_path):
    with pytest.raises(TableError) as caught:
        collected(tmp_path, OPTIONS, works=WORKS.drop("work_id"))
    assert caught.value.file.endswith("works.csv")
    assert caught.value.column == "work_id"


def test_options_of_a_score_only_procedure_are_refused(tmp_path):
    works = pl.DataFrame({"work_id": ["w1"], "org_id": ["a"], "score": [3]})
    folder = write_procedure(tmp_path, "exam", works)
    OPTIONS.write_csv(folder / "options.csv")
    authority = read_authority([tmp_path], load_definitions(()))
    with pytest.raises(TableError, match=r"items\.csv"):
        collect_works(authority.procedures[0], tmp_path / "scratch")


def test_two_files_of_options_are_one_too_many(tmp_path):
    folder = write_procedure(
        tmp_path, "exam", WORKS, items=pl.DataFrame({"item_id": ["q1", "q2"], "max_points": [1, 1]})
    )
    OPTIONS.write_csv(folder / "options.csv")
    OPTIONS.write_parquet(folder / "options.parquet")
    authority = read_authority([tmp_path], load_definitions(()))
    with pytest.raises(DuplicateProcedureError):
        collect_works(authority.procedures[0], tmp_path / "scratch")
    (folder / "options.csv").unlink()
    got = collect_works(authority.procedures[0], tmp_path / "scratch")
    assert got.file.options.texts[0] == ("А", "В")


def test_item_cannot_be_called_room(tmp_path):
    works = WORKS.rename({"q1": "room"})
    items = pl.DataFrame({"item_id": ["room", "q2"], "max_points": [1, 1]})
    write_procedure(tmp_path, "exam", works, items=items)
    with pytest.raises(TableError) as caught:
        read_authority([tmp_path], load_definitions(()))
    assert caught.value.value == "room"
