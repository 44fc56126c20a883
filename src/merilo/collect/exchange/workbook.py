"""Any file a user hands over -> sheets of cells, or a sentence about why not."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum

from merilo.collect.exchange.archive import check_archive, locked
from merilo.collect.exchange.delimited import is_web_page, read_delimited
from merilo.collect.exchange.pupils import pseudonym_key
from merilo.errors import MissingFileError, UnreadableFileError
from merilo.language import translator

_ = translator("exchange")

Cell = Any  # str, float, bool, date … as the reader gives them; what a cell means is said in cells.py
Rows = list[list[Cell]]

MOST_FILE_BYTES = 300 << 20
_ZIP = b"PK\x03\x04"
_EMPTY_ZIP = b"PK\x05\x06"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet as it stands: rows[r][c] is the cell in row r + 1 of the file."""

    name: str
    rows: Rows


@dataclass(frozen=True, slots=True)
class Workbook:
    """A file that has been read.

    label: its name in messages; sha256: of its bytes; key: pseudonym key derived from its bytes, never stored.
    """

    path: Path
    label: str
    sha256: str
    key: bytes
    sheets: tuple[Sheet, ...]


def read_workbook(path: Path, *, label: str) -> Workbook:
    """Read a file by what it holds, whatever it is called. Raises MissingFileError, UnreadableFileError."""
    content = _bytes(path, label)
    suffix = path.suffix.lower()
    if content.startswith((_ZIP, _EMPTY_ZIP)):
        check_archive(content, file=label)
        sheets = _spreadsheet(content, label)
    elif content.startswith(_OLE):
        if _ENCRYPTED_STREAM in content:
            raise locked(label)
        sheets = _spreadsheet(content, label)
    elif suffix in (".xlsx", ".xlsm", ".xls") and not is_web_page(content):
        raise UnreadableFileError(
            _("The name ends in {suffix}, but the content is not an Excel workbook").format(suffix=suffix),
            file=label,
            next_step=_("Give a text table the ending .csv, or download the workbook again."),
        )
    else:
        sheets = (Sheet("", list(read_delimited(content, file=label))),)
    if not any(any(cell not in ("", None) for cell in row) for sheet in sheets for row in sheet.rows):
        raise UnreadableFileError(
            _("There is nothing in the file: every sheet is empty"),
            file=label,
            next_step=_("Check that the right file was saved."),
        )
    return Workbook(path, label, hashlib.sha256(content).hexdigest(), pseudonym_key(content), sheets)


def _bytes(path: Path, label: str) -> bytes:
    if not path.exists():
        raise MissingFileError(_("The file does not exist"), file=label, next_step=_("Check the path."))
    if path.is_dir():
        raise UnreadableFileError(
            _("This is a folder, not a file"), file=label, next_step=_("Name the files in it.")
        )
    if path.stat().st_size > MOST_FILE_BYTES:
        raise UnreadableFileError(
            _("The file is larger than {megabytes} MB: that is not an exchange form").format(
                megabytes=MOST_FILE_BYTES >> 20
            ),
            file=label,
            next_step=_("Split it by procedure."),
        )
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UnreadableFileError(
            _("The file cannot be opened: {reason}").format(reason=error.strerror),
            file=label,
            next_step=_("Check that you may read it and that no other program holds it."),
        ) from error
    if not content:
        raise UnreadableFileError(
            _("The file is empty (0 bytes)"), file=label, next_step=_("Download or copy the file again.")
        )
    return content


def _spreadsheet(content: bytes, label: str) -> tuple[Sheet, ...]:
    try:
        with CalamineWorkbook.from_filelike(BytesIO(content)) as book:
            return tuple(
                Sheet(sheet.name, book.get_sheet_by_name(sheet.name).to_python(skip_empty_area=False))
                for sheet in book.sheets_metadata
                if sheet.typ == SheetTypeEnum.WorkSheet
            )
    except PasswordError as error:
        raise locked(label) from error
    except (CalamineError, OSError, ValueError) as error:
        raise _damaged(label) from error
    except BaseException as error:
        # A reader written in Rust may panic on a malformed file; the panic is no Exception.
        if type(error).__name__ != "PanicException":
            raise
        raise _damaged(label) from error


def _damaged(label: str) -> UnreadableFileError:
    return UnreadableFileError(
        _("The workbook is damaged or was not copied to its end"),
        file=label,
        next_step=_("Download or copy the file again."),
    )
