"""Two groups: worlds of z with known truth; bounds are measured ones with Monte Carlo room."""

from __future__ import annotations

import numpy as np
import pytest

from merilo.methods.two_groups import combine, fit_student, honest_correlation, plain_prior

KINDS = 5
PRIOR = plain_prior(KINDS)


def world(
    rng: np.random.Generator,
    schools: int = 200,
    *,
    share: float = 0.1,
    shift: float = 3.0,
    df: float = np.inf,
    concerned: float = 1.0,
    procedures: int = 4,
) -> tuple[np.ndarray, np.ndarray]:
    """Returns z (J, P, K), and the kind of each school, -1 honest. Centre and spread differ by procedure and kind."""
    lasting = rng.standard_normal((schools, 1, KINDS))
    size = (schools, procedures, KINDS)
    own = rng.standard_normal(size) if np.isinf(df) else rng.standard_t(df, size) / np.sqrt(df / (df - 2))
    z = np.sqrt(0.25) * lasting + np.sqrt(0.75) * own
    kind = np.full(schools, -1)
    for j in rng.choice(schools, round(share * schools), replace=False):
        kind[j] = rng.integers(KINDS)
        touched = rng.random(procedures) < concerned
        touched[rng.integers(procedures)] = True
        z[j, :, kind[j]] += rng.normal(shift, 0.3 * shift) * touched
    z = z * rng.uniform(0.85, 1.2, (procedures, KINDS)) + rng.normal(0, 0.15, (procedures, KINDS))
    z[rng.random(z.shape[:2]) < 0.1] = np.nan
    return z, kind


def rates(worlds: int, seed: int, **how: float) -> tuple[float, float, float, float]:
    """Power, false discovery, right kinds among the found, and worlds with any false flag."""
    power, false, right, any_false = [], [], [], []
    for number in range(worlds):
        z, kind = world(np.random.default_rng([seed, number]), **how)  # type: ignore[arg-type]
        found = combine(z, prior=PRIOR, flag_limit=0.1)
        real = kind >= 0
        hit = found.flagged & real
        power.append(hit.sum() / max(real.sum(), 1))
        false.append((found.flagged & ~real).sum() / max(found.flagged.sum(), 1))
        right.append((found.leading[hit] == kind[hit]).mean() if hit.any() else np.nan)
        any_false.append((found.flagged & ~real).any())
    named = np.nanmean(right) if np.isfinite(right).any() else np.nan
    return float(np.mean(power)), float(np.mean(false)), float(named), float(np.mean(any_false))


def test_null_is_recovered_with_a_seventh_of_schools_standing_out():
    rng = np.random.default_rng(4)
    x = 0.3 + 1.2 * rng.standard_t(8, (4000, 1))
    x[:600] += 5
    weight = np.where(np.arange(4000) < 600, 0.02, 1.0)
    one = np.ones(1)
    null = fit_student(x, weight, (0 * one, one), (0 * one, one, 30 * one), (0.05 * one, 0.05 * one))
    assert null.mean[0] == pytest.approx(0.3, abs=0.06)
    assert null.sd[0] == pytest.approx(1.2, abs=0.06)
    assert null.tail[0] == pytest.approx(0.125, abs=0.05)


@pytest.mark.parametrize("true", [0.0, 0.3, 0.7])
def test_correlation_of_honest_schools_is_recovered(true):
    rng = np.random.default_rng(5)
    z = np.sqrt(true) * rng.standard_normal((800, 1, 1)) + np.sqrt(1 - true) * rng.standard_normal(
        (800, 4, 1)
    )
    z[rng.random((800, 4)) < 0.2] = np.nan
    found = honest_correlation(z, np.ones(800), np.full(1, 0.2), np.full(1, 30.0))
    assert found[0] == pytest.approx(true, abs=0.06)


@pytest.mark.parametrize(
    ("how", "least_power"),
    [({}, 0.6), ({"df": 6.0}, 0.55), ({"share": 0.2}, 0.65), ({"schools": 41}, 0.3)],
    ids=["plain", "heavy tails", "a fifth", "town"],
)
def test_false_discoveries_stay_below_the_nominal_tenth(how, least_power):
    power, false, named, _any = rates(12, 31, **how)
    assert false < 0.11
    assert power > least_power
    assert named > 0.9


@pytest.mark.parametrize("schools", [41, 200])
def test_clean_regions_give_almost_no_flags(schools):
    """Measured: 0-2 of 30."""
    assert rates(30, 32, schools=schools, share=0.0)[3] <= 0.1


def test_findings_in_half_of_the_procedures_are_seen():
    """The sum alone finds a quarter of these; measured 0.55."""
    power, false, _named, _any = rates(10, 33, concerned=0.5, shift=3.5)
    assert power > 0.4
    assert false < 0.12


def test_expected_findings_are_as_many_as_there_are():
    expected, true = 0.0, 0
    for number in range(8):
        z, kind = world(np.random.default_rng([34, number]))
        expected += float(np.nansum(combine(z, prior=PRIOR, flag_limit=0.1).probability))
        true += int((kind >= 0).sum())
    assert expected == pytest.approx(true, rel=0.25)


def test_reviews_recalibrate_those_that_were_not_reviewed():
    """Many weak findings confirmed: other schools of that kind become more probable; refuted: less."""
    z, kind = world(np.random.default_rng(35), shift=1.8, share=0.2)
    reviewed = np.flatnonzero(kind == 0)[:6]
    others = np.setdiff1d(np.flatnonzero(kind == 0), reviewed)
    confirmed, refuted = np.full((200, KINDS), np.nan), np.full((200, KINDS), np.nan)
    confirmed[reviewed, 0], refuted[reviewed, 0] = 1.0, 0.0
    plain, more, less = (
        combine(z, prior=PRIOR, flag_limit=0.1, labels=labels) for labels in (None, confirmed, refuted)
    )
    assert more.mixture.shares[1] > plain.mixture.shares[1] > less.mixture.shares[1]
    assert np.nansum(more.kind_probability[others, 0]) > np.nansum(less.kind_probability[others, 0])


def one_kind(seed: int, shift: float) -> tuple[float, float]:
    """Power and false discovery over six regions where a tenth of the schools does one and the same thing."""
    hit = found_n = false = 0
    for number in range(6):
        rng = np.random.default_rng([seed, number])
        z, kind = world(rng, share=0.0)
        chosen = rng.choice(200, 20, replace=False)
        z[chosen, :, 0] += rng.normal(shift, 0.3 * shift, (20, 1))
        found = combine(z, prior=PRIOR, flag_limit=0.1)
        hit += found.flagged[chosen].sum()
        found_n += found.flagged.sum()
        false += np.delete(found.flagged, chosen).sum()
        assert (kind == -1).all()
    return hit / 120, false / max(found_n, 1)


def test_a_tenth_of_schools_in_one_kind_alone_does_not_hide_in_its_null():
    """Seen on seeds 31 and 32: power 0.83 and 0.81 at a shift of 3, 0.59 and 0.61 at 2.5; false 0.03-0.07."""
    power, false = one_kind(33, 3.0)
    assert power > 0.7
    assert false < 0.12
