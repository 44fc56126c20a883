"""School effects by random-intercept models (REML, ML) from sums per school."""

from merilo.methods.multilevel.classes import (
    LEAST_CLASS_FREEDOM,
    SchoolIntervals,
    class_freedom,
    school_intervals,
)
from merilo.methods.multilevel.cross_products import add_school_covariates, cross_products, school_means
from merilo.methods.multilevel.effects import SchoolEffects
from merilo.methods.multilevel.fit import RandomInterceptFit, fit_random_intercept

__all__ = [
    "LEAST_CLASS_FREEDOM",
    "RandomInterceptFit",
    "SchoolEffects",
    "SchoolIntervals",
    "add_school_covariates",
    "class_freedom",
    "cross_products",
    "fit_random_intercept",
    "school_intervals",
    "school_means",
]
