"""A result folder is written whole or not at all."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from merilo.errors import OutputError
from merilo.language import translator

_ = translator("publish")

MARK = "manifest.json"


@contextmanager
def result_folder(out: Path) -> Iterator[Path]:
    """Give a hidden folder beside `out` to write into; it becomes `out` when the block ends without an error.

    An earlier result at `out` (a folder with manifest.json) is replaced by two renames; a folder with anything
    else in it is never touched. After a kill or a full disk, `out` is the earlier result or absent; what a
    killed run left beside it is cleared by the next run. Raises OutputError.
    """
    out = out.absolute()
    _restore(out)
    if out.exists() and not out.is_dir():
        raise OutputError(_("The result needs a folder, and this is a file"), file=out)
    if out.is_dir() and any(out.iterdir()) and not (out / MARK).is_file():
        raise OutputError(
            _("The folder holds something that is not a result of Merilo and is left alone"),
            file=out,
            next_step=_("Choose an empty or a new folder."),
        )
    partial = out.with_name(f".{out.name}.partial-{os.getpid()}")
    try:
        _clear_abandoned(out)
        partial.mkdir(parents=True)
        yield partial
        _swap(partial, out)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS, errno.EPERM):
            raise
        raise OutputError(
            _("The result cannot be written: {reason}").format(reason=error.strerror),
            file=out,
            next_step=_("Free some space or choose another folder; nothing was left half-written."),
        ) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _earlier(out: Path) -> Path:
    return out.with_name(f".{out.name}.earlier")


def _swap(partial: Path, out: Path) -> None:
    earlier = _earlier(out)
    if out.exists():
        out.rename(earlier)
    partial.rename(out)
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
    """Remove what killed runs left; a folder whose process still lives is another run's."""
    for left in out.parent.glob(f".{out.name}.partial-*"):
        number = left.name.rpartition("-")[2]
        if number.isdigit() and not _lives(int(number)):
            shutil.rmtree(left, ignore_errors=True)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
