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
    assert formats(sheets["Дефициты"], "gap_share × 100") == {"+0.0;-0.0;0.0"}
    assert formats(sheets["Дефициты"], "gap_share_se × 100") == {"#,##0.0"}


def test_differences_of_shares_are_percentage_points(book, town):
    tables = town()
    shown = protect(with_gathered(tables), CENTRE, load_definitions().disclosure)["deficits"]
    wanted = sorted(100 * gap for gap in shown["gap_share"].drop_nulls())
    sheet = book()["Дефициты"]
    written = sorted(gap for gap in column(sheet, "gap_share × 100") if gap is not None)
    assert written == pytest.approx(wanted, rel=NUMBER_ERROR)
    place = [cell.value for cell in sheet[MACHINE]].index("gap_share × 100")
    assert sheet[HEAD][place].value.endswith("п.\u00a0п.")


def test_growth_has_the_ends_of_its_interval(book, town):
    tables = town()
    tables["school_growth"] = tables["school_results"].select(
        "procedure_id", "org_id", "n",
        prior_procedure_id=pl.lit("MA4"),
        mean_growth_percentile=pl.lit(52.0),
        mean_growth_percentile_se=pl.when(pl.col("n") > 20).then(4.0).otherwise(30.0),
        median_growth_percentile=pl.lit(51.0),
        note=pl.lit(None, dtype=pl.String),
    )  # fmt: skip
    sheet = book(tables=tables)["Рост"]
    assert len(set(column(sheet, "growth_upper"))) >= 2
    names = ("mean_growth_percentile", "mean_growth_percentile_se", "growth_lower", "growth_upper")
    for mean, error, lower, upper in zip(*(column(sheet, name) for name in names)):
        if mean is not None and error is not None:
            assert lower == pytest.approx(max(mean - 1.959964 * error, 0), abs=1e-4)
            assert upper == pytest.approx(min(mean + 1.959964 * error, 100), abs=1e-4)


def test_context_alone_is_not_called_earlier_results(book, town):
    tables = town()
    effects = tables["school_effects"]
    contextual = effects.filter(pl.col("kind") == "value_added").with_columns(kind=pl.lit("contextual"))
    one, *_others = effects["procedure_id"].unique(maintain_order=True)
    without = (pl.col("procedure_id") == one) & (pl.col("kind") == "value_added")
    tables["school_effects"] = pl.concat([effects.filter(~without), contextual])
    sheet = book(tables=tables)["Отличие от ожидаемого"]
    title = dict(tables["procedures"].select("procedure_id", "title").iter_rows())[one]
    pairs = set(zip(column(sheet, "procedure"), column(sheet, "kind")))
    assert (title, "с учётом контекста") in pairs
    assert (title, "с учётом прежних результатов и контекста") not in pairs
    assert {kind for name, kind in pairs if name != title} >= {"с учётом прежних результатов и контекста"}


def test_colour_only_where_fewer_than_ten_works_stand_behind_a_row(book):
    for sheet in book().worksheets:
        for area in sheet.conditional_formatting:
            for rule in area.rules:
                assert rule.type == "expression", sheet.title
                assert rule.formula[0].endswith("<10)"), sheet.title


def test_note_of_every_row_stands_once_above_the_table(book, town):
    tables = town()
    tables["items"] = tables["items"].with_columns(note=pl.lit("одно и то же"))
    sheet = book(tables=tables)["Задания"]
    assert "note" not in [cell.value for cell in sheet[MACHINE]]
    assert "одно и то же" in sheet.cell(NOTICE, 1).value


def test_skill_without_a_name_of_its_own_is_headed_so(book, town):
    tables = town()
    assert "Код умения" in [cell.value for cell in book(tables=tables)["Дефициты"][HEAD]]
    tables["deficits"] = tables["deficits"].with_columns(skill_name=pl.lit(None, dtype=pl.String))
    heads = [cell.value for cell in book(tables=tables)["Дефициты"][HEAD]]
    assert "Умение" in heads
    assert "Код умения" not in heads


def test_every_sheet_prints_one_page_wide_with_its_head(book):
    for sheet in book().worksheets[1:]:
        assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0), sheet.title
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.print_title_rows == f"${MACHINE}:${HEAD}"
        assert sheet.print_area


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
    sheet = book(tables=tables)["Процедуры"]
    assert "Для всех строк: мало работ." in sheet.cell(NOTICE, 1).value
    assert "var_school" not in sheet.cell(NOTICE, 1).value


def test_large_authority_takes_seconds(tmp_path, town, stamp):
    tables = town(schools=41, plans=12, years=("2019/20", "2020/21"))
    started = time.perf_counter()
    write_workbook(tables, Path(tmp_path / "one.xlsx"), stamp=stamp, authority_name="Город Н")
    assert time.perf_counter() - started < SECONDS
