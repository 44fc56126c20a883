"""Files that cannot be used: each gets its own sentence, and nothing is written."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from merilo.collect.exchange import archive, import_files
from merilo.definitions import load_definitions
from merilo.errors import (
    InputError,
    MissingFileError,
    TableError,
    UnknownLayoutError,
    UnreadableFileError,
    UsageError,
)

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def workbook(*cells: tuple[int, int, object]) -> bytes:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        sheet = book.add_worksheet("Sheet")
        for row, column, cell in cells:
            sheet.write(row, column, cell)
    return content.getvalue()


def with_sheet_of(megabytes: int) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as bomb:
        with zipfile.ZipFile(io.BytesIO(workbook((0, 0, "x")))) as good:
            for part in good.infolist():
                if "sheet1" not in part.filename:
                    bomb.writestr(part.filename, good.read(part))
        with bomb.open("xl/worksheets/sheet1.xml", "w") as sheet:
            for _ in range(megabytes):
                sheet.write(b"0" * (1 << 20))
    return content.getvalue()


def with_false_size(content: bytes) -> bytes:
    """The last part of the directory claims to be small."""
    changed = bytearray(content)
    place = changed.rfind(b"PK\x01\x02")
    changed[place + 24 : place + 28] = struct.pack("<I", 1000)
    return bytes(changed)


def with_locked_part() -> bytes:
    changed = bytearray(workbook((0, 0, "x")))
    place = changed.find(b"PK\x01\x02")
    changed[place + 8] |= 1
    return bytes(changed)


def archive_of(name: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as made:
        made.writestr(name, "x")
    return content.getvalue()


HEADER = "логин школы;код обучающегося;вариант;всего баллов;балл за 1"
UNREADABLE = {
    "empty.xlsx": b"",
    "truncated.xlsx": workbook((0, 0, "x"), (5, 5, 1))[:3000],
    "torn.xlsx": workbook((0, 0, "x"))[:-30],
    "text.xlsx": b"a;b\n1;2\n",
    "page.xls": b"<html><table><tr><td>1</td></tr></table></html>",
    "page.csv": b"\xef\xbb\xbf <!DOCTYPE html><table></table>",
    "password.xlsx": OLE + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(600),
    "locked.xlsx": with_locked_part(),
    "broken.xls": OLE + bytes(5000),
    "bomb.xlsx": with_sheet_of(100),
    "liar.xlsx": with_false_size(with_sheet_of(30)),
    "far.xlsx": workbook((0, 0, "x"), (1_048_575, 16_383, 1)),
    "far_rows.xlsx": workbook((0, 0, "x"), (1_048_575, 60, 1)),
    "blank.xlsx": workbook(),
    "letters.xlsx": archive_of("word/document.xml"),
    "open.xlsx": archive_of("content.xml"),
    "plain.zip": archive_of("a.txt"),
    "dos.csv": HEADER.encode("cp866"),
    "koi.csv": HEADER.encode("koi8-r"),
    "noise.csv": bytes([0x80, 0x81, 0x98, 0xFF]) * 50,
    "zeros.csv": b"a,b\0\0\0\n1,2",
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_unreadable_file_gives_its_own_error_and_writes_nothing(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(UNREADABLE[name])
    with pytest.raises(UnreadableFileError) as caught:
        import_files([path], tmp_path / "town", definitions=load_definitions())
    assert caught.value.file == name
    assert caught.value.next_step
    assert caught.value.exit_code == 3
    assert sorted(p.name for p in tmp_path.iterdir()) == [name]


def test_reasons_differ_where_the_remedy_differs(tmp_path):
    said = set()
    names = (
        "empty.xlsx",
        "text.xlsx",
        "page.xls",
        "password.xlsx",
        "bomb.xlsx",
        "far.xlsx",
        "blank.xlsx",
        "dos.csv",
    )
    for name in names:
        (tmp_path / name).write_bytes(UNREADABLE[name])
        with pytest.raises(UnreadableFileError) as caught:
            import_files([tmp_path / name], tmp_path / "town", definitions=load_definitions())
        said.add(caught.value.rule)
    assert len(said) == len(names)


def test_far_cell_is_harmless_in_a_sheet_that_stays_small(tmp_path):
    archive.check_archive(workbook((0, 0, "x"), (10, 800, 1)), file="wide.xlsx")
    archive.check_archive(workbook((0, 0, "x"), (200_000, 3, 1)), file="long.xlsx")


def test_missing_file_folder_and_no_file_are_told_apart(tmp_path):
    definitions = load_definitions()
    with pytest.raises(MissingFileError):
        import_files([tmp_path / "no.xlsx"], tmp_path / "town", definitions=definitions)
    with pytest.raises(UnreadableFileError):
        import_files([tmp_path], tmp_path / "town", definitions=definitions)
    with pytest.raises(UsageError):
        import_files([], tmp_path / "town", definitions=definitions)
    with pytest.raises(MissingFileError):
        import_files([tmp_path], tmp_path / "town", definitions=definitions, key_file=tmp_path / "key")


def test_unknown_table_and_form_without_pupils_are_told_apart(tmp_path):
    definitions = load_definitions()
    other = tmp_path / "a.csv"
    other.write_text("Класс,Балл\n5,1\n", "utf-8")
    with pytest.raises(UnknownLayoutError, match="«Класс»; «Балл»"):
        import_files([other], tmp_path / "town", definitions=definitions)
    empty = tmp_path / "МА5 2021.csv"
    empty.write_text(HEADER + "\n", "utf-8")
    with pytest.raises(TableError):
        import_files([empty], tmp_path / "town", definitions=definitions)


def test_row_longer_than_the_header_is_left_out_and_reported(tmp_path):
    path = tmp_path / "МА5 2021.csv"
    rows = [HEADER, "edu220001;50001;1;1;1", "edu220001;50002;1;0;0,5;7", "edu220001;50003;1;1", ""]
    path.write_text("\n".join(rows), "utf-8")
    out = import_files([path], tmp_path / "town", definitions=load_definitions())
    assert out.rejected_rows.select("row", "rule").rows() == [(3, "extra_cells"), (4, "no_item_points")]
    assert out.files[0].works_n == 1


def test_header_repeated_in_the_body_is_passed_over(tmp_path):
    path = tmp_path / "МА5 2021.csv"
    rows = [HEADER, "edu220001;50001;1;1;1", HEADER.upper(), HEADER, "edu220001;50002;1;1;1"]
    path.write_text("\n".join(rows), "utf-8")
    out = import_files([path], tmp_path / "town", definitions=load_definitions())
    assert out.rejected_rows.is_empty()
    assert out.files[0].rows_n == 2


def test_a_workbook_under_another_ending_is_read_for_what_it_is(tmp_path):
    cells = [(0, place, word) for place, word in enumerate(HEADER.split(";"))]
    cells += [(1, place, cell) for place, cell in enumerate(["edu220001", 50001, 1, 1, 1])]
    path = tmp_path / "МА5 2021.csv"
    path.write_bytes(workbook(*cells))
    assert import_files([path], tmp_path / "town", definitions=load_definitions()).files[0].works_n == 1


def test_only_a_plan_is_no_import(tmp_path):
    path: Path = tmp_path / "план.csv"
    path.write_text("№ КИМ;Код КТ;Максимальный балл\n1;1.1;1\n", "utf-8")
    with pytest.raises(InputError):
        import_files([path], tmp_path / "town", definitions=load_definitions())
