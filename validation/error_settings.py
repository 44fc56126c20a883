"""Which authorities the error rates are measured on: clean ones, each kind at several strengths, controls."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from known_worlds import CITY_WIDE, CONTROLS, Deeds, Spec

# Kinds that can be told from one procedure; inflation of everything has settings of its own.
TOLD = ("threshold", "dictated", "copying", "leniency", "participation")
MIXED_PART, ALONE_PART, CONTROL_PART = 0.03, 0.10, 0.03
STRENGTHS = (0.25, 0.5, 0.75, 1.0)
SIZES, PROCEDURES = (41, 200, 650), (1, 4, 10)


@dataclass(frozen=True, slots=True)
class Setting:
    """name: what is done; spec: the authority; worlds: so many for the document; quick: so many for `make validate`."""

    name: str
    strength: float
    spec: Spec
    worlds: int
    quick: int = 0

    @property
    def simulator(self) -> str:
        """Name of the simulator."""
        return "second" if self.spec.other else "first"

    @property
    def place(self) -> tuple[str, str, float, int, int]:
        """What tells a setting from every other."""
        return self.simulator, self.name, self.strength, self.spec.schools, self.spec.procedures


def settings() -> list[Setting]:
    """Every setting, cheap ones first."""
    drawn = [*_grid(), *_alone(), *_controls(), *_variants()]
    return sorted(drawn, key=lambda one: one.spec.schools * one.spec.procedures)


def _grid() -> Iterator[Setting]:
    """Clean authorities and mixed kinds at full and half strength: all sizes and numbers of procedures."""
    for other in (False, True):
        for schools in SIZES:
            for procedures in PROCEDURES:
                plain = Spec(schools=schools, procedures=procedures, other=other)
                worlds = {41: 40, 200: 20, 650: 6}[schools] // (2 if procedures == 10 else 1)
                usual = procedures == 4 and schools < 650
                quick = (6 if other else 3) if usual else 0
                yield Setting("clean", 0.0, plain, worlds, quick * (2 if schools == 41 else 1))
                for strength in (0.5, 1.0):
                    mixed = replace(plain, kinds=mixture(schools, strength))
                    yield Setting("mixed", strength, mixed, worlds, quick)


def _alone() -> Iterator[Setting]:
    """Each kind alone in a tenth of 200 schools."""
    for other in (False, True):
        plain = Spec(schools=200, procedures=4, other=other)
        for strength in STRENGTHS:
            for kind in TOLD:
                spec = replace(plain, kinds=((kind, strength, round(ALONE_PART * plain.schools)),))
                yield Setting(kind, strength, spec, 6, 2 if other and strength in (0.5, 1.0) else 0)


def _controls() -> Iterator[Setting]:
    """Schools that only look suspicious."""
    local = [name for name in CONTROLS if name not in CITY_WIDE]
    for other in (False, True):
        for schools, worlds in ((41, 20), (200, 20)):
            plain = Spec(schools=schools, procedures=4, other=other)
            n = max(1, round(CONTROL_PART * schools))
            spec = replace(plain, controls=tuple((name, 1.0, n) for name in local))
            yield Setting("controls", 0.0, spec, worlds, 4 if other and schools == 200 else 0)
        for city in CITY_WIDE:
            spec = replace(Spec(schools=200, procedures=4, other=other), controls=((city, 1.0, 200),))
            yield Setting(city, 0.0, spec, 6, 2 if other else 0)


def _variants() -> Iterator[Setting]:
    """The second simulator with its habits changed."""
    plain = Spec(schools=200, procedures=4, other=True)
    changes: dict[str, tuple[tuple[str, object], ...]] = {
        "mixed, everybody lifts half": (("lift", "region"),),
        "mixed, nobody else lifts": (("lift", "none"),),
        "mixed, lift towards full": (("lift_rule", "towards"),),
        "mixed, copying by the root": (("copy_rule", "root"),),
        "mixed, items differ by 0.8": (("item_sd", 0.8),),
        "mixed, items differ by 0.2": (("item_sd", 0.2),),
        "mixed, no journal marks": (("journals", False),),
    }
    for strength in (0.5, 1.0):
        kinds = mixture(plain.schools, strength)
        for name, more in changes.items():
            yield Setting(name, strength, replace(plain, kinds=kinds, more=more), 6)
        yield Setting("mixed, half of procedures", strength, replace(plain, kinds=kinds, half=True), 6)
        inflation: Deeds = (("inflation", strength, round(ALONE_PART * plain.schools)),)
        alone = replace(plain, kinds=inflation, more=(("journals", False),))
        yield Setting("inflation, nothing to compare", strength, alone, 6, 2 if strength == 1.0 else 0)
        yield Setting("inflation, journal marks", strength, replace(plain, kinds=inflation), 6)
        yield Setting("inflation, earlier results", strength, replace(alone, prior=True), 6)
    everybody = replace(plain, more=(("lift", "region"),))
    yield Setting("clean, everybody lifts half", 0.0, everybody, 10, 2)


def mixture(schools: int, strength: float) -> Deeds:
    """Every kind that can be told from one procedure, together about 15 % of the schools."""
    return tuple((kind, strength, max(1, round(MIXED_PART * schools))) for kind in TOLD)
