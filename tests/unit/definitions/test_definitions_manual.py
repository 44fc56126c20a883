"""docs/definitions.md is current, readable and Russian; every sentence of the room has its Russian twin."""

from __future__ import annotations

import ast
import gettext
from pathlib import Path

import pytest

from merilo.definitions import load_definitions
from merilo.definitions.manual import manual
from merilo.definitions.provenance import STATUS_WORDS
from merilo.language import LOCALE_FOLDER

PROJECT = Path(__file__).resolve().parents[3]
ROOM = PROJECT / "src" / "merilo" / "definitions"


def sentences():
    """Every text given to `_()` in the room, and the words of the statuses."""
    found = set(STATUS_WORDS.values())
    for file in sorted(ROOM.glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            called = node.func if isinstance(node, ast.Call) else None
            if isinstance(called, ast.Name) and called.id == "_" and isinstance(node.args[0], ast.Constant):
                found.add(node.args[0].value)
    return sorted(found)


def test_docs_definitions_are_current():
    written = (PROJECT / "docs" / "definitions.md").read_text(encoding="utf-8")
    assert written == manual(), "run: python -m merilo.definitions.manual > docs/definitions.md"


def test_manual_names_every_definition_and_every_status():
    text = manual()
    for entry in load_definitions().entries():
        assert entry.title in text, entry.id
    for words in ("текст прочитан", "прочитано начало текста", "не проверено", "выбор Merilo"):
        assert words in text


def test_manual_is_russian_in_every_language(monkeypatch):
    monkeypatch.setenv("MERILO_LANG", "en")
    english = manual()
    monkeypatch.setenv("MERILO_LANG", "ru")
    assert english == manual()


def test_manual_tables_have_as_many_cells_as_heads():
    width = None
    for line in manual().splitlines():
        if not line.startswith("|"):
            width = None
            continue
        cells = line.replace("\\|", "").count("|")
        assert width in (None, cells), line
        width = cells


def test_there_are_sentences_to_translate():
    assert len(sentences()) > 50


@pytest.mark.parametrize("sentence", sentences())
def test_sentence_has_a_russian_twin_with_the_same_places(sentence):
    russian = gettext.translation("definitions", LOCALE_FOLDER, languages=["ru"]).gettext(sentence)
    assert russian != sentence
    places = [
        "{id}",
        "{field}",
        "{what}",
        "{known}",
        "{allowed}",
        "{low}",
        "{high}",
        "{first}",
        "{second}",
        "{n}",
    ]
    for place in places:
        assert (place in russian) == (place in sentence)
