"""Results of each school in each procedure."""

from merilo.tables.columns import ABSENT_N, NOTE, ORG_ID, PROCEDURE_ID, N
from merilo.tables.schema import Table, count, interval, number

SCHOOL_RESULTS = Table(
    name="school_results",
    key=("procedure_id", "org_id"),
    meaning="Results of each school in each procedure",
    meaning_ru="Результаты каждой школы в каждой процедуре",
    columns=(
        PROCEDURE_ID,
        ORG_ID,
        N,
        ABSENT_N,
        count("enrolled_n", "pupils of the year group (enrolment)", "учеников в параллели (контингент)"),
        number(
            "participation_share",
            "share",
            "present among enrolled, or among entered where enrolment is unknown",
            "доля писавших среди обучающихся (или внесённых)",
        ),
        number("mean_points", "points", "mean score", "средний балл"),
        number(
            "mean_points_se",
            "points",
            "standard error of the mean; classes as clusters",
            "стандартная ошибка среднего с учётом классов",
            minimum=0,
        ),
        number(
            "mean_points_lower",
            "points",
            "lower end of the 95 % interval",
            "нижняя граница 95 % интервала среднего балла",
        ),
        number(
            "mean_points_upper",
            "points",
            "upper end of the 95 % interval",
            "верхняя граница 95 % интервала среднего балла",
        ),
        number(
            "mean_share",
            "share",
            "points gained of the points possible (items not administered do not count)",
            "набрано от возможного (непредложенные задания не считаются)",
        ),
        number(
            "mean_logits", "logits", "mean ability (raw score -> WLE logits)", "средняя подготовка, логиты"
        ),
        number(
            "mean_logits_se",
            "logits",
            "standard error of that mean",
            "стандартная ошибка средней подготовки",
            minimum=0,
        ),
        *(
            c
            for mark in (2, 3, 4, 5)
            for c in interval(f"share_{mark}", "share", f"share with mark {mark}", f"доля отметки «{mark}»")
        ),
        count(
            "judged_n",
            "works that can be judged against the minimum",
            "работ, которые можно сравнить с минимумом",
        ),
        count("low_n", "works below the minimum", "работ ниже минимума"),
        number(
            "low_share",
            "share",
            "share below the minimum (mark 2 or not passed)",
            "доля ниже минимума («2» или не сдали)",
        ),
        number("quality_share", "share", "share with marks 4 and 5", "качество: доля «4» и «5»"),
        number(
            "lowered_share",
            "share",
            "mark of the work below the journal mark",
            "понизили: отметка ниже журнальной",
        ),
        number(
            "confirmed_share",
            "share",
            "mark of the work equal to the journal mark",
            "подтвердили: отметка равна журнальной",
        ),
        number(
            "raised_share",
            "share",
            "mark of the work above the journal mark",
            "повысили: отметка выше журнальной",
        ),
        count("journal_n", "works with both marks", "работы, где есть обе отметки"),
        NOTE,
    ),
)
