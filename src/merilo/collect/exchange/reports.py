"""What was not accepted as it stood, gathered rule by rule."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from merilo.collect.exchange.rules import LEFT_OUT, sentence
from merilo.methods.arrays import BoolArray, IntArray

SCHEMA = {
    "file": pl.String,
    "row": pl.Int64,
    "column": pl.String,
    "value": pl.String,
    "rule": pl.String,
    "message": pl.String,
    "source": pl.String,
}


class Reports:
    """Gathers rows of `rejected_rows` for one sheet.

    file_row (n,): row in the file of each pupil's row; source: begin of the file's sha256, which tells files of
    one name apart.
    """

    def __init__(self, file_row: IntArray, *, label: str, source: str) -> None:
        self._file_row = file_row
        self._label = label
        self._source = source
        self._left_out = np.zeros(len(file_row), bool)
        self._reported = np.zeros(len(file_row), bool)
        self._found: list[pl.DataFrame] = []

    @property
    def left_out(self) -> BoolArray:
        """Rows (n,) that some rule leaves out."""
        return self._left_out

    @property
    def adjusted(self) -> BoolArray:
        """Rows (n,) that are kept although something was reported."""
        return self._reported & ~self._left_out

    def note(
        self, rule: str, where: BoolArray, column: str = "", values: Sequence[str] | None = None
    ) -> None:
        """Report the rows of the mask `where` (n,); values: one text for each of them, None to repeat nothing."""
        rows = self._file_row[where]
        if not rows.size:
            return
        self._reported |= where
        if rule in LEFT_OUT:
            self._left_out |= where
        m = len(rows)
        self._found.append(
            pl.DataFrame(
                {
                    "file": [self._label] * m,
                    "row": rows,
                    "column": [column or None] * m,
                    "value": [None] * m if values is None else list(values),
                    "rule": [rule] * m,
                    "message": [sentence(rule)] * m,
                    "source": [self._source] * m,
                },
                schema=SCHEMA,
            )
        )

    def frame(self) -> pl.DataFrame:
        """All reports in the order of the file."""
        found = pl.concat([pl.DataFrame(schema=SCHEMA), *self._found])
        return found.sort("file", "row", maintain_order=True)
