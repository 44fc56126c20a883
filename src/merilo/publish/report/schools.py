"""Schools together: the funnel, low results, value added and growth. Never a league table."""

from __future__ import annotations

import polars as pl

from merilo.definitions import LowResultRule
from merilo.language import plural_translator, translator
from merilo.publish.figures.funnel import funnel_figure
from merilo.publish.report.blocks import Block, TableColumn, heading, picture, points, sentence, table
from merilo.publish.report.material import Material, Row, joined, short_title
from merilo.publish.report.objectivity import cleaned_low
from merilo.publish.typography import integer, percent, quoted

_ = translator("report")
_n = plural_translator("report")

MOST_FUNNELS = 3
HEIGHT = 270  # pixels of a figure 760 wide


def schools(material: Material) -> list[Block]:
    """How far schools differ beyond chance, in the procedures where they differ most."""
    named = material.audience.kind != "public"
    known = [row for row in material.latest if row["vpc"] is not None]
    chosen = sorted(known, key=lambda row: -row["vpc"])[:MOST_FUNNELS]
    found = [
        funnel_figure(material.tables, row["procedure_id"], height=HEIGHT, named=named) for row in chosen
    ]
    figures = [figure for figure in found if figure is not None]
    if not figures:
        return []
    lowest, highest = min(row["vpc"] for row in known), max(row["vpc"] for row in known)
    return [
        heading(_("How schools differ")),
        sentence(
            _(
                "Between {lowest} and {highest} of the differences between pupils lie between "
                "schools; the rest lies "
                "inside every school. The band shows where 95 % of schools of a given size would be "
                "by chance and by "
                "the usual spread together. This is not a rating."
            ).format(lowest=percent(lowest), highest=percent(highest))
        ),
        *(picture(figure) for figure in figures),
    ]


def progress(material: Material) -> list[Block]:
    """Schools whose pupils did better or worse than pupils with the same earlier results."""
    effects = material.table("school_effects")
    if effects.is_empty():
        return []
    rows = [cells for row in material.latest if (cells := _progress_row(material, row))]
    if not rows:
        return []
    columns = [
        TableColumn(_("Procedure"), "left", 3.0),
        TableColumn(_("Schools")),
        TableColumn(_("Above what was expected"), "right", 1.3),
        TableColumn(_("As expected"), "right", 1.3),
        TableColumn(_("Below what was expected"), "right", 1.3),
    ]
    return [
        heading(_("Results against the pupils' own start")),
        sentence(
            _(
                "The earlier result of the same pupils is taken into account, and the uncertainty "
                "with it: a school is "
                "counted above or below only when its whole 95 % interval is. With {n} schools one "
                "or two would be "
                "counted so by chance alone."
            ).format(n=integer(max(int(row[1].replace("\u00a0", "")) for row in rows)))
        ),
        table(columns, rows, caption=_("Value added of schools")),
    ]


def low_results(material: Material) -> list[Block]:
    """The official rule and how sure it is; counts only."""
    low = material.table("low_results")
    if low.is_empty() or low["listed"].null_count() == low.height:
        return []
    rule = material.definitions.low_result_rule(material.definitions.run.low_result_rule)
    counts = [
        (_("on the list, steadily"), low.filter(pl.col("listed") & (pl.col("stability") == "steady")).height),
        (
            _("on the list, on the border"),
            low.filter(pl.col("listed") & (pl.col("stability") == "borderline")).height,
        ),
        (
            _("not on the list, on the border"),
            low.filter(~pl.col("listed") & (pl.col("stability") == "borderline")).height,
        ),
        (
            _("not on the list, steadily"),
            low.filter(~pl.col("listed") & (pl.col("stability") == "steady")).height,
        ),
    ]
    rows = [[words, integer(n), percent(n / low.height)] for words, n in counts]
    columns = [TableColumn(_("Schools"), "left", 3.0), TableColumn(_("Number")), TableColumn(_("Share"))]
    return [
        heading(_("Low results: the rule, and how sure it is")),
        sentence(_rule_said(rule)),
        sentence(_counted_said(material, rule), look="small"),
        table(columns, rows, caption=_("Schools by the rule and by how sure it is")),
        points(
            [
                _(
                    "Steadily: the probability that the true shares agree with the answer is at least "
                    "{limit}. On the border: "
                    "other pupils of the same school could have turned it."
                ).format(limit=percent(rule.steady_probability)),
                _(
                    "A school with results that ask to be verified may not appear among the low ones: the list is "
                    "read together with the chapter on objectivity."
                ),
                *filter(None, [cleaned_low(material)]),
                _("The schools are named in the workbook for the centre; here they are not."),
            ]
        ),
    ]


def _rule_said(rule: LowResultRule) -> str:
    said = _n(
        "The rule: a school is listed when in at least {procedures} procedure at least "
        "{share} of its pupils are "
        "below the minimum. Source: {source}. {status}",
        "The rule: a school is listed when in at least {procedures} procedures at least "
        "{share} of its pupils are "
        "below the minimum. Source: {source}. {status}",
        rule.min_procedures,
    )
    return said.format(
        procedures=integer(rule.min_procedures),
        share=percent(rule.threshold_share),
        source=rule.provenance.source,
        status=_("The text of the rule was not checked.") if rule.is_unverified else "",
    )


def _counted_said(material: Material, rule: LowResultRule) -> str:
    """Which of the procedures the rule counts."""
    counted = [
        quoted(short_title(row))
        for row in material.latest
        if rule.counts(kind=row["kind"], subject=row["subject"], year_group=row["programme_year_group"] or 0)
    ]
    if not counted:
        return _("None of the rule's own procedures was held; all with a minimum were counted instead.")
    return _("Counted: {titles}.").format(titles=joined(counted))


def _progress_row(material: Material, row: Row) -> list[str] | None:
    effects = material.table("school_effects").filter(
        (pl.col("procedure_id") == row["procedure_id"])
        & (pl.col("kind") == "value_added")
        & pl.col("effect_points_lower").is_not_null()
    )
    if effects.is_empty():
        return None
    above = effects.filter(pl.col("effect_points_lower") > 0).height
    below = effects.filter(pl.col("effect_points_upper") < 0).height
    rest = effects.height - above - below
    return [short_title(row), integer(effects.height), integer(above), integer(rest), integer(below)]
