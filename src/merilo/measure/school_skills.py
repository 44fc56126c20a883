"""Skills of each school against pupils elsewhere with the same total scores.

Expected points come from the curves of the items over the raw score (all schools together), steadied by the
calibrated model where few works share a raw score. The sampling variance of a school's points on a skill,
given its raw scores, is the model's exact conditional variance.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from merilo.language import translator
from merilo.measure.calibration import Calibration
from merilo.methods.arrays import BoolArray, FloatArray
from merilo.methods.irt import PartialCreditItems
from merilo.methods.irt.ladder import climb
from merilo.tables.works import WorksFile
from merilo.tally import CellCounts, Tally

_ = translator("measure")

# Sets of administered items that are worked out together: each needs some hundred kilobytes.
PATTERNS_AT_ONCE = 256


def school_skills(
    works: WorksFile, tally: Tally, calibration: Calibration | None, expected: FloatArray | None
) -> pl.DataFrame:
    """One row per school and skill: mean, authority's and expected share, gap and its sampling error.

    expected (C, I): points expected on each item in each cell of the Tally.
    """
    procedure = works.procedure
    skills = sorted({skill for item in procedure.items for skill in item.skills})
    if tally.cells is None or calibration is None or expected is None or not skills:
        return _EMPTY
    frames = []
    for skill in skills:
        inside = np.array([skill in item.skills for item in procedure.items])
        frames.append(_rows(works, tally, calibration, expected, inside, skill))
    return pl.concat(frames)


def _rows(
    works: WorksFile,
    tally: Tally,
    calibration: Calibration,
    expected: FloatArray,
    inside: BoolArray,
    skill: str,
) -> pl.DataFrame:
    cells = tally.cells
    assert cells is not None
    procedure = works.procedure
    n_orgs = len(works.org_ids)
    top = np.array([item.max_points for item in procedure.items], np.float64)
    possible_by_cell = (cells.patterns[cells.pattern] & inside) @ top
    schools = tally.schools
    gained = schools.item_points[:, inside].sum(axis=1)
    possible = schools.item_n[:, inside] @ top[inside]
    by_school = {
        "expected": _sum(cells, expected[:, inside].sum(axis=1), n_orgs),
        "variance": _sum(cells, _skill_variance(cells, calibration, inside), n_orgs),
        "n": _sum(cells, (possible_by_cell > 0).astype(np.float64), n_orgs),
    }
    with np.errstate(invalid="ignore", divide="ignore"):
        mean_share = gained / possible
        expected_share = by_school["expected"] / possible
        se = np.sqrt(by_school["variance"]) / possible
        authority = float(gained.sum() / possible.sum()) if possible.sum() else float("nan")
    return pl.DataFrame(
        {
            "procedure_id": [procedure.procedure_id] * n_orgs,
            "org_id": works.org_ids,
            "skill": [skill] * n_orgs,
            "skill_name": [procedure.skill_names.get(skill)] * n_orgs,
            "n": by_school["n"].astype(np.int64),
            "items_n": [int(inside.sum())] * n_orgs,
            "mean_share": mean_share,
            "authority_share": [authority] * n_orgs,
            "expected_share": expected_share,
            "gap_share": mean_share - expected_share,
            "gap_share_se": np.where(se > 0, se, np.nan),
            "note": [None if n else _("the skill was not administered here") for n in by_school["n"]],
        },
        schema=_EMPTY.schema,
        strict=False,
    )


def _skill_variance(cells: CellCounts, calibration: Calibration, inside: BoolArray) -> FloatArray:
    """Conditional variance (C,) of a pupil's points on the skill given the cell's raw score; NaN unknown."""
    by_pattern = np.full((len(cells.patterns), int(calibration.pcm.items.max_points.sum()) + 1), np.nan)
    scorable = np.flatnonzero(calibration.scorable)
    for start in range(0, len(scorable), PATTERNS_AT_ONCE):
        some = scorable[start : start + PATTERNS_AT_ONCE]
        by_pattern[some] = _subset_variance(calibration.pcm.items, inside, cells.patterns[some])
    return by_pattern[cells.pattern, cells.score]


def _subset_variance(items: PartialCreditItems, inside: BoolArray, patterns: BoolArray) -> FloatArray:
    """Var(points on a subset | raw score) of every pattern, (P, S+1); NaN where the score cannot occur.

    P(y on the subset | raw score r) = gamma_subset(y) gamma_rest(r - y) / gamma_all(r), all patterns in one climb.
    """
    masks = np.concatenate([patterns & inside, patterns & ~inside, patterns])
    log_gamma = climb(items.log_weight, items.max_points, masks).log_gamma
    subset, rest, whole = log_gamma.reshape(3, len(patterns), -1)
    possible = np.isfinite(whole)
    first, second = np.zeros_like(whole), np.zeros_like(whole)
    for y in range(1, int(items.max_points[inside].sum()) + 1):
        # The share of works with y points on the subset, by raw score from y on.
        power = subset[:, y, None] + rest[:, : whole.shape[1] - y] - np.where(possible, whole, 0.0)[:, y:]
        share = np.exp(power)
        first[:, y:] += y * share
        second[:, y:] += y * y * share
    return np.where(possible, np.maximum(second - first**2, 0.0), np.nan)


def _sum(cells: CellCounts, per_work: FloatArray, n_orgs: int) -> FloatArray:
    """Sum a cell's value over every school's works (J,)."""
    return np.bincount(cells.org, cells.org_n * per_work[cells.org_cell], minlength=n_orgs).astype(np.float64)


_EMPTY = pl.DataFrame(
    schema={
        "procedure_id": pl.String,
        "org_id": pl.String,
        "skill": pl.String,
        "skill_name": pl.String,
        "n": pl.Int64,
        "items_n": pl.Int64,
        "mean_share": pl.Float64,
        "authority_share": pl.Float64,
        "expected_share": pl.Float64,
        "gap_share": pl.Float64,
        "gap_share_se": pl.Float64,
        "note": pl.String,
    }
)
