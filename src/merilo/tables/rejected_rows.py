"""What was not accepted as it stood, row by row."""

from merilo.tables.schema import Table, count, text

REJECTED_ROWS = Table(
    name="rejected_rows",
    key=("file", "row", "column"),
    meaning="Rows and cells that were not accepted as they stood",
    meaning_ru="Строки и ячейки, которые не приняты как есть",
    unique=False,  # a row may break several rules
    columns=(
        text("file", "file", "файл", required=True),
        count("row", "row of the file, header included, from 1", "строка файла (с заголовком, с 1)"),
        text("column", "column", "столбец"),
        text("value", "value seen", "значение"),
        text("rule", "code of the rule", "код правила", required=True),
        text("message", "what was wrong and what to do", "что не так и что делать"),
    ),
)
