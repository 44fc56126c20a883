"""What the report is written from: protected tables, and the procedures of the latest school year."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from merilo.definitions import Definitions
from merilo.language import language
from merilo.publish.disclosure import Audience

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Material:
    """tables: protected for `audience`; latest: rows of `procedures` of the latest school year, subjects and year
    groups in order; earlier: the others; hidden: procedures with too few works to be shown.
    """

    tables: Mapping[str, pl.DataFrame]
    audience: Audience
    definitions: Definitions
    latest: list[Row]
    earlier: list[Row]
    hidden: list[Row]
    authority: str

    def table(self, name: str) -> pl.DataFrame:
        """The table, or an empty frame where the run gave none."""
        return self.tables.get(name, pl.DataFrame())

    def rows(self, name: str, **key: object) -> list[Row]:
        """Rows of a table with the given key."""
        frame = self.table(name)
        if frame.is_empty() or not set(key) <= set(frame.columns):
            return []
        return list(frame.filter(**key).iter_rows(named=True))


def gather(
    tables: Mapping[str, pl.DataFrame], audience: Audience, definitions: Definitions, authority: str
) -> Material:
    """Split the procedures into the latest school year and the earlier ones."""
    order = ["subject_name", "year_group", "kind", "procedure_id"]
    procedures = list(tables["procedures"].sort(order, nulls_last=True).iter_rows(named=True))
    seen = [row for row in procedures if row["n"] is not None]
    year = max((row["school_year"] or "" for row in seen), default="")
    return Material(
        tables=tables,
        audience=audience,
        definitions=definitions,
        latest=[row for row in seen if (row["school_year"] or "") == year],
        earlier=[row for row in seen if (row["school_year"] or "") != year],
        hidden=[row for row in procedures if row["n"] is None],
        authority=authority,
    )


def share_present(row: Row) -> float | None:
    """Works among the pupils entered; None where the number of absent pupils is not shown."""
    entered = None if row["absent_n"] is None else row["n"] + row["absent_n"]
    return row["n"] / entered if entered else None


def short_title(row: Row) -> str:
    """«Математика, 5 класс, ВПР»: the school year stands in the heading above."""
    title = str(row["title"])
    year = row["school_year"]
    return title.removesuffix(f", {year}") if year else title


def joined(words: list[str]) -> str:
    """«а, б и в»."""
    if len(words) < 2:
        return "".join(words)
    last = " и " if language() == "ru" else " and "
    return ", ".join(words[:-1]) + last + words[-1]
