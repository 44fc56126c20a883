"""The official rule of low results, on counts that can be checked by hand.

The rule (definitions/low_results.toml): at least 30 % below the minimum in at least two of the named procedures;
special schools are outside it; the latest school year counts.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from merilo.appraise.low_results import appraise_low_results
from merilo.definitions import Definitions, load_definitions
from merilo.tables import TABLES

RULE = "shnor_fioko_2020"
# The four procedures of year groups 5 and 6 that the rule names.
MA5, RU5 = ("vpr", "mathematics", 5), ("vpr", "russian", 5)
MA6, RU6 = ("vpr", "mathematics", 6), ("vpr", "russian", 6)
OFFICIAL = (MA5, RU5)
OTHER = (("vpr", "history", 5), ("regional", "mathematics", 5))


def procedures(
    kinds: tuple[tuple[str, str, int], ...] = OFFICIAL, years: list[str] | None = None
) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "procedure_id": [f"p{k}" for k in range(len(kinds))],
            "kind": [kind for kind, _subject, _group in kinds],
            "subject": [subject for _kind, subject, _group in kinds],
            "year_group": [group + 1 for _kind, _subject, group in kinds],
            "programme_year_group": [group for _kind, _subject, group in kinds],
            "school_year": years or ["2020/21"] * len(kinds),
        }
    )


def results(**schools: list[tuple[int, int] | None]) -> pl.DataFrame:
    """School -> (low works, works) by procedure; None: the procedure was not held there."""
    rows = [
        {
            "procedure_id": f"p{k}",
            "org_id": org,
            "low_n": held[0],
            "n": held[1],
            "judged_n": held[1],
            "low_share": held[0] / held[1],
        }
        for org, counts in schools.items()
        for k, held in enumerate(counts)
        if held is not None
    ]
    return pl.DataFrame(rows, schema_overrides={"low_n": pl.Int64})


def organisations(**kinds: str) -> pl.DataFrame:
    return pl.DataFrame(
        {"org_id": list(kinds), "kind": list(kinds.values())}, schema={"org_id": pl.String, "kind": pl.String}
    )


def changed(tmp_path: Path, **fields: object) -> Definitions:
    """The rule with some of its fields changed."""
    words = "\n".join(f"{name} = {value!r}" for name, value in fields.items())
    file = tmp_path / "own.toml"
    file.write_text(
        "[[low_result_rule]]\n"
        f'id = "{RULE}"\nversion = "t"\nsource = "test"\nstatus = "chosen"\n'
        f'reason = "test"\ndated_on = "2021"\n{words}\n',
        encoding="utf-8",
    )
    return load_definitions((file,))


def appraised(
    held: pl.DataFrame, found: pl.DataFrame, orgs: pl.DataFrame | None = None, rule: Definitions | None = None
) -> dict[str, dict[str, object]]:
    rows = appraise_low_results(
        held, found, organisations() if orgs is None else orgs, rule or load_definitions()
    )
    table = TABLES["low_results"].frame(rows)
    return {row["org_id"]: row for row in table.iter_rows(named=True)}


def listed(rows: dict[str, dict[str, object]]) -> dict[str, object]:
    return {org: row["listed"] for org, row in rows.items()}


def test_the_limit_itself_is_low_and_just_below_it_is_not() -> None:
    """3 of 10 and 21 of 70 are exactly 30 %; 299 of 1000 is 29.9 %."""
    rows = appraised(
        procedures(),
        results(
            at=[(3, 10), (21, 70)],
            below=[(299, 1000), (300, 1000)],
            over=[(301, 1000), (9, 30)],
            none=[(0, 10), (0, 10)],
        ),
    )
    assert listed(rows) == {"at": True, "below": False, "over": True, "none": False}
    assert [rows[org]["low_procedures_n"] for org in ("at", "below", "over", "none")] == [2, 1, 2, 0]
    assert all(row["procedures_n"] == 2 for row in rows.values())


@pytest.mark.parametrize("works", range(10, 200, 10))
def test_thirty_percent_is_thirty_percent_whatever_the_number_of_works(works: int) -> None:
    """0.3 times the works is not whole in floating point for every size."""
    low = works * 3 // 10
    rows = appraised(procedures(), results(at=[(low, works)] * 2, under=[(low - 1, works)] * 2))
    assert listed(rows) == {"at": True, "under": False}


def test_one_low_procedure_lists_nobody() -> None:
    rows = appraised(procedures(), results(a=[(10, 10), (2, 10)], b=[(10, 10), None]))
    assert listed(rows) == {"a": False, "b": False}
    assert rows["b"]["procedures_n"] == 1
    assert rows["b"]["probability"] is None
    assert rows["b"]["stability"] is None
    assert rows["b"]["note"]


def test_the_number_of_procedures_is_the_rules(tmp_path: Path) -> None:
    held = procedures((MA5, RU5, MA6))
    found = results(two=[(5, 10), (5, 10), (0, 10)], three=[(5, 10)] * 3)
    assert listed(appraised(held, found)) == {"two": True, "three": True}
    strict = changed(tmp_path, min_procedures=3)
    assert listed(appraised(held, found, rule=strict)) == {"two": False, "three": True}


def test_the_share_is_the_rules(tmp_path: Path) -> None:
    found = results(half=[(5, 10)] * 2, third=[(4, 10)] * 2)
    assert listed(appraised(procedures(), found, rule=changed(tmp_path, threshold_share=0.5))) == {
        "half": True,
        "third": False,
    }


def test_few_participants_do_not_count_where_the_rule_says_so(tmp_path: Path) -> None:
    found = results(few=[(3, 4), (8, 10)], many=[(5, 10), (8, 10)])
    assert listed(appraised(procedures(), found)) == {"few": True, "many": True}
    rows = appraised(procedures(), found, rule=changed(tmp_path, min_participants=5))
    assert listed(rows) == {"few": False, "many": True}
    assert rows["few"]["procedures_n"] == 1


def test_special_schools_are_outside_the_rule() -> None:
    rows = appraised(
        procedures(),
        results(special=[(9, 10)] * 2, plain=[(9, 10)] * 2, unknown=[(9, 10)] * 2),
        organisations(special="special", plain="school"),
    )
    assert listed(rows) == {"plain": True, "special": False, "unknown": True}
    assert rows["special"]["low_procedures_n"] == 2
    assert rows["special"]["note"] != rows["plain"]["note"]


def test_procedures_that_the_rule_does_not_name_are_not_counted() -> None:
    held = procedures((MA5, *OTHER))
    rows = appraised(held, results(a=[(0, 10), (10, 10), (10, 10)]))
    assert (rows["a"]["procedures_n"], rows["a"]["low_procedures_n"], rows["a"]["listed"]) == (1, 0, False)


def test_where_none_of_the_rules_procedures_was_held_all_stand_in_and_the_note_says_so() -> None:
    named = appraised(procedures(), results(a=[(5, 10)] * 2))
    stand_in = appraised(procedures(OTHER), results(a=[(5, 10)] * 2))
    assert listed(stand_in) == {"a": True}
    assert stand_in["a"]["note"] != named["a"]["note"]


def test_the_programme_counts_not_the_class_that_wrote() -> None:
    """In autumn 2020 year group 6 wrote the work of year group 5: the rule names the programme."""
    held = procedures((MA5, RU5))
    assert held["year_group"].to_list() == [6, 6]
    assert appraised(held, results(a=[(5, 10)] * 2))["a"]["procedures_n"] == 2


def test_only_the_latest_school_year_counts(tmp_path: Path) -> None:
    held = procedures((MA5, RU5, MA6, RU6), ["2019/20", "2019/20", "2020/21", "2020/21"])
    found = results(before=[(9, 10), (9, 10), (0, 10), (0, 10)], now=[(0, 10), (0, 10), (9, 10), (9, 10)])
    rows = appraised(held, found)
    assert listed(rows) == {"before": False, "now": True}
    assert rows["now"]["school_year"] == "2020/21"
    both = appraised(held, found, rule=changed(tmp_path, years=2))
    assert listed(both) == {"before": True, "now": True}
    assert both["now"]["school_year"] == "2019/20, 2020/21"
    assert both["now"]["procedures_n"] == 4


def test_a_year_without_procedures_is_passed_over(tmp_path: Path) -> None:
    """In spring 2020 nothing was held: two years back means two years that have results."""
    held = procedures((MA5, RU5), ["2018/19", "2020/21"])
    rows = appraised(held, results(a=[(9, 10), (9, 10)]), rule=changed(tmp_path, years=2))
    assert rows["a"]["listed"] is True


def test_without_a_minimum_nothing_is_told_and_the_note_says_why() -> None:
    found = results(a=[(5, 10)] * 2).with_columns(
        low_n=pl.lit(None, pl.Int64), low_share=pl.lit(None, pl.Float64)
    )
    row = appraised(procedures(), found)["a"]
    assert row["procedures_n"] == 0
    assert row["listed"] is None
    assert row["probability"] is None
    assert row["note"]


def test_a_school_without_works_in_the_rules_procedures_is_not_listed() -> None:
    nobody = results(b=[(0, 1)] * 2).with_columns(n=0, judged_n=0, low_n=None, low_share=None)
    found = pl.concat([results(a=[(5, 10)] * 2), nobody], how="vertical_relaxed")
    row = appraised(procedures(), found)["b"]
    assert (row["procedures_n"], row["listed"], row["probability"]) == (0, False, None)


def test_more_low_works_make_it_more_probable_and_many_works_make_it_sure() -> None:
    shares = {f"s{k}": [(k, 20), (k, 20)] for k in range(0, 21, 2)}
    rows = appraised(procedures(), results(**shares))
    probability = [rows[org]["probability"] for org in shares]
    assert probability == sorted(probability)
    assert probability[0] < 0.01
    assert probability[-1] > 0.99
    sure = appraised(
        procedures(), results(low=[(500, 1000)] * 2, high=[(100, 1000)] * 2, near=[(300, 1000)] * 2)
    )
    assert sure["low"]["probability"] == pytest.approx(1, abs=1e-6)
    assert sure["high"]["probability"] == pytest.approx(0, abs=1e-6)
    assert [sure[org]["stability"] for org in ("low", "high", "near")] == ["steady", "steady", "borderline"]


def test_works_without_a_mark_are_judged_by_nobody() -> None:
    """6 low of 20 marked works among 40 entered: the share's own denominator counts, 30 %."""
    found = results(a=[(6, 20), (6, 20)]).with_columns(n=pl.lit(40))
    assert appraised(procedures(), found)["a"]["listed"] is True
