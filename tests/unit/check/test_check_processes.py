"""Evidence in several processes: the same rows in the same order and language as in one."""

from __future__ import annotations

import pickle
from collections.abc import Iterator

import numpy as np
import pytest

from merilo.check import gathering
from merilo.check.checking import Checked, check_sittings
from merilo.check.sitting import Sitting
from merilo.cycle import sittings_of
from merilo.definitions import load_definitions
from merilo.language import choose_language
from merilo.simulate import AuthoritySettings, simulate_authority, write_authority

DEFINITIONS = load_definitions(())
SCHOOLS = 24
# What a job may weigh, bytes a school: a process gets sittings pickled (measured: 4,000 to 13,000 in a town).
MOST_BYTES = 20_000


@pytest.fixture(scope="module")
def sittings(tmp_path_factory: pytest.TempPathFactory) -> list[Sitting]:
    """Three procedures, the works files beside them."""
    folder = tmp_path_factory.mktemp("processes")
    settings = AuthoritySettings(schools=SCHOOLS, years=1, works=("MA5", "RU5", "MA6"))
    authority = simulate_authority(settings, np.random.default_rng(4))
    written = write_authority(authority, folder / "a", works_format="parquet", truth=False)
    return sittings_of(written, folder)


@pytest.fixture
def english() -> Iterator[None]:
    """A language chosen by hand, which children cannot know from the environment."""
    choose_language("en")
    yield
    choose_language(None)


@pytest.mark.usefixtures("english")
def test_two_processes_give_the_tables_of_one(
    sittings: list[Sitting], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[int, int]] = []

    def check(workers: int) -> Checked:
        return check_sittings(
            sittings, DEFINITIONS, workers=workers, on_sitting=lambda *done: told.append(done)
        )

    alone = check(1)
    monkeypatch.setattr(gathering, "SMALL_JOB", 0)
    together = check(2)
    assert told == [(1, 3), (2, 3), (3, 3)] * 2
    assert alone.tables.keys() == together.tables.keys()
    assert alone.tables["objectivity"].height > SCHOOLS
    for name, table in alone.tables.items():
        assert table.equals(together.tables[name]), name
    assert alone.suspicion.equals(together.suspicion)


def test_what_a_process_is_sent_is_small(sittings: list[Sitting]) -> None:
    for sitting in sittings:
        assert len(pickle.dumps(sitting)) < MOST_BYTES * SCHOOLS
