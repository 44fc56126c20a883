"""Rows of the official markers: which procedure answers to which marker, and what stands beside the number."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from folders import item_rows, rasch_works, write_procedure

from merilo.check.official_markers import count_official_lists, count_official_markers, official_markers
from merilo.check.sitting import Sitting
from merilo.cycle import sittings_of
from merilo.definitions import load_definitions
from merilo.tables import TABLES


def toml(subject: str, year_group: int, year: str, *, kind: str = "vpr", programme: int | None = None) -> str:
    tested = "" if programme is None else f"programme_year_group = {programme}\n"
    return (
        f'kind = "{kind}"\nsubject = "{subject}"\nyear_group = {year_group}\nschool_year = "{year}"\n{tested}'
    )


def held(tmp_path: Path, **procedures: tuple[pl.DataFrame, str]) -> list[Sitting]:
    """Sittings of procedures: id -> works, lines of procedure.toml."""
    for name, (works, lines) in procedures.items():
        write_procedure(tmp_path / "town", name, works, items=item_rows(), toml=lines)
    return sittings_of(tmp_path / "town", tmp_path / "scratch")


def town(seed: int, schools: int = 6, pupils: int = 25) -> pl.DataFrame:
    return rasch_works(np.random.default_rng(seed), schools=schools, pupils=pupils)


def rows_of(sittings: list[Sitting]) -> pl.DataFrame:
    return TABLES["objectivity"].frame(official_markers(sittings, load_definitions()))


def test_each_marker_finds_its_own_procedures_only(tmp_path: Path) -> None:
    rows = rows_of(
        held(
            tmp_path,
            ma4=(town(1), toml("mathematics", 4, "2020/21")),
            ru5=(town(2), toml("russian", 5, "2020/21")),
            oge=(town(3), toml("mathematics", 9, "2020/21", kind="oge")),
            ma6=(town(4), toml("mathematics", 6, "2020/21")),
            other=(town(5), toml("mathematics", 4, "2020/21", kind="regional")),
        )
    )
    found = dict(rows.group_by("procedure_id").agg(pl.col("evidence").unique().sort()).iter_rows())
    assert found == {"ma4": ["fioko_2", "fioko_8"], "ru5": ["fioko_3", "fioko_9"], "oge": ["fioko_6"]}
    assert rows["z"].null_count() == rows.height == rows["q_value"].null_count()


def test_no_procedure_of_the_list_gives_no_rows(tmp_path: Path) -> None:
    sittings = held(tmp_path, ma6=(town(1), toml("mathematics", 6, "2020/21")))
    rows = rows_of(sittings)
    assert rows.is_empty()
    assert count_official_markers(official_markers(sittings, load_definitions())).is_empty()


def test_autumn_work_answers_for_the_programme_that_it_tested(tmp_path: Path) -> None:
    """Autumn 2020: year group 5 wrote the programme of year group 4; in spring it wrote its own."""
    rows = rows_of(
        held(
            tmp_path,
            autumn=(town(1), toml("mathematics", 5, "2020/21", programme=4) + "date = 2020-09-20\n"),
            spring=(town(2), toml("mathematics", 5, "2020/21") + "date = 2021-04-20\n"),
        )
    )
    assert set(rows.filter(pl.col("procedure_id") == "autumn")["evidence"]) == {"fioko_2", "fioko_8"}
    change = rows.filter(pl.col("evidence") == "fioko_12")
    assert set(change["procedure_id"]) == {"spring"}
    assert change["note"].str.contains("сопоставимость плохая").all()
    assert change["note"].str.contains("autumn", literal=True).all()


@pytest.mark.parametrize(
    ("earlier", "later", "told"),
    [
        (("2020/21", 4), ("2021/22", 5), True),
        (("2020/21", 4), ("2020/21", 5), False),  # other pupils
        (("2021/22", 4), ("2020/21", 5), False),
        (("2019/20", 4), ("2021/22", 5), False),
    ],
)
def test_a_change_is_told_of_one_cohort_only(
    tmp_path: Path, earlier: tuple[str, int], later: tuple[str, int], told: bool
) -> None:
    rows = rows_of(
        held(
            tmp_path,
            a=(town(1), toml("russian", earlier[1], earlier[0])),
            b=(town(2), toml("russian", later[1], later[0])),
        )
    )
    found = rows.filter(pl.col("evidence").is_in(["fioko_11", "fioko_13"]))
    assert found.is_empty() is not told
    if told:
        assert set(found["procedure_id"]) == {"b"} and set(found["unit"]) == {"ratio"}
        assert not found["note"].str.contains("сопоставимость").any()


def test_estimates_are_those_of_the_works(tmp_path: Path) -> None:
    """Mean, interval and ratio recomputed from the works themselves."""
    first, second = town(1), town(2)
    rows = rows_of(
        held(
            tmp_path,
            a=(first, toml("russian", 4, "2020/21")),
            b=(second, toml("russian", 5, "2021/22")),
        )
    )
    score = pl.sum_horizontal(f"i{k}" for k in range(1, 9)).alias("score")
    before, after = (
        works.with_columns(score)
        .group_by("org_id")
        .agg(pl.col("score").mean().alias("mean"), pl.col("score").std().alias("sd"))
        .sort("org_id")
        for works in (first, second)
    )
    mean = rows.filter(evidence="fioko_1").sort("org_id")
    np.testing.assert_allclose(mean["estimate"], before["mean"])
    np.testing.assert_allclose(mean["estimate_lower"], before["mean"] - 1.96 * before["sd"] / 5)
    ratio = rows.filter(evidence="fioko_13").sort("org_id")
    np.testing.assert_allclose(ratio["estimate"], before["mean"] / after["mean"])
    assert (mean["n"] == 25).all() and (ratio["n"] == 25).all()


def test_few_works_are_said_and_undefined_markers_are_empty(tmp_path: Path) -> None:
    works = town(1, schools=5, pupils=30)
    tiny = (
        works.filter(pl.col("org_id") == "edu100000")
        .head(6)
        .vstack(works.filter(pl.col("org_id") == "edu100001").head(1))
    )
    works = tiny.vstack(works.filter(~pl.col("org_id").is_in(["edu100000", "edu100001"])))
    rows = rows_of(held(tmp_path, a=(works, toml("russian", 4, "2020/21")))).filter(evidence="fioko_1")
    by_org = {row["org_id"]: row for row in rows.iter_rows(named=True)}
    assert "менее чем на 10" in by_org["edu100000"]["note"] and by_org["edu100000"]["flagged"] is not None
    assert by_org["edu100001"]["flagged"] is None and by_org["edu100001"]["estimate"] is None
    assert "определить нельзя" in by_org["edu100001"]["note"]
    assert "менее чем" not in by_org["edu100002"]["note"]
    assert rows["note"].str.contains("текст прочитан").all()


def test_without_journal_marks_there_are_no_rows_of_that_kind(tmp_path: Path) -> None:
    rows = rows_of(held(tmp_path, a=(town(1).drop("journal_mark"), toml("russian", 4, "2020/21"))))
    assert set(rows["evidence"]) == {"fioko_1"}


def test_markers_of_a_school_are_counted_once_each(tmp_path: Path) -> None:
    """A strong school carries the marker in both years: that is one marker; all others carry none."""
    strong = pl.DataFrame({f"i{k}": [top] * 24 for k, top in enumerate((1, 1, 1, 2, 2, 1, 1, 1), start=1)})
    works = town(1, pupils=24)
    top = works.filter(pl.col("org_id") == "edu100000").with_columns(strong)
    top = top.with_columns(pl.when(pl.int_range(pl.len()) < 4).then(0).otherwise("i1").alias("i1"))
    works = top.vstack(works.filter(pl.col("org_id") != "edu100000"))
    sittings = held(
        tmp_path,
        a=(works, toml("russian", 4, "2020/21")),
        b=(works, toml("russian", 4, "2021/22")),
    )
    rows = official_markers(sittings, load_definitions())
    mean = rows.filter(pl.col("evidence") == "fioko_1", pl.col("flagged"))
    assert mean["org_id"].to_list() == ["edu100000"] * 2
    counted = dict(count_official_markers(rows.filter(pl.col("evidence") == "fioko_1")).iter_rows())
    assert counted == {f"edu10000{k}": int(k == 0) for k in range(6)}


def test_entries_of_official_lists_are_counted_and_named() -> None:
    entries = pl.DataFrame(
        [
            ("a", "2020/21", "Перечень", "fioko_2"),
            ("a", "2020/21", "Перечень", "fioko_1"),
            ("a", "2020/21", "Перечень", "fioko_1"),
            ("a", "2021/22", "Перечень", "по письму"),
            ("b", "", "Другой", ""),
        ],
        schema=["org_id", "school_year", "list", "marker"],
        orient="row",
    )
    assert count_official_lists(entries).rows() == [
        ("a", 3, "Перечень, 2020/21: fioko_1, fioko_2; Перечень, 2021/22: по письму"),
        ("b", 1, "Другой"),
    ]
    assert count_official_lists(entries.clear()).is_empty()


def test_an_own_marker_of_the_definitions_is_computed_like_the_printed_ones(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(
        '[[objectivity_marker]]\nid = "region_15"\ntitle = "Завышенный средний балл, математика, 6 класс"\n'
        'version = "1"\nsource = "письмо"\nstatus = "read"\ndated_on = "2022"\nnumber = 15\nkind = "a"\n'
        'procedure = "vpr"\nsubject = "mathematics"\nyear_groups = [6]\n',
        encoding="utf-8",
    )
    sittings = held(tmp_path, ma6=(town(1), toml("mathematics", 6, "2020/21")))
    rows = TABLES["objectivity"].frame(official_markers(sittings, load_definitions((own,))))
    assert set(rows["evidence"]) == {"fioko_15"}
    assert rows["estimate"].null_count() == 0
