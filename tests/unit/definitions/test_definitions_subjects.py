"""Recognising a subject in the ways files spell it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from merilo.definitions import find_subject, load_definitions, subject_in
from merilo.definitions.subjects import fold_spelling

SUBJECTS = load_definitions().subjects


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("mathematics", "mathematics"),
        ("Математика", "mathematics"),
        ("МАТЕМАТИКЕ", "mathematics"),
        ("МА", "mathematics"),
        ("ма", "mathematics"),
        ("MA", "mathematics"),  # Latin letters
        ("МA", "mathematics"),  # one of each alphabet
        ("RU", "russian"),
        ("PY", "russian"),  # Latin letters that look like РУ
        ("Русский  язык", "russian"),
        ("русскому\xa0языку", "russian"),
        ("окружающему миру", "world_around"),
        ("OM", "world_around"),
        ("world around", "world_around"),
        ("Английский язык", "english"),
        ("Информатика и ИКТ", "informatics"),
        (" ХИ ", "chemistry"),
    ],
)
def test_subject_is_found_by_any_spelling(text, subject):
    assert find_subject(text).id == subject


@pytest.mark.parametrize("text", ["", "по", "математика 5", "алхимия", "4", "М"])
def test_find_subject_does_not_guess(text):
    assert find_subject(text) is None


@given(st.sampled_from(SUBJECTS), st.data())
def test_every_spelling_in_any_case_finds_its_subject(subject, data):
    spelling = data.draw(st.sampled_from(subject.spellings()))
    cased = "".join(data.draw(st.sampled_from((letter.lower(), letter.upper()))) for letter in spelling)
    assert find_subject(f" {cased}\xa0").id == subject.id


@given(st.text())
def test_folding_twice_changes_nothing_more(text):
    once = fold_spelling(text)
    assert fold_spelling(once) == once


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("Индивидуальные результаты по русскому языку, 5 класс. ВПР 2021.xlsx", "russian"),
        ("ВПР 2026 Русский язык 4 класс", "russian"),
        ("МА 4 Сравнение отметок с отметк", "mathematics"),
        ("РУ 4 Индивидуальные результаты", "russian"),
        ("MA5_2021.csv", "mathematics"),
        ("vpr_2021_mathematics_5", "mathematics"),
        ("Форма сбора результатов Английский язык 8 класс ВПР 2026.xlsx", "english"),
        ("04 - Химия 2026.06.01", "chemistry"),
        ("ОМ4", "world_around"),
    ],
)
def test_subject_in_longer_text(text, subject):
    assert subject_in(text).id == subject


@pytest.mark.parametrize(
    "text",
    ["", "school.ru is here 2021", "ОО 45", "русский язык и математика", "ВПР 5", "МА2021", "математик"],
)
def test_subject_in_longer_text_does_not_guess(text):
    assert subject_in(text) is None


def test_gia_codes_lead_to_their_subjects():
    definitions = load_definitions()
    for number, subject in {
        1: "russian",
        2: "mathematics",
        22: "mathematics",
        52: "mathematics",
        4: "chemistry",
    }.items():
        assert definitions.subject_of_gia_code(number).id == subject
    assert definitions.subject_of_gia_code(99) is None
    assert definitions.subject("mathematics").gia_code == 2
    assert definitions.subject("world_around").gia_code is None
