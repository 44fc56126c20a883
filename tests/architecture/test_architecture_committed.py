"""What the repository may not hold: places of one machine, registries, rows of pupils."""

from __future__ import annotations

import csv
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]

# Folders at the top that exist on one machine only. `(?<!…)` keeps parts of longer paths and addresses out.
MACHINE_PATH = re.compile(
    r"(?<![\w.:/~})-])/(?:home|root|Users|work|workspace|mnt|srv|scratch)/[\w.-]+|[A-Za-z]:\\\\?Users\\"
)

# Package registries and their switches; constraints.txt pins versions without addresses.
REGISTRY = re.compile(
    r"\bpy[p]i\.(?:org|python)|pythonho[s]ted|artifa[c]tory|--(?:extra-)?index-[u]rl|/sim[p]le/|npm[j]s\.|crates\.[i]o|anaconda\.[o]rg"
)

# Formats that hold tables in a way a reviewer cannot read.
OPAQUE_TABLES = {
    ".parquet",
    ".xlsx",
    ".xls",
    ".ods",
    ".feather",
    ".arrow",
    ".rds",
    ".sav",
    ".zip",
    ".gz",
    ".sqlite3",
}

# A committed CSV is a witness's small table or the simulator's facts, not somebody's results.
MOST_ROWS = 300

PUPIL_COLUMNS = {"pupil_id", "work_id", "surname", "passport", "фио", "фамилия", "паспорт"}

# Texts longer than this are not read (vendored fonts and the like are binary and skipped anyway).
MOST_BYTES = 2_000_000


@cache
def committed() -> tuple[Path, ...]:
    """Files that are or would be committed; without git, every file that is not a tool's own."""
    asked = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        capture_output=True,
        cwd=PROJECT,
        check=False,
    )
    if asked.returncode == 0:
        names = [name for name in asked.stdout.decode().split("\0") if name]
        return tuple(file for name in sorted(names) if (file := PROJECT / name).is_file())
    tops = ("src", "tests", "docs", "benchmarks", "validation")
    files = [file for top in tops for file in (PROJECT / top).rglob("*") if file.is_file()]
    return tuple(sorted(file for file in files if "__pycache__" not in file.parts))


def texts() -> list[tuple[str, str]]:
    """(name, text) of every committed file that is text."""
    found = []
    for file in committed():
        if file.stat().st_size > MOST_BYTES:
            continue
        try:
            found.append((file.relative_to(PROJECT).as_posix(), file.read_text(encoding="utf-8")))
        except UnicodeDecodeError:
            continue
    return found


def places_of(pattern: re.Pattern[str]) -> list[str]:
    """Where the pattern occurs: file, line, what was seen."""
    return [
        f"{name}:{number}: {seen.group()}"
        for name, text in texts()
        if pattern.search(text)
        for number, line in enumerate(text.splitlines(), start=1)
        if (seen := pattern.search(line))
    ]


def test_committed_files_are_listed():
    names = {file.relative_to(PROJECT).as_posix() for file in committed()}
    assert "src/merilo/errors.py" in names


def test_no_machine_path_is_committed():
    assert places_of(MACHINE_PATH) == []


def test_no_registry_address_is_committed():
    assert places_of(REGISTRY) == []


@pytest.mark.parametrize("folder", ["/home", "/root", "/Users"])
def test_a_machine_path_would_be_seen(folder):
    assert MACHINE_PATH.search(f'open("{folder}/' + 'anna/works.csv")')
    assert not MACHINE_PATH.search("https://example.org" + folder + "/anna")


def test_no_table_is_committed_in_an_opaque_format():
    assert [file.name for file in committed() if file.suffix.lower() in OPAQUE_TABLES] == []


def test_committed_tables_are_small_and_hold_no_pupils():
    found = []
    for file in committed():
        if file.suffix.lower() not in (".csv", ".tsv"):
            continue
        with file.open(encoding="utf-8", newline="") as text:
            rows = list(csv.reader(text, delimiter="\t" if file.suffix == ".tsv" else ","))
        heads = {name.strip().lower() for name in rows[0]} if rows else set()
        if len(rows) > MOST_ROWS + 1 or heads & PUPIL_COLUMNS:
            found.append(f"{file.relative_to(PROJECT)}: {len(rows)} rows, {sorted(heads & PUPIL_COLUMNS)}")
    assert found == []
