"""The facts that the simulator carries of spring 2021 against the published aggregates they were taken from."""

import json
import tomllib

import pytest

from merilo.simulate.blueprint import HERE

# Counts are rounded to the nearest 5, shares to three digits; the shares by points are sums of rounded counts.
COUNT = 2.5
SHARE = 0.01


@pytest.mark.published
def test_region_facts_are_those_of_the_published_summary(published):
    summary = json.loads((published("vpr_region_2021") / "summary.json").read_text("utf-8"))
    facts = tomllib.loads((HERE / "region_2021.toml").read_text("utf-8"))
    assert set(summary) == {code for code, table in facts.items() if isinstance(table, dict)}
    for code, work in summary.items():
        table = facts[code]
        for name in ("max_points", "cut_scores", "item_share", "raw_score_counts", "school_item_sd_share"):
            assert table[name] == work[name], (code, name)
        assert table["journal_by_mark_counts"] == work["journal_by_mark_counts"]
        assert table["size_quantiles"] == list(work["school_size_quantiles"].values())
        assert (table["within_school_sd"], table["between_school_sd"]) == (
            work["within_school_sd"],
            work["between_school_sd"],
        )
        assert (
            abs(table["pupils"] - work["pupils"]) <= COUNT
            and abs(table["schools"] - work["schools"]) <= COUNT
        )
        for share, categories in zip(work["item_share"], table["category_share"]):
            assert sum(k * c for k, c in enumerate(categories)) / (len(categories) - 1) == pytest.approx(
                share, abs=SHARE
            )
