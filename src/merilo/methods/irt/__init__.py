"""Item response models from counts.

Partial credit (Rasch) by exact conditional maximum likelihood from `ScoreCells`, whose size does not grow with the
pupils; generalised partial credit (2PL) by marginal maximum likelihood with a table of weighted totals; raw score ->
ability; what a raw score implies for items and subsets; item fit. Logits throughout, unless a docstring says otherwise.
"""

from merilo.methods.irt.ability import AbilityTable, CellAbilities, ability_table, cell_abilities
from merilo.methods.irt.andersen import GroupInvariance, compare_groups
from merilo.methods.irt.cells import ScoreCells, cells_from_matrix, merge_cells
from merilo.methods.irt.conditional import PartialCreditCalibration, calibrate_partial_credit
from merilo.methods.irt.given_score import PointsGivenScore, points_given_score, subset_score_distribution
from merilo.methods.irt.item_fit import ItemFit, item_fit
from merilo.methods.irt.item_status import ItemStatus
from merilo.methods.irt.items import PartialCreditItems, items_from_steps
from merilo.methods.irt.latent import LatentDistribution, estimate_latent_distribution
from merilo.methods.irt.marginal import SlopedCalibration, calibrate_with_slopes
from merilo.methods.irt.nodes import SlopedItems
from merilo.methods.irt.prior import score_distribution
from merilo.methods.irt.sloped_ability import SlopedAbilities, abilities_with_slopes

__all__ = [
    "AbilityTable",
    "CellAbilities",
    "GroupInvariance",
    "ItemFit",
    "ItemStatus",
    "LatentDistribution",
    "PartialCreditCalibration",
    "PartialCreditItems",
    "PointsGivenScore",
    "ScoreCells",
    "SlopedAbilities",
    "SlopedCalibration",
    "SlopedItems",
    "abilities_with_slopes",
    "ability_table",
    "calibrate_partial_credit",
    "calibrate_with_slopes",
    "cell_abilities",
    "cells_from_matrix",
    "compare_groups",
    "estimate_latent_distribution",
    "item_fit",
    "items_from_steps",
    "merge_cells",
    "points_given_score",
    "score_distribution",
    "subset_score_distribution",
]
