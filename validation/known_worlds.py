"""Authorities with known truth from either simulator, in one form: what `check` sees, and what was done to whom.

known = known_world(Spec(schools=200, procedures=4, kinds=(("copying", 0.5, 20),)), seed)
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from other_folder import other_sittings
from other_region import OtherRegion, OtherSettings
from sittings import simulated_sittings
from third_folder import third_sittings
from third_region import ThirdSettings

from merilo.check.sitting import Sitting
from merilo.methods.arrays import BoolArray, FloatArray, IntArray
from merilo.simulate import AuthoritySettings, Control, Manipulation, SimulatedAuthority

KINDS = ("threshold", "dictated", "copying", "leniency", "participation", "inflation")
CONTROLS = (
    "strong", "streamed", "tiny", "curriculum", "new_teacher", "selective", "lenient_city", "strict_city",
)  # fmt: skip
CITY_WIDE = ("lenient_city", "strict_city")
# Kinds of evidence (merilo.check.evidence.KINDS) that name a manipulation rightly.
RIGHT_KINDS = {
    "threshold": ("threshold",),
    "dictated": ("item_profile",),
    "copying": ("similarity",),
    "leniency": ("expert_leniency",),
    "participation": ("participation",),
    "inflation": ("level", "journal", "cohort"),
}
SIZE_BORDERS = (15, 30, 60)
SIZE_NAMES = ("<15", "15-30", "30-60", ">60")
OUR_WORKS = ("MA5", "RU5", "MA4", "RU4", "MA6", "RU6", "MA7", "RU7", "MA8", "RU8")
Words = NDArray[np.str_]
Deeds = tuple[tuple[str, float, int], ...]


@dataclass(frozen=True, slots=True)
class Spec:
    """An authority to draw. kinds, controls: (name, strength, schools); other: the second simulator, "third" the third.

    prior: pupils have an earlier procedure, so that there are twice as many, the earlier ones untouched (the second
    simulator only; ours distorts both years). half: manipulations in half of the procedures. more: further settings
    of the simulator, as (name, value).
    """

    schools: int = 200
    procedures: int = 4
    kinds: Deeds = ()
    controls: Deeds = ()
    other: bool | str = False
    prior: bool = False
    half: bool = False
    more: tuple[tuple[str, object], ...] = ()


@dataclass(frozen=True, slots=True)
class KnownWorld:
    """Sittings and truth. J schools in the order of org_ids, P sittings.

    kind, control (J,) words, "" for none; strength (J,); touched (J, P); n (J, P) works of the present;
    near_n, lifted_n, degree (P, 3, J): near-misses of the cut scores for 3, 4, 5, those lifted, share intended.
    """

    sittings: list[Sitting]
    org_ids: tuple[str, ...]
    kind: Words
    control: Words
    strength: FloatArray
    touched: BoolArray
    n: IntArray
    near_n: IntArray
    lifted_n: IntArray
    degree: FloatArray

    @property
    def size(self) -> FloatArray:
        """Works a procedure, mean over those that the school took part in (J,)."""
        held = (self.n > 0).sum(axis=1)
        return np.asarray(self.n.sum(axis=1) / np.maximum(held, 1), float)

    @property
    def size_group(self) -> IntArray:
        """Place in SIZE_NAMES (J,)."""
        return np.searchsorted(SIZE_BORDERS, self.size, side="right").astype(np.int64)

    @property
    def honest(self) -> BoolArray:
        """Schools that did nothing (J,); controls are honest."""
        return np.asarray((self.kind == "") | ~self.touched.any(axis=1), bool)

    def rows(self, sitting: Sitting) -> IntArray:
        """Places of a sitting's schools in org_ids."""
        place = {name: j for j, name in enumerate(self.org_ids)}
        return np.array([place[name] for name in sitting.works.org_ids], np.int64)


def known_world(spec: Spec, seed: int, scratch: Path | None = None) -> KnownWorld:
    """Draw an authority. scratch: keeps the works files there (needed by evidence that walks the works again)."""
    if spec.other == "third":
        return _third_world(spec, seed, scratch)
    return _other_world(spec, seed, scratch) if spec.other else _our_world(spec, seed, scratch)


class WorldFolder:
    """A folder for works files that lives as long as a world is needed: `with WorldFolder(spec, seed) as known`."""

    def __init__(self, spec: Spec, seed: int) -> None:
        self._spec, self._seed = spec, seed
        self._folder = tempfile.TemporaryDirectory()

    def __enter__(self) -> KnownWorld:
        return known_world(self._spec, self._seed, Path(self._folder.name))

    def __exit__(self, *_error: object) -> None:
        self._folder.cleanup()


def _other_world(spec: Spec, seed: int, scratch: Path | None) -> KnownWorld:
    settings = OtherSettings(
        schools=spec.schools,
        procedures=spec.procedures,
        town=spec.schools <= 60,
        kinds=spec.kinds,
        controls=spec.controls,
        half_of_procedures=spec.half,
        prior=spec.prior,
        **dict(spec.more),  # type: ignore[arg-type]
    )
    sittings, region = other_sittings(settings, seed, scratch)
    held = {one.name: one for one in region.procedures}
    order = [one.procedure.procedure_id for one in sittings]
    return KnownWorld(
        sittings=sittings,
        org_ids=region.org_ids,
        kind=region.kind,
        control=region.control,
        strength=region.strength,
        touched=region.touched[:, [list(held).index(name) for name in order]],
        n=_present(sittings, region),
        near_n=np.stack([held[name].near_n for name in order]),
        lifted_n=np.stack([held[name].lifted_n for name in order]),
        degree=np.stack([np.tile(held[name].degree, (3, 1)) for name in order]),
    )


def _present(sittings: list[Sitting], region: OtherRegion) -> IntArray:
    held = {one.name: one for one in region.procedures}
    return np.stack(
        [
            np.bincount(held[name].school[held[name].present], minlength=len(region.kind))
            for name in (one.procedure.procedure_id for one in sittings)
        ],
        axis=1,
    )


def _third_world(spec: Spec, seed: int, scratch: Path | None) -> KnownWorld:
    settings = ThirdSettings(
        spec.schools,
        spec.procedures,
        town=spec.schools <= 60,
        kinds=spec.kinds,
        controls=spec.controls,
        **dict(spec.more),  # type: ignore[arg-type]
    )
    sittings, region = third_sittings(settings, seed, scratch)
    named = {one.name: one for one in region.procedures}
    held = [named[one.procedure.procedure_id] for one in sittings]
    schools = spec.schools
    return KnownWorld(
        sittings=sittings,
        org_ids=region.org_ids,
        kind=region.kind,
        control=region.control,
        strength=region.strength,
        touched=np.repeat((region.kind != "")[:, None], len(held), axis=1),
        n=np.stack([np.bincount(one.school[one.present], minlength=schools) for one in held], axis=1),
        near_n=np.stack([one.near_n for one in held]),
        lifted_n=np.stack([one.lifted_n for one in held]),
        degree=np.stack([np.tile(one.degree, (3, 1)) for one in held]),
    )


def _our_world(spec: Spec, seed: int, scratch: Path | None) -> KnownWorld:
    works = OUR_WORKS[: spec.procedures]
    settings = AuthoritySettings(
        schools=spec.schools,
        years=2 if spec.prior else 1,
        works=works,
        manipulations=tuple(
            Manipulation(kind, strength, n, procedures=works[::2] if spec.half else ())
            for kind, strength, n in spec.kinds
        ),
        controls=tuple(Control(kind, strength, n) for kind, strength, n in spec.controls),
        **dict(spec.more),  # type: ignore[arg-type]
    )
    sittings, world = simulated_sittings(settings, seed, scratch)
    kind, control, strength = _our_words(world)
    held = [world.procedure(one.procedure.procedure_id) for one in sittings]
    deeds = world.world.interventions
    touched = [sum(deeds.strength(name, one.planned) for name in KINDS) > 0 for one in held]
    schools = spec.schools
    return KnownWorld(
        sittings=sittings,
        org_ids=tuple(world.schools.org_ids),
        kind=kind,
        control=control,
        strength=strength,
        touched=np.stack(touched, axis=1),
        n=np.stack([np.bincount(one.cohort.school[one.present], minlength=schools) for one in held], axis=1),
        near_n=np.stack([np.stack([one.lift.near_miss_n[m] for m in (3, 4, 5)]) for one in held]),
        lifted_n=np.stack([np.stack([one.lift.lifted_n[m] for m in (3, 4, 5)]) for one in held]),
        degree=np.stack([np.stack([one.lift.degree[m] for m in (3, 4, 5)]) for one in held]),
    )


def _our_words(world: SimulatedAuthority) -> tuple[Words, Words, FloatArray]:
    deeds = world.world.interventions
    kind = np.full(deeds.schools_n, "", dtype="<U16")
    control, strength = kind.copy(), np.zeros(deeds.schools_n)
    for manipulation, schools in deeds.manipulations:
        kind[schools], strength[schools] = manipulation.kind, manipulation.strength
    for one, schools in deeds.controls:
        control[schools] = one.kind
    return kind, control, strength
