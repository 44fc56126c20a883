"""Figures: the title is computed, everything fits, the spec is whole, small groups are hollow."""

from __future__ import annotations

import itertools
import json
import re
from dataclasses import replace

import polars as pl
import pytest

from merilo.definitions import load_definitions
from merilo.language import choose_language
from merilo.publish import PUBLIC, DisclosureRule, protect
from merilo.publish.figures.deficits import deficits_figure
from merilo.publish.figures.distribution import Border, distribution_figure, finding
from merilo.publish.figures.funnel import Spread, funnel_figure, school_spread
from merilo.publish.figures.items import items_figure
from merilo.publish.figures.labels import LINE, POINT, Spot, place_labels
from merilo.publish.fonts import text_width
from merilo.publish.gathered import with_gathered

MAKERS = (distribution_figure, items_figure, funnel_figure, deficits_figure)
MA5 = "MA5-2020"
WIDTH_ERROR = 12  # pixels: the renderer rounds and pads


@pytest.mark.parametrize("width", [360, 760])
@pytest.mark.parametrize("make", MAKERS)
def test_figure_fits_its_width(make, width, town):
    figure = make(with_gathered(town(schools=20)), MA5, width=width)
    assert figure is not None
    size = re.search(r'<svg[^>]* width="([\d.]+)"', figure.svg(titled=True))
    assert size is not None
    assert float(size.group(1)) <= width + WIDTH_ERROR


@pytest.mark.parametrize("make", MAKERS)
def test_figure_has_finding_alternative_and_numbers(make, town):
    figure = make(with_gathered(town()), MA5)
    assert figure.title and figure.subtitle and len(figure.alt) > 40
    assert figure.rows.height > 0
    assert "Математика, 5" in figure.subtitle.replace("\u00a0", " ")
    spec = json.loads(json.dumps(figure.spec()))
    assert spec["description"] == figure.alt
    assert spec["config"]["locale"]["number"]["decimal"] == ","
    assert "title" not in spec
    assert figure.spec(titled=True)["title"]["text"]


@pytest.mark.parametrize("make", MAKERS)
def test_figure_is_the_same_twice(make, town):
    tables = with_gathered(town())
    assert make(tables, MA5).svg() == make(tables, MA5).svg()


@pytest.mark.parametrize("make", MAKERS)
def test_unknown_procedure_gives_no_figure(make, town):
    assert make(with_gathered(town()), "nothing") is None


def test_pictures_are_set_in_the_vendored_font(town):
    svg = distribution_figure(town(), MA5).svg()
    assert set(re.findall(r'font-family="([^"]+)"', svg)) <= {"PT Sans"}


@pytest.mark.parametrize(
    ("here", "below", "expected", "is_bunched"),
    [
        (400, 100, 200.0, True),
        (400, 100, 390.0, False),  # steep, but as a smooth distribution would be
        (120, 100, 60.0, False),  # above the smooth one, but no step
        (400, 100, None, True),
        (None, 100, 200.0, False),
        (400, None, 200.0, False),
    ],
)
def test_bunching_needs_a_step_and_an_excess(here, below, expected, is_bunched):
    assert Border(3, 7, here, below, expected).is_bunched is is_bunched


def test_finding_names_the_border_with_the_largest_step():
    said = finding([Border(3, 7, 4010, 470, 1900.0), Border(4, 11, 2800, 1400, 2100.0)])
    assert "«3»" in said
    assert "4\u00a0010" in said and "470" in said


def test_smooth_distribution_is_said_to_be_smooth():
    said = finding([Border(3, 7, 110, 100, 105.0)])
    assert "не видно" in said
    assert not re.search(r"\d", said)


def test_spread_limits_by_hand():
    low, high = Spread(50.0, 3.0, 20.0).limits(25)
    assert high - 50 == pytest.approx(1.959963984540054 * 5.0)  # sqrt(9 + 400/25) = 5
    assert low == pytest.approx(100 - high)


def test_spread_counts_schools_outside(town):
    tables = town()
    rows, spread, _procedure = school_spread(tables, MA5)
    by_hand = sum(
        abs(row["percent"] - spread.centre) > spread.limits(row["n"])[1] - spread.centre
        for row in rows.iter_rows(named=True)
    )
    assert rows["outside"].sum() == by_hand


def rows_drawn(spec: object) -> list[dict[str, object]]:
    """Every inline row of a specification, wherever it stands in it."""
    if isinstance(spec, dict):
        here = [spec] if "fill" in spec and "n" in spec else []
        return here + [row for value in spec.values() for row in rows_drawn(value)]
    return [row for value in spec for row in rows_drawn(value)] if isinstance(spec, list) else []


def test_schools_of_fewer_than_ten_are_hollow(town):
    points = rows_drawn(funnel_figure(town(), MA5).spec())
    assert len(points) == 12
    assert {point["n"] for point in points if point["fill"] == "#ffffff"} == {
        point["n"] for point in points if point["n"] < 10
    }
    assert sum(point["n"] < 10 for point in points) == 3


def test_public_funnel_names_nobody_and_shows_no_small_school(town):
    tables = protect(town(), PUBLIC, DisclosureRule())
    figure = funnel_figure(tables, MA5, named=False)
    assert "Школа №" not in json.dumps(figure.spec(), ensure_ascii=False)
    assert figure.rows["n"].min() >= 10
    assert "school" not in figure.rows.columns


def test_hidden_scores_are_drawn_as_nothing(town):
    tables = protect(town(), PUBLIC, DisclosureRule())
    figure = distribution_figure(tables, MA5)
    assert figure.rows["n"].null_count() > 0
    assert figure.svg()


def test_labels_never_overlap():
    points = [Spot(20.0 + 7 * k, 100.0 + (k % 3) * 4, f"Школа № {k}") for k in range(30)]
    placed = place_labels(points, points, width=400, height=200)
    assert 0 < len(placed) < 30
    boxes = [(s.x, s.y - LINE / 2, s.x + text_width(s.text, 12), s.y + LINE / 2) for s in placed]
    for k, one in enumerate(boxes):
        for other in boxes[k + 1 :]:
            assert one[0] >= other[2] or other[0] >= one[2] or one[1] >= other[3] or other[1] >= one[3]
        for point in points:
            assert not (
                one[0] < point.x + POINT - 1 and point.x - POINT + 1 < one[2]
                and one[1] < point.y + POINT - 1 and point.y - POINT + 1 < one[3]
            )  # fmt: skip


def test_figures_speak_english(town):
    choose_language("en")
    figure = items_figure(town(), MA5)
    assert "items" in figure.title or "item" in figure.title
    assert figure.spec()["config"]["locale"]["number"]["decimal"] == "."


def test_items_all_unjudged_still_make_a_figure(town):
    tables = town()
    tables["items"] = tables["items"].with_columns(item_rule=pl.lit(None, dtype=pl.String), level=pl.lit(""))
    assert items_figure(tables, MA5).svg()


def test_strips_of_items_are_those_of_the_definitions(town):
    stricter = tuple(
        replace(rule, insufficient_below=0.71, sufficient_from=0.745) if rule.level == "basic" else rule
        for rule in load_definitions().item_rules
    )
    figure = items_figure(town(), MA5, definitions=replace(load_definitions(), item_rules=stricter))
    assert "71–74,5%" in figure.subtitle.replace("\u00a0", "")
    strips = [row for row in rows_drawn(figure.spec()) if row.get("low") is not None]
    assert (0.71, 0.745) in {(row["low"], row["high"]) for row in strips}


def test_labels_of_close_items_stay_apart(town):
    tables = town()
    tables["items"] = tables["items"].with_columns(
        mean_share=0.12 + 0.001 * pl.int_range(pl.len()),
        item_rule=pl.lit("insufficient"),
        level=pl.lit("high"),
    )
    spec = items_figure(tables, MA5, width=760).spec()
    (words,) = [layer for layer in spec["layer"] if layer["mark"]["type"] == "text"]
    boxes = [
        (row["x"], row["y"] - 7, row["x"] + text_width(row["label"], 12), row["y"] + 7)
        for row in spec["datasets"][words["data"]["name"]]
    ]
    assert len(boxes) >= 2
    for one, other in itertools.combinations(boxes, 2):
        assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
