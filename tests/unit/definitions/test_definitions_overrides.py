"""A user's own files: override by id, add, and errors that help."""

from __future__ import annotations

import dataclasses
import pickle

import pytest

from merilo.definitions import load_definitions
from merilo.errors import DefinitionError, MissingFileError

HEAD = """
[defaults]
version = "7"
source = "Приказ № 15"
status = "read"
dated_on = 2021-03-01
"""
SCALE = """
[[mark_scale]]
id = "{id}"
title = "Своя шкала"
kind = "vpr"
subject = "mathematics"
year_group = 5
year = {year}
max_score = 20
cut_scores = {cuts}
"""


@pytest.fixture(autouse=True)
def speak_english(monkeypatch):
    monkeypatch.setenv("MERILO_LANG", "en")


@pytest.fixture
def write(tmp_path):
    def _write(text, name="own.toml"):
        file = tmp_path / name
        file.write_text(text, encoding="utf-8")
        return file

    return _write


def scale(id="own_scale", year=2022, cuts="{ 3 = 6, 4 = 10, 5 = 15 }"):
    return SCALE.format(id=id, year=year, cuts=cuts)


def test_override_by_id_replaces_the_given_fields_and_keeps_the_rest(write):
    own = load_definitions(
        [
            write(
                HEAD + '[[mark_scale]]\nid = "vpr_2021_mathematics_5"\ncut_scores = { 3 = 6, 4 = 10, 5 = 14 }'
            )
        ]
    )
    found = own.mark_scale(kind="vpr", subject="mathematics", year_group=5, year=2021)
    assert dict(found.cut_scores) == {3: 6, 4: 10, 5: 14}
    assert (found.max_score, found.title) == (20, "ВПР 2021, математика, 5 класс")
    assert (found.version, found.provenance.source, found.provenance.dated_on) == (
        "7",
        "Приказ № 15",
        "2021-03-01",
    )
    assert found.provenance.file == "own.toml"


def test_override_changes_the_fingerprint_and_the_version_but_not_the_built_in(write):
    before = load_definitions().fingerprint()
    own = load_definitions([write(HEAD + '[[setting]]\nid = "seed"\nvalue = 7')])
    assert own.run.seed == 7 and own.versions()["seed"] == "7"
    assert own.fingerprint() != before
    assert load_definitions().run.seed == 2021 and load_definitions().fingerprint() == before


def test_fingerprint_does_not_depend_on_the_name_of_the_file(write):
    text = HEAD + '[[setting]]\nid = "seed"\nvalue = 7'
    assert (
        load_definitions([write(text, "a.toml")]).fingerprint()
        == load_definitions([write(text, "b.toml")]).fingerprint()
    )


def test_unknown_id_is_added(write):
    own = load_definitions([write(HEAD + scale())])
    assert own.mark_scale(kind="vpr", subject="mathematics", year_group=5, year=2022).id == "own_scale"
    assert len(own.mark_scales) == len(load_definitions().mark_scales) + 1


def test_regions_own_scale_comes_before_the_federal_one(write):
    text = HEAD + scale(id="own", year=2021, cuts="{ 3 = 5, 4 = 9, 5 = 13 }") + 'region = "Карелия"'
    own = load_definitions([write(text)])
    key = {"kind": "vpr", "subject": "mathematics", "year_group": 5, "year": 2021}
    assert own.mark_scale(**key, region="Карелия").cut_score(3) == 5
    assert own.mark_scale(**key).cut_score(3) == 7
    assert own.mark_scale(**key, region="Коми").cut_score(3) == 7


def test_later_file_wins_and_a_folder_is_read_in_the_order_of_names(write, tmp_path):
    write(HEAD + '[[setting]]\nid = "seed"\nvalue = 2', "b.toml")
    write(HEAD + '[[setting]]\nid = "seed"\nvalue = 1', "a.toml")
    assert load_definitions([tmp_path]).run.seed == 2
    assert load_definitions([tmp_path, tmp_path / "a.toml"]).run.seed == 1


def test_own_low_result_rule_can_be_chosen(write):
    text = (
        HEAD
        + """
[[low_result_rule]]
id = "own_rule"
title = "Своё правило"
threshold_share = 0.25
min_procedures = 1
steady_probability = 0.95
procedures = [{ kind = "vpr", subject = "russian", year_group = 8, low = "mark_2" }]
[[setting]]
id = "low_result_rule"
value = "own_rule"
"""
    )
    own = load_definitions([write(text)])
    assert own.low_result_rule().threshold_share == 0.25
    assert own.low_result_rule("shnor_fioko_2020").threshold_share == 0.30


def test_byte_order_mark_is_accepted(tmp_path):
    file = tmp_path / "bom.toml"
    file.write_text(HEAD + '[[setting]]\nid = "seed"\nvalue = 7', encoding="utf-8-sig")
    assert load_definitions([file]).run.seed == 7


def test_definitions_are_frozen_and_travel_to_worker_processes(write):
    own = load_definitions([write(HEAD + scale())])
    with pytest.raises(dataclasses.FrozenInstanceError):
        own.mark_scales[0].max_score = 1
    assert pickle.loads(pickle.dumps(own)) == own


# Each broken file, with words that its error must contain: the place, and the way out.
BROKEN = {
    "unknown field": (scale() + "maximum = 20", ["own_scale", "maximum", "max_score", "cut_scores"]),
    "unknown field in a row": (
        scale() + 'conditions = [{ marks = [3], part = "x", at_least = 1, words = "y", colour = 1 }]',
        ["conditions[1].colour", "at_least"],
    ),
    "unknown table": ("[[marks]]\nid = 'x'", ["marks", "mark_scale", "setting"]),
    "single brackets": ("[setting]\nid = 'seed'\nvalue = 1", ["[[setting]]", "brackets"]),
    "no id": ("[[setting]]\nvalue = 1", ["[[setting]]", "id"]),
    "missing field": (scale().replace("max_score = 20\n", ""), ["own_scale", "max_score", "missing"]),
    "descending": (scale(cuts="{ 3 = 10, 4 = 9, 5 = 15 }"), ["own_scale", "cut_scores", "ascend"]),
    "cut at the lowest score": (scale(cuts="{ 3 = 0, 4 = 9, 5 = 15 }"), ["cut_scores", "ascend"]),
    "beyond the maximum": (scale(cuts="{ 3 = 6, 4 = 10, 5 = 21 }"), ["cut_scores", "20"]),
    "mark 6": (scale(cuts="{ 4 = 6, 5 = 10, 6 = 15 }"), ["cut_scores", "3, 4 and 5"]),
    "text for a number": (scale().replace("= 20\n", '= "20"\n'), ["max_score", "whole number", "'20'"]),
    "true for a number": (scale().replace("= 20\n", "= true\n"), ["max_score", "whole number"]),
    "unknown kind": (scale().replace('"vpr"', '"впр"'), ["kind", "vpr, oge"]),
    "unknown subject": (scale().replace("mathematics", "maths"), ["own_scale", "'maths'", "mathematics"]),
    "second answer": (scale(year=2021), ["vpr_2021_mathematics_5", "own_scale", "region"]),
    "twice": (scale() + scale(), ["own_scale", "twice"]),
    "other table": ('[[indicator]]\nid = "seed"', ["seed", "[[setting]]", "[[indicator]]"]),
    "unknown setting": ('[[setting]]\nid = "speed"\nvalue = 1', ["speed", "seed", "flag_limit"]),
    "percent for a share": ('[[setting]]\nid = "flag_limit"\nvalue = 10', ["flag_limit", "at most 1", "10"]),
    "second disclosure": (
        '[[disclosure]]\nid = "mine"\ntitle = "Я"\nmin_cell = 3\nrestricted_below = 5\ncomplementary = true\n'
        "show_min_max = true\npupil_rows_leave_school = true",
        ["disclosure", "mine", "only one"],
    ),
    "limits crossed": (
        '[[disclosure]]\nid = "disclosure"\nmin_cell = 11',
        ["restricted_below", "min_cell"],
    ),
    "plan against scale": (
        '[[item_plan]]\nid = "plan_vpr_2021_mathematics_5"\nmax_points = [5, 5]\nlabels = []',
        ["plan_vpr_2021_mathematics_5", "10", "20"],
    ),
    "label for each item": (
        '[[item_plan]]\nid = "plan_vpr_2021_mathematics_5"\nlabels = ["1", "1"]',
        ["labels", "16"],
    ),
    "rule that lists nobody": (
        '[[low_result_rule]]\nid = "shnor_fioko_2020"\nmin_procedures = 9',
        ["procedures", "9"],
    ),
    "chosen rule is not there": (
        '[[setting]]\nid = "low_result_rule"\nvalue = "x"',
        ["'x'", "shnor_fioko_2020"],
    ),
    "shared spelling": (
        '[[subject]]\nid = "algebra"\ntitle = "Алгебра"\ndative = "алгебре"\naliases = ["МА"]',
        ["mathematics", "algebra", "МА"],
    ),
    "item bounds crossed": (
        '[[item_rule]]\nid = "item_basic"\ninsufficient_below = 0.7',
        ["insufficient_below"],
    ),
    "not TOML": ("[[setting]\n", ["TOML", "line"]),
}


@pytest.mark.parametrize(("text", "words"), BROKEN.values(), ids=BROKEN)
def test_broken_file_gives_helpful_error(write, text, words):
    with pytest.raises(DefinitionError) as caught:
        load_definitions([write(HEAD + text)])
    said = str(caught.value)
    for word in [*words, "own.toml"]:
        assert word in said, said
    assert caught.value.exit_code == 4
    assert caught.value.next_step


def test_an_override_must_say_its_own_source(write):
    with pytest.raises(DefinitionError, match=r"status.*missing.*\[defaults\]"):
        load_definitions([write('[[setting]]\nid = "seed"\nvalue = 7')])


def test_a_choice_must_say_why(write):
    text = HEAD.replace('"read"', '"chosen"') + '[[setting]]\nid = "seed"\nvalue = 7'
    with pytest.raises(DefinitionError, match=r"reason.*must say why"):
        load_definitions([write(text)])


@pytest.mark.parametrize("day", ['"2021-02-30"', '"2021-13"', '"March"', "2021", '"21-03-01"'])
def test_a_date_must_be_one(write, day):
    text = HEAD.replace("2021-03-01", day) + '[[setting]]\nid = "seed"\nvalue = 7'
    with pytest.raises(DefinitionError, match="dated_on"):
        load_definitions([write(text)])


def test_defaults_give_only_provenance(write):
    with pytest.raises(DefinitionError, match=r"year.*Known fields: .*source"):
        load_definitions([write(HEAD + "year = 2021\n")])


def test_wrong_encoding_is_named(tmp_path):
    file = tmp_path / "own.toml"
    file.write_bytes('[defaults]\nsource = "Приказ"'.encode("cp1251"))
    with pytest.raises(DefinitionError, match="UTF-8"):
        load_definitions([file])


def test_missing_path_and_empty_folder_are_named(tmp_path):
    with pytest.raises(MissingFileError, match="nowhere"):
        load_definitions([tmp_path / "nowhere.toml"])
    with pytest.raises(MissingFileError, match=r"\.toml"):
        load_definitions([tmp_path])


def test_asking_for_what_is_not_there_is_an_error_that_names_what_is():
    definitions = load_definitions()
    with pytest.raises(DefinitionError, match="shnor_fioko_2020"):
        definitions.low_result_rule("unheard_of")
    with pytest.raises(DefinitionError, match="mathematics"):
        definitions.subject("alchemy")
    with pytest.raises(DefinitionError, match="kind"):
        definitions.marker_rule("z")


@pytest.mark.parametrize("raw_score", [-1, 21])
def test_a_score_off_the_scale_has_no_mark(raw_score):
    found = load_definitions().mark_scale(kind="vpr", subject="mathematics", year_group=5, year=2021)
    with pytest.raises(DefinitionError, match="between 0 and 20"):
        found.mark(raw_score)
