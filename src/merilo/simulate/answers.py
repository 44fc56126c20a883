"""Answers of pupils to a form, before anybody marks them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from merilo.methods.arrays import FloatArray, IntArray
from merilo.simulate.cohorts import Cohort
from merilo.simulate.item_form import Form
from merilo.tables.works import NOT_ADMINISTERED

Points = NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Answers:
    """points (N, I) with NOT_ADMINISTERED where the class has not had the topic; honest (N, I) the same without help;
    expected (N,) expected points of the pupil over the administered items, honest, in points.
    """

    points: Points
    honest: Points
    expected: FloatArray


def draw_answers(
    form: Form,
    cohort: Cohort,
    theta: FloatArray,
    variant: IntArray,
    help_logits: FloatArray,
    rng: np.random.Generator,
) -> Answers:
    """Answers to a form: theta (N,) logits; variant (N,) 0 or 1; help_logits (J,) uniform help of the school."""
    n, n_items = cohort.size, len(form.fitted.blueprint.items)
    points = np.empty((n, n_items), np.int8, order="F")
    helped = np.flatnonzero(help_logits[cohort.school])
    honest = points if not helped.size else np.empty_like(points)
    expected = np.zeros(n)
    for i, most in enumerate(form.fitted.blueprint.max_points):
        eta = theta + (form.difference[cohort.class_school, i] + form.class_difference[:, i])[cohort.klass]
        eta += form.variant_shift[variant, i]
        if form.sex_dif[i]:
            eta += form.sex_dif[i] * (cohort.girl - 0.5)
        u = rng.random(n)
        honest[:, i], mean = _draw_item(eta, form, i, int(most), u)
        if helped.size:
            points[:, i] = honest[:, i]
            more = eta[helped] + help_logits[cohort.school[helped]]
            points[helped, i] = _draw_item(more, form, i, int(most), u[helped])[0]
        missing = ~form.taught[cohort.klass, i]
        points[missing, i] = NOT_ADMINISTERED
        honest[missing, i] = NOT_ADMINISTERED
        expected += np.where(missing, 0.0, mean)
    return Answers(points, honest, expected)


def score(points: Points) -> IntArray:
    """Raw score: codes below 0 (not administered, not attempted) count 0."""
    total = np.zeros(points.shape[0], np.int64)
    for i in range(points.shape[1]):
        total += np.maximum(points[:, i], 0)
    return total


def _draw_item(eta: FloatArray, form: Form, i: int, most: int, u: FloatArray) -> tuple[Points, FloatArray]:
    """Points by inversion, u (N,) uniform: higher eta never gives fewer points for the same u; and their mean."""
    base = form.fitted.slopes[i] * eta
    weights = [np.exp(k * base + form.intercepts[i, k]) for k in range(1, most + 1)]
    cumulative, mean, total = np.ones_like(eta), np.zeros_like(eta), 1.0 + sum(weights)
    drawn = np.zeros(eta.size, np.int8)
    mark = u * total
    for k, weight in enumerate(weights, start=1):
        drawn += mark > cumulative
        cumulative = cumulative + weight
        mean += k * weight
    return drawn, mean / total
