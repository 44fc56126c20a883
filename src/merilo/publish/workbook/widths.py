"""How wide a column is, how many lines a text takes, how many columns go on paper; widths in letters."""

from __future__ import annotations

from itertools import accumulate

WRAPPED = frozenset(
    {
        *("text", "skill_name", "note", "message", "title", "+procedure"),
        *("+kinds_missing", "+explanations", "+estimated", "+marker", "official_lists"),
    }
)
PAGE_WIDTH = 230.0  # letters across one landscape page that can still be read
WIDE = {
    "note": 100,
    "text": 44,
    "skill_name": 44,
    "message": 60,
    "+procedure": 34,
    "title": 34,
    "+school": 26,
    "+standing": 28,
    "+kinds_missing": 34,
    "+explanations": 34,
    "+estimated": 44,
    "+marker": 44,
    "official_lists": 34,
}


def column_width(name: str, head: str, cells: list[object]) -> float:
    """Letters that hold the longest cell and the longest word of the head."""
    if name in WIDE:
        return WIDE[name]
    longest = max((len(str(cell)) for cell in cells if isinstance(cell, str)), default=0)
    words = max(len(word) for word in head.split())
    return float(min(max(longest + 3, words + 2, 10), 44))


def printed_columns(widths: list[float]) -> int:
    """How many columns from the left go on paper."""
    return max(sum(total <= PAGE_WIDTH for total in accumulate(widths)), 1)


def lines_taken(text: str, width: float) -> int:
    """Lines that a text takes in a column so many letters wide."""
    lines, room = 1, width
    for word in text.split():
        if room < len(word) and room < width:
            lines, room = lines + 1, width
        room -= len(word) + 1
    return lines
