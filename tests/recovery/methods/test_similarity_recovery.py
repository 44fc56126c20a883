"""Similarity finds what was copied and leaves honest schools alone, on a generator that it was not tuned on."""

from __future__ import annotations

import numpy as np
import pytest
from copying_rooms import Rooms, draw_rooms, sums_of

from merilo.methods.similarity import SchoolSimilarity, judge_schools

WORLDS = 8


def judge_rooms(rooms: Rooms) -> SchoolSimilarity:
    """Schools judged among themselves."""
    first = np.flatnonzero(np.diff(rooms.klass, prepend=-1))
    return judge_schools(sums_of(rooms), rooms.school[first], rooms.copying.size)


def judged(seed: int, **settings: object) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """z of copying and of honest schools, and the share of answers taken of the copying ones, over WORLDS worlds."""
    copying, honest, share = [], [], []
    for world in range(WORLDS):
        rooms = draw_rooms(np.random.default_rng([seed, world]), **settings)  # type: ignore[arg-type]
        found = judge_rooms(rooms)
        copying.append(found.z[rooms.copying])
        honest.append(found.z[~rooms.copying])
        share.append(found.estimate[rooms.copying])
    z = np.concatenate(honest)
    return np.concatenate(copying), z[np.isfinite(z)], np.concatenate(share)


@pytest.mark.parametrize(
    ("school_sd", "items", "schools"), [(0.5, 22, 120), (0.0, 22, 120), (0.8, 22, 120), (0.5, 12, 120)]
)
def test_honest_schools_are_uniform_whatever_they_differ_by(
    school_sd: float, items: int, schools: int
) -> None:
    """One-sided p below .05 in 3-7 % of about 950 schools (standard error 0.7 points)."""
    _copying, z, _share = judged(31, school_sd=school_sd, items=items, schools=schools)
    assert 0.03 < (z > 1.645).mean() < 0.07
    assert (z > 2.326).mean() < 0.025
    assert 0.85 < z.std() < 1.15


@pytest.mark.parametrize("rank", [0, 1])
def test_copying_of_consecutive_items_is_found_in_one_procedure(rank: int) -> None:
    """From the best or the second best work of the class, at p < .01, a tenth of the schools copying."""
    copying, honest, share = judged(32, copying=12, rank=rank)
    assert np.nanmean(copying > 2.326) > 0.7
    assert (honest > 1.645).mean() < 0.07
    assert np.nanmedian(share) > 0.05


def test_the_more_is_copied_the_clearer_it_is() -> None:
    less, _honest, less_share = judged(33, copying=12, copiers=0.5, taken=0.4)
    more, _honest, more_share = judged(33, copying=12)
    assert np.nanmedian(more) > np.nanmedian(less) + 0.5
    assert np.nanmedian(more_share) > np.nanmedian(less_share)
    assert np.nanmean(less > 1.645) > 0.5


def test_interval_of_the_share_covers_nothing_in_honest_schools() -> None:
    inside = []
    for world in range(WORLDS):
        found = judge_rooms(draw_rooms(np.random.default_rng([34, world])))
        known = np.isfinite(found.estimate)
        inside.append(((found.lower <= 0) & (found.upper >= 0))[known])
    assert 0.93 < np.concatenate(inside).mean() < 0.98
