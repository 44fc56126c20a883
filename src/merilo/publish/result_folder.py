"""A result folder is written whole or not at all."""

from __future__ import annotations

import errno
import glob
import json
import os
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from merilo.errors import OutputError
from merilo.language import translator
from merilo.tables import TABLES

_ = translator("publish")

MARK = "manifest.json"
DOCUMENTS = ("workbook.xlsx", "report.pdf")
DISK_REFUSES = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EACCES, errno.EROFS, errno.EPERM)
# What file managers leave in any folder.
LITTER = (".DS_Store", "Thumbs.db", "desktop.ini")


@contextmanager
def result_folder(out: Path) -> Iterator[Path]:
    """Give a hidden folder beside `out` to write into; it becomes `out` when the block ends without an error.

    An earlier result at `out` (a folder with Merilo's manifest.json and files of a run, nothing else) is replaced
    by two renames; a folder with anything else in it is never touched. After a kill or a full disk, `out` is the
    earlier result or absent; what a killed run left beside it is cleared by the next run. Raises OutputError.
    """
    out = out.resolve()
    if not out.name:
        raise OutputError(_("The result cannot be the root of the disk"), file=out)
    partial = out.with_name(f".{out.name}.partial-{os.getpid()}")
    try:
        with _said_plainly(out):
            _restore(out)
            _check_may_be_replaced(out)
            _clear_abandoned(out)
            partial.mkdir(parents=True)
        with _said_plainly(out, only=DISK_REFUSES), _named_as(out, partial):
            yield partial
        with _said_plainly(out):
            _swap(partial, out)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


@contextmanager
def _said_plainly(out: Path, *, only: Collection[int] | None = None) -> Iterator[None]:
    """Errors of the disk as OutputError; with `only`, others (a defect while computing) pass as they are."""
    try:
        yield
    except OSError as error:
        if only is not None and error.errno not in only:
            raise
        raise OutputError(
            _("The result cannot be written: {reason}").format(reason=error.strerror or error),
            file=out,
            next_step=_("Free some space or choose another folder; nothing was left half-written."),
        ) from error


@contextmanager
def _named_as(out: Path, partial: Path) -> Iterator[None]:
    """An error about a file in the unfinished folder names the place that the user knows."""
    try:
        yield
    except OutputError as error:
        if error.file is None or not Path(error.file).is_relative_to(partial):
            raise
        raise OutputError(error.rule, file=out, value=error.value, next_step=error.next_step) from error


def _check_may_be_replaced(out: Path) -> None:
    """Nothing, an empty folder or an earlier result may stand at `out`; anything else is somebody's own."""
    if out.exists() and not out.is_dir():
        raise OutputError(_("The result needs a folder, and this is a file"), file=out)
    if not out.is_dir():
        return
    found = sorted(path.name for path in out.iterdir() if path.name not in LITTER)
    if not found:
        return
    ours = _files_of_a_run(out / MARK)
    foreign = [name for name in found if name not in ours or (out / name).is_dir()]
    if foreign:
        raise OutputError(
            _("The folder holds something that is not a result of Merilo and is left alone"),
            file=out / foreign[0],
            next_step=_("Choose an empty or a new folder."),
        )


def _files_of_a_run(manifest: Path) -> set[str]:
    """Names that a run writes; none when the manifest is not one of Merilo's."""
    try:
        facts = json.loads(manifest.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return set()
    if not isinstance(facts, dict) or not {"run_id", "merilo_version"} <= facts.keys():
        return set()
    tables = {f"{name}.{suffix}" for name in TABLES for suffix in ("csv", "parquet")}
    return {MARK, *DOCUMENTS, *tables, *map(str, facts.get("files", ()))}


def _earlier(out: Path) -> Path:
    return out.with_name(f".{out.name}.earlier")


def _swap(partial: Path, out: Path) -> None:
    earlier = _earlier(out)
    if out.exists():
        out.rename(earlier)
    try:
        partial.rename(out)
    except OSError:
        if earlier.is_dir() and not out.exists():
            earlier.rename(out)
        raise
    shutil.rmtree(earlier, ignore_errors=True)


def _restore(out: Path) -> None:
    """A kill between the two renames left the earlier result aside: bring it back, or drop it when replaced."""
    earlier = _earlier(out)
    if not earlier.is_dir():
        return
    if out.exists():
        shutil.rmtree(earlier, ignore_errors=True)
    else:
        earlier.rename(out)


def _clear_abandoned(out: Path) -> None:
    """Remove what killed runs left; a folder whose process still lives is another run's.

    This process's own number is a killed run's too: in a container every run has the same one.
    """
    for left in out.parent.glob(f".{glob.escape(out.name)}.partial-*"):
        number = left.name.rpartition("-")[2]
        if number.isdecimal() and (int(number) == os.getpid() or not _lives(int(number))):
            shutil.rmtree(left, ignore_errors=True)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
