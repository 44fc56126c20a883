"""Inputs as people have them: each works, with what was done said in words, or ends in one sentence and code 3.

A sentence names the file, where it applies the row, the column and the value; nothing is written.
"""

from __future__ import annotations

import datetime
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from command import CUTS, DEFECT, TOML, Answer, Command, leftovers, town, works
from folders import item_rows, write_procedure

W = works()
CSV = W.write_csv()
EVERY_ITEM = [f"i{k}" for k in range(1, 9)]
TOPS = dict(zip(EVERY_ITEM, (1, 1, 1, 2, 2, 1, 1, 1), strict=True))


def run(merilo: Command, folder: Path, out: Path) -> Answer:
    answer = merilo("run", folder, "--out", out, "--no-documents")
    assert DEFECT not in answer.err + answer.out, answer.err
    assert leftovers(out.parent) == []
    return answer


def assert_refused(answer: Answer, out: Path, *needles: str, code: int = 3) -> None:
    assert answer.code == code, answer
    assert answer.err.startswith("Error: ")
    assert len(answer.err.strip().splitlines()) == 1
    for needle in needles:
        assert needle in answer.err, answer.err
    assert not out.exists()


def file_of(tmp_path: Path, name: str, content: bytes | str) -> Path:
    """The town with one of its files (path below the procedure, or of the authority) replaced."""
    folder = town(tmp_path / "town")
    below = (
        folder
        if name in ("organisations.csv", "enrolment.csv", "authority.toml")
        else folder / "procedures/p"
    )
    if name == "works.parquet":
        (below / "works.csv").unlink()
    (below / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def table(out: Path, name: str) -> pl.DataFrame:
    return pl.read_parquet(out / f"{name}.parquet")


# --- how a file is written ---------------------------------------------------------------------------------

SAME = {
    "BOM, semicolons, CRLF": b"\xef\xbb\xbf" + CSV.replace(",", ";").replace("\n", "\r\n").encode(),
    "tabs": CSV.replace(",", "\t"),
    "ends of line of an old Macintosh": CSV.replace("\n", "\r"),
    "empty rows between": CSV.replace("\n", "\n\n"),
    "rows of separators at the end": CSV + ",,,,,,,,,,,,\n" * 3,
    "columns without a name": CSV.replace("\n", ",,\n"),
    "quoted cells": W.write_csv(quote_style="always"),
    "blanks around names and cells": CSV.replace(",", " , "),
    "no end of the last line": CSV.rstrip("\n"),
    "columns in another order": W.select(sorted(W.columns, reverse=True)).write_csv(),
    "columns nobody knows": W.with_columns(remark=pl.lit('says "so", twice'), _row=pl.lit("7")).write_csv(),
}


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pl.DataFrame]:
    """Tables of the town as it should be read."""
    import merilo
    from merilo.language import choose_language

    choose_language("en")  # as the command speaks in these tests: notes of tables are sentences
    try:
        return merilo.run(town(tmp_path_factory.mktemp("plain") / "town"), None, documents=False).tables
    finally:
        choose_language(None)


@pytest.mark.parametrize("name", SAME)
def test_ways_of_writing_the_same_table(
    merilo: Command, tmp_path: Path, plain: dict[str, pl.DataFrame], name: str
) -> None:
    answer = run(merilo, file_of(tmp_path, "works.csv", SAME[name]), tmp_path / "out")
    assert answer.code == 0, answer.err
    for which in ("school_results", "items", "rejected_rows"):
        assert table(tmp_path / "out", which).equals(plain[which]), which


HEADER = CSV.splitlines()[0]
UNREADABLE = {
    "nothing in it": ("", ["works.csv", "empty"]),
    "only names": (HEADER + "\n", ["works.csv", "no rows with status present"]),
    "only names, unfinished": (HEADER, ["works.csv"]),
    "first row empty": ("\n" + CSV, ["works.csv", "row 1"]),
    "the encoding of Russian Excel": (
        CSV.replace("edu100001", "школа").encode("cp1251"),
        ["works.csv", "row 2", "UTF-8"],
    ),
    "names in the encoding of Russian Excel": (
        CSV.replace("sex", "пол").encode("cp1251"),
        ["row 1", "UTF-8"],
    ),
    "UTF-16": (CSV.encode("utf-16"), ["works.csv", "UTF-8"]),
    "noise": (np.random.default_rng(0).bytes(5000), ["works.csv", "UTF-8"]),
    "a row too long": (CSV.replace("w5,", "w5,z,"), ["row 7", "14 cells", "13"]),
    "a quotation mark left open": (CSV + '"w,1,2\n', ["row 98", "quotation mark"]),
    "a quotation mark inside a word": (
        CSV.replace("edu100002", 'edu"100002', 1),
        ["row 50", "quotation mark"],
    ),
    "two columns of one name": (CSV.replace("i2", "i1", 1), ["row 1", "i1", "same name"]),
    "two columns of one name but for a blank": (CSV.replace("i2", "i1 ", 1), ["row 1", "i1", "same name"]),
    "no column of an item": (CSV.replace("i2", "j2", 1), ["row 1", "column i2", "j2"]),
    "no column of organisations": (CSV.replace("org_id", "school", 1), ["row 1", "column org_id", "school"]),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_works_that_cannot_be_read(merilo: Command, tmp_path: Path, name: str) -> None:
    content, needles = UNREADABLE[name]
    answer = run(merilo, file_of(tmp_path, "works.csv", content), tmp_path / "out")
    assert_refused(answer, tmp_path / "out", *needles)


def test_a_row_that_was_cut_off_is_not_taken_for_items_not_administered(
    merilo: Command, tmp_path: Path
) -> None:
    rows = CSV.splitlines()
    rows[7] = ",".join(rows[7].split(",")[:8])
    content = "\n".join(rows)[:-6]
    assert run(merilo, file_of(tmp_path, "works.csv", content), tmp_path / "out").code == 0
    rejected = table(tmp_path / "out", "rejected_rows")
    assert rejected.select("row", "column", "rule").rows() == [
        (8, "i8", "row_too_short"),
        (97, "i8", "row_too_short"),
    ]
    assert table(tmp_path / "out", "procedures")["n"].item() == 94


def test_an_absent_pupils_row_may_end_early(merilo: Command, tmp_path: Path) -> None:
    """Spreadsheets leave out the separators of empty cells at the end of a row."""
    rows = W.with_columns(status=pl.lit("present")).select("work_id", "org_id", "status", *EVERY_ITEM)
    content = rows.write_csv() + "x1,edu100000,absent\n"
    assert run(merilo, file_of(tmp_path, "works.csv", content), tmp_path / "out").code == 0
    facts = table(tmp_path / "out", "procedures").row(0, named=True)
    assert (facts["n"], facts["absent_n"]) == (96, 1)
    assert table(tmp_path / "out", "rejected_rows").is_empty()


@pytest.mark.parametrize("damage", ["noise", "half", "middle", "lists"])
def test_parquet_files_that_cannot_be_read(merilo: Command, tmp_path: Path, damage: str) -> None:
    file = tmp_path / "whole.parquet"
    (W.with_columns(i1=pl.concat_list("i1")) if damage == "lists" else W).write_parquet(file)
    whole = file.read_bytes()
    content = {
        "noise": b"PAR1" + b"x" * 40,
        "half": whole[: len(whole) // 2],
        "middle": whole[:200] + b"\xff" * 60 + whole[260:],
        "lists": whole,
    }[damage]
    answer = run(merilo, file_of(tmp_path, "works.parquet", content), tmp_path / "out")
    assert_refused(answer, tmp_path / "out", "works.parquet")


@pytest.mark.parametrize("dtype", [pl.Categorical, pl.UInt8, pl.Float32, pl.Decimal(10, 2), pl.String])
def test_parquet_columns_of_any_plain_type(
    merilo: Command, tmp_path: Path, plain: dict[str, pl.DataFrame], dtype: type
) -> None:
    words = pl.col("i1").cast(pl.String).cast(dtype) if dtype is pl.Categorical else pl.col("i1").cast(dtype)
    folder = town(tmp_path / "town", W.with_columns(i1=words), works_format="parquet")
    assert run(merilo, folder, tmp_path / "out").code == 0
    assert table(tmp_path / "out", "school_results").equals(plain["school_results"])


# --- what stands in the cells ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "word", ["-1", "2", "inf", "NaN", "1,5", "да", "99999999999999999999", "40000", "²", "1e3"]
)
def test_points_that_are_none_leave_their_row_out(merilo: Command, tmp_path: Path, word: str) -> None:
    third = pl.int_range(pl.len()) % 3 == 0
    rows = W.with_columns(i1=pl.when(third).then(pl.lit(word)).otherwise(pl.col("i1").cast(pl.String)))
    assert run(merilo, town(tmp_path / "town", rows), tmp_path / "out").code == 0
    rejected = table(tmp_path / "out", "rejected_rows")
    assert rejected["row"].to_list() == list(range(2, 98, 3))
    assert set(rejected.select("column", "value", "rule").rows()) == {("i1", word, "points_out_of_range")}
    assert table(tmp_path / "out", "procedures")["n"].item() == 64


@pytest.mark.parametrize("word", ["", "NaN", "inf", "1e300", "10000000000", "-20000000", "text"])
def test_scores_that_are_none_leave_their_row_out(merilo: Command, tmp_path: Path, word: str) -> None:
    third = pl.int_range(pl.len()) % 3 == 0
    score = pl.when(third).then(pl.lit(word)).otherwise(pl.col("journal_mark").cast(pl.String))
    folder = town(tmp_path / "town", W.select("org_id", score=score), score_only=True, toml=TOML)
    answer = run(merilo, folder, tmp_path / "out")
    assert answer.code == 0
    assert "Warning" not in answer.err
    assert table(tmp_path / "out", "rejected_rows")["row"].to_list() == list(range(2, 98, 3))


def test_negative_and_broken_scores_are_scores(merilo: Command, tmp_path: Path) -> None:
    rows = W.select("org_id", score=pl.col("i4") * 0.33 - 5)
    folder = town(tmp_path / "town", rows, score_only=True, toml=TOML)
    assert run(merilo, folder, tmp_path / "out").code == 0
    assert table(tmp_path / "out", "procedures")["mean_points"].item() == pytest.approx(rows["score"].mean())


def test_a_procedure_in_which_no_row_is_accepted(merilo: Command, tmp_path: Path) -> None:
    answer = run(merilo, town(tmp_path / "town", W.with_columns(i1=pl.lit(9))), tmp_path / "out")
    assert_refused(answer, tmp_path / "out", "works.csv", "row 2", "column i1", "'9'", "from 0 to 1")


def test_a_procedure_in_which_everybody_was_absent(merilo: Command, tmp_path: Path) -> None:
    answer = run(merilo, town(tmp_path / "town", W.with_columns(status=pl.lit("absent"))), tmp_path / "out")
    assert_refused(answer, tmp_path / "out", "works.csv", "status present")


THIN: dict[str, Callable[[pl.DataFrame], pl.DataFrame]] = {
    "one school": lambda rows: rows.filter(pl.col("org_id") == "edu100000"),
    "one class in every school": lambda rows: rows.with_columns(class_id=pl.lit("5А")),
    "one pupil": lambda rows: rows.head(1),
    "two pupils": lambda rows: rows.head(2),
    "one pupil in every school": lambda rows: rows.gather_every(24),
    "one present": lambda rows: rows.with_columns(
        status=pl.when(pl.int_range(pl.len()) == 0).then(pl.lit("present")).otherwise(pl.lit("absent"))
    ),
    "everything right": lambda rows: rows.with_columns(pl.lit(TOPS[name]).alias(name) for name in EVERY_ITEM),
    "everything wrong": lambda rows: rows.with_columns(pl.lit(0).alias(name) for name in EVERY_ITEM),
    "nothing attempted": lambda rows: rows.with_columns(pl.lit("X").alias(name) for name in EVERY_ITEM),
    "all works alike": lambda rows: rows.with_columns(
        pl.lit(int(name < "i5")).alias(name) for name in EVERY_ITEM
    ),
    "one item all right, one all wrong": lambda rows: rows.with_columns(i1=pl.lit(1), i2=pl.lit(0)),
    "an item never administered": lambda rows: rows.with_columns(i1=pl.lit(None, pl.Int64)),
    "schools with odd names": lambda rows: rows.with_columns(
        org_id=pl.format("Школа № {} «Ё, /..»  ", pl.col("org_id").str.slice(-1))
    ),
    "no class and no sex": lambda rows: rows.drop("class_id", "sex", "journal_mark", "work_id"),
}


@pytest.mark.parametrize("name", THIN)
def test_thin_and_degenerate_works_give_tables_with_reasons(
    merilo: Command, tmp_path: Path, name: str
) -> None:
    rows = THIN[name](W)
    answer = run(merilo, town(tmp_path / "town", rows), tmp_path / "out")
    assert answer.code == 0, answer.err
    assert answer.err == ""
    procedure = table(tmp_path / "out", "procedures").row(0, named=True)
    assert procedure["n"] == (rows.height if name != "one present" else 1)
    for measure in ("alpha", "sd_points", "vpc", "lifted_share"):
        assert procedure[measure] is not None or procedure["note"], measure
    assert table(tmp_path / "out", "school_results")["org_id"].to_list() == sorted(
        set(rows["org_id"].str.strip_chars())
    )


def test_one_item_and_three_hundred_items(merilo: Command, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for n in (1, 300):
        rows = pl.DataFrame(
            {
                "org_id": [f"s{i // 25}" for i in range(150)],
                **{f"q{k}": rng.integers(0, 2, 150) for k in range(n)},
            }
        )
        items = pl.DataFrame({"item_id": [f"q{k}" for k in range(n)], "max_points": [1] * n})
        answer = run(merilo, town(tmp_path / f"t{n}", rows, items=items, toml=TOML), tmp_path / f"out{n}")
        assert answer.code == 0, answer.err
        assert table(tmp_path / f"out{n}", "items").height == n


def test_scores_without_spread(merilo: Command, tmp_path: Path) -> None:
    folder = town(tmp_path / "town", W.select("org_id", score=pl.lit(50)), score_only=True, toml=TOML)
    assert run(merilo, folder, tmp_path / "out").code == 0
    facts = table(tmp_path / "out", "procedures").row(0, named=True)
    assert (facts["mean_points"], facts["sd_points"]) == (50, 0)
    assert facts["note"]


# --- descriptions ------------------------------------------------------------------------------------------

WRONG_TOML = {
    "kind = ": ["TOML"],
    'kind = "quiz"': ["kind", "quiz", "vpr"],
    'id = ""': ["column id"],
    'id = ["a"]': ["column id"],
    "prior = 5": ["prior"],
    'prior = ["p"]': ["prior", "circle"],
    'school_year = "2021"': ["school_year", "2021", "2020/21"],
    'date = "2021-13-01"': ["date", "2021-13-01"],
    'year_group = "пятый"': ["year_group", "пятый"],
    "pass_score = nan": ["pass_score"],
    "pass_score = 11": ["pass_score", "11", "10"],
    "min_score = 10\nmax_score = 5": ["max_score"],
    '[cut_scores]\n"3" = 9\n"4" = 6': ["cut_scores"],
    '[cut_scores]\n"3" = inf': ["inf"],
    '[cut_scores]\n"3" = nan\n"4" = 3': ["nan"],
    '[cut_scores]\n"3" = -3': ["cut_scores", "-3"],
    '[cut_scores]\n"3" = true': ["True"],
    '[cut_scores]\n"6" = 3': ["cut_scores", "6"],
    '[cut_scores]\n"5" = 300': ["cut_scores", "300", "10"],
    "cut_scores = 3": ["cut_scores"],
}


@pytest.mark.parametrize("toml", WRONG_TOML)
def test_wrong_descriptions_of_a_procedure(merilo: Command, tmp_path: Path, toml: str) -> None:
    folder = file_of(tmp_path, "procedure.toml", toml)
    assert_refused(
        run(merilo, folder, tmp_path / "out"), tmp_path / "out", "procedure.toml", *WRONG_TOML[toml]
    )


@pytest.mark.parametrize("name", ["procedure.toml", "authority.toml"])
def test_descriptions_in_another_encoding(merilo: Command, tmp_path: Path, name: str) -> None:
    folder = file_of(tmp_path, name, '\nname = "Город"\n'.encode("cp1251"))
    assert_refused(run(merilo, folder, tmp_path / "out"), tmp_path / "out", name, "row 2", "UTF-8")


WRONG_ITEMS = {
    "": ["empty"],
    "item_id,max_points\n": ["no item"],
    "item_id\ni1\n": ["max_points", "row 1"],
    "item_id,max_points\ni1,0\n": ["row 2", "'0'"],
    "item_id,max_points\ni1,1\ni2,два\n": ["row 3", "два"],
    "item_id,max_points\ni1,200\n": ["row 2", "200", "100"],
    "item_id,max_points\ni1,²\n": ["row 2", "²"],
    "item_id,max_points\ni1,1\ni2,1\ni1,1\n": ["row 4", "i1", "same id"],
    "item_id,max_points\n,1\n": ["row 2", "item_id"],
    "item_id,max_points\nscore,1\n": ["row 2", "score"],
    "item_id,max_points,level\ni1,1,Basic\n": ["row 2", "level", "Basic", "basic"],
    "item_id,max_points,marking\ni1,1,human\n": ["row 2", "marking", "human"],
}


@pytest.mark.parametrize("content", WRONG_ITEMS)
def test_wrong_lists_of_items(merilo: Command, tmp_path: Path, content: str) -> None:
    folder = file_of(tmp_path, "items.csv", content)
    needles = WRONG_ITEMS[content]
    assert_refused(run(merilo, folder, tmp_path / "out"), tmp_path / "out", "items.csv", *needles)


def test_rows_without_anything_in_the_list_of_items_are_no_items(merilo: Command, tmp_path: Path) -> None:
    folder = file_of(tmp_path, "items.csv", item_rows().write_csv() + "\n,,,,,,\n\n")
    assert run(merilo, folder, tmp_path / "out").code == 0


WRONG_TABLES = {
    ("organisations.csv", ""): ["empty"],
    ("organisations.csv", "name\nx\n"): ["row 1", "org_id"],
    ("organisations.csv", "org_id,name\na,x\n,y\n"): ["row 3", "org_id"],
    ("organisations.csv", "org_id,name\na,x\na,y\n"): ["'a'", "twice"],
    ("organisations.csv", "org_id,kind\na,school\nb,School\n"): ["row 3", "School", "gymnasium"],
    ("organisations.csv", "org_id,name\na,Школа\n".encode("cp1251")): ["row 2", "UTF-8"],
    ("enrolment.csv", "school,pupils\na,3\n"): ["row 1", "org_id"],
    ("enrolment.csv", "org_id,pupils\na,3\nb,many\n"): ["row 3", "pupils", "many"],
    ("enrolment.csv", "org_id,pupils\na,-3\n"): ["row 2", "-3"],
    ("enrolment.csv", "org_id,pupils\na,inf\n"): ["row 2", "inf"],
    ("enrolment.csv", "org_id,pupils\na,2.5\n"): ["row 2", "2.5"],
    ("enrolment.csv", "org_id,year_group,pupils\na,5А,3\n"): ["row 2", "year_group", "5А"],
    ("enrolment.csv", "org_id,school_year,pupils\na,21,3\n"): ["school_year", "21"],
}


@pytest.mark.parametrize("place", WRONG_TABLES, ids=str)
def test_wrong_tables_of_the_authority(
    merilo: Command, tmp_path: Path, place: tuple[str, bytes | str]
) -> None:
    folder = file_of(tmp_path, *place)
    assert_refused(run(merilo, folder, tmp_path / "out"), tmp_path / "out", place[0], *WRONG_TABLES[place])


def test_enrolment_gives_participation_however_its_school_year_is_written(
    merilo: Command, tmp_path: Path
) -> None:
    content = "org_id;school_year;year_group;class_id;pupils\n"
    content += "edu100000;2020-2021;5;5А;16\nedu100000;2020/21;5;5Б;14,0\n"
    folder = file_of(tmp_path, "enrolment.csv", content)
    assert run(merilo, folder, tmp_path / "out").code == 0
    first = table(tmp_path / "out", "school_results").row(0, named=True)
    assert (first["org_id"], first["enrolled_n"]) == ("edu100000", 30)
    assert first["participation_share"] == pytest.approx(24 / 30)


# --- folders and definitions -------------------------------------------------------------------------------


def test_folders_that_are_no_authority(merilo: Command, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    (tmp_path / "empty").mkdir()
    (tmp_path / "bare" / "procedures").mkdir(parents=True)
    for name in ("nowhere", "file", "empty", "bare"):
        assert_refused(run(merilo, tmp_path / name, tmp_path / "out"), tmp_path / "out", name)


def test_a_procedure_folder_without_its_works_or_its_description(merilo: Command, tmp_path: Path) -> None:
    """Works without procedure.toml beside a good procedure are named, not passed over."""
    for missing in ("works.csv", "procedure.toml"):
        folder = town(tmp_path / missing / "town")
        shutil.copytree(folder / "procedures/p", folder / "procedures/q")
        (folder / "procedures/q/procedure.toml").write_text('id = "q"', encoding="utf-8")
        (folder / "procedures/q" / missing).unlink()
        assert_refused(run(merilo, folder, tmp_path / "out"), tmp_path / "out", "procedures/q")


def test_two_claims_to_one_procedure(merilo: Command, tmp_path: Path) -> None:
    twice = town(tmp_path / "twice")
    W.write_parquet(twice / "procedures/p/works.parquet")
    assert_refused(run(merilo, twice, tmp_path / "out"), tmp_path / "out", "works.csv", "works.parquet")
    twin = town(tmp_path / "twin")
    shutil.copytree(twin / "procedures/p", twin / "procedures/q")
    assert_refused(run(merilo, twin, tmp_path / "out"), tmp_path / "out", "p and q")


def test_the_same_folder_given_twice(merilo: Command, tmp_path: Path) -> None:
    folder = town(tmp_path / "town", W.drop("work_id"))
    (tmp_path / "link").symlink_to(folder)
    answer = merilo("run", folder, tmp_path / "link", "--out", tmp_path / "out", "--no-documents")
    assert_refused(answer, tmp_path / "out", "twice", code=2)


def test_an_authority_that_lacks_an_items_column_is_named(merilo: Command, tmp_path: Path) -> None:
    east = town(tmp_path / "east")
    west = town(tmp_path / "west", W.drop("i8"))
    answer = merilo("run", east, west, "--out", tmp_path / "out", "--no-documents")
    assert_refused(answer, tmp_path / "out", "west", "column i8")


def test_priors_in_a_circle(merilo: Command, tmp_path: Path) -> None:
    folder = town(tmp_path / "town", toml=TOML + 'prior = ["q"]\n')
    write_procedure(folder, "q", W, items=item_rows(), toml='prior = ["p"]\n')
    assert_refused(run(merilo, folder, tmp_path / "out"), tmp_path / "out", "circle", "p, q")


def test_a_prior_that_is_not_there_is_said(merilo: Command, tmp_path: Path) -> None:
    folder = town(tmp_path / "town", toml=TOML + 'prior = ["last_year"]\n' + CUTS)
    assert run(merilo, folder, tmp_path / "out").code == 0
    assert "last_year" in table(tmp_path / "out", "procedures")["note"].item()


@pytest.mark.parametrize("name", ["../../evil", "/evil", "мой тест / 5 класс", "я" * 300])
def test_the_id_of_a_procedure_is_never_a_path(merilo: Command, tmp_path: Path, name: str) -> None:
    folder = file_of(tmp_path, "procedure.toml", f'id = "{name}"\n')
    before = {path for path in tmp_path.rglob("*") if "out" not in path.parts}
    assert run(merilo, folder, tmp_path / "out").code == 0
    assert table(tmp_path / "out", "procedures")["procedure_id"].item() == name
    assert {path for path in tmp_path.rglob("*") if tmp_path / "out" not in (path, *path.parents)} == before


WRONG_DEFINITIONS = {
    "[[low_result_rule]": "TOML",
    '[[nonsense]]\nid = "a"': "nonsense",
    "[[setting]]\nvalue = 3": "no id",
    '[defaults]\nversion = "1"\nsource = "x"\nstatus = "chosen"\ndated_on = "2021"\nreason = "a trial"\n'
    '[[low_result_rule]]\nid = "shnor_fioko_2020"\nthreshold_share = 3': "threshold_share",
}


@pytest.mark.parametrize("content", WRONG_DEFINITIONS)
def test_wrong_definitions_give_code_4(merilo: Command, tmp_path: Path, content: str) -> None:
    file = tmp_path / "own.toml"
    file.write_text(content, encoding="utf-8")
    answer = merilo(
        "run", town(tmp_path / "town"), "--out", tmp_path / "out", "--no-documents", "--definitions", file
    )
    assert_refused(answer, tmp_path / "out", "own.toml", WRONG_DEFINITIONS[content], code=4)


def test_definitions_that_are_not_there(merilo: Command, tmp_path: Path) -> None:
    answer = merilo(
        "run", town(tmp_path / "town"), "--out", tmp_path / "out", "--definitions", tmp_path / "nowhere.toml"
    )
    assert_refused(answer, tmp_path / "out", "nowhere.toml")


def test_a_date_cell_is_no_points(merilo: Command, tmp_path: Path) -> None:
    """What a spreadsheet makes of «1.2»: a date."""
    rows = W.with_columns(i4=pl.lit(datetime.date(2021, 2, 1)))
    answer = run(merilo, town(tmp_path / "town", rows, works_format="parquet"), tmp_path / "out")
    assert_refused(answer, tmp_path / "out", "works.parquet", "column i4", "2021-02-01")
