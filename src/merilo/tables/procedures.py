"""Procedures: one row for each test given to a year group."""

from merilo.tables.columns import ABSENT_N, NOTE, PROCEDURE_ID, N
from merilo.tables.schema import Table, count, interval, number, text

PROCEDURES = Table(
    name="procedures",
    key=("procedure_id",),
    meaning="Each procedure as a whole",
    meaning_ru="Каждая процедура в целом",
    columns=(
        PROCEDURE_ID,
        text("title", "what it is, in words", "название словами"),
        text("kind", "vpr, oge, ege, gve, niko, regional, school", "вид процедуры"),
        text("subject", "subject", "предмет"),
        text("subject_name", "subject in Russian", "предмет по-русски"),
        count("year_group", "year group that sat it", "класс, который писал работу"),
        count(
            "programme_year_group",
            "year group whose programme was tested",
            "класс, программа которого проверялась",
        ),
        text("school_year", "school year, like 2020/21", "учебный год"),
        text("date", "date, ISO", "дата"),
        count("schools_n", "schools with at least one work", "число школ, где есть работы"),
        N,
        ABSENT_N,
        number("max_score", "points", "highest raw score", "наибольший первичный балл"),
        count("cut_3", "lowest raw score for mark 3", "наименьший балл на «3»"),
        count("cut_4", "lowest raw score for mark 4", "наименьший балл на «4»"),
        count("cut_5", "lowest raw score for mark 5", "наименьший балл на «5»"),
        number("pass_score", "points", "lowest score that passes (exams without marks)", "минимальный балл"),
        number("mean_points", "points", "mean score", "средний балл"),
        number(
            "sd_points",
            "points",
            "standard deviation of the score between pupils (n-1)",
            "стандартное отклонение балла",
            minimum=0,
        ),
        number("alpha", "", "Cronbach's alpha", "альфа Кронбаха", maximum=1),
        number("alpha_se", "", "standard error of alpha", "стандартная ошибка альфы", minimum=0),
        number(
            "sem_points",
            "points",
            "standard error of measurement of one pupil's score",
            "стандартная ошибка измерения балла ученика",
            minimum=0,
        ),
        *(
            number(
                f"share_{mark}",
                "share",
                f"share of works with mark {mark}",
                f"доля работ с отметкой «{mark}»",
            )
            for mark in (2, 3, 4, 5)
        ),
        *interval(
            "lifted_share",
            "share",
            "share of near-misses lifted over a cut score, the whole authority",
            "доля работ чуть ниже границы, поднятых на неё, по всему муниципалитету",
        ),
        *(
            number(
                f"lifted_share_{mark}",
                "share",
                f"the same at the cut score of mark {mark}",
                f"то же на границе «{mark}»",
            )
            for mark in (3, 4, 5)
        ),
        number(
            "school_sd_points",
            "points",
            "standard deviation between schools (REML)",
            "разброс между школами (REML)",
            minimum=0,
        ),
        number(
            "pupil_sd_points",
            "points",
            "standard deviation between pupils of a school (REML)",
            "разброс между учениками школы (REML)",
            minimum=0,
        ),
        number(
            "vpc", "share", "share of the variance that lies between schools", "доля дисперсии между школами"
        ),
        number(
            "ability_mean_logits", "logits", "mean ability, items average 0", "средняя подготовка, логиты"
        ),
        number(
            "ability_sd_logits",
            "logits",
            "standard deviation of ability",
            "разброс подготовки, логиты",
            minimum=0,
        ),
        count(
            "total_mismatch_n",
            "works whose points do not add up to the printed total",
            "работы, где баллы не сходятся с итогом",
        ),
        NOTE,
    ),
)
