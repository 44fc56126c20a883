"""The workbook read back: every cell is the protected table's, with its format and its words."""

from __future__ import annotations

import time
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from merilo.definitions import load_definitions
from merilo.publish import CENTRE, PUBLIC, protect
from merilo.publish.gathered import with_gathered
from merilo.publish.workbook import write_workbook

TITLE, NOTICE, MACHINE, HEAD, FIRST = 1, 2, 3, 4, 5  # rows of a sheet
SECONDS = 6.0  # measured 1.3 s for 41 schools x 24 procedures on one core; other work may share it
NUMBER_ERROR = 1e-12  # xlsx keeps 16 digits


@pytest.fixture
def book(tmp_path, town, stamp):
    def write(audience=CENTRE, tables=None):
        path = tmp_path / "one.xlsx"
        write_workbook(
            town() if tables is None else tables,
            path,
            stamp=stamp,
            authority_name="Город Н",
            audience=audience,
        )
        return openpyxl.load_workbook(path)

    return write


def column(sheet, name: str) -> list[object]:
    place = [cell.value for cell in sheet[MACHINE]].index(name)
    return [row[place].value for row in sheet.iter_rows(min_row=FIRST)]


def formats(sheet, name: str) -> set[str]:
    place = [cell.value for cell in sheet[MACHINE]].index(name)
    return {row[place].number_format for row in sheet.iter_rows(min_row=FIRST)}


def test_numbers_are_those_of_the_protected_table(book, town):
    tables = town()
    shown = protect(with_gathered(tables), CENTRE, load_definitions().disclosure)["school_results"]
    titles = dict(tables["procedures"].select("title", "procedure_id").iter_rows())
    names = dict(tables["organisations"].select("name", "org_id").iter_rows())
    expected = {(row["procedure_id"], row["org_id"]): row for row in shown.iter_rows(named=True)}
    sheet = book()["Школы"]
    keys = [
        (titles[title], names[name])
        for title, name in zip(column(sheet, "procedure"), column(sheet, "school"))
    ]
    assert sorted(keys) == sorted(expected)
    for name in ("n", "mean_points", "share_2", "share_5", "quality_share", "low_share", "absent_n"):
        for key, value in zip(keys, column(sheet, name)):
            wanted = expected[key][name]
            assert (value is None) == (wanted is None), (key, name)
            assert value is None or value == pytest.approx(wanted, rel=NUMBER_ERROR), (key, name)


def test_numbers_are_set_by_their_unit(book):
    sheets = book()
    assert formats(sheets["Школы"], "n") == {"#,##0"}
    assert formats(sheets["Школы"], "share_2") == {r"0.0\ %"}
    assert formats(sheets["Школы"], "mean_points") == {"#,##0.0"}
    assert formats(sheets["Дефициты"], "gap_share") == {r"+0.0\ %;-0.0\ %;0.0\ %"}
    assert formats(sheets["Дефициты"], "gap_share_se") == {r"0.0\ %"}


def test_codes_are_words_and_dates_are_russian(book):
    sheets = book()
    assert set(column(sheets["Процедуры"], "kind")) == {"ВПР", "ОГЭ"}
    assert set(column(sheets["Процедуры"], "date")) == {"15.04.2021"}
    assert set(column(sheets["Задания"], "level")) == {"базовый", "повышенный"}
    assert set(column(sheets["Низкие результаты"], "listed")) <= {"да", "нет", None}


def test_every_head_is_russian(book):
    for sheet in book().worksheets[1:]:
        for cell in sheet[HEAD]:
            letters = {letter for letter in (cell.value or "").casefold() if letter.isalpha()}
            assert cell.value in ("z", "№", None) or letters & set("абвгдежзийклмнопрстуфхцчшщыьэюяё"), (
                cell.value
            )


def test_notice_stands_on_every_sheet_that_rests_on_vpr(book):
    said = load_definitions().notice("vpr").text("ru")
    for sheet in book().worksheets[1:]:
        rests_on_tests = sheet.title != "Не принятые строки"
        assert (said in sheet.cell(NOTICE, 1).value) is rests_on_tests, sheet.title


def test_number_of_works_stays_in_sight_beside_the_shares(book):
    sheet = book()["Школы"]
    assert [cell.value for cell in sheet[MACHINE]][:4] == ["procedure", "district", "school", "n"]
    assert sheet.freeze_panes == "E5"


def test_columns_without_a_value_are_left_out(book, town):
    tables = town()
    tables["deficits"] = tables["deficits"].with_columns(skill_name=None)
    assert "skill_name" not in [cell.value for cell in book(tables=tables)["Дефициты"][MACHINE]]


def test_public_workbook_has_no_list_of_low_results(book):
    assert "Низкие результаты" in book().sheetnames
    assert "Низкие результаты" not in book(PUBLIC).sheetnames


def test_variances_of_models_are_not_shown_as_a_note(book, town):
    tables = town()
    note = "мало работ; raw: var_school=5.8 var_pupil=24.9 deviance_reml=10517.5"
    tables["procedures"] = tables["procedures"].with_columns(note=pl.lit(note))
    assert set(column(book(tables=tables)["Процедуры"], "note")) == {"мало работ"}


def test_large_authority_takes_seconds(tmp_path, town, stamp):
    tables = town(schools=41, plans=12, years=("2019/20", "2020/21"))
    started = time.perf_counter()
    write_workbook(tables, Path(tmp_path / "one.xlsx"), stamp=stamp, authority_name="Город Н")
    assert time.perf_counter() - started < SECONDS
