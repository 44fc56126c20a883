"""Mark scales: from which raw score each mark begins."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from merilo.definitions.fields import Fields
from merilo.definitions.provenance import Entry, read_provenance
from merilo.errors import DefinitionError
from merilo.language import translator

_ = translator("definitions")

KINDS = ("vpr", "oge", "ege", "gve", "niko", "regional", "school")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleCondition:
    """A second requirement beside the raw score, e.g. at least 2 points of geometry for any pass mark.

    marks     the marks it applies to
    part      which part of the work (geometry, literacy)
    at_least  points of that part
    words     the requirement in Russian
    """

    marks: tuple[int, ...]
    part: str
    at_least: int
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkScale(Entry):
    """Raw score → mark for one work.

    kind        vpr | oge | ege | gve | niko | regional | school
    year        calendar year of the procedure (spring 2021 → 2021)
    region      empty = the federal recommendation; else the region that set its own
    min_score, max_score   raw points
    minutes     time allowed; 0 = not stated
    cut_scores  ((3, a), (4, b), (5, c)): lowest raw score of each mark; below a is a 2
    conditions  further requirements that the raw score alone cannot show
    """

    kind: str
    subject: str
    year_group: int
    year: int
    region: str
    min_score: int
    max_score: int
    minutes: int
    cut_scores: tuple[tuple[int, int], ...]
    conditions: tuple[ScaleCondition, ...]

    def cut_score(self, mark: int) -> int:
        """Lowest raw score of a mark 3, 4 or 5."""
        return dict(self.cut_scores)[mark]

    def mark(self, raw_score: int) -> int:
        """The mark 2-5 for a raw score (further conditions not considered); a score off the scale is an error."""
        if not self.min_score <= raw_score <= self.max_score:
            raise DefinitionError(
                _("A raw score on the scale {id} lies between {low} and {high}").format(
                    id=self.id, low=self.min_score, high=self.max_score
                ),
                value=raw_score,
                next_step=_("Reject the work or choose the scale of its own year."),
            )
        return 2 + sum(raw_score >= lowest for _mark, lowest in self.cut_scores)

    def bands(self) -> tuple[tuple[int, int, int], ...]:
        """(mark, lowest, highest raw score) for the marks 2-5."""
        lows = (self.min_score, *(lowest for _mark, lowest in self.cut_scores))
        highs = (*(low - 1 for low in lows[1:]), self.max_score)
        return tuple(zip((2, 3, 4, 5), lows, highs))


def read_mark_scale(fields: Fields) -> MarkScale:
    """Read one `[[mark_scale]]`; cut scores must ascend and stay within the scale."""
    scale = MarkScale(
        provenance=read_provenance(fields),
        kind=fields.one_of("kind", KINDS),
        subject=fields.text("subject"),
        year_group=fields.whole("year_group", low=1, high=11),
        year=fields.whole("year", low=2000, high=2100),
        region=fields.text("region", default=""),
        min_score=fields.whole("min_score", default=0),
        max_score=fields.whole("max_score", low=1),
        minutes=fields.whole("minutes", low=0, default=0),
        cut_scores=_read_cut_scores(fields),
        conditions=_read_conditions(fields),
    )
    lows = [scale.min_score, *(lowest for _mark, lowest in scale.cut_scores)]
    if any(lower >= higher for lower, higher in pairwise(lows)):
        raise fields.wrong("cut_scores", _("must ascend from above the lowest score: 3, then 4, then 5"))
    if lows[-1] > scale.max_score:
        raise fields.wrong(
            "cut_scores", _("must not exceed the highest score {max_score}").format(max_score=scale.max_score)
        )
    return scale


def _read_cut_scores(fields: Fields) -> tuple[tuple[int, int], ...]:
    written = dict(fields.pairs("cut_scores"))
    if set(written) != {"3", "4", "5"}:
        raise fields.wrong("cut_scores", _("must give the lowest raw score for the marks 3, 4 and 5"))
    return tuple((mark, written[str(mark)]) for mark in (3, 4, 5))


def _read_conditions(fields: Fields) -> tuple[ScaleCondition, ...]:
    conditions = []
    for row in fields.rows("conditions"):
        conditions.append(
            ScaleCondition(
                marks=row.wholes("marks", low=3),
                part=row.text("part"),
                at_least=row.whole("at_least", low=1),
                words=row.text("words"),
            )
        )
        row.finish()
    return tuple(conditions)
