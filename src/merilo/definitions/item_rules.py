"""When an item counts as mastered, and how many works a picture needs."""

from __future__ import annotations

import math
from dataclasses import dataclass

from merilo.definitions.fields import Fields
from merilo.definitions.provenance import Entry, StatedChoice, read_choices, read_provenance
from merilo.language import translator

_ = translator("definitions")


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRule(Entry):
    """Bounds of an item's mean share for one level of difficulty.

    level               basic | raised | high
    sufficient_from     share 0-1 from which the item counts as sufficiently mastered
    insufficient_below  share 0-1 below which it counts as insufficiently mastered; between: uncertain
    sufficient_words, uncertain_words, insufficient_words   how the three are named (Russian)
    """

    level: str
    sufficient_from: float
    insufficient_below: float
    sufficient_words: str
    uncertain_words: str
    insufficient_words: str

    def verdict(self, mean_share: float) -> str:
        """`sufficient`, `uncertain` or `insufficient` for a mean share 0-1; `unknown` for NaN."""
        if mean_share >= self.sufficient_from:
            return "sufficient"
        if mean_share < self.insufficient_below:
            return "insufficient"
        return "unknown" if math.isnan(mean_share) else "uncertain"


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleRule(Entry):
    """How many works a distribution or a group needs to be informative.

    informative_n   a distribution is informative from this many works
    approximate_n   approximate from this many, limited below
    group_n         pupils that each group needs for group analysis
    """

    informative_n: int
    approximate_n: int
    group_n: int
    choices: tuple[StatedChoice, ...]

    def distribution(self, n: int) -> str:
        """`informative`, `approximate` or `limited` for a distribution of n works."""
        if n >= self.informative_n:
            return "informative"
        return "approximate" if n >= self.approximate_n else "limited"


def read_item_rule(fields: Fields) -> ItemRule:
    """Read one `[[item_rule]]`."""
    rule = ItemRule(
        provenance=read_provenance(fields),
        level=fields.one_of("level", ("basic", "raised", "high")),
        sufficient_from=fields.share("sufficient_from"),
        insufficient_below=fields.share("insufficient_below"),
        sufficient_words=fields.text("sufficient_words"),
        uncertain_words=fields.text("uncertain_words"),
        insufficient_words=fields.text("insufficient_words"),
    )
    if rule.insufficient_below > rule.sufficient_from:
        raise fields.wrong("insufficient_below", _("must not lie above sufficient_from"))
    return rule


def read_sample_rule(fields: Fields) -> SampleRule:
    """Read one `[[sample_rule]]`."""
    rule = SampleRule(
        provenance=read_provenance(fields),
        informative_n=fields.whole("informative_n", low=1),
        approximate_n=fields.whole("approximate_n", low=1),
        group_n=fields.whole("group_n", low=1),
        choices=read_choices(fields),
    )
    if rule.approximate_n > rule.informative_n:
        raise fields.wrong("approximate_n", _("must not lie above informative_n"))
    return rule
