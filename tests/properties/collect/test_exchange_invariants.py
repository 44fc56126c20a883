"""What must hold for any file: order of rows does not matter, nothing is lost, the quick reading is the slow one."""

from __future__ import annotations

import csv
import re
import tempfile
from pathlib import Path

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from merilo.collect.exchange import import_files
from merilo.collect.exchange.cells import points_of, read_item_columns
from merilo.collect.exchange.words import shown
from merilo.definitions import load_definitions

HEADER = ["логин школы", "код обучающегося", "класс", "вариант", "всего баллов", "балл за 1", "балл за 2"]
CELLS = st.sampled_from(["0", "1", "2", "1,0", "X", "Х", "не пройд.", "", "H", "-1", "\xa01", "30"])
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["edu220001", "sch220001", "edu220002", ""]),
        st.integers(50_001, 50_012).map(str) | st.just(""),
        st.sampled_from(["а", "А", "A", "Б", "нет"]),
        st.sampled_from(["1", "2", "\xa01", "отсутствовал", "0", ""]),
        st.sampled_from(["0", "1", "2", "3", "", "9"]),
        CELLS,
        CELLS,
    ),
    min_size=1,
    max_size=12,
)
QUICK = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def bring_in(rows, folder: Path):
    path = folder / "МА5 2021.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=";").writerows([HEADER, *rows])
    (folder / "key").write_bytes(b"k")
    return import_files([path], folder / "town", definitions=load_definitions(), key_file=folder / "key")


def holds_pupil(row) -> bool:
    return bool(row[1]) or any(cell.strip("\xa0 ") for cell in row[5:])


@QUICK
@given(ROWS.filter(lambda rows: any(map(holds_pupil, rows))))
def test_every_row_is_either_written_or_reported_as_left_out(rows):
    with tempfile.TemporaryDirectory() as name:
        out = bring_in(rows, Path(name))
        file = out.files[0]
        assert file.rows_n == sum(map(holds_pupil, rows))
        assert file.works_n + file.rejected_n == file.rows_n
        found = pl.read_parquet(Path(name) / "town/procedures/vpr_mathematics_5_2021/works.parquet")
        assert found.height == file.works_n
        assert found["work_id"].n_unique() == found.height
        reported = set(out.rejected_rows["row"])
        assert reported <= set(range(2, len(rows) + 2))
        assert len(reported) == file.rejected_n + file.adjusted_n


@QUICK
@given(ROWS.filter(lambda rows: any(map(holds_pupil, rows))), st.randoms(use_true_random=False))
def test_order_of_rows_does_not_matter_where_codes_are_unique(rows, random):
    unique = list({(re.sub("sch", "edu", row[0]), row[1]): row for row in rows}.values())
    shuffled = unique.copy()
    random.shuffle(shuffled)
    frames = []
    for some in (unique, shuffled):
        with tempfile.TemporaryDirectory() as name:
            out = bring_in(some, Path(name)) if any(map(holds_pupil, some)) else None
            if out is None:
                return
            frames.append(
                pl.read_parquet(Path(name) / "town/procedures/vpr_mathematics_5_2021/works.parquet")
            )
    assert frames[0].equals(frames[1])


@given(st.lists(st.tuples(CELLS | st.floats(0, 5), CELLS), min_size=1))
def test_columns_read_at_once_are_cells_read_one_by_one(rows):
    columns = [list(column) for column in zip(*rows)]
    assert read_item_columns(columns).tolist() == [[points_of(cell) for cell in row] for row in rows]


@given(st.text(min_size=5))
def test_a_word_of_five_letters_is_never_shown(text):
    letters = re.findall(r"[^\W\d_]{5,}", " ".join(text.split()))
    assert not any(word in shown(text) for word in letters)
