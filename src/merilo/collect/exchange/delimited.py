"""CSV as people save it: three encodings, three separators, with or without a byte order mark."""

from __future__ import annotations

import csv
import io

import polars as pl

from merilo.errors import UnreadableFileError
from merilo.language import translator

_ = translator("exchange")

# Stems of the words that the headers of exchange forms are made of: they tell an encoding from its rivals.
_STEMS = (
    "класс",
    "балл",
    "код",
    "вариант",
    "школ",
    "отметк",
    "школьн",
    "оценк",
    "задан",
    "участник",
    "предмет",
)
_RIVALS = ("koi8-r", "cp866", "mac-cyrillic")
_HEAD_CHARACTERS = 20_000


def read_delimited(content: bytes, *, file: str) -> list[list[str]]:
    """The rows of a text table. Raises UnreadableFileError for HTML, binary content or an unknown encoding."""
    if is_web_page(content):
        raise UnreadableFileError(
            _("This is a web page saved under the name of a table"),
            file=file,
            next_step=_("Open it in a spreadsheet program and save it as .xlsx."),
        )
    text = _decode(content, file)
    if "\0" in text[:_HEAD_CHARACTERS]:
        raise UnreadableFileError(
            _("This is neither a workbook nor a text table"),
            file=file,
            next_step=_("Save the table as .xlsx or CSV and import that."),
        )
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text))
    try:
        return list(reader)
    except csv.Error as error:
        raise UnreadableFileError(
            _("The text cannot be split into cells"),
            file=file,
            row=reader.line_num,
            next_step=_("Close the quotation marks in this row."),
        ) from error


def written_csv(frame: pl.DataFrame) -> bytes:
    """A frame as UTF-8 CSV; empty words are written as nothing."""
    words = pl.col(pl.String)
    return frame.with_columns(pl.when(words != "").then(words)).write_csv().encode()


def is_web_page(content: bytes) -> bool:
    """Whether it is HTML or bare XML, which some portals hand out under the ending .xls."""
    begin = content[:400].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return begin.startswith((b"<!doctype", b"<html", b"<table", b"<?xml", b"<meta"))


def _decode(content: bytes, file: str) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    text = content.decode("cp1251", errors="replace")
    known = _stems_in(text)
    rival = max(_RIVALS, key=lambda name: _stems_in(content.decode(name)))
    if known and known >= _stems_in(content.decode(rival)):
        return text
    seen = (
        _("it looks like {name}").format(name=rival)
        if _stems_in(content.decode(rival))
        else _("not recognised")
    )
    raise UnreadableFileError(
        _("The text is neither UTF-8 nor Windows-1251 ({seen})").format(seen=seen),
        file=file,
        next_step=_("Save the table as “CSV UTF-8” or .xlsx and import that."),
    )


def _stems_in(text: str) -> int:
    head = text[:_HEAD_CHARACTERS].lower()
    return sum(stem in head for stem in _STEMS)


def _separator(text: str) -> str:
    """The separator that the first lines have most of; numbers with a decimal comma sit behind `;` or tabs."""
    lines = text[:_HEAD_CHARACTERS].splitlines()[:20]
    return max(";\t,", key=lambda mark: max((line.count(mark) for line in lines), default=0))
