"""The official markers of biased results (ФИОКО): fourteen markers of three kinds, as printed."""

from __future__ import annotations

from dataclasses import dataclass

from merilo.definitions.fields import Fields
from merilo.definitions.provenance import Entry, StatedChoice, read_choices, read_provenance

MARKER_KINDS = ("a", "b", "c")
DIRECTIONS = ("", "rise", "fall")


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkerRule(Entry):
    """The formula of one kind of marker: (a) inflated mean, (b) marks against the work, (c) sharp change.

    formula            in words (Russian)
    t                  (a) multiplier of the standard error, else None
    iqr_multiplier     (c) how many interquartile ranges beyond the quartiles, else None
    correlation_limit  (b) flagged where the rank correlation is below it, else None
    smallest_n         pupils below which the formula is not computed
    informative_n      pupils below which the flag is shown as resting on too few
    smallest_schools   schools below which the comparison with the rest is not computed
    choices            what Merilo does where the printed text is silent
    """

    kind: str
    formula: str
    t: float | None
    iqr_multiplier: float | None
    correlation_limit: float | None
    smallest_n: int
    informative_n: int
    smallest_schools: int
    choices: tuple[StatedChoice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectivityMarker(Entry):
    """One of the printed markers.

    number       its number in the printed list, 1-14; own markers 15-30 (evidence `fioko_<number>`)
    kind         a | b | c: which MarkerRule holds
    procedure    vpr | oge
    year_groups  (g,) or, for a change in one cohort, (g, g + 1)
    direction    (c) only: rise | fall, else empty
    """

    number: int
    kind: str
    procedure: str
    subject: str
    year_groups: tuple[int, ...]
    direction: str


def read_marker_rule(fields: Fields) -> MarkerRule:
    """Read one `[[marker_rule]]`."""
    return MarkerRule(
        provenance=read_provenance(fields),
        kind=fields.one_of("kind", MARKER_KINDS),
        formula=fields.text("formula"),
        t=fields.number("t", low=0.0) if fields.has("t") else None,
        iqr_multiplier=fields.number("iqr_multiplier", low=0.0) if fields.has("iqr_multiplier") else None,
        correlation_limit=(
            fields.number("correlation_limit", low=-1.0, high=1.0)
            if fields.has("correlation_limit")
            else None
        ),
        smallest_n=fields.whole("smallest_n", low=1),
        informative_n=fields.whole("informative_n", low=1),
        smallest_schools=fields.whole("smallest_schools", low=1),
        choices=read_choices(fields),
    )


def read_objectivity_marker(fields: Fields) -> ObjectivityMarker:
    """Read one `[[objectivity_marker]]`."""
    return ObjectivityMarker(
        provenance=read_provenance(fields),
        number=fields.whole("number", low=1, high=30),
        kind=fields.one_of("kind", MARKER_KINDS),
        procedure=fields.one_of("procedure", ("vpr", "oge")),
        subject=fields.text("subject"),
        year_groups=fields.wholes("year_groups", low=1),
        direction=fields.one_of("direction", DIRECTIONS, default=""),
    )
