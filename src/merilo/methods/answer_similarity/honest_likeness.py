"""How alike the works of honest schools are: the pooled excess of identical answers against other schools.

Residual option vectors of a school are taken as normal with a covariance of what is taught there, in proportion to the
square of the options' own covariance (a shift of the options' logits, equal in size for all items), plus sampling.
Then the pooled excess is a quadratic form: its variance and skewness follow from the eigenvalues of the options'
covariances, and the size of the shift from the honest mean of all schools; what schools differ by beyond that is
estimated (honest_line). Normal score by the first Cornish-Fisher term.
"""

from __future__ import annotations

import numpy as np

from merilo.methods.answer_similarity.nominal import NominalItems
from merilo.methods.arrays import FloatArray
from merilo.methods.honest_line import fit_honest_line

ROUNDS = 4
FARTHEST = 8.0


def option_spectrum(items: NominalItems, ability: float = 0.0) -> FloatArray:
    """Positive eigenvalues of the covariance matrices of all items' options at an ability, logits."""
    n_items = len(items.slopes)
    chance = items.probabilities(np.array([ability]), np.ones((1, n_items), bool))[0]
    covariance = -chance[:, :, None] * chance[:, None, :]
    options = np.arange(chance.shape[1])
    covariance[:, options, options] += chance
    eigenvalues = np.linalg.eigvalsh(covariance).ravel()
    return np.asarray(eigenvalues[eigenvalues > 1e-9])


def against_honest(
    share: FloatArray, variance: FloatArray, spectrum: FloatArray, n_items: int
) -> tuple[FloatArray, float]:
    """Distance from honest schools (J,) in their standard deviations, and the honest mean share.

    share (J,): excess share of identical answers, NaN unknown; variance (J,) if works were independent; spectrum:
    from option_spectrum. Raises DegenerateDataError with too few schools.
    """
    squares, cubes = float(np.sum(spectrum**2)), float(np.sum(spectrum**3))
    # So many works, all compared with all, have this variance.
    works = np.sqrt(2.0 * squares / variance) / n_items
    mean = 0.0
    design = np.ones((len(share), 1))
    for _round in range(ROUNDS):
        shift = mean * n_items / squares
        sampling = variance + 4.0 * shift * cubes / works / n_items**2
        line = fit_honest_line(share, design, sampling)
        mean = max(float(line.beta[0]), 0.0)
    shift = mean * n_items / squares
    third = 8.0 * np.sum((shift * spectrum**2 + spectrum / works[:, None]) ** 3, axis=1) / n_items**3
    skewness = third / line.se**3
    z = line.z - skewness * (line.z**2 - 1.0) / 6.0
    # Beyond its turning point the correction would lower what lies further out.
    turn = 3.0 / np.maximum(skewness, 1e-12)
    z = np.where(line.z > turn, turn - skewness * (turn**2 - 1.0) / 6.0, z)
    return np.clip(z, -FARTHEST, FARTHEST), float(line.beta[0])
