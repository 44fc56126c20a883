"""Rules by which a school counts as one with low results (ШНОР)."""

from __future__ import annotations

from dataclasses import dataclass

from merilo.definitions.fields import Fields
from merilo.definitions.provenance import Entry, StatedChoice, read_choices, read_provenance
from merilo.definitions.scales import KINDS
from merilo.language import translator

_ = translator("definitions")

LOW_MEANINGS = ("mark_2", "below_minimum")


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedProcedure:
    """One procedure that the rule counts.

    low  what a pupil's low result is: mark_2, or below_minimum of the exam
    """

    kind: str
    subject: str
    year_group: int
    low: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LowResultRule(Entry):
    """A school is listed where enough procedures show a large enough share of low results.

    threshold_share   0-1: a procedure is low where at least this share of participants is low
    min_procedures    how many low procedures list a school
    min_participants  fewer participants than this do not count (0 = the rule names no limit)
    years             school years looked back over, the latest included
    procedures        which procedures count
    excluded_kinds    organisation kinds left out (organisations.kind)
    steady_probability  0.5-1: the judgement is "steady" where the probability of truly being (or truly not
                      being) below the limit reaches it, "borderline" in between
    choices           what Merilo does where the text is silent
    """

    threshold_share: float
    min_procedures: int
    min_participants: int
    years: int
    procedures: tuple[CountedProcedure, ...]
    excluded_kinds: tuple[str, ...]
    steady_probability: float
    choices: tuple[StatedChoice, ...]

    def counts(self, *, kind: str, subject: str, year_group: int) -> bool:
        """Whether the rule counts this procedure."""
        return any(
            (counted.kind, counted.subject, counted.year_group) == (kind, subject, year_group)
            for counted in self.procedures
        )


def read_low_result_rule(fields: Fields) -> LowResultRule:
    """Read one `[[low_result_rule]]`."""
    rule = LowResultRule(
        provenance=read_provenance(fields),
        threshold_share=fields.share("threshold_share"),
        min_procedures=fields.whole("min_procedures", low=1),
        min_participants=fields.whole("min_participants", low=0, default=0),
        years=fields.whole("years", low=1, default=1),
        procedures=_read_procedures(fields),
        excluded_kinds=fields.texts("excluded_kinds", default=()),
        steady_probability=fields.number("steady_probability", low=0.5, high=1.0),
        choices=read_choices(fields),
    )
    if len(rule.procedures) < rule.min_procedures:
        raise fields.wrong(
            "procedures",
            _("must name at least min_procedures ({n}) procedures, or no school can be listed").format(
                n=rule.min_procedures
            ),
        )
    return rule


def _read_procedures(fields: Fields) -> tuple[CountedProcedure, ...]:
    procedures = []
    for row in fields.rows("procedures"):
        procedures.append(
            CountedProcedure(
                kind=row.one_of("kind", KINDS),
                subject=row.text("subject"),
                year_group=row.whole("year_group", low=1, high=11),
                low=row.one_of("low", LOW_MEANINGS),
            )
        )
        row.finish()
    return tuple(procedures)
