"""Whatever stands in the files: a run's reader ends in tables or in a MeriloError, and loses no row."""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from merilo.collect.authority import collect_works, read_authority, reading_order
from merilo.definitions import load_definitions
from merilo.errors import MeriloError

ITEMS = "item_id,max_points\na,1\nb,2\n"
# Rules whose rows are left out of the works; other rules report a row and keep it.
LEFT_OUT = (
    "points_out_of_range", "score_missing", "score_out_of_range", "status_unknown", "organisation_missing",
    "nothing_administered", "duplicate_work", "row_too_short",
)  # fmt: skip
QUICK = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

CELL = st.sampled_from(
    ["0", "1", "2", "3", "-1", "X", "х", "", " ", "1.0", "1,0", "nan", "inf", "да", "не пройд.",
     "1e9", "\u00a01", "²", "0x1", "1_0", "+1", "--"]
)  # fmt: skip
ROW = st.fixed_dictionaries(
    {
        "work_id": st.sampled_from(["", "1", "2", "3", "4", "5", "6"]),
        "org_id": st.sampled_from(["", "s", "t", "Школа № 1", " s "]),
        "status": st.sampled_from(["", "present", "absent", "gone"]),
        "mark": st.sampled_from(["", "2", "5", "6", "n"]),
        "x_home": st.sampled_from(["", "1", "2.5", "село", "inf"]),
        "a": CELL,
        "b": CELL,
        "score": CELL,
    }
)


def write(folder: Path, works: bytes, *, items: str | None = ITEMS) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    place = folder / "procedures" / "p"
    place.mkdir(parents=True)
    (place / "procedure.toml").write_text('id = "p"\n[cut_scores]\n"3" = 1\n"4" = 2\n', encoding="utf-8")
    (place / "works.csv").write_bytes(works)
    if items is not None:
        (place / "items.csv").write_text(items, encoding="utf-8")


def collected(folder: Path, scratch: Path):
    authority = read_authority([folder], load_definitions())
    (source,) = reading_order(authority.procedures)
    return collect_works(source, scratch)


@QUICK
@given(rows=st.lists(ROW, min_size=1, max_size=12), separator=st.sampled_from(",;\t"))
def test_messy_rows_are_accepted_or_rejected_never_lost(
    tmp_path: Path, rows: list[dict[str, str]], separator: str
) -> None:
    frame = pl.DataFrame(rows)
    for items in (ITEMS, None):
        write(tmp_path / "town", frame.write_csv(separator=separator).encode(), items=items)
        try:
            one = collected(tmp_path / "town", tmp_path / "scratch")
        except MeriloError as error:
            assert error.exit_code == 3
            continue
        out = one.rejected.filter(pl.col("rule").is_in(LEFT_OUT))["row"].n_unique()
        empty = sum(all(cell == "" for cell in row.values()) for row in rows)
        assert one.file.rows + out + empty == len(rows)
        read = pl.read_parquet(one.file.path)
        assert read.height == one.file.rows
        present = read.filter(pl.col("present") == 1)
        assert present["score"].is_finite().all()
        if items:
            assert present["i0"].is_between(-2, 1).all()
            assert present["i1"].is_between(-2, 2).all()
            assert (present["score"] == present["i0"].clip(0) + present["i1"].clip(0)).all()


@QUICK
@given(
    content=st.one_of(
        st.binary(max_size=400), st.text(alphabet="ab,;\t\n\r\" 'X01é№\x00", max_size=200).map(str.encode)
    )
)
@pytest.mark.parametrize("name", ["works.csv", "items.csv", "skills.csv", "procedure.toml", "works.parquet"])
def test_noise_in_any_file_is_answered_by_a_sentence(tmp_path: Path, name: str, content: bytes) -> None:
    write(tmp_path / "town", b"org_id,a,b\ns,1,1\nt,0,2\n")
    place = tmp_path / "town" / "procedures" / "p"
    if name == "works.parquet":
        (place / "works.csv").unlink()
    (place / name).write_bytes(content)
    try:
        collected(tmp_path / "town", tmp_path / "scratch")
    except MeriloError as error:
        assert error.exit_code in (3, 4)
        assert error.sentence()


@QUICK
@given(
    content=st.one_of(
        st.binary(max_size=300), st.text(alphabet='org_id,pulsame;\n\r" 0123', max_size=120).map(str.encode)
    )
)
@pytest.mark.parametrize("name", ["organisations.csv", "enrolment.csv", "teachers.csv", "authority.toml"])
def test_noise_in_the_files_of_the_authority(tmp_path: Path, name: str, content: bytes) -> None:
    write(tmp_path / "town", b"org_id,a,b\ns,1,1\nt,0,2\n")
    (tmp_path / "town" / name).write_bytes(content)
    try:
        read_authority([tmp_path / "town"], load_definitions())
    except MeriloError as error:
        assert error.exit_code == 3


@QUICK
@given(
    data=st.data(),
    head=st.sampled_from(["org_id,a,b", "org_id;a;b", "\ufefforg_id,a,b", "a,b,org_id", '"org_id","a","b"']),
)
def test_a_whole_file_cut_anywhere_never_gives_points_that_nobody_wrote(
    tmp_path: Path, data: st.DataObject, head: str
) -> None:
    """Every row of the whole file has 1 point in `a` and 2 in `b`: a cut file may lose rows, not change them."""
    cells = {"org_id": "school", "a": "1", "b": "2"}
    separator = ";" if ";" in head else ","
    names = head.replace('"', "").replace("\ufeff", "").split(separator)
    whole = "\n".join([head] + [separator.join(cells[name] for name in names)] * 6) + "\n"
    cut = data.draw(st.integers(len(head.encode()) + 1, len(whole.encode())))
    left = whole.encode()[:cut]
    if left.endswith(separator.encode()):
        return  # the last cell is gone without a trace: such a row is written so where an item was not administered
    write(tmp_path / "town", left)
    try:
        one = collected(tmp_path / "town", tmp_path / "scratch")
    except MeriloError:
        return
    read = pl.read_parquet(one.file.path)
    # A name cut in the middle is another school; points are whole or the row is left out.
    assert set(read["i0"]) == {1}
    assert set(read["i1"]) == {2}
