"""The sentences above the figures: counted from the data, in Russian forms, without blame."""

from __future__ import annotations

import polars as pl
import pytest

from merilo.definitions import load_definitions
from merilo.publish.figures.deficits import deficits_figure
from merilo.publish.figures.distribution import Border, distribution_figure, finding
from merilo.publish.figures.funnel import funnel_figure, funnel_finding
from merilo.publish.figures.items import items_figure, items_finding
from merilo.publish.fonts import text_width
from merilo.publish.gathered import with_gathered
from merilo.publish.typography import NBSP

ACCUSING = ("нарушител", "худш", "отстающ", "виновн", "списыва", "!")
PROCEDURES = ("MA5-2020", "RU5-2020", "MA8-2020", "MA9-2020")


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


@pytest.mark.parametrize("make", [distribution_figure, items_figure, funnel_figure, deficits_figure])
def test_no_sentence_of_a_figure_accuses(make, town):
    wording = load_definitions().wording
    for seed in (1, 2, 3):
        tables = with_gathered(town(seed=seed))
        for procedure in PROCEDURES:
            figure = make(tables, procedure)
            said = plain(f"{figure.title} {figure.subtitle} {figure.alt}").casefold()
            assert wording.forbidden_in(said) == ()
            assert [stem for stem in ACCUSING if stem in said] == []
            assert "рейтинг" not in said.replace("это не рейтинг", "")


@pytest.mark.parametrize(
    ("n", "said"), [(21, "21 работа"), (302, "302 работы"), (1011, "1 011 работ"), (4010, "4 010 работ")]
)
def test_works_are_counted_in_russian(n, said):
    sentence = plain(finding([Border(3, 7, n, 10, n / 2)]))
    assert sentence == f"На границе отметки «3» сгущение: {said} с баллом 7, а с баллом 6 — 10"


def schools(inside: int, total: int) -> pl.DataFrame:
    return pl.DataFrame({"outside": [False] * inside + [True] * (total - inside)})


@pytest.mark.parametrize(
    ("inside", "total", "said"),
    [
        (38, 41, "38 школ из 41 — в пределах обычного разброса"),
        (21, 22, "21 школа из 22 — в пределах обычного разброса"),
        (3, 5, "3 школы из 5 — в пределах обычного разброса"),
        (41, 41, "Все школы (41) — в пределах обычного разброса"),
    ],
)
def test_schools_are_counted_in_russian(inside, total, said):
    assert funnel_finding(schools(inside, total)) == said


def items(*rules: tuple[str, str]) -> pl.DataFrame:
    return pl.DataFrame(
        {"level": [level for level, _rule in rules], "item_rule": [rule for _level, rule in rules]}
    )


BELOW = "ниже достаточного уровня"


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        (
            [("basic", "insufficient"), ("basic", "sufficient")],
            f"1 задание из 2 выполнено {BELOW}, оно базовое",
        ),
        ([("basic", "insufficient")] * 2, f"2 задания из 2 выполнены {BELOW}, все — базовые"),
        (
            [("basic", "insufficient"), ("high", "insufficient")],
            f"2 задания из 2 выполнены {BELOW}, из них базовое — 1",
        ),
        ([("high", "insufficient")] * 5 + [("basic", "uncertain")], f"5 заданий из 6 выполнены {BELOW}"),
        ([("basic", "uncertain")] * 3, "Все задания выполнены на достаточном уровне или на границе"),
    ],
)
def test_items_are_counted_in_russian(rules, said):
    assert items_finding(items(*rules)) == said


def district_gaps(gap: float, se: float, places: int = 3, skills: int = 5) -> pl.DataFrame:
    """All cells at zero but the first."""
    return pl.DataFrame(
        [
            {"procedure_id": "MA5-2020", "district": f"Округ {d}", "skill": str(s), "skill_name": f"Умение {s}",
             "schools_n": 4, "n": 240, "mean_share": 0.5, "gap_share": gap if d == s == 0 else 0.0,
             "gap_share_se": se, "pupils_equivalent": 0.0, "note": None}
            for d in range(places) for s in range(skills)
        ]
    )  # fmt: skip


@pytest.mark.parametrize(("gap", "is_named"), [(-0.02, False), (-0.025, False), (-0.05, True)])
def test_a_district_is_named_only_beyond_what_many_cells_give_by_chance(gap, is_named, town):
    """15 cells: two standard errors (0.02) are reached by chance; the limit is 2.94 of them."""
    tables = town() | {"district_deficits": district_gaps(gap, 0.01)}
    title = plain(deficits_figure(tables, "MA5-2020").title)
    assert (
        title.startswith("Больше всего внимания требует умение «Умение 0», округ «Округ 0»: на 5 ± 2 п. п.")
        is is_named
    )
    assert ("как если бы не справились 12 учеников из 240" in title) is is_named


@pytest.mark.parametrize("width", [360, 760])
def test_names_of_districts_do_not_run_into_each_other(width, town):
    tables = town()
    long = {"Округ 1": "Привокзальный", "Округ 2": "Приозёрный", "Округ 3": "Железнодорожный"}
    tables["organisations"] = tables["organisations"].with_columns(pl.col("district").replace(long))
    spec = deficits_figure(with_gathered(tables), "MA5-2020", width=width).spec()
    heads = [
        (row["text"], layer["mark"])
        for layer in spec["layer"]
        for row in spec["datasets"].get(layer["data"].get("name"), layer["data"].get("values", []))
        if "district" in row and "n = " in row.get("text", "").replace(NBSP, " ")
    ]
    assert len(heads) == 3
    for text, mark in heads:
        widest = max(text_width(line, mark["fontSize"]) for line in text.split("\n"))
        assert mark["angle"] == 270 or widest <= width / 3
