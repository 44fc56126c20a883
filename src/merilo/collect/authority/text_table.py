"""Read a CSV or Parquet file as it stands: every CSV cell as text, so that each bad cell can be named."""

from __future__ import annotations

import csv
from pathlib import Path

import polars as pl
from polars.exceptions import PolarsError

from merilo.errors import MissingFileError, TableError, UnreadableFileError
from merilo.language import translator

_ = translator("collect")

# What people's files carry around a value: blanks, tabs, no-break spaces, a stray byte order mark.
BLANKS = " \t\r\n\u00a0\u202f\ufeff"


def read_text_table(path: Path) -> pl.DataFrame:
    """The file's rows; CSV cells are text (empty -> null), Parquet columns keep their types.

    Raises MissingFileError, UnreadableFileError (truncated, not UTF-8, ragged rows), TableError (two columns
    of one name).
    """
    if not path.is_file():
        raise MissingFileError(_("The file does not exist"), file=path, next_step=_("Check the path."))
    if path.stat().st_size == 0:
        raise UnreadableFileError(
            _("The file is empty"), file=path, next_step=_("Write at least the row of column names.")
        )
    try:
        frame = pl.read_parquet(path) if path.suffix == ".parquet" else _read_csv(path)
    except (PolarsError, OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, error) from error
    return frame.rename({name: name.strip(BLANKS) for name in frame.columns})


def _read_csv(path: Path) -> pl.DataFrame:
    with path.open("rb") as file:
        head = file.readline()
    header = head.decode("utf-8-sig")
    separator = max(",;\t", key=header.count)
    names = next(csv.reader([header], delimiter=separator))
    twins = sorted({name for name in names if names.count(name) > 1})
    if twins:
        raise TableError(
            _("Two columns have the same name"), file=path, row=1, column=twins[0], next_step=_("Rename one.")
        )
    return pl.read_csv(path, infer_schema=False, separator=separator, encoding="utf8")


def _unreadable(path: Path, error: Exception) -> UnreadableFileError:
    if path.suffix == ".parquet":
        return UnreadableFileError(
            _("This is not a whole Parquet file"), file=path, next_step=_("Write or copy the file again.")
        )
    try:
        path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as broken:
        row = path.read_bytes()[: broken.start].count(b"\n") + 1
        return UnreadableFileError(
            _("The file is not in the encoding UTF-8"),
            file=path,
            row=row,
            next_step=_("Save it as CSV UTF-8 and run again."),
        )
    return _ragged(path) or UnreadableFileError(
        _("The file cannot be read as a table: {reason}").format(reason=str(error).splitlines()[0]),
        file=path,
        next_step=_("Open it, mend it and save it again."),
    )


def _ragged(path: Path) -> UnreadableFileError | None:
    """The first row whose number of cells differs from the header's."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        header = file.readline()
        separator = max(",;\t", key=header.count)
        width = len(next(csv.reader([header], delimiter=separator)))
        for cells in (reader := csv.reader(file, delimiter=separator)):
            if len(cells) > width:
                return UnreadableFileError(
                    _("The row has {seen} cells, the header has {width}").format(
                        seen=len(cells), width=width
                    ),
                    file=path,
                    row=reader.line_num + 1,
                    next_step=_("Put text that holds the separator into quotes."),
                )
    return None


def cleaned(values: pl.Series) -> pl.Series:
    """Text without blanks around it; empty text becomes null; other types become text."""
    words = values if values.dtype == pl.String else values.cast(pl.String)
    words = words.str.strip_chars(BLANKS)
    return words.set(words == "", None)
