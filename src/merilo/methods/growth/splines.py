"""The prior scores as B-splines: the curves on which conditional quantiles are fitted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import BSpline

from merilo.errors import DegenerateDataError
from merilo.methods.arrays import FloatArray

KNOT_SHARES = (0.2, 0.4, 0.6, 0.8)
BOUNDARY_EXTENSION = 0.1
DEGREE = 3


@dataclass(frozen=True, slots=True)
class PriorBasis:
    """Spline basis of one prior score.

    knots     (m,)  interior knots, units of the prior score, increasing; none when the prior takes few values
    lower           left boundary, units of the prior score
    upper           right boundary
    degree          3, lower only when the prior takes fewer than four values
    """

    knots: FloatArray
    lower: float
    upper: float
    degree: int

    @property
    def width(self) -> int:
        """Number of basis functions."""
        return len(self.knots) + self.degree + 1

    def evaluate(self, prior: FloatArray) -> FloatArray:
        """Values of the basis functions (n, width), rows summing to 1; priors beyond the boundary are moved
        onto it.
        """
        ends = self.degree + 1
        grid = np.concatenate([np.full(ends, self.lower), self.knots, np.full(ends, self.upper)])
        inside = np.clip(prior, self.lower, self.upper)
        values: FloatArray = BSpline.design_matrix(inside, grid, self.degree).toarray()
        return values


def choose_basis(prior: FloatArray) -> PriorBasis:
    """Cubic B-spline with knots at the 20, 40, 60, 80 % points and boundaries 10 % of the range outside
    (Betebenner 2009).

    prior (n,) finite scores. On a short test knots may coincide or leave a basis function without pupils;
    such knots are dropped, the most crowded first, until every function is supported (Schoenberg-Whitney),
    because a curve may not have more freedom than there are distinct prior scores.
    """
    distinct = np.unique(prior)
    if len(distinct) < 2:
        raise DegenerateDataError(
            "All prior scores are equal, so there is no starting point to compare growth from",
            value=float(distinct[0]) if len(distinct) else None,
            next_step="Use the plain percentile of the score, or another prior procedure.",
        )
    margin = BOUNDARY_EXTENSION * float(distinct[-1] - distinct[0])
    lower, upper = float(distinct[0]) - margin, float(distinct[-1]) + margin
    knots = np.unique(np.quantile(prior, KNOT_SHARES))
    degree = min(DEGREE, len(distinct) - 1)
    while True:
        basis = PriorBasis(knots, lower, upper, degree)
        if len(knots) == 0 or _is_supported(basis, distinct):
            return basis
        gaps = np.diff(np.concatenate([[lower], knots, [upper]]))
        knots = np.delete(knots, int(np.argmin(gaps[:-1] + gaps[1:])))


def design_matrix(prior: FloatArray, bases: tuple[PriorBasis, ...]) -> FloatArray:
    """Stacked bases of several priors (n, p): the first whole, of each further one all but the first
    function.

    prior (n, k). Rows of a basis sum to 1, so a second whole basis would repeat the constant.
    """
    blocks = [basis.evaluate(prior[:, j])[:, min(j, 1) :] for j, basis in enumerate(bases)]
    return np.ascontiguousarray(np.hstack(blocks))


def _is_supported(basis: PriorBasis, distinct: FloatArray) -> bool:
    if len(distinct) < basis.width:
        return False
    return int(np.linalg.matrix_rank(basis.evaluate(distinct), tol=1e-6)) == basis.width
