"""Regional raw exports of 2020 and 2021: one sheet of all the region's pupils."""

from __future__ import annotations

from pathlib import Path

from merilo.simulate.authority import World
from merilo.simulate.exchange.mess import ROWS_BEYOND
from merilo.simulate.exchange.protocol import Protocol
from merilo.simulate.exchange.workbook import Cell, add_sheet, new_workbook, write_rows

ITEM_COLUMNS_2020 = 40
HEADER_2021 = (
    "логин школы",
    "регион",
    "номер обучающегося",
    "код обучающегося",
    "отметка за предыдущую четверть/триместр",
    "пол",
    "класс",
    "вариант",
    "всего баллов",
)
TEXTBOOK_2021 = ("Учебник", "Др.уч. автор", "Др.уч. название")
HEADER_2020 = ("groups", "user", "id", "code", "otc", "gender", "klass", "var-1", "var-2", "sum")
TEXTBOOKS = 5


def write_raw2021(world: World, protocol: Protocol, path: Path, *, beyond: bool) -> list[int]:
    """Columns of items are counted 1, 2, …, not by № КИМ. Returns the file row (from 1) of every protocol row."""
    header = [*HEADER_2021, *(f"балл за {i}" for i in range(1, len(protocol.items) + 1)), *TEXTBOOK_2021]
    rows = [_row_2021(world, protocol, r) for r in range(len(protocol))]
    _write(path, header, rows, beyond=beyond, total=len(HEADER_2021) - 1)
    return list(range(2, len(protocol) + 2))


def write_raw2020(
    world: World, protocol: Protocol, path: Path, *, beyond: bool, two_parts: bool
) -> list[int]:
    """Padded to 40 columns of items. Returns the file row (from 1) of every protocol row."""
    header = [*HEADER_2020, *(f"a-{i}-grade" for i in range(1, ITEM_COLUMNS_2020 + 1))]
    rows = [_row_2020(world, protocol, r, two_parts) for r in range(len(protocol))]
    _write(path, header, rows, beyond=beyond, total=len(HEADER_2020) - 1)
    return list(range(2, len(protocol) + 2))


def _row_2021(world: World, protocol: Protocol, r: int) -> list[Cell]:
    login = world.schools.org_ids[protocol.school[r]]
    textbook = f"Учебник {1 + protocol.school[r] % TEXTBOOKS}"
    first: list[Cell] = [
        login,
        int(login[3:5]),
        r + 1,
        protocol.code[r],
        protocol.journal[r],
        protocol.sex[r],
    ]
    first += [protocol.letter[r], protocol.variant[r], protocol.total[r]]
    return [*first, *(cells[r] for cells in protocol.points), textbook, None, None]


def _row_2020(world: World, protocol: Protocol, r: int, two_parts: bool) -> list[Cell]:
    login = world.schools.org_ids[protocol.school[r]]
    first: list[Cell] = [
        f"region{login[3:5]}",
        "sch" + login[3:],
        r + 1,
        protocol.code[r],
        protocol.journal[r],
    ]
    # Russian had two parts with a variant each.
    second = protocol.variant[r] if two_parts else None
    first += [protocol.sex[r], protocol.letter[r], protocol.variant[r], second, protocol.total[r]]
    return [*first, *(cells[r] for cells in protocol.points)]


def _write(path: Path, header: list[str], rows: list[list[Cell]], *, beyond: bool, total: int) -> None:
    with new_workbook(path) as book:
        sheet = add_sheet(book, "Sheet")
        end = write_rows(sheet, [header, *rows])
        if beyond:
            # Rows that hold no pupil: only a zero where a formula once stood.
            blank: list[Cell] = [None] * total
            write_rows(sheet, [[*blank, 0]] * ROWS_BEYOND, end)
