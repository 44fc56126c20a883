"""Who may see which numbers: every rule at its boundary (4, 5, 9, 10 pupils)."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from merilo.publish import CENTRE, PUBLIC, DisclosureRule, one_school, protect
from merilo.publish.gathered import with_gathered

RULE = DisclosureRule()
SHARES = ("share_2", "share_3", "share_4", "share_5")


def results(
    sizes: list[int], marks: list[list[int]] | None = None, absent: list[int] | None = None
) -> pl.DataFrame:
    """School results of one procedure: sizes, pupils by mark 2-5, absentees."""
    rows = []
    for j, n in enumerate(sizes):
        counts = marks[j] if marks else [n, 0, 0, 0]
        shares = {name: count / n if n else None for name, count in zip(SHARES, counts)}
        rows.append(
            {"procedure_id": "P", "org_id": f"S{j}", "n": n, "absent_n": absent[j] if absent else 0,
             "participation_share": 0.9, "mean_points": 10.0 + j, **shares, "share_2_lower": 0.1,
             "low_share": shares["share_2"], "quality_share": (counts[2] + counts[3]) / n if n else None, "note": None}
        )  # fmt: skip
    return pl.DataFrame(rows)


def organisations(districts: list[str]) -> pl.DataFrame:
    return pl.DataFrame({"org_id": [f"S{j}" for j in range(len(districts))], "district": districts})


def shown(frame: pl.DataFrame, column: str = "mean_points") -> list[bool]:
    return frame[column].is_not_null().to_list()


@pytest.mark.parametrize(
    ("audience", "n", "visible"),
    [
        (CENTRE, 4, False),
        (CENTRE, 5, True),
        (CENTRE, 9, True),
        (PUBLIC, 4, False),
        (PUBLIC, 5, False),
        (PUBLIC, 9, False),
        (PUBLIC, 10, True),
        (one_school("S0"), 4, False),
        (one_school("S0"), 5, True),
        (one_school("S0"), 9, True),
    ],
)
def test_group_is_seen_from_the_limit_of_its_reader(audience, n, visible):
    protected = protect({"school_results": results([n, 60, 70, 80])}, audience, RULE)["school_results"]
    assert shown(protected)[0] is visible
    assert (protected["n"][0] is not None) is visible


def test_hidden_row_says_why_and_keeps_its_key():
    row = protect({"school_results": results([4, 60, 70])}, CENTRE, RULE)["school_results"].row(0, named=True)
    assert row["org_id"] == "S0"
    assert "мало" in row["note"]


def test_one_small_school_takes_the_next_smallest_with_it():
    protected = protect({"school_results": results([4, 60, 30, 80])}, CENTRE, RULE)["school_results"]
    assert shown(protected) == [False, True, False, True]


def test_two_small_schools_of_enough_pupils_need_no_third():
    protected = protect({"school_results": results([4, 3, 30, 80])}, CENTRE, RULE)["school_results"]
    assert shown(protected) == [False, False, True, True]


def test_two_tiny_schools_below_the_limit_together_take_a_third():
    protected = protect({"school_results": results([2, 2, 30, 80])}, CENTRE, RULE)["school_results"]
    assert shown(protected) == [False, False, False, True]


def test_district_with_one_small_school_is_closed_where_districts_are_summed():
    sizes = [4, 40, 50, 3, 60, 70]
    skills = pl.DataFrame(
        {
            "procedure_id": "P",
            "org_id": [f"S{j}" for j in range(6)],
            "skill": "1",
            "skill_name": "Дроби",
            "n": sizes,
            "items_n": 2,
            "mean_share": 0.5,
            "gap_share": 0.0,
            "gap_share_se": 0.1,
            "pupils_equivalent": 0.0,
            "note": None,
        }
    )
    tables = {
        "school_results": results(sizes),
        "organisations": organisations(["A", "A", "A", "B", "B", "B"]),
        "deficits": skills,
    }
    protected = protect(with_gathered(tables), CENTRE, RULE)
    assert shown(protected["school_results"]) == [False, False, True, False, False, True]
    assert shown(protected["deficits"], "mean_share") == [False, False, True, False, False, True]
    assert protected["district_deficits"]["mean_share"].null_count() == 0


@pytest.mark.parametrize(("count", "visible"), [(0, True), (1, False), (4, False), (5, True), (9, True)])
def test_count_of_a_mark_at_the_centre(count, visible):
    marks = [[count, 50 - count, 50, 50], [20, 30, 40, 50], [20, 30, 40, 50], [20, 30, 40, 50]]
    frame = results([150, 140, 140, 140], marks)
    protected = protect({"school_results": frame}, CENTRE, RULE)["school_results"]
    assert (protected["share_2"][0] is not None) is visible
    assert (protected["share_2_lower"][0] is not None) is visible
    assert (protected["low_share"][0] is not None) is visible


@pytest.mark.parametrize(("count", "visible"), [(5, False), (9, False), (10, True)])
def test_count_of_a_mark_in_public(count, visible):
    marks = [[count, 50 - count, 50, 50], [20, 30, 40, 50], [20, 30, 40, 50]]
    frame = results([150, 140, 140], marks)
    assert (
        protect({"school_results": frame}, PUBLIC, RULE)["school_results"]["share_2"][0] is not None
    ) is visible


def test_hidden_mark_takes_a_partner_in_its_row_and_in_its_column():
    marks = [[3, 47, 50, 50], [20, 30, 40, 50], [25, 30, 40, 50]]
    protected = protect({"school_results": results([150, 140, 145], marks)}, CENTRE, RULE)["school_results"]
    hidden = np.array([[protected[share][j] is None for share in SHARES] for j in range(3)])
    assert hidden[0].sum() >= 2
    assert hidden[:, 0].sum() >= 2
    assert not hidden.all()


def test_quality_cannot_give_a_hidden_mark_away():
    marks = [[40, 47, 60, 3], [20, 30, 40, 50], [25, 30, 40, 50]]
    protected = protect({"school_results": results([150, 140, 145], marks)}, CENTRE, RULE)["school_results"]
    row = protected.row(0, named=True)
    halves = ((row["share_2"] is None) != (row["share_3"] is None)) or (
        (row["share_4"] is None) != (row["share_5"] is None)
    )
    assert row["share_5"] is None
    assert not (halves and row["quality_share"] is not None)


@pytest.mark.parametrize(("n", "visible"), [(9, False), (10, True)])
def test_everybody_in_a_small_group_is_not_told(n, visible):
    marks = [[0, 0, n, 0], [0, 0, n, 0], [20, 30, 40, 50]]
    protected = protect({"school_results": results([n, n, 140], marks)}, CENTRE, RULE)["school_results"]
    assert (protected["share_4"][0] is not None) is visible
    assert (protected["share_2"][0] is not None) is visible


@pytest.mark.parametrize(("absent", "visible"), [(0, True), (1, False), (4, False), (5, True)])
def test_few_absentees_are_not_counted_aloud(absent, visible):
    frame = results([60, 70, 80], absent=[absent, 12, 14])
    protected = protect({"school_results": frame}, CENTRE, RULE)["school_results"]
    assert (protected["absent_n"][0] is not None) is visible
    assert (protected["participation_share"][0] is not None) is visible


def test_effects_and_deficits_follow_the_hidden_results(town):
    protected = protect(with_gathered(town()), CENTRE, RULE)
    hidden = (
        protected["school_results"].filter(pl.col("mean_points").is_null()).select("procedure_id", "org_id")
    )
    assert hidden.height > 0
    for name, column in (("school_effects", "effect_points"), ("deficits", "mean_share")):
        there = protected[name].join(hidden, on=["procedure_id", "org_id"], how="semi")
        assert there.height > 0
        assert there[column].null_count() == there.height


def test_school_sees_its_own_rows_only(town):
    protected = protect(town(), one_school("S05"), RULE)
    for name in ("school_results", "school_effects", "deficits", "low_results"):
        assert protected[name]["org_id"].unique().to_list() == ["S05"]
    assert protected["procedures"].height == 4
    assert "rejected_rows" not in protected


@pytest.mark.parametrize(("rest", "visible"), [(9, False), (10, True)])
def test_school_cannot_subtract_itself_from_the_total(rest, visible):
    tables = {
        "procedures": pl.DataFrame({"procedure_id": ["P"], "n": [60 + rest], "mean_points": [9.5]}),
        "school_results": results([60, rest]),
    }
    protected = protect(tables, one_school("S0"), RULE)
    assert (protected["procedures"]["mean_points"][0] is not None) is visible
    assert protected["school_results"]["mean_points"].to_list() == [10.0]


@pytest.mark.parametrize(("n", "visible"), [(4, False), (5, True)])
def test_few_journal_marks_are_not_counted_aloud(n, visible):
    frame = results([60, 70, 80]).with_columns(journal_n=pl.Series([n, 60, 60]))
    protected = protect({"school_results": frame}, CENTRE, RULE)["school_results"]
    assert (protected["journal_n"][0] is not None) is visible


def test_no_pupil_rows_and_no_extremes_leave():
    tables = {
        "works": pl.DataFrame({"work_id": ["w1"], "score": [3]}),
        "school_results": results([60, 70]).with_columns(min_points=pl.lit(0.0), max_points=pl.lit(20.0)),
    }
    protected = protect(tables, CENTRE, RULE)
    assert "works" not in protected
    assert "min_points" not in protected["school_results"].columns


def test_public_does_not_see_evidence_on_objectivity():
    tables = {"objectivity_schools": pl.DataFrame({"org_id": ["S0"], "flagged": [True]})}
    assert "objectivity_schools" in protect(tables, CENTRE, RULE)
    assert "objectivity_schools" not in protect(tables, PUBLIC, RULE)


def test_rare_scores_are_left_out_of_the_distribution():
    frame = pl.DataFrame({"procedure_id": "P", "score": [0, 1, 2, 3, 4], "n": [0, 3, 40, 60, 4]})
    centre = protect({"score_distribution": frame}, CENTRE, RULE)["score_distribution"]
    assert centre["n"].to_list() == [0, None, 40, 60, None]


def test_low_results_of_a_tiny_school_are_withheld(town):
    low = protect(town(), CENTRE, RULE)["low_results"]
    assert low.filter(pl.col("org_id") == "S01")["probability"].item() is None
    assert low.filter(pl.col("org_id") == "S05")["probability"].item() is not None


def test_given_tables_stay_as_they_were(town):
    tables = town()
    before = {name: frame.clone() for name, frame in tables.items()}
    protect(tables, PUBLIC, RULE)
    assert all(tables[name].equals(before[name]) for name in tables)
