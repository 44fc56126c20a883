"""The item plan («план варианта», ALL.xlsx) and the lists of codes KS.xlsx and KT.xlsx."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from merilo.collect.exchange.cells import item_id_of, points_of
from merilo.collect.exchange.heading import Heading, heading_of_name, heading_of_text
from merilo.collect.exchange.layouts import HEADER_WITHIN
from merilo.collect.exchange.words import header_word, squeezed
from merilo.collect.exchange.workbook import Cell, Rows, Workbook
from merilo.errors import TableError
from merilo.language import translator

if TYPE_CHECKING:
    from merilo.definitions import Definitions

_ = translator("exchange")

_LEVELS = {
    "б": "basic",
    "п": "raised",
    "в": "high",
    "базовый": "basic",
    "повышенный": "raised",
    "высокий": "high",
}
_COLUMNS = (
    ("item_id", "№ ким"),
    ("number", "№"),
    ("text", "умения"),
    ("block", "блоки пооп"),
    ("level", "уровень"),
    ("content", "код кэс"),
    ("skill", "код кт"),
    ("max_points", "максимальный балл"),
    ("minutes", "примерное время"),
)
_CODE = re.compile(r"\d+(?:\.\d+)*[а-яa-z]?")


@dataclass(frozen=True, slots=True)
class PlannedItem:
    """One item of a plan: id as printed (№ КИМ), points, level, and the codes it tests, each once, in order."""

    item_id: str
    max_points: int
    level: str
    skills: tuple[str, ...]
    contents: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Plan:
    """An item plan and what its file says about the procedure it belongs to."""

    label: str
    sha256: str
    heading: Heading
    items: tuple[PlannedItem, ...]


@dataclass(frozen=True, slots=True)
class CodeList:
    """Codes and their names. kind: "skill" (KT, requirements) or "content" (KS, content elements)."""

    label: str
    sha256: str
    heading: Heading
    kind: str
    names: dict[str, str]


def find_plan(book: Workbook, definitions: Definitions) -> Plan | None:
    """The item plan in a workbook, or None. Raises TableError where a recognised plan is broken."""
    for sheet in book.sheets:
        for number, row in enumerate(sheet.rows[:HEADER_WITHIN]):
            places = _places([header_word(cell) for cell in row])
            if {"item_id", "max_points"} <= places.keys() and {"skill", "content", "text"} & places.keys():
                title = " . ".join(
                    squeezed(c) for above in sheet.rows[:number] for c in above if isinstance(c, str)
                )
                heading = heading_of_text(title, definitions).filled_from(heading_of_name(book, definitions))
                items = _read_items(sheet.rows, number, places, book.label)
                return Plan(book.label, book.sha256, heading, items)
    return None


def find_code_list(book: Workbook, definitions: Definitions) -> CodeList | None:
    """The list of skill or content codes in a workbook, or None."""
    for sheet in book.sheets:
        for number, row in enumerate(sheet.rows[:HEADER_WITHIN]):
            words = [header_word(cell) for cell in row]
            code = next(
                (place for place, word in enumerate(words) if re.fullmatch(r"код(?: кт| кэс)?", word)), None
            )
            if code is None:
                continue
            for stem, kind in (("проверяемые требования", "skill"), ("проверяемые элементы", "content")):
                name = next((place for place, word in enumerate(words) if word.startswith(stem)), None)
                if name is not None:
                    names = _read_names(sheet.rows[number + 1 :], code, name)
                    return CodeList(book.label, book.sha256, heading_of_name(book, definitions), kind, names)
    return None


def _places(words: list[str]) -> dict[str, int]:
    places: dict[str, int] = {}
    for place, word in enumerate(words):
        for name, stem in _COLUMNS:
            if name not in places and (word == stem or (stem != "№" and word.startswith(stem))):
                places[name] = place
                break
    return places


def _read_items(rows: Rows, header: int, places: dict[str, int], label: str) -> tuple[PlannedItem, ...]:
    """Rows below the header; a row without its own № КИМ continues the item above (one item, many codes)."""
    found: list[PlannedItem] = []
    for number, row in enumerate(rows[header + 1 :], start=header + 2):
        cells = {name: row[place] if place < len(row) else "" for name, place in places.items()}
        item_id = item_id_of(cells["item_id"])
        points = points_of(cells["max_points"])
        same = bool(found) and item_id in ("", found[-1].item_id)
        if item_id and not re.match(r"\d", item_id):
            continue  # «Итого», notes below the table
        if not item_id and not same:
            continue
        if same and (points < 0 or item_id):
            found[-1] = _joined(found[-1], cells)
            continue
        if not item_id:
            continue
        if points < 1:
            raise TableError(
                _("The plan gives no maximum for the item"),
                file=label,
                row=number,
                column="Максимальный балл",
                value=item_id,
                next_step=_("Write the highest points as a whole number."),
            )
        found.append(_joined(PlannedItem(item_id, points, _level(cells.get("level")), (), (), ""), cells))
    ids = [item.item_id for item in found]
    twins = [item_id for item_id in ids if ids.count(item_id) > 1]
    if twins or not found:
        raise TableError(
            _("The plan names an item twice") if twins else _("The plan has no items"),
            file=label,
            column="№ КИМ",
            value=twins[0] if twins else None,
            next_step=_("Write № КИМ as text (5.1, 4К1), each once."),
        )
    return tuple(found)


def _joined(item: PlannedItem, cells: dict[str, Cell]) -> PlannedItem:
    skills = dict.fromkeys((*item.skills, *_codes(cells.get("skill", ""))))
    contents = dict.fromkeys((*item.contents, *_codes(cells.get("content", ""))))
    text = item.text or squeezed(cells.get("text", ""))
    return PlannedItem(item.item_id, item.max_points, item.level, tuple(skills), tuple(contents), text)


def _codes(cell: Cell) -> list[str]:
    """Codes of a cell: «1.1; 2.3», «1.1, 1.2», line breaks; a lone number stays as printed."""
    return _CODE.findall(item_id_of(cell).lower() if not isinstance(cell, str) else squeezed(cell).lower())


def _level(cell: Cell) -> str:
    return _LEVELS.get(squeezed(cell).lower(), "")


def _read_names(rows: Rows, code: int, name: int) -> dict[str, str]:
    names: dict[str, str] = {}
    for row in rows:
        if max(code, name) < len(row) and (key := item_id_of(row[code]).lower()):
            names.setdefault(key, squeezed(row[name]))
    return {key: value for key, value in names.items() if value}
