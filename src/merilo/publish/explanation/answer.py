"""The heading, which is the answer, and how sure it is."""

from __future__ import annotations

from merilo.language import plural_translator, translator
from merilo.publish.explanation.kinds import kind_answers
from merilo.publish.explanation.school import School
from merilo.publish.figures.strip import NOTED
from merilo.publish.report.blocks import Block, heading, points, sentence
from merilo.publish.typography import decimal, integer, percent

_ = translator("explanation")
ngettext = plural_translator("explanation")

FEW_WORKS = 60  # works of all procedures below which the absence of evidence says little
# Nothing finer than one in a hundred: how sure the model is beyond that was not measured.
OFTEN = (100, 50, 20, 10)
SURE = 0.99


def answer(school: School) -> list[Block]:
    """Heading, one paragraph, and for whom this is."""
    return [
        heading(headline(school)),
        sentence(_rests_on(school)),
        sentence(_lead(school)),
        sentence(
            _(
                "For the centre and the school. Not for publication, not for rankings and not for the pay "
                "of teachers."
            ),
            look="notice",
        ),
    ]


def headline(school: School) -> str:
    """The answer in one line."""
    words = kind_answers()
    leading = None if school.leading is None else words[school.leading.kind]
    if school.state == "verify":
        return _("Asks to be verified: {what}").format(what=leading) if leading else _("Asks to be verified")
    if school.state == "attention":
        return _("Zone of attention: {what}").format(what=leading) if leading else _("Zone of attention")
    if school.state == "high_culture":
        return _("The culture of assessment is high")
    if school.state == "little":
        return _("Too few results, nothing can be said")
    return _("Nothing asks to be verified")


def _rests_on(school: School) -> str:
    held = len(school.procedures)
    procedures = ngettext("{n} procedure", "{n} procedures", held).format(n=integer(held))
    if not school.works_n:
        return _("{procedures}; in each of them too few works to be shown.").format(procedures=procedures)
    works = ngettext("{n} work", "{n} works", school.works_n).format(n=integer(school.works_n))
    return _("{procedures}, {works}; compared with the schools of the same run, {schools} in all.").format(
        procedures=procedures, works=works, schools=integer(school.schools_n)
    )


def _lead(school: School) -> str:
    if school.state == "verify":
        return _(
            "This is a request to look and explain, not a finding: the numbers say what is unusual, they do "
            "not say why."
        )
    if school.state == "attention":
        return _(
            "Something is unusual, but not enough to ask for verification. It is worth asking the school "
            "what it knows."
        )
    if school.state == "high_culture":
        return _(
            "Fewer works are lifted over the borders of marks than in the schools of the run in general, "
            "and nothing else stands out. What is done here can be shown to others."
        )
    if school.state == "little":
        return _(
            "Too few kinds of evidence could be told: most need at least 8 pupils in a procedure. This says "
            "nothing good and nothing bad about the school."
        )
    return _("All kinds of evidence that could be told lie where ordinary schools lie.")


def how_sure(school: School) -> list[Block]:
    """Probability and q-value in words, and what they leave open."""
    if school.state == "little":
        return []
    said = [_probability_words(school), _q_words(school)]
    told = sum(1 for one in school.kinds if one.z is not None)
    said.append(_("Kinds of evidence that could be told: {told} of 9.").format(told=integer(told)))
    if school.works_n < FEW_WORKS:
        said.append(_("There are few works: that nothing is seen proves little, and what is seen is unsure."))
    if len(school.procedures) == 1:
        said.append(_("There is one procedure only: whether it happens again is unknown."))
    if school.run.has_reviews:
        said.append(_("Findings of earlier reviews (reviews.csv) entered these numbers."))
    stray = _stray(school)
    if stray:
        said.append(stray)
    return [heading(_("How sure this is")), points([one for one in said if one])]


def _probability_words(school: School) -> str:
    p = school.probability
    if p is None:
        return ""
    words = (
        _("more than {p}").format(p=percent(SURE))
        if p > SURE
        else _("less than {p}").format(p=percent(1 - SURE))
        if p < 1 - SURE
        else percent(p)
    )
    return _(
        "Probability that the school differs by more than chance and the ordinary difference between "
        "schools: {p}."
    ).format(p=words)


def _q_words(school: School) -> str:
    q = school.q_value
    if q is None:
        return ""
    if school.state == "verify":
        often = next((n for n in OFTEN if q <= 1 / n), None)
        if often is None:
            return _("Of ten schools flagged like this, {n} would on average be flagged in vain.").format(
                n=decimal(10 * q, 1)
            )
        return ngettext(
            "Of {n} school flagged as surely as this, on average no more than one is flagged in vain.",
            "Of {n} schools flagged as surely as this, on average no more than one is flagged in vain.",
            often,
        ).format(n=integer(often))
    if q > 0.5:
        return _("Were schools like this flagged too, more than half of the flags would be in vain.")
    return _("Were schools like this flagged too, about one flag of {n} would be in vain.").format(
        n=integer(max(2, round(1 / q)))
    )


def _stray(school: School) -> str:
    """Cells that stand out by chance, where nothing else does."""
    if school.state in ("verify", "attention"):
        return ""
    cells = [one for kind in school.kinds for one in kind.told]
    out = sum(one.z >= NOTED for one in cells)
    if not out:
        return ""
    return _(
        "Single cells stand out all the same: {out} of {cells}; by chance alone it would be about {chance}."
    ).format(out=integer(out), cells=integer(len(cells)), chance=integer(max(1, round(0.05 * len(cells)))))
