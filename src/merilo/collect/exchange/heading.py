"""Subject, year group, year and date of a procedure, as its file or its name tells them."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import TYPE_CHECKING

from merilo.collect.exchange.layouts import Header
from merilo.collect.exchange.words import squeezed
from merilo.collect.exchange.workbook import Sheet, Workbook

if TYPE_CHECKING:
    from merilo.definitions import Definitions

_YEAR_GROUP = re.compile(
    r"(?<!\d)(1[01]|[1-9])\s*(?:-?\s*(?:й|го|м|х|е))?\s*(?:класс|кл(?!\w))", re.IGNORECASE
)
_WORK_CODE = re.compile(r"(?<![^\W_])[А-ЯA-Z]{2,3}[ _-]?(1[01]|[1-9])(?!\d)")
_YEAR_OF_VPR = re.compile(r"(?:впр|vpr)[\s_.-]*(20[12]\d)", re.IGNORECASE)
_YEAR = re.compile(r"(?<!\d)(20[12]\d)(?!\d)")
_DATE = re.compile(r"(?<!\d)(\d{1,2})\.(\d{1,2})\.(20[12]\d)(?!\d)")
_AUTUMN = re.compile(r"осен|autumn", re.IGNORECASE)
_LOGIN = re.compile(r"(?:edu|sch)(\d{6})(?!\d)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Heading:
    """What one source (content, options, name) says; None where it is silent.

    subject: id of definitions; year_group: the number as written; year: calendar year of the procedure;
    on: its date; autumn: whether it is said to be held in autumn; org_id: the school of a one-school file.
    """

    subject: str | None = None
    year_group: int | None = None
    year: int | None = None
    on: date | None = None
    autumn: bool | None = None
    org_id: str | None = None

    def filled_from(self, other: Heading) -> Heading:
        """The same heading with its gaps filled from another."""
        gaps = {f.name: getattr(other, f.name) for f in fields(self) if getattr(self, f.name) is None}
        return replace(self, **gaps)


def heading_of_content(book: Workbook, sheet: Sheet, header: Header, definitions: Definitions) -> Heading:
    """What stands above the header (Ф1: «ВПР 2026 Русский язык 4 класс», Дата) and on the service sheet."""
    above = [squeezed(cell) for row in sheet.rows[: header.row] for cell in row if isinstance(cell, str)]
    service = [
        squeezed(cell)
        for other in book.sheets
        if other.name.strip().lower() == "служебный"
        for row in other.rows[:50]
        for cell in row
        if isinstance(cell, str)
    ]
    titled = [text for text in above if _is_title(text)]
    if not titled and len(set(filter(_is_title, service))) == 1:
        titled = list(filter(_is_title, service))[:1]
    found = heading_of_text(" . ".join(titled), definitions) if titled else Heading()
    after = _labelled(sheet.rows[: header.row], "предмет", definitions) or _service_subject(book, definitions)
    on = _date_above(sheet, header) or _date_loaded(sheet, header)
    return Heading(
        subject=found.subject or after,
        year_group=found.year_group,
        year=found.year or (on.year if on else None),
        on=on,
        autumn=None if on is None else on.month >= 8,
        org_id=None,
    )


def heading_of_name(book: Workbook, definitions: Definitions) -> Heading:
    """What the file's name tells, its folder's name where the name is silent."""
    own = heading_of_text(book.path.stem, definitions)
    return own.filled_from(heading_of_text(book.path.resolve().parent.name, definitions))


def heading_of_text(text: str, definitions: Definitions) -> Heading:
    """Read a title such as «по русскому языку, 5 класс. ВПР 2021» or «МА5_2021 осень edu223017»."""
    text = " ".join(text.replace("_", " ").split())
    subject = definitions.subject_in(text) if text else None
    group = _YEAR_GROUP.search(text) or (_WORK_CODE.search(text) if subject else None)
    year = _YEAR_OF_VPR.search(text) or _YEAR.search(text)
    login = _LOGIN.search(text)
    on = _dated(text)
    return Heading(
        subject=subject.id if subject else None,
        year_group=int(group[1]) if group else None,
        year=int(year[1]) if year else None,
        on=on,
        autumn=True if _AUTUMN.search(text) else (on.month >= 8 if on else None),
        org_id=f"edu{login[1]}" if login else None,
    )


def _is_title(text: str) -> bool:
    return _YEAR_GROUP.search(text) is not None or _YEAR_OF_VPR.search(text) is not None


def _labelled(rows: list[list[object]], label: str, definitions: Definitions) -> str | None:
    """The subject in the cell after `Предмет:`."""
    for row in rows:
        words = [squeezed(cell) for cell in row if squeezed(cell)]
        if len(words) > 1 and words[0].lower().startswith(label):
            subject = definitions.find_subject(words[1]) or definitions.subject_in(words[1])
            return subject.id if subject else None
    return None


def _service_subject(book: Workbook, definitions: Definitions) -> str | None:
    rows = [
        row for sheet in book.sheets if sheet.name.strip().lower() == "служебный" for row in sheet.rows[:50]
    ]
    return _labelled(rows, "предмет", definitions)


def _date_above(sheet: Sheet, header: Header) -> date | None:
    for row in sheet.rows[: header.row]:
        words = [squeezed(cell).lower() for cell in row]
        if any(word.startswith("дата") for word in words):
            for cell in row:
                found = _as_date(cell)
                if found is not None:
                    return found
    return None


def _date_loaded(sheet: Sheet, header: Header) -> date | None:
    """The middle one of the dates at which schools loaded their protocols (form of 2022)."""
    place = header.roles.get("loaded_on")
    if place is None:
        return None
    seen = {cell for row in sheet.rows[header.row + 1 :] if place < len(row) and (cell := row[place])}
    dates = sorted(found for cell in seen if (found := _as_date(cell)) is not None)
    return dates[len(dates) // 2] if dates else None


def _as_date(cell: object) -> date | None:
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    return _dated(cell) if isinstance(cell, str) else None


def _dated(text: str) -> date | None:
    found = _DATE.search(text)
    iso = re.search(r"(20[12]\d)-(\d\d)-(\d\d)", text)
    try:
        if found:
            return date(int(found[3]), int(found[2]), int(found[1]))
        return date(int(iso[1]), int(iso[2]), int(iso[3])) if iso else None
    except ValueError:
        return None
