"""The exchange forms, read back by openpyxl and calamine, against the headers that people have."""

from pathlib import Path

import numpy as np
import openpyxl
import polars as pl
import pytest
from python_calamine import CalamineWorkbook

from merilo.simulate import AuthoritySettings, simulate, simulate_authority, write_authority

ITEMS_MA5 = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11.1", "11.2", "12.1", "12.2", "13", "14"]
MAX_MA5 = [1, 1, 1, 1, 1, 2, 1, 1, 2, 2, 1, 1, 1, 1, 1, 2]
HEADINGS_MA5 = [f"{item} ({most}б)" for item, most in zip(ITEMS_MA5, MAX_MA5)]
PREVIOUS = "Отметка за предыдущий триместр/ четверть/полугодие"


@pytest.fixture(scope="module")
def simulated():
    return simulate_authority(
        AuthoritySettings(schools=6, years=1, works=("MA5", "MA9")), np.random.default_rng(8)
    )


def _write(simulated, tmp_path: Path, layout: str, mess: float = 0.0) -> Path:
    return write_authority(simulated, tmp_path / layout, layout=layout, mess=mess)


def _only_book(folder: Path) -> Path:
    books = list(folder.rglob("*.xlsx"))
    assert len(books) == 1  # the exam has no such form
    return books[0]


def _rows(path: Path, sheet: str) -> list[list]:
    rows = CalamineWorkbook.from_path(path).get_sheet_by_name(sheet).to_python()
    return [[int(c) if isinstance(c, float) else c for c in row] for row in rows]


def _truth(simulated):
    held = simulated.procedures[0]
    assert held.planned.blueprint.code == "MA5"
    return held


def test_raw_export_of_2021_has_its_headers(simulated, tmp_path: Path):
    path = _only_book(_write(simulated, tmp_path, "raw2021"))
    assert path.name == "Результаты по математике, 5 класс. ВПР 2021.xlsx"
    assert openpyxl.load_workbook(path, read_only=True).sheetnames == ["Sheet"]
    header, *rows = _rows(path, "Sheet")
    assert header == [
        "логин школы", "регион", "номер обучающегося", "код обучающегося", "отметка за предыдущую четверть/триместр",
        "пол", "класс", "вариант", "всего баллов", *(f"балл за {i}" for i in range(1, 17)),
        "Учебник", "Др.уч. автор", "Др.уч. название",
    ]  # fmt: skip
    held = _truth(simulated)
    assert len(rows) == held.cohort.size
    for row, here, score in zip(rows, held.present, held.score):
        assert row[0].startswith("edu10") and 50000 < row[3] < 60000
        if not here:
            assert row[7:25] == ["отсутствовал"] + [""] * 17
            continue
        assert row[7] in (1, 2) and row[8] == score == sum(c for c in row[9:25] if isinstance(c, int))
        assert {c for c in row[9:25] if isinstance(c, str)} <= {"X", "не пройд."}
    assert {row[6] for row in rows} <= {"НЕТ", "А", "Б", "В", "Г", "Д"}
    assert any("не пройд." in row for row in rows)


def test_raw2020_is_padded_and_tests_the_year_before(tmp_path: Path):
    """Autumn 2020: fifth-graders (codes 5xxxx) wrote the work of grade 4; 40 item columns; key schRRNNNN."""
    out = simulate(tmp_path / "out", schools=4, seed=2, years=1, layout="raw2020", works=("RU4",))
    path = _only_book(out)
    assert path.name == "Результаты по русскому языку, 4 класс. ВПР 2020.xlsx"
    header, *rows = _rows(path, "Sheet")
    assert header == ["groups", "user", "id", "code", "otc", "gender", "klass", "var-1", "var-2", "sum"] + [
        f"a-{i}-grade" for i in range(1, 41)
    ]
    assert all(row[1].startswith("sch10") and 50000 < row[3] < 60000 and row[7] == row[8] for row in rows)
    assert all(cell == "" for row in rows for cell in row[10 + 20 :])


def test_form_of_2022_has_two_sheets(simulated, tmp_path: Path):
    path = _only_book(_write(simulated, tmp_path, "form2022"))
    assert CalamineWorkbook.from_path(path).sheet_names == ["Классы", "Протокол"]
    header, *rows = _rows(path, "Протокол")
    assert header == [
        "Пользователь", "Код региона", "Регион", "Муниципалитет", "Школа", "Дата загрузки", "Код", "Вариант",
        *HEADINGS_MA5, "Наименование класса", "Пол", PREVIOUS, "Итого баллов",
    ]  # fmt: skip
    assert rows[0][3] == "reg10_m001 | Озёрный городской округ"
    assert rows[0][4].startswith('edu103001 | МБОУ "') and rows[0][0] == "edu103001"
    assert len(rows) == _truth(simulated).cohort.size


def test_collection_form_is_one_school_s_and_pre_extended(simulated, tmp_path: Path):
    folder = _write(simulated, tmp_path, "collection")
    books = sorted(folder.rglob("*.xlsx"))
    assert [p.parent.name for p in books] == list(simulated.schools.org_ids)
    assert books[0].name == "Форма сбора результатов Математика 5 класс ВПР 2021.xlsx"
    book = CalamineWorkbook.from_path(books[0])
    assert book.sheet_names == ["Протокол", "Служебный", "Порядковый номер класса"]
    header, *rows = _rows(books[0], "Протокол")
    assert header == [
        "Код участника",
        "Вариант",
        *HEADINGS_MA5,
        "Порядковый номер класса",
        PREVIOUS,
        "Итого баллов",
    ]
    held = _truth(simulated)
    entered = int((held.cohort.school == 0).sum())
    assert len(rows) == 1499
    assert all(row[0] != "" for row in rows[:entered])
    assert all(row[:-1] == [""] * 20 and row[-1] == 0 for row in rows[entered:])
    assert [row[-1] for row in rows[:entered]] == held.score[:entered].tolist()
    formula = openpyxl.load_workbook(books[0])["Протокол"]["U2"].value
    assert formula == "=SUM(C2:R2)"


def test_f1_report_has_its_header_block(simulated, tmp_path: Path):
    path = _only_book(_write(simulated, tmp_path, "f1"))
    assert CalamineWorkbook.from_path(path).sheet_names == ["МА 5 Индивидуальные результаты"]
    rows = _rows(path, "МА 5 Индивидуальные результаты")
    assert rows[2][0] == "ВПР 2021 Математика 5 класс"
    assert rows[3][:2] == ["Предмет:", "Математика"]
    assert rows[4][:2] == ["Максимальный первичный балл:", 20]
    assert rows[5][:2] == ["Дата:", "13.04.2021"]
    assert rows[6][0] == "Уровень сложности задания" and set(rows[6][6:22]) == {"Б", "П", "В"}
    assert rows[7] == [
        "ОО", "Муниципалитет", "Название ОО", "Код участника", "Класс", "Вариант", *HEADINGS_MA5,
        "Первичный балл", "Отметка", "Отметка по журналу",
    ]  # fmt: skip
    held = _truth(simulated)
    first = int((held.present & (held.cohort.school == 0)).sum())
    assert rows[8][:2] == [f"{simulated.schools.names[0]}(edu103001)", f"Кол-во участников: {first}"]
    assert len(rows) == 8 + held.present.sum() + np.unique(held.cohort.school[held.present]).size
    assert rows[9][0] == "edu103001" and rows[9][-2] in (2, 3, 4, 5)


def test_sheet_names_are_cut_to_31(tmp_path: Path):
    from merilo.simulate.exchange.workbook import add_sheet, new_workbook

    with new_workbook(tmp_path / "x.xlsx") as book:
        add_sheet(book, "МА 4 Сравнение отметок с отметками по журналу")
    assert CalamineWorkbook.from_path(tmp_path / "x.xlsx").sheet_names == ["МА 4 Сравнение отметок с отметк"]


def test_plan_of_the_work(simulated, tmp_path: Path):
    folder = _write(simulated, tmp_path, "plan") / "Математика, 5 класс. ВПР 2021"
    header, *rows = _rows(folder / "ALL.xlsx", "Лист1")
    assert header == [
        "№ КИМ", "№", "Умения, виды деятельности (в соответствии с ФГОС)",
        "Блоки ПООП НОО: выпускник научится / получит возможность научиться", "Уровень сложности", "Код КЭС", "Код КТ",
        "Максимальный балл", "Примерное время (мин)",
    ]  # fmt: skip
    own = [row for row in rows if row[7] != ""]
    assert [row[0] for row in own] == ITEMS_MA5 and [row[7] for row in own] == MAX_MA5
    further = [row for row in rows if row[7] == ""]
    assert {row[0] for row in further} == {"10", "14"}
    skills = dict(_rows(folder / "KT.xlsx", "Лист1")[1:])
    assert {row[6] for row in rows} <= set(skills) and skills[own[0][6]] == "Дроби и проценты"
    contents = dict(_rows(folder / "KS.xlsx", "Лист1")[1:])
    assert all(code in contents for row in own for code in str(row[5]).split("; "))
    assert _rows(folder / "KS.xlsx", "Лист1")[0] == ["Код", "Проверяемые элементы содержания"]
    assert _rows(folder / "KT.xlsx", "Лист1")[0] == ["Код", "Проверяемые требования"]


@pytest.mark.parametrize("layout", ["raw2021", "form2022", "f1", "collection"])
def test_every_planted_fault_stands_where_the_truth_says(simulated, tmp_path: Path, layout):
    """planted_faults.csv: file, row, column -> the cell as written."""
    folder = _write(simulated, tmp_path, layout, mess=1.0)
    faults = pl.read_csv(folder / "truth" / "planted_faults.csv", infer_schema=False)
    assert faults.height > 10
    sheet = {"raw2021": "Sheet", "f1": "МА 5 Индивидуальные результаты"}.get(layout, "Протокол")
    books: dict[str, list[list]] = {}
    head = 7 if layout == "f1" else 0
    for fault in faults.iter_rows(named=True):
        path = folder / fault["file"]
        rows = books.setdefault(fault["file"], _rows(path, sheet))
        column = _column(rows[head], fault["column"], layout)
        assert str(rows[int(fault["row"]) - 1][column]) == fault["written"], fault


def test_faults_are_of_every_kind_and_a_clean_file_has_none(simulated, tmp_path: Path):
    messy = pl.read_csv(
        _write(simulated, tmp_path, "raw2021", mess=1.0) / "truth/planted_faults.csv", infer_schema=False
    )
    kinds = set(messy["fault"])
    assert {"total_mismatch", "duplicate_row", "no_break_space", "number_as_text"} <= kinds
    assert set(messy["reported"]) == {"0", "1"}
    rows = messy.filter(pl.col("fault") != "duplicate_row")["row"]
    assert rows.n_unique() == len(rows)  # one fault in a row: what an importer says about it has one cause
    clean = _write(simulated, tmp_path / "clean", "raw2021")
    assert pl.read_csv(clean / "truth/planted_faults.csv").height == 0


def test_messy_files_have_rows_beyond_the_data_and_spellings(simulated, tmp_path: Path):
    rows = _rows(_only_book(_write(simulated, tmp_path, "raw2021", mess=1.0)), "Sheet")
    assert all(row[3] == "" and row[8] == 0 for row in rows[-12:])
    cells = {str(c) for row in rows for c in row}
    assert {"X", "x", "Х", "х"} <= cells
    assert any(c.startswith("\xa0") for c in cells)


def _column(header: list, name: str, layout: str) -> int:
    if name in ITEMS_MA5:
        at = ITEMS_MA5.index(name)
        return header.index(f"балл за {at + 1}" if layout == "raw2021" else HEADINGS_MA5[at])
    names = {
        "total": ("всего баллов", "Итого баллов", "Первичный балл"),
        "variant": ("вариант", "Вариант"),
        "journal_mark": ("отметка за предыдущую четверть/триместр", PREVIOUS, "Отметка по журналу"),
        "code": ("код обучающегося", "Код", "Код участника"),
    }[name]
    return next(header.index(word) for word in names if word in header)
