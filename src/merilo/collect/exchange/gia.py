"""«Протокол проверки» of the state exams (RIS ГИА): works from the masks of answers, people from nowhere.

The protocol holds names and passports. They are hashed with the key of the import the moment a row is read; from
there on there is only the pseudonym, which is the same in all exams of one file (with a key file: in all files).
Masks: «++-2+» short answers (+ full, - zero, figure = part of the points), «2(2)1(3)» long ones as score(maximum).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from merilo.collect.exchange.cells import EMPTY, UNREADABLE, read_marks, read_numbers
from merilo.collect.exchange.heading import Heading
from merilo.collect.exchange.layouts import Header, ItemColumn, Layout
from merilo.collect.exchange.protocol import Protocol
from merilo.collect.exchange.schools import School
from merilo.collect.exchange.words import header_word, squeezed
from merilo.collect.exchange.workbook import Cell, Rows, Sheet

LAYOUT = Layout("gia", (), "")
# Numbers of exams: ГВЭ in Russian and mathematics; ЕГЭ in basic mathematics, which has its own test form.
GVE = (51, 52)
BASE_MATHEMATICS = 22

if TYPE_CHECKING:
    from merilo.definitions import Definitions

_EXAM = re.compile(r"(\d{1,2})\s*[-–]\s*(.+?)[\s(]+(20\d\d)[.-](\d\d)[.-](\d\d)\)?")
_ROLES = {
    "код оо": "org",
    "schoolcode": "org",
    "класс": "class",
    "classcode": "class",
    "вариант": "variant",
    "первичный балл": "total",
    "primarymark": "total",
    "оценка": "mark",
    "mark5": "mark",
    "итоговый балл": "test_score",
    "тестовый балл": "test_score",
    "ответы в краткой форме": "short",
    "задания с кратким ответом": "short",
    "testresultbcell": "short",
    "ответы в развернутой форме": "long",
    "задания с развернутым ответом": "long",
    "testresultccell": "long",
}
_PERSON = {"фамилия", "имя", "отчество", "серия", "номер", "код участника"}
_PERSON |= {"surnamecell", "namecell", "secondnamecell", "documentseriescode", "documentnumbercode"}
_LONG = re.compile(r"(\d{1,2})\((\d{1,2})\)")


@dataclass(frozen=True, slots=True)
class ExamProtocol:
    """One exam of a file. code, title, on: of its heading row (0, "", None in a bare table); kind: oge, ege or gve."""

    code: int
    title: str
    on: date | None
    kind: str
    header: Header
    protocol: Protocol


def read_exams(sheet: Sheet, *, key: bytes) -> list[ExamProtocol]:
    """The exams of a sheet, one after the other; empty if it holds no «Протокол проверки»."""
    found: list[ExamProtocol] = []
    heads = [(row, places) for row, cells in enumerate(sheet.rows) if (places := _places(cells)) is not None]
    for number, (row, places) in enumerate(heads):
        end = heads[number + 1][0] if number + 1 < len(heads) else len(sheet.rows)
        begin = heads[number - 1][0] if number else -1
        code, title, on = _exam_above(sheet.rows[begin + 1 : row])
        protocol = _read_exam(sheet.rows, row, end, places, key)
        if protocol.code:
            kind = "gve" if code in GVE else "ege" if "test_score" in places else "oge"
            header = Header(LAYOUT, row, {}, protocol.items, 0)
            found.append(ExamProtocol(code, title, on, kind, header, protocol))
    return found


def heading_of_exam(exam: ExamProtocol, definitions: Definitions) -> Heading:
    """What the heading row of an exam says; ЕГЭ is of year group 11, ОГЭ of 9, ГВЭ may be of both."""
    subject = definitions.subject_of_gia_code(exam.code) or definitions.subject_in(exam.title)
    return Heading(
        subject=subject.id if subject else None,
        year_group={"oge": 9, "ege": 11}.get(exam.kind),
        year=exam.on.year if exam.on else None,
        on=exam.on,
        autumn=False,
    )


def _places(cells: Sequence[Cell]) -> dict[str, int] | None:
    """Columns by role where the row is a header of a protocol; persons' columns as person0, person1, …"""
    places: dict[str, int] = {}
    for place, cell in enumerate(cells):
        word = header_word(cell) if isinstance(cell, str) else ""
        if word in _ROLES:
            places.setdefault(_ROLES[word], place)
        elif word in _PERSON:
            places[f"person{len(places)}"] = place
    return places if {"org", "total"} <= places.keys() and {"short", "long"} & places.keys() else None


def _exam_above(rows: Rows) -> tuple[int, str, date | None]:
    """«04 - Химия 2026.06.01», the last such row above the header."""
    for row in reversed(rows):
        for cell in row:
            told = _EXAM.search(cell) if isinstance(cell, str) else None
            if told:
                try:
                    return int(told[1]), told[2].strip(), date(int(told[3]), int(told[4]), int(told[5]))
                except ValueError:
                    continue
    return 0, "", None


def _read_exam(rows: Rows, head: int, end: int, places: dict[str, int], key: bytes) -> Protocol:
    def cells(role: str, kept: list[int]) -> list[Cell]:
        place = places.get(role)
        return ["" if place is None or place >= len(rows[row]) else rows[row][place] for row in kept]

    body = list(range(head + 1, end))
    kept = [row for row, org in zip(body, cells("org", body)) if re.fullmatch(r"\w{2,12}", squeezed(org))]
    people = [place for role, place in places.items() if role.startswith("person")]
    pupils = [
        _pseudonym([rows[row][place] for place in people if place < len(rows[row])], key) for row in kept
    ]
    items, columns = _items(cells("short", kept), cells("long", kept))
    points = np.array(columns, dtype=np.int16).T.reshape(len(kept), len(items))
    # Inside an exam a person is a running number: equal persons have equal numbers, so twins are found.
    numbers = {pupil: str(100_000 + place) for place, pupil in enumerate(dict.fromkeys(pupils))}
    no = np.zeros(len(kept), bool)
    orgs = [squeezed(org).lower() for org in cells("org", kept)]
    return Protocol(
        file_row=np.array(kept, dtype=np.int64) + 1,
        org_id=orgs,
        code=[numbers[pupil] if pupil else str(900_000 + n) for n, pupil in enumerate(pupils)],
        klass=[squeezed(cell) for cell in cells("class", kept)],
        variant=[squeezed(cell) for cell in cells("variant", kept)],
        sex=[""] * len(kept),
        said_absent=no,
        part_absent=no,
        journal_mark=np.full(len(kept), np.nan),
        mark=read_marks(cells("mark", kept)),
        total=read_numbers(cells("total", kept)),
        points=points,
        cells=[["" for _row in kept] for _item in items],
        body_row=np.arange(len(kept)),
        overlong=no,
        items=items,
        schools=[School(org) for org in sorted(set(orgs))],
        pupil_id=pupils,
    )


def _pseudonym(person: list[Cell], key: bytes) -> str:
    words = [squeezed(cell).lower().replace("ё", "е") for cell in person]
    if not any(words):
        return ""
    return hashlib.blake2b("\x1f".join(words).encode(), key=key, digest_size=10).hexdigest()


def _items(short: list[Cell], long: list[Cell]) -> tuple[tuple[ItemColumn, ...], list[list[int]]]:
    """Items numbered through short and long answers, and their points row by row."""
    masks = [re.sub(r"\s", "", squeezed(cell)).replace("−", "-").replace("–", "-") for cell in short]
    width = max(map(len, masks), default=0)
    items: list[ItemColumn] = []
    columns: list[list[int]] = []
    for place in range(width):
        signs = [mask[place] if place < len(mask) else "" for mask in masks]
        # A full answer is one point more than the most that anybody got for a part of it.
        most = 1 + max((int(sign) for sign in signs if sign.isdecimal()), default=0)
        items.append(ItemColumn(place, str(place + 1), most, marking="auto"))
        columns.append([_short_points(sign, most) for sign in signs])
    pairs = [[(int(got), int(most)) for got, most in _LONG.findall(squeezed(cell))] for cell in long]
    for place in range(max(map(len, pairs), default=0)):
        given = [row[place] if place < len(row) else None for row in pairs]
        most = max((pair[1] for pair in given if pair), default=1)
        items.append(ItemColumn(width + place, str(width + place + 1), max(1, most), marking="expert"))
        columns.append([EMPTY if pair is None else pair[0] for pair in given])
    return tuple(items), columns


def _short_points(sign: str, most: int) -> int:
    if sign == "":
        return EMPTY
    if sign.isdecimal():
        return int(sign)
    return {"+": most, "-": 0}.get(sign, UNREADABLE)
