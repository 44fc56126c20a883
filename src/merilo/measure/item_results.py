"""Items of one procedure, and the test as a whole."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from merilo.definitions import Definitions
from merilo.language import translator
from merilo.measure.calibration import Calibration
from merilo.measure.item_dif import SexDifference, difference_by_sex
from merilo.measure.slopes import ItemSlopes
from merilo.methods.arrays import IntArray
from merilo.methods.classical import describe_items, describe_test
from merilo.methods.irt import ItemStatus, ScoreCells, item_fit
from merilo.tables.procedure import Item
from merilo.tables.works import WorksFile
from merilo.tally import CellCounts, Tally

_ = translator("measure")


@dataclass(frozen=True, slots=True)
class TestStatistics:
    """alpha and its standard error, standard error of measurement (points); notes say over which works."""

    alpha: float
    alpha_se: float
    sem_points: float
    notes: list[str]


def test_statistics(cells: CellCounts, max_points: IntArray) -> TestStatistics:
    """Reliability over the works with the most frequent set of administered items."""
    test = describe_test(score_cells(cells, max_points))
    where = test.largest
    notes = []
    if len(test.n) > 1:
        notes.append(
            _("alpha and SEM: over the {n} works with the most frequent set of administered items").format(
                n=int(test.n[where])
            )
        )
    if test.reason[where]:
        notes.append(_("alpha cannot be told: {reason}").format(reason=_ALPHA_REASONS[test.reason[where]]()))
    return TestStatistics(
        float(test.alpha[where]), float(test.alpha_se[where]), float(test.sem[where]), notes
    )


def item_results(
    works: WorksFile,
    tally: Tally,
    calibration: Calibration | None,
    definitions: Definitions,
    slopes: ItemSlopes | None = None,
) -> pl.DataFrame:
    """Rows of the table `items`; none for a score-only procedure."""
    procedure = works.procedure
    if tally.cells is None:
        return pl.DataFrame(schema={"procedure_id": pl.String, "item_id": pl.String})
    max_points = np.array([item.max_points for item in procedure.items], np.int64)
    cells = score_cells(tally.cells, max_points)
    statistics = describe_items(cells)
    columns: dict[str, object] = {
        "item_id": [item.item_id for item in procedure.items],
        "position": np.arange(1, len(max_points) + 1),
        "n": statistics.n,
        "max_points": max_points,
        "mean_share": statistics.mean_share,
        "discrimination": statistics.item_rest,
        "not_administered_n": statistics.not_administered_n,
        "not_attempted_n": tally.cells.not_attempted.sum(axis=0),
        "level": [item.level or None for item in procedure.items],
        "marking": [item.marking or None for item in procedure.items],
        "skill": [";".join(item.skills) or None for item in procedure.items],
        "content": [";".join(item.contents) or None for item in procedure.items],
        "text": [item.text or None for item in procedure.items],
        "item_rule": [
            _rule(item, share, definitions) for item, share in zip(procedure.items, statistics.mean_share)
        ],
    }
    notes = [[_REST_REASONS[reason]()] if reason else [] for reason in statistics.reason]
    if calibration is not None:
        fit = item_fit(cells, calibration.pcm.items)
        columns |= {
            "difficulty_logits": calibration.pcm.difficulty,
            "difficulty_logits_se": calibration.pcm.difficulty_se,
            "infit": fit.infit,
            "outfit": fit.outfit,
        }
        for words, status in zip(notes, calibration.pcm.status, strict=True):
            if status is not ItemStatus.CALIBRATED:
                words.append(_STATUS_WORDS[status]())
    sex: SexDifference | None = difference_by_sex(tally.cells, max_points)
    if sex is not None:
        columns |= {"dif_sex_logits": sex.logits, "dif_sex_logits_se": sex.logits_se}
    if slopes is not None:
        columns |= {"slope": slopes.slope, "slope_se": slopes.slope_se}
    return pl.DataFrame(columns, strict=False).with_columns(
        pl.lit(procedure.procedure_id).alias("procedure_id"),
        pl.Series("note", ["; ".join(dict.fromkeys(words)) or None for words in notes], dtype=pl.String),
    )


def score_cells(cells: CellCounts, max_points: IntArray) -> ScoreCells:
    """The Tally's cells as the methods read them (sexes and variants side by side)."""
    return ScoreCells(max_points, cells.patterns, cells.pattern, cells.score, cells.n, cells.points)


def _rule(item: Item, mean_share: float, definitions: Definitions) -> str | None:
    """Sufficient, uncertain or insufficient by the rule for the item's level; None without a level."""
    rule = definitions.item_rule(item.level) if item.level else None
    return None if rule is None or np.isnan(mean_share) else rule.verdict(float(mean_share))


# Reasons as sentences, looked up in the language of the moment.
_REST_REASONS = {
    "not_administered": lambda: _("the item was not administered"),
    "too_few_works": lambda: _("too few works for a correlation"),
    "all_same_points": lambda: _("everybody has the same points on the item"),
    "all_same_rest": lambda: _("everybody has the same score on the other items"),
}
_ALPHA_REASONS = {
    "no_works": lambda: _("there are no works"),
    "too_few_works": lambda: _("there are too few works"),
    "one_item": lambda: _("the test has one item"),
    "all_same_score": lambda: _("all works have the same score"),
}
_STATUS_WORDS = {
    ItemStatus.EMPTY_CATEGORY: lambda: _("some points were never given: the steps there are unknown"),
    ItemStatus.OPEN_RANGE: lambda: _("zero or full points were never given: the difficulty is unknown"),
    ItemStatus.NOT_ADMINISTERED: lambda: _("the item was not administered"),
    ItemStatus.ALL_ZERO: lambda: _("nobody gained a point: the difficulty is unknown"),
    ItemStatus.ALL_FULL: lambda: _("everybody gained full points: the difficulty is unknown"),
    ItemStatus.ALL_EQUAL: lambda: _("everybody has the same points on the item"),
    ItemStatus.NO_INFORMATIVE_WORKS: lambda: _("only works with all or no points met the item"),
    ItemStatus.UNCONNECTED: lambda: _("the item cannot be compared with the others: no work joins them"),
    ItemStatus.NOT_IDENTIFIED: lambda: _("the data do not fix the item's difficulty"),
}
