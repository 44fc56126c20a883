"""Forms of ФИС ОКО: the form of 2022, the collection form of 2026 and the report Ф1."""

from __future__ import annotations

from pathlib import Path

from merilo.simulate.authority import World
from merilo.simulate.blueprint import SUBJECT_NAMES
from merilo.simulate.exchange.protocol import ABSENT, ONLY_CLASS, Protocol
from merilo.simulate.exchange.workbook import Cell, add_sheet, new_workbook, write_rows
from merilo.simulate.timetable import PlannedProcedure
from merilo.tables.procedure import Item

PREVIOUS_MARK = "Отметка за предыдущий триместр/ четверть/полугодие"
HEADER_2022 = (
    "Пользователь",
    "Код региона",
    "Регион",
    "Муниципалитет",
    "Школа",
    "Дата загрузки",
    "Код",
    "Вариант",
)
EXTENDED_TO = 1499
CLASS_NUMBERS = 50
LEVELS = {"basic": "Б", "raised": "П", "high": "В"}
HEADER_F1 = ("ОО", "Муниципалитет", "Название ОО", "Код участника", "Класс", "Вариант")
F1_TITLE = "Индивидуальные результаты участников"


def item_heading(item: Item) -> str:
    """Like «4К1 (3б)»."""
    return f"{item.item_id} ({item.max_points}б)"


def write_form2022(world: World, planned: PlannedProcedure, protocol: Protocol, path: Path) -> list[int]:
    """Sheets Классы and Протокол. Returns the file row (from 1) of every protocol row."""
    schools, on = world.schools, _russian_date(planned)
    header = [
        *HEADER_2022,
        *map(item_heading, protocol.items),
        "Наименование класса",
        "Пол",
        PREVIOUS_MARK,
        "Итого баллов",
    ]
    classes = sorted({(j, str(letter)) for j, letter in zip(protocol.school, protocol.letter)})
    with new_workbook(path) as book:
        numbered = [[schools.org_ids[j], _class_name(planned, letter)] for j, letter in classes]
        write_rows(add_sheet(book, "Классы"), [["Школа", "Наименование класса"], *numbered])
        rows: list[list[Cell]] = [list(header)]
        for r, j in enumerate(protocol.school):
            login = schools.org_ids[j]
            place = f"{schools.municipality_codes[j]} | {schools.municipalities[j]}"
            school: list[Cell] = [login, int(login[3:5]), f"Регион {login[3:5]}", place]
            school += [f'{login} | МБОУ "{schools.names[j]}"', on, protocol.code[r], protocol.variant[r]]
            pupil: list[Cell] = [_class_name(planned, protocol.letter[r]), protocol.sex[r]]
            pupil += [protocol.journal[r], protocol.total[r]]
            rows.append([*school, *(cells[r] for cells in protocol.points), *pupil])
        write_rows(add_sheet(book, "Протокол"), rows)
    return list(range(2, len(protocol) + 2))


def write_collection(planned: PlannedProcedure, protocol: Protocol, path: Path) -> list[int]:
    """The form that one school fills in, pre-extended with totals of 0. Returns the file row of every protocol row."""
    n_items = len(protocol.items)
    header = [
        "Код участника",
        "Вариант",
        *map(item_heading, protocol.items),
        "Порядковый номер класса",
        PREVIOUS_MARK,
    ]
    letters = sorted({str(letter).upper() for letter in protocol.letter})
    with new_workbook(path) as book:
        sheet = add_sheet(book, "Протокол")
        write_rows(sheet, [[*header, "Итого баллов"]])
        for r in range(EXTENDED_TO):
            total: Cell = 0
            if r < len(protocol):
                number = letters.index(str(protocol.letter[r]).upper()) + 1
                cells = [protocol.code[r], protocol.variant[r], *(column[r] for column in protocol.points)]
                write_rows(sheet, [[*cells, number, protocol.journal[r]]], r + 1)
                total = protocol.total[r] or 0
            formula = f"=SUM(C{r + 2}:{_column_name(n_items + 1)}{r + 2})"
            sheet.write_formula(r + 1, n_items + 4, formula, None, total)
        service: list[list[Cell]] = [["Предмет", SUBJECT_NAMES[planned.blueprint.subject]], ["Вариант"]]
        service += [[word] for word in ("1", "2", ABSENT, "Баллы", *map(str, range(6)), "X")]
        write_rows(add_sheet(book, "Служебный"), service)
        classes: list[list[Cell]] = [["Порядковый номер", "Наименование класса"]]
        classes += [[k + 1, _class_name(planned, letter)] for k, letter in enumerate(letters)]
        classes += [[k] for k in range(len(letters) + 1, CLASS_NUMBERS + 1)]
        write_rows(add_sheet(book, "Порядковый номер класса"), classes)
    return list(range(2, len(protocol) + 2))


def write_f1(world: World, planned: PlannedProcedure, protocol: Protocol, path: Path) -> list[int]:
    """Report «Индивидуальные результаты» of pupils present. Returns the file row (from 1) of every protocol row."""
    blueprint, schools = planned.blueprint, world.schools
    subject, spring = SUBJECT_NAMES[blueprint.subject], planned.procedure.date[:4]
    short = "МА" if blueprint.subject == "MA" else "РУ"
    total = sum(item.max_points for item in protocol.items)
    blank: list[Cell] = [None] * (len(HEADER_F1) - 1)
    rows: list[list[Cell]] = [
        [F1_TITLE],
        [],
        [f"ВПР {spring} {subject} {blueprint.year_group} класс"],
        ["Предмет:", subject],
        ["Максимальный первичный балл:", total],
        ["Дата:", _russian_date(planned)],
        ["Уровень сложности задания", *blank, *(LEVELS[item.level] for item in protocol.items)],
        [*HEADER_F1, *map(item_heading, protocol.items), "Первичный балл", "Отметка", "Отметка по журналу"],
    ]
    file_row = [0] * len(protocol)
    by_school: dict[int, list[int]] = {}
    for r, j in enumerate(protocol.school):
        by_school.setdefault(j, []).append(r)
    for j, members in by_school.items():
        login = schools.org_ids[j]
        rows.append([f"{schools.names[j]}({login})", f"Кол-во участников: {len(members)}"])
        for r in members:
            file_row[r] = len(rows) + 1
            row: list[Cell] = [login, schools.municipalities[j], schools.names[j], protocol.code[r]]
            row += [_class_name(planned, protocol.letter[r]), protocol.variant[r]]
            row += [cells[r] for cells in protocol.points]
            rows.append([*row, protocol.total[r], protocol.mark[r], protocol.journal[r]])
    with new_workbook(path) as book:
        write_rows(add_sheet(book, f"{short} {blueprint.year_group} Индивидуальные результаты"), rows)
    return file_row


def _class_name(planned: PlannedProcedure, letter: Cell) -> str:
    word = str(letter)
    return f"{planned.year_group}" if word.upper() == ONLY_CLASS else f"{planned.year_group}{word}"


def _russian_date(planned: PlannedProcedure) -> str:
    year, month, day = planned.procedure.date.split("-")
    return f"{day}.{month}.{year}"


def _column_name(position: int) -> str:
    """Excel's name of a column, 0-based."""
    head, tail = divmod(position, 26)
    return (chr(64 + head) if head else "") + chr(65 + tail)
