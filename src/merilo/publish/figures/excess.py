"""Items of one procedure against what the school's own raw scores imply, with the spread between ordinary schools."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt
import polars as pl

from merilo.language import plural_translator, translator
from merilo.publish.figures.figure import (
    BAND,
    BLUE,
    GREY,
    LABEL_SIZE,
    LIGHT,
    NARROW,
    ORANGE,
    WHITE,
    Figure,
    caption_above,
    finished,
    values,
)
from merilo.publish.fonts import text_width
from merilo.publish.typography import glue, integer, signed_points

_ = translator("explanation")
ngettext = plural_translator("explanation")

FEW = 10
Z95 = 1.959963984540054
COLUMN = 24.0
ROW = 21.0


def excess_figure(
    tables: Mapping[str, pl.DataFrame],
    org_id: str,
    procedure_id: str,
    *,
    by_person: bool = False,
    width: int = 760,
    height: int | None = None,
) -> Figure | None:
    """Points beyond those expected at equal raw scores, item by item; None without items.

    tables: protected `evidence_items`, `procedures`, `items`; by_person: what is marked by a person is what counts,
    otherwise the items that stand out.
    """
    if "evidence_items" not in tables:
        return None
    rows = tables["evidence_items"].filter(
        pl.col("procedure_id") == procedure_id,
        pl.col("org_id") == org_id,
        pl.col("excess_share").is_not_null(),
    )
    known = tables["procedures"].filter(pl.col("procedure_id") == procedure_id)
    if not rows.height or not known.height:
        return None
    items = tables["items"].filter(pl.col("procedure_id") == procedure_id)
    rows = rows.join(items.select("item_id", "position", "marking", "text"), on="item_id", how="left").sort(
        "position", "item_id", nulls_last=True
    )
    if by_person and not (rows["marking"] == "expert").any():
        return None
    accent = pl.col("marking") == "expert" if by_person else pl.col("stands_out").fill_null(value=False)
    rows = rows.with_columns(is_accent=accent.fill_null(value=False))
    title = known["title"][0]
    return Figure(
        id=f"excess-{procedure_id}-{org_id}{'-person' if by_person else ''}",
        title=glue(_finding_by_person(rows) if by_person else _finding(rows)),
        subtitle=glue(_subtitle(rows, title, by_person=by_person)),
        alt=glue(_alternative(rows, title)),
        chart=_chart(rows, width, height),
        rows=rows.select(
            *("item_id", "n", "excess_share", "excess_share_lower", "excess_share_upper"),
            *("honest_sd_share", "skill_part_share", "stands_out", "marking", "text"),
        ),
        width=width,
    )


def _finding(rows: pl.DataFrame) -> str:
    out = rows.filter("is_accent")
    if not out.height:
        return _("No item stands out of what the results of the school imply")
    named = ", ".join(out["item_id"].to_list())
    return ngettext(
        "Item {items} is done better than the other items of the same pupils imply: {points} percentage "
        "points",
        "Items {items} are done better than the other items of the same pupils imply: {points} percentage "
        "points",
        out.height,
    ).format(items=named, points=_range(out))


def _range(rows: pl.DataFrame) -> str:
    points = sorted({signed_points(value) for value in rows["excess_share"]}, key=lambda t: (len(t), t))
    low, high = signed_points(rows["excess_share"].min()), signed_points(rows["excess_share"].max())  # type: ignore[arg-type]
    return low if len(points) == 1 else f"{low}…{high}"


def _finding_by_person(rows: pl.DataFrame) -> str:
    person, other = rows.filter("is_accent"), rows.filter(~pl.col("is_accent"))
    return _(
        "Items marked by a person are on average {person} percentage points off what the results imply, the "
        "others {other}"
    ).format(person=signed_points(_mean(person)), other=signed_points(_mean(other)))


def _mean(rows: pl.DataFrame) -> float | None:
    value = rows["excess_share"].mean()
    return value if isinstance(value, float) else None


def _subtitle(rows: pl.DataFrame, title: str, *, by_person: bool) -> str:
    n = int(rows["n"].max() or 0)  # type: ignore[arg-type]
    parts = [
        ngettext("{title}, {n} work.", "{title}, {n} works.", n).format(title=title, n=integer(n)),
        _(
            "0: as pupils with the same total scores do. Grey strips: where 95 of 100 ordinary schools "
            "would lie, around what the skill as a whole explains (dark stroke). Lines: 95 per cent "
            "intervals."
        ),
        _("Burnt orange diamonds: items marked by a person.")
        if by_person
        else _("Burnt orange, named: outside the usual spread."),
        _("A rise of all items of one skill is teaching and no question."),
    ]
    if (rows["n"] < FEW).any():
        parts.append(_("Hollow points: fewer than 10 pupils."))
    return " ".join(parts)


def _alternative(rows: pl.DataFrame, title: str) -> str:
    listed = "; ".join(
        _("item {item}: {points}").format(item=row["item_id"], points=signed_points(row["excess_share"]))
        for row in rows.filter("is_accent").iter_rows(named=True)
    )
    return _("Dot plot of {n} items against expectation. {title}. Marked: {listed}").format(
        n=rows.height, title=title, listed=listed or _("none")
    )


def _chart(rows: pl.DataFrame, width: int, height: int | None) -> alt.LayerChart:
    is_upright = (width - 60) / rows.height >= COLUMN and width >= NARROW
    reach = pl.col("honest_sd_share").fill_null(0) * Z95
    centre = pl.col("skill_part_share").fill_null(0)
    drawn = rows.select(
        item="item_id",
        excess="excess_share",
        low="excess_share_lower",
        high="excess_share_upper",
        band_low=centre - reach,
        band_high=centre + reach,
        centre=centre,
        stroke=pl.when("is_accent").then(pl.lit(ORANGE)).otherwise(pl.lit(BLUE)),
        shape=pl.when("is_accent").then(pl.lit("diamond")).otherwise(pl.lit("circle")),
        size=pl.when("is_accent").then(pl.lit(150)).otherwise(pl.lit(70)),
        fill=pl.when(pl.col("n") < FEW)
        .then(pl.lit(WHITE))
        .otherwise(pl.when("is_accent").then(pl.lit(ORANGE)).otherwise(pl.lit(BLUE))),
    )
    order = drawn["item"].to_list()
    ends = [float(drawn[c].min() or 0) for c in ("low", "band_low")] + [  # type: ignore[arg-type]
        float(drawn[c].max() or 0)  # type: ignore[arg-type]
        for c in ("high", "band_high")
    ]
    scale = alt.Scale(domain=[min(ends) - 0.02, max(ends) + 0.02], nice=False)
    left = (
        text_width("−40 %", LABEL_SIZE) + 10
        if is_upright
        else max(text_width(i, LABEL_SIZE) for i in order) + 12
    )
    inner = (
        (width - left - 16, float(height or 240))
        if is_upright
        else (width - left - 24, float(height or ROW * len(order)))
    )
    items_axis = (
        alt.Axis(title=_("item"), labelAngle=0, grid=False, ticks=False)
        if is_upright
        else alt.Axis(title=None, minExtent=left, maxExtent=left, grid=False, ticks=False, domain=False)
    )
    words = _("beyond the expected, share of the item's points")
    points_axis = (
        alt.Axis(**caption_above(words, left=left), format=".0%", tickCount=6)
        if is_upright
        else alt.Axis(title=words, format=".0%", tickCount=5, orient="top", grid=True)
    )
    place, along = ("x", "y") if is_upright else ("y", "x")
    channel = {"x": alt.X, "y": alt.Y}
    where: dict[str, Any] = {
        place: channel[place]("item:N", sort=order, scale=alt.Scale(padding=0.35), axis=items_axis)
    }

    def on(name: str) -> dict[str, Any]:
        return where | {along: channel[along](f"{name}:Q", scale=scale, axis=points_axis)}

    rule = {f"{along}2": "high:Q"}
    chart = alt.Chart(values(drawn))
    zero = alt.Chart(values(pl.DataFrame({"zero": [0.0]}))).mark_rule(color=GREY)
    layers = [
        chart.mark_bar(color=BAND).encode(**on("band_low"), **{f"{along}2": "band_high:Q"}),
        zero.encode(**{along: channel[along]("zero:Q", scale=scale, axis=points_axis)}),
        chart.mark_tick(color=GREY, thickness=2, size=13).encode(**on("centre")),
        chart.mark_rule(strokeWidth=1.4, color=LIGHT if rows.height > 60 else GREY).encode(
            **on("low"), **rule
        ),
        chart.mark_point(opacity=1, strokeWidth=1.6).encode(
            **on("excess"),
            stroke=alt.Stroke("stroke:N", scale=None),
            fill=alt.Fill("fill:N", scale=None),
            shape=alt.Shape("shape:N", scale=None),
            size=alt.Size("size:Q", scale=None),
        ),
    ]
    return finished(layers, width=inner[0], height=inner[1])
