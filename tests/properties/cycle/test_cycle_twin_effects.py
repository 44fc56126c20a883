"""A run against an outside twin that knows only formats.md: school effects, prior attainment, low results.

The twin writes the covariance matrix of all pupils in full and maximises the restricted likelihood over it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.optimize import minimize_scalar

import merilo

FITTED = 2e-5  # the twin's search over the ratio of variances stops at about 1e-8 of the ratio
EXACT = 1e-12
SCHOOLS, YEARS = 12, (5, 6)


def scored_rows(rng, *, number, ability, school):
    """works.csv of one procedure: scores, absences, a numeric and a worded covariate."""
    n = len(school)
    score = np.round(20 + 5 * ability + rng.normal(0, 3, n)).clip(0, 40).astype(int)
    absent = rng.random(n) < 0.08
    return pl.DataFrame(
        {
            "org_id": [f"s{s:02d}" for s in school],
            "class_id": [f"{number}{'АБ'[k % 2]}" for k in range(n)],
            "pupil_id": [f"p{k}" for k in range(n)],
            "status": ["absent" if gone else "present" for gone in absent],
            "score": [None if gone else int(x) for gone, x in zip(absent, score)],
            "x_books": [None if k % 37 == 0 else float(x) for k, x in enumerate(rng.normal(size=n).round(3))],
            "x_place": [("город", "село", "посёлок")[s % 3] for s in school],
        }
    )


def write_procedure(folder: Path, name, rows, year_group, prior):
    target = folder / "procedures" / name
    target.mkdir(parents=True)
    rows.write_csv(target / "works.csv")
    toml = (
        f'id = "{name}"\nkind = "vpr"\nsubject = "mathematics"\nyear_group = {year_group}\nmax_score = 40\n'
    )
    toml += f'school_year = "20{15 + year_group}/{16 + year_group}"\n'
    toml += f'prior = ["{prior}"]\n' if prior else ""
    (target / "procedure.toml").write_text(
        toml + '[cut_scores]\n"3" = 14\n"4" = 20\n"5" = 28\n', encoding="utf-8"
    )


def two_years(folder: Path, known_by):
    """Two procedures of the same pupils; `known_by` says what ties them. Returns their rows."""
    rng = np.random.default_rng(4)
    school = np.repeat(np.arange(SCHOOLS), np.arange(14, 14 + SCHOOLS))
    ability = rng.normal(0, 1, len(school)) + rng.normal(0, 0.6, SCHOOLS)[school]
    hidden = {"pupil": [], "class": ["pupil_id"], "school": ["pupil_id", "class_id"]}[known_by]
    years = []
    for number in YEARS:
        ability = 0.8 * ability + rng.normal(0, 0.5, SCHOOLS)[school]
        rows = scored_rows(rng, number=number, ability=ability, school=school).drop(hidden)
        write_procedure(folder, f"m{number}", rows, number, "m5" if number == 6 else None)
        years.append(rows.filter(pl.col("status") == "present"))
    return years


def prior_of(before, after, known_by):
    """(N,) prior score of each later row, NaN where unknown."""
    keys = {"pupil": ["pupil_id"], "class": ["org_id", "letter"], "school": ["org_id"]}[known_by]
    if known_by == "class":
        before, after = (
            rows.with_columns(letter=pl.col("class_id").str.slice(1)) for rows in (before, after)
        )
    means = before.group_by(keys).agg(prior=pl.col("score").mean())
    return after.join(means, on=keys, how="left", maintain_order="left")["prior"].cast(pl.Float64).to_numpy()


class FullMatrix:
    """Random intercept by restricted likelihood, with the covariance matrix of all pupils written out."""

    def __init__(self, y, X, school):
        names, place = np.unique(school, return_inverse=True)
        Z = np.eye(len(names))[place]
        V = lambda ratio: np.eye(len(y)) + ratio * Z @ Z.T  # noqa: E731

        def parts(ratio):
            inverse = np.linalg.inv(V(ratio))
            middle = np.linalg.inv(X.T @ inverse @ X)
            beta = middle @ X.T @ inverse @ y
            rest = y - X @ beta
            return inverse, middle, beta, rest, rest @ inverse @ rest / (len(y) - X.shape[1])

        def deviance(logarithm):
            _, middle, _, _, variance = parts(np.exp(logarithm))
            size = np.linalg.slogdet(V(np.exp(logarithm)))[1] - np.linalg.slogdet(middle)[1]
            return (len(y) - X.shape[1]) * np.log(variance) + size

        ratio = np.exp(minimize_scalar(deviance, bounds=(-9, 3), method="bounded", options={"xatol": 1e-9}).x)
        inverse, _, self.beta, rest, self.var_pupil = parts(ratio)
        self.names, self.n, self.var_school = names, Z.sum(axis=0), ratio * self.var_pupil
        self.effect = ratio * Z.T @ inverse @ rest
        self.reliability = self.n * ratio / (1 + self.n * ratio)
        self.se = np.sqrt(self.var_school * (1 - self.reliability))


def designs(before, after, known_by):
    """Kind -> (rows used, design matrix), as formats.md says what each kind holds."""
    one = np.ones(len(after))
    prior = prior_of(before, after, known_by)
    books = after["x_books"].cast(pl.Float64).to_numpy()
    places = [(after["x_place"] == word).to_numpy().astype(float) for word in ("посёлок", "село")]
    columns = {"raw": [one], "value_added": [one, prior], "contextual": [one, prior, books, *places]}
    for kind, chosen in columns.items():
        X = np.column_stack(chosen)
        known = ~np.isnan(X).any(axis=1)
        yield kind, known, X[known]


@pytest.mark.parametrize("known_by", ["pupil", "class", "school"])
def test_effects_equal_those_of_the_full_covariance_matrix(tmp_path, known_by):
    before, after = two_years(tmp_path, known_by)
    tables = merilo.run(tmp_path, documents=False).tables
    score = after["score"].to_numpy().astype(float)
    for kind, known, X in designs(before, after, known_by):
        twin = FullMatrix(score[known], X, after["org_id"].to_numpy()[known])
        got = tables["school_effects"].filter(procedure_id="m6", kind=kind).sort("org_id")
        assert got["org_id"].to_list() == twin.names.tolist()
        assert got["n"].to_list() == twin.n.astype(int).tolist()
        assert got["effect_points"].to_numpy() == pytest.approx(twin.effect, abs=FITTED)
        assert got["effect_points_se"].to_numpy() == pytest.approx(twin.se, abs=FITTED)
        assert got["reliability"].to_numpy() == pytest.approx(twin.reliability, abs=FITTED)
        assert got["effect_sd"].to_numpy() == pytest.approx(twin.effect / score.std(ddof=1), abs=FITTED)


def test_level_of_the_prior_is_said_only_where_pupils_are_unknown(tmp_path):
    for known_by in ("pupil", "class", "school"):
        two_years(tmp_path / known_by, known_by)
        tables = merilo.run(tmp_path / known_by, documents=False).tables
        effects = tables["school_effects"].filter(procedure_id="m6").sort("org_id")
        plain, adjusted = (effects.filter(kind=kind)["note"] for kind in ("raw", "value_added"))
        assert plain.eq_missing(adjusted).all() == (known_by == "pupil")
        assert (tables["school_growth"].filter(procedure_id="m6").height > 0) == (known_by == "pupil")


def rule_town(folder: Path):
    """Four works of the official rule, 20 pupils a school; returns the share of low results by school and work."""
    rng = np.random.default_rng(6)
    low = {}
    for subject, year_group in (("mathematics", 5), ("russian", 5), ("mathematics", 6), ("russian", 6)):
        name = f"{subject}{year_group}"
        target = folder / "procedures" / name
        target.mkdir(parents=True)
        toml = f'id = "{name}"\nkind = "vpr"\nsubject = "{subject}"\nyear_group = {year_group}\n'
        toml += 'school_year = "2020/21"\n[cut_scores]\n"3" = 10\n"4" = 20\n"5" = 30\n'
        (target / "procedure.toml").write_text(toml, encoding="utf-8")
        for s in range(10):  # from 4 to 8 of 20: 0.30 itself is met
            low[f"s{s}", name] = int(rng.integers(4, 9))
        rows = [
            (org, 9 if k < below else 15)
            for (org, work), below in low.items()
            if work == name
            for k in range(20)
        ]
        pl.DataFrame(rows, schema=["org_id", "score"], orient="row").write_csv(target / "works.csv")
    return low


def test_schools_are_listed_exactly_by_the_official_rule(tmp_path):
    low = rule_town(tmp_path)
    table = merilo.run(tmp_path, documents=False).tables["low_results"]
    for school in table.iter_rows(named=True):
        reached = sum(10 * below >= 3 * 20 for (org, _), below in low.items() if org == school["org_id"])
        assert (school["procedures_n"], school["low_procedures_n"]) == (4, reached)
        assert school["listed"] == (reached >= 2)
    assert table["listed"].n_unique() == 2
    results = merilo.run(tmp_path, documents=False).tables["school_results"]
    got = {(row["org_id"], row["procedure_id"]): row["low_share"] for row in results.iter_rows(named=True)}
    assert got == pytest.approx({key: below / 20 for key, below in low.items()}, abs=EXACT)
