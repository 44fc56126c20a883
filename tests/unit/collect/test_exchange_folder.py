"""The folder after several imports, after contradictions, on a full disk and after a kill."""

from __future__ import annotations

import errno
import hashlib
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

from merilo.collect.exchange import import_files, writing
from merilo.definitions import load_definitions
from merilo.errors import DuplicateProcedureError, OutputError, TableError, UsageError

HEADER = "логин школы;код обучающегося;класс;вариант;всего баллов;балл за 1;балл за 2"
PROCEDURE = "vpr_mathematics_5_2021"
KILLS = 12


def export(folder: Path, name: str, *, orgs=(1,), total=2, pupils=3) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    # Two works are never alike to the letter, so the name takes part in the content.
    letter = "А" if name.startswith("МА") else "Б"
    rows = [f"edu22{org:04d};{50001 + k};{letter};1;{total};1;1" for org in orgs for k in range(pupils)]
    path = folder / name
    path.write_text("\n".join([HEADER, *rows]), "utf-8")
    return path


def bring_in(files, into, **options):
    return import_files(files, into, definitions=load_definitions(), **options)


def content(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def works(into: Path) -> pl.DataFrame:
    return pl.read_parquet(into / "procedures" / PROCEDURE / "works.parquet")


def test_same_files_give_the_same_bytes(tmp_path):
    path = export(tmp_path, "МА5 2021.csv", orgs=(1, 2), total=1)
    bring_in([path], tmp_path / "a")
    bring_in([path], tmp_path / "b")
    assert content(tmp_path / "a") == content(tmp_path / "b")


def test_second_import_of_the_same_content_changes_nothing(tmp_path):
    path = export(tmp_path, "МА5 2021.csv", total=1)
    bring_in([path], tmp_path / "town")
    before = content(tmp_path / "town")
    stamps = [p.stat().st_mtime_ns for p in sorted((tmp_path / "town").rglob("*"))]
    again = path.rename(tmp_path / "МА5 2021 копия.csv")
    out = bring_in([again], tmp_path / "town")
    assert (out.written, out.unchanged) == ((), (PROCEDURE,))
    assert out.files[0].unchanged
    assert content(tmp_path / "town") == before
    assert [p.stat().st_mtime_ns for p in sorted((tmp_path / "town").rglob("*"))] == stamps


def test_files_of_different_schools_are_joined_in_one_import_or_in_several(tmp_path):
    first = export(tmp_path / "1", "МА5 2021.csv", orgs=(1,))
    second = export(tmp_path / "2", "МА5 2021.csv", orgs=(2, 3), total=1)
    bring_in([first, second], tmp_path / "at_once")
    bring_in([first], tmp_path / "by_and_by")
    out = bring_in([second], tmp_path / "by_and_by")
    assert out.written == (PROCEDURE,)
    assert works(tmp_path / "at_once").equals(works(tmp_path / "by_and_by"))
    assert works(tmp_path / "at_once").height == 9
    organisations = pl.read_csv(tmp_path / "by_and_by/organisations.csv")
    assert organisations["org_id"].to_list() == ["edu220001", "edu220002", "edu220003"]
    rejected = pl.read_csv(tmp_path / "by_and_by/rejected_rows.csv")
    assert rejected["rule"].to_list() == ["total_mismatch"] * 6
    assert bring_in([first, second], tmp_path / "by_and_by").written == ()


def test_points_and_crosses_of_joined_files_share_a_column(tmp_path):
    first = export(tmp_path / "1", "МА5 2021.csv", orgs=(1,), pupils=1)
    second = export(tmp_path / "2", "МА5 2021.csv", orgs=(2,), pupils=1)
    second.write_text(second.read_text("utf-8").replace(";2;1;1", ";1;1;X"), "utf-8")
    bring_in([first, second], tmp_path / "town")
    assert works(tmp_path / "town")["2"].to_list() == ["1", "X"]


def test_one_school_in_two_files_is_a_contradiction_that_names_both(tmp_path):
    first = export(tmp_path, "МА5 2021 первый.csv", orgs=(1, 2))
    second = export(tmp_path, "МА5 2021 второй.csv", orgs=(2, 3), total=1)
    with pytest.raises(DuplicateProcedureError) as caught:
        bring_in([first, second], tmp_path / "town")
    assert (
        "первый" in str(caught.value) and "второй" in str(caught.value) and "edu220002" in str(caught.value)
    )
    assert not (tmp_path / "town").exists()
    bring_in([first], tmp_path / "town")
    before = content(tmp_path / "town")
    with pytest.raises(DuplicateProcedureError) as caught:
        bring_in([second], tmp_path / "town")
    assert "первый" in str(caught.value) and "второй" in str(caught.value)
    assert content(tmp_path / "town") == before


def test_replacing_takes_the_new_file_and_forgets_the_reports_of_the_old(tmp_path):
    first = export(tmp_path, "МА5 2021 первый.csv", orgs=(1, 2), total=1)
    second = export(tmp_path, "МА5 2021 второй.csv", orgs=(2, 3), total=2)
    bring_in([first], tmp_path / "town")
    assert pl.read_csv(tmp_path / "town/rejected_rows.csv").height == 6
    out = bring_in([second], tmp_path / "town", replace_old=True)
    assert out.written == (PROCEDURE,)
    assert sorted(set(works(tmp_path / "town")["org_id"])) == ["edu220002", "edu220003"]
    assert pl.read_csv(tmp_path / "town/rejected_rows.csv").height == 0


def test_a_file_given_twice_is_read_once(tmp_path):
    path = export(tmp_path, "МА5 2021.csv")
    twin = export(tmp_path / "2", "МА5 2021.csv")
    out = bring_in([path, twin], tmp_path / "town")
    assert works(tmp_path / "town").height == 3
    assert any("2/МА5 2021.csv" in warning for warning in out.warnings)


def test_one_content_under_two_subjects_is_an_error(tmp_path):
    path = export(tmp_path, "МА5 2021.csv")
    twin = tmp_path / "РУ5 2021.csv"
    twin.write_bytes(path.read_bytes())
    with pytest.raises(TableError):
        bring_in([path, twin], tmp_path / "town")


def test_what_people_wrote_into_the_folder_survives_further_imports(tmp_path):
    town = tmp_path / "town"
    bring_in([export(tmp_path / "1", "МА5 2021.csv", orgs=(1,))], town)
    (town / "organisations.csv").write_text("org_id;name;pupils\nedu220001;Школа № 1;700\n", "utf-8-sig")
    procedure = town / "procedures" / PROCEDURE / "procedure.toml"
    procedure.write_text(procedure.read_text("utf-8") + 'prior = ["x"]\n', "utf-8")
    (town / "notes.txt").write_text("наше", "utf-8")
    bring_in([export(tmp_path / "2", "МА5 2021.csv", orgs=(2,))], town)
    rows = pl.read_csv(town / "organisations.csv", infer_schema=False).rows()
    assert rows == [("edu220001", "Школа № 1", "700"), ("edu220002", None, None)]
    assert 'prior = ["x"]' in procedure.read_text("utf-8")
    assert (town / "notes.txt").read_text("utf-8") == "наше"


def test_other_items_for_the_same_procedure_are_refused(tmp_path):
    first = export(tmp_path / "1", "МА5 2021.csv", orgs=(1,))
    second = export(tmp_path / "2", "МА5 2021.csv", orgs=(2,))
    second.write_text(second.read_text("utf-8").replace(";балл за 2", ";балл за 3"), "utf-8")
    with pytest.raises(TableError):
        bring_in([first, second], tmp_path / "town")
    bring_in([first], tmp_path / "town")
    with pytest.raises(TableError):
        bring_in([second], tmp_path / "town")


def test_folder_made_by_hand_is_not_overwritten(tmp_path):
    place = tmp_path / "town/procedures" / PROCEDURE
    place.mkdir(parents=True)
    (place / "works.csv").write_text("org_id,score\na,1\n", "utf-8")
    with pytest.raises(DuplicateProcedureError):
        bring_in([export(tmp_path, "МА5 2021.csv")], tmp_path / "town")
    assert content(tmp_path / "town").keys() == {f"procedures/{PROCEDURE}/works.csv"}


def test_key_file_makes_pseudonyms_outlive_a_corrected_file(tmp_path):
    key = tmp_path / "key"
    key.write_bytes(b"secret of the centre")
    path = export(tmp_path / "1", "МА5 2021.csv", total=2)
    mended = export(tmp_path / "2", "МА5 2021.csv", total=1)
    for name, options in (("keyed", {"key_file": key}), ("plain", {})):
        bring_in([path], tmp_path / name / "a", **options)
        bring_in([mended], tmp_path / name / "b", **options)
    assert works(tmp_path / "keyed/a")["work_id"].equals(works(tmp_path / "keyed/b")["work_id"])
    assert not works(tmp_path / "plain/a")["work_id"].equals(works(tmp_path / "plain/b")["work_id"])
    raw = hashlib.sha256(path.read_bytes()).hexdigest()
    assert raw in (tmp_path / "plain/a/procedures" / PROCEDURE / "import.toml").read_text("utf-8")


def test_one_id_for_two_works_or_a_path_as_id_is_refused(tmp_path):
    files = [export(tmp_path, "МА5 2021.csv"), export(tmp_path, "РУ5 2021.csv")]
    with pytest.raises(UsageError):
        bring_in(files, tmp_path / "town", procedure_id="one")
    with pytest.raises(UsageError):
        bring_in(files[:1], tmp_path / "town", procedure_id="../one")
    assert bring_in(files[:1], tmp_path / "town", procedure_id="ma5-demo").written == ("ma5-demo",)


@pytest.mark.parametrize("existing", [False, True])
def test_full_disk_leaves_the_folder_as_it_was(tmp_path, monkeypatch, existing):
    town = tmp_path / "town"
    if existing:
        bring_in([export(tmp_path / "1", "РУ5 2021.csv")], town)
    before = content(tmp_path)
    path = export(tmp_path / "1", "МА5 2021.csv")
    before = content(tmp_path)

    def full(target, _content):
        target.write_bytes(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(writing, "_write", full)
    with pytest.raises(OutputError) as caught:
        bring_in([path], town)
    assert caught.value.exit_code == 6
    assert content(tmp_path) == before
    assert town.exists() is existing


def test_file_size_limit_of_the_system_is_met_like_a_full_disk(tmp_path):
    path = export(tmp_path, "МА5 2021.csv", orgs=range(1, 200))
    script = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (2000, resource.RLIM_INFINITY));"
        "from pathlib import Path; from merilo.collect.exchange import import_files;"
        "from merilo.definitions import load_definitions; from merilo.errors import OutputError\n"
        "try: import_files([Path(sys.argv[1])], Path(sys.argv[2]), definitions=load_definitions())\n"
        "except OutputError: sys.exit(6)"
    )
    assert resource.RLIMIT_FSIZE is not None
    done = subprocess.run([sys.executable, "-c", script, str(path), str(tmp_path / "town")], check=False)
    assert done.returncode == 6
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_file_in_the_place_of_the_folder_is_an_output_error(tmp_path):
    path = export(tmp_path, "МА5 2021.csv")
    with pytest.raises(OutputError):
        bring_in([path], path)
    with pytest.raises(OutputError):
        bring_in([path], path / "town")


def test_second_import_waits_for_nobody_but_says_so(tmp_path):
    town = tmp_path / "town"
    bring_in([export(tmp_path, "МА5 2021.csv")], town)
    with writing.locked_folder(town), pytest.raises(OutputError):
        bring_in([export(tmp_path, "РУ5 2021.csv")], town)
    assert bring_in([export(tmp_path, "РУ5 2021.csv")], town).written == ("vpr_russian_5_2021",)


def test_swap_exchanges_two_folders_in_one_step(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    if not writing._swap(tmp_path / "a", tmp_path / "b"):
        pytest.skip("this file system cannot exchange two names")
    assert (tmp_path / "a/file").read_text() == "b"


def test_without_an_exchange_of_names_the_folder_is_replaced_all_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr(writing, "_swap", lambda one, other: False)
    bring_in([export(tmp_path, "МА5 2021.csv", total=1)], tmp_path / "town")
    bring_in([export(tmp_path, "МА5 2021.csv", total=2)], tmp_path / "town", replace_old=True)
    assert works(tmp_path / "town")["score"].to_list() == [2, 2, 2]
    assert sorted(p.name for p in (tmp_path / "town").iterdir()) == [
        "organisations.csv",
        "procedures",
        "rejected_rows.csv",
    ]


KILLED = """
import os, sys, threading
from pathlib import Path
from merilo.collect.exchange import import_files
from merilo.definitions import load_definitions
definitions = load_definitions()
files = [Path(name) for name in sys.argv[2:]]
print("ready", flush=True)
import_files(files, Path(sys.argv[1]), definitions=definitions, replace_old=True)
"""


@pytest.mark.parametrize("existing", [False, True])
def test_kill_leaves_nothing_or_whole_procedures(tmp_path, existing):
    """Killed at moments spread over the import; afterwards the same import runs through and clears the rest."""
    old = [export(tmp_path / "old", f"{work}5 2021.csv", orgs=range(1, 40)) for work in ("МА", "РУ")]
    new = [export(tmp_path / "new", f"{work}5 2021.csv", orgs=range(1, 60), total=1) for work in ("МА", "РУ")]
    bring_in(new, tmp_path / "whole")
    town = tmp_path / "town"
    names = ("vpr_mathematics_5_2021", "vpr_russian_5_2021")
    for attempt in range(KILLS // 2):
        subprocess.run(["rm", "-rf", str(town)], check=True)
        if existing:
            bring_in(old, town)
        command = [sys.executable, "-c", KILLED, str(town), *map(str, new)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as running:
            assert running.stdout is not None
            running.stdout.readline()
            time.sleep(0.03 * attempt)
            running.send_signal(signal.SIGKILL)
        if town.exists():
            heights = {pl.read_parquet(town / "procedures" / name / "works.parquet").height for name in names}
            assert heights <= ({117, 177} if existing else {177})
        else:
            assert not existing
        bring_in(new, town, replace_old=True)
        assert content(town) == content(tmp_path / "whole")
        assert sorted(p.name for p in tmp_path.iterdir()) == ["new", "old", "town", "whole"]
