"""Deficits by skill: city-wide, and the school's own part."""

from merilo.tables.columns import NOTE, ORG_ID, PROCEDURE_ID, SKILL, N
from merilo.tables.schema import Table, count, number, text

DEFICITS = Table(
    name="deficits",
    key=("procedure_id", "org_id", "skill"),
    meaning="Skills of each school against the authority at equal overall result",
    meaning_ru="Умения учеников школы в сравнении с муниципалитетом при равном общем результате",
    columns=(
        PROCEDURE_ID,
        ORG_ID,
        SKILL,
        text("skill_name", "the skill in words", "умение словами"),
        N,
        count("items_n", "items of the skill", "число заданий на умение"),
        number("mean_share", "share", "points gained of the points possible", "набрано от возможного"),
        number("authority_share", "share", "the same in the whole authority", "то же по муниципалитету"),
        number(
            "expected_share",
            "share",
            "expected of these pupils by their total scores",
            "ожидаемо при общих баллах этих учеников",
        ),
        number(
            "gap_share", "", "mean_share minus expected_share", "отличие от ожидаемого", minimum=-1, maximum=1
        ),
        number("gap_share_se", "", "standard error of the gap", "стандартная ошибка отличия", minimum=0),
        number(
            "own_share",
            "",
            "the school's own part of the gap, shrunken",
            "собственная часть школы (с учётом надёжности)",
            minimum=-1,
            maximum=1,
        ),
        number("own_share_se", "", "its standard error", "её стандартная ошибка", minimum=0),
        number(
            "pupils_equivalent",
            "",
            "the own part in pupils (negative: a deficit)",
            "собственная часть в учениках (минус — дефицит)",
        ),
        NOTE,
    ),
)
