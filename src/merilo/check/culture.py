"""Positive findings: schools whose marking is above doubt, shown beside those that ask to be verified."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from merilo.definitions import Definitions
from merilo.methods.arrays import BoolArray, IntArray
from merilo.methods.two_groups import Combined

# Of the limits of a 95 % interval.
NORMAL_975 = 1.959964


def high_culture(
    org_ids: Sequence[str],
    combined: Combined,
    procedures_n: IntArray,
    objectivity: pl.DataFrame,
    definitions: Definitions,
) -> BoolArray:
    """(J,) schools that lift less over cut scores than the region does, sure to 97.5 %, and stand out in nothing.

    Shares lifted of all procedures and cut scores are pooled by their precision and compared with the region's,
    pooled by the same weights; the probability and every pooled z must be small (definition objectivity_mixture), and
    there must be enough procedures. Nothing known is no finding.
    """
    rule = definitions.objectivity_mixture
    lift = _lift_against_region(objectivity)
    below = np.array([lift.get(org, np.inf) < 0 for org in org_ids], dtype=np.bool_)
    with np.errstate(invalid="ignore"):
        calm = combined.probability < rule.culture_probability
        high = (np.nan_to_num(combined.scores, nan=-np.inf) > rule.culture_most_z).any(axis=1)
    result: BoolArray = below & calm & ~high & (procedures_n >= rule.culture_procedures)
    return result


def _lift_against_region(objectivity: pl.DataFrame) -> dict[str, float]:
    """Upper limit of a school's lifted share less the region's, by org_id."""
    rows = objectivity.filter(
        pl.col("evidence").str.starts_with("threshold_"),
        pl.col("estimate").is_finite(),
        pl.col("estimate_upper").is_finite(),
        pl.col("n") > 0,
    )
    cut = ["procedure_id", "evidence"]
    width = (pl.col("estimate_upper") - pl.col("estimate_lower")) / (2 * NORMAL_975)
    weighed = rows.with_columns(
        region=(pl.col("estimate") * pl.col("n")).sum().over(cut) / pl.col("n").sum().over(cut),
        # An interval at 0 is one-sided: its width says too much.
        weight=1 / pl.max_horizontal(width, pl.lit(0.02)) ** 2,
    )
    total = weighed.group_by("org_id").agg(
        gap=((pl.col("estimate") - pl.col("region")) * pl.col("weight")).sum() / pl.col("weight").sum(),
        weight=pl.col("weight").sum(),
    )
    upper = total.with_columns(upper=pl.col("gap") + NORMAL_975 / pl.col("weight").sqrt())
    return dict(upper.select("org_id", "upper").iter_rows())
