"""Blocks -> PDF: the template, the pictures and the vendored fonts, nothing of the machine."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Literal

import typst

from merilo.publish.fonts import FONT_FOLDER
from merilo.publish.report.blocks import Block

TEMPLATE = Path(__file__).parent / "report.typ"


def typeset(blocks: Sequence[Block], head: Mapping[str, str], made_on: date) -> bytes:
    """The document as PDF; the same blocks, head and day give the same bytes."""
    pdf = _compiled(blocks, head, made_on, "pdf")
    assert isinstance(pdf, bytes)
    return pdf


def pages(blocks: Sequence[Block], head: Mapping[str, str], made_on: date) -> list[bytes]:
    """The same pages as PNG, for looking at them without a reader of PDF."""
    images = _compiled(blocks, head, made_on, "png")
    return list(images) if isinstance(images, list) else [images]


def _compiled(
    blocks: Sequence[Block], head: Mapping[str, str], made_on: date, form: Literal["pdf", "png"]
) -> Any:
    """Compile the template in a folder of its own: pictures beside it, fonts from ours alone."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for block in blocks:
            if block["kind"] == "picture":
                (folder / block["name"]).write_text(block["svg"], encoding="utf-8")
        said = [{name: part for name, part in block.items() if name != "svg"} for block in blocks]
        text = json.dumps({"head": head, "blocks": said}, ensure_ascii=False)
        (folder / "content.json").write_text(text, encoding="utf-8")
        (folder / "report.typ").write_text(TEMPLATE.read_text("utf-8"), encoding="utf-8")
        midnight = (made_on - date(1970, 1, 1)).days * 86400
        return typst.compile(
            folder / "report.typ",
            root=folder,
            font_paths=[FONT_FOLDER],
            ignore_system_fonts=True,
            timestamp=midnight,
            format=form,
            ppi=80.0 if form == "png" else None,
        )
