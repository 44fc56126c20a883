"""The figures and tables: all kinds at a glance, each kind that stands out, official markers beside them."""

from __future__ import annotations

import polars as pl

from merilo.definitions import Definitions
from merilo.definitions.provenance import status_label
from merilo.language import plural_translator, translator
from merilo.publish.explanation.kinds import basis, compared, interval, kind_names, seen, value, where
from merilo.publish.explanation.school import KindFound, School
from merilo.publish.figures.absentees import absentees_figure
from merilo.publish.figures.against_journal import journal_figure
from merilo.publish.figures.borders import borders_figure
from merilo.publish.figures.excess import excess_figure
from merilo.publish.figures.figure import Figure
from merilo.publish.figures.likeness import classes_figure, likeness_figure
from merilo.publish.figures.strip import strip_figure
from merilo.publish.report.blocks import Block, TableColumn, heading, picture, points, sentence, table
from merilo.publish.typography import NOTHING, decimal, integer
from merilo.publish.words import notices, small_groups_notice

_ = translator("explanation")
ngettext = plural_translator("explanation")

MOST_MARKERS = 16
SMALL_P = 0.001


def at_a_glance(school: School) -> list[Block]:
    """All kinds in all procedures, and the table with intervals."""
    if not school.kinds:
        return []
    strip = strip_figure(school.tables, school.org_id)
    blocks = [heading(_("All kinds of evidence"))]
    if strip is not None:
        blocks.append(picture(strip))
    return [*blocks, _kinds_table(school)]


def _kinds_table(school: School) -> Block:
    columns = [
        TableColumn(_("Kind"), "left", 3.2),
        TableColumn(_("Estimate (95 % interval)"), "right", 2.8),
        TableColumn(_("Usual"), "right", 1.3),
        TableColumn(_("Works"), "right", 1.0),
        TableColumn(_("Proc."), "right", 0.9),
        TableColumn("z", "right", 0.8),
        TableColumn("p", "right", 1.1),
    ]
    names = kind_names()
    rows = [
        [
            names[one.kind],
            NOTHING
            if one.estimate is None
            else f"{value(one.kind, one.estimate)} ({interval(one.kind, one.lower, one.upper)})",
            value(one.kind, one.usual),
            integer(one.n),
            integer(len(one.told)),
            decimal(one.z, 1),
            _p(one.p_value),
        ]
        for one in school.kinds
    ]
    return table(
        columns,
        rows,
        caption=_(
            "Over all procedures; usual: the middle one of the other schools; p: chance of as much in an "
            "ordinary school"
        ),
    )


def _p(p: float | None) -> str:
    if p is None:
        return NOTHING
    return f"< {decimal(SMALL_P, 3)}" if p < SMALL_P else decimal(p, 3)


def kind_chapters(school: School) -> list[Block]:
    """A chapter for every kind that stands out: words and figures."""
    shown = school.shown_kinds
    if not shown:
        return []
    blocks = [heading(_("What was seen, compared with what"))]
    for number, found in enumerate(shown):
        is_leading = school.leading is not None and found.kind == school.leading.kind
        blocks.append(heading(kind_names()[found.kind], 2))
        if number and school.leading is not None:
            blocks.append(
                sentence(
                    _("This may follow from the first kind; by itself it did not lead to the answer."),
                    look="small",
                )
            )
        said = [seen(found), compared(found), where(found), basis(found.kind)]
        blocks.append(sentence(" ".join(one for one in said if one)))
        blocks += [picture(one) for one in _figures(school, found, stands_out=is_leading)]
    return blocks


def _figures(school: School, found: KindFound, *, stands_out: bool) -> list[Figure]:
    tables, org_id = school.tables, school.org_id
    first = found.told[0].procedure_id if found.told else ""
    made: list[Figure | None] = []
    if found.kind == "threshold":
        made = [borders_figure(tables, org_id, stands_out=stands_out)]
    elif found.kind in ("item_profile", "expert_leniency"):
        by_person = found.kind == "expert_leniency"
        chosen = [one.procedure_id for one in found.told[: 2 if stands_out else 1]]
        made = [excess_figure(tables, org_id, name, by_person=by_person) for name in chosen]
    elif found.kind == "similarity":
        made = [likeness_figure(tables, org_id, stands_out=stands_out), classes_figure(tables, org_id)]
    elif found.kind in ("journal", "level", "cohort"):
        made = [journal_figure(tables, org_id, stands_out=stands_out)]
    elif found.kind == "participation":
        made = [absentees_figure(tables, org_id, stands_out=stands_out)]
    elif found.kind == "spread" and first:
        made = [borders_figure(tables, org_id)]
    return [one for one in made if one is not None]


def official(school: School) -> list[Block]:
    """Official markers as printed and official lists: beside the evidence, never mixed in."""
    rows = school.tables["objectivity"].filter(
        pl.col("org_id") == school.org_id, pl.col("evidence").str.starts_with("fioko")
    )
    lists = school.verdict.get("official_lists")
    if not rows.height and not lists:
        return []
    blocks = [heading(_("Official markers and lists"))]
    blocks.append(
        sentence(
            _(
                "They stand beside Merilo's evidence and are not mixed with it: their error rates are not "
                "known."
            )
        )
    )
    if rows.height:
        blocks += _markers(rows, school.tables["procedures"], school.definitions)
    blocks.append(
        sentence(_("Official lists that name the school: {lists}.").format(lists=lists))
        if lists
        else sentence(_("No imported official list names the school."))
    )
    return blocks


def _markers(rows: pl.DataFrame, procedures: pl.DataFrame, definitions: Definitions) -> list[Block]:
    seen_rows = rows.filter(pl.col("flagged").fill_null(value=False)).sort("evidence", "procedure_id")
    counted = _("Computed: {all}, of these seen: {seen}.").format(
        all=integer(rows.filter(pl.col("flagged").is_not_null()).height), seen=integer(seen_rows.height)
    )
    if not seen_rows.height:
        return [sentence(counted)]
    titles = dict(procedures.select("procedure_id", "title").iter_rows())
    markers = {one.id: one for one in definitions.markers}
    cells = []
    for row in seen_rows.head(MOST_MARKERS).iter_rows(named=True):
        marker = markers.get(row["evidence"])
        rule = None if marker is None else definitions.marker_rule(marker.kind)
        cells.append(
            [
                row["evidence"] if marker is None else marker.title,
                titles.get(row["procedure_id"], row["procedure_id"]),
                integer(row["n"]),
                NOTHING if rule is None else status_label(rule.status),
            ]
        )
    columns = [
        TableColumn(_("Marker as printed"), "left", 3.0),
        TableColumn(_("Procedure"), "left", 2.6),
        TableColumn(_("Works"), "right", 0.9),
        TableColumn(_("Text of the rule"), "left", 1.6),
    ]
    blocks = [sentence(counted), table(columns, cells, caption=_("Markers seen"))]
    left = seen_rows.height - len(cells)
    if left > 0:
        blocks.append(sentence(_("And {n} more.").format(n=integer(left)), look="small"))
    return blocks


def how_to_read(school: School) -> list[Block]:
    """The words used, the protection of small groups, and the legal notice."""
    rule = school.definitions.disclosure
    blocks = [
        heading(_("How to read this")),
        points(
            [
                _("The 95 % interval is where the true value lies in 95 cases of 100."),
                _(
                    "z: distance from ordinary schools; both chance and the ordinary difference between "
                    "schools are counted, so that small schools are not unusual merely by being small."
                ),
                _("One pupil may have several works: works are counted, not pupils."),
                small_groups_notice(rule.min_cell),
            ]
        ),
    ]
    shown = pl.DataFrame({"kind": [row["kind"] for row in school.procedures]}, schema={"kind": pl.String})
    return [*blocks, *(sentence(words, look="notice") for words in notices(shown, school.definitions))]
