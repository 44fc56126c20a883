"""options.csv: the option that every work chose on every item of an exam, and the room where it was written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from merilo.collect.authority.folder import ProcedureFolder
from merilo.collect.authority.text_table import cleaned, read_text_table
from merilo.collect.authority.work_rows import file_labels
from merilo.collect.rejections import Rejections
from merilo.errors import TableError
from merilo.language import translator
from merilo.methods.arrays import BoolArray, IntArray
from merilo.tables.procedure import Item, Procedure
from merilo.tables.works import NOT_ADMINISTERED, NOT_ATTEMPTED

_ = translator("collect")

NONE_CHOSEN = -1
# A longer text is an essay in the wrong file, not an answer that two pupils may give alike.
LONGEST_OPTION = 40
# No room holds more pupils: "101" of many buildings would be taken for one room.
LARGEST_ROOM = 400
# Above this share of answers that contradict the points, the key itself is wrong.
MOST_CONTRADICTIONS = 0.5
FEWEST_FOR_KEY = 20
# Letters that look alike in the two alphabets are one option, whoever typed it.
_LATIN, _CYRILLIC = "ABCEHKMOPTX", "АВСЕНКМОРТХ"


@dataclass(frozen=True, slots=True)
class CheckedOptions:
    """Options of the rows of the works (n,). work (n,) text, null without options; room (n,) row of rooms, -1 none.

    items (M,): rows of procedure.items; texts (M,): options that occur; keys (M,): row of the right one, -1 not
    given or never chosen; codes: M arrays (n,) rows of texts, -1 none.
    """

    work: pl.Series
    room: NDArray[np.int32]
    rooms: tuple[str, ...]
    items: tuple[int, ...]
    texts: tuple[tuple[str, ...], ...]
    keys: tuple[int, ...]
    codes: tuple[NDArray[np.int16], ...]


def plain_option(values: pl.Series) -> pl.Series:
    """Options as they are compared: no blanks around, capital letters, one alphabet for letters that look alike,
    a decimal point; empty is null.
    """
    words = cleaned(values).str.to_uppercase().str.replace_all(",", ".", literal=True)
    for latin, cyrillic in zip(_LATIN, _CYRILLIC, strict=True):
        words = words.str.replace_all(latin, cyrillic, literal=True)
    return words


def plain_key(item: Item) -> str:
    """The right option of an item as options are compared; "" where it is not given."""
    return str(plain_option(pl.Series([item.key]))[0] or "") if item.key else ""


def read_options(
    source: ProcedureFolder, frame: pl.DataFrame, points: list[NDArray[np.int8]], kept: BoolArray
) -> tuple[CheckedOptions | None, list[pl.DataFrame]]:
    """Options of the rows of `frame` that are present and kept, and rows of `rejected_rows`.

    points: I arrays (n,). None where no folder has options. Raises TableError for a file that cannot be used.
    """
    found = [
        (path, works, label)
        for path, works, label in zip(source.options, source.works, file_labels(source.works), strict=True)
        if path is not None
    ]
    if not found:
        return None, []
    rows, faults = [], []
    for path, works, label in found:
        _check_tables(path, works, frame, source.procedure)
        one, fault = _read_file(path, frame, label, kept, source.procedure)
        rows.append(one)
        faults.append(fault)
    table = pl.concat(rows, how="diagonal")
    rejections = Rejections(table["_file"], table["_row"])
    checked = _code_options(table, source.procedure, points, frame.height, rejections, found[0][0])
    return checked, [*faults, rejections.frame()]


def _check_tables(path: Path, works: Path, frame: pl.DataFrame, procedure: Procedure) -> None:
    if procedure.score_only:
        raise TableError(
            _("Chosen options need items.csv: one row for each item"),
            file=path,
            next_step=_("Add items.csv and the points of the items, or take the file away."),
        )
    if "work_id" not in frame.columns:
        raise TableError(
            _("Chosen options are joined to the works by work_id, and the works have no such column"),
            file=works,
            row=1,
            column="work_id",
            next_step=_("Add work_id to the works, or take {name} away.").format(name=path.name),
        )


def _read_file(
    path: Path, frame: pl.DataFrame, label: str, kept: BoolArray, procedure: Procedure
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows of one file with `_place`, the row of `frame`, and those that were not accepted."""
    table = read_text_table(path)
    known = [item.item_id for item in procedure.items if item.item_id in table.columns]
    for wanted, there in (("work_id", "work_id" in table.columns), (procedure.items[0].item_id, bool(known))):
        if not there:
            raise TableError(
                _("The options have no column {name}").format(name=wanted),
                file=path,
                row=1,
                column=wanted,
                next_step=_("The columns are: {known}.").format(known=", ".join(table.columns)),
            )
    columns = ["work_id", *(["room"] if "room" in table.columns else []), *known]
    empty = table.select(pl.all_horizontal(pl.col(columns).is_null())).to_series()
    table = table.select(
        cleaned(table["work_id"]).alias("work_id"),
        *columns[1:],
        pl.lit(f"{path.parent.name}/{path.name}").alias("_file"),
        pl.int_range(2, table.height + 2, dtype=pl.Int64).alias("_row"),
    ).filter(~empty)
    mine = frame.select(
        cleaned(frame["work_id"]).alias("work_id"), "_file", pl.Series("_kept", kept)
    ).with_row_index("_place")
    mine = mine.filter((mine["_file"] == label) & mine["work_id"].is_not_null()).unique(
        "work_id", keep="first", maintain_order=True
    )
    table = table.join(
        mine.select("work_id", "_place", "_kept"), on="work_id", how="left", maintain_order="left"
    )
    good, faults = _check_rows(table)
    return table.filter(pl.Series(good)), faults


def _check_rows(table: pl.DataFrame) -> tuple[BoolArray, pl.DataFrame]:
    """Which rows name one accepted work (n,), and the others with what is wrong."""
    rejections = Rejections(table["_file"], table["_row"])
    ids = table["work_id"]
    nameless = ids.is_null().to_numpy()
    twin = ~nameless & ~ids.is_first_distinct().to_numpy()
    unknown = ~nameless & table["_place"].is_null().to_numpy()
    unused = ~nameless & ~unknown & ~table["_kept"].fill_null(value=False).to_numpy()
    for where, rule, message in (
        (
            nameless,
            "option_work_missing",
            _("The row names no work; it is left out. Write the work_id of the works."),
        ),
        (
            twin,
            "duplicate_options",
            _("A row with this work_id stands above; this one is left out. Keep the one that is right."),
        ),
        (
            unknown & ~twin,
            "option_work_unknown",
            _("The works have no work_id like this; the row is left out. Compare the two files."),
        ),
        (
            unused & ~twin,
            "option_work_not_used",
            _("The work is absent or was not accepted; its options are left out."),
        ),
    ):
        rejections.add(where, column="work_id", values=ids, rule=rule, message=message)
    return ~(nameless | twin | unknown | unused), rejections.frame()


def _code_options(
    table: pl.DataFrame,
    procedure: Procedure,
    points: list[NDArray[np.int8]],
    n: int,
    rejections: Rejections,
    path: Path,
) -> CheckedOptions:
    place = table["_place"].cast(pl.Int64).to_numpy()
    items, texts, keys, codes = [], [], [], []
    for row, item in enumerate(procedure.items):
        if item.item_id not in table.columns:
            continue
        words = _usable(table, item, points[row][place], rejections)
        _check_key(words, item, points[row][place], rejections, path)
        names = words.drop_nulls().unique().sort()
        numbers = words.replace_strict(
            names, pl.Series(range(len(names)), dtype=pl.Int16), default=NONE_CHOSEN, return_dtype=pl.Int16
        )
        column = np.full(n, NONE_CHOSEN, np.int16)
        column[place] = numbers.to_numpy()
        items.append(row)
        texts.append(tuple(names))
        keys.append(texts[-1].index(key) if (key := plain_key(item)) in texts[-1] else -1)
        codes.append(column)
    work = pl.Series([None] * n, dtype=pl.String).scatter(place, table["work_id"])
    room, rooms = _read_rooms(table, place, n, path)
    return CheckedOptions(work, room, rooms, tuple(items), tuple(texts), tuple(keys), tuple(codes))


def _usable(table: pl.DataFrame, item: Item, points: NDArray[np.int8], rejections: Rejections) -> pl.Series:
    """Options of one item; what cannot be an answer becomes null and is reported."""
    words = plain_option(table[item.item_id])
    words = words.set(pl.Series(points == NOT_ATTEMPTED) & (words == "Х").fill_null(value=False), None)
    long = (words.str.len_chars() > LONGEST_OPTION).fill_null(value=False).to_numpy()
    strange = words.is_not_null().to_numpy() & (points == NOT_ADMINISTERED)
    rejections.add(
        long,
        column=item.item_id,
        values=table[item.item_id].cast(pl.String).str.head(LONGEST_OPTION),
        rule="option_too_long",
        message=_(
            "An option has at most {most} characters; the cell counts as empty. Write a code of the answer."
        ).format(most=LONGEST_OPTION),
    )
    rejections.add(
        strange & ~long,
        column=item.item_id,
        values=table[item.item_id],
        rule="option_not_administered",
        message=_(
            "The works say that this item was not administered; the option counts as empty. Compare the two files."
        ),
    )
    return words.set(pl.Series(long | strange), None)


def _check_key(
    words: pl.Series, item: Item, points: NDArray[np.int8], rejections: Rejections, path: Path
) -> None:
    """Report options that contradict the points; refuse a key that contradicts most of them."""
    key = plain_key(item)
    if not key:
        return
    chosen = words.is_not_null().to_numpy()
    right = (words == key).fill_null(value=False).to_numpy()
    against = chosen & ((right & (points <= 0)) | (~right & (points == item.max_points)))
    if chosen.sum() >= FEWEST_FOR_KEY and against.sum() > MOST_CONTRADICTIONS * chosen.sum():
        raise TableError(
            _("The key of the item {name} contradicts the points of {n} of {of} works").format(
                name=item.item_id, n=int(against.sum()), of=int(chosen.sum())
            ),
            file=path.parent / "items.csv",
            column="key",
            value=item.key,
            next_step=_("Correct the key in items.csv, or the column of this item in {name}.").format(
                name=path.name
            ),
        )
    rejections.add(
        against,
        column=item.item_id,
        values=words,
        rule="option_against_points",
        message=_("The option and the points contradict each other by the key; both are kept as they are."),
    )


def _read_rooms(
    table: pl.DataFrame, place: IntArray, n: int, path: Path
) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    room = np.full(n, -1, np.int32)
    if "room" not in table.columns:
        return room, ()
    words = cleaned(table["room"])
    counts = words.drop_nulls().value_counts(sort=True)
    if counts.height and counts["count"][0] > LARGEST_ROOM:
        raise TableError(
            _("{n} works name the same room; a room holds at most {most}").format(
                n=counts["count"][0], most=LARGEST_ROOM
            ),
            file=path,
            column="room",
            value=counts["room"][0],
            next_step=_("Write the building and the room, so that one text names one room."),
        )
    names = words.drop_nulls().unique().sort()
    codes = words.replace_strict(
        names, pl.Series(range(len(names)), dtype=pl.Int32), default=-1, return_dtype=pl.Int32
    )
    room[place] = codes.to_numpy()
    return room, tuple(names)
