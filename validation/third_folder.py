"""Authorities of the third simulator as folders, and as `check` sees them.

sittings, region = third_sittings(ThirdSettings(schools=200), seed)
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import polars as pl
from third_region import Sat, ThirdRegion, ThirdSettings, draw_third

from merilo.check.sitting import Sitting
from merilo.cycle import sittings_of


def third_sittings(
    settings: ThirdSettings, seed: int, scratch: Path | None = None
) -> tuple[list[Sitting], ThirdRegion]:
    """Sittings in the order of procedure ids. scratch: keeps the works files there (needed to walk them again)."""
    region = draw_third(settings, seed)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "authority"
        for sat in region.procedures:
            _write(region, sat, place / "procedures" / sat.name)
        return sittings_of(place, scratch or Path(folder)), region


def _write(region: ThirdRegion, sat: Sat, place: Path) -> None:
    """Write a procedure's folder (formats.md)."""
    place.mkdir(parents=True)
    lines = [
        f'id = "{sat.name}"',
        'kind = "vpr"',
        f'subject = "{sat.subject}"',
        f"year_group = {sat.year_group}",
        f"programme_year_group = {sat.year_group}",
        'school_year = "2024/25"',
        "[cut_scores]",
        *(f'"{mark}" = {cut}' for mark, cut in zip((3, 4, 5), sat.cuts, strict=True)),
    ]
    (place / "procedure.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    form = sat.form
    ids = [f"q{i + 1}" for i in range(len(form.slope))]
    items = {
        "item_id": ids,
        "max_points": form.max_points,
        "marking": np.where(form.expert, "expert", "auto"),
        "skill": [f"skill{number}" for number in form.skill],
    }
    pl.DataFrame(items).write_csv(place / "items.csv")
    works = pl.DataFrame(
        {
            "pupil_id": sat.pupil,
            "org_id": np.array(region.org_ids)[sat.school],
            "class_id": [f"c{k}" for k in sat.klass],
            "status": np.where(sat.present, "present", "absent"),
            "journal_mark": pl.Series(sat.journal).replace({0: None}),
            **{name: sat.points[:, i] for i, name in enumerate(ids)},
        }
    )
    known = pl.Series(sat.present)
    works = works.with_columns(pl.when(known).then(pl.col(name)).alias(name) for name in ids)
    works.write_parquet(place / "works.parquet")
