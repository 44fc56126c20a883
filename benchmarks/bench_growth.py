"""Growth percentiles: 100 exact quantile regressions on a cubic spline, in CPU seconds.

Run: `python benchmarks/bench_growth.py [S M L]`. Scores are all different (the hard case: nothing collapses), and raw
points of a 30-point test. The peer statsmodels QuantReg (iterated weights, approximate) is timed at S only.
"""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Sequence

import numpy as np
from timing import cpu_seconds, peak_mb

from merilo.methods.growth import choose_basis, growth_percentiles

SIZES = {"S": 2_000, "M": 100_000, "L": 1_000_000}
REPEATS = 3
# One QuantReg fit of 2,000 pupils takes tenths of a second; larger sizes minutes for the 100.
PEER_LIMIT = 2_000
RAW_MAXIMUM = 30


def scale_scores(pupils: int) -> tuple[np.ndarray, np.ndarray]:
    """Prior and current score, continuous, spread growing with the prior."""
    rng = np.random.default_rng(1)
    prior = rng.normal(size=pupils)
    return 500 + 50 * prior, 520 + 50 * (0.7 * prior + 0.7 * (1 + 0.1 * prior) * rng.normal(size=pupils))


def raw_points(pupils: int) -> tuple[np.ndarray, np.ndarray]:
    """Prior and current raw score, 0 to 30 points."""
    rng = np.random.default_rng(2)
    chance = 1 / (1 + np.exp(-rng.normal(size=pupils)))
    return rng.binomial(RAW_MAXIMUM, chance).astype(float), rng.binomial(RAW_MAXIMUM, chance).astype(float)


def by_quantreg(prior: np.ndarray, score: np.ndarray) -> None:
    """The same 100 curves by statsmodels."""
    regression = importlib.import_module("statsmodels.regression.quantile_regression")
    model = regression.QuantReg(score, choose_basis(prior).evaluate(prior))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it stops at 1,000 iterations
        for tau in (np.arange(1, 101) - 0.5) / 100:
            model.fit(q=tau)


def rows(sizes: Sequence[str] = ("S", "M", "L")) -> list[dict[str, object]]:
    """One row per size and kind of score."""
    table: list[dict[str, object]] = []
    for size in sizes:
        pupils = SIZES[size]
        for kind, make, step in (("scale scores", scale_scores, 0.0), ("raw points", raw_points, 1.0)):
            prior, score = make(pupils)

            def ours(prior: np.ndarray = prior, score: np.ndarray = score, step: float = step) -> object:
                return growth_percentiles(prior, score, score_step=step)

            compared = kind == "scale scores" and pupils <= PEER_LIMIT
            table.append(
                {
                    "task": f"growth percentiles, {pupils:,} pupils, {kind}",
                    "ours_cpu_s": cpu_seconds(ours, REPEATS),
                    "peer": "statsmodels QuantReg" if compared else "",
                    "peer_cpu_s": _peer_seconds(prior, score) if compared else None,
                    "peak_mb": peak_mb(ours),
                }
            )
    return table


def _peer_seconds(prior: np.ndarray, score: np.ndarray) -> float | None:
    try:
        importlib.import_module("statsmodels.regression.quantile_regression")
    except ImportError:
        return None
    return cpu_seconds(lambda: by_quantreg(prior, score), 1)


if __name__ == "__main__":
    for row in rows(sys.argv[1:] or ("S", "M", "L")):
        print(row)
