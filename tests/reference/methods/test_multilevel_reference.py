"""Random-intercept model against lme4's and statsmodels' numbers.

lme4 1.1 (R 4): `lmer(...)` on the files of data/published; numbers as printed in
data/published/reference/multilevel_reference.txt; the 12-digit ones of Exam from `print(fit, digits = 12)`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from merilo.methods.multilevel import (
    RandomInterceptFit,
    add_school_covariates,
    cross_products,
    fit_random_intercept,
)

TWELVE_DIGITS = 1e-8  # the numbers are printed to 1e-9 or finer
STATSMODELS = 2e-5  # its optimiser stops at a relative gradient of about 1e-5

Published = Callable[[str], Path]


def fit_file(
    path: Path, school: str, y: str, X: list[str], *, reml: bool
) -> tuple[RandomInterceptFit, dict[str, int]]:
    """Fit a published file; also the place of every school."""
    frame = pl.read_csv(path, infer_schema_length=None, schema_overrides={school: pl.String})
    names = frame[school].unique(maintain_order=True).to_list()
    place = {name: i for i, name in enumerate(names)}
    index = np.array([place[name] for name in frame[school]])
    cross = cross_products(frame[y].to_numpy(), frame.select(X).to_numpy() if X else None, index, len(names))
    return fit_random_intercept(cross, names=X, reml=reml), place


@pytest.mark.published
def test_exam_value_added_reml_equals_lme4_to_1e_8(published: Published) -> None:
    fit, place = fit_file(published("Exam") / "Exam.csv", "school", "normexam", ["standLRT"], reml=True)
    assert fit.beta == pytest.approx([0.002322823161, 0.563306914154], abs=TWELVE_DIGITS)
    assert fit.var_u == pytest.approx(0.093838987585, abs=TWELVE_DIGITS)
    assert fit.var_e == pytest.approx(0.565865310302, abs=TWELVE_DIGITS)
    assert fit.deviance == pytest.approx(9368.765287329, abs=TWELVE_DIGITS)
    for school, blup, se in [("53", 0.7244506415, 0.0862707446), ("59", -0.6597119663, 0.1032987376)]:
        assert fit.effects.blup[place[school]] == pytest.approx(blup, abs=TWELVE_DIGITS)
        assert fit.effects.conditional_se[place[school]] == pytest.approx(se, abs=TWELVE_DIGITS)
    assert (fit.n_pupils, fit.n_schools) == (4059, 65)


# data set, file, school, y, covariates, REML, beta, SE, var_u, var_e, -2 log L; each to the digits printed.
LME4 = [
    (
        *("Exam", "Exam.csv", "school", "normexam", [], False),
        *(["-0.01316707"], ["0.05362738"], "0.1686389", "0.8477605", "11010.65"),
    ),
    (
        *("Exam", "Exam.csv", "school", "normexam", ["standLRT"], False),
        *(["0.002390757", "0.563371165"], ["0.0400227", "0.0124654"], "0.09212927", "0.56573100", "9357.243"),
    ),
    (
        *("MathAchieve", "MathAchieve.csv", "School", "MathAch", [], True),
        *(["12.63697"], ["0.2443936"], "8.614025", "39.148322", "47116.79"),
    ),
    (
        *("MathAchieve", "MathAchieve.csv", "School", "MathAch", ["MEANSES"], True),
        *(["12.6494", "5.8635"], ["0.1493", "0.3615"], "2.638708", "39.157082", "46961.28"),
    ),
    (
        *("bdf", "bdf.csv", "schoolNR", "langPOST", [], False),
        *(["40.36409"], ["0.4263626"], "19.42853", "64.56783", "16253.22"),
    ),
    (
        *("bdf", "bdf.csv", "schoolNR", "langPOST", ["IQ.ver.cen"], False),
        *(["40.609368", "2.488094"], ["0.30685510", "0.07005477"], "9.49699", "42.22717", "15251.77"),
    ),
    (
        *("bdf", "bdf.csv", "schoolNR", "langPOST", ["IQ.ver.cen", "avg.IQ.ver.cen"], False),
        ["40.742251", "2.414772", "1.588532"],
        *(["0.28442106", "0.07165857", "0.31275419"], "7.729083", "42.151515", "15227.55"),
    ),
]


def as_printed(value: float, printed: str, slack: float) -> bool:
    """True where the value rounds to the printed number, or misses it by `slack` of its last digit more."""
    last = 10.0 ** -len(printed.partition(".")[2])
    return abs(value - float(printed)) <= (0.5 + slack) * last


@pytest.mark.published
@pytest.mark.parametrize(
    "case", LME4, ids=lambda c: f"{c[0]}-{'+'.join(c[4]) or 'null'}-{'REML' if c[5] else 'ML'}"
)
def test_lme4_numbers_to_the_digits_printed(case: tuple, published: Published) -> None:
    name, file, school, y, X, reml, beta, beta_se, var_u, var_e, deviance = case
    fit, _ = fit_file(published(name) / file, school, y, X, reml=reml)
    # lme4 stops when the variances are good to about 1e-7 relative: the last of 7-9 digits printed may differ.
    for found, printed in zip(
        [*fit.beta, *fit.beta_se, fit.deviance], [*beta, *beta_se, deviance], strict=True
    ):
        assert as_printed(found, printed, slack=6.0), (found, printed)
    assert fit.var_u == pytest.approx(float(var_u), rel=1e-6)
    assert fit.var_e == pytest.approx(float(var_e), rel=1e-6)


@pytest.mark.published
def test_school_covariate_from_sums_gives_means_as_outcomes(published: Published) -> None:
    """MEANSES joined per school equals MEANSES given per pupil (Raudenbush & Bryk 2002, ch. 4)."""
    path = published("MathAchieve") / "MathAchieve.csv"
    frame = pl.read_csv(path, schema_overrides={"School": pl.String})
    schools = frame.group_by("School", maintain_order=True).agg(pl.col("MEANSES").first())
    place = {name: i for i, name in enumerate(schools["School"])}
    index = np.array([place[name] for name in frame["School"]])
    cross = cross_products(frame["MathAch"].to_numpy(), None, index, len(place))
    joined = fit_random_intercept(add_school_covariates(cross, schools["MEANSES"].to_numpy()))
    per_pupil, _ = fit_file(path, "School", "MathAch", ["MEANSES"], reml=True)
    assert joined.beta == pytest.approx(per_pupil.beta, rel=1e-10)
    assert joined.deviance == pytest.approx(per_pupil.deviance, rel=1e-12)


@pytest.mark.parametrize("reml", [True, False])
def test_statsmodels_mixedlm_gives_the_same(reml: bool) -> None:
    """statsmodels >= 0.14, MixedLM with a random intercept, on 25 simulated schools of unequal size."""
    mixed = pytest.importorskip("statsmodels.regression.mixed_linear_model", reason="needs statsmodels")
    rng = np.random.default_rng(11)
    n = rng.integers(3, 30, 25)
    school = np.repeat(np.arange(25), n)
    X = rng.normal(size=(len(school), 2))
    y = 3 + X @ [0.5, -0.2] + rng.normal(0, 0.5, 25)[school] + rng.normal(size=len(school))
    ours = fit_random_intercept(cross_products(y, X, school, 25), reml=reml)
    design = np.column_stack([np.ones(len(y)), X])
    theirs = mixed.MixedLM(y, design, groups=school).fit(reml=reml, method="bfgs", gtol=1e-9)
    assert ours.beta == pytest.approx(np.asarray(theirs.fe_params), abs=STATSMODELS)
    assert ours.beta_se == pytest.approx(np.asarray(theirs.bse_fe), rel=1e-3)
    assert ours.var_u == pytest.approx(float(np.asarray(theirs.cov_re)[0, 0]), abs=STATSMODELS)
    assert ours.var_e == pytest.approx(float(theirs.scale), abs=STATSMODELS)
    assert ours.deviance == pytest.approx(-2 * float(theirs.llf), abs=1e-6)
    effects = [float(np.asarray(theirs.random_effects[j])[0]) for j in range(25)]
    assert ours.effects.blup == pytest.approx(effects, abs=STATSMODELS)
