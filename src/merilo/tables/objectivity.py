"""Evidence on objectivity: estimates with error rates, never an accusation."""

import polars as pl

from merilo.tables.columns import NOTE, ORG_ID, PROCEDURE_ID
from merilo.tables.schema import Column, Table, count, interval, number, text

# 14 official markers are printed; the list keeps growing, and an authority may add its own by number.
MOST_MARKERS = 30

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
    *(f"fioko_{number}" for number in range(1, MOST_MARKERS + 1)),
)

# Kinds that exclude each other when evidence is combined; threshold_3 … threshold_5 are one kind.
KINDS = (
    "threshold",
    "item_profile",
    "expert_leniency",
    "similarity",
    "spread",
    "journal",
    "level",
    "cohort",
    "participation",
)


def kind_of(evidence: str | None) -> str | None:
    """The kind that a name of evidence belongs to: threshold_3 is of the kind threshold."""
    return "threshold" if evidence is not None and evidence.startswith("threshold") else evidence


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
        text(
            "leading_evidence",
            "leading evidence: the strongest of the leading kind",
            "ведущий признак: самый заметный ведущего вида",
            values=tuple(name for name in EVIDENCE if not name.startswith("fioko_")),
        ),
        count("evidence_n", "kinds of evidence that could tell", "сколько видов признаков удалось оценить"),
        Column("high_culture", pl.Boolean, "high culture of assessment", "культура оценивания высокая"),
        count("official_markers_n", "official markers seen", "число официальных маркеров"),
        count(
            "official_list_n",
            "entries of official lists that were imported, shown beside and never mixed in",
            "число записей в загруженных официальных перечнях; стоит рядом и ни с чем не смешивается",
        ),
        text(
            "official_lists",
            "these entries: list, school year, marker",
            "эти записи: перечень, учебный год, признак",
        ),
    ),
)

OBJECTIVITY_KINDS = Table(
    name="objectivity_kinds",
    key=("org_id", "kind"),
    meaning="Evidence of each kind over all procedures, per school",
    meaning_ru="Признаки каждого вида по всем процедурам вместе, по школам",
    columns=(
        ORG_ID,
        text("kind", "kind of evidence", "вид признака", required=True, values=KINDS),
        count("procedures_n", "procedures that could tell", "число процедур, где удалось оценить"),
        number("z", "z", "distance from honest schools, pooled", "отклонение от обычных школ, сводное"),
        number("p_value", "probability", "p-value", "p-значение"),
        number(
            "probability",
            "probability",
            "probability that the school stands out mainly by this kind",
            "вероятность, что школа выделяется прежде всего этим",
        ),
    ),
)

OBJECTIVITY_MODELS = Table(
    name="objectivity_models",
    key=("procedure_id", "kind"),
    meaning="What the run learned of honest schools and of those that stand out; no procedure: all together",
    meaning_ru="Что узнано об обычных и о выделяющихся школах; без процедуры — по всем вместе",
    columns=(
        text("procedure_id", "procedure, empty: all together", "процедура; пусто — все вместе"),
        text("kind", "kind of evidence", "вид признака", required=True, values=KINDS),
        count("schools_n", "schools that tell", "число школ"),
        number("null_mean", "z", "centre of honest schools", "центр обычных школ"),
        number("null_sd", "z", "spread of honest schools (Student scale)", "разброс обычных школ", minimum=0),
        number(
            "tail", "", "1 / degrees of freedom, 0: normal", "1 / степени свободы, 0 — нормальное", minimum=0
        ),
        number(
            "correlation",
            "correlation",
            "of an honest school in two procedures",
            "обычной школы в двух процедурах",
        ),
        number("share", "probability", "schools mainly of this kind", "доля школ с этим ведущим признаком"),
        number("shift_mean", "z", "their shift in one procedure", "их сдвиг в одной процедуре"),
        number("shift_sd", "z", "spread of that shift", "разброс этого сдвига", minimum=0),
        NOTE,
    ),
)
