"""Where the tests find the data sets that stay outside the project."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]


def shared_data() -> Path:
    """MERILO_SHARED_DATA, else `shared/data` beside the project."""
    given = os.environ.get("MERILO_SHARED_DATA")
    return Path(given) if given else PROJECT.parent / "shared" / "data"


@pytest.fixture
def published() -> Callable[[str], Path]:
    """`published("Exam")` -> folder of that published data set; skips with the reason where it is absent."""

    def find(name: str) -> Path:
        folder = shared_data() / ("vpr_region_2021" if name == "vpr_region_2021" else f"published/{name}")
        if not folder.is_dir():
            pytest.skip(f"needs the data set {name!r} in {shared_data()} (set MERILO_SHARED_DATA)")
        return folder

    return find


@pytest.fixture(autouse=True)
def russian_unless_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Notes of tables are sentences: tests speak one language whatever the machine's locale is."""
    monkeypatch.setenv("MERILO_LANG", "ru")
