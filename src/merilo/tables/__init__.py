"""The corridor between the stages: every table, its columns, units, ranges and meaning."""

from merilo.tables.deficits import DEFICITS
from merilo.tables.effect_models import EFFECT_MODELS
from merilo.tables.evidence import EVIDENCE_CLASSES, EVIDENCE_ITEMS, EVIDENCE_MARKS, EVIDENCE_SCORES
from merilo.tables.evidence_likeness import EVIDENCE_LIKENESS
from merilo.tables.items import ITEMS
from merilo.tables.low_results import LOW_RESULTS
from merilo.tables.objectivity import (
    OBJECTIVITY,
    OBJECTIVITY_KINDS,
    OBJECTIVITY_MODELS,
    OBJECTIVITY_SCHOOLS,
)
from merilo.tables.organisations import ORGANISATIONS
from merilo.tables.procedures import PROCEDURES
from merilo.tables.rejected_rows import REJECTED_ROWS
from merilo.tables.schema import Column, Table
from merilo.tables.school_effects import SCHOOL_EFFECTS
from merilo.tables.school_growth import SCHOOL_GROWTH
from merilo.tables.school_results import SCHOOL_RESULTS
from merilo.tables.score_distribution import SCORE_DISTRIBUTION
from merilo.tables.similar_pairs import SIMILAR_PAIRS

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        PROCEDURES,
        ITEMS,
        SCORE_DISTRIBUTION,
        SCHOOL_RESULTS,
        SCHOOL_EFFECTS,
        EFFECT_MODELS,
        SCHOOL_GROWTH,
        OBJECTIVITY,
        OBJECTIVITY_SCHOOLS,
        OBJECTIVITY_KINDS,
        OBJECTIVITY_MODELS,
        SIMILAR_PAIRS,
        EVIDENCE_SCORES,
        EVIDENCE_ITEMS,
        EVIDENCE_CLASSES,
        EVIDENCE_LIKENESS,
        EVIDENCE_MARKS,
        LOW_RESULTS,
        DEFICITS,
        ORGANISATIONS,
        REJECTED_ROWS,
    )
}

__all__ = ["TABLES", "Column", "Table"]
