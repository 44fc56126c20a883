"""Marks of a school's works against the marks of the journal, beside the other schools."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import polars as pl

from merilo.language import plural_translator, translator
from merilo.publish.figures.figure import (
    BLUE,
    INK,
    LABEL_SIZE,
    ORANGE,
    WORDS,
    Figure,
    finished,
    values,
)
from merilo.publish.fonts import text_width
from merilo.publish.pictured import SCHOOL_MARKS
from merilo.publish.typography import glue, integer, percent

_ = translator("explanation")
ngettext = plural_translator("explanation")

ROW = 46.0


def shift_words() -> dict[int, str]:
    """The mark of the work against the journal's, in words."""
    return {-1: _("lower than in the journal"), 0: _("the same"), 1: _("higher than in the journal")}


def journal_figure(
    tables: Mapping[str, pl.DataFrame],
    org_id: str,
    *,
    stands_out: bool = False,
    width: int = 760,
    height: int | None = None,
) -> Figure | None:
    """Shares of works marked lower, the same and higher than the journal; None where there are no journal marks."""
    rows = tables.get(SCHOOL_MARKS, pl.DataFrame())
    if not rows.height:
        return None
    rows = rows.filter(pl.col("org_id") == org_id).sort("shift")
    total = int(rows["n"].sum())
    if rows["n"].null_count() or not total:
        return None
    shares = rows.with_columns(share=pl.col("n") / total)
    return Figure(
        id=f"journal-{org_id}",
        title=glue(_finding(shares)),
        subtitle=glue(
            ngettext(
                "All procedures together, {n} work with a journal mark.",
                "All procedures together, {n} works with a journal mark.",
                total,
            ).format(n=integer(total))
            + " "
            + _(
                "Bars: the school; black strokes: the other schools of the run. Strict journals and "
                "generous works look the same here: it says only that the two do not go together as "
                "elsewhere."
            )
        ),
        alt=glue(_alternative(shares)),
        chart=_chart(shares, width, height or ROW * 3, stands_out=stands_out),
        rows=rows.select("shift", "n", "usual_share"),
        width=width,
    )


def _finding(shares: pl.DataFrame) -> str:
    higher = shares.filter(pl.col("shift") == 1).row(0, named=True)
    said = _("The mark of the work is higher than the journal's in {share} of works").format(
        share=percent(higher["share"])
    )
    if higher["usual_share"] is not None:
        said += _("; in other schools in {usual}").format(usual=percent(higher["usual_share"]))
    return said


def _alternative(shares: pl.DataFrame) -> str:
    words = shift_words()
    listed = "; ".join(
        _("{words}: {share}, others {usual}").format(
            words=words[row["shift"]], share=percent(row["share"]), usual=percent(row["usual_share"])
        )
        for row in shares.iter_rows(named=True)
    )
    return _("Bar chart of marks against the journal. {listed}").format(listed=listed)


def _chart(shares: pl.DataFrame, width: int, height: float, *, stands_out: bool) -> alt.LayerChart:
    words = shift_words()
    drawn = shares.select(
        name=pl.col("shift").replace_strict(words, return_dtype=pl.String),
        share="share",
        usual="usual_share",
        label=pl.col("share").map_elements(percent, return_dtype=pl.String),
        at=pl.max_horizontal("share", pl.col("usual_share").fill_null(0)),
        colour=pl.when((pl.col("shift") == 1) & pl.lit(stands_out))
        .then(pl.lit(ORANGE))
        .otherwise(pl.lit(BLUE)),
    )
    return share_bars(drawn, width, height)


def share_bars(drawn: pl.DataFrame, width: int, height: float) -> alt.LayerChart:
    """Horizontal bars of shares with a stroke for the others. drawn: name, share, usual, label, at, colour."""
    order = drawn["name"].to_list()
    left = max(text_width(name, LABEL_SIZE) for name in order) + 12
    inner = width - left - 24
    top = min(1.0, max(float(drawn["at"].max() or 0.1), 0.05))  # type: ignore[arg-type]
    room = text_width("100 %", LABEL_SIZE) + 14
    x = alt.X(
        "share:Q",
        scale=alt.Scale(domain=[0, top * inner / (inner - room)], nice=False),
        axis=alt.Axis(title=None, format=".0%", tickCount=4, grid=True, orient="top"),
    )
    y = alt.Y(
        "name:N",
        sort=order,
        scale=alt.Scale(paddingInner=0.4, paddingOuter=0.2),
        axis=alt.Axis(title=None, minExtent=left, maxExtent=left, grid=False, ticks=False, domain=False),
    )
    each = height / len(order)
    known, usual = values(drawn.drop_nulls("share")), values(drawn.drop_nulls("usual"))
    layers = [
        alt.Chart(known).mark_bar().encode(x=x, y=y, color=alt.Color("colour:N", scale=None)),
        alt.Chart(usual).mark_tick(color=INK, thickness=2.6, size=each * 0.82).encode(x="usual:Q", y=y),
        alt.Chart(values(drawn))
        .mark_text(align="left", baseline="middle", dx=8, color=WORDS, fontWeight="bold")
        .encode(x="at:Q", y=y, text="label:N"),
    ]
    return finished(layers, width=inner, height=height)
