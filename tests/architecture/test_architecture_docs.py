"""What the documents promise exists: commands, options, files, columns, exit codes."""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer.main

from merilo import errors
from merilo.cli import app
from merilo.tables import TABLES
from merilo.tables.manual import GLOSSARY_MARK, glossary

PROJECT = Path(__file__).resolve().parents[2]
READMES = ("README.md", "README.ru.md")
PAGES = (*READMES, "CONTRIBUTING.md", "GLOSSARY.md", "CHANGELOG.md", "docs/formats.md", "docs/tables.md")


def text(name: str) -> str:
    """A committed text file."""
    return (PROJECT / name).read_text(encoding="utf-8")


def shell_lines(name: str) -> list[str]:
    """Commands of the page's `sh` blocks, comments cut off."""
    blocks = re.findall(r"```sh\n(.*?)```", text(name), flags=re.DOTALL)
    return [
        line.split("#")[0].strip()
        for block in blocks
        for line in block.splitlines()
        if line.split("#")[0].strip()
    ]


def inline_commands(name: str, command: str) -> list[str]:
    """`command …` set in backquotes within the page's sentences."""
    return re.findall(rf"`({command} [^`]+)`", text(name))


def make_targets() -> set[str]:
    """Targets of the Makefile that are promised (.PHONY)."""
    promised = re.search(r"^\.PHONY: (.+)$", text("Makefile"), flags=re.MULTILINE)
    assert promised
    return set(promised.group(1).split())


def merilo_command() -> Any:
    """The command line as click sees it (typer may bring a click of its own, so its classes are not named)."""
    command = typer.main.get_command(app)
    assert hasattr(command, "commands")
    return command


def options_of(command: Any) -> set[str]:
    """Every option's spelling, `--help` included."""
    return {"--help"} | {
        option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)
    }


def print_manuals() -> ModuleType:
    """docs/print_manuals.py as a module."""
    spec = importlib.util.spec_from_file_location("print_manuals", PROJECT / "docs" / "print_manuals.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", [*READMES, "CONTRIBUTING.md", "CHANGELOG.md", "docs/formats.md"])
def test_every_make_target_that_a_page_names_exists(page):
    named = {
        line.split()[1]
        for line in [*shell_lines(page), *inline_commands(page, "make")]
        if line.startswith("make ")
    }
    assert named - make_targets() == set()


@pytest.mark.parametrize("page", [*READMES, "CHANGELOG.md", "docs/formats.md"])
def test_every_merilo_command_and_option_that_a_page_names_exists(page):
    command = merilo_command()
    for line in [*shell_lines(page), *inline_commands(page, "merilo")]:
        words = line.split()
        if words[0] != "merilo":
            continue
        at = next((n for n, word in enumerate(words) if word in command.commands), None)
        own = words[1:] if at is None else words[1:at]
        assert {word for word in own if word.startswith("--")} <= options_of(command), line
        if at is None:
            assert all(word.startswith("--") for word in own), f"no such command: {line}"
        else:
            options = options_of(command.commands[words[at]])
            assert {word for word in words[at + 1 :] if word.startswith("--")} <= options, line


@pytest.mark.parametrize("page", READMES)
def test_readme_begins_with_the_two_commands_and_shows_every_other(page):
    assert [" ".join(line.split()[:2]) for line in shell_lines(page)[:2]] == ["make demo", "make test"]
    shown = text(page)
    assert [name for name in merilo_command().commands if name != "demo" and f"merilo {name} " not in shown
            and f" {name} demo/town" not in shown] == []  # fmt: skip


@pytest.mark.parametrize(("language", "word"), [("ru", "Команды"), ("en", "Commands")])
def test_merilo_alone_shows_its_commands_in_the_language_asked_for(language, word):
    """`merilo` without a word is the first thing a newcomer tries."""
    for arguments in ([], ["--language", language, "--help"]):
        program = f"import sys; sys.argv = ['merilo', *{arguments!r}]; from merilo.cli import main; main()"
        done = subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            encoding="utf-8",
            cwd=PROJECT,
            check=False,
            env={
                **os.environ,
                "MERILO_LANG": language if not arguments else "ru",
                "PYTHONIOENCODING": "utf-8",
            },
        )
        assert done.returncode in (0, 2), done.stderr
        assert word in done.stdout
        assert all(name in done.stdout for name in merilo_command().commands)


def test_both_readmes_give_the_same_commands():
    english, russian = (
        {line.replace("--language en ", "") for line in shell_lines(page)} for page in READMES
    )
    assert english == russian


@pytest.mark.parametrize("page", READMES)
def test_python_in_the_readme_is_python(page):
    blocks = re.findall(r"```python\n(.*?)```", text(page), flags=re.DOTALL)
    assert blocks
    for block in blocks:
        ast.parse(block)


@pytest.mark.parametrize("page", PAGES)
def test_every_link_between_pages_leads_somewhere(page):
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text(page))
    local = [link for link in links if "://" not in link]
    assert [link for link in local if not ((PROJECT / page).parent / link).exists()] == []


def test_printed_manuals_are_current():
    """`make docs` was run after the last change of tables and definitions."""
    printed = print_manuals()
    assert text("docs/tables.md") == printed.tables_manual()
    assert text("docs/definitions.md") == printed.definitions_manual()


def test_glossary_lists_every_column_as_the_tables_have_it():
    written = text("GLOSSARY.md")
    assert GLOSSARY_MARK in written
    listed = written[written.index(GLOSSARY_MARK) :]
    assert [
        f"{table.name}.{column.name}"
        for table in TABLES.values()
        for column in table.columns
        if not re.search(rf"^\| `{re.escape(column.name)}` \|.*`{table.name}`", listed, flags=re.MULTILINE)
    ] == []
    assert written == glossary(written), "run make docs"


def test_every_word_of_the_glossary_has_its_border():
    """Each entry: term, Russian term, identifier, what it is, what it is not; no term twice."""
    words = text("GLOSSARY.md").split(GLOSSARY_MARK)[0]
    rows = [
        line.strip("|").split("|")
        for line in words.splitlines()
        if line.startswith("| ") and "---" not in line
    ]
    entries = [[cell.strip() for cell in row] for row in rows if row[0].strip() != "Term"]
    assert len(entries) >= 50
    assert [entry[0] for entry in entries if len(entry) != 5 or not all(entry)] == []
    assert len({entry[0] for entry in entries}) == len(entries)


def test_every_exit_code_is_explained_in_the_formats():
    heading = "## Коды завершения / Exit codes"
    explained = text("docs/formats.md").split(heading)[1]
    tree = [
        value
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, errors.MeriloError)
    ]
    assert len(tree) > 5
    missing = {kind.exit_code for kind in tree if not re.search(rf"\b{kind.exit_code} [а-я]", explained)}
    assert missing == set()


def test_every_error_is_drawn_in_the_tree():
    kinds = [
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, Exception)
    ]
    assert [name for name in kinds if name not in (errors.__doc__ or "")] == []


def test_contributing_names_every_room_of_the_house():
    house = PROJECT / "src" / "merilo"
    rooms = [p.name for p in house.iterdir() if (p / "__init__.py").is_file() or p.suffix == ".py"]
    guide = text("CONTRIBUTING.md")
    assert [room for room in rooms if room != "__init__.py" and room not in guide] == []


def test_changelog_has_its_two_headings():
    log = text("CHANGELOG.md")
    for version in re.split(r"^## ", log, flags=re.MULTILINE)[1:]:
        assert "### What you may rely on" in version
        assert "### Numbers changed" in version


def test_decisions_are_numbered_without_gaps():
    numbers = sorted(int(file.name[:4]) for file in (PROJECT / "docs" / "adr").glob("*.md"))
    assert numbers == list(range(1, len(numbers) + 1))


def test_example_of_the_python_interface_runs():
    """docs/example.py from beginning to end, on its own simulated town."""
    program = PROJECT / "docs" / "example.py"
    assert program.read_text(encoding="utf-8").count("# %%") > 5
    done = subprocess.run(
        [sys.executable, str(program)], capture_output=True, text=True, cwd=PROJECT, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "effect_points" in done.stdout
