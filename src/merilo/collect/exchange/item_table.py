"""The items of a procedure: which columns are items, what each is called, and how many points it can bring."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from merilo.collect.exchange.cells import MOST_POINTS, PointsArray
from merilo.collect.exchange.identity import Identity
from merilo.collect.exchange.layouts import ItemColumn
from merilo.collect.exchange.plans import Plan
from merilo.errors import TableError
from merilo.language import translator
from merilo.methods.arrays import IntArray

if TYPE_CHECKING:
    from merilo.definitions import Definitions

_ = translator("exchange")

# Where nobody says the maximum: the highest value that at least this share of the works reached
# (in a file of 25,000 works a lone 30 in a column of ones and twos is a slip of the keyboard).
RARE_SHARE = 0.0005
# A trailing column filled in fewer works than this is padding with stray cells, not an item.
PADDING_SHARE = 0.005


@dataclass(frozen=True, slots=True)
class TableItem:
    """A row of items.csv; column: where the item stands among the points of the protocol."""

    column: int
    item_id: str
    max_points: int
    level: str = ""
    skills: tuple[str, ...] = ()
    contents: tuple[str, ...] = ()
    text: str = ""
    marking: str = ""


@dataclass(frozen=True, slots=True)
class ItemTable:
    """Items of one sheet. source: header, plan, definitions or observed: who said the maxima."""

    items: tuple[TableItem, ...]
    source: str

    @property
    def max_points(self) -> IntArray:
        """Highest points (I,)."""
        return np.array([item.max_points for item in self.items], dtype=np.int64)

    def frame(self) -> pl.DataFrame:
        """items.csv. `marking` is empty but for ГИА: other forms do not tell who judged an answer."""
        return pl.DataFrame(
            [
                (
                    i.item_id,
                    i.max_points,
                    i.marking,
                    i.level,
                    ";".join(i.skills),
                    ";".join(i.contents),
                    i.text,
                )
                for i in self.items
            ],
            schema={
                "item_id": pl.String,
                "max_points": pl.Int64,
                "marking": pl.String,
                "level": pl.String,
                "skill": pl.String,
                "content": pl.String,
                "text": pl.String,
            },
            orient="row",
        )


def settle_items(
    columns: tuple[ItemColumn, ...],
    points: PointsArray,
    identity: Identity,
    *,
    plan: Plan | None,
    definitions: Definitions,
    label: str,
) -> tuple[ItemTable, list[str]]:
    """The items behind the columns of points (n, I), and sentences about what was assumed.

    Raises TableError if the plan is one of another work.
    """
    known = definitions.item_plan(**identity.work)
    from_header = all(column.max_points is not None for column in columns)
    expected = len(plan.items) if plan else len(known.max_points) if known and not from_header else None
    count = len(columns) if from_header else _without_padding(points, expected)
    used = columns[:count]
    if plan is not None:
        return _by_plan(used, plan, from_header, label)
    if from_header:
        items = [
            TableItem(
                place, column.item_id, int(column.max_points or 0), column.level, marking=column.marking
            )
            for place, column in enumerate(used)
        ]
        return ItemTable(tuple(items), "header"), []
    if known is not None and len(known.max_points) == count:
        items = [
            TableItem(place, column.item_id, known.max_points[place], column.level)
            for place, column in enumerate(used)
        ]
        return ItemTable(tuple(items), "definitions"), []
    items = [
        TableItem(place, column.item_id, observed_maximum(points[:, place]), column.level)
        for place, column in enumerate(used)
    ]
    note = _(
        "{file}: no plan tells how many points an item can bring; the highest points seen are taken. "
        "Import the item plan (ALL.xlsx) together with the results."
    ).format(file=label)
    return ItemTable(tuple(items), "observed"), [note]


def observed_maximum(points: PointsArray) -> int:
    """Highest points that more than a rare slip reached; at least 1. points (n,), codes below 0 ignored."""
    given = points[(points >= 0) & (points <= MOST_POINTS)]
    if given.size == 0:
        return 1
    needed = max(1, math.ceil(RARE_SHARE * given.size))
    return max(1, int(np.sort(given)[-needed]))


def _without_padding(points: PointsArray, expected: int | None) -> int:
    """How many of the item columns are items: forms are padded with empty columns at the end."""
    filled = (points >= 0).sum(axis=0)
    needed = max(1.0, PADDING_SHARE * max(1, int(filled.max(initial=0))))
    busy = np.flatnonzero(filled >= needed)
    last = int(busy[-1]) + 1 if busy.size else 0
    columns = int(points.shape[1])
    return max(last, min(expected or 0, columns)) or columns


def _by_plan(
    columns: tuple[ItemColumn, ...], plan: Plan, from_header: bool, label: str
) -> tuple[ItemTable, list[str]]:
    if len(columns) != len(plan.items):
        raise TableError(
            _("The results have {seen} items, the plan {plan} has {planned}").format(
                seen=len(columns), plan=plan.label, planned=len(plan.items)
            ),
            file=label,
            next_step=_("Import the plan of this very work, or import without a plan."),
        )
    by_id = {item.item_id: item for item in plan.items}
    named = from_header and all(column.item_id in by_id for column in columns)
    items, warnings = [], []
    for place, column in enumerate(columns):
        item = by_id[column.item_id] if named else plan.items[place]
        most = item.max_points
        if column.max_points is not None and column.max_points != most:
            most = column.max_points
            warnings.append(
                _(
                    "{file}: item {item}: the form says at most {form} points, the plan {plan}; the form's is taken."
                ).format(file=label, item=column.item_id, form=column.max_points, plan=item.max_points)
            )
        item_id = column.item_id if from_header else item.item_id
        items.append(
            TableItem(place, item_id, most, item.level or column.level, item.skills, item.contents, item.text)
        )
    return ItemTable(tuple(items), "header" if from_header else "plan"), warnings
