"""Deficits by skill: how far a school's pupils are from pupils elsewhere with the same total scores, in pupils."""

from __future__ import annotations

import numpy as np
import polars as pl

from merilo.errors import EstimationError
from merilo.language import translator
from merilo.methods.arrays import BoolArray, FloatArray
from merilo.methods.shrinkage import shrink

_ = translator("support")

# With fewer works a skill's gap says almost nothing; it is shown, but not turned into pupils.
FEW_WORKS = 5


def find_deficits(skills: pl.DataFrame) -> pl.DataFrame:
    """Rows of the table `deficits`.

    skills: one row per procedure, school and skill with n, items_n, mean_share, authority_share,
    expected_share, gap_share, gap_share_se (sampling) and note. The gap of a school is shrunken towards the
    authority by the spread between schools that sampling does not explain, skill by skill.
    """
    if skills.is_empty():
        return skills
    parts = [
        _own_part(group) for _key, group in skills.group_by(["procedure_id", "skill"], maintain_order=True)
    ]
    return pl.concat(parts, how="diagonal_relaxed")


def _own_part(group: pl.DataFrame) -> pl.DataFrame:
    """The rows of one procedure and skill with the school's own part and its equivalent in pupils."""
    gap = group["gap_share"].cast(pl.Float64).fill_null(float("nan")).to_numpy()
    se = group["gap_share_se"].cast(pl.Float64).fill_null(float("nan")).to_numpy()
    usable = np.isfinite(gap) & np.isfinite(se) & (se > 0)
    own, own_se = np.full(len(gap), np.nan), np.full(len(gap), np.nan)
    note = None
    if usable.sum() >= 3:
        try:
            shrunken = shrink(gap[usable], se[usable] ** 2)
            own[usable], own_se[usable] = shrunken.estimate, shrunken.se
        except EstimationError as error:
            note = _(error.rule)
    else:
        note = _("fewer than three schools: the school's own part cannot be told from chance")
    works = group["n"].cast(pl.Float64).fill_null(0).to_numpy()
    return group.with_columns(
        pl.Series("own_share", own),
        pl.Series("own_share_se", own_se),
        pl.Series("pupils_equivalent", np.where(works >= FEW_WORKS, own * works, np.nan)),
        pl.coalesce(
            pl.col("note"), pl.lit(note, pl.String), pl.Series(_reasons(usable, works), dtype=pl.String)
        ).alias("note"),
    )


def _reasons(usable: BoolArray, works: FloatArray) -> list[str | None]:
    """Why a school's own part, or its equivalent in pupils, is empty."""
    unknown = _("how far chance moves this gap is not known, so the school's own part is not told")
    few = _("fewer than {n} works: the gap is not turned into pupils").format(n=FEW_WORKS)
    return [
        unknown if not known else few if n < FEW_WORKS else None
        for known, n in zip(usable, works, strict=True)
    ]
