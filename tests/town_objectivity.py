"""Evidence on objectivity of the made-up town, in the exact tables: S02 lifts, S06 (a lyceum) copies in part."""

from __future__ import annotations

import polars as pl

from merilo.tables import TABLES
from merilo.tables.objectivity import KINDS

# org -> probability, q, flagged, leading kind, kinds told, high culture, official markers.
SCHOOLS = {
    "S01": (0.02, 0.7, False, None, 1, False, 0),
    "S04": (0.99, 0.01, True, "threshold_3", 9, False, 1),
    "S06": (0.6, 0.2, False, "similarity", 8, False, 3),
    "S07": (0.001, 0.9, False, None, 9, True, 2),
    "S08": (0.15, 0.5, False, "spread", 9, False, 0),
}
USUAL = (0.01, 0.8, False, None, 9, False, 0)


def objectivity_tables(tables: dict[str, pl.DataFrame], schools=SCHOOLS) -> dict[str, pl.DataFrame]:
    """The tables with objectivity, objectivity_schools and objectivity_kinds of every school of the town."""
    orgs = tables["organisations"]["org_id"].to_list()
    known = {org: schools.get(org, USUAL) for org in orgs}
    rows = [
        {
            "org_id": org, "procedures_n": 4, "probability": one[0], "q_value": one[1], "flagged": one[2],
            "leading_evidence": one[3], "evidence_n": one[4], "high_culture": one[5], "official_markers_n": one[6],
            "official_list_n": None, "official_lists": None,
        }
        for org, one in known.items()
    ]  # fmt: skip
    kinds = [
        {"org_id": org, "kind": kind, "procedures_n": 4, "z": 0.1, "p_value": 0.46, "probability": 0.01}
        for org, one in known.items()
        for kind in KINDS[: one[4]]
    ]
    made = {"objectivity_schools": rows, "objectivity_kinds": kinds, "objectivity": _rows(tables, known)}
    return tables | {
        name: TABLES[name].frame(pl.DataFrame(content, infer_schema_length=None))
        for name, content in made.items()
    }


def _rows(tables: dict[str, pl.DataFrame], known) -> list[dict[str, object]]:
    """threshold_3 and journal everywhere, p below .05 only for threshold_3 of flagged schools; markers 5 where seen."""
    results = tables["school_results"].select("procedure_id", "org_id", "n")
    rows = []
    for procedure, org, n in results.iter_rows():
        flagged = bool(known[org][2])
        p = 0.001 if flagged else 0.4
        common = {"procedure_id": procedure, "org_id": org, "n": n, "note": None}
        rows.append(
            common
            | {"evidence": "threshold_3", "estimate": 0.64, "estimate_lower": 0.4, "estimate_upper": 0.9}
            | {"unit": "share", "z": 3.1 if flagged else 0.2, "p_value": p, "q_value": p, "flagged": flagged}
        )
        rows.append(
            common
            | {"evidence": "journal", "estimate": 0.21, "estimate_lower": -0.1, "estimate_upper": 0.5}
            | {"unit": "marks", "z": 0.3, "p_value": 0.04 if org == "S08" else 0.38, "q_value": 0.5}
            | {"flagged": False}
        )
        if known[org][6]:
            rows.append(
                common
                | {"evidence": "fioko_5", "estimate": 25.0, "estimate_lower": 24.0, "estimate_upper": 26.0}
                | {"unit": "points", "z": None, "p_value": None, "q_value": None, "flagged": True}
            )
    return rows
