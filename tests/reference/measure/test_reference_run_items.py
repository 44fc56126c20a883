"""Items of whole runs on published data against other programs' printed numbers.

Values: shared/data/published/reference/irt_reference.txt (R: psychotools by conditional ML, ltm by marginal ML),
and, quoted from memory and not looked up, the manual of ltm (Rizopoulos 2006) for alpha.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from folders import write_procedure

import merilo

Published = Callable[[str], Path]

# Half of the last printed digit, and as much again for where the other program's optimiser stopped.
FOUR_DIGITS = 1e-4
# pcmodel's BFGS stops 2e-5 away from the maximum, which its printed log-likelihood does not show.
END_OF_BFGS = 4e-5
# ltm stopped at a gradient of 0.024; its standard errors of the slopes are about 0.2.
SLOPES_OF_LTM = 0.01
# Mantel-Haenszel and two separate calibrations weigh scores differently; standard errors are about 0.17.
TWO_WAYS_OF_DIF = 0.25

# psychotools::raschmodel, difficulties of items 2-13 less the first one's.
MATH_EXAM = (
    -0.9700,
    -1.2434,
    0.1508,
    -0.9700,
    -0.6510,
    2.1244,
    -0.6064,
    0.5750,
    0.6179,
    -1.4593,
    -0.5769,
    0.5608,
)
# The same in groups 1 and 2, mean 0.
GROUP_1 = (
    -0.74976,
    -0.52106,
    -0.99612,
    0.46040,
    -0.69564,
    -0.14416,
    1.86370,
    -0.14416,
    -0.06527,
    1.06724,
    -0.76801,
    -0.12832,
    0.82117,
)
GROUP_2 = (
    0.9283,
    -1.0330,
    -1.1318,
    0.2423,
    -0.8757,
    -0.7556,
    2.8696,
    -0.6682,
    1.5484,
    0.6113,
    -1.8123,
    -0.6253,
    0.7021,
)
# psychotools::pcmodel, thresholds 1 and 2 of the first four and the last two of 24 items.
VERBAL = {
    1: (-1.233218, -0.897987),
    2: (-1.342220, -0.637504),
    3: (-0.679324, -0.668740),
    4: (-0.670208, -0.258987),
    23: (0.455396, 0.482911),
    24: (1.164152, 1.282182),
}
# ltm::ltm on LSAT, discrimination of items 1-5.
LSAT_SLOPES = (0.8254, 0.7229, 0.8905, 0.6886, 0.6575)
LSAT_ALPHA = 0.295


def one_school(target: Path, points: pl.DataFrame, sex: pl.Series | None = None) -> Path:
    """An authority folder of one school with these items, named i1, i2, …"""
    names = [f"i{k}" for k in range(1, points.width + 1)]
    works = points.rename(dict(zip(points.columns, names, strict=True))).with_columns(
        pl.lit("s").alias("org_id")
    )
    items = pl.DataFrame({"item_id": names, "max_points": [int(points[c].max()) for c in points.columns]})  # type: ignore[arg-type]
    if sex is not None:
        works = works.with_columns(sex.alias("sex"))
    write_procedure(target, "p", works, items=items, toml='kind = "regional"\n')
    return target


def items_of(folder: Path, *, slopes: bool = False) -> pl.DataFrame:
    return merilo.run(folder, slopes=slopes).tables["items"].sort("position")


def math_exam(published: Published) -> pl.DataFrame:
    return pl.read_csv(published("MathExam14W") / "MathExam14W.csv")


def columns(table: pl.DataFrame, start: str) -> pl.DataFrame:
    return table.select(name for name in table.columns if name.startswith(start))


@pytest.mark.published
def test_mathematics_exam_equals_psychotools(published: Published, tmp_path: Path) -> None:
    points = columns(math_exam(published), "solved.")
    difficulty = items_of(one_school(tmp_path, points))["difficulty_logits"].to_numpy()
    np.testing.assert_allclose(difficulty[1:] - difficulty[0], MATH_EXAM, atol=FOUR_DIGITS)
    assert difficulty.mean() == pytest.approx(0.0, abs=1e-12)


@pytest.mark.published
def test_groups_of_the_exam_differ_as_two_calibrations_say(published: Published, tmp_path: Path) -> None:
    """Group 2 as girls: harder for them where psychotools' difficulties of group 2 lie above those of group 1."""
    table = math_exam(published)
    sex = table["group"].cast(pl.String).replace_strict({"1": "m", "2": "f"})
    found = items_of(one_school(tmp_path, columns(table, "solved."), sex))
    expected = np.array(GROUP_2) - np.array(GROUP_1)
    np.testing.assert_allclose(found["dif_sex_logits"].to_numpy(), expected, atol=TWO_WAYS_OF_DIF)
    assert np.corrcoef(found["dif_sex_logits"].to_numpy(), expected)[0, 1] > 0.99


@pytest.mark.published
def test_verbal_aggression_equals_psychotools(published: Published, tmp_path: Path) -> None:
    """Mean of an item's two thresholds; the place of zero is free."""
    table = pl.read_csv(published("VerbalAggression") / "VerbalAggression.csv")
    difficulty = items_of(one_school(tmp_path, columns(table, "resp.")))["difficulty_logits"].to_numpy()
    expected = np.array([np.mean(steps) for steps in VERBAL.values()])
    got = difficulty[[position - 1 for position in VERBAL]]
    np.testing.assert_allclose(got - got[0], expected - expected[0], atol=END_OF_BFGS)


@pytest.mark.published
def test_law_school_test_equals_ltm(published: Published, tmp_path: Path) -> None:
    points = pl.read_csv(published("ltm") / "LSAT.csv")
    result = merilo.run(one_school(tmp_path, points), slopes=True).tables
    slopes = result["items"].sort("position")["slope"].to_numpy()
    np.testing.assert_allclose(slopes, LSAT_SLOPES, atol=SLOPES_OF_LTM)
    assert result["procedures"]["alpha"][0] == pytest.approx(LSAT_ALPHA, abs=5e-4)
