"""Files -> recognised sheets, item plans and lists of codes, before it is known which plan belongs to which sheet."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from merilo.collect.exchange.gia import BASE_MATHEMATICS, heading_of_exam, read_exams
from merilo.collect.exchange.heading import heading_of_content, heading_of_name
from merilo.collect.exchange.identity import Identity, Options, identify
from merilo.collect.exchange.layouts import Header, find_header, unknown_layout
from merilo.collect.exchange.plans import CodeList, Plan, find_code_list, find_plan
from merilo.collect.exchange.protocol import Protocol, read_protocol
from merilo.collect.exchange.workbook import Workbook, read_workbook
from merilo.errors import TableError
from merilo.language import translator

if TYPE_CHECKING:
    from merilo.definitions import Definitions

_ = translator("exchange")

# progress(done, all, file)
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class ReadSheet:
    """A recognised sheet, before it is known which plan belongs to it."""

    book: Workbook
    sheet: int
    header: Header
    protocol: Protocol
    identity: Identity
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReadFiles:
    """Everything that the files hold; warnings: what was assumed while reading."""

    sheets: tuple[ReadSheet, ...]
    plans: tuple[Plan, ...]
    lists: tuple[CodeList, ...]
    warnings: tuple[str, ...]


def read_files(
    files: Sequence[Path],
    options: Options,
    definitions: Definitions,
    *,
    key: bytes | None,
    progress: Progress | None,
) -> ReadFiles:
    """Read every file; a file given twice counts once. key: of the pseudonyms, None for the file's own.

    Raises InputError and its kinds.
    """
    sheets: list[ReadSheet] = []
    plans: list[Plan] = []
    lists: list[CodeList] = []
    for done, (path, label) in enumerate(zip(files, _labels(files)), start=1):
        with _undisturbed():
            book = read_workbook(path, label=label)
            _read_file(book, options, definitions, key or book.key, sheets, plans, lists)
        if progress is not None:
            progress(done, len(files), label)
    kept, warnings = _without_copies(sheets)
    return ReadFiles(tuple(kept), tuple(plans), tuple(lists), tuple(warnings))


@contextmanager
def _undisturbed() -> Iterator[None]:
    """No search for cycles: a million fresh cells hold none, and looking takes a tenth of the reading time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _read_file(
    book: Workbook,
    options: Options,
    definitions: Definitions,
    key: bytes,
    sheets: list[ReadSheet],
    plans: list[Plan],
    lists: list[CodeList],
) -> None:
    found = [
        (place, header)
        for place, sheet in enumerate(book.sheets)
        if (header := find_header(sheet)) is not None
    ]
    if not found:
        exams = _read_exams(book, options, definitions, key)
        sheets.extend(exams)
        if not exams:
            _read_list(book, definitions, plans, lists)
        return
    several = len(found) > 1
    read = [
        _read_sheet(
            replace(book, label=f"{book.label} [{place + 1}]") if several else book,
            place,
            header,
            options,
            definitions,
        )
        for place, header in found
    ]
    filled = [sheet for sheet in read if sheet is not None]
    if not filled:
        raise TableError(
            _("The form is recognised, but it holds no row with a pupil's code"),
            file=book.label,
            next_step=_("Fill the form in, or leave the file out."),
        )
    sheets.extend(filled)


def _read_exams(book: Workbook, options: Options, definitions: Definitions, key: bytes) -> list[ReadSheet]:
    """The exams of a «Протокол проверки»; each day of an exam is a procedure of its own (another test form)."""
    found = [(place, exam) for place, sheet in enumerate(book.sheets) for exam in read_exams(sheet, key=key)]
    name = heading_of_name(book, definitions)
    sheets = []
    for number, (place, exam) in enumerate(found):
        label = book.label if len(found) == 1 else f"{book.label} [{number + 1}]"
        identity, warnings = identify(
            heading_of_exam(exam, definitions),
            name,
            replace(options, kind=options.kind or exam.kind),
            label=label,
            layout="gia",
            code_digits={},
        )
        if options.procedure_id is None:
            day = f"_{exam.on:%m%d}" if exam.on else ""
            base = "_base" if exam.code == BASE_MATHEMATICS else ""
            identity = replace(identity, procedure_id=identity.procedure_id + base + day)
        warnings.append(
            _(
                "{file}: names and documents are replaced by pseudonyms; schools bear their codes of ГИА."
            ).format(file=label)
        )
        light = replace(book, label=label, sheets=())
        sheets.append(
            ReadSheet(light, 1000 * place + number, exam.header, exam.protocol, identity, tuple(warnings))
        )
    return sheets


def _read_list(book: Workbook, definitions: Definitions, plans: list[Plan], lists: list[CodeList]) -> None:
    """A file without results: an item plan, a list of codes, or nothing that is known."""
    plan = find_plan(book, definitions)
    codes = find_code_list(book, definitions) if plan is None else None
    if plan is not None:
        plans.append(plan)
    elif codes is not None:
        lists.append(codes)
    else:
        raise unknown_layout(book)


def _read_sheet(
    book: Workbook, place: int, header: Header, options: Options, definitions: Definitions
) -> ReadSheet | None:
    name = heading_of_name(book, definitions)
    content = heading_of_content(book, book.sheets[place], header, definitions)
    protocol = read_protocol(book.sheets[place], header, org_id=options.org_id or name.org_id)
    if not protocol.code:
        return None
    if header.layout.name == "form2026" and not (options.org_id or name.org_id):
        raise TableError(
            _("The form does not name its school"),
            file=book.label,
            next_step=_(
                "Write the school's login into the file's name (edu101234 …), or add the option --organisation."
            ),
        )
    identity, warnings = identify(
        content,
        name,
        options,
        label=book.label,
        layout=header.layout.name,
        code_digits=_code_digits(protocol),
    )
    light = replace(book, sheets=tuple(s for s in book.sheets if "номер класса" in s.name.lower()))
    return ReadSheet(light, place, header, protocol, identity, tuple(warnings))


def _code_digits(protocol: Protocol) -> dict[int, float]:
    """First digit of the codes -> share of the rows."""
    counts = Counter(int(code[0]) for code in protocol.code if code[:1].isdecimal())
    total = sum(counts.values())
    return {digit: counts[digit] / total for digit in sorted(counts)}


def _without_copies(sheets: list[ReadSheet]) -> tuple[list[ReadSheet], list[str]]:
    """A file given twice, under one name or two, counts once."""
    seen: dict[tuple[str, int], ReadSheet] = {}
    kept, warnings = [], [warning for sheet in sheets for warning in sheet.warnings]
    for sheet in sheets:
        key = (sheet.book.sha256, sheet.sheet)
        first = seen.setdefault(key, sheet)
        if first.identity != sheet.identity:
            raise TableError(
                _("The file has the same content as {first}, but is said to be another work").format(
                    first=first.book.label
                ),
                file=sheet.book.label,
                next_step=_("Leave out the one that is misnamed."),
            )
        if first is not sheet:
            warnings.append(
                _("{file} has the same content as {first}; it is read once.").format(
                    file=sheet.book.label, first=first.book.label
                )
            )
            continue
        kept.append(sheet)
    return kept, warnings


def _labels(files: Sequence[Path]) -> list[str]:
    """File names; with the folder's name where two files are called alike."""
    counts = Counter(path.name for path in files)
    return [
        path.name if counts[path.name] == 1 else f"{path.resolve().parent.name}/{path.name}" for path in files
    ]
