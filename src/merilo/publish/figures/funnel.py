"""Schools against their size: which lie outside the spread that is usual for schools of such a size."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import altair as alt
import numpy as np
import polars as pl

from merilo.language import plural_translator, translator
from merilo.publish.figures.figure import (
    BAND,
    BLUE,
    GREY,
    INK,
    LABEL_SIZE,
    WHITE,
    Figure,
    caption_above,
    finished,
    ticks,
    values,
)
from merilo.publish.figures.labels import Spot, place_labels
from merilo.publish.fonts import text_width
from merilo.publish.typography import decimal, glue, integer

_ = translator("publish")
ngettext = plural_translator("publish")

Z95 = 1.959963984540054
FEW = 10  # pupils; a point from fewer is hollow
FEWEST_SCHOOLS = 3


@dataclass(frozen=True, slots=True)
class Spread:
    """The usual spread of school means, per cent of the highest score.

    centre     mean over schools, weighted by precision
    between    standard deviation between schools
    within     standard deviation between pupils of one school
    """

    centre: float
    between: float
    within: float

    def limits(self, n: float) -> tuple[float, float]:
        """Where 95 per cent of schools with n pupils lie."""
        reach = Z95 * math.sqrt(self.between**2 + self.within**2 / n)
        return self.centre - reach, self.centre + reach


def funnel_figure(
    tables: Mapping[str, pl.DataFrame],
    procedure_id: str,
    *,
    width: int = 760,
    height: int | None = None,
    named: bool = True,
) -> Figure | None:
    """Mean result of every school against its number of pupils; None where the spread is unknown.

    named: write the names of the schools outside the limits (never in a public edition).
    """
    found = school_spread(tables, procedure_id)
    if found is None:
        return None
    rows, spread, procedure = found
    outside = rows.filter("outside").height
    return Figure(
        id=f"funnel-{procedure_id}",
        title=glue(funnel_finding(rows)),
        subtitle=glue(_subtitle(procedure, rows)),
        alt=glue(_alternative(procedure, rows, spread, outside=outside)),
        chart=_chart(rows, spread, width, height or round(min(max(width * 0.48, 240), 380)), named=named),
        rows=(rows if named else rows.drop("school")).sort("n"),
        width=width,
    )


def school_spread(
    tables: Mapping[str, pl.DataFrame], procedure_id: str
) -> tuple[pl.DataFrame, Spread, dict[str, object]] | None:
    """(school, n, percent, lower, upper, outside), the spread and the procedure; None where it is unknown."""
    known = tables["procedures"].filter(pl.col("procedure_id") == procedure_id)
    if "school_results" not in tables or not known.height:
        return None
    procedure = known.row(0, named=True)
    top, between, within = (
        procedure.get(name) for name in ("max_score", "school_sd_points", "pupil_sd_points")
    )
    rows = tables["school_results"].filter(
        (pl.col("procedure_id") == procedure_id) & pl.col("mean_points").is_not_null() & (pl.col("n") > 0)
    )
    if not top or between is None or within is None or rows.height < FEWEST_SCHOOLS:
        return None
    n = rows["n"].cast(pl.Float64).to_numpy()
    mean = 100 * rows["mean_points"].to_numpy() / top
    weight = 1 / (between**2 + within**2 / n)
    spread = Spread(float(np.sum(weight * mean) / weight.sum()), 100 * between / top, 100 * within / top)
    names = tables["organisations"].select("org_id", school="name") if "organisations" in tables else None
    table = rows.select("org_id", "n").with_columns(percent=pl.Series(mean))
    table = (
        table.join(names, on="org_id", how="left")
        if names is not None
        else table.with_columns(school="org_id")
    )
    limits = [spread.limits(size) for size in n]
    table = table.with_columns(
        lower=pl.Series([low for low, _high in limits]), upper=pl.Series([high for _low, high in limits])
    ).with_columns(outside=~pl.col("percent").is_between("lower", "upper"))
    return table.sort("org_id"), spread, procedure


def funnel_finding(rows: pl.DataFrame) -> str:
    """What the funnel says, in one sentence."""
    inside = rows.filter(~pl.col("outside")).height
    if inside == rows.height:
        return _("All {n} schools lie within the usual spread").format(n=inside)
    return ngettext(
        "{inside} school of {total} lies within the usual spread",
        "{inside} of {total} schools lie within the usual spread",
        inside,
    ).format(inside=inside, total=rows.height)


def _subtitle(procedure: Mapping[str, object], rows: pl.DataFrame) -> str:
    parts = [
        f"{procedure['title']}.",
        _(
            "The line is the mean over schools, the strip is where 95 per cent of schools of such a size lie. "
            "The smaller the school, the wider the strip: an extreme value is chance more often in a small school than "
            "in a large one. About 1 school in 20 lies outside the strip by chance. This is not a ranking."
        ),
    ]
    if rows.filter(pl.col("n") < FEW).height:
        parts.append(_("Hollow points: fewer than 10 pupils."))
    return " ".join(parts)


def _alternative(procedure: Mapping[str, object], rows: pl.DataFrame, spread: Spread, *, outside: int) -> str:
    return _(
        "Funnel plot of {schools} schools: mean per cent of the highest score against the number of pupils. "
        "{title}. Mean over schools {mean}; outside the strip: {outside}"
    ).format(
        schools=rows.height, title=procedure["title"], mean=decimal(spread.centre), outside=integer(outside)
    )


def _chart(rows: pl.DataFrame, spread: Spread, width: int, height: int, *, named: bool) -> alt.LayerChart:
    left = text_width("100", LABEL_SIZE) + 10
    inner = width - left - 20
    largest = float(rows["n"].max() or 1)  # type: ignore[arg-type]
    right = largest * 1.06 + 1
    bottom, top = _y_ends(rows, spread)
    band = _band(spread, float(rows["n"].min() or 1), right)  # type: ignore[arg-type]
    band = band.with_columns(pl.col("low", "high").clip(bottom, top))
    x = alt.X(
        "n:Q",
        scale=alt.Scale(domain=[0, right], nice=False),
        axis=alt.Axis(
            title=_("pupils who wrote the work in the school"),
            values=ticks(0, int(right), room=inner, each=36),
            format=",d",
            grid=False,
        ),
    )
    y_axis = alt.Axis(**caption_above(_("mean per cent of the highest score"), left=left), tickCount=6)
    y = alt.Y("percent:Q", scale=alt.Scale(domain=[bottom, top], nice=False, zero=False), axis=y_axis)
    points = rows.select(
        "n", "percent", stroke=pl.when("outside").then(pl.lit(BLUE)).otherwise(pl.lit(GREY))
    ).with_columns(
        fill=pl.when(pl.col("n") < FEW).then(pl.lit(WHITE)).otherwise("stroke"),
        stroke=pl.when(pl.col("n") < FEW).then("stroke").otherwise(pl.lit(WHITE)),
    )
    layers = [
        alt.Chart(values(band))
        .mark_area(color=BAND, opacity=0.75)
        .encode(x=x, y=alt.Y("low:Q"), y2="high:Q"),
        alt.Chart(values(pl.DataFrame({"percent": [spread.centre]}))).mark_rule(color=GREY).encode(y=y),
        alt.Chart(values(points))
        .mark_point(size=85, opacity=1, strokeWidth=1.4)
        .encode(x=x, y=y, stroke=alt.Stroke("stroke:N", scale=None), fill=alt.Fill("fill:N", scale=None)),
    ]
    if named:
        layers += _labels(rows, x, y, (right, bottom, top), (inner, float(height)))
    return finished(layers, width=inner, height=height)


def _band(spread: Spread, smallest: float, right: float) -> pl.DataFrame:
    """(n, low, high): the strip from a little left of the smallest school to the right edge."""
    sizes = np.unique(np.r_[np.geomspace(max(smallest * 0.8, 1), right, 60), right])
    limits = [spread.limits(float(size)) for size in sizes]
    return pl.DataFrame({"n": sizes, "low": [low for low, _ in limits], "high": [high for _, high in limits]})


def _y_ends(rows: pl.DataFrame, spread: Spread) -> tuple[float, float]:
    """A domain that holds every point and the strip of a school of 10, in tens."""
    low, high = spread.limits(FEW)
    lowest = min(low, float(rows["percent"].min() or 0))  # type: ignore[arg-type]
    highest = max(high, float(rows["percent"].max() or 100))  # type: ignore[arg-type]
    return max(0.0, math.floor((lowest - 2) / 10) * 10.0), min(100.0, math.ceil((highest + 2) / 10) * 10.0)


def _labels(
    rows: pl.DataFrame, x: alt.X, y: alt.Y, ends: tuple[float, float, float], room: tuple[float, float]
) -> list[alt.Chart]:
    right, bottom, top = ends

    def pixel(n: float, percent: float) -> tuple[float, float]:
        return n / right * room[0], (top - percent) / (top - bottom) * room[1]

    every = [Spot(*pixel(row["n"], row["percent"]), "") for row in rows.iter_rows(named=True)]
    outside = rows.filter("outside").sort("n", descending=True)
    asked = [
        Spot(*pixel(row["n"], row["percent"]), row["school"] or "") for row in outside.iter_rows(named=True)
    ]
    placed = place_labels(asked, every, width=room[0], height=room[1])
    frame = pl.DataFrame(
        [{"px": label.x, "py": label.y, "text": label.text} for label in placed],
        schema={"px": pl.Float64, "py": pl.Float64, "text": pl.String},
    ).with_columns(n=pl.col("px") / room[0] * right, percent=top - pl.col("py") / room[1] * (top - bottom))
    if not frame.height:
        return []
    text = alt.Chart(values(frame.select("n", "percent", "text")))
    return [text.mark_text(align="left", baseline="middle", color=INK).encode(x=x, y=y, text="text:N")]


__all__ = ["Spread", "funnel_figure", "funnel_finding", "school_spread"]
