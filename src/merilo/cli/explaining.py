"""What a run found: `explain` one school in sentences and figures; `prior` for the runs of others."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from merilo.cli.app import app
from merilo.cli.screen import screen
from merilo.errors import OutputError
from merilo.language import translator

_ = translator("cli")


@app.command(help=_("Explain in sentences and figures what a run found of one school, and how sure it is."))
def explain(
    out: Annotated[
        Path, typer.Argument(help=_("Folder that `merilo run` wrote (--out)."), show_default=False)
    ],
    org_id: Annotated[str, typer.Argument(help=_("org_id or exact name of the school."), show_default=False)],
    pdf: Annotated[
        Path | None,
        typer.Option("--pdf", help=_("PDF to write; otherwise OUT_explanations/ORG_ID.pdf beside OUT.")),
    ] = None,
    definitions: Annotated[
        list[Path] | None,
        typer.Option("--definitions", help=_("Your own definitions (.toml); they override by id.")),
    ] = None,
) -> None:
    """Print the sentences, write the PDF, say where."""
    from merilo.definitions import load_definitions
    from merilo.publish import explanation

    school = explanation.explain(out, org_id, load_definitions(tuple(definitions or ())))
    blocks = explanation.blocks_of(school)
    path = explanation.write_explanation(school, blocks, pdf or explanation.default_path(out, school.org_id))
    explanation.print_explanation(school, blocks, screen)
    screen.print()
    screen.print(_("With figures: {path}").format(path=path), soft_wrap=True, highlight=False)


@app.command(
    help=_("Write what a run learned of ordinary schools as definitions for smaller runs (--definitions).")
)
def prior(
    out: Annotated[
        Path, typer.Argument(help=_("Folder that `merilo run` wrote (--out)."), show_default=False)
    ],
    file: Annotated[Path, typer.Option("--out", help=_("Definitions to write (.toml)."), show_default=False)],
) -> None:
    """A region's run lends its priors to a town."""
    from merilo.check.model_rows import prior_definition
    from merilo.publish.explanation import read_run

    run = read_run(out)
    text = prior_definition(
        run.table("objectivity_models"),
        source=_("Run {run} of “{authority}”").format(run=run.stamp.run_id, authority=run.authority),
        version=run.stamp.run_id,
        dated_on=run.stamp.made_on.isoformat(),
    )
    if file.resolve().parent == out.resolve():
        raise OutputError(
            _("The folder of the run is never changed"),
            file=file,
            next_step=_("Choose another folder for the file."),
        )
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as problem:
        raise OutputError(
            _("The definitions cannot be written"),
            file=file,
            value=problem.strerror,
            next_step=_("Choose another folder or free some space."),
        ) from problem
    screen.print(
        _(
            "Definitions: {file}. A town borrows from them by: merilo run TOWN --out RESULT --definitions {file}"
        ).format(file=file),
        soft_wrap=True,
        highlight=False,
    )
