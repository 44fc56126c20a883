"""An official list of schools («Перечень ОО с признаками необъективных результатов») as a table of entries.

Such lists have no fixed form: a title, a header row that names a login, a code, an ИНН or only the school, and either
one column of reasons in words or a column for each marker with a tick. What is understood is taken, the rest reported.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from merilo.collect.exchange.heading import heading_of_text
from merilo.collect.exchange.layouts import HEADER_WITHIN, find_header
from merilo.collect.exchange.schools import org_id_of
from merilo.collect.exchange.words import header_word, is_personal, squeezed
from merilo.collect.exchange.workbook import Cell, Sheet, Workbook
from merilo.errors import TableError, UsageError
from merilo.language import translator

if TYPE_CHECKING:
    from merilo.definitions import Definitions
    from merilo.definitions.markers import ObjectivityMarker

_ = translator("exchange")

# Headings by their beginning, the more telling first.
_HEADINGS = (
    ("inn", r"инн\b"),
    ("year", r"(?:учебный )?год\b|период"),
    ("login", r"логин|код(?: оо| школы| организации| образовательной организации)?$|(?:org_id|edu|login)$"),
    (
        "name",
        r"(?:полное |краткое )?(?:наименование|название)|оо$|школа$|name$"
        r"|(?:обще)?образовательн\w+ (?:организац|учрежд)",
    ),
    ("reason", r"признак|маркер|основани|причин|критери|показател|reason|marker"),
)
_MARKER_HEADING = re.compile(
    r"впр|огэ|егэ|завыш|несоответств|возраст|рост\b|паден|спад|резк|признак|маркер|\d+\s*кл"
)
_NOT_A_MARKER = re.compile(
    r"№|n(?!\w)|п/п|всего|итого|кол|числ|доля|%|регион|субъект|муниц|район|город|адрес|директ|телефон|прим"
)
_TICKS = {"1", "+", "да", "x", "х", "v", "✓", "✔", "√", "true", "есть", "*"}
_NO_TICKS = {"", "0", "-", "–", "—", "нет", "false"}
_YEARS = re.compile(r"(20\d\d)\s*[/–—-]\s*(20\d\d|\d\d)(?!\d)")
_NUMBERED = re.compile(r"(?:fioko|фиоко|маркер|признак)\s*[_№]?\s*(\d{1,2})(?!\d)")


@dataclass(frozen=True, slots=True)
class ListedSchool:
    """A row of the list. row: in the file; login, inn, name: as told, "" where not; school_year: like 2020/21 or "";
    markers: reasons, an id of the definitions where one is recognised; unread: cells of ticks that are none.
    """

    row: int
    login: str
    inn: str
    name: str
    school_year: str
    markers: tuple[str, ...]
    unread: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class OfficialList:
    """A recognised list: its title and its rows."""

    title: str
    schools: tuple[ListedSchool, ...]


@dataclass(frozen=True, slots=True)
class _Header:
    row: int
    roles: dict[str, int]
    ticks: dict[int, str]


def read_official_list(book: Workbook, definitions: Definitions, *, year: int | None = None) -> OfficialList:
    """The rows of every sheet that holds a list. year: calendar year where neither the rows nor the title nor the name
    of the file tell one.

    Raises TableError where no sheet holds a list, UsageError where no year is known.
    """
    if any(find_header(sheet) is not None for sheet in book.sheets):
        raise TableError(
            _("This is a form of results, not a list of schools"),
            file=book.label,
            next_step=_("Import it without --official-list."),
        )
    found = [(sheet, header) for sheet in book.sheets if (header := _find_header(sheet)) is not None]
    if not found:
        raise TableError(
            _(
                "No list of schools is recognised: a row of headings with a login, a code, an ИНН or a name is needed"
            ),
            file=book.label,
            next_step=_("Give the columns headings such as «Логин ОО», «Наименование ОО», «Признак»."),
        )
    title = _title(found[0][0], found[0][1]) or book.path.stem
    usual = _year_of(title, definitions) or _year_of(book.path.stem, definitions)
    usual = usual or ("" if year is None else _school_year(year))
    schools = [school for sheet, header in found for school in _schools(sheet, header, definitions, usual)]
    if not all(school.school_year for school in schools):
        raise UsageError(
            _("The list does not say of which year it is"),
            value=book.label,
            next_step=_("Add the option --year with the calendar year of the procedures."),
        )
    return OfficialList(title, tuple(schools))


def marker_of(text: str, definitions: Definitions) -> str:
    """The id of the one official marker that a heading or a reason speaks of; else the text itself, squeezed."""
    words = header_word(text)
    numbered = _NUMBERED.search(words)
    known = {marker.number: marker for marker in definitions.markers}
    if numbered and int(numbered[1]) in known:
        return known[int(numbered[1])].id
    subject = definitions.subject_in(squeezed(text))
    kinds = [
        kind
        for kind, pattern in (
            (("a", ""), r"завыш"),
            (("b", ""), r"несоответств|отметк"),
            (("c", "rise"), r"возраст|рост(?!\w)|роста(?!\w)"),
            (("c", "fall"), r"паден|спад"),
        )
        if re.search(pattern, words)
    ]
    if subject is None or len(kinds) != 1:
        return squeezed(text)
    fitting = [
        marker
        for marker in definitions.markers
        if (marker.kind, marker.direction) == kinds[0]
        and marker.subject == subject.id
        and _fits(marker, words)
    ]
    return fitting[0].id if len(fitting) == 1 else squeezed(text)


def _fits(marker: ObjectivityMarker, words: str) -> bool:
    if marker.procedure == "oge" or "огэ" in words:
        return marker.procedure == "oge" and "огэ" in words
    groups = {int(number) for number in re.findall(r"(?<!\d)(1[01]|[1-9])(?!\d)", words)}
    return groups <= set(marker.year_groups) and marker.year_groups[0] in groups


def _find_header(sheet: Sheet) -> _Header | None:
    for number, cells in enumerate(sheet.rows[:HEADER_WITHIN]):
        words = [header_word(cell) for cell in cells]
        roles: dict[str, int] = {}
        ticks: dict[int, str] = {}
        for place, word in enumerate(words):
            if not word or is_personal(word) or _NOT_A_MARKER.match(word):
                continue
            role = next((role for role, pattern in _HEADINGS if re.match(pattern, word)), "")
            if role and role not in roles and not (role == "reason" and re.search(r"\d", word)):
                roles[role] = place
            elif _MARKER_HEADING.search(word) or re.fullmatch(r"[а-я]{2}[ -]?\d{1,2}", word):
                ticks[place] = squeezed(cells[place])
        # A title above the list is one long cell; a header has several.
        if {"login", "inn", "name"} & set(roles) and sum(bool(word) for word in words) > 1:
            return _Header(number, roles, ticks)
    return None


def _title(sheet: Sheet, header: _Header) -> str:
    """The longest text above the header."""
    above = [squeezed(cell) for row in sheet.rows[: header.row] for cell in row if isinstance(cell, str)]
    return max(above, key=len, default="")


def _schools(
    sheet: Sheet, header: _Header, definitions: Definitions, usual_year: str
) -> Iterator[ListedSchool]:
    for number, cells in enumerate(sheet.rows[header.row + 1 :], start=header.row + 2):
        login, inn, name, year = (
            squeezed(_cell(cells, header.roles.get(role))) for role in ("login", "inn", "name", "year")
        )
        if not (login or inn or name):
            continue
        words = [squeezed(cell) for cell in cells if squeezed(cell)]
        if words == [str(place) for place in range(1, len(words) + 1)]:
            continue  # numbers of the columns under the header
        reasons = [
            marker_of(part, definitions)
            for part in re.split(r"[;\n]+", str(_cell(cells, header.roles.get("reason")) or ""))
            if squeezed(part)
        ]
        ticked, unread = _ticked(cells, header.ticks)
        markers = [*reasons, *(marker_of(heading, definitions) for heading in ticked)]
        yield ListedSchool(
            row=number,
            login=org_id_of(login) if login else "",
            inn=re.sub(r"\D", "", inn),
            name=name,
            school_year=_year_of(year, definitions) or usual_year,
            markers=tuple(dict.fromkeys(markers)),
            unread=tuple(unread),
        )


def _ticked(cells: Sequence[Cell], ticks: dict[int, str]) -> tuple[list[str], list[tuple[str, str]]]:
    """Headings of the columns that are ticked; heading and cell of those that hold something else."""
    ticked, unread = [], []
    for place, heading in ticks.items():
        word = header_word(_cell(cells, place))
        if word in _TICKS:
            ticked.append(heading)
        elif word not in _NO_TICKS:
            unread.append((heading, word))
    return ticked, unread


def _cell(cells: Sequence[Cell], place: int | None) -> Cell:
    return cells[place] if place is not None and place < len(cells) else None


def _year_of(text: str, definitions: Definitions) -> str:
    """The school year that a text names: 2020/2021, 2020-21; a calendar year alone is that of its spring."""
    both = _YEARS.search(text)
    if both and (int(both[1]) + 1) % 100 == int(both[2]) % 100:
        return _school_year(int(both[1]) + 1)
    heading = heading_of_text(text, definitions) if text else None
    if heading is None or heading.year is None:
        return ""
    return _school_year(heading.year + 1 if heading.autumn else heading.year)


def _school_year(spring: int) -> str:
    return f"{spring - 1}/{spring % 100:02d}"
