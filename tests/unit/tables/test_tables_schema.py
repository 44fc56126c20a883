"""What a table is: its rules refuse what they should, its frame is always the same columns in the same order."""

from __future__ import annotations

import polars as pl
import pytest
from command import works
from folders import item_rows, write_procedure

import merilo
from merilo.errors import TableError
from merilo.tables import TABLES
from merilo.tables.manual import GLOSSARY_MARK, glossary, manual
from merilo.tables.schema import Column, Table, count, interval, number, text

SMALL = Table(
    name="small",
    key=("org", "kind"),
    meaning="A table for tests",
    meaning_ru="Таблица для проверок",
    columns=(
        text("org", "organisation", "организация", required=True),
        text("kind", "kind", "вид", values=("raw", "clean")),
        count("n", "works", "работы"),
        number("gain_points", "points", "gain", "прирост", minimum=-2.5, maximum=2.5),
        *interval("low_share", "share", "low", "низкие"),
        Column("flagged", pl.Boolean, "flag", "знак"),
    ),
)


def rows(**cells: object) -> pl.DataFrame:
    row = {"org": "a", "kind": "raw", "n": 3, "gain_points": 0.5, "low_share": 0.2, "flagged": True, **cells}
    return pl.DataFrame({name: [value] for name, value in row.items()})


def test_a_frame_has_all_columns_in_order_and_absent_ones_are_empty() -> None:
    frame = SMALL.frame(rows().select("flagged", "n", "org"))
    assert frame.columns == [column.name for column in SMALL.columns]
    assert dict(frame.schema) == SMALL.schema
    assert frame.row(0) == ("a", None, 3, None, None, None, None, True)


def test_columns_that_the_table_does_not_have_are_left_out() -> None:
    assert "secret" not in SMALL.frame(rows(secret="x")).columns


def test_rows_stand_in_the_order_of_the_key() -> None:
    given = pl.DataFrame({"org": ["b", "a", "a"], "kind": ["raw", "raw", "clean"]})
    assert SMALL.frame(given).select("org", "kind").rows() == [("a", "clean"), ("a", "raw"), ("b", "raw")]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), None])
def test_numbers_that_are_none_become_empty_cells(value: float | None) -> None:
    assert SMALL.frame(rows(gain_points=value))["gain_points"].item() is None


def test_whole_numbers_given_as_floats_become_whole() -> None:
    assert SMALL.frame(rows(n=3.0))["n"].item() == 3


@pytest.mark.parametrize(
    ("column", "value", "word"),
    [
        ("org", None, "empty"),
        ("kind", "dirty", "one of"),
        ("n", -1, "below"),
        ("gain_points", 2.6, "above"),
        ("gain_points", -2.6, "below"),
        ("low_share", 1.01, "above"),
        ("low_share", -0.01, "below"),
        ("low_share_upper", 1.5, "above"),
    ],
)
def test_a_cell_that_breaks_its_rule_is_named(
    monkeypatch: pytest.MonkeyPatch, column: str, value: object, word: str
) -> None:
    monkeypatch.setenv("MERILO_LANG", "en")
    given = pl.concat([rows(org="zz"), rows(**{column: value})], how="diagonal_relaxed")
    with pytest.raises(TableError) as caught:
        SMALL.validate(pl.concat([SMALL.empty(), given], how="diagonal_relaxed"))
    assert caught.value.column == column
    assert caught.value.row == 2
    assert caught.value.value == value
    assert word in caught.value.sentence()


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("gain_points", 2.5),
        ("gain_points", -2.5),
        ("low_share", 0.0),
        ("low_share", 1 + 1e-10),
        ("n", 0),
        ("kind", None),
    ],
)
def test_values_at_the_edge_are_kept(column: str, value: object) -> None:
    assert SMALL.frame(rows(**{column: value})).height == 1


def test_two_rows_of_one_key_are_refused_where_the_key_is_unique() -> None:
    twins = pl.concat([rows(), rows(n=4)])
    with pytest.raises(TableError):
        SMALL.frame(twins)
    loose = Table("loose", ("org",), "m", "м", SMALL.columns, unique=False)
    assert loose.frame(twins).height == 2


def test_a_frame_without_a_needed_column_is_refused() -> None:
    with pytest.raises(TableError) as caught:
        SMALL.validate(SMALL.empty().drop("n"))
    assert caught.value.column == "n"


def test_a_table_without_rows_keeps_every_rule() -> None:
    for table in (SMALL, *TABLES.values()):
        assert table.frame(table.empty()).is_empty()
        assert table.validate(table.empty()).schema == table.schema


def test_a_column_is_found_by_name() -> None:
    assert SMALL.column("n").unit == "count"
    assert SMALL.column("low_share").bounds == (0, 1)
    assert SMALL.column("gain_points").bounds == (-2.5, 2.5)
    assert SMALL.column("org").bounds == (None, None)
    with pytest.raises(KeyError):
        SMALL.column("nothing")


def test_the_manual_names_every_table_column_and_range() -> None:
    words = manual()
    for table in TABLES.values():
        section = words.split(f"## {table.name}\n")[1].split("\n## ")[0]
        for column in table.columns:
            line = next(line for line in section.splitlines() if line.startswith(f"| `{column.name}` "))
            assert column.meaning in line
            assert column.meaning_ru in line
            assert all(f"`{value}`" in line for value in column.values)
            assert line.count("|") == 7, "a bar inside a cell breaks the table"


def test_the_glossary_keeps_the_words_above_its_mark_and_prints_the_rest_anew() -> None:
    once = glossary("# Words\n\nOurs.\n")
    assert once.startswith("# Words\n\nOurs.\n\n" + GLOSSARY_MARK)
    assert glossary(once) == once
    names = {column.name for table in TABLES.values() for column in table.columns}
    assert all(f"| `{name}` |" in once for name in names)


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pl.DataFrame]:
    """A run with everything a small town has: marks, an exam without items, a prior, a context, an absent school."""
    folder = tmp_path_factory.mktemp("town")
    given = works(schools=6, pupils=20).with_columns(
        pupil_id=pl.format("n{}", pl.int_range(pl.len())), x_home=pl.int_range(pl.len()) % 3
    )
    absent = given.with_columns(
        status=pl.when(pl.col("org_id") == "edu100005").then(pl.lit("absent")).otherwise(pl.lit("present"))
    )
    cuts = '[cut_scores]\n"3" = 3\n"4" = 6\n"5" = 8\n'
    vpr = 'kind = "vpr"\nsubject = "mathematics"\n'
    write_procedure(
        folder, "a", given, items=item_rows(), toml=f"{vpr}year_group = 5\ndate = 2021-04-01\n{cuts}"
    )
    write_procedure(
        folder,
        "b",
        absent,
        items=item_rows(),
        toml=f'{vpr}year_group = 6\ndate = 2022-04-01\nprior = ["a"]\n{cuts}',
    )
    scores = given.select("org_id", "class_id", score=pl.col("i4") * 10)
    write_procedure(
        folder, "c", scores, toml='kind = "oge"\npass_score = 10\nmin_score = 0\nmax_score = 20\n'
    )
    write_procedure(folder, "d", scores.head(3), toml='kind = "school"\n')
    return merilo.run(folder, None, documents=False).tables


def test_every_table_of_a_run_keeps_its_own_rules(tables: dict[str, pl.DataFrame]) -> None:
    assert {"procedures", "items", "school_results", "school_effects", "deficits", "low_results"} <= set(
        tables
    )
    for name, frame in tables.items():
        assert TABLES[name].validate(frame).height == frame.height
        assert frame.columns[: len(TABLES[name].columns)] == [column.name for column in TABLES[name].columns]
        floats = frame.select(pl.selectors.float())
        assert not any(
            floats[column].is_nan().any() or floats[column].is_infinite().any() for column in floats.columns
        )


# What the reader expects to find; an empty cell needs a note. Not here: what the input may simply not have (titles,
# enrolment, priors, slopes without --slopes, marks without cut scores).
TOLD = {
    "procedures": ("mean_points", "sd_points", "lifted_share", "vpc"),
    "school_results": ("mean_points", "mean_points_se", "participation_share", "mean_logits"),
    "school_effects": (
        "effect_points",
        "effect_points_se",
        "effect_points_lower",
        "effect_sd",
        "reliability",
    ),
    "deficits": ("mean_share", "gap_share", "gap_share_se", "own_share", "pupils_equivalent"),
    "low_results": ("listed", "probability", "stability", "probability_cleaned"),
    "items": ("mean_share", "discrimination", "difficulty_logits", "infit"),
    "school_growth": ("mean_growth_percentile", "mean_growth_percentile_se"),
}


@pytest.mark.parametrize("name", TOLD)
def test_an_empty_cell_has_a_note_that_says_why(tables: dict[str, pl.DataFrame], name: str) -> None:
    silent = tables[name].filter(pl.col("note").is_null() | (pl.col("note") == ""))
    for column in TOLD[name]:
        empty = silent.filter(pl.col(column).is_null())
        if name == "school_results" and column == "mean_logits":  # scores without items have no logits
            empty = empty.filter(pl.col("procedure_id").is_in(["a", "b"]))
        assert empty.is_empty(), (column, empty.row(0, named=True))
