"""The `merilo` command as a user runs it, in this process or in its own, and small folders to run it on."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from folders import item_rows, rasch_works, write_procedure

from merilo.cli import main

TOML = 'kind = "vpr"\nsubject = "mathematics"\nyear_group = 5\ndate = 2021-04-01\n'
CUTS = '[cut_scores]\n"3" = 3\n"4" = 6\n"5" = 8\n'
DEFECT = "Traceback"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command gave: exit code, text on the screen, text of complaints."""

    code: int
    out: str
    err: str


Command = Callable[..., Answer]


def command_here(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """`run("describe", folder)` in this process, in English."""
    monkeypatch.setenv("MERILO_LANG", "en")

    def call(*words: object) -> Answer:
        monkeypatch.setattr(sys, "argv", ["merilo", *map(str, words)])
        capsys.readouterr()
        code = 0
        try:
            main()
        except SystemExit as leave:
            code = int(leave.code or 0)
        seen = capsys.readouterr()
        return Answer(code, seen.out, seen.err)

    return call


def command_line(words: Sequence[object]) -> list[str]:
    """The words of a `merilo` process of its own."""
    return [sys.executable, "-c", "from merilo.cli import main; main()", *map(str, words)]


def run_apart(*words: object, **environment: str) -> Answer:
    """`merilo` in a process of its own with these environment variables."""
    done = subprocess.run(
        command_line(words), capture_output=True, text=True, encoding="utf-8", errors="replace",
        env=plain_environment(**environment), check=False, timeout=120,
    )  # fmt: skip
    return Answer(done.returncode, done.stdout, done.stderr)


def plain_environment(**more: str) -> dict[str, str]:
    """This environment without a language, and with the given variables."""
    spoken = {"MERILO_LANG", "LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE"}
    kept = {name: value for name, value in os.environ.items() if name not in spoken}
    return {**kept, "PYTHONIOENCODING": "utf-8", "COLUMNS": "200", **more}


def works(schools: int = 4, pupils: int = 24, seed: int = 1) -> pl.DataFrame:
    """Works of eight items, 10 points in all."""
    return rasch_works(np.random.default_rng(seed), schools=schools, pupils=pupils)


def town(
    folder: Path,
    rows: pl.DataFrame | None = None,
    *,
    items: pl.DataFrame | None = None,
    score_only: bool = False,
    toml: str = TOML + CUTS,
    works_format: str = "csv",
) -> Path:
    """An authority folder with the one procedure `p`."""
    given = None if score_only else item_rows() if items is None else items
    write_procedure(
        folder, "p", works() if rows is None else rows, items=given, toml=toml, works_format=works_format
    )
    return folder


def fingerprint(folder: Path) -> dict[str, str]:
    """Hash of every file below the folder; of manifest.json without `times`."""
    hashes = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            if path.name == "manifest.json":
                facts = json.loads(content)
                assert facts.pop("times")
                content = json.dumps(facts, sort_keys=True).encode()
            hashes[path.relative_to(folder).as_posix()] = hashlib.sha256(content).hexdigest()
    return hashes


def leftovers(folder: Path) -> list[str]:
    """Hidden entries beside a result: what an interrupted run would have left."""
    return sorted(path.name for path in folder.iterdir() if path.name.startswith("."))
