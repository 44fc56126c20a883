"""Official lists of schools: in whatever columns they come, which schools and markers are taken, what is reported."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from merilo.collect.authority.official_lists import read_official_lists
from merilo.collect.exchange import import_official_list
from merilo.collect.exchange.official_importing import plain_name
from merilo.collect.exchange.official_list import marker_of
from merilo.definitions import load_definitions
from merilo.errors import MissingFileError, TableError, UsageError

DEFINITIONS = load_definitions()
TITLE = "Перечень ОО с признаками необъективных результатов ВПР 2021"
ORGANISATIONS = (
    "org_id,name,ИНН\n"
    "edu100001,МБОУ «Лицей № 1»,1001000001\n"
    'edu100002,"МОУ ""Средняя общеобразовательная школа №2""",1001000002\n'
    "edu100003,Гимназия № 3,\n"
    "edu100004,СОШ № 9,\n"
    "edu100005,Средняя школа № 9,\n"
)


@pytest.fixture
def town(tmp_path: Path) -> Path:
    folder = tmp_path / "town"
    (folder / "procedures").mkdir(parents=True)
    (folder / "organisations.csv").write_text(ORGANISATIONS, encoding="utf-8")
    return folder


def workbook(path: Path, *rows: list[object]) -> Path:
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("Лист1")
    for number, row in enumerate(rows):
        for place, cell in enumerate(row):
            sheet.write(number, place, cell)
    book.close()
    return path


def entries(town: Path) -> list[tuple[str, str, str]]:
    found = read_official_lists([town / "official_lists.csv"], ())
    return found.select("org_id", "school_year", "marker").rows()


def rejected(town: Path) -> dict[int, str]:
    frame = pl.read_csv(town / "rejected_rows.csv", infer_schema=False)
    return {int(row): rule for row, rule in frame.select("row", "rule").iter_rows()}


def test_ticked_columns_become_markers(tmp_path: Path, town: Path) -> None:
    """A title, an empty row, headings, numbers of columns, ticks in several spellings, a total that is no school."""
    file = workbook(
        tmp_path / "список.xlsx",
        [TITLE],
        [],
        ["№ п/п", "Муниципалитет", "Логин ОО", "Наименование ОО", "Завышенные результаты РУ4",
         "Завышенный средний балл ВПР, математика, 5 класс", "Кол-во признаков"],
        [1, 2, 3, 4, 5, 6, 7],
        [1, "Город", "sch100001", "Лицей 1", 1, "", 1],
        [2, "Город", "edu100002", "Школа 2", "+", "Да", 2],
        [3, "Город", "edu100003", "Гимназия 3", 0, "-", 0],
        [4, "Другой", "edu109999", "Школа чужая", 1, None, 1],
        [5, "Город", "edu100004", "Школа 9", "см. письмо", 1, 1],
    )  # fmt: skip
    outcome = import_official_list(file, town, definitions=DEFINITIONS)
    assert entries(town) == [
        ("edu100001", "2020/21", "fioko_1"),
        ("edu100002", "2020/21", "fioko_1"),
        ("edu100002", "2020/21", "fioko_4"),
        ("edu100003", "2020/21", ""),
        ("edu100004", "2020/21", "fioko_4"),
    ]
    assert rejected(town) == {8: "list_school_unknown", 9: "tick_unreadable"}
    assert (outcome.title, outcome.schools_n, outcome.entries_n, outcome.unknown_n) == (TITLE, 5, 5, 1)


def test_reasons_in_words_are_split_and_recognised(tmp_path: Path, town: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text(
        "Логин;Учебный год;Признак\n"
        'edu100001;2021/2022;"Резкое возрастание результатов с 4 к 5 классу, математика; маркер 7"\n'
        "edu100002;2021-22;по итогам наблюдения\n",
        encoding="cp1251",
    )
    import_official_list(file, town, definitions=DEFINITIONS)
    assert entries(town) == [
        ("edu100001", "2021/22", "fioko_12"),
        ("edu100001", "2021/22", "fioko_7"),
        ("edu100002", "2021/22", "по итогам наблюдения"),
    ]


def test_schools_are_found_by_inn_and_by_name_where_there_is_no_login(tmp_path: Path, town: Path) -> None:
    file = workbook(
        tmp_path / "ВПР 2022.xlsx",
        ["ИНН", "Образовательная организация"],
        ["1001000002", "неважно"],
        ["", "ЛИЦЕЙ  №1"],
        ["9999999999", "МБОУ Гимназия №3"],
        ["", "МОУ СОШ № 9"],
        ["", "Школа № 77"],
    )
    outcome = import_official_list(file, town, definitions=DEFINITIONS)
    assert [org for org, _year, _marker in entries(town)] == ["edu100002", "edu100001", "edu100003"]
    assert {year for _org, year, _marker in entries(town)} == {"2021/22"}
    assert rejected(town) == {5: "list_school_ambiguous", 6: "list_school_unknown"}
    assert outcome.title == "ВПР 2022"


def test_the_same_file_twice_is_noticed_under_any_name(tmp_path: Path, town: Path) -> None:
    file = workbook(tmp_path / "a.xlsx", [TITLE], ["Логин", "Название"], ["edu100001", "x"], ["edu1", "y"])
    import_official_list(file, town, definitions=DEFINITIONS)
    before = {path.name: path.read_bytes() for path in town.iterdir() if path.is_file()}
    again = import_official_list(file.rename(tmp_path / "b.xlsx"), town, definitions=DEFINITIONS)
    assert again.unchanged and again.entries_n == 0
    assert {path.name: path.read_bytes() for path in town.iterdir() if path.is_file()} == before


def test_a_newer_list_adds_or_replaces(tmp_path: Path, town: Path) -> None:
    first = workbook(
        tmp_path / "1.xlsx", [TITLE], ["Логин", "Название"], ["edu100001", ""], ["edu100002", ""]
    )
    second = workbook(
        tmp_path / "2.xlsx", [TITLE], ["Логин", "Название"], ["edu100002", ""], ["edu100003", ""]
    )
    import_official_list(first, town, definitions=DEFINITIONS)
    added = import_official_list(second, town, definitions=DEFINITIONS)
    assert added.entries_n == 1
    assert [org for org, *_rest in entries(town)] == ["edu100001", "edu100002", "edu100003"]
    (town / "official_lists.csv").unlink()
    import_official_list(first, town, definitions=DEFINITIONS)
    import_official_list(second, town, definitions=DEFINITIONS, replace_old=True)
    assert [org for org, *_rest in entries(town)] == ["edu100002", "edu100003"]


def test_a_list_without_a_year_asks_for_it(tmp_path: Path, town: Path) -> None:
    file = workbook(tmp_path / "list.xlsx", ["Логин", "Название"], ["edu100001", ""])
    with pytest.raises(UsageError, match="--year"):
        import_official_list(file, town, definitions=DEFINITIONS)
    assert not (town / "official_lists.csv").exists()
    import_official_list(file, town, definitions=DEFINITIONS, year=2023)
    assert entries(town) == [("edu100001", "2022/23", "")]


def test_what_is_no_list_is_refused(tmp_path: Path, town: Path) -> None:
    results = workbook(
        tmp_path / "results.xlsx",
        ["логин школы", "код обучающегося", "всего баллов", "балл за 1", "балл за 2"],
        ["edu100001", "40001", 2, 1, 1],
    )
    other = workbook(tmp_path / "other.xlsx", ["Перечень ВПР 2021"], ["Дата", "Сумма"], ["1", "2"])
    for file in (results, other):
        with pytest.raises(TableError) as caught:
            import_official_list(file, town, definitions=DEFINITIONS)
        assert caught.value.next_step


def test_a_folder_that_knows_no_schools_is_refused(tmp_path: Path) -> None:
    file = workbook(tmp_path / "2021.xlsx", ["Логин", "Название"], ["edu100001", ""])
    (tmp_path / "empty").mkdir()
    for folder in (tmp_path / "nowhere", tmp_path / "empty"):
        with pytest.raises(MissingFileError):
            import_official_list(file, folder, definitions=DEFINITIONS)


@pytest.mark.parametrize(
    ("text", "marker"),
    [
        ("Завышенный средний балл ВПР, русский язык, 4 класс", "fioko_1"),
        ("завышенные результаты МА 5", "fioko_4"),
        ("Завышенный средний балл ОГЭ, математика", "fioko_6"),
        ("Несоответствие ВПР и школьных отметок, русский язык, 5 класс", "fioko_9"),
        ("Резкое падение результатов параллели с 4 к 5 классу, русский язык", "fioko_13"),
        ("Резкий рост 4-5 класс, математика", "fioko_12"),
        ("маркер 14", "fioko_14"),
        ("fioko_2", "fioko_2"),
        ("маркер 99", "маркер 99"),
        ("Завышенный средний балл, русский язык", "Завышенный средний балл, русский язык"),
        ("Завышенный средний балл, русский язык, 7 класс", "Завышенный средний балл, русский язык, 7 класс"),
        ("Иное  основание", "Иное основание"),
    ],
)
def test_a_marker_is_named_only_where_one_alone_fits(text: str, marker: str) -> None:
    assert marker_of(text, DEFINITIONS) == marker


def test_every_printed_title_is_recognised_as_its_marker() -> None:
    assert {marker.id: marker_of(marker.title, DEFINITIONS) for marker in DEFINITIONS.markers} == {
        marker.id: marker.id for marker in DEFINITIONS.markers
    }


def test_names_of_one_school_are_made_equal() -> None:
    assert (
        plain_name("МБОУ «Лицей № 1»") == plain_name("Лицей №1") == plain_name('МАОУ "ЛИЦЕЙ 1"') == "лицей 1"
    )
    assert plain_name("Гимназия 1") != plain_name("Лицей 1")


def test_an_entry_of_an_unknown_school_written_by_hand_is_refused(town: Path) -> None:
    (town / "official_lists.csv").write_text("org_id,marker\nedu100001,a\nedu9,b\n", encoding="utf-8")
    with pytest.raises(TableError) as caught:
        read_official_lists([town / "official_lists.csv"], {"edu100001"})
    assert (caught.value.row, caught.value.column) == (3, "org_id")
