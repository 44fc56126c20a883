"""Classical statistics of published tests.

LSAT section 6 (Bock & Lieberman 1970), R package ltm, `descript(LSAT)`: proportions right .924 .709 .553 .763 .870,
Cronbach's alpha .2950 (quoted from memory, not looked up; the naive twin in tests/properties is the firm witness).
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from merilo.methods.classical import describe_items, describe_test
from merilo.methods.irt.cells import cells_from_matrix

PRINTED = 5e-5  # four decimals


@pytest.mark.published
def test_lsat_alpha_is_the_published_one(published: Callable[[str], Path]) -> None:
    with (published("ltm") / "LSAT.csv").open(encoding="utf-8") as file:
        rows = list(csv.reader(file))
    start = len(rows[0]) - 5
    works = np.array([[int(cell) for cell in row[start:]] for row in rows[1:]])
    cells = cells_from_matrix(works, np.ones(5, dtype=np.int64))
    assert describe_items(cells).mean_share == pytest.approx([0.924, 0.709, 0.553, 0.763, 0.870], abs=PRINTED)
    test = describe_test(cells)
    assert test.alpha[0] == pytest.approx(0.2950, abs=PRINTED)
    assert test.mean[0] == pytest.approx(3.819, abs=PRINTED)
