"""How alike the works of a school's classes are: pairs by likeness, and the classes one by one."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import polars as pl

from merilo.language import plural_translator, translator
from merilo.publish.figures.figure import (
    BAND,
    BLUE,
    DASHES,
    INK,
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
from merilo.publish.figures.labels import Spot, place_labels
from merilo.publish.fonts import text_width
from merilo.publish.pictured import SCHOOL_LIKENESS
from merilo.publish.typography import MINUS, decimal, glue, integer, percent
from merilo.publish.words import natural_key

_ = translator("explanation")
ngettext = plural_translator("explanation")

ALIKE = 2.0  # pairs from here on are more alike than 97.5 % of pairs by chance
FEW = 10
STEP = 0.5
ROW = 20.0
NAMED = 6


def likeness_figure(
    tables: Mapping[str, pl.DataFrame],
    org_id: str,
    *,
    stands_out: bool = False,
    width: int = 760,
    height: int | None = None,
) -> Figure | None:
    """Pairs of works of one class by how alike they are, all classes and procedures; None where unknown."""
    rows = tables.get(SCHOOL_LIKENESS, pl.DataFrame())
    if not rows.height:
        return None
    rows = rows.filter(pl.col("org_id") == org_id).sort("likeness_from")
    total = float(rows["pairs_n"].sum() or 0)
    if rows["pairs_n"].drop_nulls().len() < 3 or not total:
        return None
    shares = rows.with_columns(
        share=pl.col("pairs_n") / total,
        usual_share=pl.col("expected_n") / float(rows["expected_n"].sum() or 1),
    )
    return Figure(
        id=f"likeness-{org_id}",
        title=glue(_finding(shares)),
        subtitle=glue(_subtitle(total, has_hidden=rows["pairs_n"].null_count() > 0)),
        alt=glue(_("Bar chart of pairs of works by likeness. {finding}").format(finding=_finding(shares))),
        chart=_bars(shares, width, height or 190, stands_out=stands_out),
        rows=rows.select("likeness_from", "pairs_n", "expected_n"),
        width=width,
    )


def _finding(shares: pl.DataFrame) -> str:
    alike = shares.filter(pl.col("likeness_from") >= ALIKE)
    if alike["pairs_n"].null_count():
        return _("Few pairs of works are more alike than their results imply")
    return _(
        "{share} of the pairs of classmates' works are much more alike than their results imply; in all "
        "classes {usual}"
    ).format(
        share=percent(float(alike["share"].sum()), 1), usual=percent(float(alike["usual_share"].sum()), 1)
    )


def _subtitle(total: float, *, has_hidden: bool) -> str:
    n = round(total)
    parts = [
        ngettext("All classes and procedures, {n} pair.", "All classes and procedures, {n} pairs.", n).format(
            n=integer(n)
        ),
        _(
            "0: as many answers in common as the two results imply; the further right, the more alike, in "
            "standard deviations. Dashes: the pairs of all classes of the run. No pair and no pupil can be "
            "found here."
        ),
    ]
    if has_hidden:
        parts.append(_("Bars of fewer than 5 pairs are left out."))
    return " ".join(parts)


def _bars(shares: pl.DataFrame, width: int, height: int, *, stands_out: bool) -> alt.LayerChart:
    borders = shares["likeness_from"].to_list()
    drawn = shares.with_columns(
        name=pl.Series([_border(v, v == borders[0], v == borders[-1]) for v in borders]),
        kind=pl.when(pl.col("likeness_from") >= ALIKE).then(pl.lit("alike")).otherwise(pl.lit("plain")),
    ).select("name", "share", "usual_share", "kind")
    left = text_width(percent(0.25), LABEL_SIZE) + 12
    inner = width - left - 16
    x = alt.X(
        "name:N",
        sort=drawn["name"].to_list(),
        scale=alt.Scale(paddingInner=0.12, paddingOuter=0.1),
        axis=alt.Axis(
            title=_("likeness beyond the results, from"),
            labelAngle=0,
            ticks=False,
            labelOverlap=width < NARROW,
        ),
    )
    y = alt.Y(
        "share:Q", axis=alt.Axis(**caption_above(_("share of pairs"), left=left), tickCount=4, format=".0%")
    )
    colour = alt.Color(
        "kind:N",
        scale=alt.Scale(domain=["plain", "alike"], range=[LIGHT, ORANGE if stands_out else BLUE]),
        legend=None,
    )
    bars = alt.Chart(values(drawn.drop_nulls("share"))).mark_bar().encode(x=x, y=y, color=colour)
    usual = (
        alt.Chart(values(drawn.drop_nulls("usual_share")))
        .mark_line(color=INK, strokeWidth=1.6, strokeDash=DASHES, interpolate="monotone")
        .encode(x=x, y="usual_share:Q")
    )
    return finished([bars, usual], width=inner, height=height)


def _border(value: float, first: bool, last: bool) -> str:
    """The lower border of a bin as a label; the first and the last bin are open."""
    border = value + STEP if first else value
    words = f"{MINUS}{decimal(-border, 1)}" if border < 0 else decimal(border, 1)
    return f"< {words}" if first else f"≥ {words}" if last else words


def classes_figure(
    tables: Mapping[str, pl.DataFrame], org_id: str, *, width: int = 760, height: int | None = None
) -> Figure | None:
    """Every class in every procedure by how alike its works are; None where no class can be compared."""
    if "evidence_classes" not in tables:
        return None
    rows = tables["evidence_classes"].filter(pl.col("org_id") == org_id, pl.col("z").is_not_null())
    if not rows.height:
        return None
    titles = tables["procedures"].select("procedure_id", "title", "subject_name")
    rows = rows.join(titles, on="procedure_id", how="left").sort("procedure_id", "class_id")
    out = rows.filter(pl.col("z") >= ALIKE).sort("z", descending=True)
    return Figure(
        id=f"classes-{org_id}",
        title=glue(_classes_finding(rows, out)),
        subtitle=glue(
            _(
                "A point: a class in one procedure; further right: the works are more alike. Grey strip: 95 "
                "of 100 classes by chance. Hollow points: fewer than 10 works. One teacher's way of setting "
                "out solutions also makes works alike."
            )
        ),
        alt=glue(
            _("Dot plot of {n} classes by likeness. Outside the strip: {listed}").format(
                n=rows.height,
                listed="; ".join(_named(row) for row in out.head(NAMED).iter_rows(named=True)) or _("none"),
            )
        ),
        chart=_dots(rows, width, height),
        rows=rows.select("title", "class_id", "n", "agreement_share", "expected_share", "z"),
        width=width,
    )


def _classes_finding(rows: pl.DataFrame, out: pl.DataFrame) -> str:
    expected = max(1, round(rows.height * 0.025))
    if not out.height:
        return _("In no class are the works more alike than chance and results imply")
    return ngettext(
        "In {out} case of {total} the works of a class are more alike than usual (about {chance} by chance)",
        "In {out} cases of {total} the works of a class are more alike than usual (about {chance} by chance)",
        out.height,
    ).format(out=integer(out.height), total=integer(rows.height), chance=integer(expected))


def _named(row: Mapping[str, object]) -> str:
    return f"{row['class_id']}, {row['title']} ({decimal(float(str(row['z'])), 1)})"


def _dots(rows: pl.DataFrame, width: int, height: int | None) -> alt.LayerChart:
    order = sorted(rows["class_id"].unique().to_list(), key=natural_key)
    left = max(text_width(name, LABEL_SIZE) for name in order) + 12
    inner = (width - left - 24, float(height or ROW * max(len(order), 2)))
    low, high = min(-3.0, float(rows["z"].min() or 0) - 0.3), max(3.0, float(rows["z"].max() or 0) + 0.5)  # type: ignore[arg-type]
    drawn = rows.select(
        name="class_id",
        z="z",
        stroke=pl.when(pl.col("z") >= ALIKE).then(pl.lit(ORANGE)).otherwise(pl.lit(BLUE)),
        fill=pl.when(pl.col("n") < FEW)
        .then(pl.lit(WHITE))
        .otherwise(pl.when(pl.col("z") >= ALIKE).then(pl.lit(ORANGE)).otherwise(pl.lit(BLUE))),
    )
    x_axis = alt.Axis(
        title=_("distance from ordinary classes (z)"), orient="top", grid=False, tickCount=7, format="d"
    )
    x = alt.X("z:Q", scale=alt.Scale(domain=[low, high], nice=False), axis=x_axis)
    y = alt.Y(
        "name:N",
        sort=order,
        scale=alt.Scale(padding=0.2),
        axis=alt.Axis(title=None, minExtent=left, maxExtent=left, grid=True, ticks=False, domain=False),
    )
    strip = alt.Chart(values(pl.DataFrame({"low": [-ALIKE], "high": [ALIKE]}))).mark_rect(color=BAND)
    points = alt.Chart(values(drawn)).mark_point(size=75, opacity=1, strokeWidth=1.6)
    layers = [
        strip.encode(
            x=alt.X("low:Q", scale=alt.Scale(domain=[low, high], nice=False), axis=x_axis), x2="high:Q"
        ),
        points.encode(
            x=x, y=y, stroke=alt.Stroke("stroke:N", scale=None), fill=alt.Fill("fill:N", scale=None)
        ),
    ]
    if width >= NARROW:
        layers.append(_labels(rows, order, (low, high), inner))
    return finished(layers, width=inner[0], height=inner[1])


def _labels(
    rows: pl.DataFrame, order: list[str], ends: tuple[float, float], inner: tuple[float, float]
) -> alt.Chart:
    each = inner[1] / len(order)

    def spot(row: Mapping[str, object], text: str) -> Spot:
        z = float(str(row["z"]))
        return Spot(
            (z - ends[0]) / (ends[1] - ends[0]) * inner[0],
            (order.index(str(row["class_id"])) + 0.5) * each,
            text,
        )

    every = [spot(row, "") for row in rows.iter_rows(named=True)]
    far = rows.filter(pl.col("z") >= ALIKE).sort("z", descending=True).head(NAMED)
    asked = [spot(row, str(row["subject_name"] or row["title"])) for row in far.iter_rows(named=True)]
    placed = place_labels(asked, every, width=inner[0], height=inner[1])
    frame = pl.DataFrame(
        [(one.x, one.y, one.text) for one in placed],
        schema={"x": pl.Float64, "y": pl.Float64, "text": pl.String},
        orient="row",
    )
    words: alt.Chart = (
        alt.Chart(values(frame))
        .mark_text(
            align="left", baseline="middle", color=ORANGE, x=alt.expr("datum.x"), y=alt.expr("datum.y")
        )
        .encode(text="text:N")
    )
    return words
