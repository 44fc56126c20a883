"""Do the definitions agree with each other? Asked once, after all files are read."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from merilo.definitions.catalogue import Definitions
from merilo.definitions.provenance import Entry
from merilo.definitions.subjects import fold_spelling
from merilo.errors import DefinitionError
from merilo.language import translator
from merilo.tables.objectivity import KINDS

_ = translator("definitions")


def check_agreement(definitions: Definitions) -> None:
    """Raise DefinitionError for unknown subjects, two answers to one question, or a plan against its scale."""
    _check_subjects_known(definitions)
    _check_spellings(definitions)
    _check_one_answer(definitions)
    _check_plans_fit_scales(definitions)
    _check_low_result_rule_known(definitions)
    for marker in definitions.markers:
        definitions.marker_rule(marker.kind)
    for kind in KINDS:
        definitions.objectivity_prior(kind)


def _check_subjects_known(definitions: Definitions) -> None:
    known = {subject.id for subject in definitions.subjects}
    named: list[tuple[str, Entry]] = [(scale.subject, scale) for scale in definitions.mark_scales]
    named += [(plan.subject, plan) for plan in definitions.item_plans]
    named += [(minimum.subject, minimum) for minimum in definitions.exam_minima]
    named += [(marker.subject, marker) for marker in definitions.markers]
    named += [(subject.family, subject) for subject in definitions.subjects if subject.family]
    for year in definitions.exam_years:
        named += [(subject, year) for subject in year.subjects]
    for rule in definitions.low_result_rules:
        named += [(counted.subject, rule) for counted in rule.procedures]
    for subject_id, entry in named:
        if subject_id not in known:
            raise DefinitionError(
                _("Definition {id} names an unknown subject").format(id=entry.id),
                file=entry.provenance.file,
                value=subject_id,
                next_step=_("Known subjects: {known}. A new one needs its own [[subject]].").format(
                    known=", ".join(sorted(known))
                ),
            )


def _check_low_result_rule_known(definitions: Definitions) -> None:
    known = [rule.id for rule in definitions.low_result_rules]
    if definitions.run.low_result_rule not in known:
        setting = definitions.entry("low_result_rule")
        raise DefinitionError(
            _("The setting low_result_rule names a rule that does not exist"),
            file=setting.provenance.file,
            value=definitions.run.low_result_rule,
            next_step=_("Known ids: {known}.").format(known=", ".join(known)),
        )


def _check_spellings(definitions: Definitions) -> None:
    owner: dict[str, str] = {}
    for subject in definitions.subjects:
        for spelling in subject.spellings():
            first = owner.setdefault(fold_spelling(spelling), subject.id)
            if first != subject.id:
                raise DefinitionError(
                    _("Subjects {first} and {second} share a spelling").format(
                        first=first, second=subject.id
                    ),
                    file=subject.provenance.file,
                    value=spelling,
                    next_step=_("A spelling must name one subject; delete it from the other."),
                )


def _check_one_answer(definitions: Definitions) -> None:
    _refuse_second(
        ((scale.kind, scale.subject, scale.year_group, scale.year, scale.region), scale)
        for scale in definitions.mark_scales
    )
    _refuse_second(
        ((plan.kind, plan.subject, plan.year_group, plan.year), plan) for plan in definitions.item_plans
    )
    _refuse_second(
        ((minimum.exam, minimum.subject, minimum.variant, year, minimum.region, purpose), minimum)
        for minimum in definitions.exam_minima
        for year in minimum.years
        for purpose in minimum.purposes
    )
    _refuse_second(((entry.exam, entry.year), entry) for entry in definitions.exam_years)
    _refuse_second((rule.kind, rule) for rule in definitions.marker_rules)
    _refuse_second((rule.level, rule) for rule in definitions.item_rules)
    _refuse_second((notice.kind, notice) for notice in definitions.notices)
    _refuse_second((code.number, subject) for subject in definitions.subjects for code in subject.gia_codes)


def _refuse_second(keyed: Iterable[tuple[Hashable, Entry]]) -> None:
    seen: dict[Hashable, Entry] = {}
    for key, entry in keyed:
        first = seen.setdefault(key, entry)
        if first is not entry:
            raise DefinitionError(
                _("Definitions {first} and {second} answer the same question").format(
                    first=first.id, second=entry.id
                ),
                file=entry.provenance.file,
                value=key,
                next_step=_("Override {first} by writing its id, or give yours a region of its own.").format(
                    first=first.id
                ),
            )


def _check_plans_fit_scales(definitions: Definitions) -> None:
    for plan in definitions.item_plans:
        scale = definitions.mark_scale(
            kind=plan.kind, subject=plan.subject, year_group=plan.year_group, year=plan.year
        )
        if scale is not None and scale.max_score != plan.max_score:
            raise DefinitionError(
                _(
                    "The items of {plan} bring {points} points, but the scale {scale} ends at {max_score}"
                ).format(plan=plan.id, points=plan.max_score, scale=scale.id, max_score=scale.max_score),
                file=", ".join(dict.fromkeys((plan.provenance.file, scale.provenance.file))),
                next_step=_("Correct max_points of the plan or max_score of the scale."),
            )
