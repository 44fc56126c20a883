"""Without outliers the honest line is REML meta-regression: R metafor (Viechtbauer 2010) on the BCG vaccine trials.

metafor, `rma(yi, vi, data = dat)`: tau2 0.3132, mean -0.7145, se 0.1798; `rma(yi, vi, mods = ~ ablat)`: tau2 0.0764,
intercept 0.2515 (se 0.2491), slope -0.0291 (se 0.0072), as printed in its documentation of 2010. Colditz et al. 1994.
"""

from __future__ import annotations

import numpy as np
import pytest

from merilo.methods.honest_line import fit_honest_line

PRINTED = 1e-4  # four decimals, and steps of tau2 that stop at 1e-5
TRIALS = np.array(
    [
        (4, 119, 11, 128, 44), (6, 300, 29, 274, 55), (3, 228, 11, 209, 42), (62, 13536, 248, 12619, 52),
        (33, 5036, 47, 5761, 13), (180, 1361, 372, 1079, 44), (8, 2537, 10, 619, 19),
        (505, 87886, 499, 87892, 13), (29, 7470, 45, 7232, 27), (17, 1699, 65, 1600, 42),
        (186, 50448, 141, 27197, 18), (5, 2493, 3, 2338, 33), (27, 16886, 29, 17825, 33),
    ],
    dtype=float,
)  # fmt: skip


def log_risk_ratios() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    a, b, c, d, latitude = TRIALS.T
    return np.log(a / (a + b) * (c + d) / c), 1 / a - 1 / (a + b) + 1 / c - 1 / (c + d), latitude


def test_mean_and_spread_as_printed_by_metafor() -> None:
    y, v, _latitude = log_risk_ratios()
    line = fit_honest_line(y, np.ones((13, 1)), v, most_outliers=0.0)
    assert line.tau2 == pytest.approx(0.3132, abs=PRINTED)
    assert line.beta[0] == pytest.approx(-0.7145, abs=PRINTED)
    assert np.sqrt(line.beta_cov[0, 0]) == pytest.approx(0.1798, abs=PRINTED)


def test_line_in_latitude_as_printed_by_metafor() -> None:
    y, v, latitude = log_risk_ratios()
    line = fit_honest_line(y, np.column_stack([np.ones(13), latitude]), v, most_outliers=0.0)
    assert line.tau2 == pytest.approx(0.0764, abs=PRINTED)
    np.testing.assert_allclose(line.beta, [0.2515, -0.0291], atol=PRINTED)
    np.testing.assert_allclose(np.sqrt(np.diag(line.beta_cov)), [0.2491, 0.0072], atol=PRINTED)
