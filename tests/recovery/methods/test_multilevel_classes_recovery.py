"""Intervals of school effects where classes differ: the effect of the school, whatever its classes.

Truth: u_school; the classes of this year are a draw. 41 schools of 1-4 classes, 150 towns a case; the Monte Carlo
error of coverage is about 0.005 (schools of one town are not independent): 0.93-0.975 is what a true 0.95 may show.
"""

from __future__ import annotations

import numpy as np
import pytest

from merilo.methods.multilevel import cross_products, fit_random_intercept, school_intervals

TOWNS = 150
LOWEST, HIGHEST = 0.93, 0.975


def one_town(
    rng: np.random.Generator, class_sd: float, school_sd: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Whether each school's true effect is inside the interval of the plain model and of the class-aware one."""
    classes = rng.integers(1, 5, 41)
    class_school = np.repeat(np.arange(41), classes)
    klass = np.repeat(np.arange(len(class_school)), rng.integers(12, 28, len(class_school)))
    school = class_school[klass]
    u = rng.normal(0, school_sd, 41)
    prior = rng.normal(0, 1, len(klass)) + 0.3 * rng.normal(0, 1, 41)[school]
    y = (
        10
        + 0.6 * prior
        + u[school]
        + rng.normal(0, class_sd, len(class_school))[klass]
        + rng.normal(0, 1, len(klass))
    )
    by_class = cross_products(y, prior[:, None], klass, len(class_school))
    by_school = np.zeros((41, 3, 3))
    np.add.at(by_school, class_school, by_class)
    fit = fit_random_intercept(by_school)
    aware = school_intervals(by_class, class_school, fit.beta, n_schools=41)
    assert aware is not None
    plain = (fit.effects.lower <= u) & (u <= fit.effects.upper)
    return plain, (aware.lower <= u) & (u <= aware.upper), np.array([aware.class_variance])


@pytest.mark.parametrize(("class_sd", "school_sd"), [(0.3, 0.35), (0.3, 0.2), (0.0, 0.35)])
def test_intervals_cover_the_school_whatever_its_classes(class_sd: float, school_sd: float) -> None:
    rng = np.random.default_rng(20261123)
    found = [one_town(rng, class_sd, school_sd) for _ in range(TOWNS)]
    covered = float(np.mean([aware for _plain, aware, _v in found]))
    assert LOWEST <= covered <= HIGHEST, covered
    assert np.mean([v for _p, _a, v in found]) == pytest.approx(class_sd**2, abs=0.012)
    if class_sd > 0:  # why the plain model does not suffice
        assert float(np.mean([plain for plain, _aware, _v in found])) < LOWEST


def test_without_a_second_class_anywhere_nothing_is_said() -> None:
    rng = np.random.default_rng(1)
    y, klass = rng.normal(size=60), np.repeat(np.arange(6), 10)
    cross = cross_products(y, None, klass, 6)
    assert school_intervals(cross, np.arange(6), np.zeros(1), n_schools=6) is None


def test_few_schools_with_two_classes_do_not_tell_how_classes_differ() -> None:
    """Nine classes beyond the first of their schools are too few, ten are enough."""
    rng = np.random.default_rng(3)
    for extra, told in ((9, False), (10, True)):
        class_school = np.concatenate([np.arange(30), np.arange(extra)])
        klass = np.repeat(np.arange(len(class_school)), 8)
        cross = cross_products(rng.normal(size=len(klass)), None, klass, len(class_school))
        assert (school_intervals(cross, class_school, np.zeros(1), n_schools=30) is not None) is told


def test_intervals_do_not_depend_on_the_order_of_classes() -> None:
    rng = np.random.default_rng(2)
    klass = np.repeat(np.arange(24), 9)
    class_school = np.repeat(np.arange(12), 2)
    y = rng.normal(size=len(klass)) + 0.5 * rng.normal(size=12)[class_school[klass]]
    cross = cross_products(y, None, klass, 24)
    order = rng.permutation(24)
    one = school_intervals(cross, class_school, np.zeros(1), n_schools=12)
    two = school_intervals(cross[order], class_school[order], np.zeros(1), n_schools=12)
    assert one is not None and two is not None
    assert np.allclose(one.lower, two.lower)
    assert np.allclose(one.upper, two.upper)
