"""Published data against the numbers of other programs (R packages psychotools, ltm, mirt, eRm; versions not recorded).

The data are VerbalAggression and MathExam14W (psychotools), LSAT and WIRS (ltm), Science (ltm, mirt), and section 7 of
the LSAT (Bock & Lieberman 1970, Psychometrika 35, 179-197; frequencies as in R's psych, table `bock`), given below.
"""

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from merilo.methods.irt import (
    ability_table,
    calibrate_partial_credit,
    calibrate_with_slopes,
    cells_from_matrix,
    compare_groups,
)

LOG_LIKELIHOOD = 1e-5  # digits given
PRINTED_CML = 3e-5  # psychotools ends quasi-Newton within 2e-5 of the maximum in its thresholds
PRINTED_4 = 6e-5  # four decimals
# ltm stops quasi-Newton with a gradient up to 0.026 left, so its third decimal is not the maximum's
LTM = 3e-3
MIRT_EM = (
    1e-3  # EM stopped at a change of 1e-4 in the parameters: 9e-5 below the maximum of the log-likelihood
)

Finder = Callable[[str], Path]


def read(path: Path) -> tuple[list[str], list[list[str]]]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    return rows[0], rows[1:]


def columns(path: Path, prefix: str) -> np.ndarray:
    head, rows = read(path)
    chosen = [k for k, name in enumerate(head) if name.startswith(prefix)]
    return np.array([[int(row[k]) for k in chosen] for row in rows], dtype=np.int8)


@pytest.mark.published
def test_verbal_aggression_partial_credit(published: Finder) -> None:
    rows = columns(published("VerbalAggression") / "VerbalAggression.csv", "resp.")
    fit = calibrate_partial_credit(cells_from_matrix(rows, [2] * 24))
    assert fit.log_likelihood == pytest.approx(-5177.78208, abs=LOG_LIKELIHOOD)
    assert fit.n_parameters == 47
    printed = [
        [-1.233218, -0.897987],
        [-1.342220, -0.637504],
        [-0.679324, -0.668740],
        [-0.670208, -0.258987],
        [-0.497609, 0.118523],
        [0.325435, 0.368749],
    ]
    np.testing.assert_allclose(fit.step_difficulty[:6], printed, atol=PRINTED_CML)
    np.testing.assert_allclose(fit.step_difficulty[-1], [1.164152, 1.282182], atol=PRINTED_CML)


@pytest.mark.published
def test_verbal_aggression_rasch(published: Finder) -> None:
    rows = columns(published("VerbalAggression") / "VerbalAggression.csv", "resp2.")
    fit = calibrate_partial_credit(cells_from_matrix(rows, [1] * 24), identification="first")
    assert round(fit.log_likelihood) == -3050
    assert fit.n_parameters == 23
    # printed with four significant digits
    np.testing.assert_allclose(fit.difficulty[2:6], [0.6527, 0.8268, 1.134, 2.082], atol=6e-4)
    np.testing.assert_allclose(
        fit.difficulty_se[1:6], [0.2007, 0.1945, 0.1937, 0.1933, 0.1990], atol=PRINTED_4
    )


@pytest.mark.published
def test_mathematics_exam_rasch_and_its_two_groups(published: Finder) -> None:
    path = published("MathExam14W") / "MathExam14W.csv"
    rows = columns(path, "solved.")
    head, records = read(path)
    group = np.array([record[head.index("group")] for record in records])
    cells = cells_from_matrix(rows, [1] * 13)
    fit = calibrate_partial_credit(cells, identification="first")
    assert fit.log_likelihood == pytest.approx(-3635.233513384, abs=1e-8)
    assert fit.n_parameters == 12
    np.testing.assert_allclose(
        fit.difficulty[1:7], [-0.9700, -1.2434, 0.1508, -0.9700, -0.6510, 2.1244], atol=PRINTED_4
    )
    np.testing.assert_allclose(
        fit.difficulty_se[1:7], [0.1229, 0.1265, 0.1171, 0.1229, 0.1199, 0.1425], atol=PRINTED_4
    )
    test = compare_groups([cells_from_matrix(rows[group == name], [1] * 13) for name in ("1", "2")])
    np.testing.assert_allclose(
        [part.log_likelihood for part in test.groups], [-1671.446, -1831.308], atol=5e-4
    )
    assert test.statistic == pytest.approx(264.9577, abs=PRINTED_4)
    assert test.degrees_of_freedom == 12
    np.testing.assert_allclose(
        test.groups[0].difficulty[:4], [-0.74976, -0.52106, -0.99612, 0.46040], atol=1e-5
    )
    np.testing.assert_allclose(
        test.groups[1].difficulty[:4], [0.9283, -1.0330, -1.1318, 0.2423], atol=PRINTED_4
    )


# eRm, raschdat1: printed item easiness (three decimals) and the maximum-likelihood abilities it gives
# fmt: off
ERM_EASINESS = np.array([
    1.565, 0.051, 0.782, -0.650, -1.301, 0.099, 0.682, 0.732, 0.534, -1.108, -0.650, 0.388, -1.511, -2.116, 0.340,
    -0.597, 0.340, -0.094, -0.759, 0.682, 0.937, 0.989, 0.682, 0.003, -0.814, 1.207, -0.094, -0.290, -0.759, 0.732,
])
# fmt: on
ERM_ABILITY = [(1, -3.66742609, 1.0263492), (2, -2.92018931, 0.7447182), (15, -0.01916874, 0.3945346)]
ERM_ABILITY += [(20, 0.79218593, 0.4185046), (26, 2.13743170, 0.5653930)]


def test_abilities_of_erm() -> None:
    table = ability_table(-ERM_EASINESS)
    for score, ability, se in ERM_ABILITY:
        # rounding of thirty difficulties to three decimals: 5e-4 / sqrt(30) at most a few 1e-4
        assert table.ml[score] == pytest.approx(ability, abs=3e-4)
        assert table.ml_se[score] == pytest.approx(se, abs=1e-4)


@pytest.mark.published
def test_lsat_section_six_equals_ltm(published: Finder) -> None:
    rows = columns(published("ltm") / "LSAT.csv", "Item")
    one = calibrate_with_slopes(rows, [1] * 5, slope="one")
    assert one.log_likelihood == pytest.approx(-2473.054, abs=5e-4)
    np.testing.assert_allclose(one.difficulty, [-2.8720, -1.0630, -0.2576, -1.3881, -2.2188], atol=PRINTED_4)
    np.testing.assert_allclose(one.difficulty_se, [0.1287, 0.0821, 0.0766, 0.0865, 0.1048], atol=PRINTED_4)
    common = calibrate_with_slopes(rows, [1] * 5, slope="common")
    assert common.log_likelihood == pytest.approx(-2466.938, abs=5e-4)
    np.testing.assert_allclose(
        common.difficulty, [-3.6153, -1.3224, -0.3176, -1.7301, -2.7802], atol=PRINTED_4
    )
    np.testing.assert_allclose(common.difficulty_se, [0.3266, 0.1422, 0.0977, 0.1691, 0.2510], atol=PRINTED_4)
    assert common.slope[0] == pytest.approx(0.7551, abs=PRINTED_4)
    assert common.slope_se[0] == pytest.approx(0.0694, abs=PRINTED_4)
    free = calibrate_with_slopes(rows, [1] * 5)
    assert free.log_likelihood == pytest.approx(-2466.653, abs=5e-4)
    np.testing.assert_allclose(free.difficulty, [-3.3597, -1.3696, -0.2799, -1.8659, -3.1236], atol=LTM)
    np.testing.assert_allclose(free.slope, [0.8254, 0.7229, 0.8905, 0.6886, 0.6575], atol=LTM)
    np.testing.assert_allclose(free.slope_se, [0.2581, 0.1867, 0.2326, 0.1852, 0.2100], atol=LTM)


# Works with each of the 32 answers 00000, 00001, ..., 11111 (item 1 first).
LSAT_SEVEN = [12, 19, 1, 7, 3, 19, 3, 17, 10, 5, 3, 7, 7, 23, 8, 28]
LSAT_SEVEN += [7, 39, 11, 34, 14, 51, 15, 90, 6, 25, 7, 35, 18, 136, 32, 308]


def test_lsat_section_seven_equals_ltm() -> None:
    answers = (np.arange(32)[:, None] >> np.arange(4, -1, -1)) & 1
    rows = np.repeat(answers, LSAT_SEVEN, axis=0)
    fit = calibrate_with_slopes(rows, [1] * 5)
    assert fit.n_works == 1000
    assert fit.log_likelihood == pytest.approx(-2658.80511, abs=LOG_LIKELIHOOD)
    np.testing.assert_allclose(fit.log_weight[:, 1], [1.8560, 0.8080, 1.8045, 0.4860, 1.8545], atol=LTM)
    np.testing.assert_allclose(fit.log_weight_se[:, 1], [0.1315, 0.0912, 0.2046, 0.0749, 0.1144], atol=LTM)
    np.testing.assert_allclose(fit.slope, [0.9877, 1.0808, 1.7067, 0.7650, 0.7357], atol=LTM)
    np.testing.assert_allclose(fit.slope_se, [0.1772, 0.1688, 0.3207, 0.1341, 0.1511], atol=LTM)


@pytest.mark.published
def test_science_generalised_partial_credit(published: Finder) -> None:
    head, records = read(published("ltm") / "Science.csv")
    levels = ["strongly disagree", "disagree", "agree", "strongly agree"]
    chosen = [head.index(name) for name in ("Comfort", "Work", "Future", "Benefit")]
    rows = np.array([[levels.index(record[k]) for k in chosen] for record in records], dtype=np.int8)
    fit = calibrate_with_slopes(rows, [3] * 4)
    assert fit.log_likelihood == pytest.approx(-1612.68169, abs=MIRT_EM)
    assert fit.log_likelihood > -1612.68169  # EM stops short of the maximum, never beyond it
    assert fit.n_parameters == 16


@pytest.mark.published
def test_wirs_two_parameters(published: Finder) -> None:
    rows = columns(published("ltm") / "WIRS.csv", "Item")
    fit = calibrate_with_slopes(rows, [1] * 6)
    np.testing.assert_allclose(
        fit.difficulty, [3.4011395, -0.9421221, 0.8093853, 1.3689278, 0.4762685, 1.6804632], atol=LTM
    )
    np.testing.assert_allclose(
        fit.slope, [0.1534064, 0.3676923, 1.7179970, 1.0101043, 2.0324137, 1.3745785], atol=LTM
    )
