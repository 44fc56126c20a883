"""Which sheets the authority's workbook has, and which columns stand on each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from merilo.definitions import Definitions
from merilo.language import translator
from merilo.publish.gathered import DISTRICT_DEFICITS
from merilo.publish.typography import decimal, percent
from merilo.publish.words import code_words, in_natural_order, plain_note, yes_no
from merilo.publish.workbook.objectivity import OFFICIAL_MARKERS, SHOWN_BELOW

_ = translator("publish")

Z95 = 1.959963984540054
SHARES = tuple(f"share_{mark}" for mark in (2, 3, 4, 5))


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet: its name (at most 31 letters), the table it shows, what it says, its columns in order.

    columns starting with "+" are joined: +school, +district, +procedure.
    order: the columns that sort the rows; never a result, so that no sheet is a ranking.
    """

    name: str
    table: str
    says: str
    columns: tuple[str, ...]
    order: tuple[str, ...]
    frozen: int


def sheets(definitions: Definitions) -> list[Sheet]:
    """All sheets that a workbook can have, in order. definitions: the limits that their heads name."""
    return [
        Sheet(
            _("Procedures"), "procedures", _("Each procedure as a whole."),
            ("title", "kind", "date", "schools_n", "n", "absent_n", "max_score", "mean_points", "sd_points", *SHARES,
             "alpha", "sem_points", "lifted_share", "lifted_share_lower", "lifted_share_upper", "note"),
            ("school_year", "subject_name", "year_group", "title"), 1,
        ),
        Sheet(
            _("Schools"), "school_results",
            _("Results of each school in each procedure, in alphabetical order within the district. Not a ranking."),
            ("+procedure", "+district", "+school", "n", "absent_n", "participation_share", "mean_points",
             "mean_points_lower", "mean_points_upper",
             *(f"{share}{end}" for share in SHARES for end in ("", "_lower", "_upper")), "low_share", "quality_share",
             "mean_share", "mean_logits", "mean_logits_se", "journal_n", "lowered_share", "confirmed_share",
             "raised_share", "note"),
            ("+procedure", "+district", "+school"), 4,
        ),
        Sheet(
            _("School effects"), "school_effects",
            _("How far a school lies from what is expected, in points, with a 95 per cent interval. An interval that "
              "covers zero does not differ from the expected."),
            ("+procedure", "+district", "+school", "kind", "n", "effect_points", "effect_points_lower",
             "effect_points_upper", "effect_points_se", "effect_sd", "reliability", "note"),
            ("+procedure", "kind", "+district", "+school"), 3,
        ),
        Sheet(
            _("Growth"), "school_growth",
            _("Growth of pupils against pupils who started from the same score; 50 is the usual growth."),
            ("+procedure", "+district", "+school", "n", "mean_growth_percentile", "+growth_lower",
             "+growth_upper", "mean_growth_percentile_se", "median_growth_percentile", "note"),
            ("+procedure", "+district", "+school"), 3,
        ),
        Sheet(
            _("Items"), "items", _("How every item worked in the whole municipality."),
            ("+procedure", "position", "item_id", "text", "skill", "level", "marking", "n", "max_points", "mean_share",
             "item_rule", "discrimination", "difficulty_logits", "difficulty_logits_se", "infit", "outfit",
             "not_administered_n", "not_attempted_n", "note"),
            ("+procedure", "position", "item_id"), 3,
        ),
        Sheet(
            _("Deficits"), "deficits",
            _("Skills of each school against the municipality at equal total scores. A weak skill is a hypothesis "
              "about teaching, not a diagnosis of a teacher."),
            ("+procedure", "+district", "+school", "skill", "skill_name", "n", "items_n", "mean_share",
             "authority_share", "expected_share", "gap_share", "gap_share_se", "own_share", "pupils_equivalent",
             "note"),
            ("+procedure", "skill", "+district", "+school"), 3,
        ),
        Sheet(
            _("Deficits by district"), DISTRICT_DEFICITS, _("The same by district."),
            ("+procedure", "district", "skill", "skill_name", "schools_n", "n", "mean_share", "gap_share",
             "gap_share_se", "pupils_equivalent", "note"),
            ("+procedure", "skill", "district"), 2,
        ),
        Sheet(
            _("Low results"), "low_results",
            _("By the official rule (its text was not verified) and how sure it is. A borderline case could turn by "
              "chance. The list serves help, not judgement."),
            ("+district", "+school", "procedures_n", "low_procedures_n", "listed", "stability", "probability",
             "probability_cleaned", "school_year", "note"),
            ("+district", "+school"), 2,
        ),
        *_objectivity_sheets(definitions),
        Sheet(
            _("Rows not accepted"), "rejected_rows", _("What was not accepted as it stood, and what to do."),
            ("file", "row", "column", "value", "rule", "message"), ("file", "row", "column"), 1,
        ),
    ]  # fmt: skip


def _objectivity_sheets(definitions: Definitions) -> list[Sheet]:
    run = definitions.run
    return [
        Sheet(
            _("Objectivity"), "objectivity_schools",
            _("Evidence on objectivity of all procedures together, in words; schools in alphabetical order. “To be "
              "verified”: so far from ordinary schools (q-value up to {flag}) that on average no more than {share} of "
              "such schools are named for nothing. “Zone of attention”: not as clear, but the probability is "
              "{attention} or more. Both are a request to look, not a conclusion: first the school explains. “High "
              "culture of assessment”: fewer works than usual stand on the borders of marks, and nothing stands out. "
              "Official markers and lists stand beside and are not mixed in. One school in full: merilo explain."
              ).format(flag=decimal(run.flag_limit, 2), share=percent(run.flag_limit),
                       attention=decimal(run.attention_probability, 2)),
            ("+district", "+school", "+standing", "leading_evidence", "probability", "q_value", "procedures_n",
             "evidence_n", "+kinds_missing", "+explanations", "+low", "probability_cleaned", "official_markers_n",
             "official_list_n", "official_lists", "note"),
            ("+district", "+school"), 2,
        ),
        Sheet(
            _("Evidence"), "objectivity",
            _("Evidence by school and procedure, where it asks to be verified by itself or where p is below {p}. One "
              "of twenty ordinary schools is there by chance: one row proves nothing, the sheet “Objectivity” counts "
              "all of them together. All rows: objectivity.csv. z: distance from ordinary schools; the estimate and "
              "its 95 per cent interval are in the unit beside them.").format(p=decimal(SHOWN_BELOW, 2)),
            ("+procedure", "+district", "+school", "evidence", "n", "estimate", "estimate_lower", "estimate_upper",
             "unit", "z", "p_value", "q_value", "flagged", "+estimated", "note"),
            ("+procedure", "+district", "+school", "evidence"), 3,
        ),
        Sheet(
            _("Official markers"), OFFICIAL_MARKERS,
            _("Official markers that were seen, computed as printed, beside Merilo's own evidence and not mixed with "
              "it. They do not take into account how ordinary schools differ: those of a high mean point at strong "
              "schools most of all."),
            ("+procedure", "+district", "+school", "+marker", "n", "estimate", "estimate_lower", "estimate_upper",
             "unit", "note"),
            ("+procedure", "+district", "+school", "+marker"), 3,
        ),
    ]  # fmt: skip


def sheet_rows(sheet: Sheet, tables: Mapping[str, pl.DataFrame]) -> tuple[list[str], list[list[object]]]:
    """(columns that are there, rows of cells in the sheet's order, codes as words)."""
    frame = _joined(tables[sheet.table], tables)
    columns = filled_columns(sheet, tables)
    order = [c for c in sheet.order if c in frame.columns]
    rows = in_natural_order(frame.iter_rows(named=True), *order)
    words = code_words()
    kinds = {
        "kind": words["procedure_kind" if sheet.table == "procedures" else "effect_kind"],
        "leading_evidence": words["evidence"],
    } | {name: words[name] for name in ("level", "marking", "item_rule", "stability", "evidence", "unit")}
    return columns, [[_cell(row[column], kinds.get(column)) for column in columns] for row in rows]


def filled_columns(sheet: Sheet, tables: Mapping[str, pl.DataFrame]) -> list[str]:
    """The sheet's columns that hold anything: an empty one only takes room, so does a note said above the table."""
    frame = _joined(tables[sheet.table], tables)
    above = {"note"} if repeated_note(sheet, tables) else set()
    return [
        c
        for c in sheet.columns
        if c in frame.columns and c not in above and frame[c].null_count() < frame.height
    ]


def repeated_note(sheet: Sheet, tables: Mapping[str, pl.DataFrame]) -> str | None:
    """The note that every row carries: said once above the table instead."""
    frame = _joined(tables[sheet.table], tables)
    if "note" not in frame.columns or frame.height < 2 or frame["note"].n_unique() > 1:
        return None
    note = frame["note"][0]
    return str(note) if note else None


def procedures_behind(sheet: Sheet, tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame | None:
    """The procedures whose results stand on the sheet: they say which legal notices it carries."""
    procedures, frame = tables.get("procedures"), tables[sheet.table]
    if procedures is None or sheet.table == "rejected_rows":
        return None
    if "procedure_id" not in frame.columns:
        return procedures
    return procedures.join(frame.select("procedure_id").unique(), on="procedure_id", how="semi")


def _joined(frame: pl.DataFrame, tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    organisations, procedures = tables.get("organisations"), tables.get("procedures")
    if "org_id" in frame.columns and organisations is not None:
        names = organisations.select("org_id", **{"+school": "name", "+district": "district"})
        frame = frame.join(names, on="org_id", how="left", maintain_order="left")
        frame = frame.with_columns(pl.coalesce("+school", "org_id").alias("+school"))
    if "title" in frame.columns:
        frame = frame.with_columns(note=pl.col("note").map_elements(plain_note, return_dtype=pl.String))
    if "procedure_id" in frame.columns and procedures is not None and "+procedure" not in frame.columns:
        titles = procedures.select("procedure_id", **{"+procedure": "title"})
        frame = frame.join(titles, on="procedure_id", how="left", maintain_order="left")
    if "effect_points" in frame.columns:
        frame = frame.with_columns(kind=_kind_of_effect())
    if "mean_growth_percentile_se" in frame.columns:
        frame = frame.with_columns(**{"+growth_lower": _growth_end(-1), "+growth_upper": _growth_end(1)})
    return frame


def _kind_of_effect() -> pl.Expr:
    """A contextual effect rests on earlier results only where the procedure has any."""
    has_earlier = (pl.col("kind") == "value_added").any().over("procedure_id")
    is_without = (pl.col("kind") == "contextual") & ~has_earlier
    return pl.when(is_without).then(pl.lit("contextual_only")).otherwise("kind")


def _growth_end(side: int) -> pl.Expr:
    """An end of the 95 per cent interval of the mean growth."""
    reach = Z95 * pl.col("mean_growth_percentile_se")
    return (pl.col("mean_growth_percentile") + side * reach).clip(0, 100)


def _cell(value: object, words: Mapping[str, str] | None) -> object:
    if isinstance(value, bool):
        return yes_no(value)
    if words is not None and isinstance(value, str):
        return words.get(value, value)
    return value
