"""Innocent explanations: which of them fit this school, with its own numbers, and which do not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from merilo.language import plural_translator, translator
from merilo.methods.intervals import pooled_means
from merilo.publish.explanation.school import KindFound, Noted, School
from merilo.publish.figures.likeness import ALIKE
from merilo.publish.report.blocks import Block, heading, points
from merilo.publish.typography import integer, percent, percent_interval, quoted, signed_points
from merilo.publish.words import code_words

_ = translator("explanation")
ngettext = plural_translator("explanation")

FEW_WORKS = 15  # works in the middle procedure
STRONG = 0.06  # share of the highest score above all schools
SKILL_WORTH = 0.04  # share of an item's points
SELECTIVE = ("gymnasium", "lyceum")
BY_SELECTION = ("level", "spread", "journal", "cohort")
OF_ITEMS = ("item_profile", "expert_leniency")


@dataclass(frozen=True, slots=True)
class Fit:
    """An innocent explanation: whether it may explain what was seen, and why, in a sentence."""

    fits: bool
    words: str


def innocent(school: School) -> list[Block]:
    """Two lists: what may explain it, what does not."""
    found = explanations(school)
    blocks = [heading(_("Innocent explanations"))] if found else []
    for title, chosen in (
        (_("May explain it, ask about it first"), [one.words for one in found if one.fits]),
        (_("Does not explain it"), [one.words for one in found if not one.fits]),
    ):
        if chosen:
            blocks += [heading(title, 2), points(chosen)]
    return blocks


def explanations(school: School) -> list[Fit]:
    """Every explanation that has something to say of this school; none where nothing was seen."""
    if school.leading is None:
        return []
    makers: Sequence[Callable[[School, KindFound], Fit | None]] = (
        _few_works,
        _one_place,
        _one_class,
        _selection,
        _skills,
        _city,
        _streaming,
        _no_link,
    )
    return [fit for make in makers if (fit := make(school, school.leading)) is not None]


def _few_works(school: School, leading: KindFound) -> Fit | None:
    usual = school.usual_works
    if usual is None or usual >= FEW_WORKS:
        return None
    return Fit(
        True,
        _(
            "Few works: {n} in the middle procedure. One or two works move every share; the intervals count "
            "this already."
        ).format(n=integer(usual)),
    )


def _one_place(school: School, leading: KindFound) -> Fit | None:
    """One procedure, one year group, one subject, one year; or everywhere."""
    noted, told = leading.noted, leading.told
    if len(told) == 1:
        return Fit(True, _("Only one procedure could tell: it may be an accident of that day."))
    if not noted:
        return Fit(
            True,
            _(
                "In no single procedure is it unusual, only in all of them together: a lasting habit is "
                "likelier than an event."
            ),
        )
    if len(noted) == 1:
        return Fit(
            True,
            _(
                "It is unusual in one procedure of {told} only ({title}): an accident of that day, one "
                "teacher or one paper."
            ).format(told=integer(len(told)), title=noted[0].title),
        )
    place = _shared_place(noted, told)
    if place:
        return Fit(
            True,
            _(
                "It is unusual only in {place} ({noted} procedures): one teacher or one curriculum may "
                "explain it."
            ).format(place=place, noted=integer(len(noted))),
        )
    return Fit(
        False,
        _(
            "An accident of one day or one teacher: it is unusual in {noted} procedures of {told}, in "
            "several subjects or year groups."
        ).format(noted=integer(len(noted)), told=integer(len(told))),
    )


def _shared_place(noted: Sequence[Noted], told: Sequence[Noted]) -> str:
    """What the unusual procedures have in common and the others have not."""
    groups = {one.year_group for one in noted}
    if len(groups) == 1 and None not in groups and len({one.year_group for one in told}) > 1:
        return _("year group {n}").format(n=groups.pop())
    subjects = {one.subject for one in noted}
    if len(subjects) == 1 and len({one.subject for one in told}) > 1:
        return _("the subject {name}").format(name=quoted(subjects.pop()))
    years = {one.school_year for one in noted}
    if len(years) == 1 and len({one.school_year for one in told}) > 1:
        return _("the school year {year}").format(year=years.pop())
    return ""


def _one_class(school: School, leading: KindFound) -> Fit | None:
    classes = school.tables.get("evidence_classes")
    if leading.kind != "similarity" or classes is None:
        return None
    own = classes.filter(pl.col("org_id") == school.org_id, pl.col("z").is_not_null())
    names, out = own["class_id"].unique(), own.filter(pl.col("z") >= ALIKE)["class_id"].unique().sort()
    if names.len() < 2 or not out.len():
        return None
    if out.len() == 1:
        return Fit(
            True,
            _(
                "Only class {name} stands out of {n}: a new teacher, one room or one way of teaching it."
            ).format(name=quoted(out[0]), n=integer(names.len())),
        )
    return Fit(
        False,
        _("A new teacher in one class: works are alike in {out} classes of {n}.").format(
            out=integer(out.len()), n=integer(names.len())
        ),
    )


def _selection(school: School, leading: KindFound) -> Fit | None:
    own, everyone = mean_shares(school)
    selective = school.kind_of_school in SELECTIVE
    strong = own is not None and everyone is not None and own - everyone >= STRONG
    if not selective and not strong:
        return None
    numbers = (
        _("mean result {own} of the highest score, all schools {everyone}").format(
            own=percent(own), everyone=percent(everyone)
        )
        if own is not None and everyone is not None
        else _("its mean result is not shown")
    )
    kind = code_words()["organisation_kind"].get(school.kind_of_school or "", "") if selective else ""
    who = _("Selected intake ({kind}; {numbers}).") if selective else _("Strong pupils ({numbers}).")
    said = who.format(kind=kind, numbers=numbers)
    if leading.kind in BY_SELECTION:
        return Fit(True, said + " " + _("Selection makes results higher and more alike."))
    return Fit(
        False,
        said + " " + _("The comparison is made at equal scores, so that strength alone does not show here."),
    )


def mean_shares(school: School) -> tuple[float | None, float | None]:
    """Mean result of the school and of all schools in the same procedures, shares of the highest score."""
    rows = [r for r in school.procedures if r["own_n"] and r["own_mean"] is not None and r["max_score"]]
    n = sum(row["own_n"] for row in rows)
    if not n:
        return None, None
    own = sum(row["own_n"] * row["own_mean"] / row["max_score"] for row in rows) / n
    everyone = [r for r in rows if r["mean_points"] is not None]
    if len(everyone) < len(rows):
        return own, None
    return own, sum(row["own_n"] * row["mean_points"] / row["max_score"] for row in rows) / n


def _skills(school: School, leading: KindFound) -> Fit | None:
    """Skills whose items all lie above: teaching, taken off before items are looked at."""
    items, plans = school.tables.get("evidence_items"), school.tables.get("items")
    if leading.kind not in OF_ITEMS or items is None or plans is None or "skill" not in plans.columns:
        return None
    skills = (
        items.filter(pl.col("org_id") == school.org_id, pl.col("skill_part_share").is_not_null())
        .join(plans.select("procedure_id", "item_id", "skill"), on=["procedure_id", "item_id"])
        .drop_nulls("skill")
        .with_columns(pl.col("skill").str.split(";"))
        .explode("skill")
        .with_columns(pl.col("skill").str.strip_chars())
        .group_by("skill")
        .agg(part=(pl.col("skill_part_share") * pl.col("n")).sum() / pl.col("n").sum(), items=pl.len())
        .filter(pl.col("part") >= SKILL_WORTH, pl.col("items") >= 2)
        .sort("part", "skill", descending=[True, False])
    )
    if not skills.height:
        return Fit(
            False,
            _("Another curriculum: no skill as a whole comes much easier here than elsewhere."),
        )
    named = "; ".join(
        f"{quoted(row['skill'])} {signed_points(row['part'])}" for row in skills.head(2).iter_rows(named=True)
    )
    return Fit(
        True,
        _(
            "Another curriculum: whole skills come easier than elsewhere ({skills} percentage points). This "
            "is teaching and was taken off; items taught just before the work may still stand out."
        ).format(skills=named),
    )


def _city(school: School, leading: KindFound) -> Fit | None:
    """What all schools do alike: lifting, lenient marking, easy papers."""
    if leading.kind == "expert_leniency":
        return Fit(
            False,
            _("Strict or lenient marking in the whole authority: what all schools share is taken off."),
        )
    if leading.kind != "threshold":
        return None
    rows = [
        r for r in school.procedures if r["lifted_share"] is not None and r["lifted_share_lower"] is not None
    ]
    if not rows:
        return None
    known, low, high = (
        np.array([r[c] for r in rows], np.float64)
        for c in ("lifted_share", "lifted_share_lower", "lifted_share_upper")
    )
    weight = np.array([float(r["n"] or 1) for r in rows])
    share, lower, upper = pooled_means(np.zeros(len(rows), np.int64), known, low, high, weight, 1)
    return Fit(
        False,
        _(
            "The practice of the whole authority: all schools together lift {share} ({interval}) of such "
            "works over the borders. This is taken off; the school is compared with it, not with zero."
        ).format(share=percent(share[0]), interval=percent_interval(max(lower[0], 0.0), min(upper[0], 1.0))),
    )


def _streaming(school: School, leading: KindFound) -> Fit | None:
    classes = school.tables.get("evidence_classes")
    if classes is None or leading.kind not in ("similarity", "spread", "item_profile", "threshold"):
        return None
    own = classes.filter(pl.col("org_id") == school.org_id)
    most = own.group_by("procedure_id").len()["len"].max() if own.height else None
    if not isinstance(most, int) or most < 2:
        return None
    return Fit(
        False,
        _(
            "Classes set by level (up to {n} in a year group): works are compared at their own scores, and "
            "the spread is that of the whole year group."
        ).format(n=integer(most)),
    )


def _no_link(school: School, leading: KindFound) -> Fit | None:
    if leading.kind not in ("level", "cohort"):
        return None
    told = len(leading.told)
    return Fit(
        True,
        _(
            "A change of pupils or of the paper: earlier results are known in {told} procedures of {all}; "
            "where two papers are not linked, only the order of schools is compared."
        ).format(told=integer(told), all=integer(len(school.procedures))),
    )
