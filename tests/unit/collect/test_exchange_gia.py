"""«Протокол проверки» of the state exams: masks become items, people become pseudonyms."""

from __future__ import annotations

import csv
import tomllib
from pathlib import Path

import polars as pl
import xlsxwriter

from merilo.collect.exchange import import_files
from merilo.definitions import load_definitions

SECRETS = ("Иванова", "Мария", "Петровна", "Петров", "Пётр", "4510", "123456", "654321")
OGE = [
    "№",
    "Код ОО",
    "Класс",
    "Код ППЭ",
    "Аудитория",
    "Код участника",
    "Фамилия",
    "Имя",
    "Отчество",
    "Серия",
    "Номер",
]
OGE += ["Ответы в краткой форме", "Ответы в развернутой форме", "Первичный балл", "Оценка"]
ANNA = ["Иванова", "Мария", "Петровна", "4510", "123456"]
PETER = ["Петров", "Пётр", None, "4510", "654321"]


def pupil(number, org, person, short, long, total, mark):
    return [number, org, "9А", 101, "0001", None, *person, short, long, total, mark]


def two_exams(path: Path) -> Path:
    rows = [
        ["Протокол проверки результатов"],
        ["20 - Регион"],
        ["04 - Химия 2026.06.01"],
        OGE,
        pupil(1, 1234, ANNA, "++-2+", "2(2)1(3)", 8, 4),
        pupil(2, 1234, PETER, "+--+-", "0(2)3(3)", 7, 4),
        [],
        ["22 - Информатика и ИКТ"],
        ["06 - Биология 2026.06.05"],
        OGE,
        pupil(1, 1234, ANNA, "+-", "1(1)", 2, 3),
    ]
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Лист1")
        for r, row in enumerate(rows):
            for c, cell in enumerate(row):
                if cell is not None:
                    sheet.write(r, c, cell)
    return path


def text_of(folder: Path) -> str:
    return "".join(path.read_text("utf-8") for path in folder.rglob("*.*") if path.is_file())


def test_several_exams_of_one_file_become_procedures_with_linked_pseudonyms(tmp_path):
    out = import_files(
        [two_exams(tmp_path / "протокол.xlsx")],
        tmp_path / "town",
        definitions=load_definitions(),
        as_csv=True,
    )
    assert out.written == ("oge_biology_9_2026_0605", "oge_chemistry_9_2026_0601")
    folder = tmp_path / "town/procedures"
    facts = tomllib.loads((folder / "oge_chemistry_9_2026_0601/procedure.toml").read_text("utf-8"))
    assert (facts["kind"], facts["subject"], facts["year_group"], str(facts["date"])) == (
        "oge",
        "chemistry",
        9,
        "2026-06-01",
    )
    items = pl.read_csv(folder / "oge_chemistry_9_2026_0601/items.csv")
    assert items["max_points"].to_list() == [1, 1, 1, 3, 1, 2, 3]
    assert items["marking"].to_list() == ["auto"] * 5 + ["expert"] * 2
    chemistry = pl.read_csv(folder / "oge_chemistry_9_2026_0601/works.csv")
    biology = pl.read_csv(folder / "oge_biology_9_2026_0605/works.csv")
    assert chemistry.sort("score").select(pl.col(*"1234567")).rows() == [
        (1, 0, 0, 3, 0, 0, 3),
        (1, 1, 0, 2, 1, 2, 1),
    ]
    assert set(biology["pupil_id"]) < set(chemistry["pupil_id"])
    assert chemistry["pupil_id"].n_unique() == 2
    assert chemistry["org_id"].unique().to_list() == [1234]
    # The + of the second work's fourth item is one more than the 2 seen for a part of it: the totals agree.
    assert out.rejected_rows.is_empty()


def test_no_name_and_no_passport_is_stored_or_told(tmp_path):
    out = import_files(
        [two_exams(tmp_path / "протокол.xlsx")],
        tmp_path / "town",
        definitions=load_definitions(),
        as_csv=True,
    )
    told = text_of(tmp_path / "town") + repr(out) + str(out.rejected_rows.rows())
    assert [secret for secret in SECRETS if secret in told] == []


def test_bare_table_is_an_exam_once_subject_and_year_are_told(tmp_path):
    path = tmp_path / "ОГЭ.csv"
    head = ["SchoolCode", "ClassCode", "SurnameCell", "NameCell", "SecondNameCell", "DocumentSeriesCode"]
    head += ["DocumentNumberCode", "TestResultBCell", "TestResultCCell", "PrimaryMark", "Mark5"]
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, delimiter=";").writerows([head, ["1234", "9Б", *ANNA, "++-", "2(2)", "4", "5"]])
    out = import_files(
        [path], tmp_path / "town", definitions=load_definitions(), subject="математика", year=2026
    )
    assert out.written == ("oge_mathematics_9_2026",)
    found = pl.read_parquet(tmp_path / "town/procedures/oge_mathematics_9_2026/works.parquet")
    assert found.select("class_id", "mark", "score", "1", "2", "3", "4").rows() == [("9Б", 5, 4, 1, 1, 0, 2)]
    assert out.rejected_rows.is_empty()


def test_regional_layout_with_blank_columns_between_is_an_exam_of_year_group_11(tmp_path):
    head = [
        "№",
        None,
        "Код МСУ",
        "Код ОО",
        None,
        "Класс",
        "Код ППЭ",
        "Аудитория",
        None,
        "Фамилия",
        "Имя",
        "Отчество",
    ]
    head += [
        "Задания с кратким ответом",
        None,
        "Задания с развёрнутым ответом",
        "Первичный балл",
        "Тестовый балл",
    ]
    row = [
        1,
        None,
        7,
        1234,
        None,
        "11А",
        101,
        "0001",
        None,
        "Иванова",
        "Мария",
        "Петровна",
        "+1-",
        None,
        "1(4)",
        4,
        40,
    ]
    path = tmp_path / "протокол.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for r, cells in enumerate([["Протокол проверки"], ["22 - Математика базовая 2026.06.03"], head, row]):
            for c, cell in enumerate(cells):
                if cell is not None:
                    sheet.write(r, c, cell)
    out = import_files([path], tmp_path / "town", definitions=load_definitions())
    assert out.written == ("ege_mathematics_11_2026_base_0603",)
    assert out.files[0].layout == "gia"
