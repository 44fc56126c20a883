"""Everything that is measured of one procedure, from its Tally."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from merilo.definitions import Definitions
from merilo.errors import EstimationError
from merilo.language import translator
from merilo.measure.abilities import school_abilities
from merilo.measure.calibration import Calibration, calibrate
from merilo.measure.growth import school_growth
from merilo.measure.item_results import item_results, test_statistics
from merilo.measure.procedure_results import (
    procedure_lift,
    procedure_row,
    score_distribution,
    score_moments,
)
from merilo.measure.school_effects import effect_models, effect_notes, effect_terms, school_effects
from merilo.measure.school_results import school_results
from merilo.measure.school_skills import school_skills
from merilo.measure.slopes import item_slopes
from merilo.methods.arrays import FloatArray
from merilo.methods.irt.prior import log_score_share
from merilo.methods.lift import LiftEstimate
from merilo.tables.works import WorksFile
from merilo.tally import Tally
from merilo.tally.expected import expected_points
from merilo.tally.scores import score_counts

_ = translator("measure")

# Equally spaced abilities, logits, that span any test.
KERNEL_ABILITIES = np.linspace(-6.0, 6.0, 121)


@dataclass(frozen=True, slots=True)
class MeasuredProcedure:
    """tables: rows for the tables of formats.md, by name; skills: rows for `support` (school by skill).

    expected (C, I): points expected on each item in each cell of the Tally; None without a calibration.
    """

    tables: dict[str, pl.DataFrame]
    skills: pl.DataFrame
    calibration: Calibration | None
    expected: FloatArray | None
    lift: LiftEstimate | None


def measure_procedure(
    works: WorksFile,
    tally: Tally,
    enrolment: pl.DataFrame,
    definitions: Definitions,
    *,
    slopes: bool = False,
) -> MeasuredProcedure:
    """Measure one procedure. Costs depend on items, scores and schools, not on pupils (but for `slopes`)."""
    max_points = np.array([item.max_points for item in works.procedure.items], np.int64)
    notes = list(works.notes)
    calibration, statistics, abilities = None, None, None
    if tally.cells is not None:
        try:
            calibration = calibrate(tally.cells, max_points)
            abilities = school_abilities(tally.cells, calibration, len(works.org_ids))
        except EstimationError as error:
            notes.append(_(error.rule))
        statistics = test_statistics(tally.cells, max_points)
        notes += statistics.notes
    models = effect_models(works, tally)
    counts = score_counts(works, tally)
    lift = procedure_lift(works.procedure, counts, _kernel(calibration))
    _n, _mean, sd = score_moments(tally)
    tables = {
        "procedures": procedure_row(
            works,
            tally,
            statistics=statistics,
            calibration=calibration,
            models=models,
            lift=lift,
            notes=[*notes, *effect_notes(models)],
        ),
        "score_distribution": score_distribution(works.procedure, counts, lift),
        "items": item_results(works, tally, calibration, definitions, item_slopes(works) if slopes else None),
        "school_results": school_results(works, tally, abilities, enrolment),
        "school_effects": school_effects(works, models, sd),
        "effect_models": effect_terms(works, models),
        "school_growth": school_growth(works, tally),
    }
    expected = None
    if tally.cells is not None and calibration is not None:
        expected = expected_points(tally.cells, max_points, calibration.pcm.items, calibration.wle)
    skills = school_skills(works, tally, calibration, expected)
    return MeasuredProcedure(tables, skills, calibration, expected, lift)


def _kernel(calibration: Calibration | None) -> FloatArray | None:
    """P(raw score | ability) of the complete test form; None when some item is not calibrated."""
    if calibration is None or not calibration.pcm.items.calibrated.all():
        return None
    return np.exp(log_score_share(calibration.pcm.items, KERNEL_ABILITIES))
