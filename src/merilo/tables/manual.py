"""The manual of the tables, printed from the tables themselves (docs/tables.md)."""

from __future__ import annotations

from merilo.tables import TABLES
from merilo.tables.schema import Column, Table

_TYPES = {"String": "text", "Int64": "whole number", "Float64": "number", "Boolean": "yes/no"}

# In GLOSSARY.md the list of columns follows this line.
GLOSSARY_MARK = "<!-- columns: printed from src/merilo/tables, do not edit below -->"


def manual() -> str:
    """The whole manual as Markdown: every table, its key, its columns with units, ranges and meanings."""
    head = [
        "# Таблицы / Tables",
        "",
        "Этот файл напечатан из `src/merilo/tables` (`make docs`); правьте таблицы, а не его.",
        "Printed from `src/merilo/tables` (`make docs`).",
        "",
        "Суффиксы: `_n` — количество, `_share` — доля 0–1, `_points` — баллы, `_logits` — логиты, `_se` — стандартная",
        "ошибка, `_lower`/`_upper` — границы 95 % интервала. Пустая ячейка: значения нет, `note` говорит почему.",
        "",
    ]
    return "\n".join(head + [line for table in TABLES.values() for line in _section(table)])


def glossary(words: str) -> str:
    """GLOSSARY.md with its list of columns printed anew: `words` up to GLOSSARY_MARK stay as they are."""
    head, _mark, _old = words.partition(GLOSSARY_MARK)
    lines = [
        "",
        "| Column | Tables | Unit | Что значит | Meaning |",
        "|---|---|---|---|---|",
        *_glossary_rows(),
    ]
    return head.rstrip() + "\n\n" + GLOSSARY_MARK + "\n".join([*lines, ""])


def _section(table: Table) -> list[str]:
    key = ", ".join(f"`{name}`" for name in table.key)
    lines = [
        f"## {table.name}",
        "",
        f"{table.meaning_ru}. *{table.meaning}.* Ключ / key: {key}.",
        "",
        "| Столбец | Тип | Единица | Область | Что значит | Meaning |",
        "|---|---|---|---|---|---|",
    ]
    return [*lines, *(_row(column) for column in table.columns), ""]


def _row(column: Column) -> str:
    low, high = column.bounds
    if column.values:
        bounds = ", ".join(f"`{value}`" for value in column.values)
    elif low is None and high is None:
        bounds = ""
    else:
        bounds = f"{'…' if low is None else f'{low:g}'} – {'…' if high is None else f'{high:g}'}"
    kind = _TYPES.get(column.dtype.__name__, column.dtype.__name__)
    return f"| `{column.name}` | {kind} | {column.unit} | {bounds} | {column.meaning_ru} | {column.meaning} |"


def _glossary_rows() -> list[str]:
    """One line per column and meaning, with the tables that share both."""
    places: dict[tuple[str, str, str, str], list[str]] = {}
    for table in TABLES.values():
        for column in table.columns:
            seen = (column.name, column.unit, column.meaning_ru, column.meaning)
            places.setdefault(seen, []).append(table.name)
    return [
        f"| `{name}` | {', '.join(f'`{table}`' for table in tables)} | {unit} | {russian} | {english} |"
        for (name, unit, russian, english), tables in sorted(places.items())
    ]
