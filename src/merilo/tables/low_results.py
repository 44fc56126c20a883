"""Schools with low results: the official rule and how sure it is."""

import polars as pl

from merilo.tables.columns import NOTE, ORG_ID
from merilo.tables.schema import Column, Table, count, number, text

LOW_RESULTS = Table(
    name="low_results",
    key=("org_id",),
    meaning="Low results by the official rule, and how surely the school is truly below the limit",
    meaning_ru="Низкие результаты по официальному правилу и насколько это надёжно",
    columns=(
        ORG_ID,
        count(
            "procedures_n", "procedures of the rule with works of this school", "процедур, учтённых правилом"
        ),
        count(
            "low_procedures_n",
            "procedures in which the share below the minimum reaches the limit",
            "процедур с низким результатом",
        ),
        Column("listed", pl.Boolean, "listed by the official rule", "попадает в список по правилу"),
        number(
            "probability",
            "probability",
            "probability of truly being below the limit in enough procedures",
            "вероятность того, что результат действительно низкий",
        ),
        text(
            "stability",
            "steady, or borderline (chance could turn it)",
            "устойчиво или на границе",
            values=("steady", "borderline"),
        ),
        number(
            "probability_cleaned",
            "probability",
            "the same without results that ask to be verified",
            "то же без результатов, требующих проверки",
        ),
        text("school_year", "school year the rule looked at", "учебный год"),
        NOTE,
    ),
)
