"""A procedure on the terminal: what it is, how many works, how the items worked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
from rich.console import Console
from rich.table import Table

from merilo.language import translator
from merilo.publish.typography import decimal, integer, percent

_ = translator("publish")


def print_description(tables: Mapping[str, pl.DataFrame], screen: Console) -> None:
    """Print one procedure: tables `procedures` (one row), `items`, `school_results`, `rejected_rows`."""
    facts = tables["procedures"].row(0, named=True)
    screen.print(f"[bold]{facts['title']}[/bold]  ({facts['procedure_id']})")
    screen.print(
        _("Works: {n}, absent: {absent}, schools: {schools}.").format(
            n=integer(facts["n"]), absent=integer(facts["absent_n"]), schools=integer(facts["schools_n"])
        )
    )
    screen.print(_score_sentence(facts))
    marks = [(mark, facts[f"share_{mark}"]) for mark in (2, 3, 4, 5)]
    if marks[0][1] is not None:
        screen.print(
            _("Marks: {marks}.").format(
                marks=", ".join(f"«{mark}» {percent(share)}" for mark, share in marks)
            )
        )
    if tables["items"].height:
        screen.print(_items(tables["items"]))
    rejected = tables["rejected_rows"]
    if rejected.height:
        screen.print(_("Not accepted as they stood: {n} cells or rows.").format(n=integer(rejected.height)))
        for rule, message, n in (
            rejected.group_by("rule", "message").len().sort("len", descending=True).iter_rows()
        ):
            screen.print(f"  {integer(n)} × {message} [dim]({rule})[/dim]", highlight=False)
    for remark in (facts["note"] or "").split("; "):
        if remark and "var_school=" not in remark:  # variances are for those who ask for effect_models
            screen.print(f"[dim]{remark}[/dim]", highlight=False)


def _score_sentence(facts: dict[str, Any]) -> str:
    sentence = _("Mean score {mean} (SD {sd}){highest}.").format(
        mean=decimal(facts["mean_points"], 2),
        sd=decimal(facts["sd_points"], 2),
        highest=_(" of {n}").format(n=decimal(facts["max_score"], 0))
        if facts["max_score"] is not None
        else "",
    )
    if facts["alpha"] is not None:
        sentence += " " + _("Reliability (alpha) {alpha}.").format(alpha=decimal(facts["alpha"], 2))
    return sentence


def _items(items: pl.DataFrame) -> Table:
    table = Table(box=None, header_style="bold")
    table.add_column(_("Item"))
    for name in (_("Points"), _("Done"), _("Discrimination"), _("Difficulty"), _("Not administered")):
        table.add_column(name, justify="right")
    table.add_column(_("What it asks"))
    for row in items.sort("position").iter_rows(named=True):
        table.add_row(
            row["item_id"],
            integer(row["max_points"]),
            percent(row["mean_share"]),
            decimal(row["discrimination"], 2),
            decimal(row["difficulty_logits"], 2),
            integer(row["not_administered_n"]),
            row["text"] or row["skill"] or "",
        )
    return table
