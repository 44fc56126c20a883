"""Which language Merilo speaks: Russian first, English switchable.

Code carries English sentences; `locale/<language>/LC_MESSAGES/<room>.mo` carries the Russian ones.
The language is MERILO_LANG, else the locale's where it is Russian or English, else Russian.
"""

from __future__ import annotations

import gettext
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path

LANGUAGES = ("ru", "en")
LOCALE_FOLDER = Path(__file__).parent / "locale"

_chosen: str | None = None


def language() -> str:
    """The language in use: "ru" or "en"."""
    if _chosen is not None:
        return _chosen
    for variable in ("MERILO_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        spoken = os.environ.get(variable, "")[:2].lower()
        if spoken in LANGUAGES:
            return spoken
    return "ru"


def choose_language(name: str | None) -> None:
    """Fix the language for this process ("ru", "en"), or None to follow the environment."""
    global _chosen
    if name is not None and name not in LANGUAGES:
        raise ValueError(f"language must be one of {LANGUAGES}, not {name!r}")
    _chosen = name


@cache
def _catalogue(room: str, name: str) -> gettext.NullTranslations:
    return gettext.translation(room, LOCALE_FOLDER, languages=[name], fallback=True)


def translator(room: str) -> Callable[[str], str]:
    """The `_` of one room: looks a sentence up in the language of the moment of the call."""

    def translate(sentence: str) -> str:
        return _catalogue(room, language()).gettext(sentence)

    return translate


def plural_translator(room: str) -> Callable[[str, str, int], str]:
    """The `ngettext` of one room: (singular, plural, n) -> the right form for n."""

    def translate(singular: str, plural: str, n: int) -> str:
        return _catalogue(room, language()).ngettext(singular, plural, n)

    return translate
