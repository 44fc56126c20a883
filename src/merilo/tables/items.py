"""Items of every procedure: how they worked."""

from merilo.tables.columns import ITEM_ID, NOTE, PROCEDURE_ID
from merilo.tables.schema import Table, count, number, text

ITEMS = Table(
    name="items",
    key=("procedure_id", "item_id"),
    meaning="How every item worked in the whole procedure",
    meaning_ru="Как сработало каждое задание во всей процедуре",
    columns=(
        PROCEDURE_ID,
        ITEM_ID,
        count("position", "place of the item in the test form, from 1", "номер задания по порядку, с 1"),
        count("n", "works in which the item was administered", "число работ, в которых задание предлагалось"),
        count("max_points", "highest number of points", "наибольший балл"),
        number(
            "mean_share",
            "share",
            "mean points divided by the highest points",
            "средний балл в долях наибольшего",
        ),
        number(
            "discrimination",
            "correlation",
            "correlation of the item with the rest of the test",
            "корреляция задания с остальными",
        ),
        number(
            "difficulty_logits",
            "logits",
            "mean of the item's step difficulties, partial credit model; items average 0",
            "трудность (среднее шагов), логиты; среднее по заданиям 0",
        ),
        number(
            "difficulty_logits_se",
            "logits",
            "standard error of the difficulty under the model (too small where schools differ item by item)",
            "стандартная ошибка трудности по модели (мала, если школы различаются по заданиям)",
            minimum=0,
        ),
        number(
            "slope",
            "",
            "slope of the generalised partial credit model, per SD of ability (when asked for)",
            "наклон (обобщённая модель), на одно стандартное отклонение подготовки; по запросу",
            minimum=0,
        ),
        number("slope_se", "", "standard error of the slope", "стандартная ошибка наклона", minimum=0),
        number(
            "infit",
            "",
            "information-weighted mean square residual, 1 expected",
            "взвешенный показатель согласия, ожидается 1",
            minimum=0,
        ),
        number(
            "outfit",
            "",
            "unweighted mean square residual, 1 expected",
            "невзвешенный показатель согласия, ожидается 1",
            minimum=0,
        ),
        count(
            "not_administered_n",
            "works in which the item was not administered",
            "число работ, в которых задание не предлагалось",
        ),
        count(
            "not_attempted_n",
            "works in which the item was not attempted (0 points)",
            "число работ, в которых к заданию не приступали (0 баллов)",
        ),
        text("level", "basic, raised or high", "уровень: базовый, повышенный, высокий"),
        text("marking", "auto, or expert (a person judged)", "проверка: автоматическая или экспертом"),
        text("skill", "skill codes", "коды умений"),
        text("content", "content codes", "коды содержания"),
        text("text", "what the item asks", "что проверяет задание"),
        text(
            "item_rule",
            "sufficient, uncertain or insufficient by the rule for its level",
            "достаточный, на границе или недостаточный уровень по правилу",
            values=("sufficient", "uncertain", "insufficient"),
        ),
        number(
            "dif_sex_logits",
            "logits",
            "difference in difficulty between girls and boys at equal score (positive: harder for girls)",
            "разница трудности для девочек и мальчиков при равном балле (плюс: труднее девочкам)",
        ),
        number(
            "dif_sex_logits_se",
            "logits",
            "standard error of that difference",
            "стандартная ошибка этой разницы",
            minimum=0,
        ),
        NOTE,
    ),
)
