"""Workbook, report and table files: whole, protected, the same bytes every time, without blame."""

from __future__ import annotations

import hashlib
import io
import re
from pathlib import Path

import openpyxl
import polars as pl
import pypdf
import pytest

from merilo.definitions import load_definitions
from merilo.errors import OutputError
from merilo.language import choose_language
from merilo.publish import CENTRE, PUBLIC, one_school, write_tables
from merilo.publish.report import write_report
from merilo.publish.workbook import write_workbook
from merilo.tables import TABLES

TOWN = "Управление образования Города Н"
NEVER = ("нарушител", "худш", "лучшая школ", "лучшие школ", "отстающ", "виновн", "списыва", "недобросовест")
RATING = re.compile(r"(не|без|для|нет)\s+рейтинг\w*", re.IGNORECASE)


def words_of(path: Path) -> str:
    """All the words of a PDF or workbook, spaces made plain, hyphenation undone."""
    if path.suffix == ".pdf":
        text = "\n".join(page.extract_text() for page in pypdf.PdfReader(path).pages)
        text = re.sub(r"[\u00ad-]\n", "", text)
    else:
        book = openpyxl.load_workbook(path)
        text = "\n".join(
            str(cell)
            for sheet in book
            for row in sheet.iter_rows(values_only=True)
            for cell in row
            if cell is not None
        )
    return re.sub(r"\s+", " ", text.replace("\u00a0", " "))


@pytest.fixture
def written(tmp_path, town, stamp):
    """(audience, kind) -> path of the document over the town."""

    def write(kind: str, audience=CENTRE, tables=None, name: str = "one") -> Path:
        tables = town() if tables is None else tables
        if kind == "pdf":
            path = tmp_path / f"{name}.pdf"
            return write_report(tables, path, stamp=stamp, authority_name=TOWN, audience=audience)
        path = tmp_path / f"{name}.xlsx"
        return write_workbook(tables, path, stamp=stamp, authority_name=TOWN, audience=audience)

    return write


@pytest.mark.parametrize("kind", ["pdf", "xlsx"])
def test_same_input_gives_the_same_bytes(kind, written):
    first, second = written(kind, name="one"), written(kind, name="two")
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("audience", [CENTRE, PUBLIC], ids=["centre", "public"])
@pytest.mark.parametrize("kind", ["pdf", "xlsx"])
def test_documents_do_not_accuse_and_do_not_rank(kind, audience, written):
    text = words_of(written(kind, audience)).casefold()
    assert len(text) > 2000
    assert [stem for stem in NEVER if stem in text] == []
    assert load_definitions().wording.forbidden_in(text) == ()
    assert "рейтинг" not in RATING.sub("", text)


@pytest.mark.parametrize("kind", ["pdf", "xlsx"])
def test_vpr_notice_stands_only_where_vpr_is(kind, written, town):
    said = load_definitions().notice("vpr").text("ru")[:60]
    assert said in words_of(written(kind))
    exams = {
        name: frame.filter(pl.col("procedure_id") == "MA9-2020") if "procedure_id" in frame.columns else frame
        for name, frame in town().items()
    }
    assert said not in words_of(written(kind, tables=exams, name="exams"))


@pytest.mark.parametrize("kind", ["pdf", "xlsx"])
def test_documents_bear_the_run(kind, written, stamp):
    path = written(kind)
    if kind == "pdf":
        for page in pypdf.PdfReader(path).pages:
            text = page.extract_text().replace("\u00ad", "-")  # one glyph, two letters
            assert stamp.run_id in text and stamp.short_hash in text
    else:
        for sheet in openpyxl.load_workbook(path):
            assert stamp.run_id in str(sheet.oddFooter.left.text)


def test_public_report_names_no_school(written):
    assert not re.search(r"(Школа|Лицей) № \d", words_of(written("pdf", PUBLIC)))


def test_report_is_set_in_the_vendored_fonts_only(written):
    fonts = set()
    for page in pypdf.PdfReader(written("pdf")).pages:
        for font in page["/Resources"]["/Font"].values():
            fonts.add(font.get_object()["/BaseFont"].split("+")[-1])
    assert fonts
    assert all(
        name.startswith(("/PTSans", "PTSans", "/LiberationSerif", "LiberationSerif")) for name in fonts
    ), fonts


def test_report_counts_every_listed_school(written, town):
    tables = town()
    low = tables["low_results"].with_columns(
        listed=pl.col("org_id").is_in(["S01", "S02", "S07"]),
        stability=pl.lit("steady"),
    )
    text = words_of(written("pdf", PUBLIC, tables=tables | {"low_results": low}))
    assert "школ в списке — 3 из 12" in text


def test_report_of_little_is_still_a_report(written, town):
    few = {name: town()[name] for name in ("procedures", "school_results", "organisations")}
    assert len(pypdf.PdfReader(written("pdf", tables=few)).pages) >= 1


def test_report_of_two_years_tells_them_apart(written, town):
    text = words_of(written("pdf", tables=town(years=("2019/20", "2020/21"))))
    assert "2019/20" in text and "2020/21" in text


def test_workbook_begins_with_how_to_read_and_explains_every_column(written):
    book = openpyxl.load_workbook(written("xlsx"))
    assert book.sheetnames[0] == "Как читать"
    assert book.sheetnames[1:3] == ["Процедуры", "Школы"]
    explained = {row[3] for row in book["Как читать"].iter_rows(values_only=True) if row[3]}
    for sheet in book.worksheets[1:]:
        machine = [cell.value for cell in sheet[3] if cell.value]
        assert sheet.row_dimensions[3].hidden
        assert machine
        assert all(any(name.endswith(f".{column}") for name in explained) for column in machine), sheet.title


def test_workbook_sheets_are_frozen_filtered_and_printable(written):
    for sheet in openpyxl.load_workbook(written("xlsx")).worksheets[1:]:
        assert sheet.freeze_panes is not None
        assert sheet.auto_filter.ref
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.print_title_rows


def test_workbook_schools_stand_in_order_of_names_not_of_results(written):
    sheet = openpyxl.load_workbook(written("xlsx"))["Школы"]
    rows = [[cell.value for cell in row[:3]] for row in sheet.iter_rows(min_row=5)]
    first = [row for row in rows if row[0] == rows[0][0]]
    numbers = [(row[1], row[2].split()[0], int(row[2].split("№")[1])) for row in first]
    assert numbers == sorted(numbers)


def test_workbook_keeps_small_groups_out(written):
    sheet = openpyxl.load_workbook(written("xlsx"))["Школы"]
    heads = [cell.value for cell in sheet[3]]
    counts = [row[heads.index("n")].value for row in sheet.iter_rows(min_row=5)]
    assert None in counts
    assert min(n for n in counts if n is not None) >= 5


def test_school_workbook_holds_one_school(written):
    text = words_of(written("xlsx", one_school("S05")))
    assert set(re.findall(r"(?:Школа|Лицей) № \d+", text)) == {"Школа № 5"}


@pytest.mark.parametrize("kind", ["pdf", "xlsx"])
def test_documents_speak_english(kind, written):
    choose_language("en")
    text = words_of(written(kind))
    assert ("Analytic report" if kind == "pdf" else "Results of assessment procedures") in text
    assert not re.search("Отметк|Дефицит|Процедура", text)


@pytest.mark.parametrize("kind", ["pdf", "xlsx"])
def test_place_that_cannot_be_written_is_told(kind, town, stamp, tmp_path):
    write = write_report if kind == "pdf" else write_workbook
    with pytest.raises(OutputError):
        write(town(), tmp_path / "no" / f"one.{kind}", stamp=stamp, authority_name=TOWN)


def test_tables_are_written_sorted_and_the_same(tmp_path, town):
    tables = town()
    shuffled = {name: frame.sample(fraction=1.0, shuffle=True, seed=3) for name, frame in tables.items()}

    def digest(folder: Path) -> list[tuple[str, str]]:
        return [(f.name, hashlib.sha256(f.read_bytes()).hexdigest()) for f in sorted(folder.iterdir())]

    write_tables(tables, tmp_path / "one")
    write_tables(shuffled, tmp_path / "two")
    unique = {name for name, table in TABLES.items() if table.unique}
    one, two = digest(tmp_path / "one"), digest(tmp_path / "two")
    assert [pair for pair in one if pair[0].split(".")[0] in unique] == [
        pair for pair in two if pair[0].split(".")[0] in unique
    ]


def test_tables_come_back_as_they_were(tmp_path, town):
    tables = town()
    paths = write_tables(tables, tmp_path)
    assert {path.suffix for path in paths} == {".csv", ".parquet"}
    back = pl.read_parquet(tmp_path / "school_results.parquet")
    assert back.equals(tables["school_results"])
    csv = (tmp_path / "procedures.csv").read_bytes()
    assert not csv.startswith(b"\xef\xbb\xbf")
    assert (
        pl.read_csv(io.BytesIO(csv))["mean_points"].to_list() == tables["procedures"]["mean_points"].to_list()
    )


def test_tables_are_not_protected_because_they_stay_at_the_centre(tmp_path, town):
    write_tables(town(), tmp_path)
    assert pl.read_parquet(tmp_path / "school_results.parquet")["n"].min() < 5
