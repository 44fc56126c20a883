"""Simulated authorities as `check` sees them, with their truth: the bench on which evidence is tried.

sittings, world = simulated_sittings(AuthoritySettings(...), seed)
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from merilo.check.sitting import Sitting
from merilo.cycle import sittings_of
from merilo.simulate import AuthoritySettings, SimulatedAuthority, simulate_authority, write_authority


def simulated_sittings(
    settings: AuthoritySettings, seed: int, scratch: Path | None = None
) -> tuple[list[Sitting], SimulatedAuthority]:
    """Sittings in the order of procedure ids. scratch: keeps the works files there (needed to walk them again)."""
    world = simulate_authority(settings, np.random.default_rng([11, seed]))
    with tempfile.TemporaryDirectory() as folder:
        written = write_authority(world, Path(folder) / "a", works_format="parquet", truth=False)
        return sittings_of(written, scratch or Path(folder)), world
