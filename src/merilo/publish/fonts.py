"""The vendored fonts, and how wide a line of them is (so that text is never clipped and never overlaps)."""

from __future__ import annotations

import struct
from functools import lru_cache
from pathlib import Path

FONT_FOLDER = Path(__file__).parent / "fonts"
SANS = "PT Sans"
SERIF = "Liberation Serif"
_FILES = {False: "PTS55F.ttf", True: "PTS75F.ttf"}


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Width of one line of PT Sans, pixels at `size` pixels."""
    advance, per_em = _advances(bold)
    return sum(advance.get(ord(letter), per_em // 2) for letter in text) * size / per_em


def wrap(text: str, width: float, size: float, *, bold: bool = False) -> list[str]:
    """Lines no wider than `width` pixels, broken at spaces (never at a no-break space)."""
    lines: list[str] = []
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, size, bold=bold) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def shorten(text: str, width: float, size: float) -> str:
    """The text, cut with an ellipsis where it would not fit into `width` pixels."""
    if text_width(text, size) <= width:
        return text
    while text and text_width(text + "…", size) > width:
        text = text[:-1]
    return text.rstrip(" ,.;:«(\u00a0") + "…"


@lru_cache(maxsize=2)
def _advances(bold: bool) -> tuple[dict[int, int], int]:
    """Character code -> advance in font units, and units per em, read from the TrueType file."""
    content = (FONT_FOLDER / _FILES[bold]).read_bytes()
    tables = {}
    for entry in range(struct.unpack_from(">H", content, 4)[0]):
        tag, _checksum, offset, _length = struct.unpack_from(">4sLLL", content, 12 + 16 * entry)
        tables[tag.decode("ascii")] = offset
    per_em = struct.unpack_from(">H", content, tables["head"] + 18)[0]
    metrics_n = struct.unpack_from(">H", content, tables["hhea"] + 34)[0]
    advances = [
        struct.unpack_from(">H", content, tables["hmtx"] + 4 * glyph)[0] for glyph in range(metrics_n)
    ]
    glyphs = _glyphs(content, tables["cmap"])
    return {code: advances[min(glyph, metrics_n - 1)] for code, glyph in glyphs.items()}, per_em


def _glyphs(content: bytes, cmap: int) -> dict[int, int]:
    """Character code -> glyph of the Unicode subtable of format 4."""
    for entry in range(struct.unpack_from(">H", content, cmap + 2)[0]):
        platform, _encoding, offset = struct.unpack_from(">HHL", content, cmap + 4 + 8 * entry)
        start = cmap + offset
        if platform in (0, 3) and struct.unpack_from(">H", content, start)[0] == 4:
            return _format_4(content, start)
    raise ValueError("the font has no Unicode table of format 4")


def _format_4(content: bytes, start: int) -> dict[int, int]:
    segments = struct.unpack_from(">H", content, start + 6)[0] // 2

    def column(place: int) -> tuple[int, ...]:
        return struct.unpack_from(f">{segments}H", content, start + place)

    ends, starts = column(14), column(16 + 2 * segments)
    deltas, offsets = column(16 + 4 * segments), column(16 + 6 * segments)
    glyphs = {}
    for segment in range(segments):
        for code in range(starts[segment], min(ends[segment], 0xFFFE) + 1):
            glyph = code
            if offsets[segment]:
                place = start + 16 + 6 * segments + 2 * segment + offsets[segment]
                glyph = struct.unpack_from(">H", content, place + 2 * (code - starts[segment]))[0]
            if glyph or not offsets[segment]:
                glyphs[code] = (glyph + deltas[segment]) & 0xFFFF
    return glyphs
