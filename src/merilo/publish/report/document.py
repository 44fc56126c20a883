"""Put the report together and set it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from merilo.definitions import Definitions, load_definitions
from merilo.errors import OutputError
from merilo.language import language, plural_translator, translator
from merilo.publish.disclosure import PUBLIC, Audience, protect
from merilo.publish.gathered import with_gathered
from merilo.publish.objectivity_totals import OBJECTIVITY_TOTALS, objectivity_totals
from merilo.publish.report.advice import advice, how_to_read, legal, not_shown
from merilo.publish.report.material import Material, gather
from merilo.publish.report.objectivity import objectivity
from merilo.publish.report.overview import marks, overview, participation
from merilo.publish.report.results import distributions, items_and_skills, journal
from merilo.publish.report.schools import low_results, progress, schools
from merilo.publish.report.typesetting import typeset
from merilo.publish.stamp import RunStamp
from merilo.publish.typography import day, glue

_ = translator("report")
_n = plural_translator("report")

PARTS = (
    overview,
    legal,
    participation,
    marks,
    items_and_skills,
    distributions,
    journal,
    objectivity,
    schools,
    progress,
    low_results,
    advice,
    not_shown,
    how_to_read,
)


def write_report(
    tables: Mapping[str, pl.DataFrame],
    path: Path,
    *,
    stamp: RunStamp,
    authority_name: str,
    definitions: Definitions | None = None,
    audience: Audience = PUBLIC,
) -> Path:
    """Write the municipal report as PDF, protected for its audience (the public unless said otherwise).

    The same tables, stamp and language give the same bytes.
    """
    definitions = definitions or load_definitions()
    shown = protect(with_gathered(tables), audience, definitions.disclosure)
    if "low_results" in tables:
        # The chapters only count these schools, and a count of schools tells of no pupil; counted after
        # protection, schools with a small group in any procedure would be missing from it.
        shown["low_results"] = tables["low_results"]
    shown[OBJECTIVITY_TOTALS] = objectivity_totals(tables, definitions)
    material = gather(shown, audience, definitions, authority_name)
    blocks = [block for part in PARTS for block in part(material)]
    pdf = typeset(blocks, _head(material, stamp), stamp.made_on)
    try:
        path.write_bytes(pdf)
    except OSError as problem:
        raise OutputError(
            _("the report cannot be written"),
            file=path,
            value=problem.strerror,
            next_step=_("Close it in its reader, free some space or choose another folder."),
        ) from problem
    return path


def _head(material: Material, stamp: RunStamp) -> dict[str, str]:
    years = sorted(
        {row["school_year"] for row in [*material.latest, *material.earlier] if row["school_year"]}
    )
    return {
        "title": glue(_("Analytic report on the results of assessment procedures")),
        "authority": material.authority,
        "years": glue(
            _n("School year {years}", "School years {years}", len(years)).format(years=", ".join(years))
        )
        if years
        else "",
        "date": day(stamp.made_on),
        "footer": stamp.footer(),
        "page": _("page"),
        "of": _("of"),
        "language": language(),
        "empty": _("There is nothing to report: no procedure has works."),
    }
