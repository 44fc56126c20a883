"""Help, version, language and exit codes of the command itself."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from command import DEFECT, Command, run_apart, town

import merilo as package
from merilo import language

COMMANDS = ("run", "import", "simulate", "describe", "demo")
CYRILLIC = re.compile("[а-яё]{4,}", re.IGNORECASE)


@pytest.fixture(autouse=True)
def _language_is_put_back():
    yield
    language.choose_language(None)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_in_english(merilo: Command, command: str) -> None:
    answer = merilo(command, "--help")
    assert answer.code == 0
    assert f"merilo {command}" in answer.out
    assert "--help" in answer.out
    assert answer.err == ""


def test_the_help_of_the_whole_command_names_every_command(merilo: Command) -> None:
    answer = merilo("--help")
    assert answer.code == 0
    assert all(command in answer.out for command in COMMANDS)


def test_without_words_the_help_is_shown(merilo: Command) -> None:
    answer = merilo()
    assert answer.code == 2
    assert "simulate" in answer.out


def test_without_words_in_a_process_of_its_own() -> None:
    answer = run_apart(MERILO_LANG="en")
    assert answer.code == 2
    assert DEFECT not in answer.err
    assert "simulate" in answer.out


@pytest.mark.parametrize(
    "environment",
    [{"MERILO_LANG": "ru"}, {"LANG": "ru_RU.UTF-8"}, {"MERILO_LANG": "ru", "LANG": "en_US.UTF-8"}, {}],
    ids=["MERILO_LANG", "LANG", "MERILO_LANG before LANG", "nothing said"],
)
def test_help_is_russian_where_the_place_is(environment: dict[str, str]) -> None:
    answer = run_apart("run", "--help", **environment)
    assert answer.code == 0
    assert "Папки муниципалитетов" in answer.out
    assert "Authority folders" not in answer.out


@pytest.mark.parametrize(
    "environment",
    [{"MERILO_LANG": "en"}, {"LC_ALL": "en_GB.UTF-8", "LANG": "ru_RU.UTF-8"}],
    ids=["MERILO_LANG", "LC_ALL before LANG"],
)
def test_help_is_english_where_it_is_asked_for(environment: dict[str, str]) -> None:
    answer = run_apart("run", "--help", **environment)
    assert "Authority folders" in answer.out
    assert not CYRILLIC.search(answer.out)


@pytest.mark.parametrize(("spoken", "asked"), [("en", "ru"), ("ru", "en")])
def test_the_option_of_language_changes_the_help_too(spoken: str, asked: str) -> None:
    answer = run_apart("--language", asked, "run", "--help", MERILO_LANG=spoken)
    assert answer.code == 0
    assert bool(CYRILLIC.search(answer.out)) == (asked == "ru")


def test_errors_speak_the_language_asked_for(merilo: Command, tmp_path: Path) -> None:
    russian = merilo("--language", "ru", "run", tmp_path / "nowhere", "--out", tmp_path / "out")
    english = merilo("--language", "en", "run", tmp_path / "nowhere", "--out", tmp_path / "out")
    assert russian.code == english.code == 3
    assert russian.err.startswith("Ошибка: ")
    assert english.err.startswith("Error: ")


def test_version_is_shown_on_request(merilo: Command) -> None:
    answer = merilo("--version")
    assert (answer.code, answer.out.strip()) == (0, f"merilo {package.__version__}")


@pytest.mark.parametrize(
    "words",
    [
        ["nosuch"],
        ["run"],
        ["run", "folder"],
        ["--language", "de", "run", "--help"],
        ["run", "folder", "--out", "out", "--workers", "0"],
        ["run", "folder", "--out", "out", "--seed", "many"],
        ["simulate", "out", "--years", "0"],
        ["simulate", "out", "--mess", "2"],
        ["simulate", "out", "--layout", "papyrus"],
        ["simulate", "out", "--manipulation", "magic:1:1"],
        ["simulate", "out", "--works-format", "stone"],
    ],
    ids=" ".join,
)
def test_wrong_use_gives_code_2_and_writes_nothing(
    merilo: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = merilo(*words)
    assert answer.code == 2
    assert answer.err.strip()
    assert DEFECT not in answer.err
    assert list(tmp_path.iterdir()) == []


def test_a_run_says_where_everything_is(merilo: Command, tmp_path: Path) -> None:
    answer = merilo("run", town(tmp_path / "town"), "--out", tmp_path / "out", "--no-documents")
    assert answer.code == 0
    assert "Procedures: 1, schools: 4, works: 96" in answer.out
    assert str(tmp_path / "out" / "manifest.json") in answer.out
    assert answer.err == ""


@pytest.mark.parametrize("encoding", ["ascii", "cp866", "cp1251"])
def test_a_terminal_without_some_letters_does_not_stop_a_run(tmp_path: Path, encoding: str) -> None:
    answer = run_apart(
        "run", town(tmp_path / "town"), "--out", tmp_path / "out", "--no-documents",
        MERILO_LANG="ru", PYTHONIOENCODING=encoding,
    )  # fmt: skip
    assert answer.code == 0, answer.err
    assert (tmp_path / "out" / "manifest.json").is_file()


def test_describe_tells_of_one_procedure(merilo: Command, tmp_path: Path) -> None:
    folder = town(tmp_path / "town") / "procedures" / "p"
    answer = merilo("describe", folder)
    assert answer.code == 0
    assert "Works: 96, absent: 0, schools: 4." in answer.out
    assert all(f"i{k}" in answer.out for k in range(1, 9))
    assert sorted(path.name for path in folder.iterdir()) == ["items.csv", "procedure.toml", "works.csv"]


def test_describe_tells_of_scores_without_items(merilo: Command, tmp_path: Path) -> None:
    from command import works

    rows = works().select("org_id", score="journal_mark")
    folder = town(tmp_path / "town", rows, score_only=True, toml='kind = "ege"\n') / "procedures" / "p"
    answer = merilo("describe", folder)
    assert answer.code == 0
    assert "Works: 96" in answer.out


@pytest.mark.parametrize("place", ["nowhere", "town"])
def test_describe_of_a_folder_that_is_no_procedure(merilo: Command, tmp_path: Path, place: str) -> None:
    town(tmp_path / "town")
    answer = merilo("describe", tmp_path / place)
    assert answer.code == 3
    assert "procedure.toml" in answer.err
    assert DEFECT not in answer.err


def test_simulate_writes_no_second_authority_over_a_first(merilo: Command, tmp_path: Path) -> None:
    words = ("simulate", tmp_path / "town", "--schools", 2, "--seed", 1, "--years", 1)
    assert merilo(*words).code == 0
    before = sorted(path.name for path in (tmp_path / "town").iterdir())
    again = merilo(*words)
    assert again.code == 6
    assert sorted(path.name for path in (tmp_path / "town").iterdir()) == before


def test_a_defect_is_owned_and_told_whole(
    merilo: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*words: object, **more: object) -> None:
        raise KeyError("[bold]brackets are no markup[/bold]")

    monkeypatch.setattr(package, "run", broken)
    answer = merilo("run", tmp_path, "--out", tmp_path / "out")
    assert answer.code == 1
    assert "Please report it" in answer.err
    assert "[bold]brackets are no markup[/bold]" in answer.err
