"""Short heads of the workbook's columns; what a column means in full is said by `merilo.tables`."""

from __future__ import annotations

from collections.abc import Sequence

from merilo.language import translator
from merilo.publish.words import meaning
from merilo.publish.workbook.objectivity import OFFICIAL_MARKERS
from merilo.tables import TABLES

_ = translator("publish")

# Columns that are joined from another table: where their meaning stands.
JOINED = {
    "+procedure": ("procedures", "title"),
    "+district": ("organisations", "district"),
    "+school": ("organisations", "name"),
    "probability_cleaned": ("low_results", "probability_cleaned"),
}


# Sheets made of rows of another table.
SOURCES = {OFFICIAL_MARKERS: "objectivity"}


def short_heads() -> dict[str, str]:
    """Machine name -> head, in the language of the moment; the same word on every sheet."""
    return {
        "+procedure": _("Procedure"),
        "+district": _("District"),
        "+school": _("School"),
        "title": _("Procedure"),
        "kind": _("Kind"),
        "date": _("Date"),
        "district": _("District"),
        "schools_n": _("Schools"),
        "n": _("Works (n)"),
        "absent_n": _("Absent"),
        "participation_share": _("Took part"),
        "max_score": _("Highest score"),
        "mean_points": _("Mean score"),
        "mean_points_lower": _("Mean: from"),
        "mean_points_upper": _("Mean: to"),
        "sd_points": _("Spread (SD)"),
        "mean_share": _("Mean share of points"),
        "mean_logits": _("Ability, logits"),
        "mean_logits_se": _("Ability: standard error"),
        **{f"share_{mark}": _("Mark {mark}").format(mark=mark) for mark in (2, 3, 4, 5)},
        **{f"share_{mark}_lower": _("Mark {mark}: from").format(mark=mark) for mark in (2, 3, 4, 5)},
        **{f"share_{mark}_upper": _("Mark {mark}: to").format(mark=mark) for mark in (2, 3, 4, 5)},
        "low_share": _("Below the minimum"),
        "quality_share": _("Marks 4 and 5"),
        "journal_n": _("Works with a journal mark"),
        "lowered_share": _("Below the journal mark"),
        "confirmed_share": _("Equal to the journal mark"),
        "raised_share": _("Above the journal mark"),
        "alpha": _("Reliability (alpha)"),
        "sem_points": _("Error of one pupil's score"),
        "lifted_share": _("Gathering at the borders"),
        "lifted_share_lower": _("Gathering: from"),
        "lifted_share_upper": _("Gathering: to"),
        "effect_points": _("Effect, points"),
        "effect_points_lower": _("Effect: from"),
        "effect_points_upper": _("Effect: to"),
        "effect_points_se": _("Effect: standard error"),
        "effect_sd": _("Effect in SDs"),
        "reliability": _("Reliability"),
        "position": _("No."),
        "item_id": _("Item"),
        "text": _("What it checks"),
        "skill": _("Skill code"),
        "skill_name": _("Skill"),
        "level": _("Level"),
        "marking": _("Marked"),
        "max_points": _("Highest points"),
        "item_rule": _("By the rule"),
        "discrimination": _("Discrimination"),
        "difficulty_logits": _("Difficulty, logits"),
        "difficulty_logits_se": _("Difficulty: standard error"),
        "infit": _("Infit"),
        "outfit": _("Outfit"),
        "not_administered_n": _("Not administered"),
        "not_attempted_n": _("Not attempted"),
        "items_n": _("Items"),
        "authority_share": _("Municipality"),
        "expected_share": _("Expected"),
        "gap_share": _("Difference, percentage points"),
        "gap_share_se": _("Difference: standard error, percentage points"),
        "own_share": _("School's own part, percentage points"),
        "pupils_equivalent": _("In pupils"),
        "procedures_n": _("Procedures"),
        "low_procedures_n": _("Low procedures"),
        "listed": _("By the rule listed"),
        "stability": _("How sure"),
        "probability": _("Probability"),
        "probability_cleaned": _("Probability without results that ask to be verified"),
        "school_year": _("School year"),
        "note": _("Note"),
        "file": _("File"),
        "row": _("Row"),
        "column": _("Column"),
        "value": _("Value"),
        "rule": _("Rule"),
        "message": _("What is wrong"),
        "q_value": _("q-value"),
        "p_value": _("p-value"),
        "flagged": _("Asks to be verified"),
        "leading_evidence": _("Leading evidence"),
        "evidence_n": _("Kinds of evidence that could tell"),
        "+standing": _("What it says"),
        "+kinds_missing": _("Kinds that could not tell"),
        "+explanations": _("Ordinary explanations that fit"),
        "+low": _("Low results by the rule"),
        "+estimated": _("What is estimated"),
        "+marker": _("Official marker"),
        "official_markers_n": _("Official markers"),
        "official_list_n": _("Entries of official lists"),
        "official_lists": _("Official lists"),
        "evidence": _("Evidence"),
        "estimate": _("Estimate"),
        "estimate_lower": _("Estimate: from"),
        "estimate_upper": _("Estimate: to"),
        "unit": _("Unit"),
        "z": _("z"),
        "mean_growth_percentile": _("Mean growth"),
        "+growth_lower": _("Growth: from"),
        "+growth_upper": _("Growth: to"),
        "mean_growth_percentile_se": _("Growth: standard error"),
        "median_growth_percentile": _("Median growth"),
    }


def heads_of(columns: Sequence[str]) -> list[str]:
    """The head of each column of one sheet, in order."""
    heads = short_heads()
    if "skill_name" not in columns:  # the skills go by their names alone
        heads["skill"] = heads["skill_name"]
    return [heads.get(name, name) for name in columns]


def full_meaning(table: str, column: str) -> str:
    """What the column means, from the schema; the short head where the schema does not know it."""
    name = column.lstrip("+")
    if column in ("+growth_lower", "+growth_upper"):
        return _("an end of the 95 per cent interval of the mean growth: 1.96 standard errors to each side")
    if column in _made_here():
        return _made_here()[column]
    if column in JOINED:
        return meaning(TABLES[JOINED[column][0]].column(JOINED[column][1]))
    source = TABLES.get(SOURCES.get(table, table))
    if source is not None and name in source.schema:
        return meaning(source.column(name))
    if source is None and name in TABLES["deficits"].schema:
        return meaning(TABLES["deficits"].column(name))
    return short_heads().get(column, name)


def _made_here() -> dict[str, str]:
    """Meanings of columns that the workbook itself makes."""
    return {
        "+standing": _(
            "high culture of assessment; nothing asks to be verified; zone of attention; to be verified; "
            "too little data"
        ),
        "+kinds_missing": _("kinds of evidence that the data of this school do not allow"),
        "+explanations": _(
            "ordinary explanations by the kind and size of the school, where something asks for a look"
        ),
        "+low": _("on the list of low results or not, and whether chance could turn it"),
        "+estimated": _("what the estimate beside it is"),
        "+marker": _("number and title in the printed list"),
    }


def unit(table: str, column: str) -> str:
    """Unit of the column: count, share, points, logits …, or nothing."""
    source = TABLES.get(SOURCES.get(table, table), TABLES["deficits"])
    if column == "probability_cleaned":  # joined from low_results on the sheet of schools
        return "probability"
    return source.column(column).unit if column in source.schema else "count" if column.endswith("_n") else ""
