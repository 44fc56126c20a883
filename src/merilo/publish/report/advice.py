"""What may follow from it, for whom; how to read it; what it may not be used for."""

from __future__ import annotations

import polars as pl

from merilo.language import translator
from merilo.publish.report.blocks import Block, heading, points, sentence
from merilo.publish.report.material import Material, joined
from merilo.publish.typography import quoted
from merilo.publish.words import notices, small_groups_notice

_ = translator("report")


def advice(material: Material) -> list[Block]:
    """Recommendations by addressee; each is a hypothesis to be checked."""
    return [
        heading(_("What may follow")),
        sentence(_("These are hypotheses from the data: who knows the school decides.")),
        heading(_("The education authority"), 2),
        points(
            [
                _("Take note of the analysis and give every school its own results before the meeting."),
                _(
                    "Where works gather at the border of a mark, agree on common criteria and re-mark a sample "
                    "by a commission of several schools."
                ),
                _(
                    "Offer support first to the schools that are steadily on the list; look again at "
                    "those on the border."
                ),
            ]
        ),
        heading(_("The methodical centre and subject communities"), 2),
        points(
            [
                _skills_said(material),
                _("Compare the criteria of marking with the journal in every subject community."),
            ]
        ),
        heading(_("Schools"), 2),
        points(
            [
                _("Look at the own part of each deficit in pupils and plan the repetition of these topics."),
                _(
                    "Explain what stands out: small classes, another textbook, a new teacher are "
                    "explanations too."
                ),
                _(
                    "Discuss at the subject department the pupils whose mark differs from the journal by "
                    "two or more."
                ),
            ]
        ),
    ]


def how_to_read(material: Material) -> list[Block]:
    """The words of the report, and its limits."""
    rule = material.definitions.disclosure
    return [
        heading(_("How to read this")),
        points(
            [
                _(
                    "Every number stands with its n or its interval. The 95 % interval is where the true "
                    "value lies in 95 cases of 100."
                ),
                _(
                    "Equal-looking results of two schools may differ, and different ones may be equal: "
                    "look at the intervals."
                ),
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


def _skills_said(material: Material) -> str:
    items = material.table("items")
    latest = [row["procedure_id"] for row in material.latest]
    if items.is_empty() or "skill" not in items.columns:
        return _("Use the table of items in the plans of the subject communities.")
    weak = items.filter(
        pl.col("procedure_id").is_in(latest)
        & (pl.col("item_rule") == "insufficient")
        & pl.col("skill").is_not_null()
    )
    found = weak.with_columns(pl.col("skill").str.split(";")).explode("skill")
    names = (
        found.group_by("skill")
        .len()
        .sort(["len", "skill"], descending=[True, False])["skill"]
        .head(3)
        .to_list()
    )
    if not names:
        return _("Use the table of items in the plans of the subject communities.")
    return _(
        "Skills to begin with in the work of the communities (items below their limit): {skills}."
    ).format(skills=joined([quoted(name) for name in names]))
