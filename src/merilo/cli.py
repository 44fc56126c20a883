"""The `merilo` command: the same cycle on folders, without a site.

Exit codes: 0 done; 1 a defect of Merilo; 2 wrong use; 3 input; 4 definition; 5 statistics; 6 output (errors.py);
130 stopped by Ctrl+C.
"""

from __future__ import annotations

import errno
import io
import os
import shutil
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
import typer.rich_utils
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

import merilo
from merilo.errors import MeriloError, OutputError
from merilo.language import LANGUAGES, choose_language, translator

if TYPE_CHECKING:
    from merilo.collect.exchange import FileOutcome, ImportOutcome

_ = translator("cli")


def _language_of_the_call(words: Sequence[str]) -> None:
    """Choose the language before the help is put together below; a wrong name is answered by the option itself."""
    for word, following in zip(words, [*words[1:], ""], strict=False):
        name = following if word == "--language" else word.removeprefix("--language=")
        if word.startswith("--language") and name in LANGUAGES:
            choose_language(name)


_language_of_the_call(sys.argv[1:])

typer.rich_utils.ARGUMENTS_PANEL_TITLE = _("Arguments")
typer.rich_utils.OPTIONS_PANEL_TITLE = _("Options")
typer.rich_utils.COMMANDS_PANEL_TITLE = _("Commands")
typer.rich_utils.ERRORS_PANEL_TITLE = _("Error")

screen = Console()
complaints = Console(stderr=True)

app = typer.Typer(
    help=_("Merilo: from assessment results to a fair picture of every school."),
    epilog=_("Start with `merilo demo`. The folder that `run` reads is described in docs/formats.md."),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)


def _option_of_language(name: str | None) -> None:
    if name is not None:
        try:
            choose_language(name)
        except ValueError as error:
            raise typer.BadParameter(_("The language is ru or en.")) from error


def _show_version(wanted: bool) -> None:
    if wanted:
        screen.print(f"merilo {merilo.__version__}")
        raise typer.Exit


@app.callback()
def options(
    language: Annotated[
        str | None,
        typer.Option(
            "--language", help=_("ru or en; otherwise by the locale."), callback=_option_of_language
        ),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", help=_("Show the version."), callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """Options of every command."""


@app.command(help=_("Run the whole cycle on authority folders: tables, workbook, report."))
def run(
    folders: Annotated[list[Path], typer.Argument(help=_("Authority folders."), show_default=False)],
    out: Annotated[Path, typer.Option("--out", help=_("Folder for the result."), show_default=False)],
    definitions: Annotated[
        list[Path] | None,
        typer.Option("--definitions", help=_("Your own definitions (.toml); they override by id.")),
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", help=_("Seed of random draws."))] = None,
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, help=_("Processes; otherwise all processors."))
    ] = None,
    documents: Annotated[
        bool, typer.Option("--documents/--no-documents", help=_("Write the workbook and the report."))
    ] = True,
    slopes: Annotated[
        bool, typer.Option("--slopes", help=_("Also estimate the slopes of items (slower)."))
    ] = False,
) -> None:
    """Folders in, tables and documents out."""
    from merilo.engines.local import processors

    with _progress() as tell:
        result = merilo.run(
            folders,
            out,
            definitions=definitions or (),
            seed=seed,
            workers=workers or processors(),
            documents=documents,
            slopes=slopes,
            on_progress=tell,
        )
    _say_result(result)


@app.command("import", help=_("Read raw exchange files into an authority folder."))
def import_command(
    files: Annotated[
        list[Path], typer.Argument(help=_("Exchange files (xlsx, xls, csv)."), show_default=False)
    ],
    into: Annotated[
        Path, typer.Option("--into", help=_("Authority folder to write to."), show_default=False)
    ],
    subject: Annotated[
        str | None, typer.Option("--subject", help=_("Subject, where the file does not say."))
    ] = None,
    year_group: Annotated[int | None, typer.Option("--year-group", help=_("Year group (класс)."))] = None,
    year: Annotated[int | None, typer.Option("--year", help=_("Calendar year of the procedure."))] = None,
    kind: Annotated[
        str | None, typer.Option("--kind", help=_("vpr, oge, ege, gve, niko, regional, school."))
    ] = None,
    procedure: Annotated[str | None, typer.Option("--procedure", help=_("Id to give the procedure."))] = None,
    organisation: Annotated[
        str | None, typer.Option("--organisation", help=_("School code, for forms that name no school."))
    ] = None,
    key_file: Annotated[
        Path | None,
        typer.Option("--key-file", help=_("Key of the pseudonyms of works (a file kept secret).")),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help=_("Take these files in place of those imported before."))
    ] = False,
    csv: Annotated[bool, typer.Option("--csv", help=_("Write works.csv instead of works.parquet."))] = False,
    definitions: Annotated[
        list[Path] | None,
        typer.Option("--definitions", help=_("Your own definitions (.toml); they override by id.")),
    ] = None,
) -> None:
    """Raw files in, an authority folder out."""
    from merilo.collect.exchange import import_files
    from merilo.definitions import load_definitions

    with _progress() as tell:
        outcome = import_files(
            files,
            into,
            definitions=load_definitions(tuple(definitions or ())),
            subject=subject,
            year_group=year_group,
            year=year,
            kind=kind,
            procedure_id=procedure,
            org_id=organisation,
            key_file=key_file,
            replace_old=replace,
            as_csv=csv,
            progress=lambda done, total, _file: tell("import", done, total),
        )
    _say_import(outcome)


@app.command(help=_("Simulate an authority with known truth, in any input layout."))
def simulate(
    out: Annotated[Path, typer.Argument(help=_("Folder to write to."), show_default=False)],
    schools: Annotated[int, typer.Option("--schools", min=1, help=_("Number of schools."))] = 41,
    seed: Annotated[int, typer.Option("--seed", help=_("Seed of random draws."))] = 2021,
    years: Annotated[int, typer.Option("--years", min=1, help=_("School years."))] = 2,
    layout: Annotated[
        str, typer.Option("--layout", help=_("folder, raw2020, raw2021, form2022, collection, f1, plan."))
    ] = "folder",
    manipulation: Annotated[
        list[str] | None,
        typer.Option("--manipulation", help=_("kind:strength:schools, several times if needed.")),
    ] = None,
    control: Annotated[
        list[str] | None,
        typer.Option("--control", help=_("Something that only looks suspicious: kind:schools.")),
    ] = None,
    works_format: Annotated[str, typer.Option("--works-format", help=_("csv or parquet."))] = "csv",
    mess: Annotated[
        float, typer.Option("--mess", min=0, max=1, help=_("Faults planted in exchange forms, 0 to 1."))
    ] = 0.0,
) -> None:
    """Write a simulated authority and its truth."""
    from merilo.simulate import simulate as simulate_authority

    with _progress() as tell:
        simulate_authority(
            out,
            schools=schools,
            seed=seed,
            years=years,
            layout=layout,
            manipulations=tuple(manipulation or ()),
            controls=tuple(control or ()),
            works_format=works_format,
            mess=mess,
            progress=lambda _name, done, total: tell("simulate", done, total),
        )
    screen.print(
        _("The authority is in {folder}, what is true of it in {truth}.").format(
            folder=out, truth=out / "truth"
        )
    )


@app.command(help=_("Describe one procedure folder: works, items, marks."))
def describe(
    folder: Annotated[
        Path, typer.Argument(help=_("Folder with procedure.toml and works."), show_default=False)
    ],
) -> None:
    """Print what one procedure holds."""
    from merilo.cycle import describe as describe_procedure
    from merilo.publish.terminal import print_description

    print_description(describe_procedure(folder), screen)


@app.command(help=_("Simulate a town, run the whole cycle on it and say where everything is."))
def demo(
    folder: Annotated[Path, typer.Argument(help=_("Folder to write to."))] = Path("demo"),
    schools: Annotated[int, typer.Option("--schools", min=2, help=_("Number of schools."))] = 41,
) -> None:
    """The main job from nothing."""
    from merilo.engines.local import processors
    from merilo.simulate import simulate as simulate_authority

    town, results = folder / "town", folder / "results"
    _clear_town(town)
    with _progress() as tell:
        simulate_authority(
            town,
            schools=schools,
            seed=2021,
            years=2,
            lift_mean=LIFT_MEAN,
            lift_most=LIFT_MOST,
            lift_reach=LIFT_REACH,
            progress=lambda _name, done, total: tell("simulate", done, total),
        )
        result = merilo.run(town, results, workers=processors(), on_progress=tell)
    screen.print(
        _("The simulated town: {folder} (what is true of it: {truth}).").format(
            folder=town, truth=town / "truth"
        )
    )
    _say_result(result)


# Lifting over cut scores as it is seen in a real region's distributions: with it, marks come out as they did there.
LIFT_MEAN, LIFT_MOST, LIFT_REACH = 0.6, 0.95, 6


def _clear_town(town: Path) -> None:
    """An earlier demo's town gives way; a folder without `truth` is not ours to touch."""
    if (town / "truth").is_dir():
        shutil.rmtree(town)


def _say_result(result: merilo.RunResult) -> None:
    from merilo.cycle import REPORT, WORKBOOK

    out = result.out
    assert out is not None
    rejected = result.tables["rejected_rows"].height
    procedures, schools = result.tables["procedures"], result.tables["school_results"]["org_id"].n_unique()
    screen.print(
        _(
            "Procedures: {procedures}, schools: {schools}, works: {works}, rows not accepted as they stood: {rejected}."
        ).format(
            procedures=procedures.height, schools=schools, works=int(procedures["n"].sum()), rejected=rejected
        )
    )
    for name, words in (
        (WORKBOOK, _("workbook")),
        (REPORT, _("report")),
        ("manifest.json", _("what was run on what")),
    ):
        if (out / name).is_file():
            screen.print(f"  {out / name}  — {words}", soft_wrap=True)
    screen.print(
        "  " + _("{folder}/*.csv, *.parquet  — tables (docs/tables.md)").format(folder=out), soft_wrap=True
    )


def _say_import(outcome: ImportOutcome) -> None:
    for one in outcome.files:
        screen.print(f"[bold]{one.file}[/bold]: {_import_sentence(one)}", soft_wrap=True, highlight=False)
    for warning in outcome.warnings:
        screen.print(f"  {warning}", soft_wrap=True, highlight=False, markup=False)
    if outcome.rejected_rows.height:
        screen.print(
            _("What was reported stands row by row in {file}.").format(
                file=outcome.folder / "rejected_rows.csv"
            ),
            soft_wrap=True,
        )
    screen.print(_("Next: merilo run {folder} --out RESULT").format(folder=outcome.folder), soft_wrap=True)


def _import_sentence(one: FileOutcome) -> str:
    if one.unchanged:
        return _("the same content was imported before; nothing to do ({procedure}).").format(
            procedure=one.procedure_id
        )
    if not one.rows_n:
        return _("recognised as {layout}.").format(layout=one.layout)
    return _(
        "{layout} → {procedure}: pupils {rows}, works written {works} (absent {absent}), "
        "not accepted {rejected}, accepted with a remark {adjusted}."
    ).format(
        layout=one.layout,
        procedure=one.procedure_id,
        rows=one.rows_n,
        works=one.works_n,
        absent=one.absent_n,
        rejected=one.rejected_n,
        adjusted=one.adjusted_n,
    )


_STAGES = {
    "simulate": _("Simulating"),
    "import": _("Importing"),
    "collect": _("Reading works"),
    "measure": _("Measuring"),
    "publish": _("Writing"),
}


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """A progress bar per stage; nothing when the output is no terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    shown = complaints.is_terminal
    with Progress(*columns, console=complaints, transient=True, disable=not shown) as bars:
        tasks: dict[str, int] = {}

        def tell(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(_STAGES.get(stage, stage), total=total)
            bars.update(tasks[stage], completed=done, total=total)  # type: ignore[arg-type]

        yield tell


INTERRUPTED = 130
_DISK_REFUSES = (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS, errno.EPERM)


def main() -> None:
    """Entry point: errors become sentences and exit codes."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(
            stream, io.TextIOWrapper
        ):  # a terminal that lacks a letter shows "?" and the run goes on
            stream.reconfigure(errors="replace")
    try:
        app()
    except MeriloError as error:
        _complain(error)
    except OSError as error:
        if error.errno not in _DISK_REFUSES:
            _confess()
        _complain(OutputError(_("The disk refuses to write: {reason}").format(reason=error.strerror)))
    except SystemExit as leave:
        if leave.code == INTERRUPTED:  # typer ends so after Ctrl+C, without a word
            complaints.print(_("Stopped; nothing was left half-written"))
        raise
    except Exception:
        _confess()


def _confess() -> NoReturn:
    """Say that the error in hand is ours, with what a report needs."""
    complaints.print(_("This is a defect of Merilo. Please report it with the text below."), style="bold")
    complaints.print(traceback.format_exc(), markup=False, highlight=False, soft_wrap=True)
    sys.exit(1)


def _complain(error: MeriloError) -> None:
    complaints.print(f"{_('Error')}: {error.sentence()}", markup=False, highlight=False, soft_wrap=True)
    if os.environ.get("MERILO_DEBUG"):
        complaints.print(traceback.format_exc(), markup=False, highlight=False)
    sys.exit(error.exit_code)
