"""What to check first, and what all this does not mean."""

from __future__ import annotations

from merilo.language import translator
from merilo.publish.explanation.school import KindFound, School
from merilo.publish.report.blocks import Block, heading, points, sentence

_ = translator("explanation")

PRIOR_KINDS = ("level", "cohort", "journal")


def check_first(school: School) -> list[Block]:
    """The first steps, by the leading kind; for the others nothing but an open door."""
    if school.state == "little":
        return [
            heading(_("What can be done")),
            points(
                [
                    _("Look at the works themselves together with the school: there are few of them."),
                    _("Wait for the next procedures: several of them are judged together."),
                ]
            ),
        ]
    if school.leading is None:
        return []
    steps = [*_steps(school.leading.kind), _ask_school()]
    return [heading(_("What to check first")), _where_first(school.leading), points(steps)]


def _where_first(leading: KindFound) -> Block:
    titles = "; ".join(one.title for one in (leading.noted or leading.told)[:3])
    return sentence(_("Begin with: {titles}.").format(titles=titles))


def _ask_school() -> str:
    return _(
        "Ask the school for its explanation, and enter what was found into reviews.csv: the next run learns "
        "from it."
    )


def _steps(kind: str) -> list[str]:
    return {
        "threshold": [
            _(
                "Have the works on the border and just below it re-marked by a commission of another "
                "school, unseen marks."
            ),
            _(
                "Look at corrections: points changed after the first marking, protocols of appeals, dates "
                "of entry."
            ),
            _(
                "Compare the criteria used with the printed ones, item by item, and ask who marked whose "
                "class."
            ),
            _("Ask how the school decides when a point is missing: a rule of its own may explain it."),
        ],
        "item_profile": [
            _("Look at the works: do solutions of these items repeat each other word for word."),
            _("See who received the materials and when, and how they were kept until the work."),
            _("Compare with the plan of lessons: were such items solved just before the work."),
            _("Give a short work on the same topics with other items."),
        ],
        "expert_leniency": [
            _(
                "Have 20–30 works re-marked on these items by a commission of another school, names and "
                "marks covered."
            ),
            _(
                "Compare the criteria used with the printed ones, and see whether teachers marked their own "
                "classes."
            ),
            _(
                "Look at how markers agreed before the work: joint marking of two or three works settles "
                "most of it."
            ),
        ],
        "similarity": [
            _("Look at the seating, the variants and who was in the room in the classes named below."),
            _("Lay the works of one such class side by side: the same wrong answers and wordings say most."),
            _(
                "Ask how the subject is taught there: one way of writing solutions down also makes works "
                "alike."
            ),
            _("At the next procedure: other seating, several variants, an observer from another school."),
        ],
        "spread": [
            _("See who was absent, and who was moved to another class or form of study before the work."),
            _("Have the lowest works re-marked by a commission of another school."),
            _("Compare with other works of the same pupils: is the spread as small there."),
        ],
        "journal": [
            _("Compare the journal with the works in one or two classes: where do they part."),
            _(
                "Have 20–30 works whose mark is above the journal's re-marked by a commission of another "
                "school."
            ),
            _(
                "Ask whether the journal is kept strictly on purpose: then the journal differs and not the "
                "work."
            ),
        ],
        "level": [
            _(
                "Look at what changed: teachers, hours, programme, pupils who came and left. A good reason "
                "is worth sharing."
            ),
            _("Invite an observer to the next procedure and have part of the works re-marked elsewhere."),
            _("Compare with exams and works marked outside the school."),
        ],
        "cohort": [
            _("See whether they are the same pupils: who came, who left, which classes were joined."),
            _("Compare how both procedures were held: rooms, observers, markers, time of year."),
            _("Invite an observer to the next procedure and have part of the works re-marked elsewhere."),
        ],
        "participation": [
            _("Ask for the list of the absent with the reasons: certificates, orders, competitions."),
            _("See whether a reserve day was held and who used it."),
            _("Offer the absent pupils the work or a work like it, and look at the results together."),
            _("Compare with attendance on the days around the work."),
        ],
    }[kind]


def does_not_mean(school: School) -> list[Block]:
    """What must not be read into it."""
    said = []
    if school.state in ("verify", "attention"):
        said += [
            _(
                "It is not established that anybody acted wrongly, and nothing is said of any teacher or "
                "pupil."
            ),
            _("It is not a place among schools: the numbers are not comparable as grades."),
        ]
    else:
        said.append(_("It is not a certificate: what is done weakly or rarely cannot be seen in few works."))
    said.append(_uniform(school))
    return [heading(_("What this does not mean")), points(said)]


def _uniform(school: School) -> str:
    """Raising everybody alike is seen only against something else."""
    told = {
        kind: found
        for kind in PRIOR_KINDS
        if (found := school.found(kind)) is not None and found.z is not None
    }
    if not told:
        return _(
            "If all results were raised alike, it could not be told from a good school: there are no "
            "earlier results of the same pupils and no journal marks to compare with."
        )
    names = {
        "level": _("earlier results"),
        "cohort": _("the earlier procedure"),
        "journal": _("journal marks"),
    }
    beside = ", ".join(names[kind] for kind in told)
    return _(
        "Results raised alike everywhere are seen only against something else, here: {beside}. What these "
        "do not show cannot be told from a good school."
    ).format(beside=beside)
