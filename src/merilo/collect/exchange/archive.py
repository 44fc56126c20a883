"""Is it safe to unpack this workbook? Looked at before anything else opens it.

A workbook is a zip of XML. Three harmless-looking kinds of file can take a machine down: one that unpacks to
gigabytes, one whose parts overlap, and one with a single cell in the last corner of the sheet (readers make
room for every cell before it). Sizes in the directory of a zip are only claims, so they are checked by unpacking.
"""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from io import BytesIO

from merilo.errors import UnreadableFileError
from merilo.language import translator

_ = translator("exchange")

MOST_UNPACKED_BYTES = 1 << 30
# Sheets of numbers shrink 10-40 fold, endless equal rows about 100 fold; deflate's own limit is 1032.
MOST_SHRUNK = 250
SMALL_BYTES = 16 << 20
MOST_PARTS = 10_000
# Cells of the rectangle from A1 to the last cell; a reader takes 24-32 bytes for each.
MOST_CELLS = 40_000_000

_CHUNK = 1 << 20
# What the unpacking of a damaged archive raises, depending on where the damage is.
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    RuntimeError,
    IndexError,
)
# Columns from HA on (209th and later), or rows from 100,000 on: only such a sheet is measured exactly.
_FAR_CELL = re.compile(rb' r="(?:[A-Z]{3}[0-9]|[H-Z][A-Z][0-9]|[A-Z]{1,2}[0-9]{6})')
_CELL = re.compile(rb' r="([A-Z]{1,3})([0-9]{1,7})"')


def check_archive(content: bytes, *, file: str) -> None:
    """Raise UnreadableFileError if the zip is broken, locked, too large unpacked, or has cells too far out."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            parts = archive.infolist()
            _check_claims(parts, len(content), file)
            names = {part.filename for part in parts}
            if not {"xl/workbook.xml", "[Content_Types].xml"} <= names:
                raise _not_workbook(names, file)
            for part in parts:
                if part.filename.endswith((".xml", ".rels")):
                    _unpack(archive, part, file)
    except _BROKEN as error:
        raise UnreadableFileError(
            _("The workbook is damaged or was not copied to its end"),
            file=file,
            next_step=_("Download or copy the file again."),
        ) from error


def _check_claims(parts: list[zipfile.ZipInfo], size: int, file: str) -> None:
    if any(part.flag_bits & 0x1 for part in parts):
        raise locked(file)
    unpacked = sum(part.file_size for part in parts)
    packed = sum(part.compress_size for part in parts)
    if (
        unpacked > MOST_UNPACKED_BYTES
        or len(parts) > MOST_PARTS
        or packed > size
        or (unpacked > SMALL_BYTES and unpacked > MOST_SHRUNK * max(packed, 1))
    ):
        raise UnreadableFileError(
            _("The workbook would unpack to {megabytes} MB: that is not an exchange form").format(
                megabytes=unpacked >> 20
            ),
            file=file,
            next_step=_("Ask where the file comes from; do not open it."),
        )


def _unpack(archive: zipfile.ZipFile, part: zipfile.ZipInfo, file: str) -> None:
    """Unpack one part to its end; reading stops at the size claimed, and a false claim breaks the checksum."""
    sheet = part.filename.startswith("xl/worksheets/")
    far = False
    with archive.open(part) as stream:
        tail = b""
        while chunk := stream.read(_CHUNK):
            if sheet and not far:
                far = _FAR_CELL.search(tail + chunk) is not None
                tail = chunk[-24:]
    if far:
        _check_extent(archive, part, file)


def _check_extent(archive: zipfile.ZipFile, part: zipfile.ZipInfo, file: str) -> None:
    columns = {b"A"}
    last_row = 1
    with archive.open(part) as stream:
        tail = b""
        while chunk := stream.read(_CHUNK):
            found = _CELL.findall(tail + chunk)
            columns.update(letters for letters, _row in found)
            last_row = max([last_row, *(int(row) for _letters, row in found)])
            tail = chunk[-24:]
    cells = max(_column_number(letters) for letters in columns) * last_row
    if cells > MOST_CELLS:
        raise UnreadableFileError(
            _("The sheet claims {millions} million cells: something stands far outside the table").format(
                millions=cells // 1_000_000
            ),
            file=file,
            next_step=_("Delete the rows and columns beyond the data and save the file again."),
        )


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _not_workbook(names: set[str], file: str) -> UnreadableFileError:
    known = {"content.xml": "ODS", "xl/workbook.bin": "XLSB", "word/document.xml": "DOCX"}
    kind = next((kind for name, kind in known.items() if name in names), "ZIP")
    return UnreadableFileError(
        _("This is a file of kind {kind}, not an Excel workbook").format(kind=kind),
        file=file,
        next_step=_("Save the table as .xlsx or unpack the archive, and import that."),
    )


def locked(file: str) -> UnreadableFileError:
    """The error of a file behind a password."""
    return UnreadableFileError(
        _("The file is protected by a password"),
        file=file,
        next_step=_("Open it, take the password off, save it and import it again."),
    )
