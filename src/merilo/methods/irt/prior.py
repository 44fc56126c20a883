"""A normal ability distribution laid over a score table: grid, score shares, posterior."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import logsumexp

from merilo.errors import UsageError
from merilo.methods.arrays import BoolArray, FloatArray
from merilo.methods.irt.items import PartialCreditItems, administered_mask, as_items
from merilo.methods.irt.ladder import climb
from merilo.methods.irt.theta_moments import moments_at

PRIOR_REACH = 8.0  # prior SDs on each side; the mass outside is below 1e-14
FEWEST_NODES = 81
MOST_NODES = 4001


@dataclass(frozen=True, slots=True)
class ScorePosterior:
    """Ability given each raw score 0..S under a normal prior.

    theta        (Q,)      grid, logits
    weight       (S+1, Q)  posterior weights, rows sum to 1 (0 where the score cannot occur)
    log_share    (S+1,)    log P(raw score), -inf where it cannot occur
    """

    theta: FloatArray
    weight: FloatArray
    log_share: FloatArray

    def mean(self) -> FloatArray:
        """(S+1,) posterior mean, logits; NaN where the score cannot occur."""
        return np.where(np.isfinite(self.log_share), self.weight @ self.theta, np.nan)

    def sd(self) -> FloatArray:
        """(S+1,) posterior SD, logits; NaN where the score cannot occur."""
        centre = np.where(np.isfinite(self.log_share), self.weight @ self.theta, 0.0)
        variance = np.einsum("rq,rq->r", self.weight, (self.theta - centre[:, None]) ** 2)
        return np.where(np.isfinite(self.log_share), np.sqrt(variance), np.nan)


def posterior_by_score(items: PartialCreditItems, *, mean: float, sd: float) -> ScorePosterior:
    """Posterior of ability for every raw score over all the items, prior N(mean, sd^2), logits."""
    theta, log_prior = prior_grid(items, mean=mean, sd=sd)
    joint = log_score_share(items, theta) + log_prior
    log_share = logsumexp(joint, axis=1)
    possible = np.isfinite(log_share)
    weight = np.exp(joint - np.where(possible, log_share, 0.0)[:, None])
    return ScorePosterior(theta, weight, np.asarray(log_share, dtype=np.float64))


def prior_grid(items: PartialCreditItems, *, mean: float, sd: float) -> tuple[FloatArray, FloatArray]:
    """Abilities (Q,) and log prior weights (Q,): the trapezoid rule, spaced at half the smallest posterior SD.

    For a smooth integrand that decays at both ends that spacing leaves a relative error near exp(-8 * pi^2).
    """
    if not (np.isfinite(mean) and np.isfinite(sd) and sd >= 0):
        raise UsageError(
            "the ability distribution needs a finite mean and a standard deviation >= 0", value=(mean, sd)
        )
    if sd == 0.0:
        return np.array([mean]), np.zeros(1)
    coarse = mean + sd * np.linspace(-PRIOR_REACH, PRIOR_REACH, 65)
    precision = 1.0 + sd**2 * float(moments_at(items, coarse).variance.sum(axis=1).max())
    n_nodes = int(np.ceil(4.0 * PRIOR_REACH * np.sqrt(precision))) | 1
    z = np.linspace(-PRIOR_REACH, PRIOR_REACH, min(max(n_nodes, FEWEST_NODES), MOST_NODES))
    log_prior = -0.5 * z**2
    return mean + sd * z, log_prior - logsumexp(log_prior)


def log_score_share(items: PartialCreditItems, theta: FloatArray) -> FloatArray:
    """Logarithm of P(raw score | theta), (S+1, Q)."""
    everyone = np.ones((1, items.max_points.size), dtype=np.bool_)
    log_gamma = climb(items.log_weight, items.max_points, everyone).log_gamma[0]
    scores = np.arange(log_gamma.size)
    return np.asarray(
        log_gamma[:, None] + scores[:, None] * theta - moments_at(items, theta).log_normaliser.sum(axis=1)
    )


def score_distribution(
    items: PartialCreditItems | ArrayLike, *, mean: float, sd: float, administered: BoolArray | None = None
) -> FloatArray:
    """(S+1,) P(raw score) for abilities N(mean, sd^2), logits; S = highest score of the administered items."""
    known = as_items(items)
    chosen = known.take(administered_mask(known, administered))
    theta, log_prior = prior_grid(chosen, mean=mean, sd=sd)
    return np.asarray(np.exp(logsumexp(log_score_share(chosen, theta) + log_prior, axis=1)), dtype=np.float64)
