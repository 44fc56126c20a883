"""Pieces of the manual in Markdown: tables, sources, status tags, Russian numbers."""

from __future__ import annotations

import gettext
from collections.abc import Iterable, Sequence

from merilo.definitions.provenance import STATUS_WORDS, Entry, StatedChoice
from merilo.language import LOCALE_FOLDER


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; a bar inside a cell is escaped."""
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def choices_table(choices: Sequence[StatedChoice]) -> str:
    """The table of what Merilo does where a text is silent, or nothing."""
    if not choices:
        return ""
    rows = [(choice.about, choice.chosen, choice.reason) for choice in choices]
    return "Где текст молчит, Merilo делает так:\n\n" + table(("о чём", "выбрано", "почему"), rows)


def remarks(entries: Iterable[Entry]) -> str:
    """The notes of definitions as a list, each note once with those it belongs to, or nothing."""
    titles: dict[str, list[str]] = {}
    for entry in entries:
        if entry.note:
            titles.setdefault(entry.note, []).append(entry.title)
    lines = [f"- {'; '.join(named)}. {note}" for note, named in titles.items()]
    return "\n".join([*lines, ""]) if lines else ""


def sources(entries: Iterable[Entry]) -> str:
    """Each source once, with its status, date and version."""
    said = [
        f"{entry.provenance.source} ({tag(entry.status)}, {entry.provenance.dated_on}, версия {entry.version})"
        for entry in entries
    ]
    each = list(dict.fromkeys(said))
    if len(each) == 1:
        return f"Источник: {each[0]}.\n"
    return "Источники:\n\n" + "\n".join(f"- {source}" for source in each) + "\n"


def why(entry: Entry) -> str:
    """The reason of a choice, else the source."""
    return entry.provenance.reason or entry.provenance.source


def tag(status: str) -> str:
    """The Russian words for a status, whatever the language of the user: the page is Russian."""
    russian = gettext.translation("definitions", LOCALE_FOLDER, languages=["ru"])
    return russian.gettext(STATUS_WORDS[status])


def id_cell(entry: Entry) -> str:
    """The id as code."""
    return f"`{entry.id}`"


def yes_no(flag: bool) -> str:
    """Russian yes or no."""
    return "да" if flag else "нет"


def percent(share: float) -> str:
    """A share 0-1 as percent in Russian spelling."""
    return spoken(round(share * 100, 6)) + "\u00a0%"


def spoken(value: float | str) -> str:
    """A number in Russian spelling (decimal comma), a text as it is."""
    return value if isinstance(value, str) else f"{value:g}".replace(".", ",")
