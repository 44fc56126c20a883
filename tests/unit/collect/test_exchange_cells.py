"""Cells, words, class letters and headings of the exchange forms, one by one."""

from __future__ import annotations

import datetime
import math

import numpy as np
import pytest

from merilo.collect.exchange.cells import (
    EMPTY,
    NOT_ATTEMPTED,
    NOT_POINTS,
    NOT_TAUGHT,
    UNREADABLE,
    item_id_of,
    number_of,
    points_of,
    read_item_columns,
    read_marks,
)
from merilo.collect.exchange.classes import class_ids, class_letter
from merilo.collect.exchange.heading import Heading, heading_of_text
from merilo.collect.exchange.identity import Options, identify
from merilo.collect.exchange.item_table import observed_maximum
from merilo.collect.exchange.pupils import pseudonym_key, work_ids
from merilo.collect.exchange.schools import kind_of, name_without_code, org_id_of
from merilo.collect.exchange.words import header_seen, is_personal, shown
from merilo.definitions import load_definitions
from merilo.errors import TableError


@pytest.mark.parametrize(
    ("cell", "points"),
    [
        (2.0, 2),
        (0, 0),
        ("1", 1),
        (" 2\xa0", 2),
        ("1,0", 1),
        ("'1", 1),
        ("X", NOT_ATTEMPTED),
        ("x", NOT_ATTEMPTED),
        ("Х", NOT_ATTEMPTED),  # Cyrillic
        ("х\xa0", NOT_ATTEMPTED),
        ("не пройд.", NOT_TAUGHT),
        ("Не  пройд", NOT_TAUGHT),
        ("не пройдено", NOT_TAUGHT),
        ("", EMPTY),
        (None, EMPTY),
        ("\xa0", EMPTY),
        ("-", EMPTY),
        ("H", UNREADABLE),
        ("Н", UNREADABLE),
        (True, UNREADABLE),
        (datetime.date(2021, 1, 2), UNREADABLE),
        (-1, NOT_POINTS),
        (0.5, NOT_POINTS),
        ("0,5", NOT_POINTS),
        (1e9, NOT_POINTS),
    ],
)
def test_item_cell_means_what_people_mean_by_it(cell, points):
    assert points_of(cell) == points


def test_item_columns_are_read_alike_cell_by_cell_and_at_once():
    columns = [["1", 2.0, "Х", ""], [None, "H", "не пройд.", 13.0]]
    found = read_item_columns(columns)
    assert found.tolist() == [[points_of(a), points_of(b)] for a, b in zip(*columns)]


def test_marks_without_a_number_are_empty_and_odd_ones_stay_visible():
    marks = read_marks(["3\xa0", 5.0, "нет отметки", "", None, "осв.", "зачёт", 8.0])
    assert np.array_equal(marks[[0, 1, 7]], [3, 5, 8])
    assert np.isnan(marks[2:6]).all()
    assert math.isinf(marks[6])


def test_numbers_are_read_with_comma_blanks_and_nothing_else():
    assert number_of("12,5") == 12.5
    assert number_of("\xa07 ") == 7
    assert math.isnan(number_of("—"))
    assert math.isinf(number_of("1e5"))
    assert math.isinf(number_of("1 2"))


def test_item_id_survives_what_a_spreadsheet_makes_of_it():
    assert item_id_of(5.1) == "5.1"
    assert item_id_of(12.0) == "12"
    assert item_id_of(datetime.datetime(2021, 1, 5)) == "5.1"
    assert item_id_of(" 4K1 ") == "4К1"  # Latin K becomes Cyrillic
    assert item_id_of("5,2") == "5.2"


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("а", "А"),
        ("5а", "А"),
        ("5 «А»", "А"),
        ('5-"б"', "Б"),
        ("5 А класс", "А"),
        ("нет", ""),
        ("НЕТ", ""),
        ("", ""),
        ("5", ""),
        ("1", "1"),
        ("Иванов", None),
    ],
)
def test_class_letter_is_what_remains_without_year_and_quotes(text, letter):
    assert class_letter(text, 5) == letter


def test_look_alike_letters_join_within_a_school_but_not_across_alphabets():
    a_latin, a_cyrillic = "A", "А"
    ids = class_ids(
        [("s1", a_latin), ("s1", a_cyrillic), ("s1", "Б"), ("s2", "A"), ("s2", "B"), ("s2", "D")], 5
    )
    assert ids["s1", a_latin] == ids["s1", a_cyrillic] == "5А"
    assert ids["s1", "Б"] == "5Б"
    assert [ids["s2", letter] for letter in "ABD"] == [
        "5A",
        "5B",
        "5D",
    ]  # a school with Latin letters keeps them


def test_only_class_has_the_year_group_for_a_name_and_no_class_beside_letters():
    ids = class_ids([("s1", ""), ("s2", ""), ("s2", "А"), ("s2", None)], 7)
    assert ids["s1", ""] == "7"
    assert ids["s2", ""] is None
    assert ids["s2", None] is None


def test_school_is_known_by_its_six_digits_however_written():
    for cell in (
        "sch221234",
        "edu221234",
        " EDU221234 ",
        "edu221234 | МБОУ «СОШ № 5»",
        "МБОУ СОШ № 5(edu221234)",
    ):
        assert org_id_of(cell) == "edu221234"
    assert org_id_of("") == ""
    assert name_without_code("edu221234 |  МБОУ   «СОШ № 5»") == "МБОУ «СОШ № 5»"
    assert name_without_code("Алейский район (reg22_m001)") == "Алейский район"
    assert [kind_of(n) for n in ("Гимназия № 1", "МОУ «Лицей № 40»", "СОШ 3", "Школа-интернат № 47", "")] == [
        "gymnasium",
        "lyceum",
        "school",
        "special",
        "",
    ]


@pytest.mark.parametrize(
    ("text", "subject", "year_group", "year"),
    [
        ("по математике, 5 класс. ВПР 2021", "mathematics", 5, 2021),
        ("Результаты по русскому языку, 8 класс. ВПР 2021", "russian", 8, 2021),
        ("МА5_2021", "mathematics", 5, 2021),
        ("ВПР 2026 Русский язык 4 класс", "russian", 4, 2026),
        ("Форма сбора результатов Английский язык 8 класс ВПР 2026", "english", 8, 2026),
        ("отчёт", None, None, None),
    ],
)
def test_heading_tells_subject_year_group_and_year(text, subject, year_group, year):
    found = heading_of_text(text, load_definitions())
    assert (found.subject, found.year_group, found.year) == (subject, year_group, year)


def _identified(year, year_group, digits, **content):
    heading = Heading(subject="mathematics", year_group=year_group, year=year, **content)
    return identify(Heading(), heading, Options(), label="f", layout="raw2021", code_digits=digits)


def test_autumn_2020_tests_the_programme_of_the_year_before():
    identity, warnings = _identified(2020, 4, {5: 1.0})
    assert (identity.programme_year_group, identity.year_group, identity.school_year) == (4, 5, "2020/21")
    assert identity.procedure_id == "vpr_mathematics_4_2020_autumn"
    assert warnings == []


def test_autumn_file_named_after_its_pupils_is_told_by_their_codes():
    identity, warnings = _identified(2020, 5, {5: 1.0})
    assert (identity.programme_year_group, identity.year_group) == (4, 5)
    assert identity.procedure_id == "vpr_mathematics_4_2020_autumn"
    assert len(warnings) == 1


def test_spring_belongs_to_the_school_year_that_began_the_year_before():
    identity, _warnings = _identified(2021, 4, {4: 1.0})
    assert (identity.programme_year_group, identity.year_group, identity.school_year) == (4, 4, "2020/21")


def test_codes_of_another_year_group_are_said():
    _identity, warnings = _identified(2021, 4, {5: 0.9, 4: 0.1})
    assert len(warnings) == 1


def test_option_against_content_is_an_error_and_against_a_name_a_warning():
    content = Heading(subject="russian", year_group=4, year=2026)
    with pytest.raises(TableError):
        identify(content, Heading(), Options(subject="mathematics"), label="f", layout="f1", code_digits={})
    identity, warnings = identify(
        Heading(), content, Options(subject="mathematics"), label="f", layout="f1", code_digits={}
    )
    assert identity.subject == "mathematics"
    assert len(warnings) == 1


def test_observed_maximum_ignores_a_lone_slip_in_a_large_file_only():
    many = np.array([0, 1, 2] * 2000 + [30], dtype=np.int16)
    assert observed_maximum(many) == 2
    assert observed_maximum(np.array([0, 1, 3], dtype=np.int16)) == 3
    assert observed_maximum(np.array([EMPTY, NOT_ATTEMPTED], dtype=np.int16)) == 1


def test_pseudonyms_are_stable_and_depend_on_everything():
    key = pseudonym_key(b"file")
    ids = work_ids("p", ["s1", "s1", "s2"], ["50001", "50002", "50001"], key=key)
    assert ids == work_ids("p", ["s1", "s1", "s2"], ["50001", "50002", "50001"], key=key)
    others = [
        *work_ids("q", ["s1"], ["50001"], key=key),
        *work_ids("p", ["s1"], ["50001"], key=pseudonym_key(b"x")),
    ]
    assert len({*ids, *others}) == 5
    assert all(len(one) == 20 and "50001" not in one for one in ids)


def test_columns_of_personal_data_are_known_by_their_heading():
    personal = ("фамилия", "имя", "отчество", "фио", "ф.и.о.", "фио участника", "снилс", "серия", "номер")
    for word in (*personal, "surnamecell", "secondnamecell", "documentseriescode", "паспортные данные"):
        assert is_personal(word), word
    for word in (
        "номер обучающегося",
        "наименование класса",
        "название оо",
        "код участника",
        "id",
        "user",
        "groups",
    ):
        assert not is_personal(word), word


def test_a_bad_cell_is_shown_only_where_it_cannot_be_a_name():
    assert [shown(cell) for cell in (30.0, "H", "0,5", "2(2)1(3)")] == ["30", "H", "0,5", "2(2)1(3)"]
    assert shown("Иванов") == "[6]"
    assert shown("Пётр Ив") == "[7]"
    assert header_seen(["Класс", "Иванова Мария", "Балл", 5.0]) == ["Класс", "Балл"]
