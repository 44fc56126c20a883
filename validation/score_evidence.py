"""A bench for those who write evidence, on merilo.simulate only: the other simulator judges, nobody tunes on it.

    OMP_NUM_THREADS=1 python validation/score_evidence.py merilo.check.item_profile:item_profile_evidence
        [--worlds 4] [--schools 200] [--procedures 4] [--seed 1000] [--kinds dictated,copying] [--prior]

The function gets (sitting, definitions) and returns list[Evidence]; when its first argument is called `sittings`, it
gets them all and returns one such list for every sitting. z of one `kind` (or name, where kind is empty) are put
together over procedures as sum(z) / sqrt(number). Printed: shares of honest p below .05 and .01 by size of school,
single and pooled; AUC and power by kind and strength; the same shares for the controls. "@5 %" holds the false alarms
of clean schools at 5 %, so it is not spoilt by a scale that is off.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from known_worlds import CITY_WIDE, CONTROLS, KINDS, SIZE_NAMES, KnownWorld, Spec, WorldFolder
from scipy.special import ndtr
from scipy.stats import rankdata

from merilo.check.evidence import Evidence
from merilo.check.sitting import Sitting
from merilo.definitions import Definitions, load_definitions
from merilo.methods.arrays import BoolArray, FloatArray

Function = Callable[..., list[Evidence]]
EACH = 5  # schools of each kind or control in a world


def main(arguments: Sequence[str]) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("function", help="module:function")
    parser.add_argument(
        "--worlds", type=int, default=4, help="worlds of each sort (clean, controls, strengths)"
    )
    parser.add_argument("--schools", type=int, default=200)
    parser.add_argument("--procedures", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1000)
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--strengths", default="0.5,1.0")
    parser.add_argument("--prior", action="store_true", help="two years, so that priors exist")
    chosen = parser.parse_args(arguments)
    module, name = chosen.function.split(":")
    function: Function = getattr(importlib.import_module(module), name)
    plain = Spec(schools=chosen.schools, procedures=chosen.procedures, prior=chosen.prior)
    kinds = chosen.kinds.split(",")
    sorts = {"clean": plain}
    for strength in map(float, chosen.strengths.split(",")):
        sorts[f"strength {strength:g}"] = _with(plain, kinds=tuple((one, strength, EACH) for one in kinds))
    local = tuple((one, 1.0, EACH) for one in CONTROLS if one not in CITY_WIDE)
    sorts["controls"] = _with(plain, controls=local)
    for city in CITY_WIDE:
        sorts[city] = _with(plain, controls=((city, 1.0, chosen.schools),))
    scored = [
        score_world(sort, spec, chosen.seed + number, function)
        for sort, spec in sorts.items()
        for number in range(chosen.worlds if sort not in CITY_WIDE else max(1, chosen.worlds // 2))
    ]
    print(f"{len(scored)} worlds of {chosen.schools} schools x {chosen.procedures} works; "
          f"{sum(one[3] for one in scored):.1f} s in the evidence")  # fmt: skip
    for evidence in sorted({name for one in scored for name in one[2]}):
        report(evidence, [(sort, known, z[evidence]) for sort, known, z, _time in scored if evidence in z])


def _with(plain: Spec, **changes: object) -> Spec:
    return replace(plain, **changes)  # type: ignore[arg-type]


def score_world(
    sort: str, spec: Spec, seed: int, function: Function
) -> tuple[str, KnownWorld, dict[str, FloatArray], float]:
    """Values of z (J, P) by kind of evidence in one world, and the seconds that it took."""
    definitions = load_definitions(())
    with WorldFolder(spec, seed) as known:
        started = time.perf_counter()
        found = call(function, known.sittings, definitions)
        seconds = time.perf_counter() - started
        return sort, known, gathered(known, found), seconds


def call(function: Function, sittings: list[Sitting], definitions: Definitions) -> list[list[Evidence]]:
    """Evidence of every sitting, whichever way the function wants them."""
    first = next(iter(inspect.signature(function).parameters))
    if first == "sittings":
        together = function(sittings, definitions)
        return list(together.values()) if isinstance(together, dict) else list(together)  # type: ignore[arg-type]
    return [function(one, definitions) for one in sittings]


def gathered(known: KnownWorld, found: list[list[Evidence]]) -> dict[str, FloatArray]:
    """Values of z (J, P) by kind; several rows of a kind in a procedure: their sum over the root of their number."""
    names = {one.kind or one.name for of_sitting in found for one in of_sitting}
    z = {name: np.full((len(known.org_ids), len(known.sittings)), np.nan) for name in names}
    for column, (sitting, of_sitting) in enumerate(zip(known.sittings, found, strict=True)):
        rows = known.rows(sitting)
        for name in names:
            several = [one.z for one in of_sitting if (one.kind or one.name) == name]
            if several:
                z[name][rows, column] = pooled(np.stack(several, axis=1))
    return z


def pooled(z: FloatArray) -> FloatArray:
    """Sum over columns of what is known, over the root of its number (J,); NaN where nothing is."""
    number = np.isfinite(z).sum(axis=1)
    together = np.nansum(z, axis=1) / np.sqrt(np.maximum(number, 1))
    return np.where(number > 0, together, np.nan)


def report(evidence: str, worlds: list[tuple[str, KnownWorld, FloatArray]]) -> None:
    """Print what one kind of evidence is worth."""
    print(f"\n=== {evidence}")
    clean = [(known, z) for sort, known, z in worlds if sort == "clean"]
    single = np.concatenate([z.ravel() for _known, z in clean])
    group = np.concatenate([np.repeat(known.size_group, z.shape[1]) for known, z in clean])
    together = np.concatenate([pooled(z) for _known, z in clean])
    print("honest schools of clean worlds: share of one-sided p below .05, .01; mean and SD of z; known")
    print(f"{'size':>10}{'n':>7}{'<.05':>8}{'<.01':>8}{'mean':>8}{'SD':>7}{'known':>8}")
    for number, name in enumerate(SIZE_NAMES):
        _uniformity(name, single[group == number])
    _uniformity("all", single)
    _uniformity("pooled", together)
    limit = float(np.nanquantile(together, 0.95)) if np.isfinite(together).any() else np.nan
    print(
        "pooled z of manipulated schools: AUC, power where 5 % of clean schools are beyond, power at p < .05, < .001"
    )
    _powers(worlds, limit)
    print("controls: share of pooled p below .05, .01 (honest schools of clean worlds above)")
    for name in CONTROLS:
        values = np.concatenate(
            [pooled(z)[known.control == name] for sort, known, z in worlds if (known.control == name).any()]
            or [np.zeros(0)]
        )
        if len(values):
            _uniformity(name, values)


def _powers(worlds: list[tuple[str, KnownWorld, FloatArray]], limit: float) -> None:
    print(
        f"{'kind':>14}{'s':>6}{'n':>5}{'AUC':>8}{'@5 %':>8}{'<.05':>8}{'<.001':>8}   {'power @5 % by size'}"
    )
    for sort in dict.fromkeys(sort for sort, _known, _z in worlds if sort.startswith("strength")):
        own = [(known, pooled(z)) for one, known, z in worlds if one == sort]
        honest = np.concatenate([z[known.honest] for known, z in own])
        # The last line: honest schools of the same, contaminated worlds.
        for kind in (*dict.fromkeys(word for known, _z in own for word in known.kind if word), ""):
            z = np.concatenate([z[known.kind == kind] for known, z in own])
            size = np.concatenate([known.size_group[known.kind == kind] for known, _z in own])
            beyond = np.nan_to_num(z, nan=-9.0) > limit
            p = 1 - ndtr(np.nan_to_num(z, nan=-9.0))
            by_size = "  ".join(
                f"{name}: {beyond[size == number].mean():.2f}"
                for number, name in enumerate(SIZE_NAMES)
                if (size == number).any()
            )
            print(
                f"{kind or '(honest)':>14}{sort.split()[1]:>6}{len(z):>5}{auc(z, honest):>8.3f}"
                f"{beyond.mean():>8.2f}{(p < 0.05).mean():>8.2f}{(p < 0.001).mean():>8.2f}   {by_size}"
            )


def _uniformity(name: str, z: FloatArray) -> None:
    known: BoolArray = np.asarray(np.isfinite(z), bool)
    if not known.any():
        print(f"{name:>10}{len(z):>7}   nothing known")
        return
    p = 1 - ndtr(z[known])
    print(
        f"{name:>10}{len(z):>7}{(p < 0.05).mean():>8.3f}{(p < 0.01).mean():>8.3f}"
        f"{z[known].mean():>8.2f}{z[known].std():>7.2f}{known.mean():>8.2f}"
    )


def auc(positive: FloatArray, negative: FloatArray) -> float:
    """Chance that a manipulated school stands above an honest one; unknown ones stand lowest of all."""
    values = np.nan_to_num(np.concatenate([positive, negative]), nan=-1e9)
    if not len(positive) or not len(negative):
        return float("nan")
    ranks = rankdata(values)[: len(positive)]
    return float((ranks.sum() / len(positive) - (len(positive) + 1) / 2) / len(negative))


if __name__ == "__main__":
    main(sys.argv[1:])
