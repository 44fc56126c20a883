"""Legal notices of exports, and the words that pages may and may not use about schools."""

from __future__ import annotations

from dataclasses import dataclass

from merilo.definitions.fields import Fields
from merilo.definitions.provenance import Entry, read_provenance
from merilo.definitions.scales import KINDS
from merilo.language import language


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice(Entry):
    """The notice that every export based on one kind of procedure carries.

    kind     vpr, oge …: which procedures call for it
    ru, en   the sentence in each language
    sources  the documents it rests on, each with its status in brackets
    """

    kind: str
    ru: str
    en: str
    sources: tuple[str, ...]

    def text(self, spoken: str | None = None) -> str:
        """The notice in "ru" or "en"; in the user's language where none is given."""
        return self.en if (spoken or language()) == "en" else self.ru


@dataclass(frozen=True, slots=True, kw_only=True)
class WordingRule(Entry):
    """Words about schools.

    allowed  phrases to use («зона внимания»)
    never    word stems that may not appear («нарушител»), lower case
    """

    allowed: tuple[str, ...]
    never: tuple[str, ...]

    def forbidden_in(self, text: str) -> tuple[str, ...]:
        """The stems of `never` that a text contains, in their order: for a test of every page and document."""
        spoken = text.casefold()
        return tuple(stem for stem in self.never if stem.casefold() in spoken)


def read_notice(fields: Fields) -> Notice:
    """Read one `[[notice]]`."""
    return Notice(
        provenance=read_provenance(fields),
        kind=fields.one_of("kind", KINDS),
        ru=fields.text("ru"),
        en=fields.text("en"),
        sources=fields.texts("sources"),
    )


def read_wording_rule(fields: Fields) -> WordingRule:
    """Read one `[[wording]]`."""
    return WordingRule(
        provenance=read_provenance(fields),
        allowed=fields.texts("allowed"),
        never=fields.texts("never"),
    )
