"""What stands behind every definition: who says it, whether its text was read, and of what day it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from merilo.definitions.fields import Fields
from merilo.language import translator

_ = translator("definitions")

# Status → its plain words, a msgid of this room's catalogue.
STATUS_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "read": "text read",
        "opening_read": "only the opening of the text read",
        "computed": "counted from data",
        "unverified": "not verified",
        "chosen": "Merilo's own choice",
    }
)
STATUSES = tuple(STATUS_WORDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where a definition comes from.

    id        stable name by which a user's file overrides it
    title     Russian name shown to people
    version   text; changes whenever the content changes
    source    the document, data set or decision, in words
    status    read | opening_read | computed | unverified | chosen (Merilo's own choice; `reason` says why)
    dated_on  ISO date of the source or choice, as exact as known: "2021", "2021-03" or "2021-03-15"
    file      name of the file it was read from (no folder: the same on every machine)
    """

    id: str
    title: str
    version: str
    source: str
    status: str
    dated_on: str
    reason: str
    note: str
    url: str
    file: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One definition: everything that has an id, a source and a status."""

    provenance: Provenance

    @property
    def id(self) -> str:
        """Stable name by which a user's file overrides this definition."""
        return self.provenance.id

    @property
    def title(self) -> str:
        """Russian name shown to people."""
        return self.provenance.title

    @property
    def version(self) -> str:
        """Version of this definition, written into the manifest of every run."""
        return self.provenance.version

    @property
    def status(self) -> str:
        """How far the source was read: one of STATUSES."""
        return self.provenance.status

    @property
    def note(self) -> str:
        """What a reader should know beside the number (Russian), or empty."""
        return self.provenance.note

    @property
    def is_unverified(self) -> bool:
        """True where nobody has checked the text: pages must say so beside the number."""
        return self.provenance.status == "unverified"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedChoice:
    """What Merilo does where the official text is silent: the question, what was chosen, and why."""

    about: str
    chosen: str
    reason: str


def status_label(status: str) -> str:
    """The plain words for a status, in the user's language: «текст прочитан», «не проверено» …"""
    return _(STATUS_WORDS[status])


def read_provenance(fields: Fields) -> Provenance:
    """Take the fields that every definition has; a choice without its reason is refused."""
    status = fields.one_of("status", STATUSES)
    reason = fields.text("reason", default="")
    if status == "chosen" and not reason:
        raise fields.wrong("reason", _("must say why, because the status is “chosen”"))
    return Provenance(
        id=fields.id,
        title=fields.text("title"),
        version=fields.text("version"),
        source=fields.text("source"),
        status=status,
        dated_on=fields.iso_date("dated_on"),
        reason=reason,
        note=fields.text("note", default=""),
        url=fields.text("url", default=""),
        file=fields.file,
    )


def read_choices(fields: Fields) -> tuple[StatedChoice, ...]:
    """Take the optional list `choices` of a rule."""
    choices = []
    for row in fields.rows("choices"):
        choices.append(
            StatedChoice(about=row.text("about"), chosen=row.text("chosen"), reason=row.text("reason"))
        )
        row.finish()
    return tuple(choices)
