"""Pairs of works: identical answers, omega (Wollack 1997) and the generalised binomial test (GBT).

GBT: van der Linden & Sotaridona (2006). Both take the works' abilities as known. omega takes one work's answers as
given and asks how often the other would give the same; GBT lets both answer. Items that one of the two left
without an answer do not count.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from merilo.methods.answer_similarity.nominal import NominalItems, OptionCodes
from merilo.methods.answer_similarity.poisson_binomial import matches_tail
from merilo.methods.arrays import BoolArray, FloatArray, IntArray

# Pairs are compared in tiles of so many works by so many.
TILE = 256
SMALLEST_VARIANCE = 1e-6


@dataclass(frozen=True, slots=True)
class Answers:
    """n works: `chosen` (n, I) codes of the texts, `codes` (n, I) of the pooled options, both NONE_CHOSEN where none;
    right (n, I); ability (n,), logits.
    """

    chosen: OptionCodes
    codes: OptionCodes
    right: BoolArray
    ability: FloatArray

    def take(self, works: IntArray) -> Answers:
        """The same of some works, in that order."""
        return Answers(self.chosen[works], self.codes[works], self.right[works], self.ability[works])


@dataclass(frozen=True, slots=True)
class PairIndices:
    """m pairs of works. first, second (m,): rows of the works, first < second.

    common (m,) items answered by both; identical, identical_wrong (m,) of them; expected (m,) identical answers under
    GBT; gbt_z (m,): normal score of GBT, refined for skewness; omega_first, omega_second (m,): omega with the first
    (second) work as the one that would have copied; NaN where an ability is not known or nothing can vary.
    """

    first: IntArray
    second: IntArray
    common: IntArray
    identical: IntArray
    identical_wrong: IntArray
    expected: FloatArray
    gbt_z: FloatArray
    omega_first: FloatArray
    omega_second: FloatArray

    @property
    def omega(self) -> FloatArray:
        """The larger of the two directions (m,)."""
        return np.fmax(self.omega_first, self.omega_second)


def compare_pairs(items: NominalItems, answers: Answers, works: IntArray) -> PairIndices:
    """All pairs among `works` (rows of answers), `works` in increasing order."""
    tiles = [
        _compare_tile(items, answers, works[a : a + TILE], works[b : b + TILE], same=a == b)
        for a, b in _tiles(len(works))
    ]
    if not tiles:
        whole, real = np.zeros(0, np.int64), np.zeros(0)
        return PairIndices(whole, whole, whole, whole, whole, real, real, real, real)
    return join_pairs(tiles)


def join_pairs(parts: list[PairIndices]) -> PairIndices:
    """Pairs of several groups as one list."""
    return PairIndices(
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in PairIndices.__dataclass_fields__
        )
    )


def gbt_p(
    items: NominalItems, answers: Answers, first: IntArray, second: IntArray
) -> tuple[FloatArray, FloatArray]:
    """Exact GBT of m pairs: P(at least as many identical answers), and its mid-p value."""
    at_least, middle = np.empty(len(first)), np.empty(len(first))
    for start in range(0, len(first), TILE * 8):
        some = slice(start, start + TILE * 8)
        one, other = answers.take(first[some]), answers.take(second[some])
        both = (one.codes >= 0) & (other.codes >= 0)
        chance = np.einsum(
            "mik,mik,ik->im",
            items.probabilities(one.ability, both),
            items.probabilities(other.ability, both),
            items.sameness,
        )
        matches = ((one.chosen == other.chosen) & both).sum(axis=1)
        at_least[some], middle[some] = matches_tail(np.clip(chance, 0.0, 1.0), matches)
    return at_least, middle


def _tiles(n: int) -> Iterator[tuple[int, int]]:
    for a in range(0, n, TILE):
        for b in range(a, n, TILE):
            if b > a or n - a > 1:
                yield a, b


def _compare_tile(
    items: NominalItems, answers: Answers, rows: IntArray, columns: IntArray, *, same: bool
) -> PairIndices:
    """Pairs of `rows` with `columns`; same: the tile lies on the diagonal and only its upper half is new."""
    one, other = answers.take(rows), answers.take(columns)
    here = (
        np.triu_indices(len(rows), 1) if same else tuple(np.indices((len(rows), len(columns))).reshape(2, -1))
    )
    chance_one, chance_other = _chances(items, one), _chances(items, other)
    matches, wrong, common = _count_matches(one, other)
    mean, variance, third = _moments(items, chance_one, chance_other)
    z = (matches - mean) / np.sqrt(np.maximum(variance, SMALLEST_VARIANCE))
    skewness = third / np.maximum(variance, SMALLEST_VARIANCE) ** 1.5
    z = np.where(variance > SMALLEST_VARIANCE, z - skewness * (z * z - 1.0) / 6.0, np.nan)
    unknown = np.isnan(one.ability)[:, None] | np.isnan(other.ability)
    return PairIndices(
        first=rows[here[0]],
        second=columns[here[1]],
        common=common[here].astype(np.int64),
        identical=matches[here].astype(np.int64),
        identical_wrong=wrong[here].astype(np.int64),
        expected=np.where(unknown, np.nan, mean)[here].astype(np.float64),
        gbt_z=np.where(unknown, np.nan, z)[here].astype(np.float64),
        omega_first=_omega(items, chance_one, one, other, matches)[here],
        omega_second=_omega(items, chance_other, other, one, matches.T).T[here],
    )


def _chances(items: NominalItems, works: Answers) -> NDArray[np.float32]:
    """Probabilities (I, n, K), 0 at items without an answer."""
    ability = np.nan_to_num(works.ability)
    return np.ascontiguousarray(
        items.probabilities(ability, works.codes >= 0).transpose(1, 0, 2), dtype=np.float32
    )


def _count_matches(
    one: Answers, other: Answers
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Identical answers, identical wrong answers and items answered by both, (a, b) each."""
    shape = (len(one.codes), len(other.codes))
    matches, wrong, common = (np.zeros(shape, np.float32) for _count in range(3))
    for item in range(one.codes.shape[1]):
        left, right = one.chosen[:, item], other.chosen[:, item]
        answered = (left >= 0)[:, None] & (right >= 0)
        equal = (left[:, None] == right) & answered
        matches += equal
        wrong += equal & ~one.right[:, item][:, None] & ~other.right[:, item]
        common += answered
    return matches, wrong, common


def _moments(
    items: NominalItems, one: NDArray[np.float32], other: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Mean, variance and third central moment of the number of matches, (a, b) each."""
    shape = (one.shape[1], other.shape[1])
    mean, square, cube = (np.zeros(shape, np.float32) for _moment in range(3))
    same = items.sameness.astype(np.float32)
    for item in range(one.shape[0]):
        p = (one[item] * same[item]) @ other[item].T
        mean += p
        power = p * p
        square += power
        power *= p
        cube += power
    return mean, mean - square, mean - 3.0 * square + 2.0 * cube


def _omega(
    items: NominalItems,
    chance: NDArray[np.float32],
    copier: Answers,
    source: Answers,
    matches: NDArray[np.float32],
) -> FloatArray:
    """Omega (a, b): identical answers against what works `copier` (a) would give to the options of `source` (b)."""
    n_items, a, n_options = chance.shape
    given = np.zeros((n_items, n_options, len(source.codes)), np.float32)
    work, item = np.nonzero(source.codes >= 0)
    option = source.codes[work, item]
    given[item, option, work] = items.sameness[item, option]
    flat = chance.transpose(1, 0, 2).reshape(a, -1)
    mean = flat @ given.reshape(-1, len(source.codes))
    variance = mean - (flat**2) @ (given**2).reshape(-1, len(source.codes))
    known = (variance > SMALLEST_VARIANCE) & ~np.isnan(copier.ability)[:, None] & ~np.isnan(source.ability)
    return np.where(
        known, (matches - mean) / np.sqrt(np.maximum(variance, SMALLEST_VARIANCE)), np.nan
    ).astype(np.float64)
