"""Which files a procedure becomes in an exchange layout, and under which names people keep them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from merilo.simulate.authority import World
from merilo.simulate.blueprint import SUBJECT_NAMES
from merilo.simulate.exchange.forms import write_collection, write_f1, write_form2022
from merilo.simulate.exchange.mess import Fault, plant_faults
from merilo.simulate.exchange.plan import plan_folder, write_plan
from merilo.simulate.exchange.protocol import Protocol, protocol_of
from merilo.simulate.exchange.raw import write_raw2020, write_raw2021
from merilo.simulate.sitting import SimulatedProcedure

EXCHANGE_LAYOUTS = ("raw2020", "raw2021", "form2022", "collection", "f1", "plan")
SUBJECT_DATIVE = {"MA": "математике", "RU": "русскому языку"}
FAULT_SCHEMA = {
    "file": pl.String,
    "row": pl.Int64,
    "column": pl.String,
    "fault": pl.String,
    "written": pl.String,
    "true_value": pl.String,
    "reported": pl.Int8,
}


def write_exchange(
    world: World, held: SimulatedProcedure, out: Path, *, layout: str, mess: float
) -> pl.DataFrame:
    """Write one procedure's files; returns the planted faults (file, row from 1, column, fault, …)."""
    planned = held.planned
    if planned.blueprint.kind != "vpr":
        return pl.DataFrame(schema=FAULT_SCHEMA)
    spring = planned.procedure.date[:4]
    if layout == "plan":
        write_plan(planned.blueprint, out / plan_folder(planned.blueprint, spring))
        return pl.DataFrame(schema=FAULT_SCHEMA)
    order = world.planned.index(planned)
    if layout == "collection":
        return _write_by_school(world, held, out, order, mess)
    rows = np.flatnonzero(held.present) if layout == "f1" else None
    protocol = protocol_of(world, held, rows)
    faults = plant_faults(protocol, mess, np.random.default_rng([world.mess_seed, order]))
    path = out / file_name(held, layout)
    if layout == "raw2021":
        file_rows = write_raw2021(world, protocol, path, beyond=mess > 0)
    elif layout == "raw2020":
        file_rows = write_raw2020(
            world, protocol, path, beyond=mess > 0, two_parts=planned.blueprint.subject == "RU"
        )
    elif layout == "form2022":
        file_rows = write_form2022(world, planned, protocol, path)
    else:
        file_rows = write_f1(world, planned, protocol, path)
    return _fault_frame(path.name, file_rows, faults)


def file_name(held: SimulatedProcedure, layout: str) -> str:
    """The name under which such a file comes."""
    blueprint, spring = held.planned.blueprint, held.planned.procedure.date[:4]
    subject, grade = SUBJECT_NAMES[blueprint.subject], blueprint.year_group
    if layout in ("raw2020", "raw2021"):
        return f"Результаты по {SUBJECT_DATIVE[blueprint.subject]}, {grade} класс. ВПР {spring}.xlsx"
    if layout == "form2022":
        return f"Протокол {subject} {grade} класс ВПР {spring}.xlsx"
    if layout == "f1":
        return f"Ф1 Индивидуальные результаты {subject} {grade} класс {spring}.xlsx"
    return f"Форма сбора результатов {subject} {grade} класс ВПР {spring}.xlsx"


def _write_by_school(
    world: World, held: SimulatedProcedure, out: Path, order: int, mess: float
) -> pl.DataFrame:
    """The collection form is one school's: a folder per school."""
    frames = [pl.DataFrame(schema=FAULT_SCHEMA)]
    bounds = np.searchsorted(held.cohort.school, np.arange(len(world.schools.org_ids) + 1))
    for j, org_id in enumerate(world.schools.org_ids):
        protocol = protocol_of(world, held, np.arange(bounds[j], bounds[j + 1]))
        faults = plant_faults(protocol, mess, np.random.default_rng([world.mess_seed, order, j]))
        _keep_totals_computed(protocol, faults)
        path = out / org_id / file_name(held, "collection")
        file_rows = write_collection(held.planned, protocol, path)
        frames.append(_fault_frame(f"{org_id}/{path.name}", file_rows, faults))
    return pl.concat(frames)


def _keep_totals_computed(protocol: Protocol, faults: list[Fault]) -> None:
    """Totals of the collection form are formulas: they follow their items, but a sum passes over numbers typed as text.

    Changes both arguments; a text that thereby makes the total too low must be reported.
    """
    for fault in [one for one in faults if one.column == "total"]:
        protocol.total[fault.row] = fault.true_value
        faults.remove(fault)
    for place, fault in enumerate(faults):
        counted = [cells[fault.row] for cells in protocol.points]
        total = sum(cell for cell in counted if isinstance(cell, int))
        if total != protocol.total[fault.row] and fault.fault == "number_as_text":
            faults[place] = replace(fault, reported=True)
        protocol.total[fault.row] = total


def _fault_frame(file: str, file_rows: list[int], faults: list[Fault]) -> pl.DataFrame:
    rows = [
        (
            file,
            file_rows[fault.row],
            fault.column,
            fault.fault,
            None if fault.written is None else str(fault.written),
            None if fault.true_value is None else str(fault.true_value),
            int(fault.reported),
        )
        for fault in faults
    ]
    return pl.DataFrame(rows, schema=FAULT_SCHEMA, orient="row")
