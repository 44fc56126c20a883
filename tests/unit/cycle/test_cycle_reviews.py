"""Reviews and official lists through a whole run: what they change, what they leave, what stands beside."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from folders import item_rows, rasch_works, write_procedure
from polars.testing import assert_frame_equal

import merilo

TOML = (
    'kind = "vpr"\nsubject = "{subject}"\nyear_group = 5\ndate = 2021-04-{day}\n'
    '[cut_scores]\n"3" = 3\n"4" = 6\n"5" = 8\n'
)
SUBJECTS = ("mathematics", "russian")
AWAY = "edu100001"


@pytest.fixture
def town(tmp_path: Path) -> Path:
    """12 schools, two procedures; one school has nearly everything right but the easiest item."""
    rng = np.random.default_rng(9)
    for day, subject in enumerate(SUBJECTS, start=10):
        works = rasch_works(rng, schools=12, pupils=20)
        lifted = (pl.col("org_id") == AWAY) & (pl.int_range(pl.len()).over("org_id") >= 4)
        works = works.with_columns(
            pl.when(lifted).then(top).otherwise(f"i{k}").alias(f"i{k}")
            for k, top in enumerate((0, 1, 1, 2, 2, 1, 1, 1), start=1)
        )
        toml = TOML.format(subject=subject, day=day)
        write_procedure(tmp_path / "town", subject, works, items=item_rows(), toml=toml)
    return tmp_path / "town"


def test_a_confirmed_result_leaves_the_scale_and_stays_in_its_own_row(town: Path) -> None:
    before = merilo.run(town).tables
    (town / "reviews.csv").write_text(
        f"org_id,procedure_id,finding\n{AWAY},mathematics,confirmed\n", encoding="utf-8"
    )
    result = merilo.run(town)
    after = result.tables
    assert "town/reviews.csv" in result.manifest["inputs"]
    effect = after["school_effects"].filter(org_id=AWAY, kind="raw").sort("procedure_id")
    assert effect["n"].to_list() == [0, 20]
    items = ["procedure_id", "item_id", "difficulty_logits"]
    moved = (
        before["items"]
        .select(items)
        .join(after["items"].select(items), on=["procedure_id", "item_id"])
        .with_columns((pl.col("difficulty_logits") - pl.col("difficulty_logits_right")).abs().alias("by"))
        .group_by("procedure_id")
        .agg(pl.col("by").max())
    )
    assert dict(moved.iter_rows())["mathematics"] > 0.05
    assert dict(moved.iter_rows())["russian"] == 0
    own = [c for c in before["school_results"].columns if "logits" not in c]
    assert_frame_equal(before["school_results"].select(own), after["school_results"].select(own))
    low = after["low_results"].filter(org_id=AWAY)
    assert low["probability_cleaned"][0] > low["probability"][0]
    assert low["probability"][0] == before["low_results"].filter(org_id=AWAY)["probability"][0]


def test_a_finding_that_was_not_confirmed_changes_no_estimate_of_items_and_effects(town: Path) -> None:
    before = merilo.run(town).tables
    (town / "reviews.csv").write_text(f"org_id,finding\n{AWAY},not_confirmed\n", encoding="utf-8")
    after = merilo.run(town).tables
    for name in ("items", "school_effects", "procedures", "school_results"):
        assert_frame_equal(before[name], after[name], check_exact=True)


def test_official_lists_stand_beside_and_change_nothing_else(town: Path) -> None:
    before = merilo.run(town).tables["objectivity_schools"]
    (town / "official_lists.csv").write_text(
        f"org_id,school_year,list,marker\n{AWAY},2020/21,Перечень,fioko_4\n", encoding="utf-8"
    )
    after = merilo.run(town).tables["objectivity_schools"]
    row = after.filter(org_id=AWAY)
    assert row["official_lists"].to_list() == ["Перечень, 2020/21: fioko_4"]
    assert row["official_list_n"].to_list() == [1]
    same = [c for c in before.columns if not c.startswith("official_list")]
    assert_frame_equal(before.select(same), after.select(same), check_exact=True)


def test_official_markers_stand_in_the_table_of_evidence(town: Path) -> None:
    tables = merilo.run(town).tables
    rows = tables["objectivity"].filter(pl.col("evidence").str.starts_with("fioko_"))
    assert set(rows["evidence"]) == {"fioko_3", "fioko_4", "fioko_9", "fioko_10"}
    assert rows["z"].null_count() == rows.height
    mean = rows.filter(pl.col("org_id") == AWAY, pl.col("evidence").is_in(["fioko_3", "fioko_4"]))
    assert mean["flagged"].all()
    counted = tables["objectivity_schools"].filter(org_id=AWAY)["official_markers_n"][0]
    assert counted == rows.filter(org_id=AWAY)["flagged"].sum()
