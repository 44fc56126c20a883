"""Skills by district: how far each lies from what pupils with such total scores would do."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import NormalDist

import altair as alt
import polars as pl

from merilo.language import plural_translator, translator
from merilo.publish.figures.figure import INK, LABEL_SIZE, NARROW, WHITE, WORDS, Figure, finished, values
from merilo.publish.fonts import shorten, text_width, wrap
from merilo.publish.gathered import DISTRICT_DEFICITS
from merilo.publish.typography import decimal, glue, integer, percent, signed_points

_ = translator("publish")
ngettext = plural_translator("publish")

HUE = [WHITE, "#fdebdc", "#f3b58a"]  # one hue; dark enough to be seen, light enough to be read on
DEEPEST = 0.10  # a gap of ten percentage points has the full colour
Z95 = 1.959963984540054
LINE = 15.0  # pixels, a line of a skill's name
PLACES = 12  # more columns than this are no figure but a table


def deficits_figure(
    tables: Mapping[str, pl.DataFrame], procedure_id: str, *, width: int = 760
) -> Figure | None:
    """Heat map of skills by district; None where districts or skills are unknown.

    tables: with `district_deficits` (gathered.py).
    """
    if DISTRICT_DEFICITS not in tables:
        return None
    rows = tables[DISTRICT_DEFICITS].filter(pl.col("procedure_id") == procedure_id)
    known = tables["procedures"].filter(pl.col("procedure_id") == procedure_id)
    places = rows["district"].unique().len()
    if not known.height or rows["gap_share"].drop_nulls().len() == 0 or places > PLACES:
        return None
    rows = rows.with_columns(
        name=pl.coalesce("skill_name", "skill").map_elements(glue, return_dtype=pl.String)
    )
    return Figure(
        id=f"deficits-{procedure_id}",
        title=glue(_finding(rows)),
        subtitle=glue(_subtitle(known.row(0, named=True), is_named=_behind(rows).height > 0)),
        alt=glue(_alternative(rows, known.row(0, named=True))),
        chart=_chart(rows, width),
        rows=rows.drop("procedure_id", "name", "note"),
        width=width,
    )


def _finding(rows: pl.DataFrame) -> str:
    sure = _behind(rows)
    if not sure.height:
        return _("No district falls behind in a skill by more than chance")
    first = sure.row(0, named=True)
    pupils = abs(round(first["gap_share"] * first["n"]))
    return ngettext(
        "The skill “{skill}” asks for attention most, district “{district}”: {gap} ± {reach} percentage points below "
        "the expected, as if {pupils} pupil of {n} had failed",
        "The skill “{skill}” asks for attention most, district “{district}”: {gap} ± {reach} percentage points below "
        "the expected, as if {pupils} pupils of {n} had failed",
        pupils,
    ).format(
        district=first["district"],
        skill=_without_stop(first["name"]),
        gap=signed_points(abs(first["gap_share"])).lstrip("+"),
        reach=decimal(100 * Z95 * first["gap_share_se"], 0),
        pupils=integer(pupils),
        n=integer(first["n"]),
    )


def _behind(rows: pl.DataFrame) -> pl.DataFrame:
    """Cells below the expected by more than chance, the farthest first.

    With dozens of cells some lie two standard errors low by chance alone: the limit is Bonferroni's.
    """
    known = rows.drop_nulls(["gap_share", "gap_share_se"])
    limit = NormalDist().inv_cdf(1 - 0.025 / max(known.height, 1))
    return known.filter(pl.col("gap_share") + limit * pl.col("gap_share_se") < 0).sort(
        "gap_share", "skill", "district"
    )


def _subtitle(procedure: Mapping[str, object], *, is_named: bool) -> str:
    says = _(
        "{title}. In a cell: share of the points gained, and the difference from what pupils with the same total "
        "scores gain, in percentage points. The darker, the further behind. A reason to look, not an assessment of "
        "teachers."
    ).format(title=procedure["title"])
    return f"{says} {_('After “±”: the half of a 95 per cent interval.')}" if is_named else says


def _alternative(rows: pl.DataFrame, procedure: Mapping[str, object]) -> str:
    behind = _behind(rows)
    listed = "; ".join(
        f"{row['district']}, {_without_stop(row['name'])}: {signed_points(row['gap_share'])}"
        for row in behind.head(5).iter_rows(named=True)
    )
    return _("Heat map of skills by district. {title}. Behind by more than chance: {listed}").format(
        title=procedure["title"], listed=listed or _("none")
    )


def _chart(rows: pl.DataFrame, width: int) -> alt.LayerChart:
    narrow = width < NARROW
    districts = sorted(rows["district"].unique().to_list())
    most = width * (0.38 if narrow else 0.42) - 14
    skills = rows.select("skill", "name").unique(maintain_order=True).sort("skill")
    names = {row["skill"]: _lines(row["name"], most, most=3) for row in skills.iter_rows(named=True)}
    room = max(text_width(line, LABEL_SIZE) for lines in names.values() for line in lines) + 14
    cell = max(max(len(lines) for lines in names.values()) * LINE + 10, 40.0)
    inner = width - room - 14
    each = inner / len(districts)
    size = LABEL_SIZE if each >= 62 else LABEL_SIZE - 1.5
    sizes = dict(rows.group_by("district").agg(pl.col("n").max()).iter_rows())
    heads, turned = _heads(districts, sizes, each, size)
    content = rows.select(
        "district",
        "skill",
        behind=(-pl.col("gap_share")).clip(0, DEEPEST),
        share=pl.col("mean_share").map_elements(percent, return_dtype=pl.String).fill_null("—"),
        gap=pl.col("gap_share").map_elements(signed_points, return_dtype=pl.String).fill_null(""),
    )
    x = alt.X("district:N", sort=districts, scale=alt.Scale(padding=0.03), axis=None)
    y = alt.Y("skill:N", sort=skills["skill"].to_list(), scale=alt.Scale(padding=0.05), axis=None)
    colour = alt.Color(
        "behind:Q",
        scale=alt.Scale(domain=[0, DEEPEST / 2, DEEPEST], range=HUE, interpolate="rgb"),
        legend=None,
    )
    base = alt.Chart(values(content))
    layers = [
        base.mark_rect(stroke="#e4e7eb", strokeWidth=1, cornerRadius=2).encode(x=x, y=y, color=colour),
        base.mark_text(fontSize=size + 1, dy=-7, color=INK).encode(x=x, y=y, text="share:N"),
        base.mark_text(fontSize=size - 0.5, dy=9, color=WORDS).encode(x=x, y=y, text="gap:N"),
        *_words("skill", names, y=y, left=-room, size=LABEL_SIZE, colour=INK),
        *_words("district", heads, x=x, top=-8, size=size, colour=WORDS, turned=turned),
    ]
    return finished(layers, width=inner, height=cell * skills.height)


def _heads(
    districts: list[str], sizes: Mapping[str, int | None], each: float, size: float
) -> tuple[dict[str, list[str]], bool]:
    """Lines above each column; turned upright where a district's name is wider than its column."""
    counts = {place: f"n = {integer(sizes[place])}" for place in districts}
    flat = {place: [*wrap(place, each - 4, size), counts[place]] for place in districts}
    widest = max(text_width(line, size) for lines in flat.values() for line in lines)
    if widest <= each - 2 and max(len(lines) for lines in flat.values()) <= 3:
        return flat, False
    return {place: [f"{shorten(place, 130, size)}, {counts[place]}"] for place in districts}, True


def _lines(name: str, room: float, *, most: int) -> list[str]:
    lines = wrap(name, room, LABEL_SIZE)
    if len(lines) > most:
        lines = [*lines[: most - 1], shorten(" ".join(lines[most - 1 :]), room, LABEL_SIZE)]
    return [
        line if text_width(line, LABEL_SIZE) <= room else shorten(line, room, LABEL_SIZE) for line in lines
    ]


def _words(
    field: str,
    lines: Mapping[str, list[str]],
    *,
    size: float,
    colour: str,
    x: alt.X | None = None,
    y: alt.Y | None = None,
    left: float = 0,
    top: float = 0,
    turned: bool = False,
) -> list[alt.Chart]:
    """Names of several lines beside the rows (x given as pixels) or above the columns: a layer per number of lines.

    Vega starts a text of several lines at its anchor; the shift centres it on its row or stands it on the column.
    """
    layers = []
    for many in sorted({len(texts) for texts in lines.values()}):
        frame = pl.DataFrame(
            [{field: key, "text": "\n".join(t)} for key, t in lines.items() if len(t) == many]
        )
        shift = -(many - 1) * LINE * (0.5 if y is not None else 1.0)
        mark = alt.Chart(values(frame)).mark_text(
            lineBreak="\n", lineHeight=LINE, fontSize=size, color=colour, dy=shift,
            align="left" if y is not None or turned else "center",
            baseline="middle" if y is not None or turned else "bottom", angle=270 if turned else 0,
        )  # fmt: skip
        place = {"x": alt.value(left), "y": y} if y is not None else {"x": x, "y": alt.value(top)}
        layers.append(mark.encode(**place, text="text:N"))
    return layers


def _without_stop(text: str) -> str:
    return text.rstrip(". ")
