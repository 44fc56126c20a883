"""The manual of the definitions, docs/definitions.md: made from the definitions themselves, Russian first.

Run `python -m merilo.definitions.manual > docs/definitions.md`; a test fails where the file is not current.
"""

from __future__ import annotations

import sys

from merilo.definitions.catalogue import Definitions
from merilo.definitions.loading import load_definitions
from merilo.definitions.manual_facts import (
    exams_chapter,
    indicators_chapter,
    plans_chapter,
    scales_chapter,
    subjects_chapter,
)
from merilo.definitions.manual_objectivity import objectivity_chapter
from merilo.definitions.markdown import (
    choices_table,
    id_cell,
    percent,
    sources,
    spoken,
    table,
    tag,
    why,
    yes_no,
)
from merilo.definitions.provenance import STATUS_WORDS

_PROCEDURES = {"vpr": "ВПР", "oge": "ОГЭ", "ege": "ЕГЭ", "gve": "ГВЭ"}

_OPENING = """\
# Определения: шкалы, правила, пределы

*Definitions: mark scales, official rules, limits. This page is made from the definition files; do not edit it by hand
(`python -m merilo.definitions.manual > docs/definitions.md`).*

Всё, что предписывает государство или выбирает орган управления, хранится не в коде, а в файлах определений. У каждого
определения есть имя (`id`), версия, источник, дата и пометка о том, насколько источник проверен:

| пометка | что значит |
|---|---|
| {read} | текст источника прочитан |
| {opening_read} | прочитано только начало текста, остальное не видно |
| {computed} | посчитано по реальным данным |
| {unverified} | общее знание, по тексту никто не сверял: рядом с числом на страницах стоит эта пометка |
| {chosen} | текста нет или он молчит; выбор сделан в Merilo, причина указана |

## Как изменить

Положите свой файл `.toml` и передайте его при запуске. Запись с известным `id` заменяет поля, которые в ней названы; с
новым `id` — добавляется. Источник, версия, пометка и дата у изменённой записи свои: чужой источник не переходит
на ваше число.

```toml
[defaults]
version = "2021.2"
source = "Приказ управления образования от 01.03.2021 № 15"
status = "read"
dated_on = 2021-03-01

[[setting]]
id = "flag_limit"
value = 0.05
```
"""


def manual(definitions: Definitions | None = None) -> str:
    """The whole manual as Markdown, in Russian whatever the user's language."""
    shown = definitions or load_definitions()
    chapters = [
        _OPENING.format(**{status: tag(status) for status in STATUS_WORDS}),
        _settings(shown),
        _disclosure(shown),
        _notices(shown),
        _low_results(shown),
        _markers(shown),
        objectivity_chapter(shown),
        _items(shown),
        scales_chapter(shown),
        exams_chapter(shown),
        indicators_chapter(shown),
        plans_chapter(shown),
        subjects_chapter(shown),
        _unverified(shown),
    ]
    return "\n".join(chapter.strip("\n") + "\n" for chapter in chapters)


def _settings(shown: Definitions) -> str:
    rows = [
        (
            setting.title,
            spoken(setting.value),
            setting.unit,
            tag(setting.status),
            why(setting),
            id_cell(setting),
        )
        for setting in shown.settings
    ]
    return "## Настройки расчёта\n\n" + table(
        ("настройка", "значение", "единица", "пометка", "почему", "id"), rows
    )


def _disclosure(shown: Definitions) -> str:
    rule = shown.disclosure
    lines = [
        f"## {rule.title}\n",
        f"- Группы меньше {rule.min_cell} не выходят никуда.",
        f"- Группы от {rule.min_cell} до {rule.restricted_below - 1} видят только школа и центр.",
        f"- Дополнительное скрытие, чтобы скрытое нельзя было вычесть из итога: {yes_no(rule.complementary)}.",
        f"- Показывать наименьший и наибольший балл: {yes_no(rule.show_min_max)}.",
        f"- Строки отдельных учеников вне школы: {yes_no(rule.pupil_rows_leave_school)}.",
        "",
        sources([rule]),
    ]
    return "\n".join(lines)


def _notices(shown: Definitions) -> str:
    parts = ["## Оговорки и слова\n"]
    for notice in shown.notices:
        parts += [
            f"### {notice.title}\n",
            f"> {notice.ru}\n",
            f"> *{notice.en}*\n",
            "Опирается на:\n",
            *(f"- {source}" for source in notice.sources),
            "",
            sources([notice]),
            "",
        ]
    wording = shown.wording
    parts += [
        f"### {wording.title}\n",
        "Можно: " + ", ".join(f"«{words}»" for words in wording.allowed) + ".\n",
        "Нельзя (основы слов): " + ", ".join(f"«{stem}»" for stem in wording.never) + ".\n",
        sources([wording]),
    ]
    return "\n".join(parts)


def _low_results(shown: Definitions) -> str:
    parts = ["## Школы с низкими результатами\n"]
    for rule in shown.low_result_rules:
        counted = ", ".join(
            f"{_PROCEDURES.get(p.kind, p.kind)} {shown.subject(p.subject).title.lower()} {p.year_group} кл."
            for p in rule.procedures
        )
        least = str(rule.min_participants) if rule.min_participants else "не задано"
        excluded = ", ".join(f"`{kind}`" for kind in rule.excluded_kinds) or "нет"
        parts += [
            f"### {rule.title} (`{rule.id}`)\n",
            f"Процедура низкая, если низкий результат у {percent(rule.threshold_share)} участников и более;",
            f"школа попадает в перечень, если низких процедур не меньше {rule.min_procedures}.\n",
            f"- Процедуры: {counted}.",
            "- Низкий результат: «2» за ВПР; ниже минимума на ОГЭ и ЕГЭ.",
            f"- Учебных лет: {rule.years}. Наименьшее число участников: {least}. Исключены виды: {excluded}.",
            f"- Вывод устойчив при вероятности от {spoken(rule.steady_probability)}, иначе пограничный случай.",
            "",
            choices_table(rule.choices),
            sources([rule]),
        ]
    return "\n".join(parts)


def _markers(shown: Definitions) -> str:
    parts = [
        "## Официальные признаки необъективности (ФИОКО)\n",
        "Показываются как напечатаны, рядом с собственными признаками Merilo, и не смешиваются с ними.\n",
    ]
    for rule in shown.marker_rules:
        parts += [
            f"### {rule.title} (вид {rule.kind}, `{rule.id}`)\n",
            rule.formula + "\n",
            choices_table(rule.choices),
            sources([rule]),
            "",
        ]
    rows = [
        (str(marker.number), marker.title, marker.kind, tag(marker.status), marker.note, id_cell(marker))
        for marker in shown.markers
    ]
    return "\n".join(parts) + "\n" + table(("№", "признак", "вид", "пометка", "примечание", "id"), rows)


def _items(shown: Definitions) -> str:
    rows = [
        (
            rule.title,
            percent(rule.sufficient_from),
            percent(rule.insufficient_below),
            tag(rule.status),
            id_cell(rule),
        )
        for rule in shown.item_rules
    ]
    sample = shown.sample_rule
    return "\n".join(
        [
            "## Задания и объём данных\n",
            table(("задание", "достаточный от", "недостаточный ниже", "пометка", "id"), rows),
            f"### {sample.title}\n",
            f"Распределение информативно от {sample.informative_n} работ, приблизительно от",
            f"{sample.approximate_n}, меньше — ограниченно; для сравнения групп нужно не меньше {sample.group_n}",
            "участников в каждой.\n",
            choices_table(sample.choices),
            sources([*shown.item_rules[:1], sample]),
        ]
    )


def _unverified(shown: Definitions) -> str:
    listed = "\n".join(f"- {entry.title} (`{entry.id}`)" for entry in shown.unverified())
    return (
        "## Не проверено\n\n"
        "Эти определения никто не сверял с текстом источника. Если у вас есть текст — пришлите поправку "
        "или переопределите запись своим файлом.\n\n" + listed
    )


if __name__ == "__main__":
    sys.stdout.write(manual())
