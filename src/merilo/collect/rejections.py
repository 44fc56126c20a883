"""What was not accepted as it stood: gathered row by row, said in words."""

from __future__ import annotations

import numpy as np
import polars as pl

from merilo.methods.arrays import BoolArray
from merilo.tables import TABLES


class Rejections:
    """Gathers rows of the table `rejected_rows`.

    file (n,), row (n,): where each row of the frame under check stands in its file.
    """

    def __init__(self, file: pl.Series, row: pl.Series) -> None:
        self._file = file
        self._row = row
        self._found: list[pl.DataFrame] = []

    def add(
        self, where: BoolArray, *, column: str, values: pl.Series | None, rule: str, message: str
    ) -> None:
        """Note the rows of the mask `where` as breaking `rule`; values None: the value is not repeated."""
        places = pl.Series(np.flatnonzero(where))
        if places.is_empty():
            return
        seen = pl.lit(None, pl.String) if values is None else pl.Series(values.gather(places).cast(pl.String))
        self._found.append(
            pl.DataFrame({"file": self._file.gather(places), "row": self._row.gather(places)}).with_columns(
                pl.lit(column).alias("column"),
                seen.alias("value") if isinstance(seen, pl.Expr) else seen.rename("value"),
                pl.lit(rule).alias("rule"),
                pl.lit(message).alias("message"),
            )
        )

    def frame(self) -> pl.DataFrame:
        """All that was gathered, in the columns of `rejected_rows`."""
        table = TABLES["rejected_rows"]
        rows = [found.select(pl.col(c.name).cast(c.dtype) for c in table.columns) for found in self._found]
        return pl.concat([table.empty(), *rows])
