"""Authorities of the second simulator as folders, and as `check` sees them.

sittings, region = other_sittings(OtherSettings(schools=200), seed)
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import polars as pl
from other_region import Held, OtherRegion, OtherSettings, draw_region

from merilo.check.sitting import Sitting
from merilo.cycle import sittings_of


def other_sittings(
    settings: OtherSettings, seed: int, scratch: Path | None = None
) -> tuple[list[Sitting], OtherRegion]:
    """Sittings in the order of procedure ids. scratch: keeps the works files there (needed to walk them again)."""
    region = draw_region(settings, seed)
    with tempfile.TemporaryDirectory() as folder:
        write_region(region, Path(folder) / "a")
        return sittings_of(Path(folder) / "a", scratch or Path(folder)), region


def write_region(region: OtherRegion, folder: Path) -> Path:
    """Write an authority folder (formats.md)."""
    for held in region.procedures:
        place = folder / "procedures" / held.name
        place.mkdir(parents=True)
        cuts = "".join(f'"{mark}" = {cut}\n' for mark, cut in zip((3, 4, 5), held.cuts))
        group = 5 + int(held.name[1 : held.name.index("_")]) // 2 + (held.year - 2020)
        (place / "procedure.toml").write_text(
            f'id = "{held.name}"\nkind = "vpr"\nsubject = "{held.subject}"\nyear_group = {group}\n'
            f'programme_year_group = {group}\nschool_year = "{held.year - 1}/{held.year % 100}"\n'
            f"prior = [{chr(34) + held.prior + chr(34) if held.prior else ''}]\n\n[cut_scores]\n{cuts}",
            encoding="utf-8",
        )
        ids = [f"t{k + 1}" for k in range(len(held.form.slope))]
        pl.DataFrame(
            {
                "item_id": ids,
                "max_points": held.form.max_points,
                "marking": np.where(held.form.expert, "expert", "auto"),
                "skill": np.char.add("s", held.form.skill.astype(str)),
            }
        ).write_csv(place / "items.csv")
        _works(region, held, ids).write_parquet(place / "works.parquet")
    return folder


def _works(region: OtherRegion, held: Held, ids: list[str]) -> pl.DataFrame:
    known = pl.Series(held.present)
    columns = {name: pl.Series(held.points[:, i]) for i, name in enumerate(ids)}
    return pl.DataFrame(
        {
            "pupil_id": held.pupil.astype(str),
            "org_id": np.array(region.org_ids)[held.school],
            "class_id": np.char.add("k", held.klass.astype(str)),
            "status": np.where(held.present, "present", "absent"),
            "journal_mark": pl.Series(held.journal).replace({0: None}),
            **columns,
        }
    ).with_columns(pl.when(known).then(pl.col(name)).alias(name) for name in ids)
