"""`merilo import FILE... --into FOLDER`: exchange forms -> an authority folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from merilo.collect.exchange.assigning import plan_of, skill_names_of
from merilo.collect.exchange.identity import Options
from merilo.collect.exchange.lists import extend_organisations, extend_rejected_rows
from merilo.collect.exchange.merging import ProcedureDraft, draft_procedure
from merilo.collect.exchange.outcome import FileOutcome, ImportOutcome
from merilo.collect.exchange.pupils import pseudonym_key
from merilo.collect.exchange.reading import Progress, ReadFiles, ReadSheet, read_files
from merilo.collect.exchange.reports import SCHEMA
from merilo.collect.exchange.works import SheetWorks, build_works
from merilo.collect.exchange.writing import locked_folder, write_authority
from merilo.errors import InputError, MissingFileError, UsageError
from merilo.language import translator

if TYPE_CHECKING:
    from merilo.definitions import Definitions

_ = translator("exchange")


def import_files(
    files: Sequence[Path],
    into: Path,
    *,
    definitions: Definitions,
    subject: str | None = None,
    year_group: int | None = None,
    year: int | None = None,
    kind: str | None = None,
    procedure_id: str | None = None,
    org_id: str | None = None,
    key_file: Path | None = None,
    replace_old: bool = False,
    as_csv: bool = False,
    progress: Progress | None = None,
) -> ImportOutcome:
    """Read exchange forms and write or extend the authority folder `into`: everything, or nothing at all.

    subject, year_group (the one in the work's name), year, kind answer what neither content nor file name says;
    org_id: the school of a form that does not name it; key_file: key of the pseudonyms (see pupils.py);
    replace_old: take the new files for a procedure that other files claimed before; as_csv: works.csv instead of
    works.parquet; progress(done, all, file): called after each file.
    Raises InputError (and its kinds), UsageError, OutputError.
    """
    options = _options(definitions, subject, year_group, year, kind, procedure_id, org_id)
    key = None if key_file is None else _key(key_file)
    if not files:
        raise UsageError(_("No file was named"), next_step=_("Name the files to import."))
    read = read_files(files, options, definitions, key=key, progress=progress)
    sheets, warnings = read.sheets, list(read.warnings)
    if not sheets:
        raise InputError(
            _("There are item plans but no results among the files"),
            next_step=_("Import a plan together with the results that it belongs to."),
        )
    _check_one_id(sheets, options)
    works, skills, used = _build(read, definitions, key)
    warnings += [warning for work in works for warning in work.warnings]
    warnings += [
        _("{file}: belongs to none of the results and was not used.").format(file=p.label)
        for p in read.plans
        if p.label not in used
    ]
    if not read.plans:
        warnings.append(
            _(
                "No item plan is among the files: skills and levels of items stay unknown. "
                "Import the plan with the results."
            )
        )
    with locked_folder(into):
        drafts, unchanged = _draft(works, skills, into, definitions, replace_old, as_csv)
        _write(into, works, drafts)
    warnings += [warning for draft in drafts for warning in draft.warnings]
    return _outcome(into, works, drafts, unchanged, read, used, warnings)


def _build(
    read: ReadFiles,
    definitions: Definitions,
    key: bytes | None,
) -> tuple[list[SheetWorks], dict[str, dict[str, str]], dict[str, str]]:
    """Works of each sheet; procedure -> skill names; label of a used plan or list -> procedure."""
    works_n = len({(s.identity.subject, s.identity.programme_year_group) for s in read.sheets})
    works: list[SheetWorks] = []
    skills: dict[str, dict[str, str]] = {}
    used: dict[str, str] = {}
    for sheet in read.sheets:
        identity = sheet.identity
        plan = plan_of(identity, read.plans, works_n=works_n)
        skills[identity.procedure_id] = skill_names_of(identity, plan, read.lists, works_n=works_n)
        if plan is not None:
            used[plan.label] = identity.procedure_id
        works.append(
            build_works(
                sheet.book,
                sheet.sheet,
                sheet.header,
                sheet.protocol,
                identity,
                plan=plan,
                definitions=definitions,
                key=key or sheet.book.key,
            )
        )
    return works, skills, used


def _draft(
    works: list[SheetWorks],
    skills: dict[str, dict[str, str]],
    into: Path,
    definitions: Definitions,
    replace_old: bool,
    as_csv: bool,
) -> tuple[list[ProcedureDraft], list[str]]:
    drafts: list[ProcedureDraft] = []
    unchanged: list[str] = []
    for name in sorted({work.identity.procedure_id for work in works}):
        draft = draft_procedure(
            [work for work in works if work.identity.procedure_id == name],
            into / "procedures" / name,
            skill_names=skills[name],
            definitions=definitions,
            replace_old=replace_old,
            as_csv=as_csv,
        )
        if draft is None:
            unchanged.append(name)
        else:
            drafts.append(draft)
    return drafts, unchanged


def _write(into: Path, works: list[SheetWorks], drafts: list[ProcedureDraft]) -> None:
    if not drafts:
        return
    written = {draft.procedure_id for draft in drafts}
    fresh = [work for work in works if work.identity.procedure_id in written]
    dropped = {sha256[:12] for draft in drafts for sha256 in draft.dropped} | {w.sha256[:12] for w in fresh}
    tables = {
        "rejected_rows.csv": extend_rejected_rows(
            into / "rejected_rows.csv", _rejected(fresh), replaced=sorted(dropped)
        )
    }
    organisations = extend_organisations(
        into / "organisations.csv", [school for work in fresh for school in work.schools]
    )
    if organisations is not None:
        tables["organisations.csv"] = organisations
    write_authority(into, tables=tables, procedures={draft.procedure_id: draft.files for draft in drafts})


def _rejected(works: list[SheetWorks]) -> pl.DataFrame:
    frames = [work.rejected for work in works]
    return pl.concat([pl.DataFrame(schema=SCHEMA), *frames])


def _outcome(
    into: Path,
    works: list[SheetWorks],
    drafts: list[ProcedureDraft],
    unchanged: list[str],
    read: ReadFiles,
    used: dict[str, str],
    warnings: list[str],
) -> ImportOutcome:
    outcomes = [
        FileOutcome(
            file=work.label,
            layout=work.layout,
            procedure_id=work.identity.procedure_id,
            rows_n=work.rows_n,
            works_n=work.frame.height,
            absent_n=work.absent_n,
            rejected_n=work.rejected_n,
            adjusted_n=work.adjusted_n,
            unchanged=work.identity.procedure_id in unchanged,
        )
        for work in works
    ]
    outcomes += [FileOutcome(plan.label, "plan", used.get(plan.label, "")) for plan in read.plans]
    outcomes += [FileOutcome(codes.label, f"{codes.kind}_codes", "") for codes in read.lists]
    return ImportOutcome(
        folder=into,
        files=tuple(outcomes),
        written=tuple(draft.procedure_id for draft in drafts),
        unchanged=tuple(unchanged),
        rejected_rows=_rejected(works),
        warnings=tuple(dict.fromkeys(warnings)),
    )


def _check_one_id(sheets: Sequence[ReadSheet], options: Options) -> None:
    works = sorted({(s.identity.subject, s.identity.programme_year_group, s.identity.year) for s in sheets})
    if options.procedure_id is not None and len(works) > 1:
        raise UsageError(
            _("One id was given for the results of {n} different works").format(n=len(works)),
            value=options.procedure_id,
            next_step=_("Import each work by itself, or leave the option --procedure out."),
        )


def _options(
    definitions: Definitions,
    subject: str | None,
    year_group: int | None,
    year: int | None,
    kind: str | None,
    procedure_id: str | None,
    org_id: str | None,
) -> Options:
    known = definitions.find_subject(subject) if subject else None
    if subject and known is None:
        raise UsageError(
            _("The subject is not known"),
            value=subject,
            next_step=_("Write it as in the curriculum, for example «математика»."),
        )
    if procedure_id is not None and not all(
        letter.isalnum() or letter in "-_." for letter in procedure_id.lstrip(".")
    ):
        raise UsageError(
            _("The id of a procedure is the name of a folder"),
            value=procedure_id,
            next_step=_("Use letters, digits, - and _."),
        )
    return Options(known.id if known else None, year_group, year, kind, procedure_id, org_id)


def _key(path: Path) -> bytes:
    if not path.is_file():
        raise MissingFileError(_("The key file does not exist"), file=path, next_step=_("Check the path."))
    return pseudonym_key(path.read_bytes())
