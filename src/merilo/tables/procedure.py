"""The facts of one procedure and of its items, as every stage reads them."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Item:
    """One item: the smallest scored task.

    level: basic, raised, high or ""; marking: auto, expert or ""; skills and contents: codes; key: the right option
    where options are chosen, or "".
    """

    item_id: str
    max_points: int
    marking: str = ""
    level: str = ""
    skills: tuple[str, ...] = ()
    contents: tuple[str, ...] = ()
    text: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Procedure:
    """One test given to one year group.

    cut_scores: mark -> lowest raw score; pass_score: lowest score that passes (exams without marks);
    prior: procedures that give the prior attainment of the same pupils; items is empty for a score-only
    procedure, whose scores lie in min_score..max_score where these are known.
    """

    procedure_id: str
    kind: str = "school"
    subject: str = ""
    subject_name: str = ""
    year_group: int | None = None
    programme_year_group: int | None = None
    date: str = ""
    school_year: str = ""
    cut_scores: dict[int, float] = field(default_factory=dict)
    pass_score: float | None = None
    prior: tuple[str, ...] = ()
    min_score: float | None = None
    max_score: float | None = None
    items: tuple[Item, ...] = ()
    skill_names: dict[str, str] = field(default_factory=dict)

    @property
    def score_only(self) -> bool:
        """Whether only total scores are known."""
        return not self.items

    @property
    def highest_score(self) -> float | None:
        """Highest raw score that can be had, points; None when nobody said."""
        return float(sum(item.max_points for item in self.items)) if self.items else self.max_score
