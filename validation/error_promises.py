"""What Merilo promises about the error rates of `check`, for the short mode of `make validate`.

Hard promises fail the validation; the others are limits that users are told.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from error_counts import ALL, Key
from known_worlds import CITY_WIDE

# A rate misses its target when it lies outside by more than this many Monte Carlo errors.
DOUBT = 2.0
REGION = (200, 4)
TOWN = (41, 4)


@dataclass(frozen=True, slots=True)
class Promise:
    """place: see Setting.place. measure, of, size: the rate; of "*": one row for each. beyond_honest: the rate less
    that of honest schools. words: what is promised.
    """

    words: str
    place: tuple[str, str, float, int, int]
    measure: str
    of: str
    low: float
    high: float
    size: str = ""
    hard: bool = True
    beyond_honest: bool = False

    def concerns(self, key: Key) -> bool:
        """Whether a rate is the promised one."""
        measure, of, size = key
        wanted = (
            measure == self.measure and size == self.size and of in (self.of, of if self.of == "*" else "")
        )
        return wanted and not (self.beyond_honest and of == "honest")

    def task(self, key: Key) -> str:
        """The promise in words, with the setting."""
        simulator, name, strength, schools, procedures = self.place
        what = f" ({key[1]})" if self.of == "*" else ""
        force = f" {strength:g}" if strength else ""
        return f"check, {simulator}, {schools} x {procedures}, {name}{force}: {self.words}{what}"


def _promises() -> Iterator[Promise]:
    for simulator in ("first", "second"):
        for size in (TOWN, REGION):
            clean = (simulator, "clean", 0.0, *size)
            yield Promise("honest schools flagged", clean, "false_alarms", "honest", 0.0, 0.01)
            yield Promise("authorities with a false flag", clean, "flagged_any", ALL, 0.0, 0.10, hard=False)
            yield Promise("p below .05", clean, "p_05", "*", 0.04, 0.06)
            yield Promise("p below .01", clean, "p_01", "*", 0.005, 0.015, hard=False)
            yield Promise("95 % interval: share lifted by a school", clean, "lift_school", "*", 0.93, 0.97)
            yield Promise("95 % interval: share lifted everywhere", clean, "lift_region", ALL, 0.93, 1.0)
            for strength, power, auc in ((1.0, 0.8, 0.93), (0.5, 0.5, 0.80)):
                yield from _mixed((simulator, "mixed", strength, *size), power, auc, hard=size == REGION)
    for strength, power in ((1.0, 0.8), (0.5, 0.5)):
        for kind in ("threshold", "dictated", "copying", "leniency", "participation"):
            place = ("second", kind, strength, *REGION)
            yield Promise("found", place, "power", kind, power, 1.0, hard=False)
            yield _discovery(place)
    controls = ("second", "controls", 0.0, *REGION)
    yield Promise("flagged beyond honest", controls, "false_alarms", "*", -1.0, 0.0, beyond_honest=True)
    for city in CITY_WIDE:
        yield Promise("schools flagged", ("second", city, 0.0, *REGION), "false_alarms", city, 0.0, 0.01)
    alone = ("second", "inflation, nothing to compare", 1.0, *REGION)
    yield Promise("not told from good schools", alone, "power", "inflation", 0.0, 0.05)
    everybody = ("second", "clean, everybody lifts half", 0.0, *REGION)
    yield Promise("95 % interval: share lifted everywhere", everybody, "lift_region", ALL, 0.93, 1.0)
    yield Promise("95 % interval: share lifted by a school", everybody, "lift_school", "*", 0.93, 0.97)


def _mixed(
    place: tuple[str, str, float, int, int], power: float, auc: float, *, hard: bool
) -> Iterator[Promise]:
    yield Promise("found", place, "power", ALL, power, 1.0, hard=hard)
    yield Promise("AUC", place, "auc", ALL, auc, 1.0, hard=hard)
    yield _discovery(place)
    yield Promise("kind named rightly", place, "named", ALL, 0.8, 1.0, hard=False)


def _discovery(place: tuple[str, str, float, int, int]) -> Promise:
    return Promise("false among flagged", place, "false_discovery", "mean over authorities", 0.0, 0.10)


PROMISES = tuple(_promises())
