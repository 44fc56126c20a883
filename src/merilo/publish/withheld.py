"""Which rows must not be seen: small schools, the schools that would give them away, their districts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from merilo.methods.arrays import BoolArray, FloatArray, IntArray
from merilo.publish.gathered import DISTRICT_DEFICITS
from merilo.publish.suppression import hide_by_district, hide_small_groups

SCHOOL_KEY = ["procedure_id", "org_id"]
DISTRICT_KEY = ["procedure_id", "district"]
SKILL_DISTRICT_KEY = ["procedure_id", "skill", "district"]
CUTS = ("cut_3", "cut_4", "cut_5", "pass_score")
FEWEST_SCHOOLS = 3  # a school that knows itself learns of the other one from a district of two


@dataclass(frozen=True, slots=True)
class WithheldRows:
    """Keys of rows to hide, found once for all tables.

    schools    procedure_id, org_id: results of a school in a procedure
    districts  procedure_id, skill, district: sums over a district
    orgs       org_id: schools too small in every procedure they took part in
    """

    schools: pl.DataFrame
    districts: pl.DataFrame
    orgs: pl.DataFrame

    def rows(self, name: str, frame: pl.DataFrame, cuts: pl.DataFrame | None, *, limit: int) -> BoolArray:
        """Rows of the table `name` to hide. cuts: procedures with their cut scores. Returns (R,)."""
        columns = set(frame.columns)
        rows = np.zeros(frame.height, dtype=bool)
        if "n" in columns:
            rows |= np.isnan(_pupils(frame))
            partitions = _bands(frame, cuts) if name == "score_distribution" else []
            rows |= hide_small_groups(_pupils(frame), partitions, limit=limit)
        if name == DISTRICT_DEFICITS:
            rows |= _matches(frame, self.districts, SKILL_DISTRICT_KEY)
        elif set(SCHOOL_KEY) <= columns:
            rows |= _matches(frame, self.schools, SCHOOL_KEY)
        elif "org_id" in columns and name != "organisations":
            rows |= _matches(frame, self.orgs, ["org_id"])
        return rows


def find_withheld(
    tables: Mapping[str, pl.DataFrame], organisations: pl.DataFrame | None, *, limit: int
) -> WithheldRows:
    """Small schools of all procedures and what would give them away, the same in every table.

    organisations: with districts whose sums are published; None where there are none.
    """
    results, deficits = tables.get("school_results"), tables.get("deficits")
    placed_results = _placed(results, organisations, SCHOOL_KEY)
    n = _pupils(placed_results)
    hidden, withheld = _with_districts(
        placed_results, ["procedure_id"], (n > 0) & (n < limit), _no_district(placed_results), limit=limit
    )
    schools = placed_results.filter(pl.Series(hidden)).select(SCHOOL_KEY)
    districts = placed_results.filter(pl.Series(withheld)).select(DISTRICT_KEY).unique()
    placed_skills = _placed(deficits, organisations, [*SCHOOL_KEY, "skill"])
    more_schools, skill_districts = _by_skill(placed_skills, schools, districts, limit=limit)
    return WithheldRows(
        schools=pl.concat([schools, more_schools]).unique(),
        districts=skill_districts,
        orgs=_always_small(placed_results, limit=limit),
    )


def _by_skill(
    placed: pl.DataFrame, schools: pl.DataFrame, districts: pl.DataFrame, *, limit: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The same with the sums of every skill: (further schools, districts by skill)."""
    n = _pupils(placed)
    small = ((n > 0) & (n < limit)) | _matches(placed, schools, SCHOOL_KEY)
    kept_back = _matches(placed, districts, DISTRICT_KEY) | _no_district(placed)
    hidden, withheld = _with_districts(placed, ["procedure_id", "skill"], small, kept_back, limit=limit)
    return (
        placed.filter(pl.Series(hidden)).select(SCHOOL_KEY).unique(),
        placed.filter(pl.Series(withheld)).select(SKILL_DISTRICT_KEY).unique(),
    )


def beside_its_own(districts: pl.DataFrame, own: pl.DataFrame | None, *, limit: int) -> pl.DataFrame:
    """Sums of districts for a school that can subtract itself: small districts are left out.

    own: the school's rows of `deficits`.
    """
    enough = districts.filter(pl.col("schools_n") >= FEWEST_SCHOOLS)
    if own is None or not own.height:
        return enough
    largest = own.group_by("procedure_id").agg(own=pl.col("n").max())
    beside = enough.join(largest, on="procedure_id", how="left", maintain_order="left")
    return beside.filter(pl.col("n") - pl.col("own").fill_null(0) >= limit).drop("own")


def gives_others_away(frame: pl.DataFrame, tables: Mapping[str, pl.DataFrame], *, limit: int) -> BoolArray:
    """Totals from which a school could subtract itself and be left with a small group of other schools.

    tables: `procedures`, and the school's own rows of `school_results`.
    """
    own, totals = tables.get("school_results"), tables.get("procedures")
    if own is None or totals is None or "procedure_id" not in frame.columns:
        return np.zeros(frame.height, dtype=bool)
    beside = totals.select("procedure_id", "n").join(
        own.select("procedure_id", own="n"), on="procedure_id", how="left"
    )
    rest = pl.col("n") - pl.col("own").fill_null(0)
    return _matches(frame, beside.filter((rest > 0) & (rest < limit)), ["procedure_id"])


def codes(frame: pl.DataFrame, columns: list[str]) -> IntArray:
    """A number for every combination of these columns, from 1."""
    joined = frame.select(
        pl.concat_str([pl.col(c).cast(pl.String).fill_null("") for c in columns], separator="\x1f")
    ).to_series()
    return joined.rank("dense").cast(pl.Int64).to_numpy()


def _with_districts(
    placed: pl.DataFrame, total: list[str], hidden: BoolArray, withheld: BoolArray, *, limit: int
) -> tuple[BoolArray, BoolArray]:
    n = np.nan_to_num(_pupils(placed))
    return hide_by_district(
        n, hidden, withheld, codes(placed, total), codes(placed, [*total, "district"]), limit=limit
    )


def _placed(frame: pl.DataFrame | None, organisations: pl.DataFrame | None, key: list[str]) -> pl.DataFrame:
    """key, n and district; an empty district where no sums of districts are published."""
    if frame is None:
        return pl.DataFrame(schema={**dict.fromkeys([*key, "district"], pl.String), "n": pl.Int64})
    rows = frame.select(*key, "n")
    if organisations is None or "district" not in organisations.columns:
        return rows.with_columns(district=pl.lit(""))
    places = organisations.select("org_id", pl.col("district").fill_null(""))
    return rows.join(places, on="org_id", how="left", maintain_order="left").with_columns(
        pl.col("district").fill_null("")
    )


def _always_small(placed: pl.DataFrame, *, limit: int) -> pl.DataFrame:
    return (
        placed.group_by("org_id")
        .agg(largest=pl.col("n").max())
        .filter(pl.col("largest").fill_null(0).is_between(1, limit - 1))
        .select("org_id")
    )


def _bands(frame: pl.DataFrame, procedures: pl.DataFrame | None) -> list[IntArray]:
    """Groups of scores with a published sum: the whole procedure, and the works of every mark."""
    partitions = [codes(frame, ["procedure_id"])]
    cuts = [c for c in CUTS if procedures is not None and c in procedures.columns]
    if procedures is not None and cuts:
        marked = frame.select("procedure_id", "score").join(
            procedures.select("procedure_id", *cuts), on="procedure_id", how="left", maintain_order="left"
        )
        band = pl.sum_horizontal((pl.col("score") >= pl.col(c)).fill_null(value=False) for c in cuts)
        partitions.append(codes(marked.with_columns(band=band), ["procedure_id", "band"]))
    return partitions


def _no_district(placed: pl.DataFrame) -> BoolArray:
    missing: BoolArray = (placed["district"] == "").to_numpy()
    return missing


def _matches(frame: pl.DataFrame, keys: pl.DataFrame, on: list[str]) -> BoolArray:
    marked = keys.select(on).unique().with_columns(is_hidden=pl.lit(value=True))
    joined = frame.select(on).join(marked, on=on, how="left", maintain_order="left")
    found: BoolArray = joined["is_hidden"].fill_null(value=False).to_numpy()
    return found


def _pupils(frame: pl.DataFrame) -> FloatArray:
    return frame["n"].cast(pl.Float64).fill_null(np.nan).to_numpy()
