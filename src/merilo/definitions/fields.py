"""The fields of one definition as they stand in a file, taken one by one and checked while taken.

Whatever is left over when a definition has been read is an unknown field: a misspelt name is an error
that lists the known ones, never a setting that silently does nothing.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from datetime import date

from merilo.errors import DefinitionError
from merilo.language import translator

_ = translator("definitions")

_ISO_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")

# Said by a file itself, never inherited from what it overrides: a changed number must not borrow the official source.
PROVENANCE_FIELDS = frozenset({"version", "source", "status", "dated_on", "reason", "note", "url"})


class Fields:
    """The raw fields of one definition (or of one row inside it), with its id and file for error messages."""

    def __init__(self, raw: Mapping[str, object], *, id: str, file: str, inside: str = "") -> None:
        self.id = id
        self.file = file
        self._raw = raw
        self._inside = inside
        self._taken: list[str] = []

    def text(self, name: str, *, default: str | None = None) -> str:
        """Text; required unless a default is given, and then not empty."""
        value = self._take(name, default)
        if not isinstance(value, str):
            raise self.wrong(name, _("must be text in quotation marks"))
        if default is None and not value.strip():
            raise self.wrong(name, _("must not be empty"))
        return value.strip()

    def one_of(self, name: str, allowed: Collection[str], *, default: str | None = None) -> str:
        """Text out of a closed list."""
        value = self.text(name, default=default)
        if value not in allowed:
            raise self.wrong(name, _("must be one of: {allowed}").format(allowed=", ".join(allowed)))
        return value

    def whole(
        self, name: str, *, low: int | None = None, high: int | None = None, default: int | None = None
    ) -> int:
        """A whole number within [low, high]."""
        value = self._take(name, default)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.wrong(name, _("must be a whole number"))
        self._check_range(name, value, low, high)
        return value

    def number(
        self, name: str, *, low: float | None = None, high: float | None = None, default: float | None = None
    ) -> float:
        """A finite number within [low, high]."""
        value = self._take(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise self.wrong(name, _("must be a number"))
        self._check_range(name, value, low, high)
        return float(value)

    def share(self, name: str, *, default: float | None = None) -> float:
        """A share 0-1 (0.30, not 30)."""
        return self.number(name, low=0.0, high=1.0, default=default)

    def flag(self, name: str, *, default: bool | None = None) -> bool:
        """True or false."""
        value = self._take(name, default)
        if not isinstance(value, bool):
            raise self.wrong(name, _("must be true or false"))
        return value

    def has(self, name: str) -> bool:
        """Whether an optional field is given; it becomes a known field either way."""
        self._taken.append(name)
        return name in self._raw

    def texts(self, name: str, *, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """A list of texts."""
        values = self._list(name, default)
        if any(not isinstance(value, str) or not value.strip() for value in values):
            raise self.wrong(name, _("must be a list of texts"))
        return tuple(str(value).strip() for value in values)

    def wholes(
        self, name: str, *, low: int | None = None, default: tuple[int, ...] | None = None
    ) -> tuple[int, ...]:
        """A list of whole numbers, each at least `low`."""
        taken: list[int] = []
        for value in self._list(name, default):
            if isinstance(value, bool) or not isinstance(value, int):
                raise self.wrong(name, _("must be a list of whole numbers"))
            self._check_range(name, value, low, None)
            taken.append(value)
        return tuple(taken)

    def pairs(self, name: str) -> tuple[tuple[str, int], ...]:
        """A small table of whole numbers such as { 3 = 7, 4 = 11, 5 = 15 }, in its written order."""
        value = self._take(name, None)
        if not isinstance(value, Mapping) or any(
            isinstance(number, bool) or not isinstance(number, int) for number in value.values()
        ):
            raise self.wrong(name, _("must be a table of whole numbers, such as { 3 = 7, 4 = 11, 5 = 15 }"))
        return tuple((str(key), int(number)) for key, number in value.items())

    def rows(self, name: str) -> list[Fields]:
        """An optional list of tables, each to be read like a definition of its own."""
        values = self._list(name, ())
        if any(not isinstance(value, Mapping) for value in values):
            raise self.wrong(name, _("must be a list of tables"))
        return [
            Fields(value, id=self.id, file=self.file, inside=f"{name}[{number}].")
            for number, value in enumerate(values, start=1)
            if isinstance(value, Mapping)
        ]

    def iso_date(self, name: str) -> str:
        """A date as exact as it is known: "2021", "2021-03" or "2021-03-15" (also TOML's own date)."""
        value = self._take(name, None)
        spoken = value.isoformat() if isinstance(value, date) else value
        found = _ISO_DATE.fullmatch(spoken) if isinstance(spoken, str) else None
        if found is None:
            raise self.wrong(name, _("must be a date such as 2021-03-15, 2021-03 or 2021"))
        year, month, day = found.groups()
        try:
            date(int(year), int(month or 1), int(day or 1))
        except ValueError:
            raise self.wrong(name, _("must be a day that exists")) from None
        return found.group(0)

    def finish(self) -> None:
        """Refuse whatever was not taken."""
        known = list(dict.fromkeys(self._taken))
        for name in self._raw:
            if name not in known:
                raise DefinitionError(
                    _("Definition {id}: unknown field “{field}”").format(
                        id=self.id, field=self._inside + name
                    ),
                    file=self.file,
                    value=self._raw[name],
                    next_step=_("Correct the name or delete it. Known fields: {known}.").format(
                        known=", ".join(sorted(known))
                    ),
                )

    def wrong(self, name: str, what: str, *, next_step: str | None = None) -> DefinitionError:
        """The error for a field whose value breaks its rule, to be raised by the caller."""
        return DefinitionError(
            _("Definition {id}: field “{field}” {what}").format(
                id=self.id, field=self._inside + name, what=what
            ),
            file=self.file,
            value=self._raw.get(name),
            next_step=next_step or _("Correct the value in this file and start again."),
        )

    def _take(self, name: str, default: object) -> object:
        self._taken.append(name)
        if name in self._raw:
            return self._raw[name]
        if default is None:
            raise DefinitionError(
                _("Definition {id}: field “{field}” is missing").format(
                    id=self.id, field=self._inside + name
                ),
                file=self.file,
                next_step=(
                    _("Add the field to the definition, or once for the whole file under [defaults].")
                    if name in PROVENANCE_FIELDS and not self._inside
                    else _("Add the field to the definition.")
                ),
            )
        return default

    def _list(self, name: str, default: tuple[object, ...] | None) -> tuple[object, ...]:
        value = self._take(name, default)
        if not isinstance(value, list | tuple):
            raise self.wrong(name, _("must be a list in square brackets"))
        return tuple(value)

    def _check_range(self, name: str, value: float, low: float | None, high: float | None) -> None:
        if low is not None and value < low:
            raise self.wrong(name, _("must be at least {low}").format(low=low))
        if high is not None and value > high:
            raise self.wrong(name, _("must be at most {high}").format(high=high))
