"""Low results without results that ask to be verified: what suspicion and reviews do to the probability."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from merilo.appraise.low_results import appraise_low_results
from merilo.definitions import load_definitions
from merilo.tables import TABLES

SCHOOLS = 40
PROCEDURES = pl.DataFrame(
    {
        "procedure_id": [f"p{k}" for k in range(4)],
        "kind": ["vpr"] * 4,
        "subject": ["mathematics", "russian"] * 2,
        "year_group": [5, 5, 6, 6],
        "programme_year_group": [5, 5, 6, 6],
        "school_year": ["2020/21"] * 4,
    }
)
NOBODY = pl.DataFrame(schema={"procedure_id": pl.String, "org_id": pl.String})


def results(clean: tuple[str, ...] = ("s00",)) -> pl.DataFrame:
    """40 schools with a quarter of 40 works low on average; `clean` ones have no low work at all."""
    rng = np.random.default_rng(8)
    rows = []
    for j in range(SCHOOLS):
        share = 1 / (1 + np.exp(1.1 - 0.7 * rng.normal()))
        for k in range(4):
            low = int(rng.binomial(40, np.clip(share + 0.05 * rng.normal(), 0.01, 0.9)))
            org = f"s{j:02d}"
            rows.append((f"p{k}", org, 0 if org in clean else low, 40, 40))
    return pl.DataFrame(rows, schema=["procedure_id", "org_id", "low_n", "n", "judged_n"], orient="row")


def suspected(
    probability: float, org: str = "s00", procedures: tuple[int, ...] = (0, 1, 2, 3)
) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "org_id": [org] * len(procedures),
            "procedure_id": [f"p{k}" for k in procedures],
            "probability": [probability] * len(procedures),
        }
    )


def appraised(
    suspicion: pl.DataFrame | None, confirmed: pl.DataFrame | None = None, found: pl.DataFrame | None = None
) -> pl.DataFrame:
    organisations = pl.DataFrame(schema={"org_id": pl.String, "kind": pl.String})
    rows = appraise_low_results(
        PROCEDURES,
        results() if found is None else found,
        organisations,
        load_definitions(),
        suspicion=suspicion,
        confirmed=confirmed,
    )
    return TABLES["low_results"].frame(rows)


def cleaned_of(frame: pl.DataFrame, org: str = "s00") -> float:
    return frame.filter(org_id=org)["probability_cleaned"][0]


def test_no_suspicion_anywhere_leaves_the_probability_as_it_is() -> None:
    for nothing in (suspected(0.0), suspected(0.5).clear()):
        frame = appraised(nothing)
        assert frame["probability_cleaned"].to_list() == frame["probability"].to_list()
        assert not frame["note"].str.contains("нужны").any()


def test_without_evidence_and_reviews_the_cell_is_empty_and_says_why() -> None:
    for confirmed in (None, NOBODY):
        frame = appraised(None, confirmed)
        assert frame["probability_cleaned"].null_count() == SCHOOLS
        assert frame["note"].str.contains("вероятность без результатов").all()


def test_a_suspected_school_without_low_works_may_be_low_after_all() -> None:
    """With doubt the school moves from surely not low towards what the authority's schools are."""
    plain = appraised(None)
    share_low = plain["probability"].mean()
    told = [cleaned_of(appraised(suspected(doubt))) for doubt in (0.0, 0.5, 1.0)]
    assert told[0] < 0.01 < told[1] < told[2]
    assert told[2] == pytest.approx(share_low, abs=0.1)
    assert told[1] == pytest.approx((told[0] + told[2]) / 2, abs=0.03)


def test_suspicion_of_one_school_hardly_touches_the_others() -> None:
    before, after = appraised(suspected(0.0)), appraised(suspected(1.0))
    others = pl.col("org_id") != "s00"
    moved = before.filter(others)["probability_cleaned"] - after.filter(others)["probability_cleaned"]
    assert moved.abs().max() < 0.05


def test_a_confirmed_procedure_is_set_aside_and_the_others_speak_for_it() -> None:
    """One procedure is confirmed as lifted: what remains of a school without low works still says that it is not low;
    of a school that is low in all the others, that it is.
    """
    found = results().with_columns(
        pl.when((pl.col("org_id") == "s01") & (pl.col("procedure_id") != "p0"))
        .then(22)
        .when((pl.col("org_id") == "s01") & (pl.col("procedure_id") == "p0"))
        .then(0)
        .otherwise("low_n")
        .alias("low_n")
    )
    confirmed = pl.DataFrame({"procedure_id": ["p0", "p0"], "org_id": ["s00", "s01"]})
    frame = appraised(None, confirmed, found)
    assert cleaned_of(frame, "s00") < 0.1
    assert cleaned_of(frame, "s01") > 0.95
    notes = dict(frame.select("org_id", "note").iter_rows())
    assert "после проверки" in notes["s00"] and notes["s00"].endswith(": 1")
    assert "после проверки" not in (notes["s02"] or "")


def test_confirmed_outweighs_any_suspicion() -> None:
    confirmed = pl.DataFrame({"procedure_id": [f"p{k}" for k in range(4)], "org_id": ["s00"] * 4})
    assert cleaned_of(appraised(suspected(0.1), confirmed)) == cleaned_of(appraised(suspected(1.0)))


def test_pairs_that_are_not_in_the_rule_are_passed_over() -> None:
    stray = pl.concat([suspected(0.0), suspected(1.0, org="elsewhere"), suspected(1.0, procedures=(9,))])
    frame = appraised(stray)
    assert frame["probability_cleaned"].to_list() == frame["probability"].to_list()


def test_where_every_result_was_set_aside_nothing_is_told() -> None:
    found = results()
    confirmed = found.select("procedure_id", "org_id")
    frame = appraised(None, confirmed, found)
    assert frame["probability_cleaned"].null_count() == SCHOOLS
    assert frame["probability"].null_count() == 0
