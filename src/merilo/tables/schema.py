"""What a table is: its columns are type, validation and manual at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import polars as pl

from merilo.errors import TableError
from merilo.language import translator

_ = translator("tables")

Unit = Literal[
    "", "count", "share", "points", "logits", "SD", "z", "probability", "mark", "correlation", "percentile"
]

Dtype = (
    type[pl.String] | type[pl.Int64] | type[pl.Int32] | type[pl.Int8] | type[pl.Float64] | type[pl.Boolean]
)

_BOUNDS: dict[str, tuple[float | None, float | None]] = {
    "count": (0, None),
    "share": (0, 1),
    "probability": (0, 1),
    "correlation": (-1, 1),
    "percentile": (0, 100),
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name is fixed, `unit` says what the number counts, `meaning` what it tells.

    minimum, maximum default to what the unit allows (a share lies in 0-1, a count is not negative).
    required: the cell may not be empty.
    """

    name: str
    dtype: Dtype
    meaning: str
    meaning_ru: str
    unit: Unit = ""
    minimum: float | None = None
    maximum: float | None = None
    required: bool = False
    values: tuple[str, ...] = ()

    @property
    def bounds(self) -> tuple[float | None, float | None]:
        """Smallest and largest value allowed (None: no bound)."""
        low, high = _BOUNDS.get(self.unit, (None, None))
        return (low if self.minimum is None else self.minimum, high if self.maximum is None else self.maximum)


@dataclass(frozen=True, slots=True)
class Table:
    """A table of formats.md: rows stand in the order of `key`, which is unique unless said otherwise."""

    name: str
    key: tuple[str, ...]
    meaning: str
    meaning_ru: str
    columns: tuple[Column, ...]
    unique: bool = True

    @property
    def schema(self) -> dict[str, Dtype]:
        """Column name -> polars dtype, in order."""
        return {column.name: column.dtype for column in self.columns}

    def column(self, name: str) -> Column:
        """The column of that name; KeyError if the table has none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    def empty(self) -> pl.DataFrame:
        """The table without rows."""
        return pl.DataFrame(schema=self.schema)

    def frame(self, rows: pl.DataFrame) -> pl.DataFrame:
        """`rows` with exactly this table's columns, types and order of rows; absent columns become empty.

        Raises TableError when a value breaks the column's rule.
        """
        columns = [
            (pl.col(c.name) if c.name in rows.columns else pl.lit(None)).cast(c.dtype).alias(c.name)
            for c in self.columns
        ]
        finite = [
            # Adding 0 turns "-0.0" into "0.0".
            pl.when(pl.col(c.name).is_finite()).then(pl.col(c.name) + 0.0).alias(c.name)
            for c in self.columns
            if c.dtype is pl.Float64
        ]
        table = rows.select(columns).with_columns(finite).sort(self.key, nulls_last=True)
        return self.validate(table)

    def validate(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The frame itself if every cell keeps its column's rule; TableError names the first that does not."""
        for column in self.columns:
            self._check_column(frame, column)
        if self.unique and frame.height and frame.select(self.key).is_duplicated().any():
            twin = frame.filter(frame.select(self.key).is_duplicated()).select(self.key).row(0)
            raise TableError(
                _("table {table}: two rows share the key {key}").format(
                    table=self.name, key=", ".join(self.key)
                ),
                value=twin,
            )
        return frame

    def _check_column(self, frame: pl.DataFrame, column: Column) -> None:
        if column.name not in frame.columns:
            raise TableError(
                _("table {table} needs the column {column}").format(table=self.name, column=column.name),
                column=column.name,
            )
        values = frame.get_column(column.name)
        if column.required and values.null_count():
            self._refuse(frame, column, values.is_null(), _("the cell may not be empty"))
        low, high = column.bounds
        if low is not None and values.dtype.is_numeric():
            self._refuse(
                frame, column, values < low - 1e-9, _("the value is below {bound}").format(bound=low)
            )
        if high is not None and values.dtype.is_numeric():
            self._refuse(
                frame, column, values > high + 1e-9, _("the value is above {bound}").format(bound=high)
            )
        if column.values:
            self._refuse(
                frame,
                column,
                values.is_not_null() & ~values.is_in(list(column.values)),
                _("the value must be one of {values}").format(values=", ".join(column.values)),
            )

    def _refuse(self, frame: pl.DataFrame, column: Column, broken: pl.Series, rule: str) -> None:
        if not broken.fill_null(value=False).any():
            return
        row = int(broken.fill_null(value=False).arg_true()[0])
        raise TableError(
            _("table {table}: {rule}").format(table=self.name, rule=rule),
            row=row + 1,
            column=column.name,
            value=frame.get_column(column.name)[row],
        )


def text(
    name: str, meaning: str, meaning_ru: str, *, required: bool = False, values: tuple[str, ...] = ()
) -> Column:
    """A column of words."""
    return Column(name, pl.String, meaning, meaning_ru, required=required, values=values)


def count(name: str, meaning: str, meaning_ru: str, *, required: bool = False) -> Column:
    """A column that counts."""
    return Column(name, pl.Int64, meaning, meaning_ru, unit="count", required=required)


def number(
    name: str,
    unit: Unit,
    meaning: str,
    meaning_ru: str,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
) -> Column:
    """A column of measured numbers."""
    return Column(name, pl.Float64, meaning, meaning_ru, unit=unit, minimum=minimum, maximum=maximum)


def interval(name: str, unit: Unit, meaning: str, meaning_ru: str) -> tuple[Column, Column, Column]:
    """A number with its 95 % interval: `name`, `name_lower`, `name_upper`."""
    return (
        number(name, unit, meaning, meaning_ru),
        number(
            f"{name}_lower",
            unit,
            f"{meaning}: lower end of the 95 % interval",
            f"{meaning_ru}: нижняя граница 95 % интервала",
        ),
        number(
            f"{name}_upper",
            unit,
            f"{meaning}: upper end of the 95 % interval",
            f"{meaning_ru}: верхняя граница 95 % интервала",
        ),
    )
