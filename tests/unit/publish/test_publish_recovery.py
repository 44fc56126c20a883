"""Cells that sums give away: graphs drawn by hand, and districts that must not be summed."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from merilo.publish import CENTRE, DisclosureRule, one_school, protect
from merilo.publish.gathered import with_gathered
from merilo.publish.recovery import close_cycles, recoverable
from merilo.publish.suppression import hide_by_district

RULE = DisclosureRule()


def grid(*lines: str) -> np.ndarray:
    """'x.' -> a row with its first cell hidden."""
    return np.array([[letter == "x" for letter in line] for line in lines])


@pytest.mark.parametrize(
    ("hidden", "given_away"),
    [
        (("x.", ".."), ("x.", "..")),  # alone in its row
        (("xx", "xx"), ("..", "..")),  # a square
        (("xx", ".x"), ("xx", ".x")),  # a path: peeled from its end
        (("xx..", "xx..", ".xx.", "...."), ("....", "....", ".xx.", "....")),  # a square with a tail
        (
            ("xx..", "xx..", ".x.x", "..xx", "..xx"),
            ("....", "....", ".x.x", "....", "...."),
        ),  # between two squares
        (("....",), ("....",)),
    ],
)
def test_a_cell_on_no_cycle_comes_out(hidden, given_away):
    assert recoverable(grid(*hidden)).tolist() == grid(*given_away).tolist()


def test_a_secret_cell_is_put_on_a_cycle_that_leaves_the_largest_cells():
    counts = np.array([[3.0, 40, 9], [8, 50, 60], [70, 30, 20]])
    hidden = close_cycles(counts, grid("x..", "...", "..."), grid("x..", "...", "..."), counts > 0)
    assert not recoverable(hidden)[0, 0]
    assert hidden[0, 2] and hidden[1, 0]  # the smallest beside it
    assert not hidden[2, 0]
    assert hidden.sum() <= 6


def test_a_cell_that_is_no_secret_may_come_out():
    hidden = close_cycles(np.full((2, 2), 9.0), grid("x.", ".."), grid("..", ".."), np.ones((2, 2), bool))
    assert hidden.sum() == 1


def test_a_table_of_one_cell_stays_as_it_is():
    assert close_cycles(np.array([[3.0]]), grid("x"), grid("x"), grid("x")).tolist() == [[True]]


def by_district(n: list[int], districts: list[int]) -> tuple[list[bool], list[int]]:
    sizes, places = np.array(n, float), np.array(districts)
    small, none = (sizes > 0) & (sizes < 5), np.zeros(sizes.size, bool)
    hidden, withheld = hide_by_district(sizes, small, none, np.zeros(sizes.size, int), places, limit=5)
    return hidden.tolist(), np.unique(places[withheld]).tolist()


def test_district_of_one_small_school_is_withheld_and_takes_another():
    """Without the second district the total minus all the others would be the small school."""
    hidden, withheld = by_district([3, 40, 50, 60, 70, 80], [1, 2, 2, 3, 3, 3])
    assert withheld == [1, 2]
    assert hidden[:2] == [True, True]
    assert hidden[3:] == [False, False, False]


def test_district_of_one_large_school_hidden_as_a_partner_is_not_summed():
    hidden, withheld = by_district([3, 7, 50, 60], [1, 2, 3, 3])
    assert hidden[:2] == [True, True]
    assert withheld == [1, 2]


def test_districts_without_small_schools_are_all_summed():
    assert by_district([30, 40, 50, 60], [1, 1, 2, 2]) == ([False] * 4, [])


def skills(sizes: list[int], districts: list[str]) -> dict[str, pl.DataFrame]:
    key = {"procedure_id": "P", "org_id": [f"S{j}" for j in range(len(sizes))]}
    return {
        "procedures": pl.DataFrame({"procedure_id": ["P"], "n": [sum(sizes)]}),
        "organisations": pl.DataFrame({"org_id": key["org_id"], "district": districts}),
        "school_results": pl.DataFrame(key | {"n": sizes, "mean_points": 9.0, "note": None}),
        "deficits": pl.DataFrame(
            key | {"skill": "1", "skill_name": "Дроби", "n": sizes, "items_n": 2, "mean_share": 0.5, "gap_share": 0.0,
                   "gap_share_se": 0.1, "pupils_equivalent": 0.0, "note": None}
        ),
    }  # fmt: skip


def test_withheld_district_has_no_sum_in_the_table():
    tables = with_gathered(skills([3, 40, 50, 60, 70, 80], ["А", "Б", "Б", "В", "В", "В"]))
    shown = protect(tables, CENTRE, RULE)["district_deficits"]
    assert dict(shown.select("district", "n").iter_rows()) == {"А": None, "Б": None, "В": 210}
    assert shown.filter(pl.col("n").is_null())["mean_share"].null_count() == 2


def test_a_school_does_not_see_a_district_of_two():
    """From the sum of two the school would subtract itself and have the other one."""
    tables = with_gathered(skills([30, 40, 50, 60, 70], ["А", "А", "Б", "Б", "Б"]))
    shown = protect(tables, one_school("S0"), RULE)["district_deficits"]
    assert shown["district"].to_list() == ["Б"]


def test_rare_scores_cannot_be_had_from_the_share_of_their_mark():
    """Two rare scores, each alone in its mark: the works with that mark would give each away."""
    scores = pl.DataFrame({"procedure_id": "P", "score": list(range(6)), "n": [3, 40, 50, 4, 60, 70]})
    procedures = pl.DataFrame({"procedure_id": ["P"], "n": [227], "cut_3": [2], "cut_4": [4], "cut_5": [5]})
    shown = protect({"procedures": procedures, "score_distribution": scores}, CENTRE, RULE)
    assert shown["score_distribution"]["n"].to_list() == [None, None, None, None, 60, 70]


def test_context_of_organisations_stays_at_the_centre():
    places = pl.DataFrame({"org_id": ["S0"], "name": ["Школа № 1"], "pupils_tested": ["3"]})
    assert "pupils_tested" in protect({"organisations": places}, CENTRE, RULE)["organisations"].columns
    assert (
        "pupils_tested"
        not in protect({"organisations": places}, one_school("S0"), RULE)["organisations"].columns
    )
