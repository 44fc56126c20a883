"""A run against an outside twin that knows only formats.md: items, marks, shares and skills.

The twin reads the folder as text and lists every possible pattern of answers, so it shares neither formulas nor code
with the run. Half of the schools had no items 1 and 2 (missing by design), cells hold X, pupils were absent.
"""

from __future__ import annotations

import csv
import itertools
import math
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import norm

import merilo

EXACT = 1e-9  # sums and shares: only the order of additions differs
SOLVED = 1e-6  # two Newton solutions of one likelihood
TOPS = (1, 2, 1, 2, 1, 1)
CUTS = {3: 2, 4: 4, 5: 6}
SKILLS = ("a", "a;b", "b", "c", "c", "a")
TOML = 'id = "p"\nkind = "vpr"\nsubject = "mathematics"\nyear_group = 5\nschool_year = "2020/21"\n'


def pupil(rng, school, number):
    """One row of works.csv by the partial credit model."""
    absent = rng.random() < 0.1
    ability = rng.normal() + 0.3 * (school - 4)
    row = {"work_id": f"w{number}", "org_id": f"№{school} «Ш»", "class_id": f"5{'АБ'[number % 2]}"}
    row |= {"status": "absent" if absent else "present", "journal_mark": "2345"[rng.integers(4)]}
    for i, top in enumerate(TOPS):
        weight = np.exp([h * ability - h * (i - 2.5) * 0.4 for h in range(top + 1)])
        points = int(rng.choice(top + 1, p=weight / weight.sum()))
        shown = "X" if points == 0 and rng.random() < 0.3 else str(points)
        row[f"i{i + 1}"] = "" if absent or (school % 2 and i < 2) else shown
    return row


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """(rows of works.csv, tables of the run)."""
    rng = np.random.default_rng(77)
    folder = tmp_path_factory.mktemp("twin") / "procedures" / "p"
    folder.mkdir(parents=True)
    cuts = "\n".join(f'"{mark}" = {score}' for mark, score in CUTS.items())
    (folder / "procedure.toml").write_text(f"{TOML}[cut_scores]\n{cuts}\n", encoding="utf-8")
    items = [{"item_id": f"i{i + 1}", "max_points": t, "skill": SKILLS[i]} for i, t in enumerate(TOPS)]
    works = [pupil(rng, school, 100 * school + k) for school in range(9) for k in range(10 + 5 * school)]
    write_rows(folder / "items.csv", items)
    write_rows(folder / "works.csv", works)
    return works, merilo.run(folder.parents[1], documents=False).tables


def write_rows(path: Path, rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def points_of(rows):
    """(N, I) points of those present: X is 0, not administered is NaN."""
    meaning = {"": math.nan, "X": 0.0}
    cells = [[row[f"i{i + 1}"] for i in range(len(TOPS))] for row in rows if row["status"] == "present"]
    return np.array([[meaning[c] if c in meaning else float(c) for c in row] for row in cells])


def forms_of(points):
    """(items, works) of every set of administered items."""
    given = ~np.isnan(points)
    return [
        (np.flatnonzero(form), np.flatnonzero((given == form).all(axis=1)))
        for form in np.unique(given, axis=0)
    ]


class ListedPatterns:
    """Conditional likelihood of the partial credit model over all listed patterns of each form."""

    def __init__(self, points):
        self.first = np.concatenate([[0], np.cumsum(TOPS)])[:-1]
        self.blocks = []
        for items, works in forms_of(points):
            listed = np.array(list(itertools.product(*[range(TOPS[i] + 1) for i in items])))
            marked = np.zeros((len(listed), sum(TOPS)))
            for column, i in enumerate(items):
                for h in range(1, TOPS[i] + 1):
                    marked[listed[:, column] == h, self.first[i] + h - 1] = 1.0
            place = {tuple(row): k for k, row in enumerate(listed.tolist())}
            seen = [place[tuple(row)] for row in points[np.ix_(works, items)].astype(int).tolist()]
            for score in range(1, listed.sum(axis=1).max()):
                same = listed.sum(axis=1) == score
                count = np.bincount(seen, minlength=len(listed))[same]
                self.blocks.append((items, listed[same], marked[same], count))

    def maximum(self):
        """Cumulative parameters and their information matrix."""
        beta = np.zeros(sum(TOPS))
        for _ in range(30):
            gradient, information = np.zeros(len(beta)), np.zeros((len(beta), len(beta)))
            for _items, _listed, marked, count in self.blocks:
                share = self.shares(marked, beta)
                mean = share @ marked
                gradient += count @ marked - count.sum() * mean
                information += count.sum() * ((marked.T * share) @ marked - np.outer(mean, mean))
            beta = beta + np.linalg.pinv(information, rcond=1e-10) @ gradient
        return beta, information

    @staticmethod
    def shares(marked, beta):
        weight = np.exp(marked @ beta)
        return weight / weight.sum()

    def difficulties(self):
        """(difficulty, its SE): mean of the steps, items average 0."""
        beta, information = self.maximum()
        contrast = np.zeros((len(TOPS), len(beta)))
        for i, top in enumerate(TOPS):
            contrast[i, self.first[i] + top - 1] = -1.0 / top
        contrast -= contrast.mean(axis=0)
        spread = contrast @ np.linalg.pinv(information, rcond=1e-10) @ contrast.T
        return contrast @ beta, np.sqrt(np.diag(spread))

    def fit(self):
        """(infit, outfit) against the exact distribution at the same raw score."""
        beta, _ = self.maximum()
        squares, variances, ratios, n = (np.zeros(len(TOPS)) for _ in range(4))
        for items, listed, marked, count in self.blocks:
            share = self.shares(marked, beta)
            mean = share @ listed
            variance = share @ (listed - mean) ** 2
            square = count @ (listed - mean) ** 2
            squares[items] += square
            variances[items] += count.sum() * variance
            varied = variance > 0
            ratios[items[varied]] += square[varied] / variance[varied]
            n[items[varied]] += count.sum()
        return squares / variances, ratios / n


def test_difficulties_equal_a_likelihood_over_all_listed_patterns(town):
    rows, tables = town
    difficulty, se = ListedPatterns(points_of(rows)).difficulties()
    assert tables["items"]["difficulty_logits"].to_numpy() == pytest.approx(difficulty, abs=SOLVED)
    assert tables["items"]["difficulty_logits_se"].to_numpy() == pytest.approx(se, abs=SOLVED)


def test_item_fit_equals_residuals_over_all_listed_patterns(town):
    rows, tables = town
    infit, outfit = ListedPatterns(points_of(rows)).fit()
    assert tables["items"]["infit"].to_numpy() == pytest.approx(infit, abs=SOLVED)
    assert tables["items"]["outfit"].to_numpy() == pytest.approx(outfit, abs=SOLVED)


def test_item_shares_and_correlations_equal_those_of_the_rows(town):
    rows, tables = town
    points = points_of(rows)
    for i, item in enumerate(tables["items"].iter_rows(named=True)):
        cross = np.zeros((2, 2))
        for items, works in forms_of(points):
            if i in items:
                own = points[works, i]
                cross += len(own) * np.cov(own, np.nansum(points[works], axis=1) - own, ddof=0)
        given = points[~np.isnan(points[:, i]), i]
        assert (item["n"], item["not_administered_n"]) == (len(given), len(points) - len(given))
        assert item["mean_share"] == pytest.approx(given.mean() / TOPS[i], abs=EXACT)
        assert item["discrimination"] == pytest.approx(
            cross[0, 1] / math.sqrt(cross[0, 0] * cross[1, 1]), abs=EXACT
        )


def test_alpha_and_standard_error_follow_the_textbook_on_rows(town):
    rows, tables = town
    points = points_of(rows)
    items, works = max(forms_of(points), key=lambda form: len(form[1]))
    full = points[np.ix_(works, items)]
    of_total = full.sum(axis=1).var(ddof=1)
    alpha = len(items) / (len(items) - 1) * (1 - full.var(axis=0, ddof=1).sum() / of_total)
    procedure = tables["procedures"].row(0, named=True)
    assert procedure["alpha"] == pytest.approx(alpha, abs=EXACT)
    assert procedure["sem_points"] == pytest.approx(math.sqrt(of_total * (1 - alpha)), abs=EXACT)
    assert procedure["mean_points"] == pytest.approx(np.nansum(points, axis=1).mean(), abs=EXACT)
    assert procedure["sd_points"] == pytest.approx(np.nansum(points, axis=1).std(ddof=1), abs=EXACT)


def marks_of(rows):
    """(mark of the work, journal mark) of those present."""
    totals = np.nansum(points_of(rows), axis=1)
    marks = [max([2, *(mark for mark, least in CUTS.items() if total >= least)]) for total in totals]
    journal = [int(row["journal_mark"]) for row in rows if row["status"] == "present"]
    return np.array(marks), np.array(journal)


def test_marks_and_participation_of_schools_are_those_of_their_rows(town):
    rows, tables = town
    for school in tables["school_results"].iter_rows(named=True):
        own = [row for row in rows if row["org_id"] == school["org_id"]]
        marks, journal = marks_of(own)
        assert (school["n"], school["absent_n"]) == (len(marks), len(own) - len(marks))
        expected = {
            "participation_share": len(marks) / len(own),
            "low_share": np.mean(marks == 2),
            "quality_share": np.mean(marks >= 4),
            "lowered_share": np.mean(marks < journal),
            "confirmed_share": np.mean(marks == journal),
            "raised_share": np.mean(marks > journal),
            "mean_points": np.nansum(points_of(own), axis=1).mean(),
        }
        assert {name: school[name] for name in expected} == pytest.approx(expected, abs=EXACT)


def test_limits_of_shares_solve_the_equation_of_wilson(town):
    rows, tables = town
    z = norm.ppf(0.975)
    for school in tables["school_results"].iter_rows(named=True):
        marks, _ = marks_of([row for row in rows if row["org_id"] == school["org_id"]])
        n = len(marks)
        for mark in (2, 3, 4, 5):
            share = np.mean(marks == mark)
            ends = np.roots([1 + z * z / n, -(2 * share + z * z / n), share * share])
            assert school[f"share_{mark}"] == pytest.approx(share, abs=EXACT)
            assert school[f"share_{mark}_lower"] == pytest.approx(ends.min(), abs=EXACT)
            assert school[f"share_{mark}_upper"] == pytest.approx(ends.max(), abs=EXACT)


def test_skills_hold_what_their_items_hold_in_each_school(town):
    rows, tables = town
    deficits = tables["deficits"]
    assert set(deficits["skill"]) == {"a", "b", "c"}
    for cell in deficits.iter_rows(named=True):
        own = points_of([row for row in rows if row["org_id"] == cell["org_id"]])
        items = [i for i, codes in enumerate(SKILLS) if cell["skill"] in codes.split(";")]
        possible = (~np.isnan(own[:, items]) * np.array(TOPS)[items]).sum()
        assert cell["mean_share"] == pytest.approx(np.nansum(own[:, items]) / possible, abs=EXACT)
        assert cell["gap_share"] == pytest.approx(cell["mean_share"] - cell["expected_share"], abs=EXACT)
        assert cell["n"] == len(own)


def test_gaps_of_a_skill_cancel_out_over_the_authority(town):
    """Expected at equal raw score: what one school lacks another has, but for the model's support of rare scores."""
    rows, tables = town
    for skill in ("a", "b", "c"):
        items = [i for i, codes in enumerate(SKILLS) if skill in codes.split(";")]
        cells = tables["deficits"].filter(skill=skill)
        possible = [
            (
                ~np.isnan(points_of([r for r in rows if r["org_id"] == org])[:, items])
                * np.array(TOPS)[items]
            ).sum()
            for org in cells["org_id"]
        ]
        surplus = np.array(possible) @ cells["gap_share"].to_numpy() / sum(possible)
        assert surplus == pytest.approx(0.0, abs=0.005)
