"""What can be asked of the simulator, and what it says to the rest."""

from pathlib import Path

import numpy as np
import pytest

from merilo.errors import OutputError, UsageError
from merilo.simulate import (
    CONTROL_KINDS,
    LAYOUTS,
    MANIPULATION_KINDS,
    AuthoritySettings,
    Control,
    Manipulation,
    parse_control,
    parse_manipulation,
    simulate,
    simulate_authority,
)


def test_a_manipulation_is_read_from_text():
    """kind:strength:schools:procedures, each part but the first with a default; decimal comma understood."""
    assert parse_manipulation("copying") == Manipulation("copying", 1.0, 1)
    assert parse_manipulation("threshold:0,5:10:MA+RU4") == Manipulation("threshold", 0.5, 10, ("MA", "RU4"))
    assert parse_manipulation("dictated:1:edu103001+edu103007").schools == ("edu103001", "edu103007")
    assert parse_control("tiny:1:20") == Control("tiny", 1.0, 20)


@pytest.mark.parametrize("text", ["cheating", "copying:2", "copying:much", "copying:-1", "copying:nan"])
def test_a_wrong_manipulation_is_refused(text):
    with pytest.raises(UsageError):
        parse_manipulation(text)


@pytest.mark.parametrize(
    "wrong",
    [
        {"schools": 0},
        {"schools": 40_001},
        {"years": 0},
        {"profile": "village"},
        {"season": "summer"},
        {"works": ("MA5", "PE5")},
        {"lift_mean": 0.6},
        {"absent_share": (0.2, 0.1)},
    ],
)
def test_impossible_settings_are_refused(wrong):
    with pytest.raises(UsageError):
        AuthoritySettings(**wrong)


def test_more_interventions_than_schools_are_refused():
    settings = AuthoritySettings(
        schools=5,
        works=("MA4",),
        manipulations=(Manipulation("copying", schools=4), Manipulation("leniency", schools=2)),
    )
    with pytest.raises(UsageError):
        simulate_authority(settings, np.random.default_rng(1))


def test_an_unknown_school_is_refused():
    settings = AuthoritySettings(
        schools=3, works=("MA4",), manipulations=(Manipulation("copying", schools=("edu999999",)),)
    )
    with pytest.raises(UsageError):
        simulate_authority(settings, np.random.default_rng(1))


def test_exams_have_no_autumn():
    with pytest.raises(UsageError):
        simulate_authority(
            AuthoritySettings(schools=3, works=("MA9",), season="autumn"), np.random.default_rng(1)
        )


@pytest.mark.parametrize("wrong", [{"layout": "pdf"}, {"works_format": "xls"}, {"mess": 2.0}])
def test_wrong_ways_of_writing_are_refused_and_nothing_is_written(tmp_path: Path, wrong):
    with pytest.raises(UsageError):
        simulate(tmp_path / "out", schools=2, years=1, works=("MA4",), **wrong)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_use_is_left_alone(tmp_path: Path):
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(OutputError):
        simulate(tmp_path, schools=2, years=1, works=("MA4",))
    assert (tmp_path / "mine.txt").read_text() == "keep"


def test_a_failure_half_way_leaves_nothing(tmp_path: Path):
    """The folder appears whole or not at all."""

    def stop(label: str, done: int, total: int) -> None:
        if done == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(tmp_path / "out", schools=2, years=1, works=("MA4", "RU4"), progress=stop)
    assert list(tmp_path.iterdir()) == []


def test_progress_is_told(tmp_path: Path):
    told = []
    simulate(
        tmp_path / "out", schools=2, years=1, works=("MA4", "RU4"), progress=lambda *step: told.append(step)
    )
    assert told == [("vpr_mathematics_4_2021", 0, 2), ("vpr_russian_4_2021", 1, 2), ("", 2, 2)]


def test_the_kinds_are_those_of_the_issue():
    assert len(MANIPULATION_KINDS) == 6 and len(CONTROL_KINDS) == 8 and len(LAYOUTS) == 7
