"""The plan of a work («план варианта», ALL.xlsx) with its lists of codes KS.xlsx and KT.xlsx."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from merilo.simulate.blueprint import SUBJECT_NAMES, Blueprint
from merilo.simulate.exchange.forms import LEVELS
from merilo.simulate.exchange.workbook import Cell, add_sheet, new_workbook, write_rows
from merilo.simulate.item_form import subject_skills

HEADER = (
    "№ КИМ",
    "№",
    "Умения, виды деятельности (в соответствии с ФГОС)",
    "Блоки ПООП НОО: выпускник научится / получит возможность научиться",
    "Уровень сложности",
    "Код КЭС",
    "Код КТ",
    "Максимальный балл",
    "Примерное время (мин)",
)
CONTENTS = {
    "MA": {
        "1": "Числа",
        "2": "Арифметические действия",
        "3": "Геометрические фигуры и величины",
        "4": "Работа с информацией",
        "5": "Выражения и уравнения",
        "6": "Функции",
        "7": "Текстовые задачи",
        "8": "Вероятность",
    },
    "RU": {
        "1": "Звуки и буквы",
        "2": "Состав слова",
        "3": "Лексика",
        "4": "Части речи",
        "5": "Словосочетание и предложение",
        "6": "Правописание",
        "7": "Знаки препинания",
        "8": "Текст и речь",
    },
}
MINUTES = {"basic": 2, "raised": 5, "high": 8}


def skill_codes(subject: str) -> dict[str, str]:
    """Skill -> its code in KT.xlsx."""
    return {skill: f"1.{number}" for number, skill in enumerate(subject_skills()[subject], start=1)}


def write_plan(blueprint: Blueprint, folder: Path) -> None:
    """ALL.xlsx, KS.xlsx and KT.xlsx of one work; an item with several codes has a row for each further code."""
    codes = skill_codes(blueprint.subject)
    rows: list[list[Cell]] = [list(HEADER)]
    for number, item in enumerate(blueprint.items, start=1):
        first, *more = item.skills
        block = f"Научится: {item.text.lower()}"
        row: list[Cell] = [
            item.item_id,
            number,
            item.text,
            block,
            LEVELS[item.level],
            "; ".join(item.contents),
        ]
        rows.append([*row, codes[first], item.max_points, MINUTES[item.level]])
        rows.extend([item.item_id, number, None, None, None, None, codes[skill]] for skill in more)
    _write(folder / "ALL.xlsx", rows)
    contents = CONTENTS[blueprint.subject].items()
    _write(folder / "KS.xlsx", [["Код", "Проверяемые элементы содержания"], *contents])
    _write(
        folder / "KT.xlsx",
        [["Код", "Проверяемые требования"], *([code, skill] for skill, code in codes.items())],
    )


def plan_folder(blueprint: Blueprint, spring: str) -> str:
    """Name of the folder that says which work the plan is for."""
    return f"{SUBJECT_NAMES[blueprint.subject]}, {blueprint.year_group} класс. ВПР {spring}"


def _write(path: Path, rows: Sequence[Sequence[Cell]]) -> None:
    with new_workbook(path) as book:
        write_rows(add_sheet(book, "Лист1"), rows)
