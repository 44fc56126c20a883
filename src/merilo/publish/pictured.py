"""What the explanation of one school gathers over procedures before anything is hidden; then it is protected too.

school_kinds      evidence of each kind over all procedures, beside that of the other schools
school_borders    works by distance from the nearest cut score     school_likeness   pairs of works by likeness
school_marks      marks of works less the journal's                school_absent     who was absent, by journal mark
school_scores     distance from ordinary schools by procedure and kind
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from merilo.methods.intervals import count_ratio, pooled_means

SCHOOL_KINDS = "school_kinds"
SCHOOL_SCORES = "school_scores"
SCHOOL_BORDERS = "school_borders"
SCHOOL_LIKENESS = "school_likeness"
SCHOOL_MARKS = "school_marks"
SCHOOL_ABSENT = "school_absent"
PICTURED = (SCHOOL_KINDS, SCHOOL_SCORES, SCHOOL_BORDERS, SCHOOL_LIKENESS, SCHOOL_MARKS, SCHOOL_ABSENT)

# Schools, and pupils of them, without which there is no "other schools" that would not tell of one of them.
FEWEST_OTHERS = 5
FEWEST_WORKS = 10
# Points from a cut score that the picture of borders shows.
BELOW, ABOVE = 5, 4
NEAR_MISS = 2
# Few pupils have a 2, and few of those with a 5 are absent: journal marks 2 and 3, 4 and 5 are one group each.
WEAKER, STRONGER = 3, 4
LEAST_LIKENESS, MOST_LIKENESS = -2.0, 3.0
POINTS = ("level", "cohort")  # kinds whose estimates are in points of tests of different length

Tables = Mapping[str, pl.DataFrame]


def with_pictures(tables: Tables, org_id: str) -> dict[str, pl.DataFrame]:
    """The tables, and beside them those of this module that can be had of the school org_id."""
    made = dict(tables)
    made[SCHOOL_KINDS] = _kinds(tables, org_id)
    made[SCHOOL_SCORES] = _scores(tables, org_id)
    makers = (
        ("evidence_scores", SCHOOL_BORDERS, _borders),
        ("evidence_likeness", SCHOOL_LIKENESS, _likeness),
        ("evidence_marks", SCHOOL_MARKS, _marks),
        ("evidence_marks", SCHOOL_ABSENT, _absent),
    )
    for source, name, make in makers:
        if source in tables and tables[source].height:
            frame = make(tables, org_id)
            if frame.height:
                made[name] = frame
    return made


def _kinds(tables: Tables, org_id: str) -> pl.DataFrame:
    """org_id, kind, n, procedures_n, estimate with limits; median and ninth decile of the other schools."""
    top = tables["procedures"].select("procedure_id", "max_score")
    rows = (
        tables["objectivity"]
        .filter(
            ~pl.col("evidence").str.starts_with("fioko"), pl.col("estimate").is_not_null(), pl.col("n") > 0
        )
        .join(top, on="procedure_id", how="left")
        .with_columns(
            kind=pl.col("evidence").str.replace("^threshold_.$", "threshold"),
            scale=pl.when(pl.col("evidence").is_in(POINTS)).then(pl.col("max_score")).otherwise(1.0),
        )
        .filter(pl.col("scale") > 0)
    )
    groups = rows.group_by("org_id", "kind").agg(
        n=pl.col("n").sum(), procedures_n=pl.col("procedure_id").n_unique().cast(pl.Int64)
    )
    groups = groups.sort("org_id", "kind").with_row_index("group")
    numbered = rows.join(groups.select("org_id", "kind", "group"), on=["org_id", "kind"], how="left")

    def scaled(name: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return numbered.select((pl.col(name) / pl.col("scale")).fill_null(np.nan)).to_series().to_numpy()

    estimate, lower, upper = pooled_means(
        numbered["group"].cast(pl.Int64).to_numpy(),
        scaled("estimate"),
        scaled("estimate_lower"),
        scaled("estimate_upper"),
        numbered["n"].cast(pl.Float64).to_numpy(),
        groups.height,
    )
    pooled = groups.drop("group").with_columns(
        pl.Series("estimate", estimate).fill_nan(None),
        pl.Series("estimate_lower", lower).fill_nan(None),
        pl.Series("estimate_upper", upper).fill_nan(None),
    )
    if "evidence_scores" in tables and tables["evidence_scores"].height:
        pooled = pl.concat([pooled.filter(pl.col("kind") != "threshold"), _lifted(tables, pooled)])
    others = (
        pooled.filter(
            pl.col("org_id") != org_id, pl.col("n") >= FEWEST_WORKS, pl.col("estimate").is_not_null()
        )
        .group_by("kind")
        .agg(
            others_n=pl.len().cast(pl.Int64),
            usual=pl.col("estimate").median(),
            usual_high=pl.col("estimate").quantile(0.9, "linear"),
        )
        .filter(pl.col("others_n") >= FEWEST_OTHERS)
    )
    return (
        pooled.filter(pl.col("org_id") == org_id).join(others, on="kind", how="left").sort("org_id", "kind")
    )


def _lifted(tables: Tables, pooled: pl.DataFrame) -> pl.DataFrame:
    """Rows of the kind threshold: near-misses missing of those expected, all procedures together.

    Estimates of single procedures are drawn towards what is usual, and their mean would be; the sums are not.
    """
    near = _near_borders(tables).filter(pl.col("distance").is_between(-NEAR_MISS, -1))
    sums = (
        near.group_by("org_id")
        .agg(seen=pl.col("n").sum(), expected=pl.col("expected_n").sum())
        .sort("org_id")
    )
    left = count_ratio(sums["seen"].cast(pl.Float64).to_numpy(), sums["expected"].to_numpy())
    direct = sums.select("org_id", n=pl.col("expected").round().cast(pl.Int64)).with_columns(
        pl.Series("estimate", 1 - left.share).fill_nan(None),
        pl.Series("estimate_lower", 1 - left.upper).fill_nan(None),
        pl.Series("estimate_upper", 1 - left.lower).fill_nan(None),
    )
    rows = pooled.filter(pl.col("kind") == "threshold").select("org_id", "kind", "procedures_n")
    return rows.join(direct, on="org_id").select(pooled.columns)


def _scores(tables: Tables, org_id: str) -> pl.DataFrame:
    """procedure_id, org_id, kind, z, n works; the borders of all marks together (independent, so as a sum)."""
    rows = tables["objectivity"].filter(
        pl.col("org_id") == org_id, pl.col("z").is_not_null(), ~pl.col("evidence").str.starts_with("fioko")
    )
    scores = (
        rows.with_columns(kind=pl.col("evidence").str.replace("^threshold_.$", "threshold"))
        .group_by("procedure_id", "org_id", "kind")
        .agg(z=pl.col("z").sum() / pl.len().sqrt(), used=pl.col("n").max())
        .sort("procedure_id", "org_id", "kind")
    )
    if "school_results" not in tables:
        return scores.rename({"used": "n"})
    works = tables["school_results"].select("procedure_id", "org_id", "n")
    return scores.drop("used").join(works, on=["procedure_id", "org_id"], how="left", maintain_order="left")


def _borders(tables: Tables, org_id: str) -> pl.DataFrame:
    """org_id, distance (points from the nearest cut score, 0 on it), n, expected_n, usual_n.

    usual_n: the expected works times what the other schools have there over what is expected of them.
    """
    near = _near_borders(tables)
    sums = near.group_by("distance", own=pl.col("org_id") == org_id).agg(
        pl.col("n").sum(), pl.col("expected_n").sum()
    )
    others = sums.filter(~pl.col("own")).select(
        "distance", ratio=pl.when(pl.col("n") >= FEWEST_WORKS).then(pl.col("n") / pl.col("expected_n"))
    )
    own = sums.filter("own").join(others, on="distance", how="left")
    return own.select(
        pl.lit(org_id).alias("org_id"),
        "distance",
        "n",
        "expected_n",
        usual_n=pl.col("expected_n") * pl.col("ratio"),
    ).sort("distance")


def _near_borders(tables: Tables) -> pl.DataFrame:
    """Rows of `evidence_scores` near a cut score, each at its `distance` from the nearest."""
    cuts = (
        tables["procedures"]
        .select("procedure_id", pl.concat_list("cut_3", "cut_4", "cut_5").alias("cut"))
        .explode("cut")
        .drop_nulls("cut")
    )
    rows = tables["evidence_scores"].drop_nulls("expected_n").join(cuts, on="procedure_id")
    return (
        rows.with_columns(distance=pl.col("score") - pl.col("cut"))
        # A score as far from two cut scores belongs to the upper one: it is short of it.
        .sort(pl.col("distance").abs(), pl.col("cut"), descending=[False, True])
        .unique(["procedure_id", "org_id", "score"], keep="first", maintain_order=True)
        .filter(pl.col("distance").is_between(-BELOW, ABOVE))
    )


def _likeness(tables: Tables, org_id: str) -> pl.DataFrame:
    """org_id, likeness_from (the lowest and the highest bin are open), pairs_n, expected_n over all classes."""
    own = tables["evidence_likeness"].filter(pl.col("org_id") == org_id)
    own = own.with_columns(pl.col("likeness_from").clip(LEAST_LIKENESS, MOST_LIKENESS))
    return (
        own.group_by("org_id", "likeness_from")
        .agg(pl.col("pairs_n").sum(), pl.col("expected_n").sum())
        .sort("likeness_from")
    )


def _marks(tables: Tables, org_id: str) -> pl.DataFrame:
    """org_id, shift (-1, 0, 1: the mark of the work is lower, the same, higher), n, usual_share, others_n."""
    pupils = tables["evidence_marks"].filter(pl.col("mark") >= 2)
    shifted = pupils.with_columns(shift=(pl.col("mark") - pl.col("journal_mark")).sign())
    sums = shifted.group_by("shift", own=pl.col("org_id") == org_id).agg(pl.col("n").sum())
    others = sums.filter(~pl.col("own")).select("shift", others="n")
    total = int(others["others"].sum() or 0)
    all_shifts = pl.DataFrame({"shift": [-1, 0, 1]}, schema={"shift": pl.Int64})
    beside = all_shifts.join(sums.filter("own").select("shift", "n"), on="shift", how="left").join(
        others, on="shift", how="left"
    )
    usual = (
        pl.col("others").fill_null(0) / total
        if total >= FEWEST_WORKS * FEWEST_OTHERS
        else pl.lit(None, pl.Float64)
    )
    frame = beside.select(
        pl.lit(org_id).alias("org_id"),
        "shift",
        pl.col("n").fill_null(0),
        usual_share=usual,
        others_n=pl.lit(total, pl.Int64),
    )
    return frame if frame["n"].sum() else frame.clear()


def _absent(tables: Tables, org_id: str) -> pl.DataFrame:
    """org_id, journal_mark (3: 2 and 3, 4: 4 and 5), n entered, absent_n, usual_share absent, others_n."""
    grouped = tables["evidence_marks"].with_columns(pl.col("journal_mark").clip(WEAKER, STRONGER))
    sums = grouped.group_by("journal_mark", own=pl.col("org_id") == org_id).agg(
        pl.col("n").sum(), absent_n=pl.col("n").filter(pl.col("mark") == 0).sum()
    )
    enough = pl.col("n") >= FEWEST_WORKS * FEWEST_OTHERS
    others = sums.filter(~pl.col("own")).select(
        "journal_mark", others_n="n", usual_share=pl.when(enough).then(pl.col("absent_n") / pl.col("n"))
    )
    own = sums.filter("own").join(others, on="journal_mark", how="left")
    known = own.filter(pl.lit(bool(sums["absent_n"].sum())))
    return known.select(
        pl.lit(org_id).alias("org_id"), "journal_mark", "n", "absent_n", "usual_share", "others_n"
    ).sort("journal_mark")
