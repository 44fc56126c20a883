"""School effects of whole runs on published data against MLwiN (User's Guide 2004) and lme4 1.1.


Values: shared/data/published/reference/multilevel_reference.txt (lme4, R), Exam with 8 or more digits from the design's
methods.md. bdf is published by ML only; REML of a whole run is compared with statsmodels elsewhere, so here the
coefficients, which differ between ML and REML in the fourth digit, get that tolerance.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from published_folders import bdf_folder, exam_folder, math_achieve_folder

import merilo

TO_8_DIGITS = 1e-8  # the reference has 10 digits
PRINTED = 6e-7  # half of the last printed digit of lme4's 7 significant ones, times 10
ML_AGAINST_REML = 2e-3

Published = Callable[[str], Path]


def terms(tables: dict[str, pl.DataFrame], kind: str) -> dict[str, float]:
    rows = tables["effect_models"].filter(pl.col("kind") == kind)
    return dict(rows.select("term", "estimate").iter_rows())


@pytest.mark.published
def test_exam_value_added_equals_the_published_reml(published: Published, tmp_path: Path) -> None:
    """Coefficients, variances, deviance and the effects of schools 53 and 59 to 1e-8."""
    tables = merilo.run(exam_folder(published("Exam"), tmp_path)).tables
    model = terms(tables, "value_added")
    assert model["intercept"] == pytest.approx(0.002322823161, abs=TO_8_DIGITS)
    assert model["prior_score"] == pytest.approx(0.563306914154, abs=TO_8_DIGITS)
    assert model["var_school"] == pytest.approx(0.093838987585, abs=TO_8_DIGITS)
    assert model["var_pupil"] == pytest.approx(0.565865310302, abs=TO_8_DIGITS)
    assert model["deviance_reml"] == pytest.approx(9368.765287329, abs=1e-6)
    effects = tables["school_effects"].filter(pl.col("kind") == "value_added")
    for org, effect, se in (("53", 0.7244506415, 0.0862707446), ("59", -0.6597119663, 0.1032987376)):
        row = effects.filter(pl.col("org_id") == org).row(0, named=True)
        assert row["effect_points"] == pytest.approx(effect, abs=TO_8_DIGITS)
        assert row["effect_points_se"] == pytest.approx(se, abs=TO_8_DIGITS)
        assert row["effect_points_lower"] < effect < row["effect_points_upper"]
    assert effects.height == 65
    assert "var_school=0.0938389875" in tables["procedures"]["note"][0]


@pytest.mark.published
def test_high_school_and_beyond_equals_lme4(published: Published, tmp_path: Path) -> None:
    """The null model, and means as outcomes (contextual without prior attainment)."""
    tables = merilo.run(math_achieve_folder(published("MathAchieve"), tmp_path)).tables
    raw, contextual = terms(tables, "raw"), terms(tables, "contextual")
    assert raw["intercept"] == pytest.approx(12.63697, rel=PRINTED)
    assert raw["var_school"] == pytest.approx(8.614025, rel=2e-6)
    assert raw["var_pupil"] == pytest.approx(39.148322, rel=PRINTED)
    assert raw["deviance_reml"] == pytest.approx(47116.79, abs=0.006)
    assert contextual["intercept"] == pytest.approx(12.6494, abs=6e-5)
    assert contextual["x_meanses"] == pytest.approx(5.8635, abs=6e-5)
    assert contextual["var_school"] == pytest.approx(2.638708, rel=2e-6)
    assert contextual["var_pupil"] == pytest.approx(39.157082, rel=PRINTED)


@pytest.mark.published
def test_dutch_schools_are_near_the_published_ml(published: Published, tmp_path: Path) -> None:
    """Snijders and Bosker's tables are ML; REML differs little with 131 schools."""
    tables = merilo.run(bdf_folder(published("bdf"), tmp_path)).tables
    value_added, contextual = terms(tables, "value_added"), terms(tables, "contextual")
    assert value_added["intercept"] == pytest.approx(40.609368, rel=ML_AGAINST_REML)
    assert value_added["prior_score"] == pytest.approx(2.488094, rel=ML_AGAINST_REML)
    assert contextual["prior_score"] == pytest.approx(2.414772, rel=ML_AGAINST_REML)
    assert contextual["x_avg"] == pytest.approx(1.588532, rel=ML_AGAINST_REML)
    assert contextual["var_pupil"] == pytest.approx(42.151515, rel=ML_AGAINST_REML)
