"""The chapter on objectivity: how many schools, never which; what it means, what it does not, what comes next."""

from __future__ import annotations

import polars as pl

from merilo.definitions.provenance import status_label
from merilo.language import plural_translator, translator
from merilo.publish.figures.objectivity import objectivity_figure
from merilo.publish.objectivity_totals import FEWEST_NAMED, OBJECTIVITY_TOTALS, OTHER_KINDS
from merilo.publish.report.blocks import Block, TableColumn, heading, picture, points, sentence, table
from merilo.publish.report.material import Material
from merilo.publish.typography import integer, percent, percent_interval, quoted
from merilo.publish.words import code_words

_ = translator("report")
_n = plural_translator("report")


def objectivity(material: Material) -> list[Block]:
    """Counts of schools with their limits; [] where the run gave no evidence."""
    if material.table(OBJECTIVITY_TOTALS).is_empty():
        return []
    if not _counts(material, "standing"):
        return [heading(_("Objectivity of results")), sentence(_too_few())]
    figure = objectivity_figure(material.tables)
    return [
        heading(_("Objectivity of results")),
        sentence(_what_is_compared()),
        sentence(_found_said(material)),
        *([picture(figure)] if figure is not None else []),
        *_kinds(material),
        sentence(_errors_said(material)),
        *_whole_authority(material),
        *_markers(material),
        heading(_("What it does not mean"), 2),
        points(_not_meant()),
        heading(_("What can be done next"), 2),
        points(_next_steps(material)),
    ]


def objectivity_said(material: Material) -> list[str]:
    """The sentence for the first page."""
    n = _counts(material, "standing")
    if not n:
        return []
    return [
        _(
            "Objectivity: schools with a high culture of assessment {high} of {of}, to be verified {verify}; "
            "a request to verify is not a conclusion."
        ).format(high=integer(n["high_culture"]), of=integer(sum(n.values())), verify=integer(n["verify"]))
    ]


def cleaned_low(material: Material) -> str | None:
    """What the list of low results would be without results that ask to be verified; None where unknown."""
    found = _counts(material, "low")
    if not found:
        return None
    if not found["cleaned"]:
        return _(
            "Without the results that ask to be verified most likely no further school would be on the list."
        )
    return _(
        "Without the results that ask to be verified further schools would more likely than not be on the list: {n}."
    ).format(n=_few(found["cleaned"]))


def _counts(material: Material, about: str) -> dict[str, int]:
    totals = material.table(OBJECTIVITY_TOTALS)
    if totals.is_empty():
        return {}
    return dict(totals.filter(pl.col("about") == about).select("what", "schools_n").iter_rows())


def _few(n: int) -> str:
    """A count, or “fewer than 5”."""
    return _("fewer than {n}").format(n=integer(FEWEST_NAMED)) if 0 < n < FEWEST_NAMED else integer(n)


def _too_few() -> str:
    return _(
        "The evidence was computed, but there are so few schools that their numbers would name them: it is in the "
        "workbook for the centre."
    )


def _what_is_compared() -> str:
    return _(
        "A school is compared with what its own raw scores imply, and with how far ordinary schools differ: schools "
        "differ in every item, and that by itself means nothing. Evidence of several kinds and of all procedures is "
        "put together. It tells how a procedure was held and marked, not what people are like."
    )


def _found_said(material: Material) -> str:
    n = _counts(material, "standing")
    said = [
        _(
            "High culture of assessment: {high} of {of} schools; fewer works than usual stand on the borders of marks "
            "there, and nothing stands out. In {nothing} more nothing asks to be verified."
        ).format(high=integer(n["high_culture"]), of=integer(sum(n.values())), nothing=integer(n["nothing"]))
    ]
    if n["verify"] or n["attention"]:
        said.append(
            _("To be verified: {verify}; in the zone of attention: {attention}.").format(
                verify=integer(n["verify"]), attention=integer(n["attention"])
            )
        )
    else:
        said.append(_("No school is to be verified, and none is in the zone of attention."))
    if n["little"]:
        said.append(_("Too little data to judge: {little}.").format(little=integer(n["little"])))
    return " ".join(said)


def _kinds(material: Material) -> list[Block]:
    """Schools to be verified by what they stand out by; kinds of a few schools only together."""
    counts = _counts(material, "kind")
    named = {kind: n for kind, n in counts.items() if kind != OTHER_KINDS}
    if not counts:
        return []
    if not named:
        said = _("No single kind of evidence leads in {n} schools or more: kinds are not told apart here.")
        return [sentence(said.format(n=integer(FEWEST_NAMED)))]
    words = code_words()["evidence"]
    total = sum(counts.values())
    rows = [[words[kind], integer(n), percent(n / total)] for kind, n in named.items()]
    if OTHER_KINDS in counts:
        other = counts[OTHER_KINDS]
        share = percent(other / total) if other >= FEWEST_NAMED else "—"
        rows.append([_("other kinds, fewer than 5 schools each"), _few(other), share])
    columns = [
        TableColumn(_("Leading evidence"), "left", 3.0),
        TableColumn(_("Schools")),
        TableColumn(_("Share")),
    ]
    return [table(columns, rows, caption=_("Schools to be verified by the leading kind of evidence"))]


def _errors_said(material: Material) -> str:
    return _(
        "How often this is wrong: the limit is set so that on average no more than {share} of the schools to be "
        "verified are named for nothing. What it was in fact, by kind, size of school and number of procedures, was "
        "measured on simulated authorities, where the truth is known: documentation of Merilo, “How far this can be "
        "trusted” (docs/validity.md)."
    ).format(share=percent(material.definitions.run.flag_limit))


def _whole_authority(material: Material) -> list[Block]:
    known = [row for row in material.latest if row["lifted_share"] is not None]
    clear = [row for row in known if (row["lifted_share_lower"] or 0) > 0]
    said = _(
        "What is the same in all schools, such as lenient marking of the whole municipality, cannot be seen by "
        "comparing schools with each other."
    )
    if not clear:
        return [sentence(said)]
    most = max(clear, key=lambda row: row["lifted_share"])
    said += " " + _(
        "The whole municipality is told of by works at the borders of marks: in {clear} of {n} procedures more of "
        "them than a smooth distribution has, at most {share} ({interval}) of the works that were 1–2 points short "
        "(chapter “Works at the border of a mark”)."
    ).format(
        clear=integer(len(clear)),
        n=integer(len(known)),
        share=percent(most["lifted_share"]),
        interval=percent_interval(most["lifted_share_lower"], most["lifted_share_upper"]),
    )
    return [sentence(said)]


def _markers(material: Material) -> list[Block]:
    """The official markers beside: how many schools, by the three formulas."""
    totals = material.table(OBJECTIVITY_TOTALS).filter(pl.col("about") == "marker")
    if totals.is_empty():
        return []
    seen = {what: (n, of) for what, n, of in totals.select("what", "schools_n", "of_n").iter_rows()}
    rows = [
        [quoted(material.definitions.marker_rule(kind).title), _few(seen[kind][0]), integer(seen[kind][1])]
        for kind in ("a", "b", "c")
        if kind in seen
    ]
    rows.append([_("any of them"), _few(seen["any"][0]), integer(seen["any"][1])])
    columns = [
        TableColumn(_("Official markers"), "left", 3.0),
        TableColumn(_("Schools")),
        TableColumn(_("of schools judged"), "right", 1.2),
    ]
    rule = material.definitions.marker_rule("a")
    return [
        table(columns, rows, caption=_("Official markers, computed as printed, not mixed with the above")),
        sentence(
            _(
                "Source: {source} ({status}). They take no account of how far ordinary schools differ: those of a "
                "high mean point at strong schools most of all."
            ).format(
                source=rule.provenance.source,
                status=status_label(rule.provenance.status),
            ),
            look="small",
        ),
    ]


def _not_meant() -> list[str]:
    return [
        _(
            "“To be verified” is not a conclusion: small classes, selective intake, classes by level, another "
            "textbook, a new teacher or stricter marking elsewhere may explain it. Who knows the school decides."
        ),
        _(
            "“Nothing asks to be verified” is not a certificate: results raised for everybody alike cannot be told "
            "from a good school without earlier results of the same pupils or journal marks."
        ),
        _("It is no measure of a teacher or a head, and schools are not put in order by it."),
    ]


def _next_steps(material: Material) -> list[str]:
    run = material.definitions.run
    return [
        _n(
            "Show every school its own evidence first and give it {days} working day to explain; the answer stands "
            "beside the evidence.",
            "Show every school its own evidence first and give it {days} working days to explain; the answer stands "
            "beside the evidence.",
            run.school_first_days,
        ).format(days=integer(run.school_first_days)),
        _(
            "Re-mark a sample of works by a commission of several schools, together with works of schools drawn by "
            "lot; agreement in {share} of works is the reference."
        ).format(share=percent(run.remarking_agreement)),
        _("At the next procedure send observers from other schools and exchange works for marking."),
        _(
            "Put what came of it into the next run (reviews.csv): the probabilities learn from it, and confirmed "
            "results no longer count in low results and in comparisons."
        ),
        _("Ask the schools with a high culture of assessment to show how they hold and mark procedures."),
    ]
