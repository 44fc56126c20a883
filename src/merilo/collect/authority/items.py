"""items.csv: the items of a test form."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl

from merilo.collect.authority.text_table import cleaned, read_text_table
from merilo.errors import TableError
from merilo.language import translator
from merilo.tables.procedure import Item, Procedure

_ = translator("collect")

LEVELS = ("basic", "raised", "high")
MARKINGS = ("auto", "expert")
# int8 columns hold points, so an item can give at most this many.
MOST_POINTS = 100
# Columns of works.csv and options.csv that are no items.
RESERVED = (
    "work_id", "org_id", "class_id", "pupil_id", "variant", "status", "sex", "journal_mark", "mark", "score",
    "room",
)  # fmt: skip


def read_items(path: Path, procedure: Procedure, skill_names: dict[str, str]) -> Procedure:
    """The procedure with its items, in the order of the file. Raises TableError naming the cell."""
    frame = read_text_table(path)
    frame = frame.select(cleaned(frame[name]).alias(name) for name in frame.columns)
    for name in ("item_id", "max_points"):
        if name not in frame.columns:
            raise TableError(
                _("items.csv needs the column {name}").format(name=name), file=path, row=1, column=name
            )
    rows = [
        (number, row)
        for number, row in enumerate(frame.iter_rows(named=True), start=2)
        if any(cell is not None for cell in row.values())
    ]
    items = tuple(_item(row, path, number) for number, row in rows)
    if not items:
        raise TableError(
            _("items.csv names no item"),
            file=path,
            row=2,
            next_step=_("Write one row for each item, or take the file away: then only scores are read."),
        )
    seen: set[str] = set()
    for (number, _row), item in zip(rows, items, strict=True):
        if item.item_id in seen:
            raise TableError(
                _("Two items have the same id"), file=path, row=number, column="item_id", value=item.item_id
            )
        seen.add(item.item_id)
    return replace(procedure, items=items, skill_names=skill_names)


def read_skill_names(path: Path) -> dict[str, str]:
    """skills.csv (optional): skill code -> name."""
    if not path.is_file():
        return {}
    frame = read_text_table(path)
    if not {"skill", "name"} <= set(frame.columns):
        raise TableError(_("skills.csv needs the columns skill and name"), file=path, row=1)
    pairs = pl.DataFrame({"skill": cleaned(frame["skill"]), "name": cleaned(frame["name"])}).drop_nulls()
    return dict(pairs.iter_rows())


def _item(row: dict[str, str | None], path: Path, number: int) -> Item:
    item_id = row["item_id"]
    if item_id is None:
        raise TableError(_("An item has no id"), file=path, row=number, column="item_id")
    if item_id in RESERVED:
        raise TableError(
            _("An item cannot have the name of another column of the works"),
            file=path,
            row=number,
            column="item_id",
            value=item_id,
            next_step=_("Give it another id here and in the works."),
        )
    for name, allowed in (("level", LEVELS), ("marking", MARKINGS)):
        value = row.get(name)
        if value is not None and value not in allowed:
            raise TableError(
                _("The value must be one of {values}").format(values=", ".join(allowed)),
                file=path,
                row=number,
                column=name,
                value=value,
            )
    points = row["max_points"] or ""
    if not points.isdecimal() or not 1 <= int(points) <= MOST_POINTS:
        raise TableError(
            _("The highest points must be a whole number from 1 to {most}").format(most=MOST_POINTS),
            file=path,
            row=number,
            column="max_points",
            value=points,
        )
    return Item(
        item_id=item_id,
        max_points=int(points),
        marking=row.get("marking") or "",
        level=row.get("level") or "",
        skills=_codes(row.get("skill")),
        contents=_codes(row.get("content")),
        text=row.get("text") or "",
        key=row.get("key") or "",
    )


def _codes(cell: str | None) -> tuple[str, ...]:
    """Codes joined by `;`, each once, in order."""
    return tuple(dict.fromkeys(code.strip() for code in (cell or "").split(";") if code.strip()))
