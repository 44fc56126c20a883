"""Which exchange form is this sheet? Answered from its header row, never from the file's name."""

from __future__ import annotations

import re
from dataclasses import dataclass

from merilo.collect.exchange.cells import item_id_of
from merilo.collect.exchange.words import header_seen, header_word, is_personal
from merilo.collect.exchange.workbook import Sheet, Workbook
from merilo.errors import UnknownLayoutError
from merilo.language import translator

_ = translator("exchange")

# The header stands within the first rows: Ф1 has seven rows above it.
HEADER_WITHIN = 40

_ROLES = {
    "логин школы": "login",
    "user": "login",
    "оо": "login",
    "логин оо": "login",
    "пользователь": "user",
    "школа": "school",
    "название оо": "org_name",
    "наименование оо": "org_name",
    "муниципалитет": "municipality",
    "код обучающегося": "code",
    "code": "code",
    "код": "code",
    "код участника": "code",
    "otc": "journal_mark",
    "отметка по журналу": "journal_mark",
    "отметка": "mark",
    "пол": "sex",
    "gender": "sex",
    "класс": "class",
    "klass": "class",
    "наименование класса": "class",
    "порядковый номер класса": "class",
    "вариант": "variant",
    "var-1": "variant",
    "var-2": "second_variant",
    "всего баллов": "total",
    "sum": "total",
    "итого баллов": "total",
    "первичный балл": "total",
    "дата загрузки": "loaded_on",
}
_JOURNAL = "отметка за предыдущ"
_ITEM_2021 = re.compile(r"балл за (\S{1,8})")
_ITEM_2020 = re.compile(r"a-(\d{1,2})-grade")
_ITEM_FORM = re.compile(r"(\d[^\s()]{0,7})\s*\((\d{1,2})\s*б\.?\)")


@dataclass(frozen=True, slots=True)
class Layout:
    """A form of results: its name, the columns it cannot do without, and how it heads the items' columns."""

    name: str
    needs: tuple[str, ...]
    item_style: str


# In order of preference where a sheet has the columns of several: the more columns, the earlier.
LAYOUTS = (
    Layout("raw2020", ("login", "code", "total"), "a-N-grade"),
    Layout("raw2021", ("login", "code", "total"), "балл за N"),
    Layout("form2022", ("school", "code", "total"), "N (Mб)"),
    Layout("f1", ("login", "code", "total"), "N (Mб)"),
    Layout("form2026", ("code", "variant", "total"), "N (Mб)"),
)


def layout_title(name: str) -> str:
    """What a form is called in messages."""
    return {
        "raw2020": _("regional export of 2020 (user, code, var-1, sum, a-1-grade …)"),
        "raw2021": _("regional export of 2021 («логин школы», «код обучающегося», «балл за 1» …)"),
        "form2022": _("form of 2022 (sheets «Классы» and «Протокол»)"),
        "f1": _("report Ф1 «Индивидуальные результаты»"),
        "form2026": _("collection form «Форма сбора результатов»"),
        "gia": _("«Протокол проверки» of the state exams"),
        "plan": _("item plan («№ КИМ», «Код КТ», «Максимальный балл»)"),
        "content_codes": _("list of content elements KS"),
        "skill_codes": _("list of requirements KT"),
    }[name]


@dataclass(frozen=True, slots=True)
class ItemColumn:
    """A column of item points: where it stands, its id as printed; maximum, level, marking where the form tells."""

    position: int
    item_id: str
    max_points: int | None = None
    level: str = ""
    marking: str = ""


@dataclass(frozen=True, slots=True)
class Header:
    """The recognised header of a sheet of results.

    row: 0-based row of the header; roles: role -> column; personal_n: columns of personal data, never read.
    """

    layout: Layout
    row: int
    roles: dict[str, int]
    items: tuple[ItemColumn, ...]
    personal_n: int


def find_header(sheet: Sheet) -> Header | None:
    """The header of a sheet of results, or None if the sheet holds none of the forms."""
    for number, cells in enumerate(sheet.rows[:HEADER_WITHIN]):
        words = [header_word(cell) for cell in cells]
        items, style = _item_columns(words)
        if not items:
            continue
        roles = _roles(words)
        layout = _choose(roles, style)
        if layout is not None:
            above = sheet.rows[number - 1] if number else []
            personal_n = sum(is_personal(word) for word in words)
            return Header(layout, number, roles, _with_levels(items, above), personal_n)
    return None


def unknown_layout(book: Workbook) -> UnknownLayoutError:
    """The error that says what was seen and which forms are known; it quotes nothing that could be a name."""
    rows = [row for sheet in book.sheets for row in sheet.rows[:HEADER_WITHIN]]
    seen = max((header_seen(row) for row in rows), key=len, default=[])
    width = max((len(row) for row in rows), default=0)
    words = (
        "; ".join(f"«{word}»" for word in seen)
        if seen
        else _("no known heading among {n} columns").format(n=width)
    )
    missing = _nearest(book)
    known = "; ".join(layout_title(name) for name in (*(layout.name for layout in LAYOUTS), "gia", "plan"))
    return UnknownLayoutError(
        _("No known exchange form is recognised. Headings seen: {words}").format(words=words)
        + (". " + missing if missing else ""),
        file=book.label,
        next_step=_("Known forms: {known}. Keep the form's own headings and import again.").format(
            known=known
        ),
    )


def _item_columns(words: list[str]) -> tuple[list[ItemColumn], str]:
    for pattern, style in ((_ITEM_2020, "a-N-grade"), (_ITEM_2021, "балл за N"), (_ITEM_FORM, "N (Mб)")):
        found = [(place, match) for place, word in enumerate(words) if (match := pattern.fullmatch(word))]
        if found:
            return [
                ItemColumn(place, item_id_of(match[1]), int(match[2]) if pattern is _ITEM_FORM else None)
                for place, match in found
            ], style
    return [], ""


def _roles(words: list[str]) -> dict[str, int]:
    roles: dict[str, int] = {}
    for place, word in enumerate(words):
        role = "journal_mark" if word.startswith(_JOURNAL) else _ROLES.get(word, "")
        if role and not is_personal(word):
            roles.setdefault(role, place)
    if "school" not in roles and "user" in roles:
        roles["school"] = roles["user"]
    return roles


def _choose(roles: dict[str, int], style: str) -> Layout | None:
    for layout in LAYOUTS:
        if layout.item_style == style and all(role in roles for role in layout.needs):
            return layout
    return None


def _with_levels(items: list[ItemColumn], above: list[object]) -> tuple[ItemColumn, ...]:
    """Ф1 prints Б, П or В above each item."""
    letters = {"Б": "basic", "П": "raised", "В": "high"}
    return tuple(
        ItemColumn(
            item.position,
            item.item_id,
            item.max_points,
            letters.get(str(above[item.position]).strip().upper(), "") if item.position < len(above) else "",
        )
        for item in items
    )


def _nearest(book: Workbook) -> str:
    """For a sheet that has item columns but lacks another: which form it nearly is, and the column it lacks."""
    printed = {
        "login": "логин школы / ОО",
        "school": "Школа",
        "code": "код",
        "total": "всего баллов",
        "variant": "Вариант",
    }
    for sheet in book.sheets:
        for cells in sheet.rows[:HEADER_WITHIN]:
            words = [header_word(cell) for cell in cells]
            _items, style = _item_columns(words)
            roles = _roles(words)
            near = [layout for layout in LAYOUTS if layout.item_style == style]
            if near:
                closest = min(near, key=lambda layout: sum(role not in roles for role in layout.needs))
                lacking = ", ".join(f"«{printed[role]}»" for role in closest.needs if role not in roles)
                return _("It is nearly the {title}, but lacks the column {columns}").format(
                    title=layout_title(closest.name), columns=lacking
                )
    return ""
