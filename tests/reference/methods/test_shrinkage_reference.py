"""Variance between true values against R metafor and statsmodels; posterior against Bayesian Data Analysis.

BCG vaccine trials (Colditz et al. 1994; metafor dat.bcg), log risk ratios. metafor (Viechtbauer 2010), `rma`:
REML tau2 0.3132, mean -0.7145, se 0.1798; Paule-Mandel tau2 0.3181, mean -0.7150, se 0.1809.
Eight schools (Rubin 1981; Gelman et al., Bayesian Data Analysis, section 5.5): coaching effects and standard errors.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from statsmodels.stats.meta_analysis import combine_effects

from merilo.methods.shrinkage import shrink

PRINTED = 6e-5  # four decimals
# statsmodels stops iterating tau2 at about 1e-5.
PEER_STOPS = 1e-4
# 200 points of tau against adaptive quadrature, in units of the schools' effects (about 10).
GRID = 0.02

TRIALS = np.array(
    [
        (4, 119, 11, 128), (6, 300, 29, 274), (3, 228, 11, 209), (62, 13536, 248, 12619), (33, 5036, 47, 5761),
        (180, 1361, 372, 1079), (8, 2537, 10, 619), (505, 87886, 499, 87892), (29, 7470, 45, 7232),
        (17, 1699, 65, 1600), (186, 50448, 141, 27197), (5, 2493, 3, 2338), (27, 16886, 29, 17825),
    ],
    dtype=float,
)  # fmt: skip
SCHOOLS = np.array([28.0, 8, -3, 7, -1, 1, 18, 12])
SCHOOL_SE = np.array([15.0, 10, 16, 11, 9, 11, 10, 18])


def log_risk_ratios() -> tuple[np.ndarray, np.ndarray]:
    a, b, c, d = TRIALS.T
    return np.log(a / (a + b) * (c + d) / c), 1 / a - 1 / (a + b) + 1 / c - 1 / (c + d)


@pytest.mark.parametrize(
    ("method", "tau2", "mean", "se"),
    [("reml", 0.3132, -0.7145, 0.1798), ("paule_mandel", 0.3181, -0.7150, 0.1809)],
)
def test_bcg_as_printed_by_metafor(method: str, tau2: float, mean: float, se: float) -> None:
    shrunken = shrink(*log_risk_ratios(), method=method)  # type: ignore[arg-type]
    assert shrunken.tau2 == pytest.approx(tau2, abs=PRINTED)
    assert shrunken.mean == pytest.approx(mean, abs=PRINTED)
    assert shrunken.mean_se == pytest.approx(se, abs=PRINTED)


def test_paule_mandel_of_statsmodels() -> None:
    estimate, variance = log_risk_ratios()
    peer = combine_effects(estimate, variance, method_re="iterated")
    shrunken = shrink(estimate, variance, method="paule_mandel")
    assert shrunken.tau2 == pytest.approx(peer.tau2, abs=PEER_STOPS)
    assert shrunken.mean == pytest.approx(peer.mean_effect_re, abs=PEER_STOPS)
    assert shrunken.mean_se == pytest.approx(peer.sd_eff_w_re, abs=PEER_STOPS)


def test_eight_schools_against_quadrature() -> None:
    variance = SCHOOL_SE**2

    def at(tau: float) -> tuple[float, np.ndarray, np.ndarray]:
        weight = 1 / (variance + tau**2)
        mean = weight @ SCHOOLS / weight.sum()
        density = np.sqrt(np.prod(weight) / weight.sum()) * np.exp(-0.5 * weight @ (SCHOOLS - mean) ** 2)
        kept = tau**2 * weight
        return (
            float(density) * 1e12,
            mean + kept * (SCHOOLS - mean),
            kept * variance + (1 - kept) ** 2 / weight.sum(),
        )

    def average(value: int, school: int) -> float:
        def squares(tau: float) -> float:
            density, mean, own = at(tau)
            return density * (1.0, mean[school], own[school] + mean[school] ** 2)[value]

        return quad(squares, 0, 300, limit=500, points=[5, 20, 60])[0]

    shrunken = shrink(SCHOOLS, variance)
    assert shrunken.tau2 == 0  # the likelihood is highest at no differences at all
    for school in (0, 2, 7):
        mass, first, second = (average(value, school) for value in range(3))
        mean = first / mass
        assert shrunken.estimate[school] == pytest.approx(mean, abs=GRID)
        assert shrunken.se[school] == pytest.approx(np.sqrt(second / mass - mean**2), abs=5 * GRID)
    # table 5.3 of the book: school A's median 10, 95 % from -2 to 31; school C's median 7
    assert 10 < shrunken.estimate[0] < 12.5
