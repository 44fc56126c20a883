"""What stands behind the evidence on objectivity of a school: the numbers of its pictures."""

import polars as pl

from merilo.tables.columns import ITEM_ID, NOTE, ORG_ID, PROCEDURE_ID, N
from merilo.tables.schema import Column, Table, count, interval, number, text

EVIDENCE_SCORES = Table(
    name="evidence_scores",
    key=("procedure_id", "org_id", "score"),
    meaning="A school's works by raw score beside those expected without lifting over a cut score",
    meaning_ru="Работы школы по первичным баллам рядом с ожидаемыми без сгущений у границ",
    columns=(
        PROCEDURE_ID,
        ORG_ID,
        Column("score", pl.Int64, "raw score", "первичный балл", unit="points", required=True),
        N,
        number(
            "expected_n",
            "count",
            "works expected without lifting: the region's shape tilted to the school",
            "ожидалось бы без сгущений: общая форма распределения, подогнанная к школе",
        ),
    ),
)

EVIDENCE_ITEMS = Table(
    name="evidence_items",
    key=("procedure_id", "org_id", "item_id"),
    meaning="A school's items against what the raw scores of its own pupils imply",
    meaning_ru="Задания школы в сравнении с тем, что следует из баллов её же учеников",
    columns=(
        PROCEDURE_ID,
        ORG_ID,
        ITEM_ID,
        N,
        *interval(
            "excess_share",
            "",
            "points beyond those expected at equal raw scores, as a share of the item's points",
            "баллы сверх ожидаемых при равных результатах, в долях балла за задание",
        ),
        number(
            "honest_sd_share",
            "",
            "spread of this between ordinary schools (standard deviation)",
            "обычный разброс между школами (стандартное отклонение)",
            minimum=0,
        ),
        number(
            "skill_part_share",
            "",
            "part common to all items of the item's skill (teaching, not a sign of anything else)",
            "часть, общая для всех заданий на это умение (преподавание, а не признак)",
        ),
        Column("stands_out", pl.Boolean, "outside the usual spread", "выходит за обычный разброс"),
        NOTE,
    ),
)

EVIDENCE_CLASSES = Table(
    name="evidence_classes",
    key=("procedure_id", "org_id", "class_id"),
    meaning="How alike the works of a class are, beyond what their raw scores imply",
    meaning_ru="Насколько похожи работы внутри класса сверх того, что следует из баллов",
    columns=(
        PROCEDURE_ID,
        ORG_ID,
        text("class_id", "class", "класс", required=True),
        N,
        count("pairs_n", "pairs of works", "число пар работ"),
        number(
            "agreement_share",
            "share",
            "answers in common, mean over pairs",
            "совпавшие ответы, среднее по парам",
        ),
        number("expected_share", "share", "the same expected from the raw scores", "ожидалось по баллам"),
        number("z", "z", "distance from ordinary classes", "отклонение от обычных классов"),
        NOTE,
    ),
)

EVIDENCE_MARKS = Table(
    name="evidence_marks",
    key=("procedure_id", "org_id", "journal_mark", "mark"),
    meaning="Pupils of a school by journal mark and mark of the work; mark 0: absent",
    meaning_ru="Ученики школы по отметке в журнале и отметке за работу; 0 вместо отметки за работу — отсутствовал",
    columns=(
        PROCEDURE_ID,
        ORG_ID,
        Column("journal_mark", pl.Int64, "journal mark", "отметка в журнале", unit="mark", required=True),
        Column(
            "mark",
            pl.Int64,
            "mark of the work, 0 absent",
            "отметка за работу, 0 — отсутствовал",
            unit="mark",
            required=True,
        ),
        N,
    ),
)
