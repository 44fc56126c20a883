"""How far the result of a school in one procedure is in doubt: what other stages discount."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from scipy.special import expit

from merilo.check.combining import Judged

# Schools in less doubt than this are taken at their word.
LEAST = 0.05
# Procedures of a school that stands out in which the same was done, before looking at each of them.
CONCERNED = 0.75


def suspicion(judged: Judged, procedure_ids: Sequence[str]) -> pl.DataFrame:
    """org_id, procedure_id, probability 0-1, only where it is LEAST or more.

    The school's probability of each kind, times the probability that this procedure is concerned: a normal shift of
    the kind's usual size in z there against none.
    """
    combined = judged.combined
    by_kind = np.nan_to_num(combined.kind_probability)[:, None, :]
    z = combined.calibrated
    shift = combined.mixture.shift_mean
    log_odds = np.log(CONCERNED / (1 - CONCERNED)) + shift * z - 0.5 * shift**2
    concerned = np.where(np.isfinite(z), expit(log_odds), 0.0)
    doubt = (by_kind * concerned).sum(axis=2)
    school, procedure = np.nonzero(doubt >= LEAST)
    return pl.DataFrame(
        {
            "org_id": np.array(judged.org_ids, dtype=object)[school],
            "procedure_id": np.array(procedure_ids, dtype=object)[procedure],
            "probability": np.minimum(doubt[school, procedure], 1.0),
        },
        schema={"org_id": pl.String, "procedure_id": pl.String, "probability": pl.Float64},
    )
