"""Exchange files through the command: in, and on to a run."""

from __future__ import annotations

from pathlib import Path

import pytest
from command import DEFECT, Command, fingerprint, leftovers

from merilo.simulate import simulate


@pytest.fixture(scope="module")
def forms(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two exchange forms of one year, simulated."""
    folder = tmp_path_factory.mktemp("forms") / "town"
    simulate(folder, schools=4, seed=1, years=1, layout="raw2021", works=("MA5", "RU5"), truth=False)
    return sorted(folder.glob("*.xlsx"))


def test_forms_become_a_folder_that_runs(merilo: Command, tmp_path: Path, forms: list[Path]) -> None:
    answer = merilo("import", *forms, "--into", tmp_path / "town")
    assert answer.code == 0, answer.err
    assert "Next: merilo run" in answer.out
    done = merilo("run", tmp_path / "town", "--out", tmp_path / "out", "--no-documents")
    assert done.code == 0, done.err
    assert "Procedures: 2, schools: 4" in done.out
    assert leftovers(tmp_path) == []


def test_the_same_forms_again_change_nothing(merilo: Command, tmp_path: Path, forms: list[Path]) -> None:
    def hashes() -> dict[str, str]:
        return fingerprint(tmp_path / "town")

    assert merilo("import", *forms, "--into", tmp_path / "town").code == 0
    before = hashes()
    again = merilo("import", *reversed(forms), "--into", tmp_path / "town")
    assert again.code == 0
    assert "imported before" in again.out
    assert hashes() == before


def test_forms_that_are_none_give_code_3_and_write_nothing(
    merilo: Command, tmp_path: Path, forms: list[Path]
) -> None:
    noise, half = tmp_path / "noise.xlsx", tmp_path / "half.xlsx"
    noise.write_bytes(b"no workbook at all")
    half.write_bytes(forms[0].read_bytes()[:4000])
    for file in (tmp_path / "nowhere.xlsx", noise, half):
        answer = merilo("import", file, "--into", tmp_path / "town")
        assert answer.code == 3, answer
        assert file.name in answer.err
        assert DEFECT not in answer.err
        assert not (tmp_path / "town").exists()
        assert leftovers(tmp_path) == []
