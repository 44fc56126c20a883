"""Sheets on objectivity: a row per school in words, the evidence that stands out, the official markers beside it."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from merilo.definitions import Definitions
from merilo.language import translator
from merilo.publish.standing import standing, standing_words
from merilo.publish.words import code_words
from merilo.tables.objectivity import KINDS

_ = translator("publish")

OFFICIAL_MARKERS = "official_markers"  # rows of `objectivity` that are official markers: a sheet of their own
SHOWN_BELOW = 0.05  # p-value; rows of `objectivity` above it are in the table file only
TOLD_OF = ("verify", "attention")  # standings of which kind and explanations are told
SELECTIVE = ("lyceum", "gymnasium")

Tables = Mapping[str, pl.DataFrame]


def with_objectivity(shown: Tables, definitions: Definitions) -> dict[str, pl.DataFrame]:
    """The protected tables with those on objectivity made ready for their sheets.

    objectivity_schools gets the columns +standing, +kinds_missing, +explanations, +low; objectivity keeps the rows that
    are flagged or whose p-value is below SHOWN_BELOW, with +estimated; official_markers: official markers seen.
    """
    made = dict(shown)
    if "objectivity_schools" in shown:
        made["objectivity_schools"] = _schools(shown, definitions)
    if "objectivity" in shown:
        rows = shown["objectivity"]
        official = pl.col("evidence").str.starts_with("fioko_")
        made["objectivity"] = _telling(rows.filter(~official))
        made[OFFICIAL_MARKERS] = _seen(rows.filter(official, pl.col("flagged")), definitions)
    return made


def estimated() -> dict[str, str]:
    """Evidence -> what its estimate is."""
    lifted = _("works 1–2 points short of the mark that stand on its border, share of such works")
    return {
        **{f"threshold_{mark}": lifted for mark in (3, 4, 5)},
        "item_profile": _(
            "points on the items that stand out, beyond the expected, share of the work's points"
        ),
        "expert_leniency": _("points for items marked by a person, beyond the usual, share of their points"),
        "similarity": _("answers alike within a class, beyond the usual, share of answers"),
        "spread": _("spread of scores over the expected one: 1 is usual, less is closer together"),
        "level": _("mean score beyond what earlier results imply"),
        "journal": _("mean mark beyond what journal marks imply"),
        "cohort": _("mean score beyond what the same pupils' earlier work implies"),
        "participation": _("absent pupils beyond the usual, share of those entered"),
    }


def _schools(shown: Tables, definitions: Definitions) -> pl.DataFrame:
    schools = shown["objectivity_schools"].with_columns(standing=standing(definitions))
    told = pl.col("standing").is_in(TOLD_OF)
    schools = schools.with_columns(
        leading_evidence=pl.when(told).then("leading_evidence"),
        **{"+standing": pl.col("standing").replace_strict(standing_words())},
    )
    for column, found in (
        ("+kinds_missing", _kinds_missing(shown)),
        ("+explanations", _explanations(shown, definitions)),
        ("+low", _low(shown)),
    ):
        frame = pl.DataFrame(
            {"org_id": list(found), column: list(found.values())},
            schema={"org_id": pl.String, column: pl.String},
        )
        schools = schools.join(frame, on="org_id", how="left", maintain_order="left")
    if "probability_cleaned" in shown.get("low_results", pl.DataFrame()).columns:
        cleaned = shown["low_results"].select("org_id", "probability_cleaned").unique("org_id", keep="first")
        schools = schools.join(cleaned, on="org_id", how="left", maintain_order="left")
    return schools.with_columns(pl.when(told).then("+explanations").alias("+explanations")).drop("standing")


def _kinds_missing(shown: Tables) -> dict[str, str | None]:
    """org_id -> kinds of evidence that could not tell, in words; schools that are hidden are left out."""
    if "objectivity_kinds" not in shown:
        return {}
    words = code_words()["evidence"]
    told = shown["objectivity_kinds"].filter(pl.col("z").is_not_null())
    by_school = told.group_by("org_id", maintain_order=True).agg("kind")
    return {
        org: ", ".join(words[kind] for kind in KINDS if kind not in kinds) or None
        for org, kinds in by_school.iter_rows()
    }


def _explanations(shown: Tables, definitions: Definitions) -> dict[str, str]:
    """org_id -> ordinary explanations that fit what is known of the organisation and of its size."""
    found: dict[str, list[str]] = {}
    organisations, results = shown.get("organisations"), shown.get("school_results")
    if organisations is not None and "kind" in organisations.columns:
        for org, kind in organisations.select("org_id", "kind").iter_rows():
            if kind in SELECTIVE:
                found.setdefault(org, []).append(
                    _("selective intake: results are higher and closer together")
                )
            if kind == "special":
                found.setdefault(org, []).append(
                    _("pupils and programmes differ from those of other schools")
                )
    if results is not None:
        usual = results.filter(pl.col("n").is_not_null()).group_by("org_id").agg(n=pl.col("n").median())
        for org, n in usual.sort("org_id").iter_rows():
            if n < definitions.run.min_pupils:
                found.setdefault(org, []).append(_("few pupils: every estimate is uncertain"))
    return {org: "; ".join(said) for org, said in found.items()}


def _low(shown: Tables) -> dict[str, str]:
    """org_id -> what the rule for low results says and how sure it is."""
    if "low_results" not in shown:
        return {}
    stability = code_words()["stability"]
    rows = shown["low_results"].filter(pl.col("listed").is_not_null())
    return {
        org: ", ".join(filter(None, (_("listed") if listed else _("not listed"), stability.get(sure or ""))))
        for org, listed, sure in rows.select("org_id", "listed", "stability").iter_rows()
    }


def _telling(rows: pl.DataFrame) -> pl.DataFrame:
    kept = rows.filter(
        pl.col("flagged").fill_null(value=False) | (pl.col("p_value").fill_null(1.0) < SHOWN_BELOW)
    )
    what = pl.col("evidence").replace_strict(estimated(), default=None, return_dtype=pl.String)
    return kept.with_columns(what.alias("+estimated"))


def _seen(rows: pl.DataFrame, definitions: Definitions) -> pl.DataFrame:
    named = {
        f"fioko_{marker.number}": _("No. {number}. {title}").format(number=marker.number, title=marker.title)
        for marker in definitions.markers
    }
    return rows.with_columns(
        pl.col("evidence")
        .replace_strict(named, default=pl.col("evidence"), return_dtype=pl.String)
        .alias("+marker")
    )
