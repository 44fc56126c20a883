"""School subjects: their names, the forms in which files spell them, and their codes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from merilo.definitions.fields import Fields
from merilo.definitions.provenance import STATUSES, Entry, read_provenance

# Capital letters that look the same in both alphabets; exports mix them within one word.
_LOOKALIKES = str.maketrans("авекмнорстухё", "abekmhopctyxe")


@dataclass(frozen=True, slots=True, kw_only=True)
class GiaCode:
    """One number under which the state exams (ГИА) know a subject.

    number  0-99, as in «04 - Химия»
    exam    oge_ege | ege_base | ege_oral | gve
    status  how far this code was checked (one of STATUSES)
    """

    number: int
    exam: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject(Entry):
    """A school subject.

    dative     Russian dative, as in «по математике»
    vpr_code   letters used for VPR works, Cyrillic («МА»); empty where none is known
    aliases    other spellings met in files, codes in Latin letters among them
    family     id of the subject whose mark scale it shares (english → foreign_language), else empty
    gia_codes  numbers of the state exams, the principal one first
    """

    dative: str
    vpr_code: str
    aliases: tuple[str, ...]
    family: str
    gia_codes: tuple[GiaCode, ...]

    @property
    def gia_code(self) -> int | None:
        """The principal number in the state exams (ОГЭ and ЕГЭ), or None."""
        return self.gia_codes[0].number if self.gia_codes else None

    def spellings(self) -> tuple[str, ...]:
        """Everything by which the subject is recognised as a whole text."""
        named = (self.id, self.title, self.dative, self.vpr_code, *self.aliases)
        return tuple(dict.fromkeys(spelling for spelling in named if spelling))


def read_subject(fields: Fields) -> Subject:
    """Read one `[[subject]]`."""
    codes = []
    for row in fields.rows("gia_codes"):
        codes.append(
            GiaCode(
                number=row.whole("number", low=1, high=99),
                exam=row.one_of("exam", ("oge_ege", "ege_base", "ege_oral", "gve")),
                status=row.one_of("status", STATUSES),
            )
        )
        row.finish()
    return Subject(
        provenance=read_provenance(fields),
        dative=fields.text("dative"),
        vpr_code=fields.text("vpr_code", default=""),
        aliases=fields.texts("aliases", default=()),
        family=fields.text("family", default=""),
        gia_codes=tuple(codes),
    )


def fold_spelling(text: str) -> str:
    """One form for all spellings: case, ё, look-alike letters, underscores and spaces of any kind."""
    return " ".join(text.replace("_", " ").casefold().split()).translate(_LOOKALIKES)


def match_subject(text: str, subjects: Iterable[Subject]) -> Subject | None:
    """The subject whose id, name, dative, code or alias is exactly this text, in any case; else None."""
    wanted = fold_spelling(text)
    for subject in subjects:
        if any(fold_spelling(spelling) == wanted for spelling in subject.spellings()):
            return subject
    return None


def spot_subject(text: str, subjects: Iterable[Subject]) -> Subject | None:
    """The one subject named inside a longer text («по русскому языку, 5 класс. ВПР 2021», «МА 4 …»).

    Words beat codes; None where no subject, or more than one, is named: a guess would mislabel a file.
    """
    known = tuple(subjects)
    words = [
        (fold_spelling(spelling), subject)
        for subject in known
        for spelling in subject.spellings()
        if len(spelling) > 3
    ]
    rest = fold_spelling(text)
    found: dict[str, Subject] = {}
    for spelling, subject in sorted(words, key=lambda pair: (-len(pair[0]), pair[0])):
        rest, times = re.subn(rf"(?<!\w){re.escape(spelling)}(?!\w)", " | ", rest)
        if times:
            found[subject.id] = subject
    if not found:
        found = _spot_codes(text, known)
    return next(iter(found.values())) if len(found) == 1 else None


def _spot_codes(text: str, subjects: tuple[Subject, ...]) -> dict[str, Subject]:
    # Two letters are too short to trust alone («is», «.ru»): only capitals with a year group count, «МА5», «РУ 4».
    found: dict[str, Subject] = {}
    for letters in re.findall(r"(?<![^\W_])([А-ЯA-Z]{2,3})[ _-]?(?:1[01]|[1-9])(?!\d)", text):
        subject = match_subject(letters, subjects)
        if subject is not None:
            found[subject.id] = subject
    return found
