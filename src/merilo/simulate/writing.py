"""Write a simulated authority in a chosen layout; the door that the command line uses."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
import polars as pl
from polars.exceptions import PolarsError

from merilo.errors import OutputError, UsageError
from merilo.language import translator
from merilo.simulate.authority import SimulatedAuthority, World, hold_procedures, make_world
from merilo.simulate.exchange.files import EXCHANGE_LAYOUTS, write_exchange
from merilo.simulate.folder import write_authority_files, write_procedure
from merilo.simulate.settings import (
    AuthoritySettings,
    Control,
    Manipulation,
    parse_control,
    parse_manipulation,
)
from merilo.simulate.sitting import SimulatedProcedure
from merilo.simulate.truth import TruthWriter

_ = translator("simulate")

LAYOUTS = ("folder", *EXCHANGE_LAYOUTS)
WORKS_FORMATS = ("csv", "parquet")
Progress = Callable[[str, int, int], None]


def simulate(
    out: Path,
    *,
    schools: int = 41,
    seed: int = 1,
    years: int = 2,
    first_year: int = 2021,
    season: str = "",
    layout: str = "folder",
    manipulations: Sequence[Manipulation | str] = (),
    controls: Sequence[Control | str] = (),
    profile: str = "",
    works: Sequence[str] = (),
    lift_mean: float = 0.25,
    lift_most: float = 0.5,
    lift_reach: int = 2,
    school_item_sd: float | None = None,
    works_format: str = "csv",
    mess: float = 0.0,
    truth: bool = True,
    progress: Progress | None = None,
) -> Path:
    """Simulate an authority and write it to the new folder `out`; procedures are written one by one as they are drawn.

    first_year: calendar year of the first spring; season: spring, or autumn, which is the season of raw2020;
    lift_mean, lift_most, lift_reach, school_item_sd: see AuthoritySettings;
    manipulations, controls: as such or as text (see parse_manipulation, parse_control); mess 0-1: faults planted in the
    exchange forms; progress(label, done, total). The same arguments give the same bytes.
    """
    settings = AuthoritySettings(
        schools=schools,
        years=years,
        first_year=first_year,
        season=season or ("autumn" if layout == "raw2020" else "spring"),
        profile=profile,
        works=tuple(code.upper() for code in works),
        lift_mean=lift_mean,
        lift_most=lift_most,
        lift_reach=lift_reach,
        school_item_sd=school_item_sd,
        manipulations=tuple(parse_manipulation(m) if isinstance(m, str) else m for m in manipulations),
        controls=tuple(parse_control(c) if isinstance(c, str) else c for c in controls),
    )
    world = make_world(settings, np.random.default_rng(seed))
    return _write(
        world, hold_procedures(world), Path(out), seed=seed, layout=layout, works_format=works_format, mess=mess,
        truth=truth, progress=progress,
    )  # fmt: skip


def write_authority(
    simulated: SimulatedAuthority,
    folder: Path,
    *,
    layout: str = "folder",
    works_format: str = "csv",
    mess: float = 0.0,
    truth: bool = True,
    progress: Progress | None = None,
) -> Path:
    """Write an authority that is in memory; see `simulate`."""
    return _write(
        simulated.world, simulated.procedures, Path(folder), seed=None, layout=layout, works_format=works_format,
        mess=mess, truth=truth, progress=progress,
    )  # fmt: skip


def _write(
    world: World,
    procedures: Iterable[SimulatedProcedure],
    out: Path,
    *,
    seed: int | None,
    layout: str,
    works_format: str,
    mess: float,
    truth: bool,
    progress: Progress | None,
) -> Path:
    _check(out, layout, works_format, mess)
    part = out.with_name(f".{out.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        part.mkdir(parents=True)
        if layout == "folder":
            write_authority_files(world, part)
        record = TruthWriter(world, part / "truth", seed=seed, works_format=works_format) if truth else None
        for done, held in enumerate(procedures):
            if progress is not None:
                progress(held.planned.procedure.procedure_id, done, len(world.planned))
            faults = _write_one(world, held, part, layout=layout, works_format=works_format, mess=mess)
            if record is not None:
                record.add(held, faults)
        if record is not None:
            record.close()
        if out.is_dir():
            out.rmdir()
        part.rename(out)
    except (OSError, PolarsError) as error:  # polars says a full disk in its own words
        raise OutputError(
            _("The simulated authority cannot be written: {reason}").format(reason=error), file=out
        ) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    if progress is not None:
        progress("", len(world.planned), len(world.planned))
    return out


def _write_one(
    world: World, held: SimulatedProcedure, out: Path, *, layout: str, works_format: str, mess: float
) -> pl.DataFrame | None:
    """One procedure in the layout; returns the faults planted in exchange forms."""
    if layout != "folder":
        return write_exchange(world, held, out, layout=layout, mess=mess)
    write_procedure(world, held, out, works_format=works_format)
    return None


def _check(out: Path, layout: str, works_format: str, mess: float) -> None:
    if layout not in LAYOUTS:
        raise UsageError(
            _("The layout must be one of {layouts}").format(layouts=", ".join(LAYOUTS)), value=layout
        )
    if works_format not in WORKS_FORMATS:
        raise UsageError(_("Works are written as csv or parquet"), value=works_format)
    if not 0 <= mess <= 1:
        raise UsageError(_("The level of mess must be a number from 0 to 1"), value=mess)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise OutputError(
            _("The folder for the simulated authority is not empty"),
            file=out,
            next_step=_("Choose a new folder, or remove this one."),
        )
