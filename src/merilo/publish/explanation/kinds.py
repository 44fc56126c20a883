"""Each kind of evidence in words: its name, the answer that it gives, what was seen, beside what."""

from __future__ import annotations

from merilo.language import plural_translator, translator
from merilo.publish.explanation.school import KindFound
from merilo.publish.typography import NOTHING, decimal, integer, percent, percent_interval, signed_points

_ = translator("explanation")
ngettext = plural_translator("explanation")

IN_POINTS = ("level", "cohort", "participation")  # told as percentage points with their sign
LARGER_IS_UNUSUAL = ("spread",)


def kind_names() -> dict[str, str]:
    """Kind -> its name, as a heading."""
    return {
        "threshold": _("Works that gather on the borders of marks"),
        "item_profile": _("Single items done better than the rest"),
        "expert_leniency": _("Items marked by a person"),
        "similarity": _("Works alike within a class"),
        "spread": _("Spread of the scores"),
        "journal": _("Marks of the works against the journal"),
        "level": _("Result against earlier results of the same pupils"),
        "cohort": _("Change of the same year group"),
        "participation": _("Who was absent"),
    }


def kind_answers() -> dict[str, str]:
    """Kind -> what stands after “Asks to be verified:”."""
    return {
        "threshold": _("many works stand exactly on the border of a mark"),
        "item_profile": _("single items are done much better than the rest"),
        "expert_leniency": _("items marked by a person have gained more than the rest"),
        "similarity": _("works within classes are unusually alike"),
        "spread": _("scores lie unusually close together"),
        "journal": _("marks of the works are much higher than the journal implies"),
        "level": _("the result is much higher than earlier results of the same pupils imply"),
        "cohort": _("the result of the same year group has risen sharply"),
        "participation": _("many pupils were absent, above all weaker ones"),
    }


def value(kind: str, number: float | None) -> str:
    """An estimate of this kind in its own unit."""
    if number is None:
        return NOTHING
    if kind in IN_POINTS:
        return _("{points} pp").format(points=signed_points(number, 1))
    if kind == "spread":
        return decimal(number, 2)
    if kind == "journal":
        return decimal(number, 2)
    return percent(max(number, 0.0)) if kind == "threshold" else percent(number, 1)


def interval(kind: str, lower: float | None, upper: float | None) -> str:
    """The two limits of an estimate."""
    if lower is None or upper is None:
        return NOTHING
    if kind in IN_POINTS:
        return f"{signed_points(lower, 1)}…{signed_points(upper, 1)}"
    if kind in ("spread", "journal"):
        return f"{decimal(lower, 2)}…{decimal(upper, 2)}"
    if kind == "threshold":
        return percent_interval(max(lower, 0.0), min(upper, 1.0))
    return f"{percent(lower, 1)}…{percent(upper, 1)}"


def seen(found: KindFound) -> str:
    """What was seen, with its interval and the number of works."""
    if found.estimate is None:
        return _(
            "It cannot be told here how much: there are too few works, or the number would reveal some "
            "pupils."
        )
    procedures = ngettext("{n} procedure", "{n} procedures", len(found.told)).format(
        n=integer(len(found.told))
    )
    return _seen_words()[found.kind].format(
        estimate=value(found.kind, found.estimate),
        interval=interval(found.kind, found.lower, found.upper),
        n=integer(found.n),
        procedures=procedures,
    )


def _seen_words() -> dict[str, str]:
    return {
        "threshold": _(
            "About {estimate} ({interval}) of the works that were 1–2 points short of a mark stand on its "
            "border instead; {n} such works were to be expected ({procedures})."
        ),
        "item_profile": _(
            "Items that stand out have brought {estimate} ({interval}) of all points beyond what the other "
            "items of the same pupils imply ({procedures}, works: {n})."
        ),
        "expert_leniency": _(
            "On the items marked by a person {estimate} ({interval}) of their points were gained beyond "
            "what the other items imply ({procedures}, works: {n})."
        ),
        "similarity": _(
            "About {estimate} ({interval}) of the answers agree with the best work of the class beyond what "
            "the results and the usual likeness of classmates imply ({procedures}, works: {n})."
        ),
        "spread": _(
            "The spread of the scores is {estimate} ({interval}) of the one expected; 1 is as expected "
            "({procedures}, works: {n})."
        ),
        "journal": _(
            "Marks of the works are {estimate} ({interval}) of a mark above those implied by the journal "
            "({procedures}, works with a journal mark: {n})."
        ),
        "level": _(
            "The mean result differs from the one implied by earlier results of the same pupils by "
            "{estimate} ({interval}) of the highest score ({procedures}, works: {n})."
        ),
        "cohort": _(
            "The mean result differs from the one implied by the earlier result of this year group by "
            "{estimate} ({interval}) of the highest score ({procedures}, works: {n})."
        ),
        "participation": _(
            "The share of absent pupils differs from the usual one by {estimate} ({interval}) "
            "({procedures}, pupils entered: {n})."
        ),
    }


def compared(found: KindFound) -> str:
    """The same in the other schools of the run; empty where there are too few."""
    if found.usual is None or found.usual_high is None or found.others_n is None or found.estimate is None:
        return ""
    if found.kind in LARGER_IS_UNUSUAL:
        return _("In the middle one of the other {n} schools it is {usual}.").format(
            n=integer(found.others_n), usual=value(found.kind, found.usual)
        )
    said = _(
        "In the middle one of the other {n} schools it is {usual}; in nine of ten it is not above {high}."
    ).format(
        n=integer(found.others_n),
        usual=value(found.kind, found.usual),
        high=value(found.kind, found.usual_high),
    )
    return said.replace("..", ".")  # an abbreviation may end the sentence


def basis(kind: str) -> str:
    """What the school is compared with."""
    return {
        "threshold": _(
            "Compared with: the smooth distribution that fits this school's own scores, and with how much "
            "the other schools of the run lift."
        ),
        "item_profile": _(
            "Compared with: pupils of all schools with the same total score, allowing for the ordinary "
            "difference between schools; the common part of a skill is taken off."
        ),
        "expert_leniency": _(
            "Compared with: the same pupils' results on the other items and the usual marking of all "
            "schools of the run."
        ),
        "similarity": _(
            "Compared with: how alike works with the same scores are in classes of the other schools."
        ),
        "spread": _(
            "Compared with: the spread that goes with such a mean and such journal marks in the other "
            "schools."
        ),
        "journal": _("Compared with: how marks and journals go together in the other schools."),
        "level": _("Compared with: schools whose pupils had the same earlier results."),
        "cohort": _("Compared with: other schools' changes between the same two procedures."),
        "participation": _(
            "Compared with: absences in the other schools, and the journal marks of the absent with those "
            "of the present."
        ),
    }[kind]


def where(found: KindFound) -> str:
    """In which procedures it stands out; empty where in none."""
    noted = found.noted
    if not noted:
        return ""
    named = "; ".join(one.title for one in noted[:3])
    said = ngettext(
        "It is unusual in {noted} procedure of {told}: {titles}",
        "It is unusual in {noted} procedures of {told}, most of all: {titles}",
        len(noted),
    )
    return said.format(noted=integer(len(noted)), told=integer(len(found.told)), titles=named) + "."
