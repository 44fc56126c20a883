"""State exams: lowest passing results, and what was peculiar in a year."""

from __future__ import annotations

from dataclasses import dataclass

from merilo.definitions.fields import Fields
from merilo.definitions.provenance import Entry, read_provenance
from merilo.language import translator

_ = translator("definitions")

EXAMS = ("oge", "ege", "gve")
UNITS = ("raw_score", "test_score", "mark")
PURPOSES = ("pass", "university", "ministry_universities")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExamMinimum(Entry):
    """The lowest result that counts for one purpose.

    exam      oge | ege | gve
    variant   "profile" or "base" for ЕГЭ mathematics, else empty
    years     calendar years for which it holds
    region    empty = federal; a region may set its own ОГЭ scale
    minimum   in `unit`: raw_score (ОГЭ), test_score 0-100 (ЕГЭ), mark (ГВЭ, base mathematics)
    purposes  pass = the exam is passed; university = admission by law; ministry_universities = the higher
              minimum of the ministry's own universities, which is NOT the pass mark
    """

    exam: str
    subject: str
    variant: str
    years: tuple[int, ...]
    region: str
    minimum: int
    unit: str
    purposes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExamYear(Entry):
    """What a year's exam consisted of: the gaps in every series (`note` says what may not be compared).

    held      whether the exam took place at all
    subjects  ids of the subjects held, empty = the usual list
    not_held  what was dropped this year (Russian words)
    """

    exam: str
    year: int
    held: bool
    subjects: tuple[str, ...]
    not_held: tuple[str, ...]


def read_exam_minimum(fields: Fields) -> ExamMinimum:
    """Read one `[[exam_minimum]]`."""
    purposes = fields.texts("purposes", default=("pass",))
    for purpose in purposes:
        if purpose not in PURPOSES:
            raise fields.wrong("purposes", _("must be one of: {allowed}").format(allowed=", ".join(PURPOSES)))
    return ExamMinimum(
        provenance=read_provenance(fields),
        exam=fields.one_of("exam", EXAMS),
        subject=fields.text("subject"),
        variant=fields.one_of("variant", ("", "profile", "base"), default=""),
        years=fields.wholes("years", low=2000),
        region=fields.text("region", default=""),
        minimum=fields.whole("minimum", low=0, high=100),
        unit=fields.one_of("unit", UNITS),
        purposes=purposes,
    )


def read_exam_year(fields: Fields) -> ExamYear:
    """Read one `[[exam_year]]`."""
    return ExamYear(
        provenance=read_provenance(fields),
        exam=fields.one_of("exam", EXAMS),
        year=fields.whole("year", low=2000, high=2100),
        held=fields.flag("held"),
        subjects=fields.texts("subjects", default=()),
        not_held=fields.texts("not_held", default=()),
    )
