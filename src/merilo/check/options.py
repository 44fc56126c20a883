"""Evidence from chosen options: works of a class alike beyond their results, and the pairs that stand out."""

from __future__ import annotations

import numpy as np
import polars as pl
from scipy.special import ndtr, ndtri

from merilo.check.evidence import Evidence
from merilo.check.option_answers import FEWEST_WORKS, OptionAnswers, fit_options
from merilo.check.sitting import Sitting
from merilo.definitions import Definitions
from merilo.errors import DegenerateDataError
from merilo.language import translator
from merilo.methods.answer_similarity import (
    PairIndices,
    against_honest,
    benjamini_hochberg,
    compare_pairs,
    gbt_p,
    join_pairs,
    option_spectrum,
    pooled_similarity,
    room_source,
    source_scores,
    usual_rooms,
)
from merilo.methods.arrays import FloatArray, IntArray
from merilo.tables.similar_pairs import SIMILAR_PAIRS

_ = translator("check")

LEAST_PUPILS = 8
WIDTH_95 = 1.959963984540054
# GBT is computed exactly from this normal score on; below it a pair cannot be found anyway.
EXACT_FROM = 1.5
# With fewer pairs than this their usual likeness is not estimated but taken as none.
ENOUGH_PAIRS = 200
# A million pairs of one group say that classes and rooms are not told apart, not who sat beside whom.
LARGEST_GROUP = 1500
IQR_OF_NORMAL = 1.3489795003921634


def option_evidence(
    sitting: Sitting, definitions: Definitions, *, fitted: OptionAnswers | None = None
) -> list[Evidence]:
    """Evidence `similarity` from chosen options, pooled over the works of every room or class; [] without options.

    estimate: excess share of identical answers among pupils of one room or class of the school, beyond what their
    abilities imply (nominal response model). z joins two distances that do not depend on each other among honest
    schools: that excess against the excess and spread of the other schools, because pupils who are taught
    together share mistakes; and whether the works of a room resemble one of them more than each other, which teaching
    does not bring about. fitted: from fit_options, if it is there already.
    """
    fitted = fitted or fit_options(sitting.works)
    if fitted is None:
        return []
    n_schools = sitting.schools_n
    room = np.unique(fitted.org * (fitted.seated.max() + 1) + fitted.seated, return_inverse=True)[1].reshape(
        -1
    )
    org_of = np.zeros(room.max() + 1, np.int64)
    org_of[room] = fitted.org
    pooled = pooled_similarity(fitted.items, fitted.answers, room, len(org_of))
    excess, variance, comparisons = (
        np.bincount(org_of, values, minlength=n_schools)
        for values in (pooled.excess, pooled.variance, pooled.comparisons)
    )
    n = np.bincount(fitted.org[~np.isnan(fitted.answers.ability)], minlength=n_schools)
    usable = (n >= LEAST_PUPILS) & (comparisons > 0) & (variance > 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(usable, excess / comparisons, np.nan)
        error = np.where(usable, np.sqrt(variance) / comparisons, np.nan)
    likeness, note = _against_honest(share, error, fitted)
    z = _join(likeness, _one_source(fitted, room, org_of, n_schools))
    return [
        Evidence(
            name="similarity",
            kind="similarity",
            n=n.astype(np.int64),
            estimate=share,
            lower=share - WIDTH_95 * error,
            upper=share + WIDTH_95 * error,
            unit="share",
            z=np.where(usable, z, np.nan),
            notes={
                int(row): _("fewer than {least} pupils with chosen options").format(least=LEAST_PUPILS)
                for row in np.flatnonzero(~usable)
            },
            note=note,
        )
    ]


def _against_honest(share: FloatArray, error: FloatArray, fitted: OptionAnswers) -> tuple[FloatArray, str]:
    """Distance of the pooled excess from honest schools (J,), and what to know about it."""
    try:
        spectrum = option_spectrum(fitted.items)
        z, _honest = against_honest(share, error**2, spectrum, fitted.answers.codes.shape[1])
    except DegenerateDataError:
        return np.full(len(share), np.nan), _("too few schools to know how alike honest classmates are")
    return z, _("from chosen options: excess of identical answers over what the results imply")


def _one_source(fitted: OptionAnswers, room: IntArray, org_of: IntArray, n_schools: int) -> FloatArray:
    """Whether works of a room resemble one of them (J,): normal scores of a school's rooms, joined; NaN without any."""
    score = source_scores(fitted.items, fitted.answers, room)
    by_room = usual_rooms(room_source(score, room, len(org_of)))
    known = ~np.isnan(by_room)
    rooms_n = np.bincount(org_of[known], minlength=n_schools)
    total = np.bincount(org_of[known], by_room[known], minlength=n_schools)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(rooms_n > 0, total / np.sqrt(rooms_n), np.nan))


def _join(first: FloatArray, second: FloatArray) -> FloatArray:
    """Two independent normal scores as one (Stouffer 1949); where only one is known, that one."""
    both = (first + second) / np.sqrt(2.0)
    return np.where(np.isnan(first), second, np.where(np.isnan(second), first, both))


def similar_pairs(
    sitting: Sitting, definitions: Definitions, *, fitted: OptionAnswers | None = None
) -> pl.DataFrame:
    """Pairs of works of one room or class whose q-value is at most the flag limit: table `similar_pairs`.

    All pairs of all rooms (classes) of the procedure are one family. Their p-values are GBT's, on the scale of what
    pairs of classmates usually show here (median and interquartile range of all pairs, never narrower than theory
    says): being taught together, and a model that is not exact, make honest pairs alike, too.
    Groups of more than LARGEST_GROUP works (no classes and no rooms given) are not compared pair by pair.
    Pupil level: inside the centre only.
    """
    fitted = fitted or fit_options(sitting.works)
    if fitted is None:
        return SIMILAR_PAIRS.empty()
    pairs = _compare_rooms(fitted)
    if not len(pairs.first):
        return SIMILAR_PAIRS.empty()
    exact, p = _pair_p(fitted, pairs)
    q = benjamini_hochberg(p)
    found = np.flatnonzero(q <= definitions.run.flag_limit)
    first, second = pairs.first[found], pairs.second[found]
    works = sitting.works
    orgs = pl.Series(works.org_ids, dtype=pl.String)
    classes = pl.Series(works.class_ids, dtype=pl.String)
    room = fitted.room[first]
    note = _("{n} pairs of one room or class were compared").format(n=len(p))
    if len(pairs.first) < ENOUGH_PAIRS:
        note += "; " + _("too few to know how alike honest classmates are")
    rows = pl.DataFrame(
        {
            "org_id": orgs.gather(fitted.org[first]),
            "second_org_id": orgs.gather(fitted.org[second]),
            "class_id": classes.gather(fitted.klass[first]),
            "room": [fitted.rooms[row] if row >= 0 else None for row in room],
            "first_work": fitted.work.gather(first),
            "second_work": fitted.work.gather(second),
            "items_n": pairs.common[found],
            "identical_n": pairs.identical[found],
            "identical_wrong_n": pairs.identical_wrong[found],
            "expected_n": pairs.expected[found],
            "omega": pairs.omega[found],
            "omega_p": np.minimum(2.0 * ndtr(-pairs.omega[found]), 1.0),
            "gbt_p": exact[found],
            "p_value": p[found],
            "q_value": q[found],
        }
    ).with_columns(
        pl.lit(works.procedure.procedure_id).alias("procedure_id"),
        pl.lit(len(p)).alias("pairs_n"),
        pl.lit(note).alias("note"),
    )
    return SIMILAR_PAIRS.frame(rows)


def _compare_rooms(fitted: OptionAnswers) -> PairIndices:
    """All pairs within rooms (classes)."""
    known = np.flatnonzero(~np.isnan(fitted.answers.ability))
    seated = fitted.seated[known]
    order = np.argsort(seated, kind="stable")
    rooms = np.split(known[order], np.flatnonzero(np.diff(seated[order])) + 1)
    return join_pairs(
        [
            compare_pairs(fitted.items, fitted.answers, np.sort(room))
            for room in rooms
            if 1 < len(room) <= LARGEST_GROUP
        ]
        or [compare_pairs(fitted.items, fitted.answers, known[:0])]
    )


def _pair_p(fitted: OptionAnswers, pairs: PairIndices) -> tuple[FloatArray, FloatArray]:
    """Exact p-values of GBT (m,), NaN where a pair is ordinary; and p-values on the scale of all pairs (m,)."""
    far = np.flatnonzero(pairs.gbt_z > EXACT_FROM)
    exact = np.full(len(pairs.first), np.nan)
    score = pairs.gbt_z.copy()
    at_least, _middle = gbt_p(fitted.items, fitted.answers, pairs.first[far], pairs.second[far])
    exact[far] = at_least
    centre, spread = usual_likeness(score)
    score[far] = -ndtri(np.maximum(at_least, 1e-300))
    return exact, np.nan_to_num(ndtr(-(score - centre) / spread), nan=1.0)


def usual_likeness(score: FloatArray) -> tuple[float, float]:
    """Centre and spread of the normal scores (m,) of pairs of classmates: at least 0 and 1."""
    score = score[~np.isnan(score)]
    if len(score) < ENOUGH_PAIRS:
        return 0.0, 1.0
    low, middle, high = np.quantile(score, (0.25, 0.5, 0.75))
    return max(float(middle), 0.0), max(float(high - low) / IQR_OF_NORMAL, 1.0)


def few_works_note() -> str:
    """Why options say nothing where fit_options gives None although there are options."""
    return _("fewer than {least} works with chosen options").format(least=FEWEST_WORKS)
