"""Deficits by skill, on numbers small enough to be done by hand."""

from __future__ import annotations

import polars as pl
import pytest

from merilo.support.deficits import FEW_WORKS, find_deficits
from merilo.tables import TABLES

# The spread between schools is averaged over a grid of 200 points (methods/shrinkage).
CLOSE = 1e-6


def skills(
    gaps: list[float | None],
    ses: list[float | None],
    *,
    n: list[int] | None = None,
    skill: str = "1.1",
    procedure: str = "p",
    notes: list[str | None] | None = None,
) -> pl.DataFrame:
    count = len(gaps)
    return pl.DataFrame(
        {
            "procedure_id": [procedure] * count,
            "org_id": [f"s{k}" for k in range(count)],
            "skill": [skill] * count,
            "skill_name": ["Сложение"] * count,
            "n": n or [20] * count,
            "items_n": [2] * count,
            "mean_share": [None if gap is None else 0.6 + gap for gap in gaps],
            "authority_share": [0.6] * count,
            "expected_share": [0.6] * count,
            "gap_share": gaps,
            "gap_share_se": ses,
            "note": notes or [None] * count,
        },
        schema_overrides={
            "gap_share": pl.Float64, "gap_share_se": pl.Float64, "mean_share": pl.Float64, "note": pl.String
        },
    )  # fmt: skip


def test_gaps_known_exactly_are_the_schools_own() -> None:
    rows = find_deficits(skills([-0.10, 0.00, 0.04], [1e-6] * 3))
    assert rows["own_share"].to_list() == pytest.approx([-0.10, 0.00, 0.04], abs=CLOSE)
    assert rows["pupils_equivalent"].to_list() == pytest.approx([-2.0, 0.0, 0.8], abs=20 * CLOSE)
    assert rows["note"].to_list() == [None] * 3


def test_equal_gaps_are_common_to_all_schools_and_stay() -> None:
    """Shrinking towards the common mean moves nothing: every spread gives the mean itself."""
    rows = find_deficits(skills([-0.07] * 4, [0.05, 0.02, 0.1, 0.03], n=[10, 20, 30, 40]))
    assert rows["own_share"].to_list() == pytest.approx([-0.07] * 4, abs=CLOSE)
    assert rows["pupils_equivalent"].to_list() == pytest.approx([-0.7, -1.4, -2.1, -2.8], abs=40 * CLOSE)


def test_gaps_that_chance_explains_are_drawn_to_the_middle() -> None:
    rows = find_deficits(skills([-0.06, 0.0, 0.06], [0.2] * 3))
    low, middle, high = rows["own_share"].to_list()
    assert middle == pytest.approx(0, abs=CLOSE)
    assert low == pytest.approx(-high, abs=CLOSE)
    assert 0 < high < 0.06 * 0.9


def test_the_less_certain_of_two_equal_gaps_is_drawn_more() -> None:
    rows = find_deficits(skills([-0.2, -0.2, 0.1, 0.1, 0.0], [0.02, 0.15, 0.05, 0.05, 0.05]))
    sure, unsure = rows["own_share"].to_list()[:2]
    assert -0.2 <= sure < unsure < 0
    assert rows["own_share_se"][0] < rows["own_share_se"][1]


def test_skills_and_procedures_are_shrunken_apart() -> None:
    gaps = [-0.1, 0.0, 0.1]
    alone = find_deficits(skills(gaps, [0.03] * 3))
    others = [
        skills([-0.5, 0.4, 0.1], [0.01] * 3, skill="2"),
        skills([0.3, 0.3, 0.2], [0.2] * 3, procedure="q"),
    ]
    together = find_deficits(pl.concat([others[0], skills(gaps, [0.03] * 3), others[1]]))
    mine = together.filter((pl.col("procedure_id") == "p") & (pl.col("skill") == "1.1"))
    assert mine["own_share"].to_list() == alone["own_share"].to_list()
    assert together.height == 9


def test_two_schools_cannot_be_told_apart_from_chance() -> None:
    rows = find_deficits(skills([-0.1, 0.1], [0.03] * 2))
    assert rows["own_share"].null_count() + rows["own_share"].is_nan().sum() == 2
    assert all("fewer than three" in note or "трёх" in note for note in rows["note"])


def test_few_works_keep_their_gap_and_are_not_turned_into_pupils() -> None:
    rows = find_deficits(skills([-0.1, 0.0, 0.1], [0.03] * 3, n=[FEW_WORKS - 1, FEW_WORKS, 20]))
    table = TABLES["deficits"].frame(rows)
    assert table["own_share"].null_count() == 0
    assert table["pupils_equivalent"].is_null().to_list() == [True, False, False]
    assert table["note"].is_null().to_list() == [False, True, True]


@pytest.mark.parametrize(("gap", "se"), [(None, None), (-0.1, None), (-0.1, 0.0), (float("nan"), 0.03)])
def test_a_school_whose_gap_or_error_is_unknown_is_left_out_with_a_reason(
    gap: float | None, se: float | None
) -> None:
    known = find_deficits(skills([-0.1, 0.0, 0.1], [0.03] * 3))
    rows = TABLES["deficits"].frame(find_deficits(skills([-0.1, 0.0, 0.1, gap], [0.03] * 3 + [se])))
    assert rows["own_share"].to_list()[:3] == pytest.approx(known["own_share"].to_list())
    assert rows["own_share"][3] is None
    assert rows["pupils_equivalent"][3] is None
    assert rows["note"][3]


def test_a_reason_that_was_given_before_stays() -> None:
    rows = find_deficits(
        skills([-0.1, 0.0, 0.1, None], [0.03] * 3 + [None], notes=[None, None, None, "before"])
    )
    assert rows["note"][3] == "before"


def test_no_skills_give_no_rows() -> None:
    empty = skills([-0.1], [0.1]).clear()
    assert find_deficits(empty).is_empty()
    assert TABLES["deficits"].frame(find_deficits(empty)).is_empty()


def test_the_input_is_not_changed() -> None:
    given = skills([-0.1, 0.0, 0.1], [0.03] * 3)
    copy = given.clone()
    find_deficits(given)
    assert given.equals(copy)
