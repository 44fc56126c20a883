"""How many schools, and nothing else: what the public report says of objectivity. No names, no rows of schools.

A count of schools is no count of pupils, but a kind of evidence seen in one or two schools may name them to those who
know the town. So kinds under FEWEST_NAMED schools are counted together, and small authorities are not counted at all.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from merilo.definitions import Definitions
from merilo.publish.standing import STANDINGS, standing
from merilo.tables.objectivity import KINDS, kind_of

OBJECTIVITY_TOTALS = "objectivity_totals"
FEWEST_SCHOOLS = 10  # judged; in a smaller authority counts would name schools
FEWEST_NAMED = 5  # schools; fewer are said as “fewer than 5”
OTHER_KINDS = "other"
LIKELY = 0.5  # probability of being on the list of low results from which a school more likely than not is

SCHEMA = {"about": pl.String, "what": pl.String, "schools_n": pl.Int64, "of_n": pl.Int64}


def objectivity_totals(tables: Mapping[str, pl.DataFrame], definitions: Definitions) -> pl.DataFrame:
    """Columns about, what, schools_n, of_n, from the unprotected tables of a run; one row "few" in a small authority.

    about standing: what is one of STANDINGS; kind: kinds of the schools to be verified, OTHER_KINDS those of fewer than
    FEWEST_NAMED schools; marker: kinds of official markers a, b, c seen, "any" of them; low: "cleaned" schools off the
    list that more likely than not would be on it without the results that ask to be verified.
    """
    schools = tables.get("objectivity_schools")
    if schools is None:
        return pl.DataFrame(schema=SCHEMA)
    said = schools.with_columns(standing=standing(definitions))
    if said.filter(pl.col("standing") != "little").height < FEWEST_SCHOOLS:
        few = [("few", "", None, None)] if said.height else []
        return pl.DataFrame(few, schema=SCHEMA, orient="row")
    rows = [
        ("standing", one, said.filter(pl.col("standing") == one).height, said.height) for one in STANDINGS
    ]
    rows += _kinds(said.filter(pl.col("standing") == "verify"))
    rows += _markers(tables.get("objectivity"), definitions)
    rows += _cleaned(tables.get("low_results"))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _kinds(to_verify: pl.DataFrame) -> list[tuple[str, str, int, int]]:
    leading = [kind_of(name) for name in to_verify["leading_evidence"]]
    counts = {kind: leading.count(kind) for kind in KINDS}
    named = {kind: n for kind, n in counts.items() if n >= FEWEST_NAMED}
    other = to_verify.height - sum(named.values())
    rows = [("kind", kind, n, to_verify.height) for kind, n in named.items()]
    return [*rows, ("kind", OTHER_KINDS, other, to_verify.height)] if other else rows


def _markers(objectivity: pl.DataFrame | None, definitions: Definitions) -> list[tuple[str, str, int, int]]:
    if objectivity is None:
        return []
    kinds = {f"fioko_{marker.number}": marker.kind for marker in definitions.markers}
    rows = objectivity.filter(pl.col("evidence").is_in(list(kinds)), pl.col("flagged").is_not_null())
    rows = rows.with_columns(kind=pl.col("evidence").replace_strict(kinds, default=None))
    counted = [("any", rows), *((kind, rows.filter(pl.col("kind") == kind)) for kind in ("a", "b", "c"))]
    return [
        ("marker", kind, found.filter("flagged")["org_id"].n_unique(), found["org_id"].n_unique())
        for kind, found in counted
        if found.height
    ]


def _cleaned(low: pl.DataFrame | None) -> list[tuple[str, str, int, int]]:
    if low is None or "probability_cleaned" not in low.columns or low["probability_cleaned"].is_null().all():
        return []
    off = low.filter(~pl.col("listed"), pl.col("probability") < LIKELY)
    return [("low", "cleaned", off.filter(pl.col("probability_cleaned") >= LIKELY).height, low.height)]
