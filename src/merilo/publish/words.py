"""Words for codes: what stands in a cell instead of `basic`, `steady` or `vpr`; and the notices."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import polars as pl

from merilo.definitions import Definitions
from merilo.language import language, translator

_ = translator("publish")


def code_words() -> dict[str, dict[str, str]]:
    """Column -> code -> word in the language of the moment."""
    return {
        "procedure_kind": {
            "vpr": _("VPR"),
            "oge": _("OGE"),
            "ege": _("EGE"),
            "gve": _("GVE"),
            "niko": _("NIKO"),
            "regional": _("regional work"),
            "school": _("school's own work"),
        },
        "organisation_kind": {
            "school": _("school"),
            "gymnasium": _("gymnasium"),
            "lyceum": _("lyceum"),
            "centre": _("education centre"),
            "special": _("special school"),
            "authority": _("authority"),
        },
        "level": {"basic": _("basic"), "raised": _("raised"), "high": _("high")},
        "marking": {"auto": _("automatic"), "expert": _("by a person")},
        "item_rule": {
            "sufficient": _("sufficient"),
            "uncertain": _("on the border"),
            "insufficient": _("insufficient"),
        },
        "stability": {"steady": _("steady"), "borderline": _("borderline")},
        "effect_kind": {
            "raw": _("as it is"),
            "value_added": _("given earlier results"),
            "contextual": _("given earlier results and context"),
            "contextual_only": _("given context"),  # no earlier results were at hand
        },
        "evidence": {
            "threshold": _("gathering at the borders of marks"),
            "threshold_3": _("gathering at mark 3"),
            "threshold_4": _("gathering at mark 4"),
            "threshold_5": _("gathering at mark 5"),
            "item_profile": _("items out of line"),
            "expert_leniency": _("items marked by a person"),
            "similarity": _("works alike within a class"),
            "spread": _("too little spread"),
            "level": _("result above expectation"),
            "journal": _("marks against the journal"),
            "cohort": _("jump of the same cohort"),
            "participation": _("who was absent"),
        },
        "unit": {
            "share": _("share"),
            "share of points": _("share of points"),
            "points": _("points"),
            "marks": _("marks"),
            "ratio": _("ratio"),
            "correlation": _("correlation"),
        },
    }


def yes_no(value: bool | None) -> str:
    """«да» or «нет»; nothing where unknown."""
    return "" if value is None else _("yes") if value else _("no")


def notices(procedures: pl.DataFrame | None, definitions: Definitions) -> list[str]:
    """The legal notice of each kind of procedure that the material rests on, in the order of the definitions."""
    kinds = set(procedures["kind"].drop_nulls().to_list()) if procedures is not None else set()
    return [notice.text() for notice in definitions.notices if notice.kind in kinds]


def small_groups_notice(limit: int) -> str:
    """Why some cells are empty."""
    return _(
        "An empty cell: the number is unknown, or there are too few pupils to judge; the note says why. Groups of "
        "fewer than {limit} pupils are not shown, nor is a number that would reveal them."
    ).format(limit=limit)


def meaning(column: object) -> str:
    """What a column of `merilo.tables` means, in the language of the moment."""
    name = "meaning_ru" if language() == "ru" else "meaning"
    return str(getattr(column, name))


def plain_note(note: str | None) -> str | None:
    """The note of a procedure without the variances of its models, which stand in `effect_models`."""
    remarks = [remark for remark in (note or "").split("; ") if "var_school=" not in remark]
    return "; ".join(remarks) or None


def natural_key(name: str | None) -> tuple[tuple[int, int, str], ...]:
    """Sorts «Школа № 7» before «Школа № 10»."""
    parts = re.split(r"(\d+)", (name or "").casefold())
    return tuple((1, int(part), "") if part.isdigit() else (0, 0, part) for part in parts)


def in_natural_order(rows: Iterable[Mapping[str, object]], *columns: str) -> list[Mapping[str, object]]:
    """Rows sorted by words that hold numbers."""
    return sorted(rows, key=lambda row: tuple(natural_key(str(row.get(column) or "")) for column in columns))
