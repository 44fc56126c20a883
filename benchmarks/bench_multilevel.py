"""School effects by REML: ours from sums (summation included) against whole-record programs, in CPU seconds.

Run: `python benchmarks/bench_multilevel.py [S M L]`. Peers are used where importable: statsmodels, mixedlm,
mixedlm_rs. Every program gives variances, fixed effects and all schools' effects with conditional variances
(ours with prediction errors and intervals too). The peers' cost grows with pupils; ours, after one pass of
sums, with schools.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from timing import cpu_seconds, installed, peak_mb

from merilo.methods.multilevel import cross_products, fit_random_intercept

SIZES = {"S": 2_000, "M": 100_000, "L": 1_000_000}
PUPILS_PER_SCHOOL = 60
REPEATS = 5
# statsmodels needs seconds at M and tens of seconds at L.
SLOW_PEERS = {"statsmodels": 100_000}

Records = tuple[np.ndarray, np.ndarray, np.ndarray, int]


def records(pupils: int) -> Records:
    """Results about 500 +- 50, one prior score, school index, number of schools."""
    rng = np.random.default_rng(1)
    schools = pupils // PUPILS_PER_SCHOOL
    school = np.sort(rng.integers(0, schools, pupils))
    prior = rng.normal(size=pupils)
    y = 500 + 50 * (0.6 * prior + rng.normal(0, 0.3, schools)[school] + 0.8 * rng.normal(size=pupils))
    return y, prior, school, schools


def ours(data: Records) -> float:
    """Between-school variance by REML, with all schools' effects and intervals."""
    y, prior, school, schools = data
    return fit_random_intercept(cross_products(y, prior[:, None], school, schools)).var_u


def by_mixed_lm(module: str) -> Callable[[Records], float]:
    """Interface of statsmodels, also offered by mixedlm_rs."""

    def run(data: Records) -> float:
        y, prior, school, _ = data
        design = np.column_stack([np.ones(len(y)), prior])
        fit = importlib.import_module(module).MixedLM(y, design, groups=school).fit(reml=True)
        assert len(fit.random_effects) == len(fit.random_effects_cov) == data[3]
        return float(np.asarray(fit.cov_re)[0, 0])

    return run


def by_lmer(data: Records) -> float:
    """Interface of lme4, by mixedlm; effects with conditional variances."""
    frames, mixedlm = importlib.import_module("pandas"), importlib.import_module("mixedlm")
    y, prior, school, _ = data
    frame = frames.DataFrame({"y": y, "prior": prior, "school": school})
    fit = mixedlm.lmer("y ~ prior + (1 | school)", data=frame)
    fit.ranef(condVar=True)
    return float(fit.VarCorr().get_cov("school")[0, 0])


PEERS: dict[str, tuple[str, Callable[[Records], float]]] = {
    "statsmodels": (
        "statsmodels.regression.mixed_linear_model",
        by_mixed_lm("statsmodels.regression.mixed_linear_model"),
    ),
    "mixedlm": ("mixedlm", by_lmer),
    "mixedlm_rs": ("mixedlm_rs", by_mixed_lm("mixedlm_rs")),
}


def rows(sizes: Sequence[str] = ("S", "M", "L")) -> list[dict[str, Any]]:
    """One row per size and peer: task, ours_cpu_s, peer, peer_cpu_s (None: not installed or too slow), peak_mb, ..."""
    table = []
    for size in sizes:
        data = records(SIZES[size])
        seconds, found = cpu_seconds(lambda given=data: ours(given), REPEATS), ours(data)
        peak = peak_mb(lambda given=data: ours(given))
        for peer, (module, run) in PEERS.items():
            row: dict[str, Any] = {
                "task": f"REML and school effects, {size} {SIZES[size]:,} pupils",
                "ours_cpu_s": seconds,
                "peer": peer,
                "peer_cpu_s": None,
                "peak_mb": peak,
                "note": "",
            }
            if not installed(module):
                row["note"] = "not installed"
            elif SIZES[size] > SLOW_PEERS.get(peer, SIZES["L"]):
                row["note"] = "left out: slow"
            else:
                repeats = 1 if peer in SLOW_PEERS and size != "S" else 3
                row["peer_cpu_s"] = cpu_seconds(lambda way=run, given=data: way(given), repeats)
                theirs = run(data)
                row["note"] = f"var_u differs by {abs(theirs / found - 1):.0e}"
            table.append(row)
    return table


def main(sizes: Sequence[str]) -> None:
    """Print the table."""
    print(f"{'task':<42}{'ours, s':>9}  {'peer':<12}{'peer, s':>9}{'ratio':>8}{'peak MB':>9}  note")
    for row in rows(sizes):
        peer = row["peer_cpu_s"]
        times = f"{peer:>9.3f}{peer / row['ours_cpu_s']:>8.0f}" if peer is not None else f"{'-':>9}{'-':>8}"
        head = f"{row['task']:<42}{row['ours_cpu_s']:>9.4f}  {row['peer']:<12}"
        print(f"{head}{times}{row['peak_mb']:>9.0f}  {row['note']}")


if __name__ == "__main__":
    main(sys.argv[1:] or ["S", "M", "L"])
