"""Each exchange form, small and written by hand: what is in the folder afterwards, cell by cell."""

from __future__ import annotations

import csv
import tomllib
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from merilo.collect.exchange import import_files
from merilo.definitions import load_definitions
from merilo.errors import TableError, UnknownLayoutError, UsageError

HEAD_2021 = [
    "логин школы",
    "регион",
    "номер обучающегося",
    "код обучающегося",
    "отметка за предыдущую четверть/триместр",
]
HEAD_2021 += ["пол", "класс", "вариант", "всего баллов"]
PREVIOUS = "Отметка за предыдущий триместр/ четверть/полугодие"
NAME_2021 = "по математике, 5 класс. ВПР 2021.xlsx"
SECRETS = ("Иванова", "Мария", "Петровна", "4510", "123456", "50001", "50002")


def write_book(path: Path, sheets: dict[str, list[list[object]]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with xlsxwriter.Workbook(path) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for r, row in enumerate(rows):
                for c, cell in enumerate(row):
                    if cell is not None:
                        sheet.write(r, c, cell)
    return path


def raw2021(path: Path, rows: list[list[object]], *, items: int = 3) -> Path:
    head = [
        *HEAD_2021,
        *(f"балл за {i + 1}" for i in range(items)),
        "Учебник",
        "Др.уч. автор",
        "Др.уч. название",
    ]
    return write_book(path, {"Sheet": [head, *rows]})


def pupil(code=50001, org="edu220001", klass="А", variant=1, total=2, points=(1, 1, 0), journal=4, sex="М"):
    return [org, 22, 1, code, journal, sex, klass, variant, total, *points]


def bring_in(files, into, **options):
    return import_files(files, into, definitions=load_definitions(), **options)


def works(into: Path, name: str) -> pl.DataFrame:
    return pl.read_parquet(into / "procedures" / name / "works.parquet")


def facts(into: Path, name: str) -> dict:
    return tomllib.loads((into / "procedures" / name / "procedure.toml").read_text("utf-8"))


def rules(outcome) -> list[tuple[int, str, str | None, str | None]]:
    return [
        (r["row"], r["rule"], r["column"], r["value"]) for r in outcome.rejected_rows.iter_rows(named=True)
    ]


def test_raw_export_of_2021_becomes_a_procedure_folder(tmp_path):
    rows = [
        pupil(50001, points=(1, "X", 0), total=1, klass="а"),
        pupil(
            50002,
            org="sch220001",
            points=("1", "1,0", "не пройд."),
            total="2",
            klass="A",
            variant="\xa02",
            sex="Ж",
        ),
        pupil(50003, points=(None, None, None), total=None, variant="отсутствовал", journal=None),
        pupil(50001, org="edu220002", klass="нет", journal="нет отметки"),
    ]
    out = bring_in([raw2021(tmp_path / NAME_2021, rows)], tmp_path / "town")
    assert out.written == ("vpr_mathematics_5_2021",)
    file = out.files[0]
    assert (file.layout, file.rows_n, file.works_n, file.absent_n, file.rejected_n, file.adjusted_n) == (
        "raw2021", 4, 4, 1, 0, 0,
    )  # fmt: skip
    found = works(tmp_path / "town", "vpr_mathematics_5_2021").sort("org_id", "status", "score")
    assert found["org_id"].to_list() == ["edu220001", "edu220001", "edu220001", "edu220002"]
    assert found["class_id"].to_list() == ["5А", "5А", "5А", "5"]
    assert found["status"].to_list() == ["absent", "present", "present", "present"]
    assert found["variant"].to_list() == [None, "1", "2", "1"]
    assert found["sex"].to_list() == ["m", "m", "f", "m"]
    assert found["journal_mark"].to_list() == [None, 4, 4, None]
    assert found["score"].to_list() == [None, 1, 2, 2]
    assert [found[item].to_list() for item in "123"] == [
        [None, 1, 1, 1],
        [None, "X", "1", "1"],
        [None, 0, None, 0],
    ]
    assert facts(tmp_path / "town", "vpr_mathematics_5_2021") == {
        "id": "vpr_mathematics_5_2021",
        "kind": "vpr",
        "subject": "mathematics",
        "year_group": 5,
        "programme_year_group": 5,
        "school_year": "2020/21",
    }  # three items are not the work that the scale of 2021 belongs to


def test_known_work_gets_maxima_and_cut_scores_from_the_definitions(tmp_path):
    rows = [pupil(50000 + i, points=(1,) * 16, total=16) for i in range(1, 4)]
    bring_in([raw2021(tmp_path / NAME_2021, rows, items=16)], tmp_path / "town")
    items = pl.read_csv(tmp_path / "town/procedures/vpr_mathematics_5_2021/items.csv")
    assert items["max_points"].to_list() == [1, 1, 1, 1, 1, 2, 1, 1, 2, 2, 1, 1, 1, 1, 1, 2]
    assert facts(tmp_path / "town", "vpr_mathematics_5_2021")["cut_scores"] == {"3": 7, "4": 11, "5": 15}


def test_every_broken_row_and_cell_is_reported_with_its_row_and_verdict(tmp_path):
    rows = [
        pupil(50001, total=9),  # row 2: does not add up: kept
        pupil(50002, points=("H", 1, 0), total=1),  # row 3: stray letter: emptied
        pupil(50003, points=(0.5, 1, 1), total=2),  # row 4: no points
        pupil(50004, journal=8),  # row 5
        pupil(50005, journal=1),  # row 6
        pupil(50006, variant=0),  # row 7
        pupil(50001, total=9),  # row 8: equal to row 2
        pupil(50002, points=(0, 0, 0), total=0),  # row 9: same code, other results
        pupil("50-07"),  # row 10
        pupil(None),  # row 11: points without a code
        pupil(50008, org=None),  # row 12
        pupil(50009, variant="отсутствовал"),  # row 13: absent with points
        pupil(50010, points=(None, None, None), total=2),  # row 14
        pupil(50011, total=None),  # row 15: total missing: kept
        pupil(50012, klass="Иванов"),  # row 16: no class letter
        [None] * 8 + [0],  # row 17: beyond the data
    ]
    out = bring_in([raw2021(tmp_path / NAME_2021, rows)], tmp_path / "town")
    assert rules(out) == [
        (2, "total_above_maximum", "score", "9 ≠ 2"),
        (3, "item_unreadable", "1", "H"),
        (4, "item_not_points", "1", "0.5"),
        (5, "journal_mark_impossible", "journal_mark", "8"),
        (6, "journal_mark_impossible", "journal_mark", "1"),
        (7, "variant_unknown", "variant", "0"),
        (8, "duplicate_row", "code", None),
        (9, "code_twice", "code", None),
        (10, "code_malformed", "code", None),
        (11, "code_missing", "code", None),
        (12, "school_missing", "org_id", None),
        (13, "absent_with_points", "variant", None),
        (14, "no_item_points", "score", None),
        (15, "total_missing", "score", None),
        (16, "class_unreadable", "class_id", None),
    ]
    file = out.files[0]
    assert (file.rows_n, file.works_n, file.rejected_n, file.adjusted_n) == (15, 8, 7, 8)
    found = works(tmp_path / "town", "vpr_mathematics_5_2021")
    assert found.filter(pl.col("score") == 9)["1"].to_list() == [1]  # reported, not repaired
    assert found.filter(pl.col("1").is_null()).height == 2  # the two emptied cells
    with (tmp_path / "town/rejected_rows.csv").open(encoding="utf-8") as file:
        assert [row["rule"] for row in csv.DictReader(file)] == [rule for _row, rule, _c, _v in rules(out)]


def test_points_above_the_maximum_are_emptied_and_the_total_is_judged_as_printed(tmp_path):
    rows = [[50001, 1, 5, 1, 1, 4, 6], [50002, 1, 2, 1, 1, 4, 3], [50003, 1, 2, 0, 1, 4, 1]]
    head = [
        "Код участника",
        "Вариант",
        "1 (2б)",
        "2 (1б)",
        "Порядковый номер класса",
        PREVIOUS,
        "Итого баллов",
    ]
    path = write_book(tmp_path / "edu220001 математика 5 класс ВПР 2026.xlsx", {"Протокол": [head, *rows]})
    out = bring_in([path], tmp_path / "town")
    assert rules(out) == [
        (2, "item_above_maximum", "1", "5"),
        (2, "total_above_maximum", "score", "6 ≠ 6"),
        (4, "total_mismatch", "score", "1 ≠ 2"),
    ]
    assert works(tmp_path / "town", "vpr_mathematics_5_2026")["1"].null_count() == 1


def test_export_of_2020_drops_its_padding_and_knows_autumn(tmp_path):
    head = ["groups", "user", "id", "code", "otc", "gender", "klass", "var-1", "var-2", "sum"]
    head += [f"a-{i}-grade" for i in range(1, 41)]
    padding = [None] * 37
    rows = [
        ["region22", "sch220001", 1, 50001, 4, "М", "А", 1, 2, 3, 1, 2, 0, *padding],
        ["region22", "sch220001", 2, 50002, 4, "Ж", "А", 1, "отсутствовал", None, 1, None, None, *padding],
        [
            "region22",
            "sch220001",
            3,
            50003,
            4,
            "Ж",
            "А",
            "отсутствовал",
            "отсутствовал",
            None,
            None,
            None,
            None,
            *padding,
        ],
    ]
    path = write_book(tmp_path / "по русскому языку, 4 класс.xlsx", {"Sheet": [head, *rows]})
    out = bring_in([path], tmp_path / "town")
    assert out.written == ("vpr_russian_4_2020_autumn",)
    told = facts(tmp_path / "town", "vpr_russian_4_2020_autumn")
    assert (told["year_group"], told["programme_year_group"], told["school_year"]) == (5, 4, "2020/21")
    found = works(tmp_path / "town", "vpr_russian_4_2020_autumn")
    assert found.columns[-3:] == ["1", "2", "3"]
    assert sorted(found["status"].to_list()) == ["absent", "absent", "present"]
    assert found.filter(pl.col("status") == "present")["variant"].to_list() == ["1/2"]
    assert [rule for _r, rule, _c, _v in rules(out)] == ["part_absent"]


def test_form_of_2022_tells_schools_and_the_season(tmp_path):
    head = [
        "Пользователь",
        "Код региона",
        "Регион",
        "Муниципалитет",
        "Школа",
        "Дата загрузки",
        "Код",
        "Вариант",
    ]
    head += ["1 (1б)", "2K1 (2б)", "Наименование класса", "Пол", PREVIOUS, "Итого баллов"]
    place, school = "reg22_m001 | Алейский  муниципальный район", 'edu220001 | МБОУ  "Гимназия № 5"'
    rows = [["edu220001", 22, "Край", place, school, "12.10.2022", 60001, 1, 1, 2, "6Б", "Ж", 5, 3]]
    path = write_book(
        tmp_path / "математика 5 класс ВПР 2022.xlsx", {"Классы": [["Класс"]], "Протокол": [head, *rows]}
    )
    bring_in([path], tmp_path / "town")
    told = facts(tmp_path / "town", "vpr_mathematics_5_2022_autumn")
    assert (told["year_group"], told["programme_year_group"], told["school_year"]) == (6, 5, "2022/23")
    assert str(told["date"]) == "2022-10-12"
    found = works(tmp_path / "town", "vpr_mathematics_5_2022_autumn")
    assert found.columns[-2:] == ["1", "2К1"]
    assert found["class_id"].to_list() == ["6Б"]
    organisations = pl.read_csv(tmp_path / "town/organisations.csv").row(0, named=True)
    assert organisations["name"] == 'МБОУ "Гимназия № 5"'
    assert (organisations["kind"], organisations["municipality"]) == (
        "gymnasium",
        "Алейский муниципальный район",
    )


def test_collection_form_is_read_by_code_not_by_total(tmp_path):
    head = [
        "Код участника",
        "Вариант",
        "1 (2б)",
        "4К1 (3б)",
        "Порядковый номер класса",
        PREVIOUS,
        "Итого баллов",
    ]
    rows = [[80001, 1, 2, "X", 1, 4, 2], [80002, "отсутствовал", None, None, 2, "нет отметки", 0]]
    extended = [[None] * 6 + [0]] * 1400
    sheets = {
        "Протокол": [head, *rows, *extended],
        "Служебный": [["Предмет", "Английский язык"], ["1"], ["X"]],
        "Порядковый номер класса": [["Порядковый номер", "Класс"], [1, "8А"], [2, "8В"], [3, None]],
    }
    path = write_book(tmp_path / "Форма сбора результатов 8 класс ВПР 2026.xlsx", sheets)
    with pytest.raises(TableError, match="--organisation"):
        bring_in([path], tmp_path / "town")
    out = bring_in([path], tmp_path / "town", org_id="edu223389")
    assert out.written == ("vpr_english_8_2026",)
    found = works(tmp_path / "town", "vpr_english_8_2026")
    assert found.select("org_id", "class_id", "status").rows() == [
        ("edu223389", "8А", "present"),
        ("edu223389", "8В", "absent"),
    ]
    assert out.files[0].rows_n == 2


def f1_sheet(rows):
    head = ["ОО", "Муниципалитет", "Название ОО", "Код участника", "Класс", "Вариант", "1 (2б)", "2 (1б)"]
    head += ["Первичный балл", "Отметка", "Отметка по журналу"]
    return [
        ["Индивидуальные результаты участников"],
        [],
        ["ВПР 2026 Русский язык 4 класс"],
        ["Предмет:", "Русский язык"],
        ["Максимальный первичный балл:", 3],
        ["Дата:", "20.04.2026"],
        ["Уровень сложности задания", None, None, None, None, None, "Б", "П"],
        head,
        *rows,
    ]


def test_f1_is_described_by_its_own_heading_and_gives_cut_scores_away(tmp_path):
    rows = [
        ["МОУ «Лицей № 1»(edu203389)", "Кол-во участников: 4"],
        [None, "г. Город", "МОУ «Лицей № 1»", 40001, "4А", 1, 0, 0, 0, 2, 3],
        [None, "г. Город", "МОУ «Лицей № 1»", 40002, "4А", 1, 1, 0, 1, 3, 3],
        [None, "г. Город", "МОУ «Лицей № 1»", 40003, "4А", 1, 2, 0, 2, 4, 4],
        [None, "г. Город", "МОУ «Лицей № 1»", 40004, "4А", 1, 2, 1, 3, 5, 5],
    ]
    path = write_book(tmp_path / "отчёт.xlsx", {"РУ 4 Индивидуальные результаты": f1_sheet(rows)})
    out = bring_in([path], tmp_path / "town")
    told = facts(tmp_path / "town", "vpr_russian_4_2026")
    assert str(told["date"]) == "2026-04-20"
    assert told["cut_scores"] == {"3": 1, "4": 2, "5": 3}
    assert out.files[0].rows_n == 4
    items = pl.read_csv(tmp_path / "town/procedures/vpr_russian_4_2026/items.csv")
    assert items.select("item_id", "max_points", "level").rows() == [(1, 2, "basic"), (2, 1, "raised")]
    organisations = pl.read_csv(tmp_path / "town/organisations.csv").row(0, named=True)
    assert (organisations["org_id"], organisations["kind"]) == ("edu203389", "lyceum")
    assert organisations["municipality"] == "г. Город"


def test_workbook_with_two_reports_gives_two_procedures(tmp_path):
    row = ["edu203389", "г. Город", "МОУ «Лицей № 1»", 40001, "4А", "Вариант 1", 2, 0, 2, 4, 4]
    other = f1_sheet([[*row[:7], 1, 3, 5, 4]])
    other[2], other[3] = ["ВПР 2026 Математика 4 класс"], ["Предмет:", "Математика"]
    sheets = {"РУ 4": f1_sheet([[*row[:8], 1, 4, 4]]), "МА 4": other}
    out = bring_in([write_book(tmp_path / "отчёты.xlsx", sheets)], tmp_path / "town")
    assert out.written == ("vpr_mathematics_4_2026", "vpr_russian_4_2026")
    assert works(tmp_path / "town", "vpr_russian_4_2026")["variant"].to_list() == ["1"]
    assert out.rejected_rows.select("file", "rule").rows() == [("отчёты.xlsx [1]", "total_mismatch")]


PLAN_HEAD = [
    "№ КИМ",
    "№",
    "Умения, виды деятельности (в соответствии с ФГОС)",
    "Блоки ПООП",
    "Уровень сложности",
]
PLAN_HEAD += ["Код КЭС", "Код КТ", "Максимальный балл", "Примерное время (мин)"]


def test_plan_names_the_items_and_the_list_of_requirements_their_skills(tmp_path):
    plan = write_book(
        tmp_path / "МА5" / "ALL.xlsx",
        {
            "Лист1": [
                PLAN_HEAD,
                ["1", 1, "Считать", "Научится", "Б", "1.1", "2.1", 1, 2],
                ["5.1", 2, "Чертить", "Научится", "П", "3", "2.1; 2.4", 1, 5],
                ["5.1", 2, None, None, None, "4", "2.5", None, None],
                ["5.2", 3, "Мерить", "Научится", "В", "3", "2.4", 2, 5],
                ["Итого", None, None, None, None, None, None, 4],
            ]
        },
    )
    lists = write_book(
        tmp_path / "МА5" / "KT.xlsx",
        {"Лист1": [["Код", "Проверяемые требования"], ["2.1", "Вычисления"], ["2.4", "Фигуры"]]},
    )
    results = raw2021(tmp_path / NAME_2021, [pupil(), pupil(50002, points=(1, 1, 2), total=4)])
    out = bring_in([results, plan, lists], tmp_path / "town")
    folder = tmp_path / "town/procedures/vpr_mathematics_5_2021"
    rows = pl.read_csv(folder / "items.csv", infer_schema=False).rows()
    assert rows == [
        ("1", "1", None, "basic", "2.1", "1.1", "Считать"),
        ("5.1", "1", None, "raised", "2.1;2.4;2.5", "3;4", "Чертить"),
        ("5.2", "2", None, "high", "2.4", "3", "Мерить"),
    ]
    assert pl.read_csv(folder / "skills.csv", infer_schema=False).rows() == [
        ("2.1", "Вычисления"),
        ("2.4", "Фигуры"),
    ]
    assert works(tmp_path / "town", "vpr_mathematics_5_2021").columns[-3:] == ["1", "5.1", "5.2"]
    assert [file.layout for file in out.files] == ["raw2021", "plan", "skill_codes"]


def test_plan_of_another_length_or_of_nobody_is_an_error(tmp_path):
    row = ["1", 1, "Считать", "Научится", "Б", "1", "2", 1, 2]
    short = write_book(tmp_path / "a" / "план.xlsx", {"Лист1": [PLAN_HEAD, row]})
    results = raw2021(tmp_path / "in" / NAME_2021, [pupil()])
    with pytest.raises(TableError):
        bring_in([results, short], tmp_path / "town")
    other = raw2021(tmp_path / "in" / "по русскому языку, 6 класс. ВПР 2021.xlsx", [pupil(60001)])
    with pytest.raises(TableError):
        bring_in([results, other, short], tmp_path / "town")
    assert not (tmp_path / "town").exists()


def test_names_and_documents_never_leave_the_reader(tmp_path):
    head = [
        "ОО",
        "Фамилия",
        "Имя",
        "Отчество",
        "Серия",
        "Номер",
        "Код участника",
        "Класс",
        "Вариант",
        "1 (2б)",
        "Первичный балл",
    ]
    rows = [
        [
            "edu220001",
            "Иванова",
            "Мария",
            "Петровна",
            "4510",
            "123456",
            50001,
            "Иванова",
            1,
            "Иванова Мария",
            "Мария",
        ],
        ["edu220001", "Иванова", "Мария", "Петровна", "4510", "123456", 50002, "А", "Мария", 1, 2],
        ["edu220001", "Иванова", "Мария", "Петровна", "4510", "123456", "Иванова", "А", 1, 1, 1],
    ]
    path = write_book(tmp_path / "математика 5 класс ВПР 2026.xlsx", {"Ф1": [head, *rows]})
    out = bring_in([path], tmp_path / "town", as_csv=True)
    stored = "".join(file.read_text("utf-8") for file in (tmp_path / "town").rglob("*.*") if file.is_file())
    told = stored + repr(out) + str(out.rejected_rows.rows())
    assert out.files[0].rows_n == 3
    assert [secret for secret in SECRETS if secret in told] == []
    assert any("5" in warning for warning in out.warnings)  # five columns of personal data were left alone
    with pytest.raises(UnknownLayoutError) as caught:
        bring_in(
            [write_book(tmp_path / "список.xlsx", {"Л": [["Иванова", "Мария", "5"]]})], tmp_path / "town2"
        )
    assert [secret for secret in SECRETS if secret in str(caught.value)] == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_text_tables_are_read_in_the_encodings_and_separators_people_use(tmp_path, encoding, separator):
    head = [*HEAD_2021, "балл за 1", "балл за 2", "балл за 3"]
    path = tmp_path / "по математике, 5 класс. ВПР 2021.csv"
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=separator).writerows([head, pupil(), pupil(50002, points=("Х", 1, 1))])
    out = bring_in([path], tmp_path / "town")
    assert out.files[0].works_n == 2
    assert out.rejected_rows.is_empty()


def test_open_questions_name_the_option_that_answers_them(tmp_path):
    path = raw2021(tmp_path / "in" / "файл.xlsx", [pupil()])
    with pytest.raises(TableError, match="--subject"):
        bring_in([path], tmp_path / "town")
    with pytest.raises(TableError, match="--year-group"):
        bring_in([path], tmp_path / "town", subject="математика")
    out = bring_in([path], tmp_path / "town", subject="математика", year_group=5)
    assert out.written == ("vpr_mathematics_5_2021",)
    with pytest.raises(UsageError):
        bring_in([path], tmp_path / "town", subject="ворожба")


def test_nearly_recognised_form_says_which_column_it_lacks(tmp_path):
    head = [name for name in HEAD_2021 if name != "код обучающегося"]
    path = write_book(
        tmp_path / NAME_2021, {"Sheet": [[*head, "балл за 1"], ["edu220001", 22, 1, 4, "М", "А", 1, 1, 1]]}
    )
    with pytest.raises(UnknownLayoutError, match="«код»"):
        bring_in([path], tmp_path / "town")
