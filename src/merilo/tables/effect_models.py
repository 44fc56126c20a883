"""The models behind the school effects: coefficients and variances."""

from merilo.tables.columns import PROCEDURE_ID
from merilo.tables.schema import Table, number, text

EFFECT_MODELS = Table(
    name="effect_models",
    key=("procedure_id", "kind", "term"),
    meaning="Coefficients and variances of the models behind the school effects (REML)",
    meaning_ru="Коэффициенты и дисперсии моделей, из которых взяты эффекты школ (REML)",
    columns=(
        PROCEDURE_ID,
        text("kind", "raw, value_added or contextual", "вид эффекта", required=True),
        text("term", "coefficient or variance", "коэффициент или дисперсия", required=True),
        number("estimate", "", "estimate", "оценка"),
        number("estimate_se", "", "standard error", "стандартная ошибка", minimum=0),
    ),
)
