"""The first page: what the results say; then who took part, and the marks."""

from __future__ import annotations

import polars as pl

from merilo.language import plural_translator, translator
from merilo.methods.intervals import wilson_interval
from merilo.publish.report.blocks import Block, TableColumn, heading, points, sentence, table
from merilo.publish.report.material import Material, Row, joined, share_present, short_title
from merilo.publish.report.objectivity import objectivity_said
from merilo.publish.typography import decimal, integer, percent, percent_interval, quoted

_ = translator("report")
_n = plural_translator("report")


def overview(material: Material) -> list[Block]:
    """The summary: a sentence for each thing that matters, each with n and how sure it is."""
    said = [_who_took_part(material), *_items_said(material), *_low_said(material), *_lift_said(material)]
    said += objectivity_said(material)
    return [
        heading(_("In short")),
        sentence(
            _("What the results of {year} say, and how sure it is.").format(year=_year(material)), look="lead"
        ),
        points([one for one in said if one]),
    ]


def participation(material: Material) -> list[Block]:
    """Works, schools, absentees and reliability of each procedure."""
    columns = [
        TableColumn(_("Procedure"), "left", 3.0),
        TableColumn(_("Schools")),
        TableColumn(_("Works")),
        TableColumn(_("Absent")),
        TableColumn(_("Took part"), "right", 0.9),
        TableColumn(_("Mean of max"), "right", 1.0),
        TableColumn(_("Reliability"), "right", 1.1),
    ]
    blocks = [heading(_("Who took part")), sentence(_participation_said(material))]
    for year, procedures in _by_year(material):
        rows = [
            [
                short_title(row),
                integer(row["schools_n"]),
                integer(row["n"]),
                integer(row["absent_n"]),
                percent(share_present(row)),
                _mean(row),
                decimal(row["alpha"], 2),
            ]
            for row in procedures
        ]
        blocks.append(table(columns, rows, caption=_("Participation, {year}").format(year=year)))
    blocks.append(
        sentence(
            _(
                "Took part: works among the pupils entered. Reliability: Cronbach's alpha; below 0.7 "
                "a single pupil's "
                "score says little, the mean of a school still does."
            ),
            look="small",
        )
    )
    return blocks


def marks(material: Material) -> list[Block]:
    """Shares of marks with intervals."""
    marked = [row for row in [*material.latest, *material.earlier] if _has_marks(row)]
    if not marked:
        return []
    columns = [
        TableColumn(_("Procedure"), "left", 3.0),
        TableColumn(_("Works")),
        TableColumn(_("{mark}, 95 % interval").format(mark=quoted(2)), "right", 1.6),
        *(TableColumn(quoted(mark)) for mark in (3, 4, 5)),
        TableColumn(_("Quality")),
    ]
    blocks = [heading(_("Marks")), sentence(_marks_said(material))]
    for year, procedures in _by_year(material):
        rows = [_mark_row(row) for row in procedures if _has_marks(row)]
        if rows:
            blocks.append(table(columns, rows, caption=_("Marks, {year}").format(year=year)))
    blocks.append(sentence(_("Quality: the share of marks 4 and 5."), look="small"))
    return blocks


def _by_year(material: Material) -> list[tuple[str, list[Row]]]:
    years = sorted({row["school_year"] or "" for row in [*material.latest, *material.earlier]}, reverse=True)
    every = [*material.latest, *material.earlier]
    return [
        (year or _("year unknown"), [row for row in every if (row["school_year"] or "") == year])
        for year in years
    ]


def _year(material: Material) -> str:
    year = material.latest[0]["school_year"] if material.latest else ""
    return _("the school year {year}").format(year=year) if year else _("these procedures")


def _mean(row: Row) -> str:
    if row["mean_points"] is None or not row["max_score"]:
        return decimal(row["mean_points"], 1)
    return percent(row["mean_points"] / row["max_score"])


def _has_marks(row: Row) -> bool:
    return any(row[f"share_{mark}"] is not None for mark in (2, 3, 4, 5))


def _mark_row(row: Row) -> list[str]:
    low = "—"
    if row["share_2"] is not None:
        interval = wilson_interval(row["share_2"] * row["n"], row["n"])
        low = f"{percent(row['share_2'])} ({percent_interval(float(interval.lower), float(interval.upper))})"
    good = None if None in (row["share_4"], row["share_5"]) else row["share_4"] + row["share_5"]
    return [
        short_title(row),
        integer(row["n"]),
        low,
        *(percent(row[f"share_{mark}"]) for mark in (3, 4, 5)),
        percent(good),
    ]


def _who_took_part(material: Material) -> str:
    works = sum(row["n"] for row in material.latest)
    schools = max((row["schools_n"] or 0 for row in material.latest), default=0)
    sizes = [
        _n("{n} procedure", "{n} procedures", len(material.latest)).format(n=integer(len(material.latest))),
        _n("{n} school", "{n} schools", schools).format(n=integer(schools)),
        _n("{n} work", "{n} works", works).format(n=integer(works)),
    ]
    counted = [row for row in material.latest if share_present(row) is not None]
    entered = sum(row["n"] + row["absent_n"] for row in counted)
    if not entered:
        return f"{joined(sizes)}."
    share = percent(sum(row["n"] for row in counted) / entered)
    if len(counted) < len(material.latest):
        said = _(
            "{sizes}; {share} of the pupils entered took part (in {n} procedures where absentees "
            "may be counted)."
        )
    else:
        said = _("{sizes}; {share} of the pupils entered took part.")
    return said.format(sizes=joined(sizes), share=share, n=integer(len(counted)))


def _items_said(material: Material) -> list[str]:
    items = material.table("items")
    if items.is_empty() or "item_rule" not in items.columns:
        return []
    latest = [row["procedure_id"] for row in material.latest]
    judged = items.filter(pl.col("procedure_id").is_in(latest) & pl.col("item_rule").is_not_null())
    if judged.is_empty():
        return []
    weak = judged.filter(pl.col("item_rule") == "insufficient").height
    said = _n(
        "{weak} of {n} item lies below the limit for its level ({rules}).",
        "{weak} of {n} items lie below the limit for their level ({rules}).",
        judged.height,
    )
    return [said.format(weak=integer(weak), n=integer(judged.height), rules=_item_limits(material, judged))]


def _item_limits(material: Material, judged: pl.DataFrame) -> str:
    """The limits of the levels that the items have, from the definitions."""
    words = {"basic": _("basic"), "raised": _("raised"), "high": _("high")}
    rules = [
        (words[level], material.definitions.item_rule(level))
        for level in words
        if level in set(judged["level"])
    ]
    return ", ".join(
        _("{level}: {limit}").format(level=word, limit=percent(rule.insufficient_below, 1))
        for word, rule in rules
        if rule is not None
    )


def _low_said(material: Material) -> list[str]:
    low = material.table("low_results")
    if low.is_empty() or low["listed"].null_count() == low.height:
        return []
    listed = low.filter(pl.col("listed"))
    steady = listed.filter(pl.col("stability") == "steady").height
    near = low.filter(~pl.col("listed") & (pl.col("stability") == "borderline")).height
    said = _(
        "Low results by the rule: on the list {listed} of {n}, of them steadily {steady}; "
        "near the border of the list {near} "
        "more."
    )
    return [
        said.format(
            listed=integer(listed.height), n=integer(low.height), steady=integer(steady), near=integer(near)
        )
    ]


def _lift_said(material: Material) -> list[str]:
    known = [row for row in material.latest if row["lifted_share"] is not None]
    # Only where the interval leaves out 0 is there anything to say.
    clear = [row for row in known if (row["lifted_share_lower"] or 0) > 0]
    if not clear:
        return []
    most = max(clear, key=lambda row: row["lifted_share"])
    said = _(
        "In {clear} of {n} procedures more works stand on the border of a mark than a smooth "
        "distribution has; most of all in "
        "{title}: by estimate {share} ({interval}) of the works that were 1–2 points short. "
        "The picture is of the "
        "whole authority and says nothing of a single school."
    )
    return [
        said.format(
            clear=integer(len(clear)),
            n=integer(len(known)),
            title=quoted(short_title(most)),
            share=percent(most["lifted_share"]),
            interval=percent_interval(most["lifted_share_lower"], most["lifted_share_upper"]),
        )
    ]


def _participation_said(material: Material) -> str:
    limit = percent(material.definitions.run.participation_limit)
    shares = [(row, share) for row in material.latest if (share := share_present(row)) is not None]
    low = [row for row, share in shares if share < material.definitions.run.participation_limit]
    if low:
        return _("Fewer than {limit} took part in {titles}: read these results with care.").format(
            limit=limit, titles=joined([quoted(short_title(row)) for row in low])
        )
    if len(shares) < len(material.latest):
        return _("Where absentees may be counted, at least {limit} of the pupils entered took part.").format(
            limit=limit
        )
    return _(
        "In every procedure of the latest year at least {limit} of the pupils entered took part."
    ).format(limit=limit)


def _marks_said(material: Material) -> str:
    known = [row for row in material.latest if row["share_2"] is not None]
    if not known:
        return _("No marks were given in the latest school year.")
    most, least = max(known, key=lambda row: row["share_2"]), min(known, key=lambda row: row["share_2"])
    return _(
        "The share of {mark} runs from {least} ({least_title}) to {most} ({most_title}). "
        "Tests of different subjects "
        "and years are of different difficulty: marks are not compared between them."
    ).format(
        mark=quoted(2),
        least=percent(least["share_2"]),
        least_title=short_title(least),
        most=percent(most["share_2"]),
        most_title=short_title(most),
    )
