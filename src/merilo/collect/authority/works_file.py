"""The works file: checked rows sorted by school and class, named by its content."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray
from polars.exceptions import PolarsError

from merilo.collect.authority.cells import read_codes
from merilo.collect.authority.covariates import Covariates
from merilo.collect.authority.options import CheckedOptions
from merilo.collect.authority.text_table import cleaned
from merilo.errors import OutputError
from merilo.language import translator
from merilo.methods.arrays import BoolArray
from merilo.tables.procedure import Procedure
from merilo.tables.works import ROW_GROUP, OptionsFile, WorksFile

_ = translator("collect")


@dataclass(frozen=True, slots=True)
class CheckedRows:
    """Rows of the input (n,) as numbers, and which of them are kept.

    columns: present, sex, journal_mark, mark, score; points: I arrays int8; total_mismatch_n: works whose points do not
    add up to the printed total; options: None where the input has no chosen options.
    """

    frame: pl.DataFrame
    kept: BoolArray
    columns: dict[str, NDArray[np.generic]]
    points: list[NDArray[np.int8]]
    covariates: Covariates
    total_mismatch_n: int
    options: CheckedOptions | None = None


def write_works_file(procedure: Procedure, checked: CheckedRows, scratch: Path) -> WorksFile:
    """Write the kept rows into `scratch`; the name of the file is the hash of its content."""
    rows = checked.frame.filter(pl.Series(checked.kept))
    org, org_ids = read_codes(rows["org_id"])
    class_code, class_names = _codes_of(rows, "class_id")
    variant, variants = _codes_of(rows, "variant")
    pairs, klass = np.unique(org.astype(np.int64) * len(class_names) + class_code, return_inverse=True)
    table = pl.DataFrame(
        {
            "org": org,
            "klass": klass.astype(np.int32),
            "variant": variant.astype(np.int16),
            **{name: values[checked.kept] for name, values in checked.columns.items()},
            **{f"i{k}": values[checked.kept] for k, values in enumerate(checked.points)},
            **{f"c{k}": values[checked.kept] for k, values in enumerate(checked.covariates.values)},
        }
    )
    # By everything else, too: the same works give the same file in whatever order they came.
    table = table.with_row_index("_row").sort(*table.columns, "_row")
    order = table["_row"].to_numpy().astype(np.intp)
    table = table.drop("_row")
    path, sha256 = _store(table, scratch)
    return WorksFile(
        path=path,
        sha256=sha256,
        procedure=procedure,
        org_ids=org_ids,
        class_org=tuple(int(pair) // len(class_names) for pair in pairs),
        class_ids=tuple(class_names[int(pair) % len(class_names)] for pair in pairs),
        variants=variants,
        covariates=checked.covariates.columns,
        rows=table.height,
        row_groups=-(-table.height // ROW_GROUP),
        total_mismatch_n=checked.total_mismatch_n,
        notes=checked.covariates.notes,
        options=None
        if checked.options is None
        else _write_options(checked.options, checked.kept, order, scratch),
    )


def _write_options(
    options: CheckedOptions, kept: BoolArray, order: NDArray[np.intp], scratch: Path
) -> OptionsFile:
    """The options of the kept rows in the order of the works file (`order` among the kept)."""
    rows = np.flatnonzero(kept)[order]
    table = pl.DataFrame(
        {
            "work": options.work.gather(rows),
            "room": options.room[rows],
            **{f"o{m}": codes[rows] for m, codes in enumerate(options.codes)},
        }
    )
    path, sha256 = _store(table, scratch)
    return OptionsFile(path, sha256, options.rooms, options.items, options.texts, options.keys)


def pupil_scores(checked: CheckedRows) -> pl.DataFrame:
    """pupil_id, org_id, class_id and score of the works present: what a later procedure may take as prior."""
    here = checked.frame.filter(pl.Series(checked.kept & (checked.columns["present"] == 1)))
    score = checked.columns["score"][checked.kept & (checked.columns["present"] == 1)]
    return here.select(
        (cleaned(here[name]) if name in here.columns else pl.lit(None, pl.String)).alias(name)
        for name in ("pupil_id", "org_id", "class_id")
    ).with_columns(pl.Series("score", score))


def _store(table: pl.DataFrame, scratch: Path) -> tuple[Path, str]:
    scratch.mkdir(parents=True, exist_ok=True)
    path = scratch / "writing.parquet"
    try:
        table.write_parquet(path, compression="lz4", statistics=False, row_group_size=ROW_GROUP)
    except (PolarsError, OSError) as error:  # polars tells of a full disk as of a Parquet fault
        raise OutputError(
            _("The works cannot be written for the run: is the disk full?"),
            file=scratch,
            next_step=_("Free some space and run again."),
        ) from error
    with path.open("rb") as written:
        sha256 = hashlib.file_digest(written, "sha256").hexdigest()
    return path.replace(scratch / f"{sha256}.parquet"), sha256


def _codes_of(rows: pl.DataFrame, name: str) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    if name not in rows.columns:
        return np.zeros(rows.height, np.int32), ("",)
    return read_codes(rows[name])
