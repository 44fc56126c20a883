"""A school's works around the cut scores: near-misses, what stands on the border, what is usual elsewhere."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import polars as pl

from merilo.language import plural_translator, translator
from merilo.publish.figures.figure import (
    DASHES,
    GREY,
    INK,
    LABEL_SIZE,
    LIGHT,
    ORANGE,
    WORDS,
    Figure,
    caption_above,
    finished,
    values,
)
from merilo.publish.fonts import text_width
from merilo.publish.pictured import SCHOOL_BORDERS, SCHOOL_KINDS
from merilo.publish.typography import MINUS, glue, integer, percent, percent_interval

_ = translator("explanation")
ngettext = plural_translator("explanation")

NEAR = (-2, -1)


def borders_figure(
    tables: Mapping[str, pl.DataFrame],
    org_id: str,
    *,
    stands_out: bool = False,
    width: int = 760,
    height: int | None = None,
) -> Figure | None:
    """Works of all procedures by distance from the nearest cut score; None where no counterfactual is known.

    tables: protected, with `school_borders` and `school_kinds`; stands_out: whether lifting is what asks for a look.
    """
    rows = tables.get(SCHOOL_BORDERS, pl.DataFrame())
    if not rows.height or rows["n"].drop_nulls().len() < 3:
        return None
    rows = rows.filter(pl.col("org_id") == org_id).sort("distance")
    found = tables[SCHOOL_KINDS].filter(pl.col("kind") == "threshold", pl.col("org_id") == org_id)
    kind = found.row(0, named=True) if found.height else {}
    return Figure(
        id=f"borders-{org_id}",
        title=glue(_finding(kind)),
        subtitle=glue(_subtitle(rows)),
        alt=glue(_alternative(rows)),
        chart=_chart(rows, width, height or 270, stands_out=stands_out),
        rows=rows.select("distance", "n", "expected_n", "usual_n"),
        width=width,
    )


def _finding(kind: Mapping[str, object]) -> str:
    share, lower, upper = (kind.get(name) for name in ("estimate", "estimate_lower", "estimate_upper"))
    if not isinstance(share, float) or not isinstance(lower, float) or not isinstance(upper, float):
        return _("Works of the school around the borders of marks")
    usual = kind.get("usual")
    said = _(
        "About {share} ({interval}) of the works 1–2 points short of a mark stand on its border instead"
    ).format(share=percent(max(share, 0.0)), interval=percent_interval(max(lower, 0.0), min(upper, 1.0)))
    if isinstance(usual, float):
        said += _("; in other schools usually {usual}").format(usual=percent(max(usual, 0.0)))
    return said


def _subtitle(rows: pl.DataFrame) -> str:
    n = int(rows["n"].sum() or 0)
    parts = [
        ngettext("All procedures together, {n} work.", "All procedures together, {n} works.", n).format(
            n=integer(n)
        ),
        _(
            "0: exactly the lowest score for a mark; −1 and −2: one and two points short of it. Dashes: "
            "what would be expected without lifting. Black strokes: as is usual in the other schools of the "
            "run."
        ),
        _("It does not say who lifted or why: the rules of rounding or of appeal may do the same."),
    ]
    if rows["n"].null_count():
        parts.append(_("“<5”: fewer than 5 works, or a number that would reveal them."))
    return " ".join(parts)


def _alternative(rows: pl.DataFrame) -> str:
    listed = "; ".join(
        _("{distance}: {n}, usual {usual}").format(
            distance=_signed(row["distance"]), n=_count(row["n"]), usual=integer(row["usual_n"])
        )
        for row in rows.iter_rows(named=True)
        if row["distance"] in (*NEAR, 0)
    )
    return _("Bar chart of works by points from the nearest border of a mark. {listed}").format(listed=listed)


def _count(n: int | None) -> str:
    return _("fewer than 5") if n is None else integer(n)


def _signed(distance: int) -> str:
    return f"{MINUS}{-distance}" if distance < 0 else f"+{distance}" if distance else "0"


def _chart(rows: pl.DataFrame, width: int, height: int, *, stands_out: bool) -> alt.LayerChart:
    top = max(float(rows[c].max() or 1) for c in ("n", "expected_n", "usual_n"))  # type: ignore[arg-type]
    left = text_width(integer(top), LABEL_SIZE) + 10
    inner = width - left - 16
    marked = rows.with_columns(
        name=pl.col("distance").map_elements(_signed, return_dtype=pl.String),
        kind=pl.when(pl.col("distance") == 0)
        .then(pl.lit("border" if stands_out else "near"))
        .when(pl.col("distance").is_in(NEAR))
        .then(pl.lit("near"))
        .otherwise(pl.lit("plain")),
        label=pl.when(pl.col("distance").is_in((*NEAR, 0)) | pl.col("n").is_null()).then(
            pl.col("n").map_elements(integer, return_dtype=pl.String).fill_null("<5")
        ),
    ).with_columns(
        at=pl.max_horizontal(pl.col("n").fill_null(0), pl.col("usual_n").fill_null(0), "expected_n")
    )
    marked = marked.select("name", "distance", "n", "expected_n", "usual_n", "kind", "label", "at")
    order = marked["name"].to_list()
    x = alt.X(
        "name:N",
        sort=order,
        scale=alt.Scale(paddingInner=0.28, paddingOuter=0.14),
        axis=alt.Axis(title=_("points from the nearest border of a mark"), labelAngle=0, ticks=False),
    )
    y = alt.Y(
        "n:Q",
        scale=alt.Scale(domain=[0, top * 1.14], nice=False),
        axis=alt.Axis(**caption_above(_("works"), left=left), tickCount=4, format=",d"),
    )
    colour = alt.Color(
        "kind:N",
        scale=alt.Scale(domain=["plain", "near", "border"], range=[LIGHT, GREY, ORANGE]),
        legend=None,
    )
    known = values(marked.drop_nulls("n"))
    smooth = values(marked.drop_nulls("expected_n"))
    usual = values(marked.drop_nulls("usual_n"))
    band = inner / len(order)
    layers = [
        alt.Chart(known).mark_bar().encode(x=x, y=y, color=colour),
        alt.Chart(smooth)
        .mark_line(color=INK, strokeWidth=1.6, strokeDash=DASHES, interpolate="monotone")
        .encode(x=x, y="expected_n:Q"),
        alt.Chart(usual).mark_tick(color=INK, thickness=2.4, width=band * 0.62).encode(x=x, y="usual_n:Q"),
        alt.Chart(values(marked.filter(pl.col("label").is_not_null())))
        .mark_text(dy=-9, fontWeight="bold", color=WORDS if not stands_out else INK)
        .encode(x=x, y="at:Q", text="label:N"),
    ]
    return finished(layers, width=inner, height=height)
