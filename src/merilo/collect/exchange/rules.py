"""The rules that rows and cells of a form may break, each with one sentence.

Three verdicts. A row that cannot be told apart or that contradicts itself is *left out*. A cell that is no value is
*emptied* (not administered, no mark) and its row kept. A row whose printed total does not fit is *kept as it is*:
it is reported, never repaired.
"""

from __future__ import annotations

from merilo.language import translator

_ = translator("exchange")

LEFT_OUT = (
    "extra_cells",
    "school_missing",
    "code_missing",
    "code_malformed",
    "duplicate_row",
    "code_twice",
    "absent_with_points",
    "no_item_points",
    "list_school_unknown",
    "list_school_ambiguous",
)
EMPTIED = (  # kept rows, cell not used
    "item_unreadable",
    "item_not_points",
    "item_above_maximum",
    "beyond_items",
    "journal_mark_impossible",
    "mark_impossible",
    "variant_unknown",
    "class_unreadable",
    "tick_unreadable",
)
KEPT = ("total_mismatch", "total_above_maximum", "total_missing", "total_unreadable", "part_absent")


def sentence(rule: str) -> str:
    """What the rule says, in the user's language."""
    return {
        "extra_cells": _(
            "The row has more cells than the header; it is left out. Check quotes and separators."
        ),
        "school_missing": _("The row names no school; it is left out."),
        "code_missing": _("The row has points but no pupil's code; it is left out."),
        "code_malformed": _("The pupil's code is not a number of 3 to 7 figures; the row is left out."),
        "duplicate_row": _("The same row stands above; this one is left out."),
        "code_twice": _(
            "The pupil's code stands above in this school with other results; this row is left out."
        ),
        "absent_with_points": _("The pupil is called absent but has points; the row is left out."),
        "no_item_points": _("There is a total but no item has points; the row is left out."),
        "list_school_unknown": _("The authority folder does not know this school; the row is left out."),
        "list_school_ambiguous": _(
            "Several schools of the authority folder bear this name; the row is left out. Add the login."
        ),
        "tick_unreadable": _("The cell is neither a tick nor empty; it is not counted as a marker."),
        "item_unreadable": _(
            "The cell is neither points, X nor «не пройд.»; it is emptied, the row is kept."
        ),
        "item_not_points": _("Points are whole numbers from 0; the cell is emptied, the row is kept."),
        "item_above_maximum": _(
            "The item cannot bring so many points; the cell is emptied, the row is kept."
        ),
        "beyond_items": _("The column is padding behind the last item; the cell is not used."),
        "journal_mark_impossible": _("A mark is 2, 3, 4 or 5; the row is kept without the journal mark."),
        "mark_impossible": _("A mark is 2, 3, 4 or 5; the row is kept without this mark."),
        "variant_unknown": _("There is no such variant; the row is kept without a variant."),
        "class_unreadable": _("This is no class letter; the row is kept without a class."),
        "total_mismatch": _(
            "The item points do not add up to the printed total (printed ≠ sum); the row is kept with its points."
        ),
        "total_above_maximum": _(
            "The printed total is above the highest possible score; the row is kept with its item points."
        ),
        "total_missing": _("The printed total is missing; the row is kept with its item points."),
        "total_unreadable": _("The printed total is no number; the row is kept with its item points."),
        "part_absent": _(
            "The pupil missed one part of the work; with a total the row is kept as present, without one as absent."
        ),
    }[rule]
