"""The tables behind the evidence on objectivity: who sees them, and that no few works can be had from them."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from merilo.publish import CENTRE, PUBLIC, DisclosureRule, one_school, protect
from merilo.publish.pictured import PICTURED, SCHOOL_ABSENT, SCHOOL_LIKENESS, SCHOOL_MARKS, with_pictures
from merilo.tables import TABLES

RULE = DisclosureRule()
EVIDENCE = (
    "evidence_scores",
    "evidence_items",
    "evidence_classes",
    "evidence_likeness",
    "evidence_marks",
    "objectivity",
    "objectivity_schools",
    "objectivity_kinds",
)


def row(name: str, org: str, **values: object) -> dict[str, object]:
    """A row of a table: keys filled, everything else empty unless given."""
    words = {"procedure_id": "P", "org_id": org, "item_id": "1", "class_id": "5А", "evidence": "journal"}
    words |= {"kind": "journal", "score": 1, "likeness_from": 0.0, "journal_mark": 3, "mark": 3, "n": 40}
    return {c: (words | values).get(c) for c in TABLES[name].schema}


def table(name: str, rows: list[dict[str, object]]) -> pl.DataFrame:
    return TABLES[name].frame(pl.DataFrame(rows, schema_overrides=TABLES[name].schema))


@pytest.mark.parametrize("name", EVIDENCE)
def test_evidence_is_not_for_the_public_and_only_one_s_own(name):
    tables = {name: table(name, [row(name, "A"), row(name, "B")])}
    assert name not in protect(tables, PUBLIC, RULE)
    assert protect(tables, one_school("A"), RULE)[name]["org_id"].to_list() == ["A"]
    assert set(protect(tables, CENTRE, RULE)[name]["org_id"]) == {"A", "B"}


def test_pairs_of_works_never_leave_and_models_stay_at_the_centre():
    pairs = pl.DataFrame({"org_id": ["A"], "omega": [3.0]})  # even without its columns of works
    tables = {"similar_pairs": pairs, "objectivity_models": TABLES["objectivity_models"].empty()}
    assert set(protect(tables, CENTRE, RULE)) == {"objectivity_models"}
    assert set(protect(tables, one_school("A"), RULE)) == set()
    assert set(protect(tables, PUBLIC, RULE)) == set()


def test_a_single_small_count_of_scores_takes_a_partner_with_it():
    """30 works are known from elsewhere: 4 alone would be had by subtraction."""
    counts = [4, 6, 0, 20]
    frame = table(
        "evidence_scores", [row("evidence_scores", "A", score=s, n=n) for s, n in enumerate(counts)]
    )
    shown = protect({"evidence_scores": frame}, one_school("A"), RULE)["evidence_scores"]
    assert shown["n"].to_list() == [None, None, 0, 20]


def test_cells_of_marks_cannot_be_had_from_their_sums():
    cells = {(3, 3): 2, (3, 4): 9, (4, 3): 12, (4, 4): 30, (5, 5): 8}
    rows = [row("evidence_marks", "A", journal_mark=j, mark=m, n=n) for (j, m), n in cells.items()]
    shown = protect({"evidence_marks": table("evidence_marks", rows)}, one_school("A"), RULE)[
        "evidence_marks"
    ]
    hidden = {(j, m) for j, m, n in shown.select("journal_mark", "mark", "n").iter_rows() if n is None}
    assert (3, 3) in hidden
    for which in range(2):
        for value in {cell[which] for cell in hidden}:
            same = [cells[cell] for cell in hidden if cell[which] == value]
            full = [n for cell, n in cells.items() if cell[which] == value]
            assert len(same) >= 2 or len(full) == len(same), "a sum less what is shown would be a small cell"


def test_classes_of_four_show_neither_works_nor_pairs():
    likeness = [
        row("evidence_likeness", "A", class_id=c, likeness_from=f, pairs_n=n, expected_n=1.0)
        for c, pairs in (("5А", [6, 0]), ("5Б", [60, 50]))
        for f, n in enumerate(pairs)
    ]
    shown = protect({"evidence_likeness": table("evidence_likeness", likeness)}, one_school("A"), RULE)
    by_class = dict(shown["evidence_likeness"].group_by("class_id").agg("pairs_n").iter_rows())
    assert by_class["5А"] == [None, None]
    assert sorted(by_class["5Б"]) == [50, 60]


@pytest.mark.parametrize(("absent", "visible"), [(0, True), (1, False), (4, False), (5, True)])
def test_few_absent_pupils_are_told_neither_by_share_nor_by_note(absent, visible):
    """With the usual share known, the estimate would be their number; the note holds their mean journal mark."""
    given_row = row("objectivity", "A", evidence="participation", estimate=0.03, z=1.1, note="отметки: 2,00")
    results = pl.DataFrame({"procedure_id": ["P"], "org_id": ["A"], "n": [40], "absent_n": [absent]})
    tables = {"objectivity": table("objectivity", [given_row]), "school_results": results}
    shown = protect(tables, one_school("A"), RULE)["objectivity"].row(0, named=True)
    assert (shown["estimate"] is not None) is visible
    assert (shown["note"] is not None) is visible
    assert shown["z"] == 1.1


def test_participation_says_nothing_where_absences_are_unknown():
    frame = table("objectivity", [row("objectivity", "A", evidence="participation", estimate=0.03)])
    assert protect({"objectivity": frame}, one_school("A"), RULE)["objectivity"]["estimate"].to_list() == [
        None
    ]


def test_absent_by_journal_mark_is_shown_from_five_on():
    def shown(absent: list[int]) -> list[int | None]:
        frame = pl.DataFrame(
            {"org_id": ["A", "A"], "journal_mark": [3, 4], "n": [40, 60], "absent_n": absent}
        )
        return protect({SCHOOL_ABSENT: frame}, one_school("A"), RULE)[SCHOOL_ABSENT]["absent_n"].to_list()

    assert shown([9, 12]) == [9, 12]
    assert shown([9, 4]) == [None, None]


@settings(max_examples=60, deadline=None)
@given(counts=st.lists(st.integers(0, 40), min_size=3, max_size=9), seed=st.integers(0, 99))
def test_no_small_cell_follows_from_a_total_and_what_is_shown(counts, seed):
    """Scores of a school, marks against the journal, pairs: the hidden ones are many or none."""
    rng = np.random.default_rng(seed)
    scores = table(
        "evidence_scores", [row("evidence_scores", "A", score=s, n=n) for s, n in enumerate(counts)]
    )
    marks = pl.DataFrame({"org_id": "A", "shift": [-1, 0, 1], "n": rng.integers(0, 12, 3)})
    pairs = pl.DataFrame({"org_id": "A", "likeness_from": [0.0, 1.0, 2.0], "pairs_n": rng.integers(0, 30, 3)})
    tables = {"evidence_scores": scores, SCHOOL_MARKS: marks, SCHOOL_LIKENESS: pairs}
    shown = protect(tables, one_school("A"), RULE)
    for name, column in (("evidence_scores", "n"), (SCHOOL_MARKS, "n"), (SCHOOL_LIKENESS, "pairs_n")):
        given_n, seen = tables[name][column].to_list(), shown[name][column].to_list()
        assert all(value is None or value == 0 or value >= RULE.min_cell for value in seen)
        lost = [n for n, value in zip(given_n, seen) if value is None]
        everything = [n for n in given_n if n]
        assert not lost or (len(lost) >= 2 and sum(lost) >= RULE.min_cell) or len(lost) >= len(everything)


def test_pictures_tell_of_the_school_and_of_others_only_together():
    """Tables of four schools: too few others to say what is usual."""
    rows = [row("evidence_marks", org, journal_mark=3, mark=m, n=20) for org in "ABCD" for m in (0, 3)]
    objectivity = [
        row("objectivity", org, estimate=0.1, estimate_lower=0.0, estimate_upper=0.2, z=0.3) for org in "ABCD"
    ]
    tables = {
        "objectivity": table("objectivity", objectivity),
        "procedures": table("procedures", [row("procedures", "", procedure_id="P", title="Работа")]),
        "evidence_marks": table("evidence_marks", rows),
    }
    made = with_pictures(tables, "A")
    for name in set(PICTURED) & set(made):
        assert set(made[name]["org_id"]) == {"A"}, name
    kinds = made["school_kinds"].row(0, named=True)
    assert kinds["usual"] is None and kinds["estimate"] == pytest.approx(0.1)
    assert made[SCHOOL_ABSENT]["usual_share"].to_list() == [0.5]  # 120 entries of three schools together
