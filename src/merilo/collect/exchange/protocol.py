"""A recognised sheet of results -> its pupils' rows, column by column, still as printed.

Only the columns of known roles are touched: names, documents and whatever else stands in the sheet stay behind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from merilo.collect.exchange.cells import (
    EMPTY,
    PointsArray,
    read_item_columns,
    read_marks,
    read_numbers,
    read_words,
)
from merilo.collect.exchange.layouts import Header, ItemColumn
from merilo.collect.exchange.schools import School, name_without_code, org_id_of
from merilo.collect.exchange.words import header_word, squeezed
from merilo.collect.exchange.workbook import Cell, Sheet
from merilo.methods.arrays import BoolArray, FloatArray, IntArray

# «отсутствовал», «отсутствовала», «отс.»
ABSENT_WORD = "отс"


@dataclass(frozen=True, slots=True)
class Protocol:
    """The rows of a sheet that hold a pupil; n rows, I item columns.

    file_row (n,) row in the file, from 1; org_id, code, klass, variant, sex: n words ("" where nothing stands);
    said_absent, part_absent (n,): the variant says «отсутствовал»; in a work of two parts, in one of them only;
    journal_mark, mark, total (n,): NaN empty, infinity no number; points (n, I): points or a code of cells.py;
    cells: I raw item columns of the whole body, and body_row (n,) where each pupil stands in them;
    overlong (n,): the row has more cells than the header; schools: what the form tells about them;
    pupil_id: n pseudonyms where the form knows persons (ГИА), else None.
    """

    file_row: IntArray
    org_id: list[str]
    code: list[str]
    klass: list[str]
    variant: list[str]
    sex: list[str]
    said_absent: BoolArray
    part_absent: BoolArray
    journal_mark: FloatArray
    mark: FloatArray
    total: FloatArray
    points: PointsArray
    cells: list[Sequence[Cell]]
    body_row: IntArray
    overlong: BoolArray
    items: tuple[ItemColumn, ...]
    schools: list[School]
    pupil_id: list[str] | None = None


def read_protocol(sheet: Sheet, header: Header, *, org_id: str | None = None) -> Protocol:
    """Take the pupils' rows out of a sheet; org_id: the school of a form that does not name it."""
    columns, overlong = _columns(sheet, header)
    n = len(overlong)
    blank: Sequence[Cell] = ("",) * n

    def column(role: str) -> Sequence[Cell]:
        return columns[header.roles[role]] if role in header.roles else blank

    code = read_words(column("code"), lambda cell: squeezed(cell).replace(" ", ""))
    item_cells = [columns[item.position] for item in header.items]
    points = read_item_columns(item_cells)
    variant = _variants(column("variant"), column("second_variant"))
    rows = _pupil_rows(code, points, sheet.rows[header.row][header.roles["code"]])
    org_words = _org_ids(column("login" if "login" in header.roles else "school"), header, org_id)
    keep = rows.tolist()
    names = column({"form2022": "school"}.get(header.layout.name, "org_name"))
    places = column("municipality")
    told = {(org_words[row], names[row], places[row]) for row in keep if org_words[row]}
    absent_parts = read_words(variant, _absent_parts)
    return Protocol(
        file_row=(rows + header.row + 2).astype(np.int64),
        org_id=[org_words[row] for row in keep],
        code=[code[row] for row in keep],
        klass=_kept(read_words(column("class"), squeezed), keep),
        variant=[variant[row] for row in keep],
        sex=_kept(read_words(column("sex"), _sex_of), keep),
        said_absent=np.fromiter((absent_parts[row] == 1.0 for row in keep), bool, len(keep)),
        part_absent=np.fromiter((0.0 < absent_parts[row] < 1.0 for row in keep), bool, len(keep)),
        journal_mark=read_marks(column("journal_mark"))[rows],
        mark=read_marks(column("mark"))[rows],
        total=read_numbers(column("total"))[rows],
        points=points[rows],
        cells=item_cells,
        body_row=rows,
        overlong=overlong[rows],
        items=header.items,
        schools=_schools(told),
    )


def _pupil_rows(code: list[str], points: PointsArray, title: Cell) -> IntArray:
    """Rows with a code or with anything in the item cells; a header repeated in the body is none."""
    again = header_word(title).replace(" ", "")
    empty = {word for word in set(code) if not word or word.lower() == again}
    coded = np.fromiter((word not in empty for word in code), bool, len(code))
    repeated = np.fromiter((bool(word) and word in empty for word in code), bool, len(code))
    return np.flatnonzero((coded | (points != EMPTY).any(axis=1)) & ~repeated)


def _columns(sheet: Sheet, header: Header) -> tuple[list[Sequence[Cell]], BoolArray]:
    """The body, column by column, and which rows are longer than the header (a torn line of a text table)."""
    body = sheet.rows[header.row + 1 :]
    width = len(sheet.rows[header.row])
    ragged = any(len(row) != width for row in body)
    overlong = np.zeros(len(body), bool)
    if ragged:
        overlong = np.fromiter((any(squeezed(cell) for cell in row[width:]) for row in body), bool, len(body))
        body = [[*row[:width], *[""] * (width - len(row))] for row in body]
    return (list(zip(*body)) if body else [()] * width), overlong


def _kept(words: list[str], rows: list[int]) -> list[str]:
    return [words[row] for row in rows]


def _variants(first: Sequence[Cell], second: Sequence[Cell]) -> list[str]:
    """«1», «отсутствовал», and «1/2» for the two parts of Russian in 2020."""
    ones, twos = read_words(first, _variant_of), read_words(second, _variant_of)
    if not any(twos):
        return ones
    return [f"{one}/{two}" if one and two else one or two for one, two in zip(ones, twos)]


def _variant_of(cell: Cell) -> str:
    return squeezed(cell).lower().removeprefix("вариант").removesuffix("вариант").strip(" №")


def _sex_of(cell: Cell) -> str:
    letter = squeezed(cell).lower()[:1]
    return {"м": "m", "m": "m", "ж": "f", "f": "f", "д": "f"}.get(letter, "")


def _org_ids(cells: Sequence[Cell], header: Header, org_id: str | None) -> list[str]:
    if header.layout.name == "form2026":
        return [org_id or ""] * len(cells)
    words = read_words(cells, org_id_of)
    if header.layout.name != "f1":
        return words
    # Ф1 prints the school in a row of its own above its pupils; their own cells may be empty.
    last = ""
    for row, word in enumerate(words):
        last = word or last
        words[row] = last
    return words


def _absent_parts(variant: str) -> float:
    """Share of the parts of a work from which the pupil is said to have been absent."""
    parts = variant.split("/")
    return sum(part.startswith(ABSENT_WORD) for part in parts) / len(parts)


def _schools(told: set[tuple[str, Cell, Cell]]) -> list[School]:
    schools = [School(org, name_without_code(name), name_without_code(place)) for org, name, place in told]
    return sorted(schools, key=lambda s: (s.org_id, not s.name, s.name, not s.municipality, s.municipality))
