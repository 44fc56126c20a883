"""Every statistic has four witnesses; a witness says who it is and what it needs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
TESTS = PROJECT / "tests"
METHODS = PROJECT / "src" / "merilo" / "methods"

# By hand; by another program or a publication; from known truth; by invariants and a slow twin.
WITNESSES = ("unit", "reference", "recovery", "properties")

# Rooms of `methods` that hold no statistic.
NO_STATISTIC = {"arrays": "names of array types"}

# A source without a year or a version cannot be looked up.
YEAR_OR_VERSION = re.compile(r"\b(?:19|20)\d\d\b|\b\d+\.\d+")


def statistics() -> list[str]:
    """Files and folders of `methods` that compute something."""
    rooms = (
        path.stem for path in METHODS.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()
    )
    return sorted(room for room in rooms if room != "__init__" and room not in NO_STATISTIC)


def test_files(*folders: str) -> list[Path]:
    """Test files below these folders of tests, in order."""
    return sorted(file for folder in folders for file in (TESTS / folder).rglob("test_*.py"))


test_files.__test__ = False  # type: ignore[attr-defined]  # a list, not a test


def imported(file: Path) -> set[str]:
    """Rooms of `merilo.methods` that the file imports from."""
    rooms = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "merilo.methods":
            rooms |= {name.name for name in node.names}
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        names += [name.name for name in node.names] if isinstance(node, ast.Import) else []
        rooms |= {name.split(".")[2] for name in names if name.startswith("merilo.methods.")}
    return rooms


def test_functions(file: Path) -> Iterator[tuple[ast.FunctionDef, ast.Module]]:
    """Test functions of a file, with the file."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield node, tree


test_functions.__test__ = False  # type: ignore[attr-defined]  # an iterator, not a test


@pytest.mark.parametrize("witness", WITNESSES)
@pytest.mark.parametrize("statistic", statistics())
def test_every_method_has_this_witness(statistic, witness):
    assert any(statistic in imported(file) for file in test_files(witness)), (
        f"no test in tests/{witness} imports merilo.methods.{statistic}"
    )


@pytest.mark.parametrize("file", test_files("reference"), ids=lambda file: file.stem)
def test_reference_says_which_program_or_publication(file):
    """The year or version of the source stands in the file's own words or in the README beside it."""
    text = file.read_text(encoding="utf-8")
    beside = [page.read_text(encoding="utf-8") for page in sorted(file.parent.glob("**/README.md"))]
    words = [line for line in text.splitlines() if '"""' in line or "#" in line] + [
        ast.get_docstring(ast.parse(text)) or ""
    ]
    assert any(YEAR_OR_VERSION.search(line) for line in [*words, *beside])


def test_tests_of_published_sets_can_be_told_apart():
    """`-m "not published"` leaves out exactly the tests that ask for a published data set."""
    unmarked = [
        f"{file.relative_to(TESTS)}: {test.name}"
        for file in test_files(".")
        for test, tree in test_functions(file)
        if "published" in {argument.arg for argument in test.args.args}
        and "mark.published" not in ast.unparse(ast.Module([*tree.body[:12]], []))
        and not any("mark.published" in ast.unparse(decorator) for decorator in test.decorator_list)
    ]
    assert unmarked == []


def test_a_skipped_test_says_what_it_needs():
    """`pytest.skip()`, `skipif(...)`, `xfail(...)` without a reason hide a hole that nobody will mend."""
    silent = []
    for file in test_files("."):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            named = {keyword.arg for keyword in node.keywords}
            reasonless = node.func.attr in ("skipif", "xfail") and "reason" not in named
            wordless = node.func.attr == "skip" and not node.args and "reason" not in named
            if reasonless or wordless:
                silent.append(f"{file.relative_to(TESTS)}:{node.lineno}")
    assert silent == []
