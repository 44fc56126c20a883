"""The sheets on objectivity: words beside numbers, names in order, nothing of small groups, nobody blamed."""

from __future__ import annotations

import openpyxl
import polars as pl
import pytest
from town_objectivity import objectivity_tables

from merilo.definitions import load_definitions
from merilo.publish import CENTRE, PUBLIC
from merilo.publish.standing import STANDINGS, standing, standing_words
from merilo.publish.words import natural_key
from merilo.publish.workbook import write_workbook
from merilo.publish.workbook.objectivity import estimated
from merilo.tables.objectivity import EVIDENCE

NOTICE, MACHINE, FIRST = 2, 3, 5  # rows of a sheet
BLAMING = ("манипул", "списыва", "обман", "вина", "виновн", "нарушител", "наказ", "худш", "недобросовест")


@pytest.fixture
def book(tmp_path, town, stamp):
    def write(audience=CENTRE, tables=None):
        path = tmp_path / "one.xlsx"
        tables = objectivity_tables(town()) if tables is None else tables
        write_workbook(tables, path, stamp=stamp, authority_name="Город Н", audience=audience)
        return openpyxl.load_workbook(path)

    return write


def rows_of(sheet) -> list[dict[str, object]]:
    names = [cell.value for cell in sheet[MACHINE]]
    return [dict(zip(names, row)) for row in sheet.iter_rows(min_row=FIRST, values_only=True)]


def by_school(sheet) -> dict[object, dict[str, object]]:
    return {row["school"]: row for row in rows_of(sheet)}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"flagged": True, "probability": 0.95}, "verify"),
        ({"flagged": True, "probability": 0.95, "evidence_n": 1}, "verify"),
        ({"probability": 0.5}, "attention"),
        ({"probability": 0.49}, "nothing"),
        ({"probability": 0.01, "high_culture": True}, "high_culture"),
        ({"probability": 0.01, "evidence_n": 1}, "little"),
        ({"probability": None, "flagged": None, "evidence_n": None, "high_culture": None}, "little"),
    ],
)
def test_standing_of_a_school_follows_its_numbers(row, said):
    known = {"flagged": False, "probability": 0.0, "evidence_n": 9, "high_culture": False} | row
    frame = pl.DataFrame([known], schema_overrides={"flagged": pl.Boolean, "high_culture": pl.Boolean})
    frame = frame.with_columns(pl.col("probability").cast(pl.Float64), pl.col("evidence_n").cast(pl.Int64))
    assert frame.select(standing(load_definitions())).item() == said
    assert set(standing_words()) == set(STANDINGS)


def test_zone_of_attention_begins_where_the_definition_says(tmp_path):
    own = tmp_path / "own.toml"
    head = '[defaults]\nversion = "2"\nsource = "сами"\nstatus = "read"\ndated_on = "2021"\n'
    own.write_text(head + '[[setting]]\nid = "attention_probability"\nvalue = 0.1\n', encoding="utf-8")
    frame = pl.DataFrame(
        {"flagged": [False], "probability": [0.2], "evidence_n": [9], "high_culture": [False]}
    )
    assert frame.select(standing(load_definitions([own]))).item() == "attention"


def test_every_school_is_spoken_of_in_words(book):
    schools = by_school(book()["Объективность"])
    assert len(schools) == 12
    assert schools["Школа № 4"]["standing"] == "требует проверки"
    assert schools["Школа № 4"]["leading_evidence"] == "сгущение на границе «3»"
    assert schools["Лицей № 6"]["standing"] == "зона внимания"
    assert schools["Школа № 7"]["standing"] == "культура оценивания высокая"
    assert schools["Школа № 9"]["standing"] == "ничто не требует проверки"
    assert schools["Школа № 8"]["leading_evidence"] is None  # nothing leads where nothing asks for a look


def test_ordinary_explanations_stand_beside_what_asks_for_a_look(book):
    schools = by_school(book()["Объективность"])
    assert schools["Лицей № 6"]["explanations"] == "отбор при приёме: результаты выше и ровнее"
    assert schools["Школа № 7"]["explanations"] is None
    assert "кто отсутствовал" in schools["Лицей № 6"]["kinds_missing"]
    assert schools["Школа № 7"]["kinds_missing"] is None


def test_schools_stand_in_order_of_names_not_of_probability(book):
    rows = rows_of(book()["Объективность"])
    named = [(row["district"], natural_key(str(row["school"]))) for row in rows]
    assert named == sorted(named)
    probabilities = [row["probability"] for row in rows if row["probability"] is not None]
    assert probabilities != sorted(probabilities, reverse=True)


def test_low_results_and_official_markers_stand_beside(book):
    schools = by_school(book()["Объективность"])
    told = [str(row["low"]) for row in schools.values() if row["low"] is not None]
    assert {words.split(",")[0] for words in told} <= {"в списке", "не в списке"}
    assert len(told) >= 10
    assert schools["Лицей № 6"]["official_markers_n"] == 3


def test_small_school_shows_no_number(book):
    small = by_school(book()["Объективность"])["Школа № 1"]
    assert small["standing"] == "данных мало, судить нельзя"
    assert small["probability"] is small["q_value"] is small["official_markers_n"] is None
    assert not any(row["school"] == "Школа № 1" for row in rows_of(book()["Признаки"]))


def test_evidence_sheet_keeps_only_rows_that_tell(book):
    rows = rows_of(book()["Признаки"])
    assert {row["school"] for row in rows} == {"Школа № 4", "Школа № 8"}
    assert all(row["flagged"] == "да" or row["p_value"] < 0.05 for row in rows)
    assert "objectivity.csv" in book()["Признаки"].cell(NOTICE, 1).value


def test_estimates_are_set_in_the_unit_of_their_row(book):
    sheet = book()["Признаки"]
    place = [cell.value for cell in sheet[MACHINE]].index("estimate")
    for row, cells in zip(rows_of(sheet), sheet.iter_rows(min_row=FIRST)):
        shape = r"0.0\ %" if row["unit"] == "доля" else "0.00"
        assert cells[place].number_format == shape, row
        assert row["estimated"]


def test_official_markers_have_a_sheet_of_their_own(book):
    sheets = book()
    markers = rows_of(sheets["Официальные признаки"])
    assert {"Лицей № 6"} <= {row["school"] for row in markers} <= {"Школа № 4", "Лицей № 6", "Школа № 7"}
    assert all(str(row["marker"]).startswith("№ 5. ") for row in markers)
    assert not any("fioko" in str(row["evidence"]) for row in rows_of(sheets["Признаки"]))


def test_every_kind_of_evidence_says_what_is_estimated():
    assert set(estimated()) == {name for name in EVIDENCE if not name.startswith("fioko_")}


def test_public_workbook_holds_no_evidence_on_schools(book):
    assert not {"Объективность", "Признаки", "Официальные признаки"} & set(book(PUBLIC).sheetnames)


def test_words_of_the_sheets_ask_and_do_not_blame(book):
    sheets = book()
    text = " ".join(
        str(cell).casefold()
        for name in ("Объективность", "Признаки", "Официальные признаки", "Как читать")
        for row in sheets[name].iter_rows(values_only=True)
        for cell in row
        if cell is not None
    )
    assert "просьба посмотреть" in text
    assert [stem for stem in BLAMING if stem in text.replace("заявина", "")] == []
    assert load_definitions().wording.forbidden_in(text) == ()


def test_sheets_are_filtered_and_printed_like_the_others(book):
    for name in ("Объективность", "Признаки", "Официальные признаки"):
        sheet = book()[name]
        assert sheet.auto_filter.ref
        assert sheet.print_title_rows == f"${MACHINE}:$4"
        assert sheet.page_setup.orientation == "landscape"
