"""Which items a school solves better or worse than its own raw scores imply.

    moments = cell_moments(...)                 what a raw score implies: variance, information, third cumulant
    shifts = school_shifts(...)                 a school's excess points per item -> shifts in logits with their noise
    honest = honest_spread(shifts, factors)     how far honest schools differ, robustly, and by factors (skills)
    parts = separate(shifts, honest, ...)       a school's level, common parts of skills, items that stick out
    ratio = leak_ratio(shifts, honest, pairs)   log likelihood ratio "some items were known beforehand"
    z = null_scores(ratio, ...)                 against draws of honest schools of the same size
    contrast(shifts, honest, marked)            one group of items against the rest

The scale is the logit. Given the raw score, points x of a work with local information w (variance of the item's points
at its ability) have covariance diag(w) - w w' / sum(w), which is also the derivative of the expected points by
differences of the items in logits. So excess / sum(w) estimates a school's differences up to a common constant, and
honest differences, which are alike in logits, are alike for every item.
"""

from merilo.methods.profile.contrast import Contrast, contrast
from merilo.methods.profile.factors import factor_skills, item_factors
from merilo.methods.profile.joint import JointRises, PairScores, pair_scores
from merilo.methods.profile.leaks import Leaks, draw_honest, find_leaks
from merilo.methods.profile.moments import CellMoments, cell_moments
from merilo.methods.profile.null import null_scores
from merilo.methods.profile.parts import Parts, separate
from merilo.methods.profile.scale import robust_variance, weighted_median
from merilo.methods.profile.shifts import SchoolShifts, school_shifts
from merilo.methods.profile.spread import HonestSpread, honest_spread, within_schools

__all__ = [
    "CellMoments",
    "Contrast",
    "HonestSpread",
    "JointRises",
    "Leaks",
    "PairScores",
    "Parts",
    "SchoolShifts",
    "cell_moments",
    "contrast",
    "draw_honest",
    "factor_skills",
    "find_leaks",
    "honest_spread",
    "item_factors",
    "null_scores",
    "pair_scores",
    "robust_variance",
    "school_shifts",
    "separate",
    "weighted_median",
    "within_schools",
]
