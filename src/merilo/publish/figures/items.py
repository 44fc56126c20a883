"""Items of one procedure: how each was done, against the rule for its level."""

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
    ORANGE,
    WHITE,
    Figure,
    caption_above,
    finished,
    values,
)
from merilo.publish.fonts import text_width
from merilo.publish.typography import glue, integer, percent

_ = translator("publish")
ngettext = plural_translator("publish")

# FIOKO's recommendations to schools: below the band the level is insufficient, above it sufficient.
RULE_BANDS = {"basic": (0.57, 0.60), "raised": (0.285, 0.30), "high": (0.285, 0.30)}
FEW = 10  # pupils; a point from fewer is hollow
ROW = 21.0  # pixels for an item lying on its side
COLUMN = 24.0  # pixels an upright item needs


def items_figure(
    tables: Mapping[str, pl.DataFrame], procedure_id: str, *, width: int = 760, height: int | None = None
) -> Figure | None:
    """Mean share of the points for every item; None for a procedure without items."""
    if "items" not in tables:
        return None
    rows = tables["items"].filter(
        (pl.col("procedure_id") == procedure_id) & pl.col("mean_share").is_not_null()
    )
    known = tables["procedures"].filter(pl.col("procedure_id") == procedure_id)
    if not rows.height or not known.height:
        return None
    rows = rows.sort("position", "item_id", nulls_last=True)
    return Figure(
        id=f"items-{procedure_id}",
        title=glue(items_finding(rows)),
        subtitle=glue(_subtitle(rows, known.row(0, named=True))),
        alt=glue(_alternative(rows, known.row(0, named=True))),
        chart=_chart(_marked(rows), width, height),
        rows=rows.select("item_id", "n", "level", "mean_share", "item_rule", "text"),
        width=width,
    )


def items_finding(rows: pl.DataFrame) -> str:
    """What the items say, in one sentence."""
    judged = rows.drop_nulls("item_rule")
    weak = judged.filter(pl.col("item_rule") == "insufficient")
    basic = weak.filter(pl.col("level") == "basic").height
    if not judged.height:
        return _("How each item was done")
    if not weak.height:
        return _("Every item is done at a sufficient level or lies on the border")
    sentence = ngettext(
        "{weak} item of {total} is below its level",
        "{weak} items of {total} are below their level",
        weak.height,
    ).format(weak=weak.height, total=judged.height)
    if not basic:
        return sentence
    if basic == weak.height == 1:
        return sentence + _(", a basic one")
    if basic == weak.height:
        return sentence + _(", all of them basic")
    return sentence + ngettext(", {basic} of them is basic", ", {basic} of them are basic", basic).format(
        basic=basic
    )


def _subtitle(rows: pl.DataFrame, procedure: Mapping[str, object]) -> str:
    n = rows["n"].max()
    count = n if isinstance(n, int) else 0
    works = ngettext("{title}, {n} work.", "{title}, {n} works.", count).format(
        title=procedure["title"], n=integer(count)
    )
    rule = _(
        "Grey strips: the border of a sufficient level (57–60 per cent for basic items, 28.5–30 for the others). "
        "Higher is better. A weak item is a question to the teaching of the topic, not a verdict."
    )
    return f"{works} {rule}"


def _alternative(rows: pl.DataFrame, procedure: Mapping[str, object]) -> str:
    weak = rows.filter(pl.col("item_rule") == "insufficient")
    listed = "; ".join(
        _("item {item}: {share}").format(item=row["item_id"], share=percent(row["mean_share"]))
        for row in weak.iter_rows(named=True)
    )
    return _("Dot plot of {n} items. {title}. Below their level: {listed}").format(
        n=rows.height, title=procedure["title"], listed=listed or _("none")
    )


def _marked(rows: pl.DataFrame) -> pl.DataFrame:
    low = {level: band[0] for level, band in RULE_BANDS.items()}
    high = {level: band[1] for level, band in RULE_BANDS.items()}
    return rows.select(
        item=pl.col("item_id"),
        share=pl.col("mean_share"),
        n=pl.col("n"),
        low=pl.col("level").replace_strict(low, default=None, return_dtype=pl.Float64),
        high=pl.col("level").replace_strict(high, default=None, return_dtype=pl.Float64),
        stroke=pl.when(pl.col("item_rule") == "insufficient")
        .then(pl.lit(ORANGE))
        .when(pl.col("item_rule") == "uncertain")
        .then(pl.lit(GREY))
        .otherwise(pl.lit(BLUE)),
        label=pl.Series(
            [
                _label(row["mean_share"], low.get(row["level"]))
                if row["item_rule"] == "insufficient"
                else None
                for row in rows.iter_rows(named=True)
            ],
            dtype=pl.String,
        ),
    ).with_columns(
        fill=pl.when(pl.col("n") < FEW).then(pl.lit(WHITE)).otherwise("stroke"),
        stroke=pl.when(pl.col("n") < FEW).then("stroke").otherwise(pl.lit(WHITE)),
    )


def _label(share: float, low: float | None) -> str:
    """The share; with a digit more where rounding would set it on the border that it lies below."""
    return percent(share, 1 if low is not None and round(share, 2) >= low else 0)


def _chart(rows: pl.DataFrame, width: int, height: int | None) -> alt.LayerChart:
    is_upright = (width - 60) / rows.height >= COLUMN
    order = rows["item"].to_list()
    if is_upright:
        left = text_width(percent(1), LABEL_SIZE) + 10
        inner = (width - left - 16, float(height or 280))
    else:
        left = max(text_width(item, LABEL_SIZE) for item in order) + 12
        inner = (width - left - 30, float(height or ROW * rows.height))
    items, shares = _axes(is_upright, left)
    place, share = ("x", "y") if is_upright else ("y", "x")
    channel: dict[str, Any] = {"x": alt.X, "y": alt.Y}
    scale = alt.Scale(domain=[0, 1], nice=False)
    where = {place: channel[place]("item:N", sort=order, scale=alt.Scale(padding=0), axis=items)}
    at = where | {share: channel[share]("share:Q", scale=scale, axis=shares)}
    strip = where | {share: channel[share]("low:Q", scale=scale, axis=shares), f"{share}2": "high:Q"}
    aside: dict[str, Any] = {"dy": 13} if is_upright else {"dx": 9, "align": "left"}
    bands = alt.Chart(values(rows.drop_nulls("low"))).mark_bar(color=BAND, stroke=BAND)
    points = alt.Chart(values(rows)).mark_point(size=105, opacity=1, strokeWidth=1.8)
    words = alt.Chart(values(rows.drop_nulls("label"))).mark_text(color=ORANGE, **aside)
    layers = [
        bands.encode(**strip),
        points.encode(**at, stroke=alt.Stroke("stroke:N", scale=None), fill=alt.Fill("fill:N", scale=None)),
        words.encode(**at, text="label:N"),
    ]
    return finished(layers, width=inner[0], height=inner[1])


def _axes(is_upright: bool, left: float) -> tuple[alt.Axis, alt.Axis]:
    """Axis of the items and axis of the shares; `left` pixels stand before the picture."""
    shares: dict[str, Any] = {"format": ".0%", "values": [0, 0.2, 0.4, 0.6, 0.8, 1]}
    words = _("share of the points")
    if is_upright:
        return (
            alt.Axis(title=_("item"), labelAngle=0, grid=False, ticks=False),
            alt.Axis(**caption_above(words, left=left), **shares),
        )
    return (
        alt.Axis(title=None, minExtent=left, maxExtent=left, grid=False),
        alt.Axis(title=words, grid=True, orient="top", **shares),
    )
