"""School effects: how far a school lies from what is expected."""

from merilo.tables.columns import NOTE, ORG_ID, PROCEDURE_ID, N
from merilo.tables.schema import Table, number, text

SCHOOL_EFFECTS = Table(
    name="school_effects",
    key=("procedure_id", "org_id", "kind"),
    meaning="How far each school lies from what is expected, shrunken by its reliability",
    meaning_ru="Насколько школа отличается от ожидаемого, с учётом надёжности",
    columns=(
        PROCEDURE_ID,
        ORG_ID,
        text(
            "kind",
            "raw, value_added (prior attainment), contextual (prior and context)",
            "вид: без поправок, с учётом прошлых результатов, с учётом контекста",
            required=True,
            values=("raw", "value_added", "contextual"),
        ),
        N,
        number("effect_points", "points", "effect (BLUP, REML)", "эффект школы в баллах (BLUP, REML)"),
        number(
            "effect_points_se",
            "points",
            "conditional standard error",
            "условная стандартная ошибка",
            minimum=0,
        ),
        number(
            "effect_points_lower", "points", "lower end of the 95 % interval", "нижняя граница 95 % интервала"
        ),
        number(
            "effect_points_upper",
            "points",
            "upper end of the 95 % interval",
            "верхняя граница 95 % интервала",
        ),
        number(
            "effect_sd",
            "SD",
            "effect in standard deviations of the outcome",
            "эффект в стандартных отклонениях",
        ),
        number(
            "reliability",
            "share",
            "share of the school's raw deviation that is kept",
            "надёжность: доля отклонения, которая сохраняется",
        ),
        NOTE,
    ),
)
