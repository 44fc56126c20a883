"""Everything that is measured of one procedure, from its Tally."""

from __future__ import annotations

from collections.abc import Collection
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
from merilo.tally.excluding import excluding
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
    set_aside: Collection[str] = (),
) -> MeasuredProcedure:
    """Measure one procedure. Costs depend on items, scores and schools, not on pupils (but for `slopes`).

    set_aside: ids of schools whose results a review did not confirm. They have their own results like everybody, but
    items, effects, growth and lifting are estimated without them.
    """
    max_points = np.array([item.max_points for item in works.procedure.items], np.int64)
    reference = excluding(works, tally, set_aside) if set_aside else tally
    away = sorted(set(set_aside) & set(works.org_ids))
    notes = list(works.notes)
    if away:
        notes.append(_set_aside_note(len(away)))
    calibration, statistics, abilities = None, None, None
    if tally.cells is not None and reference.cells is not None:
        try:
            calibration = calibrate(reference.cells, max_points)
            abilities = school_abilities(tally.cells, calibration, len(works.org_ids))
        except EstimationError as error:
            notes.append(_(error.rule))
        statistics = test_statistics(tally.cells, max_points)
        notes += statistics.notes
    models = effect_models(works, reference)
    lift = procedure_lift(works.procedure, score_counts(works, reference), _kernel(calibration))
    _n, _mean, sd = score_moments(reference)
    item_slope = item_slopes(works, away) if slopes else None
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
        "score_distribution": score_distribution(
            works.procedure, score_counts(works, tally), lift, reference.n
        ),
        "items": item_results(works, tally, calibration, definitions, item_slope),
        "school_results": school_results(works, tally, abilities, enrolment),
        "school_effects": school_effects(works, models, sd, away),
        "effect_models": effect_terms(works, models),
        "school_growth": school_growth(works, reference, away),
    }
    expected = None
    if tally.cells is not None and reference.cells is not None and calibration is not None:
        expected = expected_points(reference.cells, max_points, calibration.pcm.items, calibration.wle)
        if away and np.isnan(expected).any():  # cells that only the schools set aside have
            theirs = expected_points(tally.cells, max_points, calibration.pcm.items, calibration.wle)
            expected = np.where(np.isnan(expected), theirs, expected)
    skills = school_skills(works, tally, calibration, expected)
    return MeasuredProcedure(tables, skills, calibration, expected, lift)


def _set_aside_note(n: int) -> str:
    return _(
        "schools set aside after a review: {n}; items, effects, growth and lifting are estimated without them"
    ).format(n=n)


def _kernel(calibration: Calibration | None) -> FloatArray | None:
    """P(raw score | ability) of the complete test form; None when some item is not calibrated."""
    if calibration is None or not calibration.pcm.items.calibrated.all():
        return None
    return np.exp(log_score_share(calibration.pcm.items, KERNEL_ABILITIES))
