"""Items of one procedure: how each was done, against the rule for its level."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from typing import Any

import altair as alt
import polars as pl

from merilo.definitions import Definitions, load_definitions
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
from merilo.publish.figures.labels import Spot, place_labels
from merilo.publish.fonts import text_width
from merilo.publish.typography import glue, integer, percent
from merilo.publish.words import code_words

_ = translator("publish")
ngettext = plural_translator("publish")

Bands = Mapping[str, tuple[float, float]]  # level -> (insufficient below, sufficient from), shares
LEVELS = ("basic", "raised", "high")
FEW = 10  # pupils; a point from fewer is hollow
ROW = 21.0  # pixels for an item lying on its side
COLUMN = 24.0  # pixels an upright item needs


def items_figure(
    tables: Mapping[str, pl.DataFrame],
    procedure_id: str,
    *,
    width: int = 760,
    height: int | None = None,
    definitions: Definitions | None = None,
) -> Figure | None:
    """Mean share of the points for every item; None for a procedure without items.

    definitions: whose rules for items the strips show; the shipped ones unless said otherwise.
    """
    if "items" not in tables:
        return None
    rows = tables["items"].filter(
        (pl.col("procedure_id") == procedure_id) & pl.col("mean_share").is_not_null()
    )
    known = tables["procedures"].filter(pl.col("procedure_id") == procedure_id)
    if not rows.height or not known.height:
        return None
    rows = rows.sort("position", "item_id", nulls_last=True)
    bands = _bands(rows, definitions or _shipped())
    return Figure(
        id=f"items-{procedure_id}",
        title=glue(items_finding(rows)),
        subtitle=glue(_subtitle(rows, known.row(0, named=True), bands)),
        alt=glue(_alternative(rows, known.row(0, named=True))),
        chart=_chart(_marked(rows, bands), width, height),
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


@cache
def _shipped() -> Definitions:
    return load_definitions()


def _bands(rows: pl.DataFrame, definitions: Definitions) -> Bands:
    """The borders of the levels that the items have."""
    rules = [definitions.item_rule(level) for level in LEVELS if level in rows["level"]]
    return {rule.level: (rule.insufficient_below, rule.sufficient_from) for rule in rules if rule is not None}


def _band_words(bands: Bands) -> str:
    """«базовый: 57–60 %; повышенный, высокий: 28,5–30 %»."""
    words = code_words()["level"]
    levels: dict[tuple[float, float], list[str]] = {}
    for level, band in bands.items():
        levels.setdefault(band, []).append(words[level])
    return "; ".join(
        f"{', '.join(names)}: {_brief(low).rstrip('%').rstrip()}–{_brief(high)}"
        for (low, high), names in levels.items()
    )


def _brief(share: float) -> str:
    """A share with a digit after the comma only where it has one."""
    return percent(share, 0 if math.isclose(100 * share, round(100 * share)) else 1)


def _subtitle(rows: pl.DataFrame, procedure: Mapping[str, object], bands: Bands) -> str:
    n = rows["n"].max()
    count = n if isinstance(n, int) else 0
    works = ngettext("{title}, {n} work.", "{title}, {n} works.", count).format(
        title=procedure["title"], n=integer(count)
    )
    parts = [works]
    if bands:
        parts.append(
            _("Grey strips: the border of a sufficient level ({bands}).").format(bands=_band_words(bands))
        )
    if (rows["item_rule"] == "uncertain").any():
        parts.append(_("A grey point lies on the border: the rule does not judge it."))
    if (rows["n"] < FEW).any():
        parts.append(_("Hollow points: fewer than 10 pupils."))
    parts.append(
        _("Higher is better. A weak item is a question to the teaching of the topic, not a verdict.")
    )
    return " ".join(parts)


def _alternative(rows: pl.DataFrame, procedure: Mapping[str, object]) -> str:
    weak = rows.filter(pl.col("item_rule") == "insufficient")
    listed = "; ".join(
        _("item {item}: {share}").format(item=row["item_id"], share=percent(row["mean_share"]))
        for row in weak.iter_rows(named=True)
    )
    return _("Dot plot of {n} items. {title}. Below their level: {listed}").format(
        n=rows.height, title=procedure["title"], listed=listed or _("none")
    )


def _marked(rows: pl.DataFrame, bands: Bands) -> pl.DataFrame:
    low = {level: band[0] for level, band in bands.items()}
    high = {level: band[1] for level, band in bands.items()}
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
    bands = alt.Chart(values(rows.drop_nulls("low"))).mark_bar(color=BAND, stroke=BAND)
    points = alt.Chart(values(rows)).mark_point(size=105, opacity=1, strokeWidth=1.8)
    words = alt.Chart(values(_placed(rows, inner, is_upright=is_upright))).mark_text(
        color=ORANGE, align="left", baseline="middle", x=alt.expr("datum.x"), y=alt.expr("datum.y")
    )
    layers = [
        bands.encode(**strip),
        points.encode(**at, stroke=alt.Stroke("stroke:N", scale=None), fill=alt.Fill("fill:N", scale=None)),
        words.encode(text="label:N"),
    ]
    return finished(layers, width=inner[0], height=inner[1])


def _placed(rows: pl.DataFrame, inner: tuple[float, float], *, is_upright: bool) -> pl.DataFrame:
    """(x, y, label): pixels of the left middle of every label that has a free place."""
    spots = []
    for place, row in enumerate(rows.iter_rows(named=True)):
        along, share = (place + 0.5) / rows.height, row["share"]
        x, y = (along, 1 - share) if is_upright else (share, along)
        spots.append(Spot(x * inner[0], y * inner[1], row["label"] or ""))
    placed = place_labels(
        [spot for spot in spots if spot.text], spots, width=inner[0], height=inner[1], below_first=is_upright
    )
    columns = {"x": pl.Float64, "y": pl.Float64, "label": pl.String}
    return pl.DataFrame([(spot.x, spot.y, spot.text) for spot in placed], schema=columns, orient="row")


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
