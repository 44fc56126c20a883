"""`merilo explain`: the answer, how sure, what may explain it; neutral, protected, the same on paper and screen."""

from __future__ import annotations

import io
import re
import shutil
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from rich.console import Console

import merilo
from merilo.definitions import load_definitions
from merilo.errors import MissingFileError, OutputError, UnreadableFileError, UsageError
from merilo.language import choose_language
from merilo.publish.explanation import (
    blocks_of,
    default_path,
    explain,
    print_explanation,
    read_run,
    write_explanation,
)
from merilo.publish.explanation.answer import headline, how_sure
from merilo.publish.explanation.innocent import explanations
from merilo.publish.explanation.kinds import basis, kind_answers, kind_names, seen
from merilo.publish.explanation.reading import find_school
from merilo.publish.explanation.school import KindFound, Noted
from merilo.publish.figures.absentees import absentees_figure
from merilo.publish.figures.against_journal import journal_figure
from merilo.publish.figures.borders import borders_figure
from merilo.publish.figures.excess import excess_figure
from merilo.publish.figures.likeness import classes_figure, likeness_figure
from merilo.publish.figures.strip import strip_figure
from merilo.simulate import simulate
from merilo.tables.objectivity import KINDS

ACCUSING = re.compile(
    r"нарушител|виновн|мошенн|фальсифи|подтасов|обман|нечестн|недобросовестн|накрут|приписк|худш|списыва|завыша|cheat|fraud|!",
    re.IGNORECASE,
)


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A town of 14 schools, two works; two schools lift over the borders, one is tiny."""
    folder = tmp_path_factory.mktemp("explained")
    simulate(
        folder / "town",
        schools=14,
        seed=11,
        years=1,
        works=("MA5", "RU5"),
        manipulations=("threshold:1:2",),
        controls=("tiny:1:1",),
    )
    merilo.run(folder / "town", folder / "out", documents=False)
    return folder / "out"


@pytest.fixture(autouse=True)
def russian():
    choose_language("ru")
    yield
    choose_language(None)


def text_of(blocks) -> str:
    parts = []
    for block in blocks:
        parts += [
            block.get("text", ""),
            *block.get("items", ()),
            block.get("title", ""),
            block.get("subtitle", ""),
        ]
        parts += [cell for row in block.get("rows", ()) for cell in row] + [block.get("alt", "")]
    return "\n".join(part for part in parts if part).replace("\u00a0", " ")


def orgs_of(folder: Path, kind: str = "") -> list[str]:
    truth = pl.read_csv(folder.parent / "town" / "truth" / ("manipulations.csv" if kind else "controls.csv"))
    return truth["org_id"].unique().sort().to_list()


def school_of(folder: Path, org: str, **changes):
    return replace(explain(folder, org), **changes)


def found(kind: str = "threshold", **changes) -> KindFound:
    told = tuple(
        Noted(f"P{n}", f"Работа {n}", "Математика" if n % 2 else "Русский язык", 5 + n % 3, "2020/21", z)
        for n, z in enumerate(changes.pop("z_told", (3.0, 2.5, 2.0, 0.1)))
    )
    one = KindFound(kind, 4.2, 0.00001, 0.97, 120, 0.6, 0.5, 0.7, 0.2, 0.3, 40, told)
    return replace(one, **changes)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("verify", "Требует проверки: много работ стоит ровно на границе отметки"),
        ("attention", "Зона внимания: много работ"),
        ("nothing", "Ничто не требует проверки"),
        ("high_culture", "Культура оценивания высокая"),
        ("little", "Данных мало, судить нельзя"),
    ],
)
def test_heading_is_the_answer(run_folder, state, words):
    leading = found() if state in ("verify", "attention") else None
    school = school_of(run_folder, orgs_of(run_folder, "threshold")[0], state=state, leading=leading)
    assert headline(school).startswith(words)


@pytest.mark.parametrize(
    ("q", "words"),
    [
        (0.0003, "Из 100 школ"),
        (0.009, "Из 100 школ"),
        (0.04, "Из 20 школ"),
        (0.1, "Из 10 школ"),
        (0.18, "напрасно отмечено в среднем 1,8"),
    ],
)
def test_q_value_is_said_in_schools(run_folder, q, words):
    org = orgs_of(run_folder, "threshold")[0]
    school = school_of(run_folder, org, state="verify", leading=found(), q_value=q)
    assert words in text_of(how_sure(school))


def test_a_school_that_lifts_is_explained_with_its_numbers(run_folder):
    school = explain(run_folder, orgs_of(run_folder, "threshold")[0])
    lifted = school.found("threshold")
    assert lifted is not None and lifted.estimate is not None
    said = seen(lifted).replace("\u00a0", " ")
    assert f"{round(100 * lifted.estimate)} %" in said and str(lifted.n) in said
    assert lifted.lower < lifted.estimate < lifted.upper
    assert lifted.usual is not None and lifted.estimate > lifted.usual_high


def test_tiny_school_is_told_that_nothing_can_be_said(run_folder):
    school = explain(run_folder, orgs_of(run_folder)[0])
    said = text_of(blocks_of(school))
    assert "судить нельзя" in said or "Работ немного" in said
    assert explanations(school) == [] or school.leading is not None


@pytest.mark.parametrize("language", ["ru", "en"])
def test_no_school_is_accused_in_any_language(run_folder, language):
    choose_language(language)
    never = load_definitions().wording
    for org in read_run(run_folder).tables["objectivity_schools"]["org_id"]:
        said = text_of(block for block in blocks_of(explain(run_folder, org)) if block["kind"] != "table")
        assert not ACCUSING.search(said), ACCUSING.search(said)
        assert not never.forbidden_in(said)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_its_words_and_first_steps(run_folder, kind):
    from merilo.publish.explanation.advice import check_first

    org = orgs_of(run_folder, "threshold")[0]
    school = school_of(run_folder, org, state="verify", leading=found(kind))
    assert kind in kind_names() and kind in kind_answers() and basis(kind)
    assert "{" not in seen(found(kind)) + headline(school)
    steps = next(block for block in check_first(school) if block["kind"] == "points")["items"]
    assert len(steps) >= 4
    for fit in explanations(school):
        assert fit.words.endswith(".") and "{" not in fit.words
    assert not ACCUSING.search(text_of(check_first(school)) + headline(school))


def test_one_procedure_and_one_year_group_are_said_to_explain(run_folder):
    org = orgs_of(run_folder, "threshold")[0]

    def fits(z_told) -> list[str]:
        school = school_of(run_folder, org, state="verify", leading=found("journal", z_told=z_told))
        return [fit.words for fit in explanations(school) if fit.fits]

    assert any("только одну процедуру" in words for words in fits((3.0,)))
    assert any("только в одной процедуре из 3" in words for words in fits((3.0, 0.1, 0.2)))
    assert any("только в 5 классе" in words for words in fits((3.0, 0.1, 0.2, 2.4)))
    assert not any("только" in words for words in fits((3.0, 2.5, 2.0, 2.0)))


def test_figures_have_findings_numbers_and_alternatives(run_folder):
    org = orgs_of(run_folder, "threshold")[0]
    school = explain(run_folder, org)
    procedure = school.procedures[0]["procedure_id"]
    for width in (360, 760):
        made = {
            "borders": borders_figure(school.tables, org, stands_out=True, width=width),
            "excess": excess_figure(school.tables, org, procedure, width=width),
            "person": excess_figure(school.tables, org, procedure, by_person=True, width=width),
            "likeness": likeness_figure(school.tables, org, width=width),
            "classes": classes_figure(school.tables, org, width=width),
            "journal": journal_figure(school.tables, org, width=width),
            "absentees": absentees_figure(school.tables, org, width=width),
            "strip": strip_figure(school.tables, org, width=width),
        }
        assert {"borders", "excess", "likeness", "classes", "strip"} <= {
            name for name, one in made.items() if one
        }
        for name, figure in made.items():
            if figure is None:
                continue
            assert figure.title and figure.subtitle and len(figure.alt) > 30, name
            assert figure.rows.height and "pupil_id" not in figure.rows.columns
            size = re.search(r'<svg[^>]* width="([\d.]+)"', figure.svg(titled=True))
            assert size is not None and float(size.group(1)) <= width + 12, name
            assert set(re.findall(r'font-family="([^"]+)"', figure.svg())) <= {"PT Sans"}


def test_figure_counts_below_five_are_not_drawn(run_folder):
    for org in read_run(run_folder).tables["objectivity_schools"]["org_id"]:
        tables = explain(run_folder, org).tables
        for figure in (
            borders_figure(tables, org),
            likeness_figure(tables, org),
            journal_figure(tables, org),
        ):
            column = None if figure is None else "pairs_n" if "pairs_n" in figure.rows.columns else "n"
            if figure is not None:
                assert not figure.rows[column].drop_nulls().is_between(1, 4).any()


def test_terminal_says_the_same_within_eighty_columns(run_folder):
    school = explain(run_folder, orgs_of(run_folder, "threshold")[0])
    blocks, out = blocks_of(school), io.StringIO()
    print_explanation(school, blocks, Console(file=out, width=80, color_system=None))
    lines = out.getvalue().splitlines()
    assert max(len(line) for line in lines) <= 80
    spoken = " ".join(out.getvalue().split())
    for block in blocks:
        if block["kind"] in ("heading", "sentence"):
            assert " ".join(block["text"].replace("\u00a0", " ").split()) in spoken


def test_paper_is_the_same_twice_and_out_is_untouched(run_folder, tmp_path):
    before = {path.name: path.stat().st_mtime_ns for path in run_folder.iterdir()}
    school = explain(run_folder, orgs_of(run_folder, "threshold")[0])
    blocks = blocks_of(school)
    one, two = (write_explanation(school, blocks, tmp_path / name / "a.pdf") for name in ("1", "2"))
    assert one.read_bytes() == two.read_bytes()
    with pytest.raises(OutputError):
        write_explanation(school, blocks, run_folder / "a.pdf")
    assert {path.name: path.stat().st_mtime_ns for path in run_folder.iterdir()} == before
    assert default_path(run_folder, "a/b").parent == run_folder.with_name("out_explanations")
    assert default_path(run_folder, "a/b").name == "a_b.pdf"


def test_school_is_found_by_id_and_by_exact_name(run_folder):
    run = read_run(run_folder)
    org, name = run.tables["organisations"].select("org_id", "name").row(0)
    assert find_school(run, org) == find_school(run, name) == find_school(run, name.upper()) == org
    with pytest.raises(UsageError, match=re.escape(org)):
        find_school(run, name + "а")


def test_folders_that_are_no_runs_are_refused_in_words(run_folder, tmp_path):
    with pytest.raises(MissingFileError, match="нет"):
        read_run(tmp_path / "nowhere")
    with pytest.raises(MissingFileError, match="не результат расчёта"):
        read_run(tmp_path)
    copy = tmp_path / "copy"
    shutil.copytree(run_folder, copy)
    (copy / "objectivity_kinds.parquet").unlink()
    with pytest.raises(MissingFileError, match="objectivity_kinds"):
        read_run(copy)
    (copy / "objectivity_kinds.parquet").write_bytes(b"PAR1 half")
    with pytest.raises(UnreadableFileError):
        read_run(copy)
    (copy / "manifest.json").write_text("{}", encoding="utf-8")
    with pytest.raises(UnreadableFileError):
        read_run(copy)
