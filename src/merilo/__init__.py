"""Merilo: from assessment results to a fair picture of every school.

>>> import merilo
>>> result = merilo.run("folder")            # doctest: +SKIP
>>> result.tables["school_effects"]          # doctest: +SKIP
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from merilo.cycle import RunResult as RunResult
    from merilo.cycle import run as run

try:
    __version__ = version("merilo")
except PackageNotFoundError:  # a checkout that was never installed
    __version__ = "0+unknown"

__all__ = ["RunResult", "__version__", "run"]


def __getattr__(name: str) -> Any:
    """Load the cycle only when it is asked for: `import merilo` stays light for the worker processes."""
    if name in {"run", "RunResult"}:
        from merilo import cycle

        return getattr(cycle, name)
    raise AttributeError(f"module 'merilo' has no attribute {name!r}")
