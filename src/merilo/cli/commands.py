"""The commands: run, import, simulate, describe, demo. Heavy rooms are loaded only by the command that needs them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer

import merilo
from merilo.cli.app import app
from merilo.cli.screen import progress_bars, say_import, say_official_list, say_result, screen
from merilo.language import translator

_ = translator("cli")


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

    with progress_bars() as tell:
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
    say_result(result)


@app.command("import", help=_("Read raw exchange files into an authority folder."))
def import_command(
    into: Annotated[
        Path, typer.Option("--into", help=_("Authority folder to write to."), show_default=False)
    ],
    files: Annotated[
        list[Path] | None, typer.Argument(help=_("Exchange files (xlsx, xls, csv)."), show_default=False)
    ] = None,
    official_list: Annotated[
        list[Path] | None,
        typer.Option(
            "--official-list",
            help=_("An official list of schools with markers; it is shown beside our own evidence."),
        ),
    ] = None,
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
    from merilo.collect.exchange import import_files, import_official_list
    from merilo.definitions import load_definitions

    chosen = load_definitions(tuple(definitions or ()))
    if files or not official_list:
        with progress_bars() as tell:
            outcome = import_files(
                files or (),
                into,
                definitions=chosen,
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
        say_import(outcome)
    for file in official_list or ():
        say_official_list(
            import_official_list(file, into, definitions=chosen, year=year, replace_old=replace)
        )


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
        typer.Option("--control", help=_("Something that only looks suspicious: kind:strength:schools.")),
    ] = None,
    works_format: Annotated[str, typer.Option("--works-format", help=_("csv or parquet."))] = "csv",
    mess: Annotated[
        float, typer.Option("--mess", min=0, max=1, help=_("Faults planted in exchange forms, 0 to 1."))
    ] = 0.0,
) -> None:
    """Write a simulated authority and its truth."""
    from merilo.simulate import simulate as simulate_authority

    with progress_bars() as tell:
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
    with progress_bars() as tell:
        simulate_authority(
            town,
            schools=schools,
            seed=2021,
            years=2,
            lift_mean=LIFT_MEAN,
            lift_most=LIFT_MOST,
            lift_reach=LIFT_REACH,
            controls=SMALL_SCHOOLS,
            progress=lambda _name, done, total: tell("simulate", done, total),
        )
        result = merilo.run(town, results, workers=processors(), on_progress=tell)
    screen.print(
        _("The simulated town: {folder} (what is true of it: {truth}).").format(
            folder=town, truth=town / "truth"
        )
    )
    say_result(result)


# Lifting over cut scores as it is seen in a real region's distributions: with it, marks come out as they did there.
LIFT_MEAN, LIFT_MOST, LIFT_REACH = 0.6, 0.95, 6
# Two schools so small that the rules for small groups can be seen at work.
SMALL_SCHOOLS = ("tiny:1:2",)


def _clear_town(town: Path) -> None:
    """An earlier demo's town gives way; a folder without `truth` is not ours to touch."""
    if (town / "truth").is_dir():
        shutil.rmtree(town)
