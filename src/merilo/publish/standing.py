"""What the evidence on objectivity says of a school in one word; the same word in every document."""

from __future__ import annotations

import polars as pl

from merilo.definitions import Definitions
from merilo.language import translator

_ = translator("publish")

# In the order in which documents name them: what is good first.
STANDINGS = ("high_culture", "nothing", "attention", "verify", "little")
# Fewer kinds of evidence that can tell are too few to say that nothing asks to be verified.
FEWEST_KINDS = 2


def standing(definitions: Definitions) -> pl.Expr:
    """One of STANDINGS for every row of `objectivity_schools`.

    verify: flagged; attention: not flagged, but the probability reaches the definition attention_probability; little:
    hidden by disclosure, or fewer than FEWEST_KINDS kinds of evidence that could tell; high_culture: the positive
    finding of `check`; nothing: none of these.
    """
    flagged = pl.col("flagged").fill_null(value=False)
    known = pl.col("probability").is_not_null() & (pl.col("evidence_n").fill_null(0) >= FEWEST_KINDS)
    likely = pl.col("probability").fill_null(0.0) >= definitions.run.attention_probability
    return (
        pl.when(flagged)
        .then(pl.lit("verify"))
        .when(likely)
        .then(pl.lit("attention"))
        .when(~known)
        .then(pl.lit("little"))
        .when(pl.col("high_culture").fill_null(value=False))
        .then(pl.lit("high_culture"))
        .otherwise(pl.lit("nothing"))
    )


def standing_words() -> dict[str, str]:
    """Code -> what it says."""
    return {
        "high_culture": _("high culture of assessment"),
        "nothing": _("nothing asks to be verified"),
        "attention": _("zone of attention"),
        "verify": _("to be verified"),
        "little": _("too little data to judge"),
    }
