"""What an import did, file by file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl


@dataclass(frozen=True, slots=True)
class FileOutcome:
    """One recognised sheet of results (or an item plan, a list of codes) and what became of it.

    file          its name as `rejected_rows` shows it
    layout        raw2020, raw2021, form2022, form2026, f1, gia, plan, content_codes or skill_codes
    procedure_id  where it went; empty when it was a plan used by no procedure
    rows_n        rows that hold a pupil (rows beyond the data are not counted)
    works_n       works written, absentees included
    absent_n      of these, absent
    rejected_n    rows not written
    adjusted_n    rows written although something in them was reported
    unchanged     the same content was imported before: nothing was written
    """

    file: str
    layout: str
    procedure_id: str
    rows_n: int = 0
    works_n: int = 0
    absent_n: int = 0
    rejected_n: int = 0
    adjusted_n: int = 0
    unchanged: bool = False


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """The whole import.

    folder         the authority folder
    files          one entry a sheet of results or a plan, in the order given
    written        ids of the procedures written or extended
    unchanged      ids of the procedures that were already there with the same content
    rejected_rows  frame of this import: file, row, column, value, rule, message, source
    warnings       sentences for the user
    """

    folder: Path
    files: tuple[FileOutcome, ...]
    written: tuple[str, ...]
    unchanged: tuple[str, ...]
    rejected_rows: pl.DataFrame
    warnings: tuple[str, ...]
