"""Sums by school and class: what school results and school effects need of the works."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from merilo.methods.arrays import BoolArray, FloatArray, IntArray
from merilo.tables.works import NOT_ADMINISTERED, Covariate
from merilo.tally.batch import Batch


@dataclass(frozen=True, slots=True)
class SchoolSums:
    """Additive sums; J schools, L classes, I items.

    absent (J,): pupils entered but absent; absent_journal (J, 6): their journal marks (0 unknown);
    low (J,): works below the minimum; marks (J, 6, 6): works by journal mark and mark (0 unknown);
    class_n, class_sum, class_square (L,): works, sum and sum of squares of the score;
    item_points (J, I): points gained; item_n (J, I): works in which the item was administered;
    prior (L, p+2, p+2) and full (L, p+q+2, p+q+2): cross-products of [1, covariates…, score] by class, over the works
    with every prior (and every context) covariate known; shape (0, 0, 0) when there is none.
    """

    absent: IntArray
    absent_journal: IntArray
    low: IntArray
    marks: IntArray
    class_n: IntArray
    class_sum: FloatArray
    class_square: FloatArray
    item_points: IntArray
    item_n: IntArray
    prior: FloatArray
    full: FloatArray


def sum_schools(
    batch: Batch,
    here: BoolArray | slice,
    *,
    n_orgs: int,
    n_classes: int,
    low_below: float | None,
    covariates: tuple[Covariate, ...],
) -> SchoolSums:
    """Sums of one batch. low_below: scores under it are below the minimum (None: no minimum)."""
    org = batch.org[here]
    score = batch.score[here]
    journal, mark = batch.journal_mark[here], batch.mark[here]
    away = batch.present == 0
    starts, present_orgs = _runs(org)
    item_points, item_n = _item_sums([p[here] for p in batch.points], starts, present_orgs, n_orgs)
    klass = batch.klass[here]
    low = (mark == 2) if low_below is None else score < low_below
    priors = [v[here] for v, c in zip(batch.covariates, covariates, strict=True) if c.role == "prior"]
    contexts = [v[here] for v, c in zip(batch.covariates, covariates, strict=True) if c.role == "context"]
    return SchoolSums(
        absent=np.bincount(batch.org[away], minlength=n_orgs).astype(np.int64),
        absent_journal=_table(batch.org[away], [batch.journal_mark[away]], n_orgs),
        low=np.bincount(org[low], minlength=n_orgs).astype(np.int64),
        marks=_table(org, [journal, mark], n_orgs),
        class_n=np.bincount(klass, minlength=n_classes).astype(np.int64),
        class_sum=np.bincount(klass, score, minlength=n_classes).astype(np.float64),
        class_square=np.bincount(klass, score * score, minlength=n_classes).astype(np.float64),
        item_points=item_points,
        item_n=item_n,
        prior=_cross_products(klass, priors, score, n_classes) if priors else np.zeros((0, 0, 0)),
        full=_cross_products(klass, priors + contexts, score, n_classes) if contexts else np.zeros((0, 0, 0)),
    )


def _runs(codes: np.ndarray) -> tuple[IntArray, IntArray]:
    """Where each run of equal codes starts, and its code (the works are sorted by school)."""
    if not len(codes):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    starts = np.concatenate([[0], np.flatnonzero(codes[1:] != codes[:-1]) + 1])
    return starts, codes[starts].astype(np.int64)


def _item_sums(
    columns: list[np.ndarray], starts: IntArray, orgs: IntArray, n_orgs: int
) -> tuple[IntArray, IntArray]:
    points = np.zeros((n_orgs, len(columns)), np.int64)
    n = np.zeros((n_orgs, len(columns)), np.int64)
    if not len(starts):
        return points, n
    length = len(columns[0]) if columns else 0
    sizes = np.diff(np.append(starts, length))
    for k, column in enumerate(columns):
        np.add.at(points[:, k], orgs, np.add.reduceat(np.maximum(column, 0), starts, dtype=np.int64))
        unseen = column == NOT_ADMINISTERED
        missing = np.add.reduceat(unseen, starts, dtype=np.int64) if unseen.any() else 0
        np.add.at(n[:, k], orgs, sizes - missing)
    return points, n


def _table(org: np.ndarray, marks: list[np.ndarray], n_orgs: int) -> IntArray:
    """Counts by school and marks, shape (J, 6) or (J, 6, 6)."""
    key = org.astype(np.int64)
    for mark in marks:
        key = key * 6 + mark
    shape = (n_orgs, *([6] * len(marks)))
    return np.bincount(key, minlength=int(np.prod(shape))).reshape(shape).astype(np.int64)


def _cross_products(
    klass: np.ndarray, covariates: list[FloatArray], score: FloatArray, n_classes: int
) -> FloatArray:
    known = ~np.isnan(np.sum(covariates, axis=0))
    columns = [np.ones(int(known.sum())), *(c[known] for c in covariates), score[known]]
    cross = np.zeros((n_classes, len(columns), len(columns)))
    classes = klass[known]
    for a, left in enumerate(columns):
        for b in range(a, len(columns)):
            cross[:, a, b] = cross[:, b, a] = np.bincount(classes, left * columns[b], minlength=n_classes)
    return cross
