"""What one authority with known truth adds to the error rates: sums and counts by (measure, of what, size of school).

A rate is sum / count over many authorities, which are its independent units.

auc                     chance that a manipulated school's probability is above an honest one's; by kind, "all"
power                   manipulated schools flagged; by kind and size
false_discovery         false among flagged, 0 where none is flagged, a mean over authorities; and pooled over them
flagged_any             authorities with any false flag
false_alarms            honest schools flagged: "honest" by size, controls by name
p_05, p_01, known       honest schools' p-values below .05, .01, and known at all; by evidence and works of the school
lift_school, lift_plan  intervals of threshold_* that hold the share lifted, and the share intended, of honest schools
lift_school_done        the same of schools that lift far beyond, share lifted
lift_region             the interval of `procedures` holds the share lifted in the authority
named                   flagged manipulated schools whose leading kind is the right one
probability             share of manipulated schools where the probability is within these limits
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import polars as pl
from known_worlds import KINDS, RIGHT_KINDS, SIZE_BORDERS, SIZE_NAMES, KnownWorld
from scipy.stats import rankdata

from merilo.check.evidence import KINDS as EVIDENCE_KINDS
from merilo.methods.arrays import BoolArray, FloatArray, IntArray

Key = tuple[str, str, str]
Counts = dict[Key, tuple[float, float]]
ALL = "all"
PROBABILITIES = (0.0, 0.1, 0.5, 0.9, 1.0)


def count_errors(known: KnownWorld, tables: dict[str, pl.DataFrame]) -> Counts:
    """All sums and counts of one authority. tables: `objectivity`, `objectivity_schools` as `check` gives them."""
    schools = pl.DataFrame({"org_id": known.org_ids}).join(
        tables["objectivity_schools"], on="org_id", how="left", maintain_order="left"
    )
    flagged: BoolArray = schools["flagged"].fill_null(value=False).to_numpy()
    probability = _numbers(schools["probability"], -1.0)
    found: Counts = {}
    _flags(known, flagged, found)
    _ranks(known, probability, found)
    _names(known, flagged, schools["leading_evidence"].fill_null("").to_list(), found)
    _probabilities(known, probability, found)
    _p_values(known, tables["objectivity"], found)
    _lifts(known, tables["objectivity"], found)
    _regions(known, found)
    return found


def _flags(known: KnownWorld, flagged: BoolArray, found: Counts) -> None:
    guilty, plain = ~known.honest, known.honest & (known.control == "")
    false, right = int((flagged & known.honest).sum()), int((flagged & guilty).sum())
    _add(found, "false_discovery", "mean over authorities", false / max(false + right, 1), 1)
    _add(found, "false_discovery", "pooled", false, false + right)
    _add(found, "flagged_any", ALL, false > 0, 1)
    _by_size(found, known, "power", ALL, flagged, guilty)
    for kind in KINDS:
        _by_size(found, known, "power", kind, flagged, guilty & (known.kind == kind))
    _by_size(found, known, "false_alarms", "honest", flagged, plain)
    for control in np.unique(known.control[known.control != ""]):
        _by_size(found, known, "false_alarms", str(control), flagged, known.control == control)


def _ranks(known: KnownWorld, probability: FloatArray, found: Counts) -> None:
    honest = probability[known.honest]
    for kind in (ALL, *KINDS):
        chosen = ~known.honest & ((known.kind == kind) | (kind == ALL))
        if chosen.any():
            n = float(chosen.sum())
            _add(found, "auc", kind, n * auc(probability[chosen], honest), n)


def auc(positive: FloatArray, negative: FloatArray) -> float:
    """Chance that a value of `positive` stands above one of `negative`, ties by half; NaN where one is empty."""
    if not len(positive) or not len(negative):
        return float("nan")
    ranks = rankdata(np.concatenate([positive, negative]))[: len(positive)]
    return float((ranks.sum() / len(positive) - (len(positive) + 1) / 2) / len(negative))


def _names(known: KnownWorld, flagged: BoolArray, leading: list[str], found: Counts) -> None:
    for kind, right in RIGHT_KINDS.items():
        chosen = np.flatnonzero(flagged & ~known.honest & (known.kind == kind))
        hits = sum(_kind_of(leading[j]) in right for j in chosen)
        _add(found, "named", kind, hits, len(chosen))
        _add(found, "named", ALL, hits, len(chosen))


def _kind_of(evidence: str) -> str:
    """Kind of a name of evidence: threshold_3 belongs to threshold."""
    return next((kind for kind in EVIDENCE_KINDS if evidence.startswith(kind)), evidence)


def _probabilities(known: KnownWorld, probability: FloatArray, found: Counts) -> None:
    for low, high in pairwise(PROBABILITIES):
        here = (probability >= low) & ((probability < high) | (high == PROBABILITIES[-1]))
        name = f"{low:g}-{high:g}"
        _add(found, "probability", name, float((here & ~known.honest).sum()), int(here.sum()))
        _add(found, "probability_said", name, float(probability[here].sum()), int(here.sum()))


def _p_values(known: KnownWorld, objectivity: pl.DataFrame, found: Counts) -> None:
    plain = known.honest & (known.control == "")
    ids = [one.procedure.procedure_id for one in known.sittings]
    works = {(org, name): n for org, row in zip(known.org_ids, known.n) for name, n in zip(ids, row)}
    honest = pl.DataFrame({"org_id": known.org_ids}).filter(pl.Series(plain))
    rows = objectivity.join(honest, on="org_id").filter(~pl.col("evidence").str.starts_with("fioko"))
    for (evidence,), part in rows.group_by("evidence"):
        p = _numbers(part["p_value"], np.nan)
        n = np.array([works[key] for key in part.select("org_id", "procedure_id").iter_rows()])
        size = np.searchsorted(SIZE_BORDERS, n, side="right")
        for number, name in ((-1, ""), *enumerate(SIZE_NAMES)):
            here = (size == number) | (number < 0)
            told = here & np.isfinite(p)
            _add(found, "known", str(evidence), float(told.sum()), int(here.sum()), name)
            for limit in (0.05, 0.01):
                low = float((p[told] < limit).sum())
                _add(found, f"p_{100 * limit:02.0f}", str(evidence), low, int(told.sum()), name)


def _lifts(known: KnownWorld, objectivity: pl.DataFrame, found: Counts) -> None:
    """Coverage of the intervals of threshold_*, where a school had a near-miss at all."""
    place = {name: j for j, name in enumerate(known.org_ids)}
    lifting = (known.kind == "threshold") & ~known.honest
    for column, sitting in enumerate(known.sittings):
        of_sitting = objectivity.filter(pl.col("procedure_id") == sitting.procedure.procedure_id)
        for cut, mark in enumerate((3, 4, 5)):
            rows = of_sitting.filter(pl.col("evidence") == f"threshold_{mark}")
            if not rows.height:
                continue
            j = np.array([place[name] for name in rows["org_id"]], np.int64)
            low, high = (_numbers(rows[f"estimate_{end}"], np.nan) for end in ("lower", "upper"))
            near, lifted = known.near_n[column, cut, j], known.lifted_n[column, cut, j]
            share = lifted / np.maximum(near, 1)
            told = np.isfinite(low) & np.isfinite(high) & (near > 0)
            for measure, truth, chosen in (
                ("lift_school", share, known.honest[j]),
                ("lift_plan", known.degree[column, cut, j], known.honest[j]),
                ("lift_school_done", share, lifting[j] & known.touched[j, column]),
            ):
                inside = (low - 1e-9 <= truth) & (truth <= high + 1e-9)
                _spread_by_size(
                    found, measure, f"threshold_{mark}", inside, told & chosen, known.n[j, column]
                )


def _regions(known: KnownWorld, found: Counts) -> None:
    for column, sitting in enumerate(known.sittings):
        row = sitting.tables["procedures"]
        low, high = (_numbers(row[f"lifted_share_{end}"], np.nan)[0] for end in ("lower", "upper"))
        near, lifted = known.near_n[column].sum(), known.lifted_n[column].sum()
        if near and np.isfinite(low):
            _add(found, "lift_region", ALL, float(low <= lifted / near <= high), 1)


def _by_size(
    found: Counts, known: KnownWorld, measure: str, what: str, hit: BoolArray, among: BoolArray
) -> None:
    _spread_by_size(found, measure, what, hit, among, known.size)


def _spread_by_size(
    found: Counts, measure: str, what: str, hit: BoolArray, among: BoolArray, size: FloatArray | IntArray
) -> None:
    """Add for all sizes and for each; hit, among, size (J,)."""
    group = np.searchsorted(SIZE_BORDERS, size, side="right")
    for number, name in ((-1, ""), *enumerate(SIZE_NAMES)):
        here = among & ((group == number) | (number < 0))
        _add(found, measure, what, float((hit & here).sum()), int(here.sum()), name)


def _add(found: Counts, measure: str, what: str, total: float, n: float, size: str = "") -> None:
    before = found.get((measure, what, size), (0.0, 0.0))
    if n:
        found[measure, what, size] = before[0] + float(total), before[1] + float(n)


def _numbers(column: pl.Series, unknown: float) -> FloatArray:
    return column.cast(pl.Float64).fill_null(unknown).fill_nan(unknown).to_numpy()
