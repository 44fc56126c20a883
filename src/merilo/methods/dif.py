"""Differential item functioning: is an item easier for one group than for another of equal raw score?

Two groups of works, reference (0) and focal (1), are compared stratum by stratum; a stratum is a raw score
(within one set of administered items), so that only counts are needed. Positive effects mean: easier for the
focal group.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc, ndtri

from merilo.methods.arrays import FloatArray, IntArray

# ETS rules: delta units for right/wrong items (Zieky 1993), standard deviations for points (Zwick, Thayer &
# Mazzeo 1997).
DELTA_PER_LOGIT = 2.35
DELTA_SMALL, DELTA_LARGE = 1.0, 1.5
SMD_SMALL, SMD_LARGE = 0.17, 0.25
SIGNIFICANT = 0.05
ONE_SIDED_95 = 1.6448536269514722
TWO_CATEGORIES = 2


@dataclass(frozen=True, slots=True)
class ItemDif:
    """Differential functioning of items (I,), in their order; NaN where `reason` says why.

    effect            common log odds ratio, logits, > 0: easier for the focal group at equal raw score.
                      0/1 points: Mantel & Haenszel 1959; more points: cumulative, Liu & Agresti 1996
    effect_se         0/1: Robins, Breslow & Greenland 1986; more points: two-sample U-statistic (Hoeffding
    1948) effect_lower      normal interval of the asked level effect_upper delta             ETS scale, 2.35
    x effect; NaN for items with more than one point chi2              Mantel (1963) test, 1 degree of
    freedom; for 0/1 points this is Mantel-Haenszel without correction chi2_corrected    the same less 1/2 for
    continuity; NaN for items with more than one point p_value           of chi2_corrected for 0/1 points, of
    chi2 otherwise chi2_general      generalised Mantel-Haenszel test of any difference between the
    distributions (Somes 1986) df_general        its degrees of freedom smd               standardised mean
    difference, points, focal minus reference, weighted as the focal group
                      (Dorans & Kulick 1986)
    smd_se            under no difference (Zwick & Thayer 1996)
    ets_class         "A" negligible, "B" moderate, "C" large; "" where it cannot be told
    n_reference       works in strata where both groups are present
    n_focal
    n_strata          such strata
    reason            "" or "no_common_strata", "all_same_points", "separated" (every comparison goes one way:
                      the effect is infinite; the tests still stand)
    """

    effect: FloatArray
    effect_se: FloatArray
    effect_lower: FloatArray
    effect_upper: FloatArray
    delta: FloatArray
    chi2: FloatArray
    chi2_corrected: FloatArray
    p_value: FloatArray
    chi2_general: FloatArray
    df_general: IntArray
    smd: FloatArray
    smd_se: FloatArray
    ets_class: tuple[str, ...]
    n_reference: IntArray
    n_focal: IntArray
    n_strata: IntArray
    reason: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GeneralAssociation:
    """Generalised Mantel-Haenszel test: statistic, degrees of freedom, p-value (NaN where nothing varies)."""

    chi2: float
    df: int
    p_value: float


def find_dif(counts: IntArray, max_points: IntArray, *, level: float = 0.95) -> ItemDif:
    """Compare two groups item by item at equal raw score.

    counts (2, S, K): works of the group in the stratum with x points on item i, column offset[i] + x,
    K = sum(max_points + 1), zero where the item was not administered; max_points (I,) >= 1. The raw score
    should include the studied item (Holland & Thayer 1988). Strata with one group only say nothing and are
    left out.
    """
    works: FloatArray = np.asarray(counts, dtype=np.float64)
    ends = np.cumsum(np.asarray(max_points) + 1)
    _check(works, int(ends[-1]))
    rows = [
        _item_row(works[0][:, end - m - 1 : end], works[1][:, end - m - 1 : end])
        for end, m in zip(ends, max_points, strict=True)
    ]
    half = float(ndtri(0.5 + level / 2))

    def column(name: str) -> FloatArray:
        return np.array([getattr(row, name) for row in rows], dtype=np.float64)

    def whole(name: str) -> IntArray:
        return np.array([getattr(row, name) for row in rows], dtype=np.int64)

    effect, se = column("effect"), column("effect_se")
    return ItemDif(
        effect,
        se,
        effect - half * se,
        effect + half * se,
        column("delta"),
        column("chi2"),
        column("chi2_corrected"),
        column("p_value"),
        column("chi2_general"),
        whole("df_general"),
        column("smd"),
        column("smd_se"),
        tuple(row.ets_class for row in rows),
        whole("n_reference"),
        whole("n_focal"),
        whole("n_strata"),
        tuple(row.reason for row in rows),
    )


def general_association(table: IntArray) -> GeneralAssociation:
    """Generalised Mantel-Haenszel test of groups against categories within strata (Landis, Heyman & Koch
    1978).

    table (G, J, S) counts. Under no association each stratum is multivariate hypergeometric given its
    margins.
    """
    table = np.asarray(table, dtype=np.float64)
    table = table[:, :, table.sum(axis=(0, 1)) > 1]
    n = table.sum(axis=(0, 1))
    row, column = table.sum(axis=1), table.sum(axis=0)
    difference = (table - row[:, None, :] * column[None, :, :] / n).sum(axis=2)[:-1, :-1].ravel()
    rows = _spread(row, n)[:, :-1, :-1]
    columns = _spread(column, n)[:, :-1, :-1]
    size = len(difference)
    covariance = np.einsum("sgh,sij,s->gihj", rows, columns, 1 / (n**2 * (n - 1))).reshape(size, size)
    df = int(np.linalg.matrix_rank(covariance, hermitian=True)) if size else 0
    if df == 0:
        return GeneralAssociation(float("nan"), 0, float("nan"))
    chi2 = float(difference @ np.linalg.pinv(covariance, rcond=1e-10, hermitian=True) @ difference)
    return GeneralAssociation(chi2, df, float(chdtrc(df, chi2)))


def _check(counts: FloatArray, columns: int) -> None:
    if counts.ndim != 3 or counts.shape[0] != 2 or counts.shape[2] != columns:
        raise ValueError(f"counts must be (2, strata, {columns}), not {counts.shape}")
    if np.any(counts < 0):
        raise ValueError("counts cannot be negative")


def _spread(margin: FloatArray, n: FloatArray) -> FloatArray:
    """N diag(m) - m m' of every stratum (S, M, M), margin (M, S)."""
    diagonal = np.einsum("ms,mk,s->smk", margin, np.eye(len(margin)), n)
    spread: FloatArray = diagonal - np.einsum("ms,ks->smk", margin, margin)
    return spread


@dataclass(slots=True)
class _Row:
    """One item's entries of `ItemDif`."""

    n_reference: int
    n_focal: int
    n_strata: int
    reason: str = ""
    effect: float = float("nan")
    effect_se: float = float("nan")
    delta: float = float("nan")
    chi2: float = float("nan")
    chi2_corrected: float = float("nan")
    p_value: float = float("nan")
    chi2_general: float = float("nan")
    df_general: int = 0
    smd: float = float("nan")
    smd_se: float = float("nan")
    ets_class: str = ""


def _item_row(reference: FloatArray, focal: FloatArray) -> _Row:
    """All statistics of one item from counts (S, J) of the two groups."""
    shared = (reference.sum(axis=1) > 0) & (focal.sum(axis=1) > 0)
    reference, focal = reference[shared], focal[shared]
    row = _Row(int(reference.sum()), int(focal.sum()), int(shared.sum()))
    if row.n_strata == 0:
        row.reason = "no_common_strata"
        return row
    _add_means(row, reference, focal)
    if not row.chi2 >= 0:
        row.reason = "all_same_points"
        return row
    general = general_association(np.stack([reference.T, focal.T]))
    row.chi2_general, row.df_general = general.chi2, general.df
    two = reference.shape[1] == TWO_CATEGORIES
    row.p_value = float(chdtrc(1, row.chi2_corrected if two else row.chi2))
    _add_odds(row, reference, focal)
    both = reference + focal
    row.ets_class = _delta_class(row) if two else _smd_class(row, both.sum(axis=0))
    return row


def _add_means(row: _Row, reference: FloatArray, focal: FloatArray) -> None:
    """Mantel's test and the standardised mean difference, both from each stratum's hypergeometric
    variance.
    """
    x = np.arange(reference.shape[1])
    n_r, n_f = reference.sum(axis=1), focal.sum(axis=1)
    n = n_r + n_f
    total, squares = (reference + focal) @ x, (reference + focal) @ x**2
    surplus = focal @ x - n_f * total / n
    variance = n_r * n_f * (n * squares - total**2) / (n**2 * (n - 1))
    weight = n_f / n_f.sum()
    row.smd = float(weight @ (focal @ x / n_f - reference @ x / n_r))
    row.smd_se = float(np.sqrt(weight**2 @ ((1 / n_f + 1 / n_r) ** 2 * variance)))
    if variance.sum() <= 0:
        return
    row.chi2 = float(surplus.sum() ** 2 / variance.sum())
    if reference.shape[1] == TWO_CATEGORIES:
        row.chi2_corrected = float(max(abs(surplus.sum()) - 0.5, 0.0) ** 2 / variance.sum())


def _add_odds(row: _Row, reference: FloatArray, focal: FloatArray) -> None:
    """Common (cumulative) odds ratio: sum over pairs of works of how far one is above the other, over strata
    sizes.
    """
    x = np.arange(reference.shape[1], dtype=np.float64)
    above = np.maximum(x[:, None] - x[None, :], 0.0)  # [focal x, reference y] -> (x - y)+
    n = reference.sum(axis=1) + focal.sum(axis=1)
    focal_wins = np.einsum("sx,xy,sy->s", focal, above, reference) / n
    reference_wins = np.einsum("sx,xy,sy->s", reference, above, focal) / n
    R, S = float(focal_wins.sum()), float(reference_wins.sum())
    if R == 0 or S == 0:
        row.reason = "separated"
        return
    row.effect = float(np.log(R / S))
    if len(x) == TWO_CATEGORIES:
        row.delta = DELTA_PER_LOGIT * row.effect
        P = (focal[:, 1] + reference[:, 0]) / n
        variance = (
            P @ focal_wins / (2 * R**2)
            + (P @ reference_wins + (1 - P) @ focal_wins) / (2 * R * S)
            + (1 - P) @ reference_wins / (2 * S**2)
        )
    else:
        # U = sum over pairs of kernel(x, y), of mean 0 at the common odds ratio; its variance from the sums
        # over each work's partners, less the pairs' own squares, which both sums hold
        kernel = above - (R / S) * above.T
        per_focal, per_reference = reference @ kernel.T, focal @ kernel
        own = np.einsum("sx,xy,sy->s", focal, kernel**2, reference)
        spread = (focal * per_focal**2).sum(axis=1) + (reference * per_reference**2).sum(axis=1) - own
        variance = float((spread / n**2).sum()) / R**2
    row.effect_se = float(np.sqrt(variance))


def _delta_class(row: _Row) -> str:
    size, se = abs(row.delta), DELTA_PER_LOGIT * row.effect_se
    if not np.isfinite(size):
        return ""
    if row.p_value >= SIGNIFICANT or size < DELTA_SMALL:
        return "A"
    return "C" if size >= DELTA_LARGE and size - DELTA_SMALL > ONE_SIDED_95 * se else "B"


def _smd_class(row: _Row, counts: FloatArray) -> str:
    x, n = np.arange(len(counts)), counts.sum()
    mean = counts @ x / n
    size = abs(row.smd) / float(np.sqrt(counts @ (x - mean) ** 2 / (n - 1)))
    if row.p_value >= SIGNIFICANT or size <= SMD_SMALL:
        return "A"
    return "C" if size > SMD_LARGE else "B"
