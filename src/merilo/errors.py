"""Every error a user can meet.

MeriloError                      (exit code 1: a defect of ours; please report)
├── UsageError           2       the command was asked for something that cannot be
├── InputError           3       a file or folder cannot be used as it is
│   ├── MissingFileError
│   ├── UnreadableFileError      truncated, wrong encoding, password, not what its name says
│   ├── UnknownLayoutError       no known exchange form is recognised in the file
│   ├── TableError               a column or cell breaks the rule of its table
│   └── DuplicateProcedureError  two inputs claim the same procedure
├── DefinitionError      4       a definition (scale, rule, threshold) is missing or malformed
├── EstimationError      5       a statistic cannot be computed from what is there
│   ├── TooFewPupilsError
│   └── DegenerateDataError      e.g. every answer right: the quantity is not identified
└── OutputError          6       the result cannot be written (disk full, folder in use)

Each error says the rule, the value seen and the next step, as sentences in the user's language.
"""

from __future__ import annotations

from pathlib import Path

from merilo.language import translator

_ = translator("errors")


class MeriloError(Exception):
    """Base of all errors: `rule` broken, where it was seen, and `next_step` out of it."""

    exit_code = 1

    def __init__(
        self,
        rule: str,
        *,
        file: str | Path | None = None,
        row: int | None = None,
        column: str | None = None,
        value: object = None,
        next_step: str | None = None,
    ) -> None:
        self.rule = rule
        self.file = None if file is None else str(file)
        self.row = row
        self.column = column
        self.value = value
        self.next_step = next_step
        super().__init__(self.sentence())

    def sentence(self) -> str:
        """The whole message: rule, place, value, next step."""
        place = [
            _("file {name}").format(name=self.file) if self.file is not None else "",
            _("row {row}").format(row=self.row) if self.row is not None else "",
            _("column {name}").format(name=self.column) if self.column is not None else "",
            _("value {value!r}").format(value=self.value) if self.value is not None else "",
        ]
        where = ", ".join(part for part in place if part)
        rule = self.rule if self.rule.endswith((".", "!", "?")) else self.rule + "."
        parts = [rule, f"({where})" if where else "", self.next_step or ""]
        return " ".join(part for part in parts if part)


class UsageError(MeriloError):
    """The command was asked for something that cannot be."""

    exit_code = 2


class InputError(MeriloError):
    """A file or folder cannot be used as it is."""

    exit_code = 3


class MissingFileError(InputError):
    """A file or folder that is needed is not there."""


class UnreadableFileError(InputError):
    """The file is truncated, wrongly encoded, too large when unpacked, or not what its name says."""


class UnknownLayoutError(InputError):
    """No known exchange form is recognised in the file."""


class TableError(InputError):
    """A column or cell breaks the rule of its table."""


class DuplicateProcedureError(InputError):
    """Two inputs claim to be the same procedure."""


class DefinitionError(MeriloError):
    """A definition (scale, rule, threshold) is missing or malformed."""

    exit_code = 4


class EstimationError(MeriloError):
    """A statistic cannot be computed from what is there."""

    exit_code = 5


class TooFewPupilsError(EstimationError):
    """Fewer pupils, schools or works than the method needs."""


class DegenerateDataError(EstimationError):
    """The data do not identify the quantity (for example, every answer is right)."""


class OutputError(MeriloError):
    """The result cannot be written."""

    exit_code = 6
