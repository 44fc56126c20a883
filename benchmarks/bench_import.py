"""Import of a region's raw export (34 columns) against the bare reading of the same file, in CPU seconds.

Run: `python benchmarks/bench_import.py [2000 26000]`. Ours reads, checks every row, gives pseudonyms and writes the
authority folder; the peer python-calamine only turns the sheet into rows of Python cells, which is where ours begins.
openpyxl (read-only mode) is timed at up to 2,000 rows. Runs alternate, so that a noisy machine is noisy for both.
"""

from __future__ import annotations

import importlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import xlsxwriter
from python_calamine import CalamineWorkbook

from merilo.collect.exchange import import_files
from merilo.definitions import load_definitions

SIZES = (2_000, 26_000)
REPEATS = 5
SMALL = 2_000
ITEMS = 22  # with 12 other columns: 34
HEAD = (
    "логин школы",
    "регион",
    "номер обучающегося",
    "код обучающегося",
    "отметка за предыдущую четверть/триместр",
)
MORE = ("пол", "класс", "вариант", "всего баллов")
LAST = ("Учебник", "Др.уч. автор", "Др.уч. название")
NAME = "по русскому языку, 5 класс. ВПР 2021.xlsx"


def write_export(path: Path, pupils: int) -> None:
    """An export with the shares of X, «не пройд.», absentees and slips that real ones have."""
    rng = np.random.default_rng(1)
    points = (rng.random((pupils, ITEMS)) < 0.6).astype(int) + (rng.random((pupils, ITEMS)) < 0.1)
    letter = rng.random((pupils, ITEMS))
    absent = rng.random(pupils) < 0.1
    wrong = rng.random(pupils) < 0.001
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet("Sheet")
        sheet.write_row(0, 0, [*HEAD, *MORE, *(f"балл за {i + 1}" for i in range(ITEMS)), *LAST])
        for row in range(pupils):
            school = row // 40
            cells = [
                "X" if chance < 0.04 else "не пройд." if chance < 0.06 else int(given)
                for given, chance in zip(points[row], letter[row])
            ]
            total = sum(cell for cell in cells if isinstance(cell, int)) + int(wrong[row])
            first = [
                f"edu22{school:04d}",
                22,
                row + 1,
                50_001 + row % 40,
                2 + row % 4,
                "МЖ"[row % 2],
                "аАбБ"[row % 4],
            ]
            rest = ["отсутствовал", "", *[""] * ITEMS] if absent[row] else [1 + row % 2, total, *cells]
            sheet.write_row(row + 1, 0, [*first, *rest, f"Учебник {school % 5}", "", ""])


def bare_read(path: Path) -> None:
    """Rows of Python cells and nothing else."""
    CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()


def by_openpyxl(path: Path) -> None:
    """The same by openpyxl."""
    book = importlib.import_module("openpyxl").load_workbook(path, read_only=True)
    list(book.worksheets[0].iter_rows(values_only=True))


def whole_import(path: Path) -> None:
    """Ours into a new folder."""
    with tempfile.TemporaryDirectory() as folder:
        import_files([path], Path(folder) / "town", definitions=load_definitions())


def cpu_seconds(*runs: Callable[[Path], None], path: Path, repeats: int = REPEATS) -> list[float]:
    """Median CPU seconds of each of the runs, taken in turn."""
    taken: list[list[float]] = [[] for _ in runs]
    for _ in range(repeats):
        for run, seconds in zip(runs, taken):
            start = time.process_time()
            run(path)
            seconds.append(time.process_time() - start)
    return [statistics.median(seconds) for seconds in taken]


def peak_megabytes(path: Path) -> float:
    """Largest memory of a fresh process that imports the file."""
    done = subprocess.run(
        [sys.executable, __file__, "--peak", str(path)], capture_output=True, text=True, check=True
    )
    return float(done.stdout)


def rows(sizes: Sequence[int] = SIZES) -> list[dict[str, object]]:
    """Rows for the table of benchmarks."""
    found: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as folder:
        for pupils in sizes:
            path = Path(folder) / str(pupils) / NAME
            path.parent.mkdir()
            write_export(path, pupils)
            whole_import(path)  # the first one also loads the libraries
            ours, peer = cpu_seconds(whole_import, bare_read, path=path)
            task = f"import, {pupils:,} rows x 34 columns"
            peak = peak_megabytes(path)
            found.append(
                {
                    "task": task,
                    "ours_cpu_s": ours,
                    "peer": "calamine, bare read",
                    "peer_cpu_s": peer,
                    "peak_mb": peak,
                }
            )
            if pupils <= SMALL:
                found.append(
                    {"task": task, "ours_cpu_s": ours, "peer": "openpyxl", "peer_cpu_s": _slow(path)}
                )
    return found


def _slow(path: Path) -> float | None:
    try:
        return cpu_seconds(by_openpyxl, path=path, repeats=2)[0]
    except ModuleNotFoundError:
        return None


if __name__ == "__main__":
    if sys.argv[1:2] == ["--peak"]:
        whole_import(Path(sys.argv[2]))
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    else:
        for row in rows([int(size) for size in sys.argv[1:]] or SIZES):
            print(row)
