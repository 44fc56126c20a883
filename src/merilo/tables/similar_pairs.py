"""Pairs of works of an exam that are more alike than their results imply. Rows are pupils, under pseudonyms.

This table stays inside the centre: it is written beside the other tables for the analyst and enters no document, no
workbook and no page; only what is pooled over a class or school leaves (table `objectivity`).
"""

from merilo.tables.columns import NOTE, ORG_ID, PROCEDURE_ID
from merilo.tables.schema import Table, count, number, text

SIMILAR_PAIRS = Table(
    name="similar_pairs",
    key=("procedure_id", "org_id", "second_org_id", "first_work", "second_work"),
    meaning="Pairs of works that ask to be verified together (pupil level: stays inside the centre)",
    meaning_ru="Пары работ, которые требуют проверки вместе (уровень учеников: не выходит за пределы центра)",
    columns=(
        PROCEDURE_ID,
        ORG_ID,
        text("second_org_id", "organisation of the second work", "организация второй работы", required=True),
        text("class_id", "class of the first work", "класс первой работы"),
        text("room", "room where both were written", "аудитория, в которой писали обе работы"),
        text("first_work", "first work (work_id)", "первая работа (work_id)", required=True),
        text("second_work", "second work (work_id)", "вторая работа (work_id)", required=True),
        count("items_n", "items that both answered", "заданий, на которые ответили оба"),
        count("identical_n", "identical answers", "одинаковых ответов"),
        count("identical_wrong_n", "identical wrong answers", "одинаковых неверных ответов"),
        number("expected_n", "count", "identical answers to expect", "сколько одинаковых ответов ожидается"),
        number(
            "omega",
            "z",
            "omega (Wollack 1997), the larger of its two directions",
            "ω (Wollack, 1997), большее из двух направлений",
        ),
        number(
            "omega_p",
            "probability",
            "p-value of omega, both directions counted",
            "p-значение ω с учётом двух направлений",
        ),
        number(
            "gbt_p",
            "probability",
            "p-value of the generalised binomial test (van der Linden and Sotaridona 2006), exact",
            "p-значение обобщённого биномиального критерия (van der Linden, Sotaridona, 2006), точное",
        ),
        number(
            "p_value",
            "probability",
            "p-value among all pairs of classmates (what honest classmates share is taken off)",
            "p-значение среди всех пар класса или аудитории (обычное сходство одноклассников вычтено)",
        ),
        number("q_value", "probability", "q-value over all pairs compared", "q-значение по всем парам"),
        count("pairs_n", "pairs compared in the procedure", "сколько пар сравнено в процедуре"),
        NOTE,
    ),
)
