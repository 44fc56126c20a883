"""The chapter on objectivity of the public report: counts of schools only, what is good first, nobody blamed."""

from __future__ import annotations

import re

import polars as pl
import pypdf
import pytest
from town_objectivity import SCHOOLS, objectivity_tables

from merilo.definitions import load_definitions
from merilo.publish import CENTRE, PUBLIC
from merilo.publish.figures.objectivity import objectivity_figure
from merilo.publish.objectivity_totals import OBJECTIVITY_TOTALS, objectivity_totals
from merilo.publish.report import write_report

DEFINITIONS = load_definitions()
BLAMING = ("манипул", "списыва", "обман", "виновн", "нарушител", "худш", "недобросовест", "подтасов")
LIFTING = {
    f"S{number:02}": (0.99, 0.01, True, kind, 9, False, 1)
    for number, kind in zip(range(3, 11), ["threshold_4"] * 5 + ["similarity"] * 2 + ["item_profile"])
}


@pytest.fixture
def words(tmp_path, town, stamp):
    def read(tables=None, audience=PUBLIC, **town_options) -> str:
        tables = objectivity_tables(town(**town_options)) if tables is None else tables
        path = write_report(
            tables, tmp_path / "one.pdf", stamp=stamp, authority_name="Город Н", audience=audience
        )
        text = "\n".join(page.extract_text() for page in pypdf.PdfReader(path).pages)
        return re.sub(r"\s+", " ", re.sub("[\u00ad-]\n", "", text).replace("\u00a0", " "))

    return read


def counted(tables, about: str) -> dict[str, tuple[int, int]]:
    totals = objectivity_totals(tables, DEFINITIONS).filter(pl.col("about") == about)
    return {what: (n, of) for what, n, of in totals.select("what", "schools_n", "of_n").iter_rows()}


def test_schools_are_counted_by_what_is_said_of_them(town):
    said = counted(objectivity_tables(town()), "standing")
    assert {what: n for what, (n, _of) in said.items()} == {
        "high_culture": 1, "nothing": 8, "attention": 1, "verify": 1, "little": 1,
    }  # fmt: skip
    assert {of for _n, of in said.values()} == {12}


def test_kind_of_few_schools_is_not_named(town):
    kinds = counted(objectivity_tables(town(), LIFTING), "kind")
    assert kinds == {"threshold": (5, 8), "other": (3, 8)}
    assert counted(objectivity_tables(town()), "kind") == {"other": (1, 1)}


def test_official_markers_are_counted_beside(town):
    markers = counted(objectivity_tables(town()), "marker")
    assert markers["any"] == (3, 3)
    assert markers["a"] == (3, 3)
    assert "b" not in markers


def test_small_authority_is_told_why_nothing_is_counted(town, words):
    tables = objectivity_tables(town(schools=9))
    assert objectivity_totals(tables, DEFINITIONS)["about"].to_list() == ["few"]
    text = words(tables)
    assert "школ так мало, что их число назвало бы сами школы" in text
    assert objectivity_figure({OBJECTIVITY_TOTALS: objectivity_totals(tables, DEFINITIONS)}) is None


def test_run_without_evidence_has_no_chapter(town, words):
    assert objectivity_totals(town(), DEFINITIONS).is_empty()
    assert "Объективность результатов" not in words(town())


def test_chapter_says_what_is_good_first_and_where_errors_are_told(words):
    text = words()
    assert text.index("Культура оценивания высокая: школ — 1 из 12") < text.index("Требуют проверки: 1")
    assert "не более 10 % школ, требующих проверки" in text
    assert "docs/validity.md" in text
    assert "Чего это не значит" in text and "Что можно сделать дальше" in text
    assert "Объективность: школ с высокой культурой оценивания — 1 из 12" in text


def test_chapter_names_kinds_only_from_five_schools(town, words):
    text = words(objectivity_tables(town(), LIFTING))
    assert "сгущение у границ отметок" in text
    assert "сходство работ внутри класса" not in text
    assert "менее 5" in text


@pytest.mark.parametrize("audience", [PUBLIC, CENTRE], ids=["public", "centre"])
def test_chapter_holds_no_school_and_no_blame(words, town, audience):
    text = words(objectivity_tables(town(), LIFTING), audience)
    start = text.index("Объективность результатов")
    chapter = text[start : text.index("Насколько различаются школы", start)]
    names = [*town()["organisations"]["name"], *town()["organisations"]["org_id"]]
    assert [name for name in names if re.search(rf"{name}\b", chapter)] == []
    assert [stem for stem in BLAMING if stem in chapter.casefold()] == []
    assert DEFINITIONS.wording.forbidden_in(chapter) == ()


def test_low_results_are_read_with_the_chapter(words, town):
    tables = objectivity_tables(town())
    low = tables["low_results"].with_columns(
        listed=pl.lit(value=False), probability=pl.lit(0.1), stability=pl.lit("steady"),
        probability_cleaned=pl.when(pl.col("org_id") == "S04").then(0.8).otherwise(0.1),
    )  # fmt: skip
    assert counted(tables | {"low_results": low}, "low") == {"cleaned": (1, 12)}
    assert "скорее всего оказались бы ещё школы: менее 5" in words(tables | {"low_results": low})
    none = low.with_columns(probability_cleaned=pl.lit(0.1))
    assert "новых школ в списке скорее всего не появилось бы" in words(tables | {"low_results": none})


def test_figure_holds_the_counts_of_its_title(town):
    tables = objectivity_tables(town())
    figure = objectivity_figure({OBJECTIVITY_TOTALS: objectivity_totals(tables, DEFINITIONS)})
    assert figure is not None
    assert figure.rows["schools_n"].sum() == len(tables["organisations"])
    assert "9 из 12" in figure.title.replace("\u00a0", " ")
    assert figure.svg().startswith("<svg")
    assert set(SCHOOLS) & set(re.findall(r"S\d\d", figure.svg())) == set()
