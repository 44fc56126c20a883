"""Which procedures are held: every work of every spring, with its date, cut scores and link to the year before."""

from __future__ import annotations

from dataclasses import dataclass

from merilo.simulate.blueprint import SUBJECTS, Blueprint, load_blueprints
from merilo.simulate.settings import AuthoritySettings
from merilo.tables.procedure import Procedure


@dataclass(frozen=True, slots=True)
class PlannedProcedure:
    """A work in a year: year_index 0 is the first spring."""

    procedure: Procedure
    blueprint: Blueprint
    year_index: int


def plan_procedures(settings: AuthoritySettings) -> list[PlannedProcedure]:
    """Procedures in the order of year, grade and subject."""
    chosen = [b for code, b in load_blueprints().items() if not settings.works or code in settings.works]
    return [
        _plan(blueprint, year, settings, chosen) for year in range(settings.years) for blueprint in chosen
    ]


def procedure_id(blueprint: Blueprint, spring: int) -> str:
    """Id like vpr_2021_ma5."""
    return f"{blueprint.kind}_{spring}_{blueprint.code.lower()}"


def _plan(
    blueprint: Blueprint, year: int, settings: AuthoritySettings, chosen: list[Blueprint]
) -> PlannedProcedure:
    spring = settings.first_year + year
    before = [
        other
        for other in chosen
        if year and other.subject == blueprint.subject and other.year_group == blueprint.year_group - 1
    ]
    procedure = Procedure(
        procedure_id=procedure_id(blueprint, spring),
        kind=blueprint.kind,
        subject=SUBJECTS[blueprint.subject],
        year_group=blueprint.year_group,
        programme_year_group=blueprint.year_group,
        date=_date(blueprint, spring),
        school_year=f"{spring - 1}/{spring % 100:02d}",
        cut_scores={mark: float(score) for mark, score in blueprint.cut_scores.items()},
        pass_score=float(blueprint.cut_scores[3]) if blueprint.kind == "oge" else None,
        prior=tuple(procedure_id(other, spring - 1) for other in before),
        items=blueprint.items,
    )
    return PlannedProcedure(procedure, blueprint, year)


def _date(blueprint: Blueprint, spring: int) -> str:
    if blueprint.kind == "oge":
        return f"{spring}-05-{24 if blueprint.subject == 'RU' else 27}"
    return f"{spring}-04-{10 + 2 * (blueprint.year_group - 4) + (blueprint.subject == 'MA'):02d}"
