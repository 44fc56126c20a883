"""Two groups against published examples, scipy and statsmodels."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from merilo.methods.two_groups import adjusted_p_values, fit_student, normal_scores, upper_tail
from merilo.methods.two_groups.joint_null import JointNull
from merilo.methods.two_groups.mixture import SHIFTS, shift_log_ratios
from merilo.methods.two_groups.prior import CombiningPrior, KindPrior

# Benjamini & Hochberg 1995, JRSS B 57, section 4.2: 15 comparisons of rt-PA and APSAC in myocardial infarction.
THROMBOLYSIS = np.array(
    [
        0.0001,
        0.0004,
        0.0019,
        0.0095,
        0.0201,
        0.0278,
        0.0298,
        0.0344,
        0.0459,
        0.324,
        0.4262,
        0.5719,
        0.6528,
        0.759,
        1.0,
    ]
)


def test_thrombolysis_rejects_four_as_benjamini_hochberg_1995_did():
    """Their text: the procedure at q = 0.05 rejects four hypotheses, Bonferroni three."""
    assert int((adjusted_p_values(THROMBOLYSIS) <= 0.05).sum()) == 4
    assert int((THROMBOLYSIS * 15 <= 0.05).sum()) == 3


def test_adjusted_p_values_equal_scipy_1_11():
    """scipy >= 1.11, stats.false_discovery_control(method="bh")."""
    p = np.random.default_rng(5).uniform(size=200) ** 2
    assert adjusted_p_values(p) == pytest.approx(stats.false_discovery_control(p, method="bh"), abs=1e-14)


def test_adjusted_p_values_equal_statsmodels():
    """statsmodels >= 0.14, multipletests(method="fdr_bh")."""
    multi = pytest.importorskip("statsmodels.stats.multitest", reason="needs statsmodels")
    assert adjusted_p_values(THROMBOLYSIS) == pytest.approx(
        multi.multipletests(THROMBOLYSIS, method="fdr_bh")[1], abs=1e-14
    )


@pytest.mark.parametrize("tail", [0.04, 0.10, 0.25])
def test_student_scores_and_tails_equal_scipy(tail):
    """scipy >= 1.11, stats.t and stats.norm."""
    x = np.linspace(-6, 6, 25)[:, None]
    ours = normal_scores(x, np.array([tail]))
    assert ours == pytest.approx(stats.norm.isf(stats.t.sf(x, 1 / tail)), abs=1e-9)
    assert upper_tail(x, np.array([tail])) == pytest.approx(stats.t.sf(x, 1 / tail), rel=1e-9)


def test_student_null_equals_maximum_likelihood_of_scipy():
    """scipy >= 1.11, stats.t.fit with the degrees of freedom held, and its likelihood over our grid of tails."""
    x = stats.t.rvs(7, loc=0.4, scale=1.3, size=2000, random_state=np.random.default_rng(11))
    one, free = np.ones(1), np.full(1, 1e3)
    null = fit_student(x[:, None], np.ones(x.size), (0 * one, one), (0 * one, one, 0 * one), (0 * one, free))
    _df, mean, sd = stats.t.fit(x, fdf=1 / null.tail[0])
    assert null.mean[0] == pytest.approx(mean, abs=1e-4)
    assert null.sd[0] == pytest.approx(sd, abs=1e-4)
    likelihood = [stats.t.logpdf(x, 1 / t, *stats.t.fit(x, fdf=1 / t)[1:]).sum() for t in (0.10, 0.14, 0.19)]
    assert null.tail[0] == (0.10, 0.14, 0.19)[int(np.argmax(likelihood))]


@pytest.mark.parametrize("tail", [0.02, 0.07])
def test_log_ratios_equal_the_multivariate_student_of_scipy(tail):
    """scipy >= 1.11, stats.multivariate_t: with and without the shift of the main kind and its companions."""
    correlation = np.array([[1, 0.3, -0.1], [0.3, 1, 0.2], [-0.1, 0.2, 1]])
    signature = np.array([[0, 0.5, 0], [0.2, 0, 0], [0, 0, 0.0]])
    spread = np.array([[0, 0.3, 0.1], [0.1, 0, 0], [0, 0, 0.0]])
    prior = CombiningPrior(
        kinds=(KindPrior(),) * 3,
        signature=signature,
        signature_sd=spread,
        kinds_correlation=np.eye(3),
        most_log_odds=1e9,
    )
    y = np.random.default_rng(3).normal(1, 1.5, (6, 3))
    ours = shift_log_ratios(y, np.ones((6, 3)), JointNull(correlation, tail), prior)
    base = stats.multivariate_t(np.zeros(3), correlation, 1 / tail).logpdf(y)
    for kind in range(3):
        for place, shift in enumerate(SHIFTS):
            fraction = signature[kind].copy()
            fraction[kind] = 1
            shape = correlation + np.diag((shift * spread[kind]) ** 2)
            theirs = stats.multivariate_t(shift * fraction, shape, 1 / tail).logpdf(y) - base
            assert ours[:, kind, place] == pytest.approx(theirs, abs=1e-9)
