"""Sentences of docs/validity.md (Russian) and docs/validity.en.md, in pairs: (Russian, English)."""

from __future__ import annotations

Pair = tuple[str, str]

KINDS: dict[str, Pair] = {
    "all": ("все виды вместе", "all kinds together"),
    "threshold": ("работы подняты через границу отметки", "works lifted over a cut score"),
    "dictated": ("подсказаны отдельные задания", "some items dictated"),
    "copying": ("работы класса повторяют лучшую", "works of a class copy the best one"),
    "leniency": ("мягче оценены задания, проверяемые человеком", "person-marked items raised"),
    "participation": ("слабые ученики не писали", "weak pupils kept away"),
    "inflation": ("завышено всё и поровну", "everything inflated alike"),
}
CONTROLS: dict[str, Pair] = {
    "honest": ("остальные школы тех же регионов", "all other schools of the same regions"),
    "strong": ("сильная школа", "strong school"),
    "streamed": ("классы разделены по уровню", "streamed classes"),
    "tiny": ("очень маленькая школа (3–8 учеников)", "tiny school (3–8 pupils)"),
    "curriculum": ("другая программа: одно умение выше, другое ниже", "another curriculum in one skill"),
    "new_teacher": ("новый учитель в одном классе", "new teacher in one class"),
    "selective": ("отбор при приёме (лицей, гимназия)", "selective intake"),
    "lenient_city": ("мягкая проверка во всём городе", "lenient marking city-wide"),
    "strict_city": ("строгая проверка во всём городе", "strict marking city-wide"),
}
EVIDENCE: dict[str, Pair] = {
    "threshold_3": ("подъём через границу «3»", "lift over the cut score for 3"),
    "threshold_4": ("подъём через границу «4»", "lift over the cut score for 4"),
    "threshold_5": ("подъём через границу «5»", "lift over the cut score for 5"),
    "item_profile": ("отдельные задания", "items out of line"),
    "expert_leniency": ("задания, проверяемые человеком", "person-marked items"),
    "similarity": ("сходство работ класса", "works alike"),
    "spread": ("разброс результатов", "spread of results"),
    "level": ("уровень против ожидаемого", "level against expectation"),
    "journal": ("работа против журнала", "work against journal marks"),
    "cohort": ("скачок той же параллели", "jump of the same cohort"),
    "participation": ("кто отсутствовал", "who was absent"),
}
VARIANTS: dict[str, Pair] = {
    "mixed": ("как обычно", "as usual"),
    "mixed, half of procedures": (
        "вмешательство в половине процедур",
        "manipulation in half of the procedures",
    ),
    "mixed, everybody lifts half": (
        "весь регион поднимает половину работ у границы",
        "the region lifts half",
    ),
    "mixed, nobody else lifts": ("больше никто работ не поднимает", "nobody else lifts"),
    "mixed, lift towards full": (
        "подъём сверх обычного для школы (вместо большей из двух долей)",
        "lift on top of the school's habit (instead of the greater share)",
    ),
    "mixed, copying by the root": ("повторов больше при той же силе", "more copying at the same strength"),
    "mixed, items differ by 0.8": (
        "школы различаются по заданиям сильнее (0,8)",
        "items differ by 0.8 logit",
    ),
    "mixed, items differ by 0.2": ("школы различаются по заданиям слабее (0,2)", "items differ by 0.2 logit"),
    "mixed, no journal marks": ("отметок журнала нет", "no journal marks"),
}
INFLATION: dict[str, Pair] = {
    "inflation, nothing to compare": ("сравнить не с чем", "nothing to compare with"),
    "inflation, journal marks": ("есть отметки журнала", "journal marks known"),
    "inflation, earlier results": (
        "есть прежние результаты тех же учеников",
        "earlier results of the same pupils",
    ),
}
SIMULATORS: dict[str, Pair] = {
    "first": ("первая", "first"),
    "second": ("вторая", "second"),
}

TITLE: Pair = ("# Насколько этому можно верить", "# How far this can be trusted")
INTRO: Pair = (
    "Merilo показывает, какие результаты **требуют проверки**. Это не вывод о школе и не рейтинг: решает человек, "
    "который посмотрел работы. Здесь сказано, как часто такая просьба о проверке напрасна, что удаётся заметить, "
    "а чего увидеть нельзя.\n\n"
    "Правды о настоящих школах не знает никто, поэтому ошибки измерены на смоделированных муниципалитетах и регионах, "
    "где известно, что и где было сделано. Моделей две, и они ничего не делят между собой: на первой признаки "
    "разрабатывались, вторая построена иначе (другой закон ответов, другие размеры школ, отметок, пропусков). "
    "Отдельные признаки по второй не подбирались, но при настройке их сведения смотрели на обе; поэтому потом "
    "построена третья, на которой не подбиралось ничего (её раздел ниже). Верить стоит второй и третьей.\n",
    "Merilo shows which results **ask to be verified**. That is no verdict and no rating: a person who has seen the "
    "works decides. This page says how often such a request is in vain, what is found, and what cannot be seen.\n\n"
    "Nobody knows the truth about real schools, so errors are measured on simulated towns and regions in which it is "
    "known what was done where. There are two simulators that share nothing: the evidence was developed on the first; "
    "the second has other laws of answers, sizes, marks and absences. Single kinds of evidence were not tuned on it, "
    "but their combining was set with both in view; so a third was made later on which nothing was tuned (its "
    "section is below). Trust the second and the third.\n",
)
MADE: Pair = (
    "Измерено {date}, Merilo {version}, муниципалитетов и регионов: {worlds}, школ в них: {schools}. "
    "После ± стоит случайная погрешность самого измерения (одно стандартное отклонение). «–» значит: не измерено.",
    "Measured {date}, Merilo {version}, authorities: {worlds}, schools in them: {schools}. After ± stands the Monte "
    "Carlo error of the measurement (one standard deviation). “–”: not measured.",
)
STRENGTH: Pair = (
    "Сила 1: подняты 85 % работ, которым до границы не хватало 1–2 баллов; четыре задания подсказаны 70 % учеников; "
    "70 % класса взяли 55 % ответов из лучшей работы; балл добавлен в 45 % клеток заданий, проверяемых человеком; "
    "80 % самой слабой четверти не писали. Сила 0,5: доли вдвое меньше. Школы и без вмешательства различаются по "
    "каждому заданию (0,5 логита) и поднимают в среднем четверть работ у границы.",
    "Strength 1: 85 % of works 1–2 points below a cut score lifted; four items dictated to 70 % of pupils; 70 % of a "
    "class took 55 % of their answers from the best work; a point added in 45 % of person-marked cells; 80 % of the "
    "weakest quarter kept away. Strength 0.5: half of these shares. Untouched schools differ on every item too (0.5 "
    "logit) and lift a quarter of near-misses on average.",
)
REPEAT: Pair = (
    "Повторить: `make validate` (коротко, с обещаниями и вердиктом) или `python validation/objectivity.py` "
    "(полностью). Модели: `src/merilo/simulate` и `validation/other_region.py`; что и сколько раз моделируется: "
    "`validation/error_settings.py`; как считаются доли: `validation/error_counts.py`. "
    "Начальное число случайных последовательностей: {seed}. Эта страница печатается из "
    "`validation/objectivity_results.json` программой `docs/print_validity.py`.",
    "To repeat: `make validate` (short, with promises and verdicts) or `python validation/objectivity.py` (all of it). "
    "Simulators: `src/merilo/simulate` and `validation/other_region.py`; what is simulated how often: "
    "`validation/error_settings.py`; how rates are counted: `validation/error_counts.py`. First seed: {seed}. "
    "This page is printed from `validation/objectivity_results.json` by `docs/print_validity.py`.",
)

SECTIONS: dict[str, tuple[Pair, Pair]] = {
    "short": (
        ("Коротко", "In short"),
        (
            "Регион из 200 школ, четыре процедуры, вторая модель. Цель поставлена до измерения.",
            "A region of 200 schools, four procedures, the second simulator. Targets were set before the measurement.",
        ),
    ),
    "clean": (
        ("Если вмешательства не было нигде", "Where nothing was done at all"),
        (
            "Здесь любая просьба о проверке напрасна.",
            "Here every flag is false.",
        ),
    ),
    "grid": (
        ("Если вмешательство было в 12–15 % школ", "Where 12–15 % of schools were touched"),
        (
            "Пять видов вперемешку. «Лишние» – доля напрасных среди просьб о проверке (в среднем по муниципалитетам; "
            "где не отмечен никто, доля равна нулю). AUC – как часто тронутая школа стоит в списке выше нетронутой.",
            "Five kinds together. “False” is the share of vain flags (a mean over authorities; nought where nobody is "
            "flagged). AUC: how often a touched school stands above an untouched one.",
        ),
    ),
    "kinds": (
        ("Что именно удаётся заметить", "What is found"),
        (
            "Один вид в десятой части школ: 200 школ, четыре процедуры. Во второй модели школа поднимает большую из "
            "двух долей, своей обычной (0–50 %, в среднем 25 %) и 85 %, умноженных на силу: при силе 0,25 отличить "
            "почти нечего, при силе 0,5 (42 %) это не больше, чем делают многие, и по определению не «намного сверх "
            "обычного».",
            "One kind in a tenth of the schools: 200 schools, four procedures. In the second simulator a school lifts "
            "the greater of two shares, its habit (0–50 %, 25 % on average) and 85 % times the strength: at 0.25 there "
            "is next to nothing to tell, at 0.5 (42 %) it is no more than many do, and by definition not “far beyond”.",
        ),
    ),
    "sizes": (
        ("От размера школы", "By size of school"),
        (
            "Найдено из тронутых, по числу работ в процедуре (вторая модель, 200 школ, четыре процедуры, все виды "
            "вперемешку), и сколько отмечено нетронутых.",
            "Found of the touched, by works in a procedure (second simulator, 200 schools, four procedures, all kinds "
            "together), and how many of the untouched are flagged.",
        ),
    ),
    "controls": (
        ("Школы, которые только выглядят необычно", "Schools that only look unusual"),
        (
            "В них ничего не сделано; отмечать их чаще остальных нельзя. 200 школ, четыре процедуры.",
            "Nothing was done in them; they must not be flagged more often than others. 200 schools, four procedures.",
        ),
    ),
    "evidence": (
        ("Каждый признак отдельно", "Each evidence alone"),
        (
            "Доля нетронутых школ, у которых p-значение признака ниже 0,05: должно быть 4–6 % при любом размере. "
            "Вторая модель, 200 школ, четыре процедуры, вмешательства нет.",
            "Share of untouched schools whose p-value is below .05: it should be 4–6 % at every size. Second "
            "simulator, 200 schools, four procedures, nothing done.",
        ),
    ),
    "lifts": (
        ("Интервалы доли поднятых работ", "Intervals of the share lifted"),
        (
            "Как часто 95-процентный интервал содержит правду: долю работ у границы, поднятых на самом деле. "
            "Должно быть 93–97 %.",
            "How often the 95 % interval holds the truth: the share of near-misses that were lifted. It should be "
            "93–97 %.",
        ),
    ),
    "probability": (
        ("Значит ли вероятность то, что сказано", "Does the probability mean what it says"),
        (
            "Школы по вероятности, которую назвал Merilo, и доля действительно тронутых среди них "
            "(200 школ, четыре процедуры, все виды вперемешку).",
            "Schools by the probability that Merilo gave, and the share really touched among them (200 schools, four "
            "procedures, all kinds together).",
        ),
    ),
    "variants": (
        ("Если действительность устроена иначе", "Where reality is otherwise"),
        (
            "Вторая модель с изменёнными привычками: 200 школ, четыре процедуры, все виды вперемешку.",
            "The second simulator with its habits changed: 200 schools, four procedures, all kinds together.",
        ),
    ),
    "third": (
        ("Третья модель: судья со стороны", "The third simulator: a judge from outside"),
        (
            "Измерено 23.11.2026 моделью `validation/third_region.py` (угадывание, задания в 1–3 балла, "
            "пропуски целыми "
            "днями, другие журналы), на которой ничего не подбиралось. Её смотрели дважды: до и после последней правки "
            "сведения признаков (итоги почти те же); здесь второй раз, на новых зёрнах.\n\n"
            "| условия | повторов | найдено | AUC | лишние | отмечено нетронутых |\n|---|---|---|---|---|---|\n"
            "| 200 школ, 4 процедуры, вмешательства нет | 10 | – | – | – | 0 из 2000 |\n"
            "| то же, сила 1 в 15 % школ | 8 | 95,0 ± 1,5 % | 1,00 | 7 ± 2 % | 1,3 % |\n"
            "| то же, сила 0,5 | 6 | **29 ± 4 %** | 0,84 | 3 ± 2 % | 0,2 % |\n"
            "| то же, сила 0,5, повторов больше | 4 | **45 ± 5 %** | 0,89 | 7 ± 1 % | 0,6 % |\n"
            "| город, 41 школа, вмешательства нет | 10 | – | – | – | 0 из 410 |\n"
            "| город, 41 школа, сила 1 | 10 | 96 ± 3 % | 1,00 | 4 ± 4 % | 0,8 % |\n"
            "| школы, которые только выглядят необычно (6 видов) | 4 | – | – | – | 0 из 144 |\n\n"
            "p-значение ниже 0,05 у нетронутых школ (200 школ, без вмешательства): от 4,6 до 5,5 % по видам, разброс "
            "баллов 6,2 %. Интервал доли поднятых работ школы верен в 92,8–93,7 %, по региону в 97,5 %. "
            "Подъём при силе 0,5 (42 % работ у границы) не найден ни разу: столько же поднимают и обычные школы.",
            "Measured 2026-11-23 on `validation/third_region.py` (guessing, items of 1–3 points, whole days of "
            "absence, other "
            "journals), on which nothing was tuned. It was looked at twice: before and after the last change of the "
            "combining (nearly the same results); this is the second time, on new seeds.\n\n"
            "| setting | authorities | found | AUC | false | untouched flagged |\n|---|---|---|---|---|---|\n"
            "| 200 schools, 4 procedures, nothing done | 10 | – | – | – | 0 of 2000 |\n"
            "| the same, strength 1 in 15 % of schools | 8 | 95.0 ± 1.5 % | 1.00 | 7 ± 2 % | 1.3 % |\n"
            "| the same, strength 0.5 | 6 | **29 ± 4 %** | 0.84 | 3 ± 2 % | 0.2 % |\n"
            "| the same, strength 0.5, more copying | 4 | **45 ± 5 %** | 0.89 | 7 ± 1 % | 0.6 % |\n"
            "| a town of 41, nothing done | 10 | – | – | – | 0 of 410 |\n"
            "| a town of 41, strength 1 | 10 | 96 ± 3 % | 1.00 | 4 ± 4 % | 0.8 % |\n"
            "| schools that only look unusual (6 kinds) | 4 | – | – | – | 0 of 144 |\n\n"
            "p below .05 in untouched schools (200 schools, nothing done): 4.6 to 5.5 % by kind, spread 6.2 %. "
            "The interval "
            "of a school's share lifted holds in 92.8–93.7 %, the region's in 97.5 %. Lifting at strength 0.5 (42 % of "
            "near-misses) was never found: ordinary schools lift as much.",
        ),
    ),
    "inflation": (
        ("Чего увидеть нельзя", "What cannot be seen"),
        (
            "Если всё завышено поровну, по одной процедуре такую школу не отличить от хорошей; тогда её и не следует "
            "отмечать. Увидеть это можно только рядом с отметками журнала или прежними результатами тех же учеников.",
            "Where everything is inflated alike, one procedure cannot tell such a school from a good one, and it "
            "should not be flagged. It is seen only beside journal marks or earlier results of the same pupils.",
        ),
    ),
    "options": (
        ("Экзамены, где известны выбранные варианты ответа", "Exams whose chosen options are known"),
        (
            "Измерено отдельно, 23.11.2026, моделью из `tests/option_worlds.py`: 120 школ (медиана 22 работы), 30 "
            "заданий по 4 варианта, нетронутые школы различаются на 0,5 логита по каждому варианту; 12 повторов, на "
            "которых ничего не подбиралось.\n\n"
            "| что | доля |\n|---|---|\n"
            "| нетронутые школы, p ниже 0,05 (в пяти разных условиях) | 4,3–5,8 % |\n"
            "| 70 % класса взяли 55 % ответов лучшей работы: найдено при p < 0,05 / 0,01 / 0,001 | 90 / 83 / 61 % |\n"
            "| вдвое меньше учеников | 53 / 37 / 16 % |\n"
            "| вдвое меньше ответов | 56 / 38 / 20 % |\n"
            "| пары одноклассников, которые учились вместе: напрасно при уровне 0,05 / 0,01 / 0,001 "
            "| 2,5 / 0,4 / 0,03 % |\n"
            "| то же по учебнику: ω | 11,3 / 3,0 / 0,45 % |\n"
            "| то же по учебнику: GBT | 6,2 / 1,25 / 0,12 % |\n\n"
            "Опубликованные данные CredentialForm1 (1636 работ; 46 отмечены расследованием поставщика, и это лишь "
            "часть правды): среди 82 работ с наибольшим индексом отмеченных 15 (GBT) и 14 (ω), по случайности было бы "
            "2,3.",
            "Measured apart, 2026-11-23, on `tests/option_worlds.py`: 120 schools (median 22 works), 30 items of 4 "
            "options, untouched schools differ by 0.5 logit on every option; 12 authorities on which nothing was tuned."
            "\n\n| what | share |\n|---|---|\n"
            "| untouched schools, p below .05 (under five conditions) | 4.3–5.8 % |\n"
            "| 70 % of a class took 55 % of the best work's answers: found at p < .05 / .01 / .001 | 90 / 83 / 61 % |\n"
            "| half as many pupils | 53 / 37 / 16 % |\n"
            "| half as many answers | 56 / 38 / 20 % |\n"
            "| pairs of classmates who learnt together: false at .05 / .01 / .001 | 2.5 / 0.4 / 0.03 % |\n"
            "| the same by the textbook: omega | 11.3 / 3.0 / 0.45 % |\n"
            "| the same by the textbook: GBT | 6.2 / 1.25 / 0.12 % |\n\n"
            "Published data CredentialForm1 (1636 works; 46 flagged by the vendor's inquiry, a part of the truth): "
            "among the 82 works with the greatest index 15 (GBT) and 14 (omega) are flagged; chance gives 2.3.",
        ),
    ),
    "how": (("Как это измерено", "How it was measured"), ("", "")),
}

COLUMNS: dict[str, Pair] = {
    "promise": ("обещание", "promise"),
    "target": ("цель", "target"),
    "measured": ("измерено", "measured"),
    "verdict": ("выполнено", "kept"),
    "simulator": ("модель", "simulator"),
    "schools": ("школ", "schools"),
    "procedures": ("процедур", "procedures"),
    "worlds": ("повторов", "authorities"),
    "false_alarms": ("отмечено нетронутых школ", "untouched schools flagged"),
    "any": ("муниципалитетов хотя бы с одной", "authorities with any"),
    "strength": ("сила", "strength"),
    "power": ("найдено", "found"),
    "auc": ("AUC", "AUC"),
    "false": ("лишние", "false"),
    "named": ("вид назван верно", "kind named rightly"),
    "kind": ("что сделано", "what was done"),
    "school": ("какая школа", "which school"),
    "flagged": ("отмечено", "flagged"),
    "evidence": ("признак", "evidence"),
    "known": ("сказать можно", "can be told"),
    "any size": ("все", "all"),
    "below_01": ("ниже 0,01", "below .01"),
    "setting": ("условия", "setting"),
    "cut": ("граница", "cut score"),
    "honest": ("нетронутые школы", "untouched schools"),
    "done": ("школы с подъёмом сверх обычного", "schools that lift far more"),
    "said": ("названа вероятность", "probability given"),
    "mean_said": ("в среднем", "on average"),
    "true": ("тронуты на самом деле", "really touched"),
    "number": ("школ", "schools"),
}
YES: Pair = ("да", "yes")
NEARLY: Pair = ("в пределах погрешности", "within the error")
NO: Pair = ("**нет**", "**no**")
UNTOUCHED: Pair = ("отмечено нетронутых", "untouched flagged")
CLEAN: Pair = ("вмешательства нет", "nothing done")
EVERYBODY: Pair = ("весь регион поднимает половину", "the whole region lifts half")
WHOLE: Pair = ("доля по всему региону", "share of the whole region")
PROMISES: dict[str, Pair] = {
    "false": ("лишних среди отмеченных, сила 1", "false among flagged, strength 1"),
    "false_half": ("лишних среди отмеченных, сила 0,5", "false among flagged, strength 0.5"),
    "power": ("найдено, сила 1", "found, strength 1"),
    "power_half": ("найдено, сила 0,5", "found, strength 0.5"),
    "auc": ("AUC, сила 1", "AUC, strength 1"),
    "auc_half": ("AUC, сила 0,5", "AUC, strength 0.5"),
    "clean": ("отмечено школ, где ничего не сделано", "schools flagged where nothing was done"),
    "region": (
        "интервал доли поднятых работ по региону верен",
        "interval of the region's share lifted holds",
    ),
}
