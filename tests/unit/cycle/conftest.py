"""One small simulated authority for the whole session, and the command in this process."""

from __future__ import annotations

from pathlib import Path

import pytest
from command import Command, command_here

from merilo.simulate import simulate


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six schools, three procedures of one year; tests read it and do not write into it."""
    folder = tmp_path_factory.mktemp("simulated") / "town"
    return simulate(folder, schools=6, seed=1, years=1, works=("MA4", "RU5", "MA5"))


@pytest.fixture
def merilo(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """`merilo("run", folder, "--out", out)` -> exit code and texts, in English."""
    return command_here(monkeypatch, capsys)
