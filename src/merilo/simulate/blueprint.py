"""What the works consist of: the region's facts per work and the plan of its items."""

from __future__ import annotations

import csv
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from merilo.methods.arrays import FloatArray, IntArray
from merilo.tables.procedure import Item

HERE = Path(__file__).parent
SUBJECTS = {"MA": "mathematics", "RU": "russian"}
SUBJECT_NAMES = {"MA": "Математика", "RU": "Русский язык"}


@dataclass(frozen=True, slots=True)
class Blueprint:
    """One work (MA4 … RU9) with the marginals that its simulated answers reproduce.

    max_points (I,) points; cut_scores: mark -> lowest raw score; category_share: per item (m_i + 1,) share of works
    with 0, 1, … m_i points where the item was administered; not_taught_share (I,) share of works;
    within_sd, between_sd raw points; school_item_sd (I,) SD between schools of the item's share at equal raw score;
    size_quantiles (6,) pupils per school at .1 .25 .5 .75 .9 .99; journal (4, 4) counts, journal mark 2-5 x mark 2-5.
    """

    code: str
    kind: str
    items: tuple[Item, ...]
    max_points: IntArray
    cut_scores: dict[int, int]
    category_share: tuple[FloatArray, ...]
    not_taught_share: FloatArray
    within_sd: float
    between_sd: float
    school_item_sd: FloatArray
    size_quantiles: FloatArray
    journal: FloatArray

    @property
    def subject(self) -> str:
        """MA or RU."""
        return self.code[:2]

    @property
    def year_group(self) -> int:
        """Grade in which the work is written."""
        return int(self.code[2:])


@lru_cache(maxsize=1)
def load_blueprints() -> dict[str, Blueprint]:
    """Every work the simulator knows, by code, in the order of grade and subject."""
    facts = _facts()
    plans = _item_plans()
    codes = sorted(plans, key=lambda code: (int(code[2:]), code[:2]))
    return {code: _blueprint(code, facts, plans[code]) for code in codes}


def _facts() -> dict[str, dict[str, Any]]:
    facts = tomllib.loads((HERE / "region_2021.toml").read_text("utf-8"))
    facts |= tomllib.loads((HERE / "exams.toml").read_text("utf-8"))
    return {code: table for code, table in facts.items() if isinstance(table, dict)}


def _item_plans() -> dict[str, list[Item]]:
    plans: dict[str, list[Item]] = {}
    with (HERE / "item_plan.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            item = Item(
                item_id=row["item_id"],
                max_points=int(row["max_points"]),
                marking=row["marking"],
                level=row["level"],
                skills=tuple(row["skill"].split(";")),
                contents=tuple(row["content"].split(";")),
                text=row["text"],
            )
            plans.setdefault(row["work"], []).append(item)
    return plans


def _blueprint(code: str, facts: dict[str, dict[str, Any]], items: list[Item]) -> Blueprint:
    table = facts[code]
    not_taught = np.array(table.get("not_taught_share", [0.0] * len(items)), float)
    journal = facts[str(table["journal_like"])] if "journal_like" in table else table
    return Blueprint(
        code=code,
        kind="oge" if code.endswith("9") else "vpr",
        items=tuple(items),
        max_points=np.array(table["max_points"], np.int64),
        cut_scores=_cut_scores(table["cut_scores"]),
        category_share=tuple(
            _administered(share, q) for share, q in zip(table["category_share"], not_taught)
        ),
        not_taught_share=not_taught,
        within_sd=float(table["within_school_sd"]),
        between_sd=float(table["between_school_sd"]),
        school_item_sd=np.array(table["school_item_sd_share"], float),
        size_quantiles=np.array(table["size_quantiles"], float),
        journal=np.array(journal["journal_by_mark_counts"], float),
    )


def _cut_scores(table: object) -> dict[int, int]:
    assert isinstance(table, dict)
    return {int(mark): int(score) for mark, score in table.items()}


def _administered(share: object, not_taught: float) -> FloatArray:
    """Category shares among works where the item was administered: "not taught" was counted as 0 points."""
    counted = np.array(share, float)
    counted[0] = max(counted[0] - not_taught, 0.005)
    result: FloatArray = np.maximum(counted, 0.001) / np.maximum(counted, 0.001).sum()
    return result
