"""All kinds of evidence of one school in all procedures: a cell each, with its distance from ordinary schools."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import altair as alt
import polars as pl

from merilo.language import plural_translator, translator
from merilo.publish.figures.figure import (
    BAND,
    GREY,
    INK,
    LABEL_SIZE,
    NARROW,
    ORANGE,
    WHITE,
    WORDS,
    Figure,
    finished,
    values,
)
from merilo.publish.fonts import shorten, text_width, wrap
from merilo.publish.pictured import SCHOOL_SCORES
from merilo.publish.typography import decimal, glue, integer
from merilo.tables.objectivity import KINDS

_ = translator("explanation")
ngettext = plural_translator("explanation")

NOTED, FAR = 1.645, 2.576  # one-sided 5 % and 0.5 % of ordinary schools
PALE = "#f3b58a"
ROW = 20.0
LINE = 15.0
GAP = 8.0  # pixels between all procedures together and the single ones
LABEL = 215.0  # pixels at most for the name of a procedure


def kind_heads() -> dict[str, str]:
    """Kinds as heads of narrow columns."""
    return {
        "threshold": _("borders of marks"),
        "item_profile": _("single items"),
        "expert_leniency": _("marked by a person"),
        "similarity": _("works alike"),
        "spread": _("spread"),
        "journal": _("journal"),
        "level": _("earlier results"),
        "cohort": _("same cohort"),
        "participation": _("who was absent"),
    }


def strip_figure(tables: Mapping[str, pl.DataFrame], org_id: str, *, width: int = 760) -> Figure | None:
    """Kinds (columns) by procedures (rows), and all procedures together above them; None without any evidence."""
    cells = tables[SCHOOL_SCORES].filter(pl.col("org_id") == org_id, pl.col("z").is_not_null())
    pooled = tables["objectivity_kinds"].filter(pl.col("org_id") == org_id, pl.col("z").is_not_null())
    if not pooled.height:
        return None
    known = tables["procedures"].select("procedure_id", "title", "school_year", "subject_name", "year_group")
    cells = cells.join(known, on="procedure_id", how="left").sort(
        "school_year", "year_group", "title", descending=[True, False, False], nulls_last=True
    )
    together = _("all procedures together")
    rows = pl.concat(
        [
            pooled.select("kind", "z", title=pl.lit(together)),
            cells.select("kind", "z", title=pl.coalesce("title", "procedure_id")),
        ]
    )
    return Figure(
        id=f"strip-{org_id}",
        title=glue(_finding(cells, pooled)),
        subtitle=glue(
            _(
                "Numbers: distance from ordinary schools in their standard deviations (z); the higher, the "
                "more unusual. Pale orange from {noted}: one of 20 ordinary schools lies there by chance; "
                "burnt orange from {far}: one of 200. Empty: cannot be told. A cell by itself proves "
                "nothing; the top row counts."
            ).format(noted=decimal(NOTED, 1), far=decimal(FAR, 1))
        ),
        alt=glue(_alternative(pooled)),
        chart=_chart(rows, together, width),
        rows=rows.select("title", "kind", "z"),
        width=width,
    )


def _finding(cells: pl.DataFrame, pooled: pl.DataFrame) -> str:
    heads = kind_heads()
    far = pooled.filter(pl.col("z") >= FAR).sort("z", descending=True)
    if not far.height:
        return _("Over all procedures nothing lies far from ordinary schools")
    kind = far["kind"][0]
    own = cells.filter(pl.col("kind") == kind)
    noted = own.filter(pl.col("z") >= NOTED).height
    return ngettext(
        "Furthest from ordinary schools: “{kind}” — unusual in {noted} procedure of {total}",
        "Furthest from ordinary schools: “{kind}” — unusual in {noted} procedures of {total}",
        noted,
    ).format(kind=heads[kind], noted=integer(noted), total=integer(own.height))


def _alternative(pooled: pl.DataFrame) -> str:
    heads = kind_heads()
    listed = "; ".join(
        f"{heads[row['kind']]} {decimal(row['z'], 1)}"
        for row in pooled.sort("z", descending=True).iter_rows(named=True)
    )
    return _("Grid of evidence by procedure and kind. All procedures together: {listed}").format(
        listed=listed
    )


def _chart(rows: pl.DataFrame, together: str, width: int) -> alt.LayerChart:
    present = set(rows["kind"])
    kinds = [kind for kind in KINDS if kind in present]
    is_narrow = width < NARROW
    each_row = 2 * LINE + 2 if is_narrow else ROW
    names = [together, *dict.fromkeys(rows.filter(pl.col("title") != together)["title"])]
    most = min(LABEL, width * 0.36)
    lines = {name: _lines(name, most - 4, 2 if is_narrow else 1, bold=name == together) for name in names}
    left = (
        max(text_width(line, LABEL_SIZE, bold=name == together) for name in names for line in lines[name]) + 8
    )
    each = (width - 12 - left) / len(kinds)
    heads, room = _heads(kinds, each, left, upright=is_narrow)
    top = {name: room + each_row * row + (GAP if row else 0) for row, name in enumerate(names)}
    start = pl.Series([left + kinds.index(kind) * each for kind in rows["kind"]])
    upper = pl.Series([top[title] for title in rows["title"]])
    z = rows["z"].to_list()
    drawn = pl.DataFrame(
        {
            "x": start + 1,
            "x2": start + each - 1,
            "middle": start + each / 2,
            "y": upper + 1,
            "y2": upper + each_row - 1,
            "centre": upper + each_row / 2,
            "fill": [_fill(one) for one in z],
            "ink": [_ink(one) for one in z],
            "text": [decimal(one, 0 if is_narrow else 1) for one in z],
            "is_bold": [one >= NOTED for one in z],
        }
    )
    layers = [
        _tiles(drawn),
        _texts(drawn.filter("is_bold"), bold=True),
        _texts(drawn.filter(~pl.col("is_bold")), bold=False),
        _words(_label_spots(lines, top, each_row, left, [together]), align="right", bold=True),
        _words(_label_spots(lines, top, each_row, left, names[1:]), align="right"),
        heads,
    ]
    return finished(layers, width=width - 12, height=room + each_row * len(names) + GAP)


def _lines(name: str, room: float, most: int, *, bold: bool) -> list[str]:
    """The name on at most so many lines, the last one cut where it must be."""
    lines = wrap(name.replace("\u00a0", " "), room, LABEL_SIZE, bold=bold)
    kept = [*lines[: most - 1], " ".join(lines[most - 1 :])] if len(lines) > most else lines
    return [shorten(line, room, LABEL_SIZE) if not bold else line for line in kept]


def _label_spots(
    lines: Mapping[str, list[str]], top: Mapping[str, float], each_row: float, left: float, names: list[str]
) -> pl.DataFrame:
    spots = [
        (left - 6, top[name] + each_row / 2 + (number - (len(lines[name]) - 1) / 2) * LINE, line)
        for name in names
        for number, line in enumerate(lines[name])
    ]
    return _spots(spots)


def _spots(spots: list[tuple[float, float, str]]) -> pl.DataFrame:
    schema = {"x": pl.Float64, "y": pl.Float64, "text": pl.String}
    return pl.DataFrame(spots, schema=schema, orient="row")


def _fill(z: float) -> str:
    return ORANGE if z >= FAR else PALE if z >= NOTED else BAND


def _ink(z: float) -> str:
    return WHITE if z >= FAR else INK if z >= NOTED else GREY


def _tiles(drawn: pl.DataFrame) -> alt.Chart:
    tiles: alt.Chart = (
        alt.Chart(values(drawn.select("x", "x2", "y", "y2", "fill")))
        .mark_rect(
            x=alt.expr("datum.x"), x2=alt.expr("datum.x2"), y=alt.expr("datum.y"), y2=alt.expr("datum.y2")
        )
        .encode(color=alt.Color("fill:N", scale=None))
    )
    return tiles


def _texts(drawn: pl.DataFrame, *, bold: bool) -> alt.Chart:
    texts: alt.Chart = (
        alt.Chart(values(drawn.select("middle", "centre", "text", "ink")))
        .mark_text(
            align="center",
            baseline="middle",
            fontWeight="bold" if bold else "normal",
            x=alt.expr("datum.middle"),
            y=alt.expr("datum.centre"),
        )
        .encode(text="text:N", color=alt.Color("ink:N", scale=None))
    )
    return texts


def _words(
    frame: pl.DataFrame, *, align: Literal["left", "center", "right"], bold: bool = False, angle: int = 0
) -> alt.Chart:
    words: alt.Chart = (
        alt.Chart(values(frame))
        .mark_text(
            align=align,
            baseline="middle",
            angle=angle,
            color=INK if bold else WORDS,
            fontWeight="bold" if bold else "normal",
            x=alt.expr("datum.x"),
            y=alt.expr("datum.y"),
        )
        .encode(text="text:N")
    )
    return words


def _heads(kinds: list[str], each: float, left: float, *, upright: bool) -> tuple[alt.Chart, float]:
    """Heads above the columns, on their side where the columns are narrow; and the room that they take."""
    heads = kind_heads()
    if upright:
        room = max(text_width(heads[kind], LABEL_SIZE) for kind in kinds) + 10
        spots = [(left + (k + 0.5) * each, room - 6, heads[kind]) for k, kind in enumerate(kinds)]
        return _words(_spots(spots), align="left", angle=270), room
    wrapped = [wrap(heads[kind], each - 2, LABEL_SIZE) for kind in kinds]
    room = LINE * max(len(lines) for lines in wrapped) + 6
    spots = [
        (left + (k + 0.5) * each, room - 4 - LINE * (len(lines) - number - 0.5), line)
        for k, lines in enumerate(wrapped)
        for number, line in enumerate(lines)
    ]
    return _words(_spots(spots), align="center"), room


__all__ = ["FAR", "NOTED", "kind_heads", "strip_figure"]
