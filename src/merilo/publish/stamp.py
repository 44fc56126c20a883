"""What every document says about its own making, so that each number can be traced to a run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from merilo.language import translator
from merilo.publish.typography import day

_ = translator("publish")


@dataclass(frozen=True, slots=True)
class RunStamp:
    """The run behind a document: its id, the day it was made, Merilo's version, the short hash of its inputs."""

    run_id: str
    made_on: date
    version: str
    short_hash: str

    @property
    def moment(self) -> datetime:
        """Midnight (UTC) of the day: the fixed time written into files, so that equal runs give equal bytes."""
        return datetime(self.made_on.year, self.made_on.month, self.made_on.day, tzinfo=UTC)

    def footer(self) -> str:
        """The line at the foot of every page."""
        return _("Merilo {version} · run {run} · {date} · {hash}").format(
            version=self.version, run=self.run_id, date=day(self.made_on), hash=self.short_hash
        )


def short_hash(inputs: Mapping[str, str]) -> str:
    """Eight characters that stand for the input files of a run (name -> sha256, as in its manifest)."""
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()[:8]
