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


def test_an_official_list_stands_beside_the_results(
    merilo: Command, tmp_path: Path, forms: list[Path]
) -> None:
    """Imported with the forms or after them; the second time it is noticed."""
    assert merilo("import", *forms, "--into", tmp_path / "town").code == 0
    schools = (tmp_path / "town" / "organisations.csv").read_text(encoding="utf-8").splitlines()
    org = schools[1].split(",")[0]
    file = tmp_path / "list.csv"
    file.write_text(f"Логин;Признак\n{org};маркер 4\nedu999999;маркер 4\n", encoding="utf-8")
    refused = merilo("import", "--official-list", file, "--into", tmp_path / "town")
    assert refused.code == 2 and "--year" in refused.err
    answer = merilo("import", "--official-list", file, "--year", 2021, "--into", tmp_path / "town")
    assert answer.code == 0, answer.err
    assert "entries written 1, schools not known here 1" in answer.out
    again = merilo("import", "--official-list", file, "--year", 2021, "--into", tmp_path / "town")
    assert "imported before" in again.out
    assert leftovers(tmp_path) == []


def test_an_import_of_nothing_is_wrong_use(merilo: Command, tmp_path: Path) -> None:
    assert merilo("import", "--into", tmp_path / "town").code == 2
    assert not (tmp_path / "town").exists()
