"""Differential functioning against statsmodels and the examples printed in R's documentation.

R `?mantelhaen.test` (stats): UCBAdmissions (Agresti 1990) and Job satisfaction (Agresti 2002, table 7.8).
statsmodels 0.14+: StratifiedTable.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from statsmodels.stats.contingency_tables import StratifiedTable

from merilo.methods.dif import find_dif, general_association

# Same formulas, another order of summation.
SAME = 1e-9
MATH_EXAM_REAL = {0, 4, 5, 6, 7, 8, 10, 11}  # documented as different questions in the two sittings


def stratify(works: np.ndarray, group: np.ndarray, max_points: np.ndarray) -> np.ndarray:
    """Counts (2, S, K) by raw score."""
    counts = np.zeros((2, int(max_points.sum()) + 1, int((max_points + 1).sum())), dtype=np.int64)
    offset = np.cumsum(max_points + 1) - (max_points + 1)
    for i in range(works.shape[1]):
        np.add.at(counts, (group, works.sum(axis=1), offset[i] + works[:, i]), 1)
    return counts


def read(path: Path, prefix: str, column: str) -> tuple[np.ndarray, list[str]]:
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    names = [name for name in rows[0] if name.startswith(prefix)]
    return np.array([[int(row[name]) for name in names] for row in rows]), [row[column] for row in rows]


def check_against_statsmodels(counts: np.ndarray) -> None:
    dif = find_dif(counts, np.ones(counts.shape[2] // 2, dtype=np.int64))
    shared = (counts[:, :, :2].sum(axis=2) > 0).all(axis=0)
    for i in range(len(dif.effect)):
        cells = counts[:, shared, 2 * i : 2 * i + 2]
        tables = [cells[::-1, s, ::-1].astype(float) for s in range(cells.shape[1])]
        peer = StratifiedTable(tables)
        assert dif.effect[i] == pytest.approx(peer.logodds_pooled, abs=SAME)
        assert dif.effect_se[i] == pytest.approx(peer.logodds_pooled_se, abs=SAME)
        assert dif.chi2[i] == pytest.approx(peer.test_null_odds().statistic, rel=SAME)
        corrected = peer.test_null_odds(correction=True)
        assert dif.chi2_corrected[i] == pytest.approx(corrected.statistic, rel=SAME)
        assert dif.p_value[i] == pytest.approx(corrected.pvalue, abs=SAME)
        assert dif.chi2_general[i] == pytest.approx(dif.chi2[i], rel=SAME)


@pytest.mark.published
def test_verbal_aggression_by_sex(published: Callable[[str], Path]) -> None:
    works, sex = read(published("VerbalAggression") / "VerbalAggression.csv", "resp2.", "gender")
    group = (np.array(sex) == "male").astype(np.int64)
    check_against_statsmodels(stratify(works, group, np.ones(24, dtype=np.int64)))


@pytest.mark.published
def test_maths_exam_finds_only_items_that_differ(published: Callable[[str], Path]) -> None:
    folder = published("MathExam14W")
    works, sitting = read(folder / "MathExam14W.csv", "solved.", "group")
    group = np.array(sitting).astype(np.int64) - 1
    counts = stratify(works, group, np.ones(13, dtype=np.int64))
    check_against_statsmodels(counts)
    dif = find_dif(counts, np.ones(13, dtype=np.int64))
    large = {i for i, label in enumerate(dif.ets_class) if label == "C"}
    # the four that conditional maximum likelihood of the two groups separates most: quad, payflow, planning, hesse
    assert large == {0, 6, 8, 10} and large < MATH_EXAM_REAL
    assert (dif.effect[[0, 6, 8]] < 0).all() and dif.effect[10] > 0
    credits_, _ = read(folder / "MathExam14W.csv", "credits.", "group")
    points = find_dif(stratify(credits_, group, np.full(13, 2)), np.full(13, 2))
    assert {0, 8, 10} <= {i for i, label in enumerate(points.ets_class) if label == "C"} <= MATH_EXAM_REAL
    assert np.sign(points.effect[[0, 8, 10]]).tolist() == [-1, -1, 1]


def test_berkeley_admissions_as_printed_by_r() -> None:
    # departments A-F: men admitted, rejected, women admitted, rejected
    men = np.array([[512, 313], [353, 207], [120, 205], [138, 279], [53, 138], [22, 351]])
    women = np.array([[89, 19], [17, 8], [202, 391], [131, 244], [94, 299], [24, 317]])
    # R's odds ratio is that of men: men are focal here; columns rejected, admitted
    dif = find_dif(np.stack([women[:, ::-1], men[:, ::-1]]), np.array([1]))
    assert np.exp(dif.effect[0]) == pytest.approx(0.9046968, abs=5e-8)
    assert np.exp([dif.effect_lower[0], dif.effect_upper[0]]) == pytest.approx(
        [0.7719074, 1.0603298], abs=5e-8
    )
    assert dif.chi2_corrected[0] == pytest.approx(1.4269, abs=5e-5)
    assert dif.p_value[0] == pytest.approx(0.2323, abs=5e-5)


def test_job_satisfaction_as_printed_by_r() -> None:
    female = [[1, 3, 11, 2], [2, 3, 17, 3], [0, 1, 8, 5], [0, 2, 4, 2]]
    male = [[1, 1, 2, 1], [0, 3, 5, 1], [0, 0, 7, 3], [0, 1, 9, 6]]
    test = general_association(np.stack([female, male], axis=2))
    assert test.chi2 == pytest.approx(10.2001, abs=5e-5)
    assert test.df == 9
    assert test.p_value == pytest.approx(0.3345, abs=5e-5)
