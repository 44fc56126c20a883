"""Marginal maximum likelihood for the nominal response model by EM (Bock & Aitkin 1981), abilities standard normal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from merilo.errors import DegenerateDataError
from merilo.methods.answer_similarity.nominal import NominalItems, PooledOptions, chosen_matrix
from merilo.methods.arrays import BoolArray, FloatArray

NODES = 61
WIDEST = 6.0
MAX_ITERATIONS = 2000
LARGEST_STEP = 1.0
# Weak normal priors (SD, logits) keep options that few have chosen at finite values; with hundreds of works they
# change nothing that can be seen.
SLOPE_SD = 2.0
INTERCEPT_SD = 4.0


@dataclass(frozen=True, slots=True)
class NominalCalibration:
    """Items, the marginal log-likelihood of the answers (without priors), EM iterations and whether they settled."""

    items: NominalItems
    log_likelihood: float
    iterations: int
    converged: bool


@dataclass(frozen=True, slots=True)
class _Priors:
    """Precisions of the normal priors; `centre` (I, K) of the intercepts."""

    slope: float
    intercept: float
    centre: FloatArray


def fit_nominal_response(
    answers: PooledOptions,
    *,
    slope_sd: float = SLOPE_SD,
    intercept_sd: float = INTERCEPT_SD,
    tolerance: float = 1e-6,
) -> NominalCalibration:
    """Items from answers of n works to I items.

    slope_sd, intercept_sd: of the priors (inf: plain maximum likelihood; intercepts around the options' log shares).
    tolerance: EM stops when an iteration gains less log-likelihood than this times the number of works. Every item
    needs an answer. Which end of ability is the upper one is not known to the model: turn it by `point_upward`.
    Raises DegenerateDataError without works, or for an item that nobody answered.
    """
    n, n_items = answers.codes.shape
    if not n or not n_items or not (answers.codes >= 0).any(axis=0).all():
        raise DegenerateDataError("The model of options needs an answer to every item")
    n_options = answers.sameness.shape[1]
    exists = np.arange(n_options) < answers.options_n[:, None]
    chosen = chosen_matrix(answers.codes, n_options)
    counts = chosen.sum(axis=0, dtype=np.float64)
    centre = _centred(np.log(counts + 0.5), exists)
    priors = _Priors(slope_sd**-2, intercept_sd**-2, centre)
    nodes = np.linspace(-WIDEST, WIDEST, NODES)
    density = np.exp(-0.5 * nodes**2)
    log_density = np.log(density / density.sum())
    flat = chosen.reshape(n, -1)
    posterior = _start(flat, nodes)
    slopes, intercepts = np.zeros_like(centre), np.where(exists, centre, -np.inf)
    last, value, step, converged = -np.inf, -np.inf, 0, False
    for step in range(1, MAX_ITERATIONS + 1):
        expected = (flat.T @ posterior).reshape(n_items, n_options, NODES).astype(np.float64)
        slopes, intercepts = _improve(slopes, intercepts, expected, nodes, exists, priors)
        posterior, value = _posterior(
            NominalItems(slopes, intercepts, answers.sameness), flat, nodes, log_density
        )
        penalised = value - _penalty(slopes, intercepts, exists, priors)
        converged = step > 3 and penalised - last < tolerance * n
        if converged:
            break
        last = penalised
    return NominalCalibration(NominalItems(slopes, intercepts, answers.sameness), value, step, converged)


def point_upward(items: NominalItems, right: FloatArray) -> NominalItems:
    """The same items with ability turned so that right options (right (I, K), 1 or 0) rise with it."""
    if float(np.sum(items.slopes * right)) >= 0.0:
        return items
    return NominalItems(-items.slopes, items.intercepts, items.sameness)


def _start(flat: NDArray[np.float32], nodes: FloatArray) -> NDArray[np.float32]:
    """Posterior weights (n, Q) around the first principal component of the options."""
    centred = flat.astype(np.float64) - flat.mean(axis=0, dtype=np.float64)
    axis = np.linspace(1.0, 2.0, centred.shape[1])
    for _round in range(30):
        axis = centred.T @ (centred @ axis)
        axis /= max(float(np.linalg.norm(axis)), 1e-300)
    place = centred @ axis
    place = (place - place.mean()) / max(float(place.std()), 1e-12)
    weight = np.exp(-0.5 * ((0.9 * place[:, None] - nodes) / 0.45) ** 2)
    return np.asarray(weight / weight.sum(axis=1, keepdims=True), np.float32)


def _posterior(
    items: NominalItems, flat: NDArray[np.float32], nodes: FloatArray, log_density: FloatArray
) -> tuple[NDArray[np.float32], float]:
    log_chance = items.log_probabilities(nodes).reshape(-1, len(nodes))
    log_chance = np.where(np.isfinite(log_chance), log_chance, 0.0)
    joint = flat.astype(np.float64) @ log_chance + log_density
    top = joint.max(axis=1, keepdims=True)
    weight = np.exp(joint - top)
    total = weight.sum(axis=1, keepdims=True)
    return (weight / total).astype(np.float32), float(np.sum(np.log(total) + top))


def _improve(
    slopes: FloatArray,
    intercepts: FloatArray,
    expected: FloatArray,
    nodes: FloatArray,
    exists: BoolArray,
    priors: _Priors,
) -> tuple[FloatArray, FloatArray]:
    """One Newton step of every item's expected log-likelihood; steps are bounded."""
    n_options = slopes.shape[1]
    chance = np.exp(NominalItems(slopes, intercepts, np.ones_like(slopes)).log_probabilities(nodes))
    total = expected.sum(axis=1)
    excess = expected - total[:, None, :] * chance
    held = np.where(exists, intercepts, 0.0)
    gradient = np.concatenate(
        [
            excess @ nodes - priors.slope * slopes,
            excess.sum(axis=2) - priors.intercept * (held - priors.centre),
        ],
        axis=1,
    )
    squares = _information(chance, total * nodes**2)
    products = _information(chance, total * nodes)
    plain = _information(chance, total)
    information = np.block([[squares, products], [products, plain]])
    # The common shift of all options is not identified: a small ridge settles it, centring removes it.
    ridge = np.repeat([priors.slope, priors.intercept], n_options) + 1e-6 * (1.0 + total.sum(axis=1))[:, None]
    absent = ~np.concatenate([exists, exists], axis=1)
    diagonal = np.arange(2 * n_options)
    information[:, diagonal, diagonal] += ridge + absent
    step = np.linalg.solve(information, np.where(absent, 0.0, gradient)[:, :, None])[:, :, 0]
    step *= np.minimum(1.0, LARGEST_STEP / np.maximum(np.abs(step).max(axis=1, keepdims=True), 1e-12))
    return (
        _centred(slopes + step[:, :n_options], exists),
        np.where(exists, _centred(held + step[:, n_options:], exists), -np.inf),
    )


def _information(chance: FloatArray, weight: FloatArray) -> FloatArray:
    """Multinomial information (I, K, K) summed over nodes with weights (I, Q)."""
    weighted = chance * weight[:, None, :]
    information = -np.matmul(weighted, chance.transpose(0, 2, 1))
    diagonal = np.arange(chance.shape[1])
    information[:, diagonal, diagonal] += weighted.sum(axis=2)
    return np.asarray(information)


def _centred(values: FloatArray, exists: BoolArray) -> FloatArray:
    """Values of existing options minus their mean over the item; 0 for padding."""
    held = np.where(exists, values, 0.0)
    return np.where(exists, held - held.sum(axis=1, keepdims=True) / exists.sum(axis=1, keepdims=True), 0.0)


def _penalty(slopes: FloatArray, intercepts: FloatArray, exists: BoolArray, priors: _Priors) -> float:
    distance = np.where(exists, intercepts, 0.0) - priors.centre
    return float(0.5 * priors.slope * np.sum(slopes**2) + 0.5 * priors.intercept * np.sum(distance**2))
