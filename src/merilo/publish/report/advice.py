"""What may follow from it, for whom; how to read it; what it may not be used for."""

from __future__ import annotations

import polars as pl

from merilo.language import translator
from merilo.publish.gathered import AUTHORITY_SKILLS, JOURNAL_TOTALS
from merilo.publish.report.blocks import Block, heading, points, sentence
from merilo.publish.report.material import Material, joined, short_title
from merilo.publish.typography import integer, percent, quoted
from merilo.publish.words import notices, small_groups_notice

_ = translator("report")


def advice(material: Material) -> list[Block]:
    """Recommendations by addressee, each only where its evidence is in the report; hypotheses to be checked."""
    return [
        heading(_("What may follow")),
        sentence(_("These are hypotheses from the data: who knows the school decides.")),
        heading(_("The education authority"), 2),
        points(_for_authority(material)),
        heading(_("The methodical centre and subject communities"), 2),
        points(_for_centre(material)),
        heading(_("Schools, within each school"), 2),
        points(_for_schools(material)),
    ]


def _for_authority(material: Material) -> list[str]:
    said = [_("Take note of the analysis and give every school its own results before the meeting.")]
    if any((row["lifted_share_lower"] or 0) > 0 for row in material.latest):
        said.append(
            _(
                "Where works gather at the border of a mark, agree on common criteria and re-mark a sample "
                "by a commission of several schools."
            )
        )
    low = material.table("low_results")
    if not low.is_empty() and low["listed"].fill_null(value=False).any():
        said.append(
            _(
                "Offer support to the schools on the list, first to those steadily there; look again "
                "at those on the border."
            )
        )
    return said


def _for_centre(material: Material) -> list[str]:
    said = _skills_said(material)
    if _has_journal(material):
        said.append(_("Compare the criteria of marking with the journal in every subject community."))
    return said or [_("Use the results in the plans of the subject communities.")]


def _for_schools(material: Material) -> list[str]:
    said = []
    if not material.table("deficits").is_empty():
        said.append(
            _("Look at the own part of each deficit in pupils and plan the repetition of these topics.")
        )
    said.append(
        _("Explain what stands out: small classes, another textbook, a new teacher are explanations too.")
    )
    if _has_journal(material):
        said.append(
            _(
                "Discuss at the subject department the pupils whose mark differs from the journal by "
                "two or more."
            )
        )
    return said


def _has_journal(material: Material) -> bool:
    return bool(material.table(JOURNAL_TOTALS).height)


def not_shown(material: Material) -> list[Block]:
    """What the report lacks, and why."""
    said = []
    if material.hidden:
        titles = joined([quoted(short_title(row)) for row in material.hidden])
        said.append(_("too few works to be shown: {titles}").format(titles=titles))
    shown = [*material.latest, *material.earlier]
    without = [row for row in shown if row["cut_3"] is None and row["pass_score"] is None]
    if without:
        titles = joined([quoted(short_title(row)) for row in without])
        said.append(
            _("marks and low results need cut scores (procedure.toml or a mark scale): {titles}").format(
                titles=titles
            )
        )
    if material.table("items").is_empty():
        said.append(_("items and skills need the points of every item"))
    elif material.table("deficits").is_empty():
        said.append(_("skills need an item plan: import it together with the results"))
    if not _has_journal(material):
        said.append(_("the comparison with the journal needs journal marks"))
    if not said:
        return []
    return [
        heading(_("What is not shown, and why")),
        points([f"{words[0].upper()}{words[1:]}." for words in said]),
    ]


def how_to_read(material: Material) -> list[Block]:
    """The words of the report, and its limits."""
    rule = material.definitions.disclosure
    return [
        heading(_("How to read this")),
        points(
            [
                _("The 95 % interval is where the true value lies in 95 cases of 100."),
                _("A difference that lies within the intervals may be chance."),
                _("Results of different years are compared only where the tests are linked; these are not."),
                small_groups_notice(material.audience.limit(rule)),
                _(
                    "What every number is and how it is checked: the documentation of Merilo, “What each "
                    "number is”."
                ),
            ]
        ),
    ]


def legal(material: Material) -> list[Block]:
    """The notice that goes with every paper made from these procedures."""
    procedures = material.table("procedures")
    return [sentence(text, look="notice") for text in notices(procedures, material.definitions)]


def _skills_said(material: Material) -> list[str]:
    """For each subject the skill with the smallest share of points, with its class, share and n."""
    skills = material.table(AUTHORITY_SKILLS)
    if skills.is_empty():
        return []
    latest = {row["procedure_id"]: row for row in material.latest}
    known = skills.filter(pl.col("procedure_id").is_in(list(latest)) & pl.col("mean_share").is_not_null())
    weakest: dict[str, tuple[float, str]] = {}
    for row in known.sort("mean_share", "procedure_id", "skill").iter_rows(named=True):
        procedure = latest[row["procedure_id"]]
        words = _("{skill} ({title}: done {share}, works {n})").format(
            skill=quoted(row["skill_name"] or row["skill"]),
            title=short_title(procedure),
            share=percent(row["mean_share"]),
            n=integer(row["n"]),
        )
        weakest.setdefault(str(procedure["subject_name"]), (row["mean_share"], words))
    if not weakest:
        return []
    said = joined([words for _share, words in weakest.values()])
    return [_("Skills to look at first in the subject communities: {skills}.").format(skills=said)]
