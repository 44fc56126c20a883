"""A figure: one finding, one picture, its numbers as a table; the same spec for page and paper."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import polars as pl
import vl_convert
from altair import LayerChart  # `alt` is a field of Figure

from merilo.language import language
from merilo.publish.fonts import FONT_FOLDER, SANS, wrap
from merilo.publish.typography import MINUS, NBSP

INK = "#1f2933"
WORDS = "#52606d"
GREY = "#7b8794"
LIGHT = "#cbd2d9"
BAND = "#e4e7eb"
BLUE = "#1d4ed8"
ORANGE = "#c2410c"
WHITE = "#ffffff"
DASHES = [5, 4]

TITLE_SIZE = 16
TEXT_SIZE = 13
LABEL_SIZE = 12
NARROW = 480  # pixels; below it a figure keeps only what a telephone can show

vl_convert.register_font_directory(str(FONT_FOLDER))


@dataclass(frozen=True, slots=True)
class Figure:
    """What a page or a paper shows.

    id      stable name, usable in file names and anchors
    title   the finding, one sentence;  subtitle  what, when, n, how to read it, what it does not mean
    alt     the same for those who do not see the picture
    chart   the picture without its title, `width` pixels wide in all
    rows    the numbers in the picture, one row per mark
    """

    id: str
    title: str
    subtitle: str
    alt: str
    chart: LayerChart
    rows: pl.DataFrame
    width: int

    def spec(self, *, titled: bool = False) -> dict[str, Any]:
        """The Vega-Lite specification; with the title set above the picture where nothing else says it."""
        spec: dict[str, Any] = copy.deepcopy(self.chart.to_dict())
        spec["description"] = self.alt
        if titled:
            spec["title"] = self._title()
        return spec

    def svg(self, *, titled: bool = False) -> str:
        """The picture as SVG text; its letters are set in the vendored font."""
        return str(vl_convert.vegalite_to_svg(self.spec(titled=titled)))

    def png(self, *, titled: bool = True, scale: float = 2.0) -> bytes:
        """The picture as PNG, `scale` device pixels per pixel."""
        return bytes(vl_convert.vegalite_to_png(self.spec(titled=titled), scale=scale))

    def _title(self) -> dict[str, Any]:
        size = TITLE_SIZE if self.width >= NARROW else TITLE_SIZE - 1
        room = self.width - 12
        return {
            "text": wrap(self.title, room, size, bold=True),
            "subtitle": wrap(self.subtitle, room, TEXT_SIZE),
            "anchor": "start",
            "frame": "bounds",
            "fontSize": size,
            "offset": 14,
        }


def finished(layers: Sequence[alt.Chart], *, width: float, height: float) -> LayerChart:
    """Layers -> one chart of that inner size, in the house style."""
    chart = LayerChart(layer=list(layers)).properties(width=width, height=height, background=WHITE, padding=5)
    chart._kwds["config"] = house_config()
    return chart


def house_config() -> dict[str, Any]:
    """Fonts, colours and numbers of every figure."""
    axis = {
        "labelFontSize": LABEL_SIZE,
        "titleFontSize": LABEL_SIZE,
        "titleFontWeight": "normal",
        "labelColor": WORDS,
        "titleColor": WORDS,
        "gridColor": BAND,
        "domainColor": LIGHT,
        "tickColor": LIGHT,
        "tickSize": 4,
        "labelFlush": False,
    }
    return {
        "font": SANS,
        "locale": {"number": number_locale()},
        "view": {"stroke": None},
        "axis": axis,
        "axisY": {"domain": False, "ticks": False, "labelPadding": 6},
        "axisX": {"grid": False},
        "text": {"font": SANS, "fontSize": LABEL_SIZE, "color": INK},
        "title": {
            "font": SANS,
            "color": INK,
            "fontWeight": "bold",
            "subtitleFont": SANS,
            "subtitleColor": WORDS,
            "subtitleFontSize": TEXT_SIZE,
            "subtitleLineHeight": TEXT_SIZE + 4,
            "lineHeight": TITLE_SIZE + 4,
            "subtitlePadding": 6,
        },
    }


def number_locale() -> dict[str, Any]:
    """How the axis sets numbers: 4 010 and 15,5 in Russian."""
    russian = language() == "ru"
    return {
        "decimal": "," if russian else ".",
        "thousands": NBSP,
        "grouping": [3],
        "currency": ["", ""],
        "minus": MINUS,
        "percent": f"{NBSP}%" if russian else "%",
    }


def caption_above(text: str, *, left: float) -> dict[str, Any]:
    """Axis settings that set the title of a vertical axis flat above it, where it can be read."""
    return {
        "title": text,
        "titleAngle": 0,
        "titleAlign": "left",
        "titleAnchor": "end",
        "titleBaseline": "bottom",
        "titleX": -left,
        "titleY": -10,
        "minExtent": left,
        "maxExtent": left,
    }


def ticks(lowest: int, highest: int, *, room: float, each: float) -> list[int]:
    """Whole tick values of a friendly step, at most one per `each` pixels of `room`."""
    span = max(highest - lowest, 1)
    for step in (1, 2, 5, 10, 20, 25, 50, 100, 200, 500, 1000):
        if span / step * each <= room:
            break
    first = -(-lowest // step) * step
    return list(range(first, highest + 1, step))


def values(frame: pl.DataFrame) -> alt.InlineData:
    """The rows as inline values of a chart."""
    return alt.InlineData(values=frame.to_dicts())
