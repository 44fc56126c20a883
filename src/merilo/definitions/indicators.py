"""Indicators in use: what a percentage that everybody quotes really counts."""

from __future__ import annotations

from dataclasses import dataclass

from merilo.definitions.fields import Fields
from merilo.definitions.provenance import Entry, read_provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator(Entry):
    """One indicator.

    formula       in words and symbols (Russian)
    unit          share | percent | points
    direction     higher | lower | none: which way is better
    mark_weights  ((2, w2) … (5, w5)) in hundredths where it is a weighted share of marks, else empty
    """

    formula: str
    unit: str
    direction: str
    mark_weights: tuple[tuple[int, float], ...]


def read_indicator(fields: Fields) -> Indicator:
    """Read one `[[indicator]]`."""
    weights = fields.pairs("mark_weights") if fields.has("mark_weights") else ()
    return Indicator(
        provenance=read_provenance(fields),
        formula=fields.text("formula"),
        unit=fields.one_of("unit", ("share", "percent", "points")),
        direction=fields.one_of("direction", ("higher", "lower", "none")),
        mark_weights=tuple((int(mark), hundredths / 100) for mark, hundredths in weights),
    )
