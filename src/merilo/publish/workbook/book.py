"""Writing the workbook: heads, number formats, filters, print setup; equal input gives equal bytes."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import xlsxwriter
from xlsxwriter.utility import xl_rowcol_to_cell

from merilo.definitions import Definitions, load_definitions
from merilo.errors import OutputError
from merilo.language import translator
from merilo.publish.disclosure import CENTRE, Audience, protect
from merilo.publish.gathered import with_gathered
from merilo.publish.stamp import RunStamp
from merilo.publish.typography import day, integer
from merilo.publish.words import code_words, notices, small_groups_notice
from merilo.publish.workbook.headers import full_meaning, heads_of, unit
from merilo.publish.workbook.objectivity import with_objectivity
from merilo.publish.workbook.sheets import (
    Sheet,
    filled_columns,
    procedures_behind,
    repeated_note,
    sheet_rows,
    sheets,
)
from merilo.publish.workbook.widths import WIDE, WRAPPED, column_width, lines_taken, printed_columns

_ = translator("publish")

MOST_ROWS = 200_000  # more than this nobody reads in Excel; the CSV holds them all
TITLE_ROW, NOTICE_ROW, MACHINE_ROW, HEAD_ROW = 0, 1, 2, 3
FEW = 10  # works; a row that rests on fewer is tinted
TINT = "#E6EDF7"
NUMBER_FORMATS = {
    "count": "#,##0",
    "share": r"0.0\ %",
    "points": "#,##0.0",
    "logits": "0.00",
    "SD": "0.00",
    "z": "0.0",
    "probability": "0.00",
    "correlation": "0.00",
    "percentile": "0",
    "mark": "0",
}
# Columns whose unit says too little about how they are best read.
SHAPES = {
    "gap_share": "difference",
    "own_share": "difference",
    "gap_share_se": "points",
    "pupils_equivalent": "difference",
    "reliability": "probability",
    "mean_growth_percentile": "points",
    "mean_growth_percentile_se": "points",
    "+growth_lower": "points",
    "+growth_upper": "points",
}
# Differences of shares: shown in percentage points, which no number format can do by itself.
HUNDREDFOLD = frozenset({"gap_share", "own_share", "gap_share_se"})
# Estimates of evidence: each row has a unit of its own, and shares are shown as per cent.
BY_ROW = frozenset({"estimate", "estimate_lower", "estimate_upper"})
NOT_FOR_THE_PUBLIC = frozenset({"low_results"})  # a list of names; the public report says how many
LINE = 15.0  # points, height of a line
MEANING_WIDTH = 80.0


def write_workbook(
    tables: Mapping[str, pl.DataFrame],
    path: Path,
    *,
    stamp: RunStamp,
    authority_name: str,
    definitions: Definitions | None = None,
    audience: Audience = CENTRE,
) -> Path:
    """Write the workbook for this audience (the centre unless said otherwise), protected by the disclosure rule."""
    definitions = definitions or load_definitions()
    # The numbers behind the pictures of single schools are on no sheet, and they are most of all rows.
    needed = {name: frame for name, frame in tables.items() if not name.startswith("evidence_")}
    shown = protect(with_gathered(needed), audience, definitions.disclosure)
    shown = with_objectivity(shown, definitions)
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True, "default_date_format": "dd.mm.yyyy"}) as book:
        book.set_properties(
            {"title": _("Results of assessment procedures"), "created": stamp.moment.replace(tzinfo=None)}
        )
        book.set_size(2400, 1400)
        writer = _Writer(book, stamp, definitions)
        left_out = NOT_FOR_THE_PUBLIC if audience.kind == "public" else frozenset()
        ready = [
            sheet
            for sheet in sheets(definitions)
            if sheet.table in shown.keys() - left_out and shown[sheet.table].height
        ]
        writer.how_to_read(ready, shown, authority_name, audience.limit(definitions.disclosure))
        for sheet in ready:
            writer.sheet(sheet, shown)
    try:
        path.write_bytes(content.getvalue())
    except OSError as problem:
        raise OutputError(
            _("the workbook cannot be written"),
            file=path,
            value=problem.strerror,
            next_step=_("Close it in Excel, free some space or choose another folder."),
        ) from problem
    return path


class _Writer:
    """One workbook being written: its formats, and the sheets."""

    def __init__(self, book: Any, stamp: RunStamp, definitions: Definitions) -> None:
        self.book = book
        self.definitions = definitions
        self.stamp = stamp
        self.title = book.add_format({"bold": True, "font_size": 14, "font_color": "#1F2933"})
        self.notice = book.add_format({"font_color": "#52606D", "text_wrap": True, "valign": "top"})
        self.head = book.add_format(
            {
                "bold": True,
                "text_wrap": True,
                "valign": "top",
                "bg_color": "#EEF1F4",
                "bottom": 1,
                "border_color": "#9AA5B1",
            }
        )
        self.text = book.add_format({"valign": "top", "indent": 1})
        self.link = book.add_format({"valign": "top", "font_color": "#1D4ED8", "underline": 1})
        self.wrapped = book.add_format({"valign": "top", "text_wrap": True, "indent": 1})
        self.tint = book.add_format({"bg_color": TINT})
        self.numbers = {
            kind: book.add_format({"num_format": shape, "valign": "top", "align": "right", "indent": 1})
            for kind, shape in {
                **NUMBER_FORMATS,
                "": "0.00",
                "difference": "+0.0;-0.0;0.0",
            }.items()
        }

    def how_to_read(
        self, ready: list[Sheet], tables: Mapping[str, pl.DataFrame], authority_name: str, limit: int
    ) -> None:
        """The first sheet: what each sheet and column means."""
        page = self._page(_("How to read"))
        page.set_column(0, 0, 24)
        page.set_column(1, 1, 30)
        page.set_column(2, 2, MEANING_WIDTH)
        page.set_column(3, 3, 34)
        page.write_string(
            0, 0, _("Results of assessment procedures: {name}").format(name=authority_name), self.title
        )
        lines = [
            self.stamp.footer(),
            *notices(tables.get("procedures"), self.definitions),
            small_groups_notice(limit),
            _(
                "“From” and “to” are the ends of a 95 per cent interval: the smaller the group, the wider it is."
            ),
            _("Schools stand in alphabetical order within their district. No sheet is a ranking."),
            _("A bluish row rests on fewer than {n} works. There are no other coloured marks.").format(n=FEW),
            _(
                "Printed are as many columns from the left as a sheet of paper can hold; the others are on screen."
            ),
            _("Row {row} of every sheet is hidden and holds the machine names of the columns.").format(
                row=MACHINE_ROW + 1
            ),
        ]
        for row, line in enumerate(lines, start=1):
            page.merge_range(row, 0, row, 3, line, self.notice)
            page.set_row(row, LINE * lines_taken(line, 24 + 30 + MEANING_WIDTH + 34))
        top = len(lines) + 2
        self._meanings(page, top, ready, tables)
        page.freeze_panes(top + 1, 0)
        page.repeat_rows(top)

    def _meanings(self, page: Any, top: int, ready: list[Sheet], tables: Mapping[str, pl.DataFrame]) -> None:
        """From row `top`: every sheet with its columns, what they mean, their machine names."""
        for column, head in enumerate((_("Sheet"), _("Column"), _("What it means"), _("Machine name"))):
            page.write_string(top, column, head, self.head)
        row = top
        for sheet in ready:
            row += 1
            page.write_url(row, 0, f"internal:'{sheet.name}'!A1", self.link, sheet.name)
            page.write_string(row, 2, sheet.says, self.wrapped)
            page.set_row(row, LINE * lines_taken(sheet.says, MEANING_WIDTH))
            columns = filled_columns(sheet, tables)
            for name, head in zip(columns, heads_of(columns)):
                row += 1
                meant = full_meaning(sheet.table, name)
                page.write_string(row, 1, head, self.text)
                page.write_string(row, 2, meant[:1].upper() + meant[1:], self.wrapped)
                page.set_row(row, LINE * lines_taken(meant, MEANING_WIDTH))
                page.write_string(row, 3, f"{sheet.table}.{_machine_name(name)}", self.text)

    def sheet(self, sheet: Sheet, tables: Mapping[str, pl.DataFrame]) -> None:
        """One table: heads, cells, filter, frozen heads, a tint where few works stand behind the numbers."""
        page = self._page(sheet.name)
        columns, rows = sheet_rows(sheet, tables)
        heads = heads_of(columns)
        page.write_string(TITLE_ROW, 0, sheet.name, self.title)
        notice = self._notice(sheet, tables, len(rows))
        rows = rows[:MOST_ROWS]
        widths = [
            column_width(name, head, [row[place] for row in rows])
            for place, (name, head) in enumerate(zip(columns, heads))
        ]
        on_paper = printed_columns(widths)
        across = max(min(on_paper, 10), 2)
        page.merge_range(NOTICE_ROW, 0, NOTICE_ROW, across - 1, notice, self.notice)
        page.set_row(NOTICE_ROW, LINE * lines_taken(notice, sum(widths[:across])))
        page.set_row(MACHINE_ROW, None, None, {"hidden": True})
        page.set_row(HEAD_ROW, LINE * max(map(lines_taken, heads, widths)) + 2)
        for place, name in enumerate(columns):
            page.write_string(MACHINE_ROW, place, _machine_name(name))
            page.write_string(HEAD_ROW, place, heads[place], self.head)
            page.set_column(place, place, widths[place])
            units = columns.index("unit") if name in BY_ROW and "unit" in columns else None
            self._column(page, place, name, sheet.table, rows, units)
        self._room_for_wrapped(page, columns, rows)
        last = HEAD_ROW + max(len(rows), 1)
        if "n" in columns:
            self._tint_few(page, columns, last)
        page.autofilter(HEAD_ROW, 0, last, len(columns) - 1)
        page.freeze_panes(HEAD_ROW + 1, sheet.frozen)
        page.repeat_rows(MACHINE_ROW, HEAD_ROW)
        page.print_area(0, 0, last, max(on_paper, across) - 1)

    def _notice(self, sheet: Sheet, tables: Mapping[str, pl.DataFrame], rows_n: int) -> str:
        """What stands above the table."""
        parts = [sheet.says, *notices(procedures_behind(sheet, tables), self.definitions)]
        note = repeated_note(sheet, tables)
        if note is not None:
            parts.append(_("On every row: {note}.").format(note=note.rstrip(".")))
        if rows_n > MOST_ROWS:
            parts.append(
                _("Only the first {n} rows are here; the whole table is in the file {name}.csv.").format(
                    n=integer(MOST_ROWS), name=sheet.table
                )
            )
        return " ".join(parts)

    def _tint_few(self, page: Any, columns: list[str], last: int) -> None:
        place = columns.index("n")
        cell = xl_rowcol_to_cell(HEAD_ROW + 1, place, col_abs=True)
        rule = {"type": "formula", "criteria": f"=AND(ISNUMBER({cell}),{cell}<{FEW})", "format": self.tint}
        page.conditional_format(HEAD_ROW + 1, place, last, len(columns) - 1, rule)

    def _room_for_wrapped(self, page: Any, columns: list[str], rows: list[list[object]]) -> None:
        """Rows as high as their wrapped texts need: not every program fits them by itself."""
        places = [(place, WIDE[name]) for place, name in enumerate(columns) if name in WRAPPED]
        for offset, row in enumerate(rows, start=HEAD_ROW + 1) if places else ():
            lines = max(lines_taken(str(row[place] or ""), width) for place, width in places)
            if lines > 1:
                page.set_row(offset, LINE * lines)

    def _column(
        self, page: Any, place: int, name: str, table: str, rows: list[list[object]], units: int | None
    ) -> None:
        """The cells of a column. units: the column that holds the unit of each row; None: one unit for all."""
        kind = SHAPES.get(name) or unit(table, name)
        plain = self.numbers.get(kind, self.numbers[""])
        words = code_words()["unit"]
        shares = (words["share"], words["share of points"])
        wrapped = self.wrapped if name in WRAPPED else self.text
        for offset, row in enumerate(rows, start=HEAD_ROW + 1):
            value = row[place]
            shape = self.numbers["share"] if units is not None and row[units] in shares else plain
            if isinstance(value, int | float) and not (isinstance(value, float) and math.isnan(value)):
                page.write_number(offset, place, 100 * value if name in HUNDREDFOLD else value, shape)
            elif isinstance(value, str) and value:
                page.write_string(offset, place, day(value) if name == "date" else value, wrapped)
            else:
                page.write_blank(offset, place, None, shape)

    def _page(self, name: str) -> Any:
        page = self.book.add_worksheet(name[:31])
        page.set_landscape()
        page.set_paper(9)
        page.fit_to_pages(1, 0)
        page.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        page.set_footer(f"&L{self.stamp.footer().replace('&', '&&')}&R&P / &N")
        page.hide_gridlines(2)
        return page


def _machine_name(column: str) -> str:
    """As in `merilo.tables`; it says where the sheet shows a hundred times the number."""
    return column.lstrip("+") + (" × 100" if column in HUNDREDFOLD else "")
