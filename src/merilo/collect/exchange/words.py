"""Words of a cell: how blanks, case and alphabets are made equal, and what may be shown of them."""

from __future__ import annotations

import re

# What people's files carry around a value: blanks, tabs, line breaks, no-break and zero-width spaces.
_BLANKS = re.compile(r"[\s\u00a0\u202f\u200b\ufeff]+")
_PERSONAL = re.compile(
    r"(?<!\w)(фио|ф\.\s?и\.\s?о|фамили\w*|имя|отчеств\w*|снилс|паспорт\w*|серия|surname\w*|(?:second|first|last)?name\w*|"
    r"document(?:series|number)\w*|дата рождения|телефон|адрес|e-?mail)(?!\w)|^номер$|документ"
)
# Stems that headers of exchange forms are made of; only such cells are ever quoted from an unknown file,
# since the first row of a file without a header may hold names.
_HEADER_STEM = re.compile(
    r"балл|вариант|регион|муницип|отметк|оценк|участник|обучающ|итог|задани|максим|кодиф|предмет|групп|количеств|"
    r"(?<!\w)(?:№|код|класс|школа|логин|пол|оо|дата|номер|кэс|кт|ким|id|code|sum|user|groups|klass|gender|otc|фио|фамилия|имя)(?!\w)"
)
SHORT = 4


def squeezed(cell: object) -> str:
    """The text of a cell with blanks of any kind made single and none around it; numbers without `.0`."""
    if isinstance(cell, str):
        return _BLANKS.sub(" ", cell).strip()
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def header_word(cell: object) -> str:
    """A header cell for comparison: squeezed, lower case, ё as е, no blanks around slashes."""
    return re.sub(r"\s*/\s*", "/", squeezed(cell).lower().replace("ё", "е"))


def is_personal(word: str) -> bool:
    """Whether a header (as `header_word` gives it) names a column of personal data."""
    return _PERSONAL.search(word) is not None


def header_seen(row: list[object]) -> list[str]:
    """The cells of a row that are surely headers and not somebody's data, as they stand, at most eight."""
    words = [squeezed(cell)[:40] for cell in row if _HEADER_STEM.search(header_word(cell))]
    return words[:8]


def shown(cell: object) -> str:
    """A bad cell as a report may show it: figures and signs, or a few letters; longer words only by their length."""
    text = squeezed(cell)
    if len(text) <= SHORT or (len(text) <= 24 and not re.search(r"[^\W\d_]{3}", text)):
        return text
    return f"[{len(text)}]"
