"""Class letters as schools type them -> one id for each class of a school.

The same class is «а», «А», «5А», «5-а», «5 "А"», or the Latin A; a school's only class is «нет» or empty.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby

# Capital letters drawn alike in both alphabets.
_LATIN = "ABCEHKMOPTXY"
_CYRILLIC = "АВСЕНКМОРТХУ"
_TO_CYRILLIC = str.maketrans(_LATIN, _CYRILLIC)
_TO_LATIN = str.maketrans(_CYRILLIC, _LATIN)
_ONLY_CLASS = ("", "НЕТ", "-", "–", "—", "NO", "ОДИН", "КЛАСС")
# Longer words are no class letters, and might be somebody's name.
LONGEST = 4


def class_letter(text: str, year_group: int) -> str | None:
    """The class without year group, quotes and blanks, in capitals; "" for an only class; None if it is no class."""
    word = re.sub(r"[\s\"'«»“”„`().,_/\\-]+", "", text.upper().replace("КЛАСС", ""))
    if word in _ONLY_CLASS:
        return ""
    if len(word) > LONGEST:
        return None
    bare = re.sub(rf"^0?{year_group}(?=\D)", "", word)
    return "" if bare == str(year_group) else bare


def class_ids(
    pairs: Sequence[tuple[str, str | None]], year_group: int
) -> dict[tuple[str, str | None], str | None]:
    """(org_id, letter) -> class id such as «5А»; None where the class cannot be told.

    Look-alike letters follow the alphabet that the rest of the school's letters are in. «нет» in a school that
    also has letters tells nothing, so its class is unknown.
    """
    ids: dict[tuple[str, str | None], str | None] = {}
    known = sorted({(org, letter) for org, letter in pairs if letter is not None})
    for org, group in groupby(known, key=lambda pair: pair[0]):
        letters = [letter or "" for _org, letter in group]
        named = [letter for letter in letters if letter]
        table = _TO_LATIN if _is_latin(named) else _TO_CYRILLIC
        for letter in letters:
            lone = not letter and bool(named)
            ids[org, letter] = None if lone else f"{year_group}{_spelt(letter, table)}"
    ids.update({(org, None): None for org, letter in pairs if letter is None})
    return ids


def _is_latin(letters: list[str]) -> bool:
    """Whether a school letters its classes A, B, C, D: some letter is only Latin and none is only Cyrillic."""
    only_latin = any(re.search(r"[A-Z]", letter.translate(_TO_CYRILLIC)) for letter in letters)
    only_cyrillic = any(re.search(r"[А-ЯЁ]", letter.translate(_TO_LATIN)) for letter in letters)
    return only_latin and not only_cyrillic


def _spelt(letter: str, table: dict[int, int]) -> str:
    spelt = letter.translate(table)
    return f"-{spelt}" if spelt[:1].isdigit() else spelt
