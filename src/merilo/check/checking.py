"""All of `check`: sittings and what is known from elsewhere in, tables out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from merilo.check.combining import ProcedureEvidence, judge_schools
from merilo.check.evidence import KINDS
from merilo.check.gathering import Gathered, gather_evidence
from merilo.check.official_markers import count_official_lists, count_official_markers, official_markers
from merilo.check.sitting import Sitting
from merilo.check.suspicion import suspicion
from merilo.definitions import Definitions
from merilo.tables import TABLES
from merilo.tables.objectivity import OBJECTIVITY

PICTURES = ("evidence_scores", "evidence_items", "evidence_classes", "evidence_likeness", "evidence_marks")
# School-sittings beyond which the numbers behind pictures are left out: a large region looks at its towns one by one.
MOST_PICTURES = 60_000


@dataclass(frozen=True, slots=True)
class Checked:
    """tables: rows of the tables of formats.md that `check` fills, by name.

    suspicion: org_id, procedure_id, probability that the result is not the pupils' own: what low results discount.
    """

    tables: dict[str, pl.DataFrame]
    suspicion: pl.DataFrame


def check_sittings(
    sittings: Sequence[Sitting],
    definitions: Definitions,
    *,
    reviews: pl.DataFrame | None = None,
    official_lists: pl.DataFrame | None = None,
    workers: int = 1,
    on_sitting: Callable[[int, int], None] | None = None,
) -> Checked:
    """Evidence on objectivity of every school. The works files must still be where they were written.

    reviews: what came of verifying (collect.authority.reviews); official_lists: entries of imported lists.
    """
    pictures = sum(one.schools_n for one in sittings) <= MOST_PICTURES
    gathered = gather_evidence(
        sittings, definitions, workers=workers, pictures=pictures, on_sitting=on_sitting
    )
    judged = judge_schools(
        [
            ProcedureEvidence(one.sitting.procedure.procedure_id, one.sitting.works.org_ids, one.evidence)
            for one in gathered
        ],
        definitions,
        findings=_findings(reviews),
    )
    markers = official_markers(sittings, definitions)
    objectivity = pl.concat([judged.objectivity, OBJECTIVITY.frame(markers)])
    schools = judged.schools.drop("official_markers_n", "official_list_n", "official_lists")
    schools = schools.join(count_official_markers(markers), on="org_id", how="left")
    if official_lists is not None and official_lists.height:
        schools = schools.join(count_official_lists(official_lists), on="org_id", how="left")
    tables = {
        "objectivity": objectivity,
        "objectivity_schools": schools,
        "objectivity_kinds": judged.kinds,
        "objectivity_models": judged.models,
    }
    tables |= {name: _together(name, gathered) for name in ("similar_pairs", *PICTURES)}
    tables = {name: TABLES[name].frame(frame) for name, frame in tables.items()}
    return Checked(tables, suspicion(judged, [one.procedure.procedure_id for one in sittings]))


def _together(name: str, gathered: Sequence[Gathered]) -> pl.DataFrame:
    found = [one.tables[name] for one in gathered if name in one.tables]
    return pl.concat([TABLES[name].empty(), *found], how="diagonal_relaxed")


def _findings(reviews: pl.DataFrame | None) -> Mapping[tuple[str, str], bool] | None:
    """(org_id, kind) -> confirmed; a kind confirmed in any procedure is confirmed."""
    if reviews is None or reviews.is_empty():
        return None
    found: dict[tuple[str, str], bool] = {}
    for org, kind, finding in reviews.select("org_id", "kind", "finding").iter_rows():
        name = "threshold" if (kind or "").startswith("threshold") else kind or ""
        if name in (*KINDS, ""):
            found[org, name] = found.get((org, name), False) or finding == "confirmed"
    return found
