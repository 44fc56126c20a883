"""Covariates of the school effects: prior attainment (given or joined) and context (x_ columns)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from merilo.collect.authority.cells import read_number
from merilo.collect.authority.text_table import cleaned
from merilo.collect.rejections import Rejections
from merilo.language import translator
from merilo.methods.arrays import BoolArray, FloatArray
from merilo.tables.procedure import Procedure
from merilo.tables.works import Covariate

_ = translator("collect")

# A prior that fewer pupils than this share can be found in is joined by class or school instead.
ENOUGH_MATCHED = 0.3
# A text x_ column with more values than this is an identifier, not a context.
MOST_CATEGORIES = 20


@dataclass(frozen=True, slots=True)
class Covariates:
    """columns: what each is; values: one array (n,) each, NaN unknown; notes: what was done, in words."""

    columns: tuple[Covariate, ...]
    values: tuple[FloatArray, ...]
    notes: tuple[str, ...]


def read_covariates(
    frame: pl.DataFrame,
    procedure: Procedure,
    priors: Mapping[str, pl.DataFrame],
    present: BoolArray,
    rejections: Rejections,
) -> Covariates:
    """The prior and context columns of every row of `frame`.

    priors: procedure id -> frame pupil_id, org_id, class_id, score. Item columns are never covariates.
    """
    taken = {item.item_id for item in procedure.items}
    columns: list[Covariate] = []
    values: list[FloatArray] = []
    notes: list[str] = []
    for name in frame.columns:
        if name in taken or not name.startswith(("prior_", "x_")):
            continue
        role = "prior" if name.startswith("prior_") else "context"
        for column, numbers in _numbers(frame[name], name, role, present, rejections, notes):
            columns.append(column)
            values.append(numbers)
    for prior_id in procedure.prior:
        if prior_id not in priors:
            notes.append(_("the prior procedure {name} is not in this run").format(name=prior_id))
            continue
        column, numbers = _join(frame, prior_id, priors[prior_id], present)
        columns.append(column)
        values.append(numbers)
    return Covariates(tuple(columns), tuple(values), tuple(notes))


def _numbers(
    series: pl.Series, name: str, role: str, present: BoolArray, rejections: Rejections, notes: list[str]
) -> list[tuple[Covariate, FloatArray]]:
    numbers, bad = read_number(series)
    words = cleaned(series)
    if bad.any() and bad.sum() > 0.5 * max(len(words) - words.null_count(), 1):
        return _dummies(words, name, role, notes)
    rejections.add(
        bad & present,
        column=name,
        values=series,
        rule="covariate_not_a_number",
        message=_(
            "The value is not a number; the work is kept and left out of the school effects that need it."
        ),
    )
    return [(Covariate(name, role), np.where(bad, np.nan, numbers))]


def _dummies(words: pl.Series, name: str, role: str, notes: list[str]) -> list[tuple[Covariate, FloatArray]]:
    """A text column as 0/1 columns for every value but the first in order."""
    levels = words.drop_nulls().unique().sort().to_list()
    if len(levels) > MOST_CATEGORIES:
        notes.append(
            _("{name} has {n} different texts and is not used as a covariate").format(
                name=name, n=len(levels)
            )
        )
        return []
    unknown = words.is_null().to_numpy()
    return [
        (
            Covariate(f"{name}={level}", role),
            np.where(unknown, np.nan, (words == level).fill_null(value=False).to_numpy().astype(np.float64)),
        )
        for level in levels[1:]
    ]


def _join(
    frame: pl.DataFrame, prior_id: str, prior: pl.DataFrame, present: BoolArray
) -> tuple[Covariate, FloatArray]:
    """The prior score of the same pupil, else the mean of the same class, else of the same school."""
    keys = pl.DataFrame(
        {
            "pupil_id": cleaned(frame["pupil_id"])
            if "pupil_id" in frame.columns
            else _no_words(frame.height),
            "org_id": cleaned(frame["org_id"]),
            "letter": _class_letter(cleaned(frame["class_id"]))
            if "class_id" in frame.columns
            else _no_words(frame.height),
        }
    )
    prior = prior.with_columns(_class_letter(prior["class_id"]).alias("letter"))
    name = f"prior_{prior_id}"
    for level, on in (("pupil", ["pupil_id"]), ("class", ["org_id", "letter"]), ("year_group", ["org_id"])):
        means = prior.drop_nulls(on).group_by(on).agg(pl.col("score").mean(), pl.len().alias("twins"))
        if level == "pupil":  # an id that stands twice names nobody
            means = means.filter(pl.col("twins") == 1)
        joined = keys.join(means.select([*on, "score"]), on=on, how="left", maintain_order="left")
        found = joined["score"].is_not_null().to_numpy()
        if level == "year_group" or (found & present).sum() >= ENOUGH_MATCHED * max(present.sum(), 1):
            return Covariate(name, "prior", level, prior_id), joined["score"].fill_null(
                float("nan")
            ).to_numpy()
    raise AssertionError("the last level always returns")


def _no_words(n: int) -> pl.Series:
    return pl.Series([None] * n, dtype=pl.String)


def _class_letter(class_id: pl.Series) -> pl.Series:
    """«5А» and last year's «4А» are the same class: the letter without the year group."""
    return class_id.str.replace(r"^\d+\s*[-\s]?", "").str.to_uppercase()
