"""Evidence on objectivity: estimates with error rates, never an accusation."""

import polars as pl

from merilo.tables.columns import NOTE, ORG_ID, PROCEDURE_ID
from merilo.tables.schema import Column, Table, count, interval, number, text

EVIDENCE = (
    "threshold_3",
    "threshold_4",
    "threshold_5",
    "item_profile",
    "expert_leniency",
    "similarity",
    "spread",
    "level",
    "journal",
    "cohort",
    "participation",
    *(f"fioko_{marker}" for marker in range(1, 15)),
)

OBJECTIVITY = Table(
    name="objectivity",
    key=("procedure_id", "org_id", "evidence"),
    meaning="Evidence of each kind for each school and procedure; a flag is a request to verify",
    meaning_ru="Признаки каждого вида по школе и процедуре; отметка означает «требует проверки»",
    columns=(
        PROCEDURE_ID,
        ORG_ID,
        text("evidence", "kind of evidence", "вид признака", required=True, values=EVIDENCE),
        count("n", "works used", "число работ"),
        *interval("estimate", "", "estimate", "оценка"),
        text("unit", "unit of the estimate", "единица оценки"),
        number("z", "z", "distance from honest schools", "отклонение от обычных школ"),
        number("p_value", "probability", "p-value", "p-значение"),
        number(
            "q_value", "probability", "q-value (false discovery rate)", "q-значение (доля ложных находок)"
        ),
        Column("flagged", pl.Boolean, "asks to be verified", "требует проверки"),
        NOTE,
    ),
)

OBJECTIVITY_SCHOOLS = Table(
    name="objectivity_schools",
    key=("org_id",),
    meaning="Evidence of all procedures together, per school",
    meaning_ru="Все признаки вместе, по школам",
    columns=(
        ORG_ID,
        count("procedures_n", "procedures", "число процедур"),
        number(
            "probability",
            "probability",
            "probability of lifting far beyond the region's practice",
            "вероятность завышения сверх обычного по региону",
        ),
        number("q_value", "probability", "q-value", "q-значение"),
        Column("flagged", pl.Boolean, "asks to be verified", "требует проверки"),
        text("leading_evidence", "leading kind of evidence", "ведущий признак"),
        count("official_markers_n", "official markers seen", "число официальных маркеров"),
    ),
)
