"""Into the authority folder, all or nothing.

Everything is first written and flushed beside its final place. A new authority folder then appears by one rename. In
an existing folder each file and each procedure folder changes by one rename (an exchange of two names where the
system can do it), so a process killed at any moment leaves whole procedures, old or new, and the same import can be
run again. A lock keeps two imports apart; what a killed import left behind is cleared by the next one.
"""

from __future__ import annotations

import contextlib
import ctypes
import ctypes.util
import errno
import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from merilo.errors import OutputError
from merilo.language import translator

_ = translator("exchange")

_STAGING = ".importing-"
_RENAME_EXCHANGE = 2
_AT_FDCWD = -100


@contextlib.contextmanager
def locked_folder(folder: Path) -> Iterator[None]:
    """Hold an existing folder for one import, from its first look to its last word.

    The system lets go of the lock even when the process is killed. Raises OutputError if another import holds it.
    """
    if not folder.is_dir():
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise OutputError(
                _("Another import is writing into this folder"),
                file=folder,
                next_step=_("Wait until it has finished and import again."),
            ) from error
        _clear(folder, _STAGING)
        yield
    finally:
        os.close(handle)


def write_authority(
    into: Path, *, tables: Mapping[str, bytes], procedures: Mapping[str, Mapping[str, bytes]]
) -> None:
    """Write `tables` (file name -> content) and `procedures` (id -> file name -> content) into the folder.

    Raises OutputError when the disk is full, the folder is locked or may not be written; nothing is changed then.
    """
    try:
        into.parent.mkdir(parents=True, exist_ok=True)
        if into.exists():
            _extend(into, tables, procedures)
        else:
            _create(into, tables, procedures)
    except OSError as error:
        raise _output_error(error, into) from error


def _create(into: Path, tables: Mapping[str, bytes], procedures: Mapping[str, Mapping[str, bytes]]) -> None:
    # The staging folder itself becomes the authority folder: after the rename nothing is left to be cleared.
    with _staged(into.parent, f"{_STAGING}{into.name}-") as stage:
        _write_all(stage, tables, procedures)
        stage.rename(into)
        _flush(into.parent)


def _extend(into: Path, tables: Mapping[str, bytes], procedures: Mapping[str, Mapping[str, bytes]]) -> None:
    if not into.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(into))
    with _staged(into, _STAGING) as stage:
        _write_all(stage, tables, procedures)
        for name in tables:
            (stage / name).replace(into / name)
        root = into / "procedures"
        root.mkdir(exist_ok=True)
        for name in sorted(procedures):
            _exchange(stage / "procedures" / name, root / name)
        _flush(root)
        _flush(into)


def _write_all(
    folder: Path, tables: Mapping[str, bytes], procedures: Mapping[str, Mapping[str, bytes]]
) -> None:
    for name, files in procedures.items():
        place = folder / "procedures" / name
        place.mkdir(parents=True)
        for file, content in files.items():
            _write(place / file, content)
        _flush(place)
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in tables.items():
        _write(folder / name, content)


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _flush(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _exchange(new: Path, final: Path) -> None:
    """Put `new` in the place of `final`; what stood there ends up in the staging folder."""
    if not final.exists():
        new.rename(final)
        return
    if _swap(new, final):
        return
    final.rename(new.with_name(new.name + ".before"))
    new.rename(final)


def _swap(one: Path, other: Path) -> bool:
    """Exchange two names in one step (Linux); False where the system cannot."""
    try:
        rename = ctypes.CDLL(ctypes.util.find_library("c"), use_errno=True).renameat2
    except (OSError, AttributeError, TypeError):
        return False
    done = rename(
        ctypes.c_int(_AT_FDCWD),
        ctypes.c_char_p(os.fsencode(one)),
        ctypes.c_int(_AT_FDCWD),
        ctypes.c_char_p(os.fsencode(other)),
        ctypes.c_uint(_RENAME_EXCHANGE),
    )
    return bool(done == 0)


@contextlib.contextmanager
def _staged(parent: Path, prefix: str) -> Iterator[Path]:
    """A fresh folder for the staging, gone afterwards."""
    _clear(parent, prefix)
    stage = parent / f"{prefix}{os.getpid()}"
    stage.mkdir()
    try:
        yield stage
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _clear(parent: Path, prefix: str) -> None:
    """Remove what killed imports left."""
    for left in sorted(parent.glob(f"{prefix}*")):
        if not _alive(left.name.rpartition("-")[2]):
            shutil.rmtree(left, ignore_errors=True)


def _alive(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return int(pid) != os.getpid()


def _output_error(error: OSError, into: Path) -> OutputError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        rule, step = _("The disk is full: nothing was written"), _("Free some space and import again.")
    elif error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        rule, step = (
            _("The folder may not be written: nothing was changed"),
            _("Choose a folder of your own."),
        )
    elif error.errno in (errno.EEXIST, errno.ENOTEMPTY):
        rule, step = (
            _("Another import has just written this folder"),
            _("Import again; what is there is kept."),
        )
    elif error.errno == errno.ENOTDIR:
        rule, step = _("There is a file where the folder should be"), _("Choose another folder.")
    else:
        rule, step = (
            _("The folder cannot be written: {reason}").format(reason=error.strerror),
            _("Import again."),
        )
    return OutputError(rule, file=into, next_step=step)
