"""Two groups of schools, honest ones and such that stand out: evidence of many kinds and procedures made one.

combine (combining.py) is what most callers want. `rows` holds nulls of single procedures, `discovery` false discovery
rates of p-values and of probabilities, `null` the empirical null, `prior` what is known before a run.
"""

from merilo.methods.two_groups.combining import Combined, combine
from merilo.methods.two_groups.discovery import adjusted_p_values, honest_share, posterior_q_values
from merilo.methods.two_groups.mixture import what_reviews_leave
from merilo.methods.two_groups.null import StudentNull, fit_student, normal_scores, upper_tail
from merilo.methods.two_groups.pooling import Pooled, honest_correlation, pool
from merilo.methods.two_groups.prior import CombiningPrior, KindPrior, plain_prior
from merilo.methods.two_groups.rows import RowNulls, fit_rows

__all__ = [
    "Combined",
    "CombiningPrior",
    "KindPrior",
    "Pooled",
    "RowNulls",
    "StudentNull",
    "adjusted_p_values",
    "combine",
    "fit_rows",
    "fit_student",
    "honest_correlation",
    "honest_share",
    "normal_scores",
    "plain_prior",
    "pool",
    "posterior_q_values",
    "upper_tail",
    "what_reviews_leave",
]
