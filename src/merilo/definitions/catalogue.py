"""All definitions of a run, with the questions that the stages ask of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from typing import TypeVar

from merilo.definitions.disclosure import DisclosureRule
from merilo.definitions.exams import ExamMinimum, ExamYear
from merilo.definitions.indicators import Indicator
from merilo.definitions.item_plans import ItemPlan
from merilo.definitions.item_rules import ItemRule, SampleRule
from merilo.definitions.low_results import LowResultRule
from merilo.definitions.markers import MarkerRule, ObjectivityMarker
from merilo.definitions.notices import Notice, WordingRule
from merilo.definitions.objectivity_prior import ObjectivityMixture, ObjectivityPrior
from merilo.definitions.provenance import Entry
from merilo.definitions.run_settings import RunSettings, Setting
from merilo.definitions.scales import MarkScale
from merilo.definitions.subjects import Subject, match_subject, spot_subject
from merilo.errors import DefinitionError
from merilo.language import translator

_ = translator("definitions")

AnyEntry = TypeVar("AnyEntry", bound=Entry)


@dataclass(frozen=True, slots=True, kw_only=True)
class Definitions:
    """Every definition in force: the built-in ones with the user's overrides laid over them.

    Each tuple keeps the order of the files: built-in first, then what overrides have added.
    `run` is `settings` as one typed object.
    """

    subjects: tuple[Subject, ...]
    mark_scales: tuple[MarkScale, ...]
    item_plans: tuple[ItemPlan, ...]
    exam_minima: tuple[ExamMinimum, ...]
    exam_years: tuple[ExamYear, ...]
    marker_rules: tuple[MarkerRule, ...]
    markers: tuple[ObjectivityMarker, ...]
    objectivity_mixture: ObjectivityMixture
    objectivity_priors: tuple[ObjectivityPrior, ...]
    low_result_rules: tuple[LowResultRule, ...]
    item_rules: tuple[ItemRule, ...]
    sample_rule: SampleRule
    disclosure: DisclosureRule
    notices: tuple[Notice, ...]
    wording: WordingRule
    indicators: tuple[Indicator, ...]
    settings: tuple[Setting, ...]
    run: RunSettings

    def subject(self, id: str) -> Subject:
        """The subject with this id; an unknown id is an error."""
        return _by_id(self.subjects, id)

    def find_subject(self, text: str) -> Subject | None:
        """The subject that a text spells (id, name, dative, code, alias; any case), or None."""
        return match_subject(text, self.subjects)

    def subject_in(self, text: str) -> Subject | None:
        """The one subject named within a longer text such as a file name, or None."""
        return spot_subject(text, self.subjects)

    def subject_of_gia_code(self, number: int) -> Subject | None:
        """The subject behind a number of the state exams (4 → chemistry), or None."""
        for subject in self.subjects:
            if any(code.number == number for code in subject.gia_codes):
                return subject
        return None

    def mark_scale(
        self, *, kind: str, subject: str, year_group: int, year: int, region: str = ""
    ) -> MarkScale | None:
        """The scale of a work: the region's own where there is one, else the federal; None where none is known.

        A language without a scale of its own takes the one of its family (english → foreign_language).
        """
        for wanted_region in dict.fromkeys((region, "")):
            for wanted_subject in self._with_family(subject):
                key = (kind, wanted_subject, year_group, year, wanted_region)
                for scale in self.mark_scales:
                    if (scale.kind, scale.subject, scale.year_group, scale.year, scale.region) == key:
                        return scale
        return None

    def item_plan(self, *, kind: str, subject: str, year_group: int, year: int) -> ItemPlan | None:
        """The points of a work's items, or None where they are not known."""
        for wanted in self._with_family(subject):
            for plan in self.item_plans:
                if (plan.kind, plan.subject, plan.year_group, plan.year) == (kind, wanted, year_group, year):
                    return plan
        return None

    def exam_minimum(
        self,
        *,
        exam: str,
        subject: str,
        year: int,
        purpose: str = "pass",
        variant: str = "",
        region: str = "",
    ) -> ExamMinimum | None:
        """The lowest result that counts, the region's own first; None where none is known or no exam was held."""
        for wanted_region in dict.fromkeys((region, "")):
            for wanted in self._with_family(subject):
                key = (exam, wanted, variant, wanted_region)
                for minimum in self.exam_minima:
                    found = (minimum.exam, minimum.subject, minimum.variant, minimum.region)
                    if found == key and year in minimum.years and purpose in minimum.purposes:
                        return minimum
        return None

    def exam_year(self, *, exam: str, year: int) -> ExamYear | None:
        """What was peculiar about an exam in a year, or None."""
        return next((entry for entry in self.exam_years if (entry.exam, entry.year) == (exam, year)), None)

    def marker_rule(self, kind: str) -> MarkerRule:
        """The formula behind the markers of kind a, b or c."""
        for rule in self.marker_rules:
            if rule.kind == kind:
                return rule
        raise DefinitionError(_("There is no rule for markers of kind “{kind}”").format(kind=kind))

    def objectivity_prior(self, kind: str) -> ObjectivityPrior:
        """What is known beforehand of a kind of evidence on objectivity."""
        for prior in self.objectivity_priors:
            if prior.kind == kind:
                return prior
        raise DefinitionError(_("There is no prior for evidence of kind “{kind}”").format(kind=kind))

    def low_result_rule(self, id: str | None = None) -> LowResultRule:
        """The rule for low results with this id; without one, the rule chosen by the settings of the run."""
        return _by_id(self.low_result_rules, id or self.run.low_result_rule)

    def item_rule(self, level: str) -> ItemRule | None:
        """The bounds for items of a level (basic, raised, high), or None for another level."""
        return next((rule for rule in self.item_rules if rule.level == level), None)

    def notice(self, kind: str) -> Notice | None:
        """The notice that exports about this kind of procedure must carry, or None."""
        return next((notice for notice in self.notices if notice.kind == kind), None)

    def entries(self) -> tuple[Entry, ...]:
        """Every definition, in the order of the fields above."""
        return tuple(self._each())

    def entry(self, id: str) -> Entry:
        """Any definition by its id; an unknown id is an error."""
        return _by_id(self.entries(), id)

    def unverified(self) -> tuple[Entry, ...]:
        """The definitions whose text nobody has checked: shown as such wherever they are used."""
        return tuple(entry for entry in self._each() if entry.is_unverified)

    def versions(self) -> dict[str, str]:
        """Id → version of every definition, sorted by id, for the manifest."""
        return {entry.id: entry.version for entry in sorted(self._each(), key=lambda entry: entry.id)}

    def fingerprint(self) -> str:
        """SHA-256 (hex) of the effective content; the names of the files it came from do not count."""
        content = []
        for entry in sorted(self._each(), key=lambda entry: entry.id):
            written = asdict(entry)
            del written["provenance"]["file"]
            content.append([type(entry).__name__, written])
        spelled = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(spelled.encode("utf-8")).hexdigest()

    def _with_family(self, subject: str) -> tuple[str, ...]:
        family = next((known.family for known in self.subjects if known.id == subject), "")
        return (subject, family) if family else (subject,)

    def _each(self) -> Iterator[Entry]:
        for field in fields(self):
            held = getattr(self, field.name)
            if isinstance(held, Entry):
                yield held
            elif isinstance(held, tuple):
                yield from held


def _by_id(entries: tuple[AnyEntry, ...], id: str) -> AnyEntry:
    for entry in entries:
        if entry.id == id:
            return entry
    raise DefinitionError(
        _("There is no definition with the id “{id}”").format(id=id),
        next_step=_("Known ids: {known}.").format(known=", ".join(entry.id for entry in entries)),
    )
