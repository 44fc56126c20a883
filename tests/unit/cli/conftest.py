"""The command in this process."""

from __future__ import annotations

import pytest
from command import Command, command_here


@pytest.fixture
def merilo(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """`merilo("run", folder, "--out", out)` -> exit code and texts, in English."""
    return command_here(monkeypatch, capsys)
