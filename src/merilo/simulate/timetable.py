"""Which procedures are held: every work of every spring, with its date, cut scores and link to the year before."""

from __future__ import annotations

from dataclasses import dataclass

from merilo.errors import UsageError
from merilo.language import translator
from merilo.simulate.blueprint import SUBJECTS, Blueprint, load_blueprints
from merilo.simulate.settings import AuthoritySettings
from merilo.tables.procedure import Procedure

_ = translator("simulate")


@dataclass(frozen=True, slots=True)
class PlannedProcedure:
    """A work in a year: year_index 0 is the first spring."""

    procedure: Procedure
    blueprint: Blueprint
    year_index: int

    @property
    def year_group(self) -> int:
        """Year group of the pupils (in autumn one above the programme's)."""
        return self.blueprint.year_group if self.procedure.year_group is None else self.procedure.year_group


def plan_procedures(settings: AuthoritySettings) -> list[PlannedProcedure]:
    """Procedures in the order of year, grade and subject; in autumn there are no final exams."""
    chosen = [
        blueprint
        for code, blueprint in load_blueprints().items()
        if (not settings.works or code in settings.works)
        and not (settings.autumn and blueprint.kind != "vpr")
    ]
    if not chosen:
        raise UsageError(
            _("In autumn only the works of grades 4-8 are held"), value=", ".join(settings.works)
        )
    return [
        _plan(blueprint, year, settings, chosen) for year in range(settings.years) for blueprint in chosen
    ]


def _procedure_id(blueprint: Blueprint, year: int, settings: AuthoritySettings) -> str:
    """Id like vpr_mathematics_5_2021: the grade is the programme's, the year the calendar's."""
    name = f"{blueprint.kind}_{SUBJECTS[blueprint.subject]}_{blueprint.year_group}"
    return f"{name}_{_held_in(year, settings)}" + ("_autumn" if settings.autumn else "")


def _held_in(year: int, settings: AuthoritySettings) -> int:
    """Calendar year of a procedure of the school year that ends in spring first_year + year."""
    return settings.first_year + year - (1 if settings.autumn else 0)


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
        procedure_id=_procedure_id(blueprint, year, settings),
        kind=blueprint.kind,
        subject=SUBJECTS[blueprint.subject],
        year_group=blueprint.year_group + (1 if settings.autumn else 0),
        programme_year_group=blueprint.year_group,
        date=_date(blueprint, _held_in(year, settings), settings),
        school_year=f"{spring - 1}/{spring % 100:02d}",
        cut_scores={mark: float(score) for mark, score in blueprint.cut_scores.items()},
        pass_score=float(blueprint.cut_scores[3]) if blueprint.kind == "oge" else None,
        prior=tuple(_procedure_id(other, year - 1, settings) for other in before),
        items=blueprint.items,
    )
    return PlannedProcedure(procedure, blueprint, year)


def _date(blueprint: Blueprint, calendar_year: int, settings: AuthoritySettings) -> str:
    if blueprint.kind == "oge":
        return f"{calendar_year}-05-{24 if blueprint.subject == 'RU' else 27}"
    day = 10 + 2 * (blueprint.year_group - 4) + (blueprint.subject == "MA")
    return f"{calendar_year}-{'09' if settings.autumn else '04'}-{day + (5 if settings.autumn else 0):02d}"
