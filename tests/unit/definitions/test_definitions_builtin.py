"""The built-in definitions: complete, sourced, and equal to what the official texts say."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from merilo.definitions import load_definitions, status_label
from merilo.definitions.provenance import STATUSES

DEFINITIONS = load_definitions()

# Copied by hand from the official table of 2021: work → (max, minutes, lowest score of 3, of 4, of 5).
SCALES_2021 = {
    ("russian", 4): (38, 90, 14, 24, 33),
    ("mathematics", 4): (20, 45, 6, 10, 15),
    ("world_around", 4): (32, 45, 8, 18, 27),
    ("russian", 5): (45, 60, 18, 29, 39),
    ("mathematics", 5): (20, 60, 7, 11, 15),
    ("history", 5): (15, 45, 4, 8, 12),
    ("biology", 5): (29, 45, 12, 18, 24),
    ("russian", 6): (51, 90, 25, 35, 45),
    ("mathematics", 6): (16, 60, 6, 10, 14),
    ("biology", 6): (28, 45, 12, 18, 24),
    ("geography", 6): (37, 60, 10, 22, 31),
    ("history", 6): (20, 60, 6, 11, 16),
    ("social_studies", 6): (23, 45, 9, 15, 20),
    ("russian", 7): (47, 90, 22, 32, 42),
    ("mathematics", 7): (19, 90, 7, 12, 16),
    ("physics", 7): (18, 45, 5, 8, 11),
    ("biology", 7): (28, 60, 10, 17, 23),
    ("geography", 7): (37, 90, 11, 26, 33),
    ("history", 7): (25, 60, 7, 13, 19),
    ("social_studies", 7): (23, 45, 10, 16, 21),
    ("foreign_language", 7): (30, 45, 13, 21, 27),
    ("russian", 8): (51, 90, 26, 32, 45),
    ("mathematics", 8): (25, 90, 8, 15, 21),
    ("physics", 8): (18, 45, 5, 8, 11),
    ("chemistry", 8): (36, 90, 10, 19, 28),
    ("biology", 8): (36, 60, 13, 21, 29),
    ("geography", 8): (40, 90, 13, 27, 36),
    ("history", 8): (24, 90, 7, 12, 18),
    ("social_studies", 8): (25, 45, 11, 17, 22),
    ("biology", 11): (32, 90, 11, 18, 25),
    ("physics", 11): (26, 90, 9, 16, 21),
    ("chemistry", 11): (33, 90, 11, 20, 28),
    ("history", 11): (21, 90, 7, 13, 18),
    ("geography", 11): (21, 90, 7, 13, 18),
}


def vpr_scales():
    return [scale for scale in DEFINITIONS.mark_scales if (scale.kind, scale.year) == ("vpr", 2021)]


def test_there_are_exactly_the_34_scales_of_the_official_table():
    assert len(SCALES_2021) == 34
    assert {(scale.subject, scale.year_group) for scale in vpr_scales()} == set(SCALES_2021)
    assert len(vpr_scales()) == 34


@pytest.mark.parametrize(("work", "row"), SCALES_2021.items(), ids=str)
def test_scale_says_what_the_official_table_says(work, row):
    subject, year_group = work
    scale = DEFINITIONS.mark_scale(kind="vpr", subject=subject, year_group=year_group, year=2021)
    assert (scale.max_score, scale.minutes, *dict(scale.cut_scores).values()) == row
    assert scale.id == f"vpr_2021_{subject}_{year_group}"
    assert scale.status == "read"


def test_every_raw_score_of_every_scale_has_one_mark_and_bands_meet():
    for scale in DEFINITIONS.mark_scales:
        marks = [scale.mark(score) for score in range(scale.min_score, scale.max_score + 1)]
        assert marks == sorted(marks) and set(marks) == {2, 3, 4, 5}, scale.id
        assert sum(high - low + 1 for _mark, low, high in scale.bands()) == scale.max_score + 1
        for mark, low, high in scale.bands():
            assert {scale.mark(low), scale.mark(high)} == {mark}


def test_overlap_of_geography_8_is_noted():
    scale = DEFINITIONS.mark_scale(kind="vpr", subject="geography", year_group=8, year=2021)
    assert "sic" in scale.note
    assert (scale.mark(35), scale.mark(36)) == (4, 5)


def test_each_language_takes_the_scale_of_the_foreign_language():
    for language in ("english", "german", "french"):
        scale = DEFINITIONS.mark_scale(kind="vpr", subject=language, year_group=7, year=2021)
        assert scale is not None and scale.subject == "foreign_language"


def test_no_scale_is_invented_for_autumn_2020():
    assert DEFINITIONS.mark_scale(kind="vpr", subject="mathematics", year_group=5, year=2020) is None


def test_every_definition_has_source_status_date_version_and_russian_title():
    for entry in DEFINITIONS.entries():
        told = entry.provenance
        assert told.source and told.version, entry.id
        assert told.status in STATUSES, entry.id
        assert re.fullmatch(r"\d{4}(-\d\d(-\d\d)?)?", told.dated_on), entry.id
        assert re.search("[а-яё]", told.title), entry.id
        assert told.status != "chosen" or told.reason, entry.id


def test_ids_are_unique_and_versions_name_each_of_them():
    ids = [entry.id for entry in DEFINITIONS.entries()]
    assert len(ids) == len(set(ids))
    assert list(DEFINITIONS.versions()) == sorted(ids)


def test_item_plans_of_mathematics_and_russian_4_to_8_fit_their_scales():
    for subject in ("mathematics", "russian"):
        for year_group in range(4, 9):
            key = {"kind": "vpr", "subject": subject, "year_group": year_group, "year": 2021}
            plan, scale = DEFINITIONS.item_plan(**key), DEFINITIONS.mark_scale(**key)
            assert plan.max_score == scale.max_score
            assert plan.item_ids == tuple(str(number) for number in range(1, len(plan.max_points) + 1))
            assert len(plan.labels) == len(plan.max_points)


def test_item_plans_written_out_in_the_forms():
    plan = DEFINITIONS.item_plan(kind="vpr", subject="mathematics", year_group=4, year=2021)
    assert plan.max_points == (1, 1, 2, 1, 1, 1, 1, 1, 1, 2, 1, 1, 2, 2, 2)
    plan = DEFINITIONS.item_plan(kind="vpr", subject="mathematics", year_group=5, year=2021)
    assert plan.max_points == (1, 1, 1, 1, 1, 2, 1, 1, 2, 2, 1, 1, 1, 1, 1, 2)


@pytest.mark.published
def test_item_plans_and_scales_equal_the_regions_own(published):
    region = json.loads((published("vpr_region_2021") / "summary.json").read_text(encoding="utf-8"))
    assert len(region) == 10
    for work, counted in region.items():
        subject = {"MA": "mathematics", "RU": "russian"}[work[:2]]
        key = {"kind": "vpr", "subject": subject, "year_group": int(work[2:]), "year": 2021}
        assert list(DEFINITIONS.item_plan(**key).max_points) == counted["max_points"]
        cuts = {str(mark): low for mark, low in DEFINITIONS.mark_scale(**key).cut_scores}
        assert cuts == counted["cut_scores"]


def test_fourteen_markers_in_the_printed_order():
    markers = DEFINITIONS.markers
    assert [marker.id for marker in markers] == [f"fioko_{number}" for number in range(1, 15)]
    assert "".join(marker.kind for marker in markers) == "aaaaaabbbbcccc"
    assert [marker.year_groups for marker in markers[:6]] == [(4,), (4,), (5,), (5,), (9,), (9,)]
    assert [marker.procedure for marker in markers].count("oge") == 2
    assert [marker.direction for marker in markers[10:]] == ["rise", "rise", "fall", "fall"]
    assert [marker.subject for marker in markers] == ["russian", "mathematics"] * 7


def test_marker_rules_carry_the_printed_numbers_and_their_choices():
    a, b, c = (DEFINITIONS.marker_rule(kind) for kind in "abc")
    assert (a.t, b.correlation_limit, c.iqr_multiplier) == (1.96, 0.0, 3.0)
    assert (a.iqr_multiplier, b.t, c.correlation_limit) == (None, None, None)
    assert all(rule.choices and rule.status == "read" for rule in (a, b, c))


def test_low_result_rule():
    rule = DEFINITIONS.low_result_rule()
    assert (rule.id, rule.threshold_share, rule.min_procedures) == ("shnor_fioko_2020", 0.30, 2)
    assert rule.status == "unverified" and rule in DEFINITIONS.unverified()
    assert len(rule.procedures) == 8
    assert rule.counts(kind="vpr", subject="mathematics", year_group=6)
    assert not rule.counts(kind="vpr", subject="mathematics", year_group=7)


@pytest.mark.parametrize(
    ("question", "minimum"),
    [
        ({"exam": "oge", "subject": "mathematics", "year": 2021}, 8),
        ({"exam": "oge", "subject": "russian", "year": 2021}, 15),
        ({"exam": "oge", "subject": "informatics", "year": 2019}, 5),
        ({"exam": "oge", "subject": "english", "year": 2019}, 29),
        ({"exam": "ege", "subject": "russian", "year": 2021}, 24),
        ({"exam": "ege", "subject": "russian", "year": 2021, "purpose": "university"}, 36),
        ({"exam": "ege", "subject": "mathematics", "year": 2021, "variant": "profile"}, 27),
        ({"exam": "ege", "subject": "social_studies", "year": 2020}, 42),
        ({"exam": "gve", "subject": "russian", "year": 2021}, 3),
        ({"exam": "ege", "subject": "russian", "year": 2021, "purpose": "ministry_universities"}, 40),
    ],
)
def test_exam_minimum_of_the_year_is_found(question, minimum):
    assert DEFINITIONS.exam_minimum(**question).minimum == minimum


def test_exams_that_were_not_held_have_no_minimum():
    assert DEFINITIONS.exam_minimum(exam="oge", subject="mathematics", year=2020) is None
    assert DEFINITIONS.exam_minimum(exam="oge", subject="physics", year=2021) is None
    base = {"exam": "ege", "subject": "mathematics", "variant": "base"}
    assert DEFINITIONS.exam_minimum(**base, year=2019).minimum == 3
    assert DEFINITIONS.exam_minimum(**base, year=2021) is None


def test_what_changed_in_2021():
    year = DEFINITIONS.exam_year(exam="oge", year=2021)
    assert year.subjects == ("russian", "mathematics") and year.not_held
    assert not DEFINITIONS.exam_year(exam="oge", year=2020).held
    assert DEFINITIONS.exam_year(exam="oge", year=1999) is None
    scale = DEFINITIONS.mark_scale(kind="oge", subject="mathematics", year_group=9, year=2021)
    assert (scale.max_score, dict(scale.cut_scores)) == (31, {3: 8, 4: 15, 5: 22})
    assert (scale.conditions[0].part, scale.conditions[0].at_least) == ("geometry", 2)


def test_oge_minimum_and_scale_agree():
    for scale in DEFINITIONS.mark_scales:
        if scale.kind == "oge":
            minimum = DEFINITIONS.exam_minimum(exam="oge", subject=scale.subject, year=scale.year)
            assert minimum.minimum == scale.cut_score(3)
            assert minimum.status == scale.status


def test_item_rules_at_their_bounds():
    basic, raised, high = (DEFINITIONS.item_rule(level) for level in ("basic", "raised", "high"))
    assert [basic.verdict(share) for share in (0.60, 0.5999, 0.57, 0.5699)] == [
        "sufficient",
        "uncertain",
        "uncertain",
        "insufficient",
    ]
    assert (raised.sufficient_from, raised.insufficient_below) == (0.30, 0.285)
    assert (high.sufficient_from, high.insufficient_below) == (0.30, 0.285)
    assert basic.verdict(float("nan")) == "unknown"
    assert DEFINITIONS.item_rule("unheard_of") is None


def test_sample_rule_at_its_bounds():
    rule = DEFINITIONS.sample_rule
    assert [rule.distribution(n) for n in (50, 49, 20, 19, 0)] == [
        "informative",
        "approximate",
        "approximate",
        "limited",
        "limited",
    ]
    assert rule.group_n == 10


def test_disclosure_limits_are_five_and_ten():
    rule = DEFINITIONS.disclosure
    assert (rule.min_cell, rule.restricted_below) == (5, 10)
    assert (rule.complementary, rule.show_min_max, rule.pupil_rows_leave_school) == (True, False, False)


def test_settings_of_a_run():
    run = DEFINITIONS.run
    assert (run.flag_limit, run.lift_limit, run.seed, run.interval_level) == (0.10, 0.5, 2021, 0.95)
    assert (run.school_first_days, run.near_miss_points, run.min_pupils) == (5, 2, 10)


def test_notice_speaks_both_languages_and_keeps_the_wording_rule():
    notice = DEFINITIONS.notice("vpr")
    assert "рейтинг" in notice.text("ru") and "rankings" in notice.text("en")
    assert any("02-86" in source for source in notice.sources)
    for each in DEFINITIONS.notices:
        assert DEFINITIONS.wording.forbidden_in(each.ru + each.en) == ()
    assert DEFINITIONS.wording.forbidden_in("Список Нарушителей") == ("нарушител",)
    assert DEFINITIONS.notice("regional") is None


def test_no_title_or_reason_breaks_the_wording_rule():
    for entry in DEFINITIONS.entries():
        if entry.id != DEFINITIONS.wording.id:
            words = entry.title + entry.provenance.reason + entry.note
            assert DEFINITIONS.wording.forbidden_in(words) == (), entry.id


def test_indicator_weights_are_shares():
    learning = DEFINITIONS.entry("learning_degree")
    assert dict(learning.mark_weights) == {2: 0.16, 3: 0.36, 4: 0.64, 5: 1.0}


def test_fingerprint_is_the_same_every_time_and_hexadecimal():
    assert DEFINITIONS.fingerprint() == load_definitions().fingerprint()
    assert re.fullmatch("[0-9a-f]{64}", DEFINITIONS.fingerprint())


def test_built_in_definitions_are_read_once():
    assert load_definitions() is load_definitions()


def test_each_status_has_plain_russian_words(monkeypatch):
    monkeypatch.setenv("MERILO_LANG", "ru")
    words = {status: status_label(status) for status in STATUSES}
    assert words["read"] == "текст прочитан" and words["unverified"] == "не проверено"
    assert all(re.search("[а-яё]", label) for label in words.values())


def test_files_name_no_machine():
    folder = Path(__file__).resolve().parents[3] / "src" / "merilo" / "definitions"
    files = sorted(folder.glob("*.toml"))
    assert files
    for file in files:
        assert not re.search(r"(?<![\w.])/(work|home|root|tmp|usr)/", file.read_text(encoding="utf-8")), (
            file.name
        )
