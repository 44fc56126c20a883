"""Chosen options of one procedure with the model that says how often honest works give the same answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from merilo.methods.answer_similarity import (
    NONE_CHOSEN,
    Answers,
    NominalItems,
    OptionCodes,
    fit_nominal_response,
    nominal_abilities,
    point_upward,
    pool_rare_options,
)
from merilo.methods.arrays import BoolArray, FloatArray, IntArray
from merilo.tables.works import WorksFile

# Fewer works than this say nothing about which wrong options attract whom.
FEWEST_WORKS = 100
# The model is fitted on at most so many works, evenly spread over the schools; abilities are had for all.
MODEL_WORKS = 20_000
FEWEST_ITEMS = 5
# An ability rests on so many answers at least.
FEWEST_ANSWERS = 5


@dataclass(frozen=True, slots=True)
class OptionAnswers:
    """The n present works with options, in the order of the works file.

    work (n,) work_id; org, klass (n,) rows of works.org_ids and class_ids; room (n,) row of rooms, -1 none;
    answers of the M items with options, items the fitted model.
    """

    work: pl.Series
    org: IntArray
    klass: IntArray
    room: IntArray
    rooms: tuple[str, ...]
    answers: Answers
    items: NominalItems

    @property
    def seated(self) -> IntArray:
        """Group of works that could see each other (n,): the room; without one, the class."""
        return np.unique(
            np.where(self.room >= 0, self.room, len(self.rooms) + self.klass), return_inverse=True
        )[1].reshape(-1)


def fit_options(works: WorksFile) -> OptionAnswers | None:
    """Read the options and fit the nominal response model; None without options or with too few works or items."""
    options = works.options
    if options is None:
        return None
    chosen_by = pl.read_parquet(options.path)
    columns = ["org", "klass", "present", *(works.item_columns[item] for item in options.items)]
    facts = pl.read_parquet(works.path, columns=columns)
    here = (facts["present"] == 1) & chosen_by["work"].is_not_null()
    chosen_by, facts = chosen_by.filter(here), facts.filter(here)
    chosen, right = _answers(works, chosen_by, facts)
    usable = np.flatnonzero((chosen >= 0).sum(axis=0) >= FEWEST_WORKS)
    chosen, right = np.ascontiguousarray(chosen[:, usable]), right[:, usable]
    if len(chosen) < FEWEST_WORKS or len(usable) < FEWEST_ITEMS:
        return None
    items, codes = _fit(chosen, right)
    ability = nominal_abilities(items, codes)
    ability[(codes >= 0).sum(axis=1) < FEWEST_ANSWERS] = np.nan
    return OptionAnswers(
        work=chosen_by["work"],
        org=facts["org"].to_numpy().astype(np.int64),
        klass=facts["klass"].to_numpy().astype(np.int64),
        room=chosen_by["room"].to_numpy().astype(np.int64),
        rooms=options.rooms,
        answers=Answers(chosen, codes, right, ability),
        items=items,
    )


def _answers(works: WorksFile, chosen_by: pl.DataFrame, facts: pl.DataFrame) -> tuple[OptionCodes, BoolArray]:
    """Options chosen and which are right (n, M): by the key; without one, by full points."""
    options = works.options
    assert options is not None
    shape = (chosen_by.height, len(options.items))
    chosen, right = np.full(shape, NONE_CHOSEN, np.int16), np.zeros(shape, bool)
    for m, (item, key) in enumerate(zip(options.items, options.keys, strict=True)):
        chosen[:, m] = chosen_by[options.columns[m]].to_numpy()
        points = facts[works.item_columns[item]].to_numpy()
        full = points == works.procedure.items[item].max_points
        right[:, m] = chosen[:, m] == key if key >= 0 else full
    return chosen, right


def _fit(chosen: OptionCodes, right: BoolArray) -> tuple[NominalItems, OptionCodes]:
    """Model of the options, from evenly spread works where there are very many; pooled codes of all works."""
    pooled = pool_rare_options(chosen)
    some = np.unique(np.linspace(0, len(chosen) - 1, MODEL_WORKS).astype(np.int64))
    items = fit_nominal_response(pooled.take(some)).items
    share = _share_right(pooled.codes, right, items.slopes.shape[1])
    return point_upward(items, share), pooled.codes


def _share_right(codes: OptionCodes, right: BoolArray, n_options: int) -> FloatArray:
    """Whether an option is the right one (I, K): 1 where most of those who chose it were right."""
    share = np.zeros((codes.shape[1], n_options))
    for item in range(codes.shape[1]):
        known = codes[:, item] >= 0
        n = np.bincount(codes[known, item], minlength=n_options)
        good = np.bincount(codes[known, item], right[known, item], minlength=n_options)
        share[item] = good > 0.5 * np.maximum(n, 1)
    return share
