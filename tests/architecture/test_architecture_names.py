"""Names, sizes and sentences of the source: rules that no machine checks are wishes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
SOURCE = PROJECT / "src" / "merilo"
ROOMS_OF_CODE = ("src", "tests", "benchmarks", "validation", "docs")

# Names that say nothing of what is inside. Whole words only: `dataset`, `process_pool_size` are judged by their words.
EMPTY_WORDS = frozenset(
    {"util", "utils", "helper", "helpers", "common", "manager", "data", "info", "process", "handle"}
)

# Names that hold an empty word and may keep it, each with the reason.
EXCUSED_NAMES = {
    "DegenerateDataError": "the statistician's phrase: degenerate data identify nothing",
    "_common_items": "the linking literature's phrase: items that two parts of one procedure share",
}

# The rule is 300 lines; a test that fails at 301 makes people shorten sentences instead of splitting nouns.
MOST_LINES = 350

# A test file is read one test at a time.
MOST_TEST_LINES = 500

# Files that may be longer, each with the reason.
EXCUSED_FILES: dict[str, str] = {}

# `test_nobody_at_all` is a sentence of four words; a shorter name needs a docstring.
SENTENCE_WORDS = 4

_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+")

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def words(name: str) -> set[str]:
    """`DegenerateDataError`, `degenerate_data_error` -> degenerate, data, error."""
    return {word.lower() for word in _WORD.findall(name)}


def python_files(*folders: str) -> list[Path]:
    """Python files below these folders of the project, in order."""
    return sorted(file for folder in folders for file in (PROJECT / folder).rglob("*.py"))


def definitions(file: Path) -> Iterator[Definition]:
    """Every function and class of the file, however deep."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, Definition):
            yield node


def public_definitions(body: list[ast.stmt], prefix: str = "") -> Iterator[tuple[str, Definition]]:
    """Functions, classes and methods that others may call; a function's inner functions are its own affair."""
    for node in body:
        if not isinstance(node, Definition) or node.name.startswith("_"):
            continue
        yield prefix + node.name, node
        if isinstance(node, ast.ClassDef) and not is_protocol(node):
            yield from public_definitions(node.body, f"{prefix}{node.name}.")


def is_protocol(node: ast.ClassDef) -> bool:
    """A protocol lists fields that another class documents; its own docstring says which."""
    return any(isinstance(base, ast.Name) and base.id == "Protocol" for base in node.bases)


def relative(file: Path) -> str:
    """The file as the repository names it."""
    return file.relative_to(PROJECT).as_posix()


def is_overload(node: Definition) -> bool:
    """An overload's docstring stands on the implementation."""
    return any("overload" in ast.dump(decorator) for decorator in node.decorator_list)


def test_words_of_a_name_are_found_in_every_style():
    assert words("DegenerateDataError") == {"degenerate", "data", "error"}
    assert words("_read_XLSXFile") == {"read", "xlsx", "file"}
    assert "data" not in words("dataset_from_database")


def test_there_is_source_to_look_at():
    assert len(python_files("src")) > 50


def test_no_file_or_folder_has_an_empty_name():
    places = {
        part
        for file in python_files(*ROOMS_OF_CODE)
        for part in file.relative_to(PROJECT).with_suffix("").parts
    }
    assert sorted(place for place in places if words(place) & EMPTY_WORDS) == []


def test_no_function_or_class_has_an_empty_name():
    found = [
        f"{relative(file)}: {node.name}"
        for file in python_files("src", "benchmarks")
        for node in definitions(file)
        if words(node.name) & EMPTY_WORDS and node.name not in EXCUSED_NAMES
    ]
    assert found == []


def test_every_excused_name_still_exists():
    seen = {node.name for file in python_files("src") for node in definitions(file)}
    assert sorted(set(EXCUSED_NAMES) - seen) == []


def test_no_file_grows_past_its_limit():
    long = {
        relative(file): n
        for file in python_files(*ROOMS_OF_CODE)
        if (n := len(file.read_text(encoding="utf-8").splitlines()))
        > (MOST_TEST_LINES if file.is_relative_to(PROJECT / "tests") else MOST_LINES)
    }
    assert {name: n for name, n in long.items() if name not in EXCUSED_FILES} == {}
    assert sorted(set(EXCUSED_FILES) - set(long)) == [], "these files are short again: delete their excuses"


@pytest.mark.parametrize("room", sorted(path.name for path in SOURCE.iterdir() if path.suffix in ("", ".py")))
def test_every_public_name_of_the_source_has_a_docstring(room):
    place = SOURCE / room
    missing = []
    for file in [place] if place.is_file() else sorted(place.rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        if tree.body and not ast.get_docstring(tree):
            missing.append(f"{relative(file)}: the file")
        missing += [
            f"{relative(file)}: {name}"
            for name, node in public_definitions(tree.body)
            if not ast.get_docstring(node) and not is_overload(node)
        ]
    assert missing == []


def test_every_test_function_is_a_sentence():
    bare = [
        f"{relative(file)}: {node.name}"
        for file in python_files("tests")
        for node in definitions(file)
        if isinstance(node, ast.FunctionDef)
        and node.name.startswith("test_")
        and len(node.name.split("_")) < SENTENCE_WORDS
        and not ast.get_docstring(node)
    ]
    assert bare == []


def test_test_files_have_names_of_their_own():
    names = [file.name for file in python_files("tests") if file.name.startswith("test_")]
    assert sorted({name for name in names if names.count(name) > 1}) == []
