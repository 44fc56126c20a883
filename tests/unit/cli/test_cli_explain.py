"""`merilo explain` and `merilo prior` through the command."""

from __future__ import annotations

from pathlib import Path

import pytest
from command import DEFECT, Command, fingerprint

import merilo as merilo_package
from merilo.definitions import load_definitions
from merilo.simulate import simulate


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of 24 schools and one work."""
    folder = tmp_path_factory.mktemp("result")
    simulate(folder / "town", schools=24, seed=3, years=1, works=("MA5",), truth=False)
    merilo_package.run(folder / "town", folder / "out", documents=False)
    return folder / "out"


def test_explain_prints_the_answer_and_writes_beside_the_run(merilo: Command, result: Path) -> None:
    before = fingerprint(result)
    answer = merilo("explain", result, "edu103001")
    assert answer.code == 0, answer.err
    assert "How sure this is" in answer.out
    paper = result.with_name("out_explanations") / "edu103001.pdf"
    assert paper.read_bytes().startswith(b"%PDF") and str(paper) in answer.out
    assert fingerprint(result) == before


def test_explain_of_unknown_schools_and_folders_ends_in_a_sentence(
    merilo: Command, result: Path, tmp_path: Path
) -> None:
    for words, code in (
        ((result, "edu99"), 2),
        ((tmp_path, "edu103001"), 3),
        ((result, "edu103001", "--pdf", result / "a.pdf"), 6),
    ):
        answer = merilo("explain", *words)
        assert answer.code == code, answer.err
        assert DEFECT not in answer.err


def test_prior_of_a_run_is_a_definition_that_a_town_can_borrow(
    merilo: Command, result: Path, tmp_path: Path
) -> None:
    file = tmp_path / "prior.toml"
    answer = merilo("prior", result, "--out", file)
    assert answer.code == 0, answer.err
    lent, own = load_definitions((file,)), load_definitions()
    assert lent.objectivity_prior("similarity").null_weight != own.objectivity_prior("similarity").null_weight
    assert lent.fingerprint() != own.fingerprint()
    assert merilo("prior", result, "--out", result / "prior.toml").code == 6
    assert merilo("prior", tmp_path, "--out", file).code == 3
