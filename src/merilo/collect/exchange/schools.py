"""The school of a row: its login, and what the form tells about it."""

from __future__ import annotations

import re
from dataclasses import dataclass

import polars as pl

from merilo.collect.exchange.words import squeezed
from merilo.collect.exchange.workbook import Cell

_LOGIN = re.compile(r"(?:edu|sch)\s?(\d{6})(?!\d)", re.IGNORECASE)
_CODE_IN_BRACKETS = re.compile(r"\s*\((?:edu|sch|reg)[\d_m]+\)\s*", re.IGNORECASE)
_CODE_BEFORE_BAR = re.compile(r"^\s*(?:edu|sch|reg)[\d_m]+\s*\|\s*", re.IGNORECASE)
_KINDS = (
    ("special", r"коррекцион|интернат|овз|адаптир|санатор"),
    ("gymnasium", r"гимназ"),
    ("lyceum", r"лице[йяюе]"),
    ("centre", r"центр образован|образовательный центр"),
)
COLUMNS = ("org_id", "name", "kind", "municipality", "district", "locality")


@dataclass(frozen=True, slots=True)
class School:
    """org_id: «edu» and six digits, or another login in lower case; name and municipality may be empty."""

    org_id: str
    name: str = ""
    municipality: str = ""


def org_id_of(cell: Cell) -> str:
    """The login in a cell: `sch22NNNN`, `edu22NNNN`, «edu22NNNN | МБОУ …», «МБОУ …(edu22NNNN)»; "" if empty."""
    text = squeezed(cell)
    found = _LOGIN.search(text)
    return f"edu{found[1]}" if found else text.lower().replace(" ", "")


def name_without_code(cell: Cell) -> str:
    """A school's or municipality's name without the code written before or behind it."""
    text = _CODE_BEFORE_BAR.sub("", squeezed(cell)) if cell else ""
    text = _CODE_IN_BRACKETS.sub(" ", text).strip()
    return "" if _LOGIN.fullmatch(text) else text


def kind_of(name: str) -> str:
    """Kind of organisation by its name; empty where there is no name."""
    if not name:
        return ""
    return next((kind for kind, stems in _KINDS if re.search(stems, name.lower())), "school")


def organisations_frame(schools: list[School]) -> pl.DataFrame:
    """organisations.csv: one row a school, sorted; the first name met is kept."""
    rows: dict[str, dict[str, str]] = {}
    for school in schools:
        row = rows.setdefault(school.org_id, {"org_id": school.org_id})
        for column, value in (
            ("name", school.name),
            ("kind", kind_of(school.name)),
            ("municipality", school.municipality),
        ):
            if value:
                row.setdefault(column, value)
    full = [{column: rows[org].get(column, "") for column in COLUMNS} for org in sorted(rows)]
    return pl.DataFrame(full, schema=dict.fromkeys(COLUMNS, pl.String))
