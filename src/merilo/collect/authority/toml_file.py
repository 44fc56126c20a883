"""Read a TOML file of the authority folder."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from merilo.errors import UnreadableFileError
from merilo.language import translator

_ = translator("collect")


def read_toml(path: Path) -> dict[str, Any]:
    """The fields of the file. Raises UnreadableFileError when it is not UTF-8 or not TOML."""
    try:
        return tomllib.loads(path.read_text("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise UnreadableFileError(
            _("The file is not in the encoding UTF-8"),
            file=path,
            row=path.read_bytes()[: error.start].count(b"\n") + 1,
            next_step=_("Save it as UTF-8 and run again."),
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise UnreadableFileError(
            _("The file is not valid TOML: {reason}").format(reason=error), file=path, next_step=_("Mend it.")
        ) from error
