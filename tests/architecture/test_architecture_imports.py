"""The floors of the house: who may import whom, tried on the real thing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
METHODS = PROJECT / "src" / "merilo" / "methods"

# Libraries that the floor of numbers must not wake, not even through a package's __init__.
ABOVE_NUMBERS = (
    "polars",
    "pyarrow",
    "pandas",
    "altair",
    "typst",
    "xlsxwriter",
    "python_calamine",
    "typer",
    "django",
)

_PROBE = """
import importlib, pkgutil, sys
import merilo.methods
names = [m.name for m in pkgutil.walk_packages(merilo.methods.__path__, "merilo.methods.")]
for name in names:
    importlib.import_module(name)
print(len(names))
print(*sorted(name for name in {unwanted!r} if name in sys.modules))
"""


def python(program: str) -> list[str]:
    """The lines that a fresh interpreter prints."""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=PROJECT, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_every_method_works_with_numbers_alone():
    """All modules of `methods` together load neither polars nor pyarrow, nor anything else above numpy and scipy."""
    count, loaded = python(_PROBE.format(unwanted=ABOVE_NUMBERS))
    assert int(count) > 20
    assert loaded == ""


def test_import_merilo_is_light_for_worker_processes():
    (loaded,) = python(
        f"import merilo, sys; print(*[n for n in {ABOVE_NUMBERS!r} + ('numpy',) if n in sys.modules])"
    )
    assert loaded == ""


def test_promised_names_of_the_package_exist():
    (names,) = python("import merilo; print(*[n for n in merilo.__all__ if not hasattr(merilo, n)])")
    assert names == ""


def test_import_contracts_are_kept():
    """The contracts of pyproject.toml, by import-linter itself (the same as in `make check`)."""
    pytest.importorskip("importlinter", reason="needs import-linter (make env installs it)")
    program = (
        "import sys; from importlinter.cli import lint_imports; "
        f"sys.exit(lint_imports(config_filename={str(PROJECT / 'pyproject.toml')!r}, no_cache=True))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        cwd=PROJECT,
        check=False,
        env={**os.environ, "PYTHONUTF8": "1"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


def test_every_room_of_the_house_is_declared():
    """A new room fails until pyproject.toml says on which floor it lives."""
    contract = (PROJECT / "pyproject.toml").read_text(encoding="utf-8")
    house = METHODS.parent
    rooms = [p.stem for p in house.iterdir() if p.suffix == ".py" or (p / "__init__.py").is_file()]
    layers = contract[contract.index("layers = [") : contract.index("]", contract.index("layers = ["))]
    assert sorted(room for room in rooms if room != "__init__" and room not in layers) == []
    assert "exhaustive = true" in contract
