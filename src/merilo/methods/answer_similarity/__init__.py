"""Answers with chosen options: how alike two works, or the works of a class, are beyond their abilities.

Nominal response model by marginal maximum likelihood; per pair identical answers, identical wrong answers, omega and
GBT; over all pairs of a class the pooled excess, and whether one work is in all; multiplicity over all pairs.
"""

from merilo.methods.answer_similarity.honest_likeness import against_honest, option_spectrum
from merilo.methods.answer_similarity.multiplicity import benjamini_hochberg, holm
from merilo.methods.answer_similarity.nominal import (
    NONE_CHOSEN,
    NominalItems,
    OptionCodes,
    PooledOptions,
    pool_rare_options,
)
from merilo.methods.answer_similarity.nominal_ability import nominal_abilities
from merilo.methods.answer_similarity.nominal_fit import (
    NominalCalibration,
    fit_nominal_response,
    point_upward,
)
from merilo.methods.answer_similarity.pairs import Answers, PairIndices, compare_pairs, gbt_p, join_pairs
from merilo.methods.answer_similarity.poisson_binomial import matches_tail, poisson_binomial
from merilo.methods.answer_similarity.pooled import PooledSimilarity, pooled_similarity
from merilo.methods.answer_similarity.source import room_source, source_scores, usual_rooms

__all__ = [
    "NONE_CHOSEN",
    "Answers",
    "NominalCalibration",
    "NominalItems",
    "OptionCodes",
    "PairIndices",
    "PooledOptions",
    "PooledSimilarity",
    "against_honest",
    "benjamini_hochberg",
    "compare_pairs",
    "fit_nominal_response",
    "gbt_p",
    "holm",
    "join_pairs",
    "matches_tail",
    "nominal_abilities",
    "option_spectrum",
    "point_upward",
    "poisson_binomial",
    "pool_rare_options",
    "pooled_similarity",
    "room_source",
    "source_scores",
    "usual_rooms",
]
