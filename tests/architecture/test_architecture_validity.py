"""The page «Насколько этому можно верить» is printed from the committed results, in words that accuse nobody."""

from __future__ import annotations

import importlib
import json
import re
import sys
from datetime import date
from pathlib import Path
from types import ModuleType

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"
ACCUSING = re.compile(
    r"нарушител|виновн|мошенн|махинац|фальсифик|обман|нечестн|списыва|cheat|fraud|guilty", re.I
)


def printer() -> ModuleType:
    """docs/print_validity.py as a module."""
    if str(DOCS) not in sys.path:
        sys.path.insert(0, str(DOCS))
    return importlib.import_module("print_validity")


@pytest.mark.parametrize("language", [0, 1])
def test_page_on_validity_is_current_with_its_results(language):
    """`make docs` was run after the last long measurement."""
    module = printer()
    written = (DOCS / module.FILES[language]).read_text(encoding="utf-8")
    assert written == module.document(language)


@pytest.mark.parametrize("language", [0, 1])
def test_page_on_validity_accuses_nobody(language):
    module = printer()
    assert ACCUSING.findall(module.document(language)) == []


def test_results_of_the_long_measurement_say_when_and_of_what():
    found = json.loads(printer().RESULTS.read_text(encoding="utf-8"))
    assert date.fromisoformat(found["made_on"]) >= date(2026, 11, 23)
    assert found["merilo_version"]
    assert {len(row) for row in found["rows"]} == {len(found["columns"])}
    usual = {row[1] for row in found["rows"] if row[0] == "second" and row[3:5] == [200, 4]}
    assert {"clean", "mixed", "controls", "threshold", "copying"} <= usual


def test_page_prints_what_was_measured_and_says_what_was_not(tmp_path):
    """One rate only: it stands in its row; everything else is a dash, no promise is kept by silence."""
    module = printer()
    place = ["second", "clean", 0.0, 200, 4]
    rows = [[*place, "false_alarms", "honest", "", 0.004, 0.001, 800, 4]]
    head = {"made_on": "2026-11-23", "merilo_version": "1", "first_seed": 1, "rows": rows}
    path = tmp_path / "results.json"
    path.write_text(json.dumps(head), encoding="utf-8")
    page = module.document(module.RUSSIAN, path)
    assert "| отмечено школ, где ничего не сделано | ≤ 1 % | 0,4 ± 0,1 % | да |" in page
    assert "| найдено, сила 1 | ≥ 80 % | – | – |" in page
    assert "| second | 200 | 4 | 0.4 ± 0.1 % |" in module.document(module.ENGLISH, path)
