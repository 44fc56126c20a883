"""What the evidence on objectivity says of the schools of an authority together: how many, none by name."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import polars as pl

from merilo.language import plural_translator, translator
from merilo.publish.figures.figure import (
    BAND,
    BLUE,
    GREY,
    INK,
    LABEL_SIZE,
    LIGHT,
    ORANGE,
    Figure,
    finished,
    values,
)
from merilo.publish.fonts import text_width
from merilo.publish.objectivity_totals import OBJECTIVITY_TOTALS
from merilo.publish.standing import standing_words
from merilo.publish.typography import glue, integer

_ = translator("report")
_n = plural_translator("report")

COLOURS = {"high_culture": BLUE, "nothing": LIGHT, "attention": GREY, "verify": ORANGE, "little": BAND}
ROW = 30.0  # pixels of a bar with its room


def objectivity_figure(tables: Mapping[str, pl.DataFrame], *, width: int = 760) -> Figure | None:
    """Bars: schools by what their evidence says. tables: with `objectivity_totals`; None where nothing was counted."""
    totals = tables.get(OBJECTIVITY_TOTALS, pl.DataFrame())
    rows = totals.filter(pl.col("about") == "standing") if totals.height else totals
    if not rows.height:
        return None
    rows = rows.select(
        pl.col("what").replace_strict(standing_words()).alias("says"),
        pl.col("what"),
        "schools_n",
        "of_n",
    )
    # What no school has needs no bar; "to be verified" is told even then.
    rows = rows.filter((pl.col("schools_n") > 0) | (pl.col("what") == "verify"))
    counts = dict(rows.select("what", "schools_n").iter_rows())
    calm = counts.get("high_culture", 0) + counts.get("nothing", 0)
    of = int(rows["of_n"][0])
    return Figure(
        id="objectivity-schools",
        title=glue(
            _("Nothing asks to be verified: {calm} of {n} schools; to be verified: {verify}").format(
                calm=integer(calm), n=integer(of), verify=integer(counts.get("verify", 0))
            )
        ),
        subtitle=glue(
            _n(
                "Number of schools by what all evidence of all procedures together says; {n} school. A request to "
                "verify is not a conclusion: the school explains first.",
                "Number of schools by what all evidence of all procedures together says; {n} schools. A request to "
                "verify is not a conclusion: the school explains first.",
                of,
            ).format(n=integer(of))
        ),
        alt=glue(
            _("Bar chart of numbers of schools. {listed}").format(
                listed="; ".join(
                    f"{says}: {integer(n)}" for says, n in rows.select("says", "schools_n").iter_rows()
                )
            )
        ),
        chart=_chart(rows, width),
        rows=rows.select("says", "schools_n", "of_n"),
        width=width,
    )


def _chart(rows: pl.DataFrame, width: int) -> alt.LayerChart:
    names = rows["says"].to_list()
    left = max(text_width(name, LABEL_SIZE) for name in names) + 12
    inner = width - left - 16
    top = max(int(rows["schools_n"].max() or 1), 1)  # type: ignore[arg-type]
    marked = rows.with_columns(label=pl.col("schools_n").map_elements(integer, return_dtype=pl.String))
    y = alt.Y(
        "says:N",
        sort=names,
        scale=alt.Scale(paddingInner=0.3, paddingOuter=0.15),
        axis=alt.Axis(title=None, labelLimit=int(left), minExtent=left, maxExtent=left),
    )
    x = alt.X("schools_n:Q", scale=alt.Scale(domain=[0, top * 1.08], nice=False), axis=None)
    known = [what for what in COLOURS if what in rows["what"].to_list()]
    colour = alt.Color(
        "what:N", scale=alt.Scale(domain=known, range=[COLOURS[what] for what in known]), legend=None
    )
    layers = [
        alt.Chart(values(marked)).mark_bar().encode(x=x, y=y, color=colour),
        alt.Chart(values(marked))
        .mark_text(align="left", dx=6, fontWeight="bold", color=INK)
        .encode(x=x, y=y, text="label:N"),
    ]
    return finished(layers, width=inner, height=ROW * len(names))
