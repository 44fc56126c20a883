"""The output tables promise names: what formats.md fixed cannot be renamed by accident."""

from __future__ import annotations

import pytest

from merilo.tables import TABLES

BOUNDS = ("_lower", "_upper")


def names(words: str) -> list[str]:
    """Column names between spaces."""
    return words.split()


def with_interval(*columns: str) -> list[str]:
    """Each name with the ends of its 95 % interval."""
    return [name + end for name in columns for end in ("", *BOUNDS)]


MARK_SHARES = [f"share_{mark}" for mark in (2, 3, 4, 5)]

# Table -> (key, columns): fixed for everybody who reads the output. More columns may be added, none renamed.
FIXED = {
    "items": (
        ["procedure_id", "item_id"],
        names(
            "n max_points mean_share discrimination difficulty_logits difficulty_logits_se infit outfit "
            "not_administered_n note"
        ),
    ),
    "procedures": (
        ["procedure_id"],
        [
            *names("n absent_n mean_points sd_points alpha sem_points"),
            *MARK_SHARES,
            *with_interval("lifted_share"),
            "note",
        ],
    ),
    "school_results": (
        ["procedure_id", "org_id"],
        [
            *names(
                "n absent_n participation_share mean_points mean_points_se mean_share mean_logits mean_logits_se"
            ),
            *with_interval(*MARK_SHARES),
            *names("low_share quality_share lowered_share confirmed_share raised_share"),
        ],
    ),
    "school_effects": (
        ["procedure_id", "org_id", "kind"],
        names(
            "n effect_points effect_points_se effect_points_lower effect_points_upper effect_sd reliability note"
        ),
    ),
    "objectivity": (
        ["procedure_id", "org_id", "evidence"],
        names("n estimate estimate_lower estimate_upper unit z p_value q_value flagged note"),
    ),
    "objectivity_schools": (
        ["org_id"],
        names("procedures_n probability q_value flagged leading_evidence official_markers_n"),
    ),
    "low_results": (
        ["org_id"],
        names("procedures_n low_procedures_n listed probability stability probability_cleaned"),
    ),
    "deficits": (
        ["procedure_id", "org_id", "skill"],
        names("n items_n mean_share expected_share gap_share gap_share_se own_share pupils_equivalent note"),
    ),
    "rejected_rows": (["file", "row"], names("column value rule message")),
}

# Words that formats.md fixes as values of a column.
FIXED_VALUES = {
    ("school_effects", "kind"): {"raw", "value_added", "contextual"},
    ("low_results", "stability"): {"steady", "borderline"},
    ("objectivity", "evidence"): {
        "threshold_3",
        "threshold_4",
        "threshold_5",
        "item_profile",
        "expert_leniency",
        "similarity",
        "spread",
        "level",
        "journal",
        "cohort",
        "participation",
        *(f"fioko_{marker}" for marker in range(1, 31)),
    },
}

# A suffix is a promise about the unit (formats.md). The empty unit is for differences, which may be negative.
SUFFIX_UNITS = {
    "_n": {"count"},
    "_share": {"share", ""},
    "_points": {"points", "count"},
    "_logits": {"logits"},
}


@pytest.mark.parametrize("name", FIXED)
def test_every_promised_column_is_in_its_table(name):
    key, columns = FIXED[name]
    table = TABLES[name]
    assert [column for column in [*key, *columns] if column not in table.schema] == []
    assert list(table.key[: len(key)]) == key


@pytest.mark.parametrize(("table", "column"), FIXED_VALUES)
def test_promised_words_are_the_allowed_values(table, column):
    assert set(TABLES[table].column(column).values) == FIXED_VALUES[table, column]


@pytest.mark.parametrize("name", TABLES)
def test_columns_have_distinct_names_and_words_in_both_languages(name):
    columns = TABLES[name].columns
    assert len({column.name for column in columns}) == len(columns)
    for column in columns:
        assert column.meaning.strip(), column.name
        assert any(
            "а" <= letter <= "я" for letter in column.meaning_ru.lower()
        ) or column.meaning_ru.startswith(("p-", "q-")), column.name


@pytest.mark.parametrize("name", TABLES)
def test_suffix_of_a_column_agrees_with_its_unit(name):
    wrong = [
        (column.name, column.unit)
        for column in TABLES[name].columns
        for suffix, units in SUFFIX_UNITS.items()
        if column.name.endswith(suffix) and column.unit not in units
    ]
    assert wrong == []


@pytest.mark.parametrize("name", TABLES)
def test_every_interval_has_both_ends_and_a_middle(name):
    columns = set(TABLES[name].schema)
    for column in columns:
        for end in BOUNDS:
            if column.endswith(end):
                middle = column.removesuffix(end)
                assert {middle, *(middle + bound for bound in BOUNDS)} <= columns


@pytest.mark.parametrize(
    "name", [name for name in FIXED if name not in ("rejected_rows", "objectivity_schools", "low_results")]
)
def test_a_measured_table_says_how_many_and_why_not(name):
    """No number without its n; a value that cannot be had is explained beside it."""
    assert {"n", "note"} <= set(TABLES[name].schema)
