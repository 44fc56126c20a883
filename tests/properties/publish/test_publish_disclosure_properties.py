"""An attacker with every published number and linear algebra: no hidden small group, no hidden mark comes out."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from merilo.publish import CENTRE, PUBLIC, Audience, DisclosureRule, protect
from merilo.publish.disclosure import DESCRIPTIVE
from merilo.publish.gathered import with_gathered

RULE = DisclosureRule()
MARKS = ("share_2", "share_3", "share_4", "share_5")
JOURNAL = ("lowered_share", "confirmed_share", "raised_share")
RANK_ERROR = 1e-6  # of equations with coefficients 0 and 1
AUDIENCES = [CENTRE, PUBLIC]
# Counts that are not of pupils' results: schools, procedures, test forms.
NOT_PUPILS = DESCRIPTIVE | {"not_administered_n", "low_procedures_n", "behind_n", "counterfactual_n"}

counts_of_marks = st.lists(
    st.one_of(st.just(0), st.integers(0, 8), st.integers(0, 40)), min_size=4, max_size=4
)
towns = st.lists(
    st.tuples(counts_of_marks, st.integers(1, 3), st.integers(0, 8), st.integers(0, 12)),
    min_size=2,
    max_size=9,
)


def tables_of(town: list[tuple[list[int], int, int, int]]) -> dict[str, pl.DataFrame]:
    """One procedure; every school: pupils by mark, district, absentees, pupils above their journal mark."""
    rows, deficits, places = [], [], []
    totals = np.zeros(4)
    for j, (marks, district, absent, raised) in enumerate(town):
        n = sum(marks)
        totals += marks
        shares = [count / n if n else None for count in marks]
        above = min(raised, n)
        rows.append(
            {"procedure_id": "P", "org_id": f"S{j}", "n": n, "absent_n": absent, "enrolled_n": n + absent,
             "participation_share": n / (n + absent) if n + absent else None, "mean_points": 9.0,
             **dict(zip(MARKS, shares)), "judged_n": n, "low_n": marks[0], "low_share": shares[0],
             "quality_share": (marks[2] + marks[3]) / n if n else None, "journal_n": n,
             "lowered_share": 0.0 if n else None, "confirmed_share": (n - above) / n if n else None,
             "raised_share": above / n if n else None, "note": None}
        )  # fmt: skip
        places.append({"org_id": f"S{j}", "name": f"Школа № {j}", "district": f"Округ {district}"})
        if n:
            deficits.append(
                {"procedure_id": "P", "org_id": f"S{j}", "skill": "1", "skill_name": "Дроби", "n": n, "items_n": 2,
                 "mean_share": 0.5, "gap_share": 0.0, "gap_share_se": 0.1, "pupils_equivalent": 0.0, "note": None}
            )  # fmt: skip
    n = int(totals.sum())
    shares = [float(total / n) if n else None for total in totals]
    procedures = {
        "procedure_id": "P", "title": "P", "n": n, "absent_n": sum(school[2] for school in town),
        **dict(zip(MARKS, shares)), "note": None,
    }  # fmt: skip
    made = {"procedures": [procedures], "school_results": rows, "organisations": places, "deficits": deficits}
    empty = {
        "procedure_id": pl.String,
        "org_id": pl.String,
        "skill": pl.String,
        "n": pl.Int64,
        "mean_share": pl.Float64,
    }
    frames = {
        name: pl.DataFrame(content, infer_schema_length=None) for name, content in made.items() if content
    }
    return {"deficits": pl.DataFrame(schema=empty), **frames}


def known_unknowns(equations: list[np.ndarray], size: int) -> np.ndarray:
    """Which of `size` unknowns the equations fix: those whose unit vector lies in their row space."""
    if not equations:
        return np.zeros(size, bool)
    _left, values, right = np.linalg.svd(np.array(equations), full_matrices=False)
    basis = right[values > RANK_ERROR]
    return np.asarray((basis**2).sum(axis=0) > 1 - RANK_ERROR)


@pytest.mark.parametrize("audience", AUDIENCES, ids=["centre", "public"])
@settings(max_examples=30, deadline=None)
@given(town=towns)
def test_no_size_of_a_small_school_can_be_computed(audience: Audience, town):
    """Equations: sizes shown, the total, the sums of districts."""
    tables = tables_of(town)
    shown = protect(with_gathered(tables), audience, RULE)
    n = np.array([sum(marks) for marks, *_rest in town])
    place = np.array([district for _marks, district, *_rest in town])
    equations = [row for row, size in zip(np.eye(n.size), shown["school_results"]["n"]) if size is not None]
    if shown["procedures"]["n"][0] is not None:
        equations.append(np.ones(n.size))
    if "district_deficits" in shown:
        summed = shown["district_deficits"].filter(pl.col("n").is_not_null())
        equations += [(place == int(d.split()[1])).astype(float) for d in summed["district"]]
    small = (n > 0) & (n < audience.limit(RULE))
    assert not (known_unknowns(equations, n.size) & small & (n != n.sum())).any()


@pytest.mark.parametrize("audience", AUDIENCES, ids=["centre", "public"])
@settings(max_examples=30, deadline=None)
@given(town=towns)
def test_no_small_count_of_a_mark_can_be_computed(audience: Audience, town):
    """Equations: shares shown (times n), marks of a school sum to n, low and quality shares, totals of marks."""
    tables = tables_of(town)
    shown = protect(with_gathered(tables), audience, RULE)
    counts = np.array([marks for marks, *_rest in town])
    cell = np.eye(counts.size).reshape(*counts.shape, counts.size)
    equations = []
    for j, row in enumerate(shown["school_results"].iter_rows(named=True)):
        if row["n"] is None:
            continue
        equations.append(cell[j].sum(axis=0))
        equations += [cell[j, k] for k, share in enumerate(MARKS) if row[share] is not None]
        equations += [cell[j, 0]] if row["low_share"] is not None or row["low_n"] is not None else []
        equations += [cell[j, 2] + cell[j, 3]] if row["quality_share"] is not None else []
    total = shown["procedures"].row(0, named=True)
    if total["n"] is not None:
        equations += [cell[:, k].sum(axis=0) for k, share in enumerate(MARKS) if total[share] is not None]
    found = known_unknowns(equations, counts.size).reshape(counts.shape)
    assert not (found & (counts > 0) & (counts < audience.limit(RULE))).any()


@pytest.mark.parametrize("audience", AUDIENCES, ids=["centre", "public"])
@settings(max_examples=30, deadline=None)
@given(town=towns)
def test_no_published_count_is_small(audience: Audience, town):
    limit = audience.limit(RULE)
    for name, frame in protect(with_gathered(tables_of(town)), audience, RULE).items():
        for column, dtype in frame.schema.items():
            if dtype.is_integer() and column not in NOT_PUPILS:
                small = frame.filter(pl.col(column).is_between(1, limit - 1))
                assert not small.height, (name, column, small)
        if name in {"school_results", "procedures", "journal_totals"}:
            for share in (*MARKS, *JOURNAL, "low_share", "quality_share"):
                if share in frame.columns:
                    counts = (frame[share] * frame["n"]).round().drop_nulls()
                    assert not counts.is_between(1, limit - 1).any(), (name, share)
