"""Which procedure is this? Content before options before the file's name; an open question is an error, not a guess."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TypedDict

from merilo.collect.exchange.heading import Heading
from merilo.errors import TableError
from merilo.language import translator

_ = translator("exchange")

# A layout that was in use in one year only.
_YEAR_OF_LAYOUT = {"raw2020": 2020, "raw2021": 2021}
_LAST_YEAR_GROUP = 11
_ENOUGH = 0.8


class Work(TypedDict):
    """What definitions know a work by: the scale and the plan follow the programme."""

    kind: str
    subject: str
    year_group: int
    year: int


@dataclass(frozen=True, slots=True)
class Identity:
    """The facts of procedure.toml that identify a procedure.

    year_group: of the pupils; programme_year_group: whose programme the work tests (the one in its name);
    autumn works test the programme of the year before. year: calendar year.
    """

    procedure_id: str
    kind: str
    subject: str
    year_group: int
    programme_year_group: int
    year: int
    school_year: str
    on: date | None

    @property
    def work(self) -> Work:
        """The work behind the procedure."""
        return Work(
            kind=self.kind, subject=self.subject, year_group=self.programme_year_group, year=self.year
        )


@dataclass(frozen=True, slots=True)
class Options:
    """What the user said beside the files; None where nothing was said.

    year_group: as in the name of the work (autumn 2020: the programme's).
    """

    subject: str | None = None
    year_group: int | None = None
    year: int | None = None
    kind: str | None = None
    procedure_id: str | None = None
    org_id: str | None = None


def identify(
    content: Heading,
    name: Heading,
    options: Options,
    *,
    label: str,
    layout: str,
    code_digits: dict[int, float],
) -> tuple[Identity, list[str]]:
    """The procedure of one sheet of results, and sentences about what was assumed.

    code_digits: first digit of the pupils' codes -> share of rows. Raises TableError naming the option that
    answers an open question, or the two sources that contradict each other.
    """
    warnings: list[str] = []
    layout_year = Heading(year=_YEAR_OF_LAYOUT.get(layout))
    said = {
        fact: _settled(fact, content, options, name, label, warnings)
        for fact in ("subject", "year_group", "year")
    }
    if said["year"] is None and layout_year.year is not None:
        said["year"] = layout_year.year
        warnings.append(
            _("{file}: the year is not written anywhere; {year} is taken, when this form was in use.").format(
                file=label, year=layout_year.year
            )
        )
    for fact, value in said.items():
        if value is None:
            raise _open_question(fact, label)
    subject, written, year = str(said["subject"]), int(str(said["year_group"])), int(str(said["year"]))
    kind = options.kind or "vpr"
    on = content.on if content.on is not None and content.on.year == year else None
    autumn = _is_autumn(content, name, kind, year, written)
    year_group, programme = _year_groups(written, autumn, code_digits, label, warnings)
    start = year if autumn else year - 1
    identity = Identity(
        procedure_id=options.procedure_id
        or f"{kind}_{subject}_{programme}_{year}" + ("_autumn" if autumn else ""),
        kind=kind,
        subject=subject,
        year_group=year_group,
        programme_year_group=programme,
        year=year,
        school_year=f"{start}/{(start + 1) % 100:02d}",
        on=on,
    )
    return identity, warnings


def _settled(
    fact: str, content: Heading, options: Options, name: Heading, label: str, warnings: list[str]
) -> str | int | None:
    inside: str | int | None = getattr(content, fact)
    option: str | int | None = getattr(options, fact)
    named: str | int | None = getattr(name, fact)
    if inside is not None and option is not None and inside != option:
        raise TableError(
            _("The file itself says {fact} = {inside}, but the option says {option}").format(
                fact=_fact_name(fact), inside=inside, option=option
            ),
            file=label,
            next_step=_("Leave the option out, or import the file that you meant."),
        )
    if inside is None and option is not None and named is not None and option != named:
        warnings.append(
            _("{file}: its name says {fact} = {named}; the option {option} is used.").format(
                file=label, fact=_fact_name(fact), named=named, option=option
            )
        )
    return next((value for value in (inside, option, named) if value is not None), None)


def _fact_name(fact: str) -> str:
    return {"subject": _("subject"), "year_group": _("year group"), "year": _("year")}[fact]


def _is_autumn(content: Heading, name: Heading, kind: str, year: int, written: int) -> bool:
    """Autumn by the date, by the name, or because VPR of 2020 took place in autumn (14.09-12.10)."""
    if written >= _LAST_YEAR_GROUP - 1:
        return False
    said = content.autumn if content.autumn is not None else name.autumn
    return (kind == "vpr" and year == 2020) if said is None else said


def _year_groups(
    written: int, autumn: bool, code_digits: dict[int, float], label: str, warnings: list[str]
) -> tuple[int, int]:
    """Year group of the pupils and of the programme.

    A work of autumn is named after its programme, and the pupils' codes begin with their own year group. Where they
    begin with the year group of the name, the file was named after the pupils.
    """
    expected = written + 1 if autumn else written
    digit = max(code_digits, key=lambda first: (code_digits[first], -first), default=None)
    if digit is None or code_digits[digit] < _ENOUGH or digit == expected or expected >= 10:
        return expected, written
    if autumn and digit == written:
        warnings.append(
            _(
                "{file}: the codes say that pupils of year group {written} wrote this work of autumn; "
                "it is taken for the programme of year group {programme}."
            ).format(file=label, written=written, programme=written - 1)
        )
        return written, written - 1
    warnings.append(
        _(
            "{file}: the pupils' codes begin with {digit}, but year group {expected} is expected "
            "for a work of year group {written}. Check the year group."
        ).format(file=label, digit=digit, expected=expected, written=written)
    )
    return expected, written


def _open_question(fact: str, label: str) -> TableError:
    rules = {
        "subject": _("The subject is written neither in the file nor in its name"),
        "year_group": _("The year group is written neither in the file nor in its name"),
        "year": _("The year is written neither in the file nor in its name"),
    }
    steps = {
        "subject": _("Add the option --subject, for example --subject mathematics."),
        "year_group": _("Add the option --year-group, for example --year-group 5."),
        "year": _("Add the option --year, for example --year 2021."),
    }
    return TableError(rules[fact], file=label, next_step=steps[fact])
