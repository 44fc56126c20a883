"""Every sentence a user can meet has its Russian twin, with the same places in it and without blame."""

from __future__ import annotations

import ast
import gettext
import importlib
import io
import re
import string
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from typer.main import get_command

from merilo.cli import app
from merilo.tables import TABLES

PROJECT = Path(__file__).resolve().parents[2]
SOURCE = PROJECT / "src" / "merilo"
CATALOGUES = SOURCE / "locale" / "ru" / "LC_MESSAGES"
TRANSLATORS = {"translator", "plural_translator"}

# `methods` speaks English only; these rooms show its sentences to users (`_(error.rule)`, `_(REASONS[…])`).
SHOWN_METHODS = {
    "measure": ("growth", "irt", "multilevel"),
    "appraise": ("low_share",),
    "support": ("shrinkage.py", "shrinkage"),
}

# Errors of `methods` that the stages turn into a note beside an empty cell. A UsageError there is a defect of ours.
STATISTICAL_ERRORS = {"EstimationError", "TooFewPupilsError", "DegenerateDataError"}

# Words that accuse. Merilo asks for a look; it never says who is to blame (mission: no ratings, no accusation).
ACCUSING = re.compile(
    r"нарушител|виновн|виноват|мошенн|махинац|фальсифик|подтасов|подлог|жульнич|обман|нечестн|недобросовестн"
    r"|накрут|приписк|позор|худши|отстающ|двоечник|!(?!r\})|\bИИ\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Sentence:
    """One sentence of the source: the room whose catalogue has it, where it stands, its plural if it counts."""

    room: str
    text: str
    place: str
    plural: str = ""


def source_files() -> list[Path]:
    """Python files of the package, in order."""
    return sorted(SOURCE.rglob("*.py"))


def bound_translators(tree: ast.Module) -> dict[str, str]:
    """`_ = translator("room")` at the top of a file: name -> room."""
    return {
        statement.targets[0].id: statement.value.args[0].value
        for statement in tree.body
        if isinstance(statement, ast.Assign)
        and isinstance(statement.targets[0], ast.Name)
        and isinstance(statement.value, ast.Call)
        and isinstance(statement.value.func, ast.Name)
        and statement.value.func.id in TRANSLATORS
        and isinstance(statement.value.args[0], ast.Constant)
    }


def calls(tree: ast.Module, names: dict[str, str]) -> Iterator[tuple[str, ast.Call]]:
    """(room, call) for every call of a translator of this file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
            yield names[node.func.id], node


def sentences_of(file: Path) -> Iterator[Sentence]:
    """Sentences written in this file as the argument of a translator."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for room, call in calls(tree, bound_translators(tree)):
        texts = [a.value for a in call.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
        if texts:
            plural = texts[1] if len(texts) > 1 else ""
            yield Sentence(room, texts[0], f"{file.relative_to(SOURCE)}:{call.lineno}", plural)


def statistical_errors(file: Path) -> Iterator[tuple[ast.expr, int]]:
    """The first argument of every statistical error raised in a file of `methods`, and its line."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        called = node.exc if isinstance(node, ast.Raise) else None
        if (
            isinstance(called, ast.Call)
            and isinstance(called.func, ast.Name)
            and called.func.id in STATISTICAL_ERRORS
        ):
            yield called.args[0], node.lineno


def fixed_text(sentence: ast.expr, file: Path) -> str | None:
    """What the sentence says whatever the data: constants of its file may be set into it, measured numbers may not."""
    if isinstance(sentence, ast.Constant):
        return str(sentence.value)
    module = ".".join(("merilo", *file.relative_to(SOURCE).with_suffix("").parts))
    known = vars(importlib.import_module(module.removesuffix(".__init__")))
    names = {node.id for node in ast.walk(sentence) if isinstance(node, ast.Name)}
    if not all(name.isupper() and name in known for name in names):
        return None
    return str(eval(compile(ast.Expression(sentence), str(file), "eval"), dict(known)))


def shown_method_files() -> Iterator[tuple[str, Path]]:
    """(room, file of `methods`) whose errors reach users through that room."""
    for room, places in SHOWN_METHODS.items():
        for place in places:
            path = SOURCE / "methods" / place
            yield from ((room, file) for file in ([path] if path.is_file() else sorted(path.rglob("*.py"))))


@cache
def all_sentences() -> tuple[Sentence, ...]:
    """Every sentence of the source that can be read off the code."""
    found = [sentence for file in source_files() for sentence in sentences_of(file)]
    for room, file in shown_method_files():
        found += [
            Sentence(room, text, f"{file.relative_to(SOURCE)}:{line}")
            for argument, line in statistical_errors(file)
            if (text := fixed_text(argument, file)) is not None
        ]
    from merilo.methods.lift import REASONS

    found += [
        Sentence("measure", words, f"methods.lift.REASONS[{key!r}]")
        for key, words in REASONS.items()
        if words
    ]
    reasons = ("constant", "combination of earlier covariates")  # MultilevelFit.dropped_reasons
    found += [Sentence("measure", words, "methods/multilevel/fit.py") for words in reasons]
    return tuple(found)


@cache
def rooms() -> tuple[str, ...]:
    """Rooms that speak."""
    return tuple(sorted({sentence.room for sentence in all_sentences()}))


@cache
def russian(room: str) -> Catalog:
    """The Russian catalogue of a room, as written."""
    path = CATALOGUES / f"{room}.po"
    assert path.is_file(), f"{path.relative_to(PROJECT)} is missing: the room {room} speaks English only"
    with path.open("rb") as file:
        return read_po(file, locale="ru", abort_invalid=True)


def places(text: str) -> set[str]:
    """Names of the {places} in a sentence."""
    return {name for _words, name, _format, _conversion in string.Formatter().parse(text) if name is not None}


def translations(room: str) -> Iterator[tuple[str, str]]:
    """(sentence or its plural, each Russian form) of a room's catalogue."""
    for message in russian(room):
        if message.id:
            many = isinstance(message.id, tuple)
            forms = message.string if many else (message.string,)
            for form in forms:
                yield (message.id[1] if many else message.id), form


def test_scan_finds_the_sentences_of_all_speaking_rooms():
    assert {
        "errors",
        "tables",
        "collect",
        "measure",
        "appraise",
        "support",
        "cli",
        "publish",
    } <= set(rooms())
    assert len(all_sentences()) > 200


@pytest.mark.parametrize("room", rooms())
def test_every_sentence_of_the_room_has_a_russian_twin(room):
    catalogue = russian(room)
    missing = []
    for sentence in all_sentences():
        if sentence.room != room:
            continue
        message = catalogue.get(sentence.text)
        forms = (
            [] if message is None else [message.string] if isinstance(message.string, str) else message.string
        )
        if not forms or not all(forms) or (sentence.plural and len(forms) != catalogue.num_plurals):
            missing.append(f"{sentence.place}: {sentence.text}")
    assert missing == [], "\n".join(missing)


@pytest.mark.parametrize("room", rooms())
def test_no_place_is_lost_in_translation(room):
    wrong = [
        (english, form) for english, form in translations(room) if form and places(english) != places(form)
    ]
    assert wrong == []


@pytest.mark.parametrize("room", rooms())
def test_compiled_catalogue_is_the_written_one(room):
    """`make messages` was run: the .mo says what the .po says."""
    expected = io.BytesIO()
    write_mo(expected, russian(room))
    expected.seek(0)
    path = CATALOGUES / f"{room}.mo"
    assert path.is_file(), f"{path.relative_to(PROJECT)} is missing: run make messages"
    with path.open("rb") as file:
        assert spoken(gettext.GNUTranslations(file)) == spoken(gettext.GNUTranslations(expected)), (
            "run make messages"
        )


def spoken(catalogue: gettext.GNUTranslations) -> dict[object, str]:
    """What the catalogue says, its head (dates, tools) left out."""
    return {key: words for key, words in vars(catalogue)["_catalog"].items() if key}


@pytest.mark.parametrize("room", rooms())
def test_catalogue_is_finished_and_counts_in_russian(room):
    """Nothing fuzzy or obsolete is left, and plurals have the three Russian forms."""
    catalogue = russian(room)
    assert [message.id for message in catalogue if message.id and message.fuzzy] == []
    assert list(catalogue.obsolete) == []
    head = (CATALOGUES / f"{room}.po").read_text(encoding="utf-8").split("\n\n")[0]
    assert "POT-Creation-Date: 20" in head, "without a date `make messages` writes the clock into the .mo"
    assert catalogue.num_plurals == 3


@pytest.mark.parametrize("room", rooms())
def test_russian_sentences_blame_nobody_and_use_russian_quotes(room):
    forms = [form for _english, form in translations(room)]
    assert [form for form in forms if ACCUSING.search(form)] == []
    assert [form for form in forms if re.search(r"[“”„]", form)] == []


@pytest.mark.parametrize("room", rooms())
def test_options_that_a_sentence_advises_exist(room):
    """“Add --year-group” helps only while the command has it; both languages are read."""
    commands = get_command(app).commands.values()
    known = {option for command in commands for parameter in command.params for option in parameter.opts} | {
        "--help"
    }
    spoken = [text for pair in translations(room) for text in pair]
    assert [text for text in spoken if set(re.findall(r"--[a-z][a-z-]*", text)) - known] == []


def test_table_manual_blames_nobody():
    words = [column.meaning_ru for table in TABLES.values() for column in table.columns]
    assert [sentence for sentence in words if ACCUSING.search(sentence)] == []


def test_accusing_words_are_recognised_but_plain_words_are_not():
    assert ACCUSING.search("Школа-нарушитель")
    assert ACCUSING.search("Готово!")
    assert not ACCUSING.search("Требует проверки: данных мало, судить нельзя.")


def test_sentences_of_methods_that_users_meet_can_be_looked_up():
    """A sentence with a number set into it is in no catalogue: the number belongs in `value`."""
    woven = [
        f"{file.relative_to(SOURCE)}:{line}"
        for _room, file in shown_method_files()
        for argument, line in statistical_errors(file)
        if fixed_text(argument, file) is None
    ]
    assert woven == []


def test_rooms_translate_the_rules_they_pass_on():
    """`error.rule` of a method that goes into a table is an English sentence until `_()` looks it up."""
    bare = []
    for file in source_files():
        if "methods" in file.parts:
            continue
        tree = ast.parse(file.read_text(encoding="utf-8"))
        translated = {
            id(argument) for _room, call in calls(tree, bound_translators(tree)) for argument in call.args
        }
        handlers = [
            node for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler) and catches_method(node)
        ]
        bare += [
            f"{file.relative_to(SOURCE)}:{node.lineno}"
            for handler in handlers
            for node in ast.walk(handler)
            if isinstance(node, ast.Attribute) and ast.unparse(node) == f"{handler.name}.rule"
            if id(node) not in translated
        ]
    assert bare == []


def catches_method(handler: ast.ExceptHandler) -> bool:
    """Whether the handler takes an error that `methods` raises."""
    return handler.type is not None and bool(
        STATISTICAL_ERRORS & {n.id for n in ast.walk(handler.type) if isinstance(n, ast.Name)}
    )
