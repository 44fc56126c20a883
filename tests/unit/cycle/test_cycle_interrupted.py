"""A run that is killed, stopped or meets a full disk leaves the earlier result or none; the next run works."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from command import DEFECT, Command, command_line, fingerprint, leftovers, plain_environment, town

import merilo as package
from merilo import cycle
from merilo.errors import OutputError
from merilo.publish import result_folder as place
from merilo.publish.result_folder import result_folder

# Seconds after the unfinished folder appears; a run of the small town takes about one second from there.
MOMENTS = (0.0, 0.15, 0.4)
PATIENCE = 60


def start(authority: Path, out: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command_line(["run", authority, "--out", out, "--no-documents", "--workers", "1"]),
        env=plain_environment(MERILO_LANG="ru"), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def wait_until_it_writes(process: subprocess.Popen[bytes], out: Path) -> None:
    until = time.monotonic() + PATIENCE
    while not any(name.startswith(f".{out.name}.partial-") for name in names_in(out.parent)):
        assert process.poll() is None, "the run ended before it could be stopped"
        assert time.monotonic() < until
        time.sleep(0.005)


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_killed_run_leaves_the_earlier_result_whole(authority: Path, tmp_path: Path, moment: float) -> None:
    out = tmp_path / "result"
    package.run(authority, out, documents=False, seed=5)
    before = fingerprint(out)
    process = start(authority, out)
    wait_until_it_writes(process, out)
    time.sleep(moment)
    process.kill()
    process.wait()
    process.stderr.close()  # type: ignore[union-attr]
    if out.is_dir():
        assert fingerprint(out) in (before, fingerprint_of_seed(authority, tmp_path))
    else:  # killed between the two renames: the earlier result stands aside, whole
        assert fingerprint(tmp_path / ".result.earlier") == before
    package.run(authority, out, documents=False, seed=5)
    assert fingerprint(out) == before
    assert leftovers(tmp_path) == []


def fingerprint_of_seed(authority: Path, folder: Path) -> dict[str, str]:
    package.run(authority, folder / "again", documents=False)
    return fingerprint(folder / "again")


def test_a_killed_first_run_leaves_nothing_at_the_place(authority: Path, tmp_path: Path) -> None:
    out = tmp_path / "result"
    process = start(authority, out)
    wait_until_it_writes(process, out)
    process.kill()
    process.wait()
    process.stderr.close()  # type: ignore[union-attr]
    assert not out.exists()
    assert leftovers(tmp_path)
    package.run(authority, out, documents=False)
    assert leftovers(tmp_path) == []
    assert json.loads((out / "manifest.json").read_text("utf-8"))["run_id"]


def test_a_stopped_run_says_so_and_leaves_nothing(authority: Path, tmp_path: Path) -> None:
    out = tmp_path / "result"
    process = start(authority, out)
    wait_until_it_writes(process, out)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=PATIENCE)[1].decode()
    assert process.returncode not in (0, None)
    assert DEFECT not in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("largest", [0, 8_000, 20_000])
def test_a_disk_that_refuses_gives_code_6_and_a_sentence(
    authority: Path, tmp_path: Path, largest: int
) -> None:
    """No file may grow past `largest` bytes: works file, tables and manifest meet the wall in turn."""
    resource = pytest.importorskip("resource")
    done = subprocess.run(
        command_line(["run", authority, "--out", tmp_path / "result", "--no-documents", "--workers", "1"]),
        env=plain_environment(MERILO_LANG="en"), capture_output=True, text=True, check=False, timeout=PATIENCE,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest)),
    )  # fmt: skip
    assert done.returncode == 6, done.stderr
    assert done.stderr.startswith("Error: ")
    assert str(tmp_path / "result") in done.stderr
    assert "partial" not in done.stderr
    assert DEFECT not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_fills_at_the_last_file_leaves_the_earlier_result(
    authority: Path, tmp_path: Path, merilo: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "result"
    assert merilo("run", authority, "--out", out, "--no-documents").code == 0
    before = fingerprint(out)
    write_text = Path.write_text

    def full(self: Path, *words: object, **more: object) -> int:
        if self.name == cycle.MANIFEST:
            raise OSError(errno.ENOSPC, "No space left on device", str(self))
        return write_text(self, *words, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Path, "write_text", full)
    answer = merilo("run", authority, "--out", out, "--no-documents")
    assert answer.code == 6
    assert "No space left" in answer.err
    assert fingerprint(out) == before
    assert leftovers(tmp_path) == []


def test_an_error_while_computing_leaves_nothing(
    authority: Path, tmp_path: Path, merilo: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*words: object, **more: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(cycle, "measure_procedure", broken)
    answer = merilo("run", authority, "--out", tmp_path / "result", "--no-documents")
    assert answer.code == 1
    assert "defect of Merilo" in answer.err
    assert "ZeroDivisionError" in answer.err
    assert list(tmp_path.iterdir()) == []


def test_an_error_of_files_that_is_no_full_disk_is_owned_as_a_defect(
    authority: Path, tmp_path: Path, merilo: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*words: object, **more: object) -> None:
        raise FileNotFoundError(errno.ENOENT, "No such file", "letters.ttf")

    monkeypatch.setattr(cycle, "measure_procedure", broken)
    answer = merilo("run", authority, "--out", tmp_path / "result", "--no-documents")
    assert answer.code == 1
    assert "defect of Merilo" in answer.err
    assert list(tmp_path.iterdir()) == []


def keep(folder: Path, name: str = "manifest.json", content: str | None = None) -> Path:
    folder.mkdir(exist_ok=True)
    text = json.dumps({"run_id": "0", "merilo_version": "0"}) if content is None else content
    (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("mine.txt", "mine"),
        ("manifest.json", '{"name": "another program"}'),
        ("manifest.json", "[1, 2]"),
        ("manifest.json", "not JSON"),
    ],
)
def test_a_folder_of_somebody_else_is_never_touched(tmp_path: Path, name: str, content: str) -> None:
    out = keep(tmp_path / "out", name, content)
    with pytest.raises(OutputError) as caught, result_folder(out):
        pytest.fail("the block must not start")
    assert caught.value.next_step
    assert [path.name for path in out.iterdir()] == [name]
    assert (out / name).read_text("utf-8") == content


@pytest.mark.parametrize("stranger", ["notes.docx", ".git", "items.csv.bak", "procedures"])
def test_an_earlier_result_with_somebodys_own_file_in_it_is_left_alone(tmp_path: Path, stranger: str) -> None:
    out = keep(keep(tmp_path / "out"), stranger, "mine")
    with pytest.raises(OutputError) as caught, result_folder(out):
        pytest.fail("the block must not start")
    assert stranger in caught.value.sentence()
    assert (out / stranger).read_text("utf-8") == "mine"


def test_an_earlier_result_is_replaced_litter_and_all(tmp_path: Path) -> None:
    out = keep(keep(keep(tmp_path / "out"), "items.csv", "old"), "Thumbs.db", "")
    with result_folder(out) as fresh:
        (fresh / "manifest.json").write_text("new", encoding="utf-8")
    assert {path.name: path.read_text("utf-8") for path in out.iterdir()} == {"manifest.json": "new"}
    assert leftovers(tmp_path) == []


def test_an_empty_folder_and_a_link_to_a_folder_can_take_the_result(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with result_folder(tmp_path / "link") as fresh:
        (fresh / "manifest.json").write_text("new", encoding="utf-8")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real" / "manifest.json").is_file()


def test_what_a_killed_run_of_the_same_process_number_left_is_cleared(tmp_path: Path) -> None:
    """In a container every run has the same process number."""
    keep(tmp_path / f".out.partial-{os.getpid()}", "half.csv", "half")
    with result_folder(tmp_path / "out") as fresh:
        assert list(fresh.iterdir()) == []
        (fresh / "manifest.json").write_text("new", encoding="utf-8")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_another_living_run_keeps_its_unfinished_folder(tmp_path: Path) -> None:
    sleeping = subprocess.Popen(["sleep", "60"])
    try:
        other = keep(tmp_path / f".out.partial-{sleeping.pid}", "half.csv", "half")
        with result_folder(tmp_path / "out"):
            pass
        assert (other / "half.csv").is_file()
    finally:
        sleeping.kill()
        sleeping.wait()


def test_a_kill_between_the_renames_is_mended_by_the_next_run(tmp_path: Path) -> None:
    keep(tmp_path / ".out.earlier", "manifest.json")
    with pytest.raises(ZeroDivisionError), result_folder(tmp_path / "out"):
        raise ZeroDivisionError
    assert (tmp_path / "out" / "manifest.json").is_file()
    assert leftovers(tmp_path) == []


def test_a_rename_that_fails_brings_the_earlier_result_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = keep(tmp_path / "out")
    rename = Path.rename

    def refuse(self: Path, target: Path) -> Path:
        if "partial" in self.name:
            raise OSError(errno.EIO, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(OutputError), result_folder(out):
        pass
    assert (out / "manifest.json").is_file()
    assert leftovers(tmp_path) == []


def test_places_that_can_hold_no_folder_give_code_6(tmp_path: Path, merilo: Command) -> None:
    folder = town(tmp_path / "town")
    file = tmp_path / "file"
    file.write_text("mine", encoding="utf-8")
    for out in (file, file / "below", Path("/"), tmp_path / ("x" * 300), folder):
        answer = merilo("run", folder, "--out", out, "--no-documents")
        assert answer.code == 6, (out, answer)
        assert answer.err.startswith("Error: ")
        assert DEFECT not in answer.err
    assert file.read_text("utf-8") == "mine"
    assert (folder / "procedures" / "p" / "works.csv").is_file()
    assert leftovers(tmp_path) == []


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_no_permission_gives_code_6(tmp_path: Path, merilo: Command) -> None:
    folder = town(tmp_path / "town")
    shut = tmp_path / "shut"
    shut.mkdir(mode=0o500)
    assert merilo("run", folder, "--out", shut / "result", "--no-documents").code == 6


def test_no_permission_by_the_systems_own_word(
    tmp_path: Path, merilo: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same for root, who is refused nothing: the system's refusal is played."""
    folder = town(tmp_path / "town")

    def refuse(self: Path, *words: object, **more: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(self))

    monkeypatch.setattr(place.Path, "mkdir", refuse)
    answer = merilo("run", folder, "--out", tmp_path / "result", "--no-documents")
    assert answer.code == 6
    assert "Permission denied" in answer.err
