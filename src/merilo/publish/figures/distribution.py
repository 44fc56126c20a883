"""Works by raw score, with the cut scores: where works gather at a mark's border."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import altair as alt
import numpy as np
import polars as pl

from merilo.language import plural_translator, translator
from merilo.publish.figures.figure import (
    DASHES,
    GREY,
    INK,
    LABEL_SIZE,
    LIGHT,
    NARROW,
    ORANGE,
    WORDS,
    Figure,
    caption_above,
    finished,
    ticks,
    values,
)
from merilo.publish.fonts import text_width
from merilo.publish.typography import glue, integer, percent, percent_interval, quoted

_ = translator("publish")
ngettext = plural_translator("publish")

BUNCHED = 1.25  # times the smooth distribution: from here a border is worth naming
STEEP = 1.6  # times the score just below, where no smooth distribution is known


@dataclass(frozen=True, slots=True)
class Border:
    """A mark's border: mark, its lowest raw score, works there and one point below, works expected."""

    mark: int
    score: int
    n: int | None
    below: int | None
    expected: float | None

    @property
    def is_bunched(self) -> bool:
        """Whether clearly more works stand on the border than a smooth distribution would put there."""
        if not self.n or self.below is None or self.n < self.below * STEEP:
            return False
        return self.expected is None or self.n >= self.expected * BUNCHED


def distribution_figure(
    tables: Mapping[str, pl.DataFrame], procedure_id: str, *, width: int = 760, height: int | None = None
) -> Figure | None:
    """The distribution of raw scores of one procedure; None where there is no distribution to draw."""
    if "score_distribution" not in tables:
        return None
    rows = tables["score_distribution"].filter(pl.col("procedure_id") == procedure_id).sort("score")
    known = tables["procedures"].filter(pl.col("procedure_id") == procedure_id)
    if not rows.height or not known.height or rows["n"].null_count() == rows.height:
        return None
    procedure = known.row(0, named=True)
    borders = find_borders(rows, procedure)
    return Figure(
        id=f"distribution-{procedure_id}",
        title=glue(finding(borders)),
        subtitle=glue(_subtitle(procedure, rows, borders, width)),
        alt=glue(_alternative(procedure, rows, borders)),
        chart=_chart(rows, borders, width, height or round(min(max(width * 0.45, 220), 360))),
        rows=rows.drop("procedure_id"),
        width=width,
    )


def find_borders(rows: pl.DataFrame, procedure: Mapping[str, object]) -> list[Border]:
    """The borders of the marks that the procedure has, lowest first."""
    by_score = {row["score"]: row for row in rows.iter_rows(named=True)}
    borders = []
    for mark in (3, 4, 5):
        cut = procedure.get(f"cut_{mark}")
        if not isinstance(cut, int | float) or int(cut) not in by_score:
            continue
        here, below = by_score[int(cut)], by_score.get(int(cut) - 1)
        borders.append(
            Border(
                mark, int(cut), here["n"], None if below is None else below["n"], here.get("counterfactual_n")
            )
        )
    return borders


def finding(borders: list[Border]) -> str:
    """What the distribution says, in one sentence."""
    bunched = [border for border in borders if border.is_bunched]
    if bunched:
        worst = max(bunched, key=lambda border: ((border.n or 0) - (border.below or 0), -border.mark))
        return ngettext(
            "Works gather at the border of mark “{mark}”: {n} work with {score} points, {below} with {lower}",
            "Works gather at the border of mark “{mark}”: {n} works with {score} points, {below} with {lower}",
            worst.n or 0,
        ).format(
            mark=worst.mark,
            n=integer(worst.n),
            score=worst.score,
            below=integer(worst.below),
            lower=worst.score - 1,
        )
    if borders:
        return _("The distribution is smooth at the borders of the marks")
    return _("How the scores are distributed")


def _subtitle(procedure: Mapping[str, object], rows: pl.DataFrame, borders: list[Border], width: int) -> str:
    parts = [_works(procedure)]
    if any(border.is_bunched for border in borders):
        parts.append(lift_sentence(procedure))
        parts.append(
            _("This is seen across the whole municipality: in itself it says nothing about one school.")
        )
    if any(not border.is_bunched for border in borders):
        parts.append(
            _("Darker grey: the lowest score for a mark where the step is smaller.")
            if any(border.is_bunched for border in borders)
            else _("Darker grey: the lowest score for a mark.")
        )
    if rows["counterfactual_n"].drop_nulls().len() and width < NARROW:
        parts.append(_("Dashes: a smooth distribution without gathering."))
    if rows["n"].null_count():
        parts.append(_("Bars for fewer works than may be shown are left out."))
    return " ".join(part for part in parts if part)


def lift_sentence(procedure: Mapping[str, object]) -> str:
    """How many of the near-misses stand on the border instead, with its interval; empty where unknown."""
    share = procedure.get("lifted_share")
    if not isinstance(share, float) or math.isnan(share):
        return ""
    lower, upper = procedure.get("lifted_share_lower"), procedure.get("lifted_share_upper")
    ends = (
        percent_interval(lower, upper)
        if isinstance(lower, float) and isinstance(upper, float)
        else _("interval unknown")
    )
    return _(
        "An estimate: about {share} ({interval}) of the works 1–2 points short of a mark stand on its border instead."
    ).format(share=percent(share), interval=ends)


def _works(procedure: Mapping[str, object]) -> str:
    n = procedure.get("n")
    count = n if isinstance(n, int) else 0
    return ngettext("{title}, {n} work.", "{title}, {n} works.", count).format(
        title=procedure["title"], n=integer(count)
    )


def _alternative(procedure: Mapping[str, object], rows: pl.DataFrame, borders: list[Border]) -> str:
    top = rows.drop_nulls("n").sort("n", descending=True).row(0, named=True)
    marks = "; ".join(
        _("mark {mark} from {score} points: {n} works").format(
            mark=quoted(b.mark), score=b.score, n=integer(b.n)
        )
        for b in borders
    )
    return _("Bar chart of works by raw score. {title}. Most works: {n} at {score} points. {marks}").format(
        title=procedure["title"], n=integer(top["n"]), score=top["score"], marks=marks
    )


def _chart(rows: pl.DataFrame, borders: list[Border], width: int, height: int) -> alt.LayerChart:
    lowest, highest = int(rows["score"].min()), int(rows["score"].max())  # type: ignore[arg-type]
    top = max(float(rows["n"].max() or 1), float(rows["counterfactual_n"].max() or 0))  # type: ignore[arg-type]
    left = text_width(integer(top), LABEL_SIZE) + 10
    inner = width - left - 16
    kind = {b.score: ("bunched" if b.is_bunched else "border") for b in borders}
    bars = rows.with_columns(
        kind=pl.col("score").replace_strict(kind, default="plain", return_dtype=pl.String)
    ).drop("procedure_id")
    x = alt.X(
        "score:Q",
        scale=alt.Scale(domain=[lowest - 0.7, highest + 0.7], nice=False),
        axis=alt.Axis(
            title=_("raw score"), values=ticks(lowest, highest, room=inner, each=26), format="d", grid=False
        ),
    )
    y = alt.Y(
        "n:Q",
        scale=alt.Scale(domain=[0, top * 1.12], nice=False),
        axis=alt.Axis(**caption_above(_("works"), left=left), tickCount=4, format=",d"),
    )
    colour = alt.Color(
        "kind:N",
        scale=alt.Scale(domain=["plain", "border", "bunched"], range=[LIGHT, GREY, ORANGE]),
        legend=None,
    )
    size = max(2.0, min(inner / (highest - lowest + 1.4) * 0.68, 40))
    layers = [alt.Chart(values(bars)).mark_bar(size=size).encode(x=x, y=y, color=colour)]
    if rows["counterfactual_n"].drop_nulls().len():
        layers += _smooth(bars, x, top, inner, width, (lowest, highest))
    layers.append(_mark_labels(bars, borders, x, each=inner / (highest - lowest + 1.4)))
    return finished(layers, width=inner, height=height)


def _smooth(
    bars: pl.DataFrame, x: alt.X, top: float, inner: float, width: int, ends: tuple[int, int]
) -> list[alt.Chart]:
    curve = alt.Chart(values(bars.drop_nulls("counterfactual_n"))).mark_line(
        color=INK, strokeWidth=1.6, strokeDash=DASHES, interpolate="monotone"
    )
    layers = [curve.encode(x=x, y="counterfactual_n:Q")]
    words = _("dashes: a smooth distribution without gathering")
    place = _free_corner(bars, words, top, inner, ends)
    if width >= NARROW and place is not None:
        note = pl.DataFrame({"score": [place[0]], "n": [top * 1.07], "text": [words]})
        text = alt.Chart(values(note)).mark_text(align=place[1], baseline="top", color=WORDS)
        layers.append(text.encode(x=x, y="n:Q", text="text:N"))
    return layers


def _free_corner(
    bars: pl.DataFrame, words: str, top: float, inner: float, ends: tuple[int, int]
) -> tuple[float, Literal["left", "right"]] | None:
    """(score, align) of the upper corner that no bar reaches below the words; None where both are taken."""
    span = text_width(words, LABEL_SIZE) / inner * (ends[1] - ends[0] + 1.4) + 1
    right = bars.filter(pl.col("score") > ends[1] - span)
    left = bars.filter(pl.col("score") < ends[0] + span)
    corners: list[tuple[pl.DataFrame, tuple[float, Literal["left", "right"]]]] = [
        (right, (ends[1] + 0.6, "right")),
        (left, (ends[0] - 0.5, "left")),
    ]
    for part, place in corners:
        reach = max(float(part["n"].max() or 0), float(part["counterfactual_n"].max() or 0))  # type: ignore[arg-type]
        if reach < top * 0.86:
            return place
    return None


def _mark_labels(bars: pl.DataFrame, borders: list[Border], x: alt.X, *, each: float) -> alt.Chart:
    """The marks above their bars; `each` pixels a score takes, so that no word stands on the dashes."""
    curve = bars.drop_nulls("counterfactual_n")
    reach = text_width(quoted("5"), LABEL_SIZE + 1) / 2 / each

    def top(border: Border) -> float:
        if not curve.height:
            return float(border.n or 0)
        near = np.linspace(border.score - reach, border.score + reach, 9)
        dashes = np.interp(near, curve["score"].to_numpy(), curve["counterfactual_n"].to_numpy())
        return max(float(border.n or 0), float(dashes.max()))

    labels = pl.DataFrame(
        {
            "score": [b.score for b in borders],
            "n": [top(b) for b in borders],
            "text": [quoted(b.mark) for b in borders],
            "kind": ["bunched" if b.is_bunched else "border" for b in borders],
        },
        schema={"score": pl.Int64, "n": pl.Float64, "text": pl.String, "kind": pl.String},
    )
    text = alt.Chart(values(labels)).mark_text(dy=-9, fontWeight="bold", fontSize=LABEL_SIZE + 1)
    shade = alt.condition(alt.datum.kind == "bunched", alt.value(ORANGE), alt.value(WORDS))
    labelled: alt.Chart = text.encode(x=x, y="n:Q", text="text:N", color=shade)
    return labelled


__all__ = ["Border", "distribution_figure", "find_borders", "finding", "lift_sentence"]
