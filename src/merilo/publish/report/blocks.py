"""What a report is made of: headings, sentences, lists, tables, figures, as plain values for the typesetter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from merilo.publish.figures.figure import Figure
from merilo.publish.typography import glue

Block = dict[str, Any]
Align = Literal["left", "right", "center"]


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column of a table: its head, alignment, and share of the width ("auto" or a fraction like 2.0)."""

    head: str
    align: Align = "right"
    width: float | None = None


def heading(text: str, level: int = 1) -> Block:
    """A heading; of level 1 it opens a section."""
    return {"kind": "heading", "text": glue(text), "level": level}


def sentence(text: str, *, look: Literal["plain", "lead", "small", "notice"] = "plain") -> Block:
    """A paragraph."""
    return {"kind": "sentence", "text": glue(text), "look": look}


def points(items: Sequence[str]) -> Block:
    """A list."""
    return {"kind": "points", "items": [glue(item) for item in items]}


def table(columns: Sequence[TableColumn], rows: Sequence[Sequence[str]], *, caption: str) -> Block:
    """A table with a head that repeats on every page. Each row has a cell for each column."""
    return {
        "kind": "table",
        "caption": glue(caption),
        "heads": [glue(column.head) for column in columns],
        "aligns": [column.align for column in columns],
        "widths": [column.width for column in columns],
        "rows": [list(row) for row in rows],
    }


def picture(figure: Figure) -> Block:
    """A figure: its finding as the title, then how to read it, then the picture."""
    return {
        "kind": "picture",
        "title": figure.title,
        "subtitle": figure.subtitle,
        "alt": figure.alt,
        "svg": figure.svg(),
        "name": f"{figure.id}.svg",
    }
