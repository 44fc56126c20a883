"""The entry point: errors become sentences and exit codes."""

from __future__ import annotations

import errno
import io
import os
import sys
import traceback
from typing import NoReturn

from merilo.cli.app import app
from merilo.cli.screen import complaints
from merilo.errors import MeriloError, OutputError
from merilo.language import translator

_ = translator("cli")

INTERRUPTED = 130
_DISK_REFUSES = (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS, errno.EPERM)


def main() -> None:
    """Entry point: errors become sentences and exit codes."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(
            stream, io.TextIOWrapper
        ):  # a terminal that lacks a letter shows "?" and the run goes on
            stream.reconfigure(errors="replace")
    try:
        app()
    except MeriloError as error:
        _complain(error)
    except OSError as error:
        if error.errno not in _DISK_REFUSES:
            _confess()
        _complain(OutputError(_("The disk refuses to write: {reason}").format(reason=error.strerror)))
    except SystemExit as leave:
        if leave.code == INTERRUPTED:  # typer ends so after Ctrl+C, without a word
            complaints.print(_("Stopped; nothing was left half-written"))
        raise
    except Exception:
        _confess()


def _confess() -> NoReturn:
    """Say that the error in hand is ours, with what a report needs."""
    complaints.print(_("This is a defect of Merilo. Please report it with the text below."), style="bold")
    complaints.print(traceback.format_exc(), markup=False, highlight=False, soft_wrap=True)
    sys.exit(1)


def _complain(error: MeriloError) -> None:
    complaints.print(f"{_('Error')}: {error.sentence()}", markup=False, highlight=False, soft_wrap=True)
    if os.environ.get("MERILO_DEBUG"):
        complaints.print(traceback.format_exc(), markup=False, highlight=False)
    sys.exit(error.exit_code)
