"""Schools that a review has set aside: everything but their own results is as if they had not written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from folders import item_rows, rasch_works, write_procedure
from polars.testing import assert_frame_equal

from merilo.collect.authority import collect_works, read_procedure_folder
from merilo.definitions import load_definitions
from merilo.engines.local import fold
from merilo.measure.procedure import MeasuredProcedure, measure_procedure
from merilo.tally import merge, step

TOML = 'kind = "vpr"\nsubject = "mathematics"\nyear_group = 5\n[cut_scores]\n"3" = 3\n"4" = 6\n"5" = 8\n'
AWAY = "edu100000"


def town(seed: int = 4) -> pl.DataFrame:
    """12 schools; 15 of 20 works of the first have all items right but the easiest; earlier scores are known."""
    rng = np.random.default_rng(seed)
    works = rasch_works(rng, schools=12, pupils=20)
    total = pl.sum_horizontal(f"i{k}" for k in range(1, 9))
    works = works.with_columns(
        (total + pl.Series(rng.normal(0, 1.5, works.height))).round(0).alias("prior_score")
    )
    lifted = (pl.col("org_id") == AWAY) & (pl.int_range(pl.len()) >= 5)
    return works.with_columns(
        pl.when(lifted).then(top).otherwise(f"i{k}").alias(f"i{k}")
        for k, top in enumerate((0, 1, 1, 2, 2, 1, 1, 1), start=1)
    )


def measured(
    tmp_path: Path, works: pl.DataFrame, set_aside: tuple[str, ...] = (), *, slopes: bool = False
) -> MeasuredProcedure:
    definitions = load_definitions()
    folder = write_procedure(tmp_path / "town", "ma5", works, items=item_rows(), toml=TOML)
    collected = collect_works(read_procedure_folder(folder, definitions), tmp_path / "scratch")
    (tally,) = fold([collected.file], step, merge)
    return measure_procedure(
        collected.file, tally, pl.DataFrame(), definitions, slopes=slopes, set_aside=set_aside
    )


def others(frame: pl.DataFrame, *columns: str) -> pl.DataFrame:
    return frame.filter(pl.col("org_id") != AWAY).select(*columns)


def test_items_effects_growth_and_lifting_are_those_of_the_other_schools(tmp_path: Path) -> None:
    works = town()
    left = measured(tmp_path / "a", works, (AWAY,), slopes=True)
    never = measured(tmp_path / "b", works.filter(pl.col("org_id") != AWAY), slopes=True)
    full = measured(tmp_path / "c", works, slopes=True)
    difficulty = ["difficulty_logits", "difficulty_logits_se", "slope"]
    assert_frame_equal(left.tables["items"].select(difficulty), never.tables["items"].select(difficulty))
    assert (
        left.tables["items"]["difficulty_logits"] - full.tables["items"]["difficulty_logits"]
    ).abs().max() > 0.05
    effects = ["org_id", "kind", "n", "effect_points", "effect_points_se", "effect_points_lower", "effect_sd"]
    assert_frame_equal(
        others(left.tables["school_effects"], *effects), others(never.tables["school_effects"], *effects)
    )
    growth = ["org_id", "n", "mean_growth_percentile", "median_growth_percentile"]
    assert_frame_equal(
        others(left.tables["school_growth"], *growth), others(never.tables["school_growth"], *growth)
    )
    assert_frame_equal(
        left.tables["effect_models"].filter(pl.col("term") != "schools_n"),
        never.tables["effect_models"].filter(pl.col("term") != "schools_n"),
    )
    shares = ["lifted_share", "ability_mean_logits", "ability_sd_logits", "vpc"]
    assert_frame_equal(left.tables["procedures"].select(shares), never.tables["procedures"].select(shares))


def test_its_own_results_are_shown_as_they_are(tmp_path: Path) -> None:
    works = town()
    left, full = measured(tmp_path / "a", works, (AWAY,)), measured(tmp_path / "c", works)
    plain = [c for c in full.tables["school_results"].columns if "logits" not in c]
    assert_frame_equal(
        left.tables["school_results"].select(plain), full.tables["school_results"].select(plain)
    )
    own = left.tables["school_results"].filter(org_id=AWAY)
    assert own["n"][0] == 20 and np.isfinite(own["mean_logits"][0])
    for name in ("n", "mean_points", "share_2"):
        assert left.tables["procedures"][name][0] == full.tables["procedures"][name][0]
    shape = left.tables["score_distribution"]
    assert shape["n"].to_list() == full.tables["score_distribution"]["n"].to_list()
    assert left.expected is not None and full.expected is not None
    assert left.expected.shape == full.expected.shape and np.isfinite(left.expected).all()


def test_the_note_says_what_was_done(tmp_path: Path) -> None:
    left = measured(tmp_path, town(), (AWAY, "elsewhere"))
    assert "отложено после проверки: 1;" in left.tables["procedures"]["note"][0]
    effects = left.tables["school_effects"].filter(org_id=AWAY)
    assert effects["note"].str.contains("отложено после проверки").all()
    assert (effects["n"] == 0).all()
    growth = left.tables["school_growth"].filter(org_id=AWAY)
    assert growth["note"].to_list() == ["отложено после проверки"]


def test_a_school_that_did_not_write_changes_nothing(tmp_path: Path) -> None:
    works = town()
    left, full = measured(tmp_path / "a", works, ("elsewhere",)), measured(tmp_path / "b", works)
    for name, frame in full.tables.items():
        assert_frame_equal(left.tables[name], frame, check_exact=True)


@pytest.mark.parametrize("left_n", [0, 1])
def test_with_nearly_everybody_set_aside_results_remain_and_notes_say_why(
    tmp_path: Path, left_n: int
) -> None:
    works = town()
    schools = works["org_id"].unique().sort().to_list()
    found = measured(tmp_path, works, tuple(schools[left_n:]))
    assert found.tables["school_results"]["n"].to_list() == [20] * 12
    assert found.tables["procedures"]["note"][0]
    assert found.tables["items"].height == 8
