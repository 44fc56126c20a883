"""Distributions, journal, items and skills: what pupils can do, and how they were marked."""

from __future__ import annotations

from merilo.language import translator
from merilo.publish.figures.deficits import deficits_figure
from merilo.publish.figures.distribution import distribution_figure
from merilo.publish.figures.figure import Figure
from merilo.publish.figures.items import items_figure
from merilo.publish.gathered import AUTHORITY_SKILLS, JOURNAL_TOTALS
from merilo.publish.report.blocks import Block, TableColumn, heading, picture, sentence, table
from merilo.publish.report.material import Material, Row, short_title
from merilo.publish.typography import integer, percent, percent_interval, quoted

_ = translator("report")

# Pictures of a kind: enough to see what matters, few enough to be read.
MOST_PICTURES = 3
MOST_SKILLS = 2
# Pixels of a figure 760 wide: three fit on a page.
HEIGHT = 250


def distributions(material: Material) -> list[Block]:
    """Raw scores with the borders of the marks: the procedures where works gather most."""
    known = [row for row in material.latest if row["lifted_share"] is not None]
    chosen = sorted(known, key=lambda row: -row["lifted_share"])[:MOST_PICTURES]
    figures = _figures(
        [distribution_figure(material.tables, row["procedure_id"], height=HEIGHT) for row in chosen]
    )
    if not figures:
        return []
    columns = [
        TableColumn(_("Procedure"), "left", 3.0),
        TableColumn(_("Works")),
        TableColumn(_("Share, 95 % interval"), "right", 1.8),
        *(TableColumn(_("at {mark}").format(mark=quoted(mark))) for mark in (3, 4, 5)),
    ]
    rows = [
        [
            short_title(row),
            integer(row["n"]),
            f"{percent(row['lifted_share'])} "
            f"({percent_interval(row['lifted_share_lower'], row['lifted_share_upper'])})",
            *(percent(row[f"lifted_share_{mark}"]) for mark in (3, 4, 5)),
        ]
        for row in known
    ]
    return [
        heading(_("Works at the border of a mark")),
        sentence(
            _(
                "A smooth distribution has no steps. Many works on the lowest score for a mark and "
                "few just below it may mean "
                "that works near the border were marked more kindly; the data do not rule out other "
                "reasons. The share "
                "estimates how many works that were 1–2 points short stand on the border; the figures show "
                "the procedures where it is largest. The same is seen in whole regions."
            )
        ),
        table(
            columns,
            rows,
            caption=_("Works that were 1–2 points short and stand on the border: estimated share"),
        ),
        *(picture(figure) for figure in figures),
    ]


def journal(material: Material) -> list[Block]:
    """Marks of the works against the journal."""
    found = [(row, total) for row in material.latest for total in _journal_rows(material, row)]
    if not found:
        return []
    columns = [
        TableColumn(_("Procedure"), "left", 3.0),
        TableColumn(_("Works with both marks"), "right", 1.3),
        TableColumn(_("Below the journal"), "right", 1.1),
        TableColumn(_("Equal"), "right", 1.1),
        TableColumn(_("Above the journal"), "right", 1.1),
    ]
    rows = [
        [
            short_title(row),
            integer(total["n"]),
            percent(total["lowered_share"]),
            percent(total["confirmed_share"]),
            percent(total["raised_share"]),
        ]
        for row, total in found
    ]
    every = sum(total["n"] for _row, total in found)
    equal = sum(total["n"] * total["confirmed_share"] for _row, total in found) / every
    return [
        heading(_("Marks of the works and of the journal")),
        sentence(
            _(
                "In {share} of the works the mark equals the journal's. A difference is a reason to "
                "compare the criteria "
                "of marking, not a fault of the teacher or the pupil."
            ).format(share=percent(equal))
        ),
        table(columns, rows, caption=_("Mark of the work against the journal mark")),
    ]


def items_and_skills(material: Material) -> list[Block]:
    """Items below their limits, skills over the whole authority, and where districts differ."""
    blocks: list[Block] = []
    skills = _weak_skills(material)
    if skills:
        blocks.append(skills)
    weakest = sorted(material.latest, key=lambda row: -_insufficient(material, row))[:MOST_PICTURES]
    weakest = [row for row in weakest if _insufficient(material, row)]
    blocks += [
        picture(f)
        for f in _figures(
            [
                items_figure(
                    material.tables, row["procedure_id"], height=HEIGHT, definitions=material.definitions
                )
                for row in weakest
            ]
        )
    ]
    maps = _figures([deficits_figure(material.tables, row["procedure_id"]) for row in weakest[:2]])
    blocks += [picture(figure) for figure in maps]
    if not blocks:
        return []
    return [
        heading(_("What pupils can do")),
        sentence(
            _(
                "A school's own part of a deficit is what remains when its pupils are compared with "
                "pupils of the same "
                "total score elsewhere. What is weak everywhere is a matter for the whole authority. "
                "A weak skill is a "
                "hypothesis about teaching, to be checked in the classroom."
            )
        ),
        *blocks,
    ]


def _figures(found: list[Figure | None]) -> list[Figure]:
    return [figure for figure in found if figure is not None]


def _journal_rows(material: Material, row: Row) -> list[Row]:
    return [
        t
        for t in material.rows(JOURNAL_TOTALS, procedure_id=row["procedure_id"])
        if t["confirmed_share"] is not None
    ]


def _insufficient(material: Material, row: Row) -> int:
    items = material.rows("items", procedure_id=row["procedure_id"])
    return sum(item["item_rule"] == "insufficient" for item in items)


def _weak_skills(material: Material) -> Block | None:
    """For each procedure its weakest skills; skills of different tests are not put in one order."""
    rows = [cells for row in material.latest for cells in _skill_rows(material, row)]
    if not rows:
        return None
    columns = [
        TableColumn(_("Procedure"), "left", 2.7),
        TableColumn(_("Skill"), "left", 2.4),
        TableColumn(_("Works")),
        TableColumn(_("Items")),
        TableColumn(_("Done")),
        TableColumn(_("Schools with a part of their own"), "right", 1.3),
        TableColumn(_("their part, pupils"), "right", 1.0),
    ]
    return table(
        columns, rows, caption=_("The two skills of each test with the smallest share of the points gained")
    )


def _skill_rows(material: Material, row: Row) -> list[list[str]]:
    skills = material.rows(AUTHORITY_SKILLS, procedure_id=row["procedure_id"])
    known = sorted(
        (s for s in skills if s["mean_share"] is not None), key=lambda s: (s["mean_share"], s["skill"])
    )
    limit = material.audience.limit(material.definitions.disclosure)
    return [
        [
            short_title(row),
            skill["skill_name"] or skill["skill"],
            integer(skill["n"]),
            integer(skill["items_n"]),
            percent(skill["mean_share"]),
            integer(skill["behind_n"]),
            # A part of fewer pupils than may be shown stays unsaid.
            integer(skill["pupils"] if (skill["pupils"] or 0) >= limit else None),
        ]
        for skill in known[:MOST_SKILLS]
    ]
