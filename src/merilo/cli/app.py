"""The application: its language, its help, the options of every command."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import typer
import typer.rich_utils

import merilo
from merilo.cli.screen import screen
from merilo.language import LANGUAGES, choose_language, translator

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
typer.rich_utils.REQUIRED_LONG_STRING = _("[required]")
typer.rich_utils.DEFAULT_STRING = _("[default: {}]")

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
