"""Growth of a school's pupils against pupils elsewhere who started from the same score."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import polars as pl

from merilo.errors import EstimationError
from merilo.language import translator
from merilo.methods.growth import growth_percentiles, summarise_schools
from merilo.tables.works import WorksFile
from merilo.tally import Tally
from merilo.tally.tally import growth_column

_ = translator("measure")


def school_growth(works: WorksFile, tally: Tally, set_aside: Collection[str] = ()) -> pl.DataFrame:
    """Rows of the table `school_growth`; none where no pupil's earlier score is known.

    set_aside: ids of schools that a review has taken out of the tally.
    """
    column = growth_column(works)
    if column is None:
        return pl.DataFrame(schema={"procedure_id": pl.String, "org_id": pl.String})
    covariate = works.covariates[column]
    named = {
        "procedure_id": pl.lit(works.procedure.procedure_id),
        "prior_procedure_id": pl.lit(covariate.procedure_id or covariate.name),
    }
    org = pl.DataFrame({"org_id": works.org_ids})
    pairs = tally.pairs
    # Raw points are whole numbers with many ties; each stands for the interval around it.
    step = 1.0 if bool(np.all(pairs.score == np.round(pairs.score))) else 0.0
    try:
        growth = growth_percentiles(
            np.repeat(pairs.prior, pairs.n), np.repeat(pairs.score, pairs.n), score_step=step
        )
    except EstimationError as error:
        return org.with_columns(pl.lit(0).alias("n"), pl.lit(_(error.rule)).alias("note"), **named)
    schools = summarise_schools(growth.rank, np.repeat(pairs.org, pairs.n), n_schools=len(works.org_ids))
    return org.with_columns(
        pl.Series("n", schools.n),
        pl.Series("mean_growth_percentile", schools.mean),
        pl.Series("mean_growth_percentile_se", schools.se_mean),
        pl.Series("median_growth_percentile", schools.median),
        pl.Series(
            "note",
            [
                None
                if n
                else _("set aside after a review")
                if name in set_aside
                else _("nobody with an earlier score")
                for name, n in zip(works.org_ids, schools.n, strict=True)
            ],
            dtype=pl.String,
        ),
        **named,
    )
