"""Chapters of the manual on facts fixed from outside: scales, exams, indicators, item points, subjects."""

from __future__ import annotations

from merilo.definitions.catalogue import Definitions
from merilo.definitions.exams import ExamMinimum
from merilo.definitions.markdown import id_cell, remarks, sources, table, tag
from merilo.definitions.scales import MarkScale

_UNITS = {"raw_score": "первичный балл", "test_score": "тестовый балл", "mark": "отметка"}
_PURPOSES = {
    "pass": "порог экзамена",
    "university": "поступление в вуз",
    "ministry_universities": "вузы Минобрнауки (не порог)",
}


def scales_chapter(shown: Definitions) -> str:
    """Mark scales, the VPR first."""
    ordered = sorted(shown.mark_scales, key=lambda scale: scale.kind != "vpr")
    rows = [_scale_row(scale) for scale in ordered]
    return "## Шкалы перевода баллов в отметки\n\n" + "\n".join(
        [
            table(("работа", "максимум", "минут", "«2»", "«3»", "«4»", "«5»", "пометка", "id"), rows),
            remarks(shown.mark_scales),
            sources(shown.mark_scales),
        ]
    )


def _scale_row(scale: MarkScale) -> tuple[str, ...]:
    bands = tuple(f"{low}–{high}" for _mark, low, high in scale.bands())
    minutes = str(scale.minutes) if scale.minutes else ""
    return (scale.title, str(scale.max_score), minutes, *bands, tag(scale.status), id_cell(scale))


def exams_chapter(shown: Definitions) -> str:
    """State exams: years and minima."""
    years = [
        (
            year.title,
            "да" if year.held else "нет",
            ", ".join(year.not_held),
            year.note,
            tag(year.status),
            id_cell(year),
        )
        for year in shown.exam_years
    ]
    minima = [_minimum_row(minimum) for minimum in shown.exam_minima]
    return "\n".join(
        [
            "## Государственная итоговая аттестация\n",
            "### Что было особенного\n",
            table(("год", "проводился", "не проводилось", "что важно", "пометка", "id"), years),
            "### Минимальные результаты\n",
            table(("экзамен", "годы", "минимум", "единица", "для чего", "пометка", "id"), minima),
            remarks(shown.exam_minima),
            sources([*shown.exam_years, *shown.exam_minima]),
        ]
    )


def _minimum_row(minimum: ExamMinimum) -> tuple[str, ...]:
    return (
        minimum.title,
        ", ".join(str(year) for year in minimum.years),
        str(minimum.minimum),
        _UNITS[minimum.unit],
        ", ".join(_PURPOSES[purpose] for purpose in minimum.purposes),
        tag(minimum.status),
        id_cell(minimum),
    )


def indicators_chapter(shown: Definitions) -> str:
    """Indicators."""
    rows = [
        (indicator.title, indicator.formula, tag(indicator.status), id_cell(indicator))
        for indicator in shown.indicators
    ]
    return "## Показатели\n\n" + "\n".join(
        [
            table(("показатель", "формула", "пометка", "id"), rows),
            remarks(shown.indicators),
            sources(shown.indicators),
        ]
    )


def plans_chapter(shown: Definitions) -> str:
    """Points of the items."""
    rows = [
        (
            plan.title,
            str(len(plan.max_points)),
            str(plan.max_score),
            " ".join(str(points) for points in plan.max_points),
            tag(plan.status),
            id_cell(plan),
        )
        for plan in shown.item_plans
    ]
    return "## Баллы заданий\n\n" + "\n".join(
        [
            table(("план", "заданий", "максимум", "баллы по порядку столбцов", "пометка", "id"), rows),
            sources(shown.item_plans),
        ]
    )


def subjects_chapter(shown: Definitions) -> str:
    """Subjects with their codes."""
    rows = [
        (
            subject.title,
            "по " + subject.dative,
            subject.vpr_code,
            ", ".join(f"{code.number:02d} ({tag(code.status)})" for code in subject.gia_codes),
            id_cell(subject),
        )
        for subject in shown.subjects
    ]
    return "## Предметы\n\n" + "\n".join(
        [table(("предмет", "в именах файлов", "код ВПР", "коды ГИА", "id"), rows), sources(shown.subjects)]
    )
