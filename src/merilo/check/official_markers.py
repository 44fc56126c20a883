"""The official markers (ФИОКО) of a run: shown beside Merilo's own evidence, never mixed into it.

A marker is found by its definition: kind of procedure, subject, year group whose programme was tested. Their region is
here all schools of the run. A marker whose procedures were not held gives no rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl

from merilo.check.sitting import Sitting
from merilo.definitions import Definitions
from merilo.definitions.markers import MarkerRule, ObjectivityMarker
from merilo.definitions.provenance import status_label
from merilo.errors import DefinitionError
from merilo.language import translator
from merilo.methods.arrays import BoolArray, FloatArray, IntArray
from merilo.methods.official_markers import inflated_means, rank_correlations, sharp_changes
from merilo.tables import TABLES

_ = translator("check")


def official_markers(sittings: Sequence[Sitting], definitions: Definitions) -> pl.DataFrame:
    """Rows of the table `objectivity`, one per marker, procedure and school with works.

    The columns z, p_value and q_value stay empty: the markers have no stated error rate. A change between two
    procedures stands under the later one.
    """
    schema = TABLES["objectivity"].schema
    frames = [
        frame
        for marker in definitions.markers
        for frame in _marker_frames(marker, definitions.marker_rule(marker.kind), sittings)
    ]
    rows = pl.concat(frames, how="diagonal") if frames else pl.DataFrame(schema=schema)
    return rows.with_columns(
        pl.lit(None, schema[name]).alias(name) for name in schema if name not in rows.columns
    ).select(list(schema))


def count_official_markers(rows: pl.DataFrame) -> pl.DataFrame:
    """org_id, official_markers_n: different markers seen at each school that has rows of `official_markers`."""
    return (
        rows.group_by("org_id")
        .agg(
            pl.col("evidence").filter(pl.col("flagged")).n_unique().cast(pl.Int64).alias("official_markers_n")
        )
        .sort("org_id")
    )


def count_official_lists(entries: pl.DataFrame) -> pl.DataFrame:
    """org_id, official_list_n, official_lists of schools that an imported official list names.

    entries: org_id, school_year, list, marker (official_lists.csv); the words are «list, year: marker, marker; …».
    """
    one = entries.with_columns(pl.col("marker").fill_null(""), pl.col("school_year").fill_null(""))
    lists = (
        one.unique(["org_id", "list", "school_year", "marker"])
        .sort("org_id", "school_year", "list", "marker")
        .group_by("org_id", "school_year", "list", maintain_order=True)
        .agg(
            pl.len().cast(pl.Int64).alias("official_list_n"),
            pl.col("marker").filter(pl.col("marker") != "").str.join(", ").alias("markers"),
        )
    )
    named = pl.concat_str(
        "list",
        pl.when(pl.col("school_year") == "").then(pl.lit("")).otherwise(", " + pl.col("school_year")),
        pl.when(pl.col("markers") == "").then(pl.lit("")).otherwise(": " + pl.col("markers")),
    )
    return (
        lists.with_columns(named.alias("official_lists"))
        .group_by("org_id", maintain_order=True)
        .agg(pl.col("official_list_n").sum(), pl.col("official_lists").str.join("; "))
        .sort("org_id")
    )


def _marker_frames(
    marker: ObjectivityMarker, rule: MarkerRule, sittings: Sequence[Sitting]
) -> Iterator[pl.DataFrame]:
    if marker.kind == "c":
        for later in _held(marker, marker.year_groups[-1], sittings):
            earlier = _earlier(marker, later, sittings)
            if earlier is not None:
                yield _change(marker, rule, earlier, later)
        return
    for sitting in _held(marker, marker.year_groups[0], sittings):
        if marker.kind == "a":
            yield _mean(marker, rule, sitting)
        elif len(sitting.tally.journal.n):
            yield _journal(marker, rule, sitting)


def _held(marker: ObjectivityMarker, year_group: int, sittings: Sequence[Sitting]) -> list[Sitting]:
    """Sittings of the marker's procedure with this programme."""
    wanted = (marker.procedure, marker.subject, year_group)
    return [
        one
        for one in sittings
        if (one.procedure.kind, one.procedure.subject, one.procedure.programme_year_group) == wanted
    ]


def _earlier(marker: ObjectivityMarker, later: Sitting, sittings: Sequence[Sitting]) -> Sitting | None:
    """The last sitting of the earlier programme by the same cohort; None where there is none."""
    cohort = _cohort(later)
    same = [one for one in _held(marker, marker.year_groups[0], sittings) if _cohort(one) == cohort]
    when = [one for one in same if one is not later and _time(one) <= _time(later)]
    return max(when, key=_time) if cohort is not None and when else None


def _cohort(sitting: Sitting) -> int | None:
    """The year in which these pupils would have been in year group 0: the same for one parallel in every year."""
    procedure = sitting.procedure
    if procedure.year_group is None or not procedure.school_year[:4].isdigit():
        return None
    return int(procedure.school_year[:4]) - procedure.year_group


def _time(sitting: Sitting) -> tuple[str, str, str]:
    procedure = sitting.procedure
    return procedure.school_year, procedure.date, procedure.procedure_id


def _sums(sitting: Sitting) -> tuple[IntArray, FloatArray, FloatArray]:
    """Works, sum and sum of squares of the score by school, each (J,)."""
    org, schools = np.array(sitting.works.class_org, np.int64), sitting.tally.schools
    n, total, square = (
        np.bincount(org, values, minlength=sitting.schools_n).astype(np.float64)
        for values in (schools.class_n, schools.class_sum, schools.class_square)
    )
    return n.astype(np.int64), total, square


def _mean(marker: ObjectivityMarker, rule: MarkerRule, sitting: Sitting) -> pl.DataFrame:
    n, total, square = _sums(sitting)
    found = inflated_means(n, total, square, t=_given(rule, "t"), smallest_n=rule.smallest_n)
    region = _("all schools of this run: mean {mean:.2f}, upper limit {upper:.2f} points").format(
        mean=found.region[0], upper=found.region[2]
    )
    undefined = _("cannot be told: fewer than {n} works, or all scores are equal").format(n=rule.smallest_n)
    return _frame(
        marker,
        rule,
        sitting,
        n=n,
        values=(found.mean, found.lower, found.upper),
        unit="points",
        flagged=found.flagged,
        computed=found.computed,
        facts=(region,),
        undefined=undefined,
    )


def _journal(marker: ObjectivityMarker, rule: MarkerRule, sitting: Sitting) -> pl.DataFrame:
    journal = sitting.tally.journal
    found = rank_correlations(
        journal.org,
        journal.prior,
        journal.score,
        journal.n,
        n_schools=sitting.schools_n,
        limit=_given(rule, "correlation_limit"),
        smallest_n=rule.smallest_n,
    )
    undefined = _(
        "cannot be told: fewer than {n} works with a journal mark, or the marks or the scores do not differ"
    ).format(n=rule.smallest_n)
    return _frame(
        marker,
        rule,
        sitting,
        n=found.n,
        values=(found.r, found.lower, found.upper),
        unit="correlation",
        flagged=found.flagged,
        computed=np.isfinite(found.r),
        undefined=undefined,
    )


def _change(marker: ObjectivityMarker, rule: MarkerRule, earlier: Sitting, later: Sitting) -> pl.DataFrame:
    n, mean, se = _mean_shares(later)
    place = {org: row for row, org in enumerate(earlier.works.org_ids)}
    rows = np.array([place.get(org, -1) for org in later.works.org_ids], np.int64)
    both = rows >= 0
    before_n, before, before_se = (np.where(both, values[rows], np.nan) for values in _mean_shares(earlier))
    fewer = np.where(both, np.fmin(n, np.nan_to_num(before_n)), 0).astype(np.int64)
    enough = fewer >= rule.smallest_n
    found = sharp_changes(
        np.where(enough, before, np.nan),
        np.where(enough, mean, np.nan),
        earlier_se=before_se,
        later_se=se,
        iqr_multiplier=_given(rule, "iqr_multiplier"),
        smallest_schools=rule.smallest_schools,
    )
    low, high = found.fences
    facts = [_("earlier work of the same cohort: {name}").format(name=earlier.procedure.procedure_id)]
    if np.isfinite(low):
        facts.append(_("usual ratio: from {low:.2f} to {high:.2f}").format(low=low, high=high))
    else:
        facts.append(
            _("cannot be told: fewer than {n} schools have both works").format(n=rule.smallest_schools)
        )
    if any(one.procedure.year_group != one.procedure.programme_year_group for one in (earlier, later)):
        facts.append(_("one of the works tested the programme of an earlier year: poorly comparable"))
    return _frame(
        marker,
        rule,
        later,
        n=fewer,
        values=(found.ratio, found.lower, found.upper),
        unit="ratio",
        flagged=found.risen if marker.direction == "rise" else found.fallen,
        computed=np.isfinite(found.ratio) & np.isfinite(low),
        facts=tuple(facts),
        undefined=_("cannot be told: the later mean is 0, or the highest score is not known"),
    )


def _mean_shares(sitting: Sitting) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Works, mean share of the highest score and its standard error by school (J,); NaN where unknown."""
    n, total, square = _sums(sitting)
    highest = sitting.procedure.highest_score
    works = n.astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = total / works
        variance = np.maximum(square - total * mean, 0.0) / (works - 1.0)
        se = np.sqrt(variance / works)
    scale = highest if highest else float("nan")
    return works, mean / scale, se / scale


def _given(rule: MarkerRule, name: str) -> float:
    """A parameter of the rule that its kind must have. Raises DefinitionError."""
    number: float | None = getattr(rule, name)
    if number is None:
        raise DefinitionError(
            _("The rule of official markers {id} lacks {name}").format(id=rule.id, name=name), column=name
        )
    return number


def _frame(
    marker: ObjectivityMarker,
    rule: MarkerRule,
    sitting: Sitting,
    *,
    n: IntArray,
    values: tuple[FloatArray, FloatArray, FloatArray],
    unit: str,
    flagged: BoolArray,
    computed: BoolArray,
    undefined: str,
    facts: tuple[str, ...] = (),
) -> pl.DataFrame:
    """Rows of the schools with works; where the formula is undefined the flag is empty."""
    words = [_("official marker as printed ({status})").format(status=status_label(rule.status)), *facts]
    if marker.note:
        words.append(marker.note)
    few = _("rests on fewer than {n} works").format(n=rule.informative_n)
    notes = [
        "; ".join(
            [*words, *([] if told else [undefined]), *([few] if told and works < rule.informative_n else [])]
        )
        for works, told in zip(n, computed, strict=True)
    ]
    estimate, lower, upper = (np.where(computed, part, np.nan) for part in values)
    frame = pl.DataFrame(
        {
            "org_id": pl.Series(sitting.works.org_ids, dtype=pl.String),
            "n": n,
            "estimate": estimate,
            "estimate_lower": lower,
            "estimate_upper": upper,
            "flagged": pl.Series(
                [bool(f) if told else None for f, told in zip(flagged, computed, strict=True)],
                dtype=pl.Boolean,
            ),
            "note": pl.Series(notes, dtype=pl.String),
        }
    ).with_columns(
        pl.lit(sitting.procedure.procedure_id).alias("procedure_id"),
        pl.lit(f"fioko_{marker.number}").alias("evidence"),
        pl.lit(unit).alias("unit"),
    )
    return frame.filter(pl.col("n") > 0)
