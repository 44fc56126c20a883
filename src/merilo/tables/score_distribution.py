"""How many works gained each raw score."""

import polars as pl

from merilo.tables.columns import PROCEDURE_ID, N
from merilo.tables.schema import Column, Table, number

SCORE_DISTRIBUTION = Table(
    name="score_distribution",
    key=("procedure_id", "score"),
    meaning="Works by raw score, and the smooth distribution without bunching",
    meaning_ru="Число работ с каждым первичным баллом и плавное распределение без сгущений",
    columns=(
        PROCEDURE_ID,
        Column("score", pl.Int64, "raw score", "первичный балл", unit="points", required=True),
        N,
        number(
            "counterfactual_n",
            "count",
            "works expected without lifting over a cut score",
            "ожидалось бы без сгущения у границ",
        ),
    ),
)
