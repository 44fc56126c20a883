"""Numbers and sentences: set the Russian way, all of them translated, none of them an accusation."""

from __future__ import annotations

import ast
import gettext
import re
from datetime import date
from pathlib import Path

import pytest

import merilo.publish
from merilo.definitions import load_definitions
from merilo.language import LOCALE_FOLDER, choose_language
from merilo.publish import RunStamp
from merilo.publish.fonts import shorten, text_width, wrap
from merilo.publish.typography import (
    day,
    decimal,
    glue,
    integer,
    percent,
    percent_interval,
    quoted,
    signed_points,
)
from merilo.publish.words import in_natural_order

NB = "\u00a0"
PACKAGE = Path(merilo.publish.__file__).parent
# "рейтинг" may stand only where it is denied; the others nowhere.
DENIED = re.compile(
    r"не\s+(рейтинг|вывод|для\s+рейтинг)|для рейтингов и взысканий|рейтинга\s+нет|ни одн\w+ \w+ — не рейтинг",
    re.IGNORECASE,
)
NEVER = ("нарушител", "худш", "лучшая школ", "лучшие школ", "отстающ", "виновн", "наруш", "списыва", "!")


def room_of(source: Path) -> str:
    found = re.search(r'translator\("(\w+)"\)', source.read_text(encoding="utf-8"))
    return found.group(1) if found else ""


def sentences() -> list[tuple[str, str, str | None]]:
    """(room, msgid, plural msgid) of every sentence in the room's code."""
    found = []
    for source in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in ("_", "ngettext")
            ):
                words = [
                    a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)
                ]
                if words:
                    plural = words[1] if node.func.id == "ngettext" else None
                    found.append((room_of(source), words[0], plural))
    return found


def test_every_sentence_has_russian_words():
    missing = []
    for room, single, plural in sentences():
        catalogue = gettext.translation(room, LOCALE_FOLDER, languages=["ru"])
        if plural is None:
            same = catalogue.gettext(single) == single and re.search(r"[A-Za-z]{4}", single)
            missing += [single] if same else []
        else:
            missing += [
                single for n in (1, 2, 5) if catalogue.ngettext(single, plural, n) in (single, plural)
            ]
    assert sentences()
    assert missing == []


def test_placeholders_survive_translation():
    for room, single, plural in sentences():
        catalogue = gettext.translation(room, LOCALE_FOLDER, languages=["ru"])
        said = [catalogue.gettext(single)] if plural is None else [
            catalogue.ngettext(single, plural, n) for n in (1, 2, 5)
        ]  # fmt: skip
        wanted = set(re.findall(r"\{(\w+)", plural or single))
        for sentence in said:
            assert set(re.findall(r"\{(\w+)", sentence)) <= wanted, single


def test_no_translation_accuses():
    wording = load_definitions().wording
    for room, single, plural in sentences():
        catalogue = gettext.translation(room, LOCALE_FOLDER, languages=["ru"])
        said = catalogue.gettext(single) if plural is None else catalogue.ngettext(single, plural, 5)
        assert not wording.forbidden_in(DENIED.sub("", said)), said
        assert not [stem for stem in NEVER if stem in said.casefold()], said
        assert "рейтинг" not in DENIED.sub("", said).casefold(), said


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        (integer(4010), f"4{NB}010"),
        (integer(None), "—"),
        (integer(float("nan")), "—"),
    ],
)
def test_counts_have_spaces_between_thousands(said, wanted):
    assert said == wanted


def test_numbers_in_russian():
    assert decimal(10.44) == "10,4"
    assert decimal(-1234.5) == f"\u22121{NB}234,5"
    assert decimal(-0.04) == "0,0"
    assert percent(0.155, 1) == f"15,5{NB}%"
    assert percent(None) == "—"
    assert percent_interval(0.14, 0.17) == f"14–17{NB}%"
    assert percent_interval(0.14, None) == "—"
    assert signed_points(-0.08) == "\u22128"
    assert signed_points(0.08) == "+8"
    assert signed_points(0.001) == "0"
    assert day(date(2021, 2, 24)) == "24.02.2021"
    assert day("2021-02-24") == "24.02.2021"
    assert day("весна") == "весна"
    assert quoted(3) == "«3»"


def test_numbers_in_english():
    choose_language("en")
    assert percent(0.155, 1) == "15.5%"
    assert day(date(2021, 2, 24)) == "24 February 2021"
    assert quoted(3) == "“3”"


def test_lines_never_end_with_a_preposition():
    assert glue("Школа № 7, лицей в городе — 15 %") == f"Школа №{NB}7, лицей в{NB}городе{NB}— 15{NB}%"


def test_words_fit_their_lines():
    lines = wrap("Решение текстовых задач на движение, работу и проценты", 120, 12)
    assert len(lines) > 2
    assert all(text_width(line, 12) <= 120 for line in lines)
    assert " ".join(lines) == "Решение текстовых задач на движение, работу и проценты"
    assert text_width(shorten("Полисистемный образовательный округ", 100, 12), 100) > 0
    assert text_width(shorten("Полисистемный образовательный округ", 100, 12), 12) <= 100


def test_bold_is_wider_and_size_scales():
    assert text_width("Школа № 7", 12, bold=True) > text_width("Школа № 7", 12)
    assert text_width("Школа № 7", 24) == pytest.approx(2 * text_width("Школа № 7", 12))


def test_school_7_stands_before_school_10():
    rows = [{"name": "Школа № 10"}, {"name": "Школа № 7"}, {"name": "Лицей № 40"}]
    assert [row["name"] for row in in_natural_order(rows, "name")] == [
        "Лицей № 40",
        "Школа № 7",
        "Школа № 10",
    ]


def test_stamp_says_run_date_and_hash(stamp: RunStamp):
    assert all(part in stamp.footer() for part in ("2021-02-24-a1", "24.02.2021", "3f9c2ab1", "0.1.0"))
