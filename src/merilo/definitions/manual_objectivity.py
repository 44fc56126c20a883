"""The chapter of the manual on what the objectivity model knows beforehand."""

from __future__ import annotations

from merilo.definitions.catalogue import Definitions
from merilo.definitions.markdown import id_cell, sources, spoken, table, tag
from merilo.definitions.objectivity_prior import ObjectivityPrior


def objectivity_chapter(shown: Definitions) -> str:
    """Priors of the kinds of evidence as a table, and what they have in common."""
    shared = shown.objectivity_mixture
    lines = [
        "## Объективность: что известно заранее\n",
        "Вероятность по школе складывается из этих записей и самих данных: город в 41 школу опирается больше на",
        "записи, регион — на данные. Модель, посчитанную по региону, город может взять вместо встроенной:",
        "`merilo prior OUT --out FILE` пишет файл определений, который передаётся при запуске.\n",
        f"### {shared.title} (`{shared.id}`)\n",
        f"- Доли видов весят как {spoken(shared.share_weight)} школ, общий для вида разброс — как",
        f"  {spoken(shared.procedure_weight)} школ в каждой процедуре, связь видов — как",
        f"  {spoken(shared.kinds_weight)} школ.",
        f"- Свидетельство одной школы весит не больше e^{spoken(shared.most_log_odds)}; вывод проверки оставляет",
        f"  другому объяснению {spoken(shared.label_doubt)}.",
        f"- Школа не отмечается при вероятности ниже {spoken(shared.least_probability)}, даже если q-значение мало;",
        f"  z одной процедуры считается не больше {spoken(shared.most_z)}; доля школ, где затронуты лишь некоторые",
        f"  процедуры, — {spoken(shared.partial_share)}.",
        f"- «Культура оценивания высокая»: вероятность ниже {spoken(shared.culture_probability)}, ни одно сводное",
        f"  отклонение не выше {spoken(shared.culture_most_z)}, процедур не меньше {shared.culture_procedures}, и доля",
        "  поднятых над границами работ ниже, чем по региону (с надёжностью 97,5 %).",
        "",
        table(
            ("вид", "доля школ", "сдвиг", "хвост", "связь процедур", "сопутствует", "пометка", "id"),
            [_row(prior) for prior in shown.objectivity_priors],
        ),
        sources([shared, *shown.objectivity_priors]),
    ]
    return "\n".join(lines)


def _row(prior: ObjectivityPrior) -> tuple[str, ...]:
    along = ", ".join(f"`{other.kind}` {spoken(other.fraction)}" for other in prior.moves_along)
    return (
        prior.title,
        spoken(prior.share),
        f"{spoken(prior.shift_mean)} ± {spoken(prior.shift_sd)}",
        spoken(prior.tail),
        spoken(prior.correlation),
        along or "—",
        tag(prior.status),
        id_cell(prior),
    )
