"""Growth percentiles of pupils, gathered by school."""

from merilo.tables.columns import NOTE, ORG_ID, PROCEDURE_ID, N
from merilo.tables.schema import Table, number, text

SCHOOL_GROWTH = Table(
    name="school_growth",
    key=("procedure_id", "org_id"),
    meaning="Growth of pupils against pupils who started from the same score",
    meaning_ru="Рост учеников в сравнении с теми, кто начинал с таким же баллом",
    columns=(
        PROCEDURE_ID,
        ORG_ID,
        text(
            "prior_procedure_id",
            "procedure that gives the starting score",
            "процедура, от которой считается рост",
        ),
        N,
        number(
            "mean_growth_percentile",
            "percentile",
            "mean growth percentile, 50 expected",
            "средний процентиль роста, ожидается 50",
        ),
        number(
            "mean_growth_percentile_se", "", "standard error of that mean", "стандартная ошибка", minimum=0
        ),
        number(
            "median_growth_percentile", "percentile", "median growth percentile", "медианный процентиль роста"
        ),
        NOTE,
    ),
)
