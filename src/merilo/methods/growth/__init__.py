"""Growth percentiles: how far a pupil came among pupils who started from the same prior score.

    splines.py      the prior score as a cubic B-spline basis
    quantiles.py    exact weighted quantile regression along a grid of quantiles
    percentiles.py  pupils' percentiles from the fitted quantiles
    schools.py      mean and median of a school with standard errors

Source of the recipe: Betebenner, D. (2009). Norm- and criterion-referenced student growth. Educational
Measurement: Issues and Practice 28(4), 42-51, and the SGP package's published description of it.
"""

from merilo.methods.growth.percentiles import GrowthPercentiles, growth_percentiles
from merilo.methods.growth.quantiles import fit_quantiles
from merilo.methods.growth.schools import SchoolGrowth, summarise_schools
from merilo.methods.growth.splines import PriorBasis, choose_basis

__all__ = [
    "GrowthPercentiles",
    "PriorBasis",
    "SchoolGrowth",
    "choose_basis",
    "fit_quantiles",
    "growth_percentiles",
    "summarise_schools",
]
