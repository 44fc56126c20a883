"""Excel files of equal bytes for equal content."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import xlsxwriter

LONGEST_SHEET_NAME = 31
# A fixed date: the time of writing must not change the bytes.
CREATED = datetime(2021, 1, 1)

Cell = str | int | float | None


@contextmanager
def new_workbook(path: Path) -> Iterator[Any]:
    """A workbook that writes row by row and is closed at the end."""
    path.parent.mkdir(parents=True, exist_ok=True)
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "strings_to_numbers": False})
    book.set_properties({"created": CREATED, "title": "Смоделированные данные", "author": "Merilo"})
    try:
        yield book
    finally:
        book.close()


def add_sheet(book: Any, name: str) -> Any:
    """A sheet with its name cut to what Excel allows."""
    return book.add_worksheet(name[:LONGEST_SHEET_NAME])


def write_rows(sheet: Any, rows: Iterable[Sequence[Cell]], first_row: int = 0) -> int:
    """Write rows of cells from first_row (0-based) on; None leaves a cell out. Returns the next free row."""
    number = first_row
    for row in rows:
        for column, cell in enumerate(row):
            if cell is None:
                continue
            if isinstance(cell, str):
                sheet.write_string(number, column, cell)
            else:
                sheet.write_number(number, column, cell)
        number += 1
    return number
