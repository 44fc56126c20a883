"""How many pairs of works of a class are how alike: counts, so that no pair and no pupil can be found."""

import polars as pl

from merilo.tables.columns import ORG_ID, PROCEDURE_ID
from merilo.tables.schema import Column, Table, count, number, text

EVIDENCE_LIKENESS = Table(
    name="evidence_likeness",
    key=("procedure_id", "org_id", "class_id", "likeness_from"),
    meaning="Pairs of works of a class by how much more alike they are than their raw scores imply",
    meaning_ru="Пары работ класса по тому, насколько они похожи сверх того, что следует из баллов",
    columns=(
        PROCEDURE_ID,
        ORG_ID,
        text("class_id", "class", "класс", required=True),
        Column(
            "likeness_from",
            pl.Float64,
            "lower border of the bin: answers in common less those expected, in standard deviations",
            "нижняя граница: совпавшие ответы минус ожидаемые, в стандартных отклонениях",
            unit="z",
            required=True,
        ),
        count("pairs_n", "pairs of works", "число пар работ"),
        number(
            "expected_n",
            "count",
            "pairs expected: the shares of all classes of the procedure",
            "ожидалось пар: по долям всех классов процедуры",
        ),
    ),
)
