"""A town of two schools and seven pupils, every number by hand."""

from __future__ import annotations

import math

import polars as pl
import pytest
from folders import write_procedure

import merilo

# work: school, class, journal mark, a (1), b (2), c (1); X = not attempted, empty = not administered
WORKS = """work_id,org_id,class_id,status,journal_mark,a,b,c
1,s,5А,present,3,1,2,1
2,s,5А,present,4,1,1,0
3,s,5Б,present,4,0,X,0
4,s,5Б,absent,2,,,
5,t,5А,present,5,1,2,0
6,t,5А,present,,1,0,1
7,t,5А,present,2,0,1,0
8,t,5А,present,3,1,0,0
"""
TOML = """kind = "vpr"
subject = "математика"
year_group = 5
school_year = "2020/21"
[cut_scores]
"3" = 1
"4" = 2
"5" = 4
"""
ITEMS = pl.DataFrame(
    {
        "item_id": ["a", "b", "c"],
        "max_points": [1, 2, 1],
        "level": ["basic", "basic", "raised"],
        "skill": ["k1", "k1;k2", "k2"],
        "text": ["First", "Second", "Third"],
    }
)


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pl.DataFrame]:
    folder = tmp_path_factory.mktemp("small")
    procedure = write_procedure(folder, "p", pl.DataFrame({"x": [1]}), items=ITEMS, toml=TOML)
    (procedure / "works.csv").write_text(WORKS, encoding="utf-8")
    (folder / "organisations.csv").write_text(
        "org_id,name,kind,district\ns,Школа № 1,school,А\nt,Лицей,lyceum,Б\n", "utf-8"
    )
    (folder / "enrolment.csv").write_text(
        "org_id,school_year,year_group,class_id,pupils\ns,2020/21,5,5А,3\ns,2020/21,5,5Б,3\ns,2019/20,5,5А,50\nt,2020/21,4,4А,9\n",
        "utf-8",
    )
    return merilo.run(folder).tables


def row(tables: dict[str, pl.DataFrame], table: str, **key: object) -> dict[str, object]:
    found = tables[table].filter(**key)
    assert found.height == 1
    return found.row(0, named=True)


def test_the_procedure_as_a_whole(tables: dict[str, pl.DataFrame]) -> None:
    """Scores 4, 2, 0 in one school and 3, 2, 1, 1 in the other."""
    facts = row(tables, "procedures", procedure_id="p")
    scores = [4, 2, 0, 3, 2, 1, 1]
    mean = sum(scores) / 7
    sd = math.sqrt(sum((x - mean) ** 2 for x in scores) / 6)
    assert facts["n"] == 7
    assert facts["absent_n"] == 1
    assert facts["schools_n"] == 2
    assert facts["subject"] == "mathematics"
    assert facts["max_score"] == 4
    assert facts["mean_points"] == pytest.approx(mean)
    assert facts["sd_points"] == pytest.approx(sd)
    assert [facts[f"share_{m}"] for m in (2, 3, 4, 5)] == pytest.approx([1 / 7, 2 / 7, 3 / 7, 1 / 7])
    assert facts["lifted_share"] is None
    assert facts["note"]


def test_alpha_by_hand(tables: dict[str, pl.DataFrame]) -> None:
    """k / (k - 1) (1 - sum of item variances / variance of the total), all with n - 1."""
    a, b, c = [1, 1, 0, 1, 1, 0, 1], [2, 1, 0, 2, 0, 1, 0], [1, 0, 0, 0, 1, 0, 0]

    def variance(x: list[int]) -> float:
        mean = sum(x) / len(x)
        return sum((v - mean) ** 2 for v in x) / (len(x) - 1)

    total = [x + y + z for x, y, z in zip(a, b, c, strict=True)]
    alpha = 3 / 2 * (1 - (variance(a) + variance(b) + variance(c)) / variance(total))
    facts = row(tables, "procedures", procedure_id="p")
    assert facts["alpha"] == pytest.approx(alpha)
    assert facts["sem_points"] == pytest.approx(math.sqrt(variance(total) * (1 - alpha)))


def test_items_by_hand(tables: dict[str, pl.DataFrame]) -> None:
    """Not attempted counts as 0 points; the rest of the test is the total without the item."""
    b = row(tables, "items", item_id="b")
    points, rest = [2, 1, 0, 2, 0, 1, 0], [2, 1, 0, 1, 2, 0, 1]
    mx, my = sum(points) / 7, sum(rest) / 7
    covariance = sum((x - mx) * (y - my) for x, y in zip(points, rest, strict=True))
    spread = math.sqrt(sum((x - mx) ** 2 for x in points) * sum((y - my) ** 2 for y in rest))
    assert b["n"] == 7
    assert b["mean_share"] == pytest.approx(6 / 14)
    assert b["discrimination"] == pytest.approx(covariance / spread)
    assert b["not_attempted_n"] == 1
    assert b["not_administered_n"] == 0
    assert b["item_rule"] == "insufficient"
    assert row(tables, "items", item_id="c")["item_rule"] == "uncertain"
    assert tables["items"]["difficulty_logits"].sum() == pytest.approx(0, abs=1e-9)


def test_a_school_by_hand(tables: dict[str, pl.DataFrame]) -> None:
    """Enrolment of the right year and year group gives the participation; marks meet the journal."""
    s = row(tables, "school_results", org_id="s")
    assert (s["n"], s["absent_n"], s["enrolled_n"]) == (3, 1, 6)
    assert s["participation_share"] == pytest.approx(3 / 6)
    assert s["mean_points"] == pytest.approx(2)
    assert s["mean_share"] == pytest.approx(0.5)
    assert [s[f"share_{m}"] for m in (2, 3, 4, 5)] == pytest.approx([1 / 3, 0, 1 / 3, 1 / 3])
    assert (s["low_n"], s["low_share"]) == (1, pytest.approx(1 / 3))
    assert s["quality_share"] == pytest.approx(2 / 3)
    # journal 3, 4, 4 against marks 5, 4, 2
    assert [s["lowered_share"], s["confirmed_share"], s["raised_share"]] == pytest.approx(
        [1 / 3, 1 / 3, 1 / 3]
    )
    t = row(tables, "school_results", org_id="t")
    assert t["participation_share"] == pytest.approx(1)
    assert t["enrolled_n"] is None
    assert t["journal_n"] == 3


def test_wilson_interval_of_a_share(tables: dict[str, pl.DataFrame]) -> None:
    """Wilson's limits for 1 of 3."""
    z2, n, p = 1.959963984540054**2, 3, 1 / 3
    centre, half = p + z2 / (2 * n), math.sqrt(z2) * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    s = row(tables, "school_results", org_id="s")
    assert s["share_2_lower"] == pytest.approx((centre - half) / (1 + z2 / n))
    assert s["share_2_upper"] == pytest.approx((centre + half) / (1 + z2 / n))


def test_the_distribution_of_scores(tables: dict[str, pl.DataFrame]) -> None:
    assert tables["score_distribution"]["n"].to_list() == [1, 2, 2, 1, 1]


def test_skills_are_compared_at_equal_total(tables: dict[str, pl.DataFrame]) -> None:
    """Over the whole town the expected points of a skill are the points gained, but for the steadying model."""
    skills = tables["deficits"].filter(skill="k2")
    gained = (skills["mean_share"] * skills["n"]).sum()
    assert gained / 7 == pytest.approx(skills["authority_share"][0])
    assert skills["items_n"].to_list() == [2, 2]
    assert skills["pupils_equivalent"].to_list() == [None, None]
    assert all(skills["note"])


def test_school_effects_say_why_there_are_none(tables: dict[str, pl.DataFrame]) -> None:
    """Two schools give an effect but no interval; every empty cell is explained."""
    effects = tables["school_effects"]
    assert effects["kind"].unique().to_list() == ["raw"]
    empty = effects.filter(pl.col("effect_points").is_null() | pl.col("effect_points_lower").is_null())
    assert empty["note"].null_count() == 0


def test_a_table_keeps_its_schema(tables: dict[str, pl.DataFrame]) -> None:
    from merilo.tables import TABLES

    for name, frame in tables.items():
        TABLES[name].validate(frame)
