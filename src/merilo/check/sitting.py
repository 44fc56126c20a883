"""One procedure as `check` sees it: counts of works, calibrated items, what raw scores imply, results by school."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from merilo.methods.arrays import FloatArray
from merilo.methods.irt import PartialCreditItems
from merilo.methods.lift import LiftEstimate
from merilo.tables.procedure import Procedure
from merilo.tables.works import WorksFile
from merilo.tally import Tally


@dataclass(frozen=True, slots=True)
class Sitting:
    """Rows of schools are those of works.org_ids (J); cells (C) are those of tally.cells.

    items: calibrated items, logits; ability (C,) of a cell's works, logits, NaN unknown; expected (C, I) points that a
    cell's raw score implies, all schools together; all three None for a score-only or uncalibrated procedure.
    lift: the region-wide share lifted over the cut scores, None where it cannot be told.
    enrolled (J,): pupils of the year group by enrolment, NaN unknown; None: no enrolment at all.
    tables: this procedure's rows of `school_results`, `school_effects`, `procedures`, `items`.
    """

    works: WorksFile
    tally: Tally
    items: PartialCreditItems | None
    ability: FloatArray | None
    expected: FloatArray | None
    lift: LiftEstimate | None
    tables: Mapping[str, pl.DataFrame]
    enrolled: FloatArray | None = None

    @property
    def procedure(self) -> Procedure:
        """The procedure held."""
        return self.works.procedure

    @property
    def schools_n(self) -> int:
        """Schools of the works file (J)."""
        return len(self.works.org_ids)
