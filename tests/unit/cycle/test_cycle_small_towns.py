"""Towns of one to three schools: nearly every group is too small to be shown, and the documents say so."""

from __future__ import annotations

from pathlib import Path

import pytest
from pypdf import PdfReader

import merilo
from merilo.simulate import simulate


@pytest.mark.parametrize("schools", [1, 2, 3])
def test_a_town_of_few_schools_gets_its_documents(tmp_path: Path, schools: int) -> None:
    simulate(tmp_path / "town", schools=schools, years=1, seed=5, controls=("tiny:1:1",))
    result = merilo.run(tmp_path / "town", tmp_path / "out")
    assert result.tables["school_results"]["org_id"].n_unique() == schools
    text = "".join(page.extract_text() for page in PdfReader(tmp_path / "out" / "report.pdf").pages)
    assert "None" not in text
    assert "nan" not in text.lower()
    assert (tmp_path / "out" / "workbook.xlsx").is_file()
