"""Read a CSV or Parquet file as it stands: every CSV cell as text, so that each bad cell can be named."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
import polars as pl
from polars.exceptions import PolarsError

from merilo.errors import MissingFileError, TableError, UnreadableFileError
from merilo.language import translator
from merilo.methods.arrays import BoolArray

_ = translator("collect")

# What people's files carry around a value: blanks, tabs, no-break spaces, a stray byte order mark.
BLANKS = " \t\r\n\u00a0\u202f\ufeff"
# A byte that no text holds: with it as separator a line is one cell.
NO_SEPARATOR = "\x1f"


@dataclass(frozen=True, slots=True)
class _Layout:
    """How a CSV file is written: its column names (blanks taken off), separator and end of line."""

    names: tuple[str, ...]
    separator: str
    line_end: str


def read_text_table(path: Path) -> pl.DataFrame:
    """The file's rows; CSV cells are text (empty -> null), Parquet columns keep their types.

    Columns without a name are left out. Raises MissingFileError, UnreadableFileError (truncated, not UTF-8,
    rows longer than the header), TableError (two columns of one name, a Parquet column of lists).
    """
    if not path.is_file():
        raise MissingFileError(_("The file does not exist"), file=path, next_step=_("Check the path."))
    if path.stat().st_size == 0:
        raise UnreadableFileError(
            _("The file is empty"), file=path, next_step=_("Write at least the row of column names.")
        )
    try:
        return _read_parquet(path) if path.suffix == ".parquet" else _read_csv(path)
    except (PolarsError, OSError, UnicodeDecodeError, csv.Error) as error:
        raise _unreadable(path, error) from error


def short_rows(path: Path, frame: pl.DataFrame) -> BoolArray:
    """Which rows of a CSV file that was read as `frame` end before the header's last column (n,).

    The reader fills such rows up with empty cells; for points this would say "not administered" of items that
    a damaged file has lost.
    """
    none = np.zeros(frame.height, bool)
    if path.suffix == ".parquet" or not frame.height or not frame[:, -1].null_count():
        return none
    layout = _layout(path)
    lines = pl.read_csv(
        path, has_header=False, separator=NO_SEPARATOR, quote_char=None, infer_schema=False, encoding="utf8",
        eol_char=layout.line_end,
    ).to_series()  # fmt: skip
    if lines.str.contains('"', literal=True).any():
        with path.open(encoding="utf-8-sig", newline="") as file:
            cells = np.array([len(row) for row in csv.reader(file, delimiter=layout.separator)])
    else:
        cells = lines.str.count_matches(layout.separator, literal=True).fill_null(0).to_numpy() + 1
    return none if len(cells) != frame.height + 1 else cells[1:] < len(layout.names)


def _read_parquet(path: Path) -> pl.DataFrame:
    frame = pl.read_parquet(path)
    nested = [name for name, dtype in frame.schema.items() if dtype.is_nested() or dtype == pl.Binary]
    if nested:
        raise TableError(
            _("A cell must hold one number or one text"),
            file=path,
            column=nested[0],
            value=str(frame.schema[nested[0]]),
            next_step=_("Write the column as numbers or text."),
        )
    plain = [
        pl.col(name).cast(pl.String)
        for name, dtype in frame.schema.items()
        if dtype in (pl.Categorical, pl.Enum, pl.Null)
    ]
    names = [name.strip(BLANKS) for name in frame.columns]
    _check_names(names, path)
    return frame.with_columns(plain).rename(dict(zip(frame.columns, names, strict=True)))


def _read_csv(path: Path) -> pl.DataFrame:
    layout = _layout(path)
    _check_names(layout.names, path)
    places = [name or f"{NO_SEPARATOR}{place}" for place, name in enumerate(layout.names)]
    frame = pl.read_csv(
        path, infer_schema=False, separator=layout.separator, eol_char=layout.line_end, encoding="utf8",
        new_columns=places,
    )  # fmt: skip
    return frame.select(name for name in layout.names if name)


def _layout(path: Path) -> _Layout:
    with path.open(encoding="utf-8-sig", newline="") as file:
        first = file.readline()
        separator = max(",;\t", key=first.count)
        names = next(csv.reader(chain([first], file), delimiter=separator))
    if not "".join(names).strip(BLANKS):
        raise TableError(
            _("The first row must hold the names of the columns"),
            file=path,
            row=1,
            next_step=_("Take the empty row away."),
        )
    line_end = "\r" if first.endswith("\r") else "\n"
    return _Layout(tuple(name.strip(BLANKS) for name in names), separator, line_end)


def _check_names(names: list[str] | tuple[str, ...], path: Path) -> None:
    twins = sorted({name for name in names if name and names.count(name) > 1})
    if twins:
        raise TableError(
            _("Two columns have the same name"), file=path, row=1, column=twins[0], next_step=_("Rename one.")
        )


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
    """The first row that has more cells than the header, or whose quotation marks do not pair up."""
    layout = _layout(path)
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row, cells in enumerate(csv.reader(file, delimiter=layout.separator), start=1):
            if len(cells) > len(layout.names):
                return UnreadableFileError(
                    _("The row has {seen} cells, the header has {width}").format(
                        seen=len(cells), width=len(layout.names)
                    ),
                    file=path,
                    row=row,
                    next_step=_("Put text that holds the separator into quotes."),
                )
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row, line in enumerate(file, start=1):
            if line.count('"') % 2:
                return UnreadableFileError(
                    _("A quotation mark opens and does not close, or stands inside a word"),
                    file=path,
                    row=row,
                    next_step=_("Close it, or write it twice inside quoted text."),
                )
    return None


def cleaned(values: pl.Series) -> pl.Series:
    """Text without blanks around it; empty text becomes null; other types become text.

    Whole numbers that a Parquet file keeps as 5.0 (because some are missing) read "5", as CSV would.
    """
    words = values if values.dtype == pl.String else values.cast(pl.String)
    if values.dtype.is_float():
        finite = values.is_finite().fill_null(value=False)
        if (values.filter(finite) == values.filter(finite).round()).all():
            words = words.zip_with(
                ~finite, values.set(~finite, None).cast(pl.Int64, strict=False).cast(pl.String)
            )
        words = words.set(values.is_nan().fill_null(value=False), None)
    words = words.str.strip_chars(BLANKS)
    return words.set(words == "", None)
