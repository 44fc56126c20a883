"""Schools of the authority: who they are, how large, whom they teach, how well."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from merilo.methods.arrays import FloatArray, IntArray
from merilo.simulate.blueprint import SUBJECTS, load_blueprints
from merilo.simulate.settings import AuthoritySettings

KINDS = ("school", "gymnasium", "lyceum")
KIND_NAMES = {"school": "Школа", "gymnasium": "Гимназия", "lyceum": "Лицей"}
KIND_INTAKE = np.array([0.0, 0.9, 1.1])
LOCATIONS = ("village", "town", "city")
DISTRICTS = ("Центральный", "Северный", "Приозёрный", "Заречный", "Привокзальный", "Южный")
VILLAGE_STEMS = ("Сосновка", "Берёзовка", "Ольховка", "Каменка", "Озерки", "Рябиновка", "Липовка", "Покровка")
VILLAGE_HEADS = ("", "Верхняя ", "Нижняя ", "Новая ", "Старая ", "Большая ", "Малая ")
FIRST_SCHOOL_NUMBER, NUMBERS_PER_REGION = 3001, 6999
SCHOOLS_PER_MUNICIPALITY = 25
SIZE_LEVELS = (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 1.0)
TOWN_MEDIAN, TOWN_LOG_SD, TOWN_LEAST, TOWN_MOST = 56.0, 0.40, 14.0, 150.0
# Mathematics 4 is the reference size; later year groups of the region are smaller in this proportion.
GRADE_SIZE = {4: 1.0, 5: 0.96, 6: 0.95, 7: 0.87, 8: 0.78, 9: 0.77}


@dataclass(frozen=True, slots=True)
class Schools:
    """One entry per school (J).

    org_ids, names; kind, location: rows of KINDS and LOCATIONS; size: pupils of a fourth grade;
    low_income, other_language: shares of pupils; intake: standard deviations, variance 1 over schools and mean 0
    over pupils before controls; teaching: subject -> (J,) the same, independent of intake.
    """

    org_ids: tuple[str, ...]
    names: tuple[str, ...]
    municipalities: tuple[str, ...]
    municipality_codes: tuple[str, ...]
    districts: tuple[str, ...]
    localities: tuple[str, ...]
    kind: IntArray
    location: IntArray
    size: FloatArray
    low_income: FloatArray
    other_language: FloatArray
    intake: FloatArray
    teaching: dict[str, FloatArray]

    def frame(self) -> pl.DataFrame:
        """organisations.csv: the columns of formats.md, then context."""
        return pl.DataFrame(
            {
                "org_id": self.org_ids,
                "name": self.names,
                "kind": np.array(KINDS)[self.kind].tolist(),
                "municipality": self.municipalities,
                "district": self.districts,
                "locality": self.localities,
                "location": np.array(LOCATIONS)[self.location].tolist(),
                "low_income_share": self.low_income.round(3),
                "other_language_share": self.other_language.round(3),
            }
        )


def make_schools(settings: AuthoritySettings, rng: np.random.Generator) -> Schools:
    """Draw the schools; larger ones are in towns, gymnasiums and lyceums among the larger ones."""
    n = settings.schools
    size = _sizes(settings, rng)
    kind = _kinds(size, rng, settings)
    location = np.full(n, 2) if settings.is_town else np.digitize(size, (18.0, 60.0))
    poverty = rng.normal(size=n) - 0.25 * _standard(np.log(size)) - 0.5 * (kind > 0)
    poverty = _standard(poverty)
    intake = -0.55 * poverty + KIND_INTAKE[kind] + 0.7 * rng.normal(size=n)
    municipalities, codes = _municipalities(settings)
    return Schools(
        org_ids=tuple(school_login(settings.region_code, j) for j in range(n)),
        names=_names(kind),
        municipalities=municipalities,
        municipality_codes=codes,
        districts=tuple(
            DISTRICTS[j * len(DISTRICTS) // n] if n < 100 else f"Округ {1 + j // 10}" for j in range(n)
        ),
        localities=_localities(settings, location),
        kind=kind,
        location=location,
        size=size,
        low_income=1 / (1 + np.exp(1.5 - 0.7 * poverty)),
        other_language=rng.beta(0.6, 12.0, n),
        intake=_standard(intake) - np.average(_standard(intake), weights=size),
        teaching={subject: rng.normal(size=n) for subject in SUBJECTS},
    )


def school_login(region_code: int, j: int) -> str:
    """Login of the j-th school, edu<region><number>; the next region when the numbers of one are used up."""
    more, number = divmod(j, NUMBERS_PER_REGION)
    return f"edu{region_code + more:02d}{FIRST_SCHOOL_NUMBER + number:04d}"


def _standard(values: FloatArray) -> FloatArray:
    spread = values.std()
    result: FloatArray = (values - values.mean()) / (spread if spread > 0 else 1.0)
    return result


def _sizes(settings: AuthoritySettings, rng: np.random.Generator) -> FloatArray:
    """Pupils of a fourth grade: the region's quantiles (log-linear between them), or a town's larger schools."""
    u = (rng.permutation(settings.schools) + rng.random(settings.schools)) / settings.schools
    if settings.is_town:
        drawn = TOWN_MEDIAN * np.exp(TOWN_LOG_SD * rng.normal(size=settings.schools))
        return np.clip(drawn, TOWN_LEAST, TOWN_MOST)
    quantiles = load_blueprints()["MA4"].size_quantiles
    known = np.log(np.concatenate(([1.5], quantiles, [210.0])))
    result: FloatArray = np.exp(np.interp(u, SIZE_LEVELS, known))
    return result


def _kinds(size: FloatArray, rng: np.random.Generator, settings: AuthoritySettings) -> IntArray:
    """Lyceums and gymnasiums: an eighth and a twelfth of a town's schools, fewer in a region; larger schools first."""
    kind = np.zeros(size.size, np.int64)
    lyceums, gymnasiums = (
        (size.size // 8, size.size // 12) if settings.is_town else (size.size // 50, size.size // 50)
    )
    order = np.argsort(-(np.log(size) + 0.4 * rng.normal(size=size.size)), kind="stable")
    kind[order[:lyceums]] = 2
    kind[order[lyceums : lyceums + gymnasiums]] = 1
    return kind


def _names(kind: IntArray) -> tuple[str, ...]:
    return tuple(f"{KIND_NAMES[KINDS[k]]} № {j + 1}" for j, k in enumerate(kind))


def _municipalities(settings: AuthoritySettings) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if settings.is_town:
        return (
            ("Озёрный городской округ",) * settings.schools,
            (f"reg{settings.region_code:02d}_m001",) * settings.schools,
        )
    number = [1 + j // SCHOOLS_PER_MUNICIPALITY for j in range(settings.schools)]
    regions = [settings.region_code + j // NUMBERS_PER_REGION for j in range(settings.schools)]
    names = tuple(f"Муниципальный район № {m}" for m in number)
    return names, tuple(f"reg{region:02d}_m{m:03d}" for region, m in zip(regions, number))


def _localities(settings: AuthoritySettings, location: IntArray) -> tuple[str, ...]:
    if settings.is_town:
        return ("город Озёрный",) * settings.schools
    places = [head + stem for head in VILLAGE_HEADS for stem in VILLAGE_STEMS]
    names = []
    for j, place in enumerate(location):
        if place == 0:
            names.append(f"село {places[j % len(places)]}")
        else:
            names.append(f"{'посёлок' if place == 1 else 'город'} № {1 + j // SCHOOLS_PER_MUNICIPALITY}")
    return tuple(names)
