"""How numbers, dates and words are set: 4 010; 15,5 %; 24.02.2021; № 7; never a line that ends with «в»."""

from __future__ import annotations

import math
import re
from datetime import date

from merilo.language import language

NBSP = "\u00a0"
MINUS = "\u2212"
NOTHING = "—"  # stands where there are too few pupils to judge

_SHORT_WORDS = re.compile(
    r"(?<![\w-])(а|в|во|и|из|к|ко|на|не|ни|но|о|об|от|по|с|со|у|за|до|для|при|или|a|an|the|of|in|to|at)[ ]",
    re.IGNORECASE,
)
_BEFORE_DASH = re.compile(r"[ ](?=[—–])")
_AFTER_SIGN = re.compile(r"(?<=[№§])[ ]?(?=\d)")
_NUMBER_AND_WORD = re.compile(r"(?<=\d)[ ](?=[а-яёa-z%«])", re.IGNORECASE)
_PERCENT = re.compile(r"(?<=\d)[ ]?%")


def glue(text: str) -> str:
    """The sentence with no-break spaces where a Russian line must not break."""
    text = _AFTER_SIGN.sub(NBSP, text)
    if language() == "ru":
        text = _PERCENT.sub(f"{NBSP}%", text)
    text = _NUMBER_AND_WORD.sub(NBSP, text)
    text = _SHORT_WORDS.sub(lambda found: found.group(1) + NBSP, text)
    return _BEFORE_DASH.sub(NBSP, text)


def quoted(text: object) -> str:
    """«3» in Russian, “3” in English."""
    return f"«{text}»" if language() == "ru" else f"“{text}”"


def integer(value: float | None) -> str:
    """4010 -> «4 010»."""
    if value is None or math.isnan(value):
        return NOTHING
    return _signed(f"{abs(round(value)):,}".replace(",", NBSP), round(value))


def decimal(value: float | None, digits: int = 1) -> str:
    """10.44 -> «10,4»."""
    if value is None or math.isnan(value):
        return NOTHING
    rounded = round(value, digits)
    body = f"{abs(rounded):,.{digits}f}".replace(",", NBSP)
    return _signed(body.replace(".", _decimal_mark()), rounded)


def percent(share: float | None, digits: int = 0) -> str:
    """A share 0-1: 0.155 -> «16 %», with one digit «15,5 %»."""
    if share is None or math.isnan(share):
        return NOTHING
    return decimal(100 * share, digits) + (f"{NBSP}%" if language() == "ru" else "%")


def percent_interval(lower: float | None, upper: float | None, digits: int = 0) -> str:
    """Two shares: «14–17 %»."""
    if lower is None or upper is None or math.isnan(lower) or math.isnan(upper):
        return NOTHING
    return f"{decimal(100 * lower, digits)}–{percent(upper, digits)}"


def signed_points(share: float | None, digits: int = 0) -> str:
    """A difference of shares in percentage points, with its sign: -0.08 -> «−8»."""
    if share is None or math.isnan(share):
        return NOTHING
    text = decimal(100 * share, digits)
    return text if text.startswith(MINUS) or text == decimal(0, digits) else f"+{text}"


def day(when: date | str | None) -> str:
    """A date: «24.02.2021» in Russian, "24 February 2021" in English; what is no date stays as it is."""
    if when is None or when == "":
        return NOTHING
    if isinstance(when, str):
        try:
            return day(date.fromisoformat(when))
        except ValueError:
            return when
    if language() == "ru":
        return when.strftime("%d.%m.%Y")
    return f"{when.day} {_MONTHS[when.month - 1]} {when.year}"


def _decimal_mark() -> str:
    return "," if language() == "ru" else "."


def _signed(body: str, value: float) -> str:
    return MINUS + body if value < 0 else body


_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
