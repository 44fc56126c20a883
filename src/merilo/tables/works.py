"""The heavy corridor: one Parquet file of works per procedure, written once by `collect`, read by `measure`.

Rows are works of pupils entered, sorted by school and class, so that sums by school are sums of runs.
All codes are small integers; names stay in `WorksFile`. No pupil can be found from this file.

column            dtype    meaning
`org`             Int32    row of WorksFile.org_ids
`klass`           Int32    row of WorksFile.class_org / class_ids (a class belongs to one school)
`variant`         Int16    row of WorksFile.variants
`present`         Int8     1 present, 0 absent
`sex`             Int8     0 unknown, 1 girl, 2 boy
`journal_mark`    Int8     2-5; 0 unknown
`mark`            Int8     2-5; 0 none
`score`           Float64  points over the administered items, or the given score; NaN when absent
`i0` … `i<I-1>`   Int8     points of the item; NOT_ADMINISTERED; NOT_ATTEMPTED (counts as 0 points)
`c0` … `c<C-1>`   Float64  covariates (WorksFile.covariates); NaN unknown
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from merilo.tables.procedure import Procedure

NOT_ADMINISTERED = -1
NOT_ATTEMPTED = -2

# Works in a row group: the unit of work of an engine, and the bound of its memory (about 25 MB decoded).
ROW_GROUP = 1 << 19

SEXES = ("", "f", "m")


@dataclass(frozen=True, slots=True)
class Covariate:
    """A covariate of the school effects: role "prior" or "context"; level pupil, class or year_group.

    procedure_id: where a joined prior comes from ("" for the file's own column).
    """

    name: str
    role: str
    level: str = "pupil"
    procedure_id: str = ""


@dataclass(frozen=True, slots=True)
class OptionsFile:
    """The options chosen, a Parquet file beside the works file with the same rows in the same order.

    Columns: `work` String, work_id of the input, null for a work without options; `room` Int32, row of `rooms`, -1
    none; `o0` … `o<M-1>` Int16, row of texts[m], -1 none chosen or absent.
    items (M,): rows of procedure.items; texts (M,): options that occur, sorted; keys (M,): row of the right one, -1 not
    known.
    Rows are pupils: this file stays in the scratch folder of a run.
    """

    path: Path
    sha256: str
    rooms: tuple[str, ...]
    items: tuple[int, ...]
    texts: tuple[tuple[str, ...], ...]
    keys: tuple[int, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the options, in the order of `items`."""
        return tuple(f"o{m}" for m in range(len(self.items)))


@dataclass(frozen=True, slots=True)
class WorksFile:
    """A works file and the names behind its codes.

    org_ids (J,); class_org (L,) row of org_ids, class_ids (L,); variants (V,); rows: works entered;
    options: the options chosen, None where the input has none.
    """

    path: Path
    sha256: str
    procedure: Procedure
    org_ids: tuple[str, ...]
    class_org: tuple[int, ...]
    class_ids: tuple[str, ...]
    variants: tuple[str, ...]
    covariates: tuple[Covariate, ...]
    rows: int
    row_groups: int
    total_mismatch_n: int = 0
    notes: tuple[str, ...] = ()
    options: OptionsFile | None = None

    @property
    def item_columns(self) -> tuple[str, ...]:
        """Columns of the items, in the order of procedure.items."""
        return tuple(f"i{k}" for k in range(len(self.procedure.items)))

    @property
    def covariate_columns(self) -> tuple[str, ...]:
        """Columns of the covariates, in the order of `covariates`."""
        return tuple(f"c{k}" for k in range(len(self.covariates)))
