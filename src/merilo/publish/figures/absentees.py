"""Who was absent from a school's procedures: weaker and stronger pupils by the journal, beside the other schools."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import polars as pl

from merilo.language import plural_translator, translator
from merilo.publish.figures.against_journal import share_bars
from merilo.publish.figures.figure import BLUE, ORANGE, Figure
from merilo.publish.pictured import SCHOOL_ABSENT, STRONGER, WEAKER
from merilo.publish.typography import glue, integer, percent

_ = translator("explanation")
ngettext = plural_translator("explanation")

ROW = 50.0


def mark_words() -> dict[int, str]:
    """The groups of journal marks, in words."""
    return {WEAKER: _("with “2” or “3” in the journal"), STRONGER: _("with “4” or “5” in the journal")}


def absentees_figure(
    tables: Mapping[str, pl.DataFrame],
    org_id: str,
    *,
    stands_out: bool = False,
    width: int = 760,
    height: int | None = None,
) -> Figure | None:
    """Share of absent pupils by journal mark; None where journal marks of the absent are unknown or too few."""
    rows = tables.get(SCHOOL_ABSENT, pl.DataFrame())
    if not rows.height:
        return None
    rows = rows.filter(pl.col("org_id") == org_id, pl.col("n") > 0).sort("journal_mark")
    shares = rows.with_columns(share=pl.col("absent_n") / pl.col("n"))
    if shares["share"].drop_nulls().len() < 2:
        return None
    n = int(rows["n"].sum())
    return Figure(
        id=f"absentees-{org_id}",
        title=glue(_finding(shares)),
        subtitle=glue(
            ngettext(
                "All procedures together, {n} entry with a journal mark.",
                "All procedures together, {n} entries with a journal mark.",
                n,
            ).format(n=integer(n))
            + " "
            + _(
                "Share of those who did not write. Bars: the school; black strokes: the other schools of "
                "the run. A pupil absent from two procedures counts twice. Illness, competitions and the "
                "timetable also keep pupils away."
            )
        ),
        alt=glue(_alternative(shares)),
        chart=_chart(shares, width, height or ROW * rows.height, stands_out=stands_out),
        rows=rows.select("journal_mark", "n", "absent_n", "usual_share"),
        width=width,
    )


def _finding(shares: pl.DataFrame) -> str:
    by_mark = {row["journal_mark"]: row for row in shares.iter_rows(named=True)}
    low, high = by_mark[WEAKER], by_mark[STRONGER]
    said = _("{low} of the weaker pupils did not write, {high} of the stronger").format(
        low=percent(low["share"]), high=percent(high["share"])
    )
    if low["usual_share"] is not None and high["usual_share"] is not None:
        said += _("; in other schools {low} and {high}").format(
            low=percent(low["usual_share"]), high=percent(high["usual_share"])
        )
    return said


def _alternative(shares: pl.DataFrame) -> str:
    words = mark_words()
    listed = "; ".join(
        _("{words}: {share}, others {usual}").format(
            words=words[row["journal_mark"]], share=percent(row["share"]), usual=percent(row["usual_share"])
        )
        for row in shares.iter_rows(named=True)
    )
    return _("Bar chart of absent pupils by journal mark. {listed}").format(listed=listed)


def _chart(shares: pl.DataFrame, width: int, height: float, *, stands_out: bool) -> alt.LayerChart:
    drawn = shares.select(
        name=pl.col("journal_mark").replace_strict(mark_words(), return_dtype=pl.String),
        share="share",
        usual="usual_share",
        label=pl.concat_str(
            pl.col("share").map_elements(percent, return_dtype=pl.String),
            pl.lit(" ("),
            pl.col("absent_n").map_elements(integer, return_dtype=pl.String),
            pl.lit(")"),
        ),
        at=pl.max_horizontal("share", pl.col("usual_share").fill_null(0)),
        colour=pl.when((pl.col("journal_mark") == WEAKER) & pl.lit(stands_out))
        .then(pl.lit(ORANGE))
        .otherwise(pl.lit(BLUE)),
    )
    return share_bars(drawn, width, height)
