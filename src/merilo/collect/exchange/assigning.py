"""Which item plan and which lists of codes belong to which procedure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from merilo.collect.exchange.heading import Heading
from merilo.collect.exchange.identity import Identity
from merilo.collect.exchange.plans import CodeList, Plan
from merilo.errors import TableError
from merilo.language import translator

_ = translator("exchange")

_Belonging = TypeVar("_Belonging", Plan, CodeList)


def plan_of(identity: Identity, plans: Sequence[Plan], *, works_n: int) -> Plan | None:
    """The plan of a procedure. works_n: how many different works (subject and year group) the import holds.

    Raises TableError where two plans fit, or where a plan names no work and the import holds several.
    """
    fitting = _fitting(identity, plans, works_n=works_n)
    distinct = {plan.items: plan for plan in reversed(fitting)}
    if len(distinct) > 1:
        raise TableError(
            _("Two different item plans fit the procedure {id}: {first} and {second}").format(
                id=identity.procedure_id, first=fitting[0].label, second=fitting[1].label
            ),
            file=fitting[1].label,
            next_step=_("Import one of them, or write subject, year group and year into the files' names."),
        )
    return fitting[0] if fitting else None


def skill_names_of(
    identity: Identity, plan: Plan | None, lists: Sequence[CodeList], *, works_n: int
) -> dict[str, str]:
    """Skill code -> name: from KT, else from the plan's own words where an item tests that skill alone."""
    names: dict[str, str] = {}
    for codes in _fitting(identity, [codes for codes in lists if codes.kind == "skill"], works_n=works_n):
        names = codes.names | names
    if plan is not None:
        for item in plan.items:
            if len(item.skills) == 1 and item.text:
                names.setdefault(item.skills[0], item.text)
    return names


def _fitting(identity: Identity, candidates: Sequence[_Belonging], *, works_n: int) -> list[_Belonging]:
    fitting = [one for one in candidates if _says(one.heading, identity) is not False]
    sure = [one for one in fitting if _says(one.heading, identity)]
    if sure:
        return sure
    if fitting and works_n > 1:
        raise TableError(
            _("The file does not say to which work it belongs, and there are results of {n} works").format(
                n=works_n
            ),
            file=fitting[0].label,
            next_step=_("Write subject and year group into its name, for example «МА5 план.xlsx»."),
        )
    return fitting


def _says(heading: Heading, identity: Identity) -> bool | None:
    """True: this work; False: another one; None: it does not tell."""
    pairs = (
        (heading.subject, identity.subject),
        (heading.year_group, identity.programme_year_group),
        (heading.year, identity.year),
    )
    if any(said is not None and said != real for said, real in pairs):
        return False
    return True if heading.subject is not None and heading.year_group is not None else None
